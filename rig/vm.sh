#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# vm.sh [-k KERNEL] [-t SECONDS] [-c CPUS] [-x REGEX]... -- COMMAND...
# vm.sh [-k KERNEL] -i
#
# Boots a kernel, runs COMMAND in it as root in the checkout, which is read-only
# there, and passes its output and exit code back. The kernel log goes to a file
# below build/log and is searched by splats.sh afterwards. virtme-ng boots what is
# for a PC; uml and uml-6.1 are programs of this machine (see kernel.sh).
#
#  -k	one that kernel.sh knows, default 6.12
#  -t	the whole run may take that long, default 600 s
#  -c	processors, default 2; UML has one
#  -x	a negative control: the log must hold a report that matches REGEX, and
#	that, not the exit code, decides; may be repeated
#  -v	shows the kernel log too
#  -i	an interactive shell with the module loaded
#
# Exit code: COMMAND's; 99 a report in the kernel log, 98 the report that -x
# wants did not come, 97 the guest died, 124 it took too long.
#
# In the guest: NFT_ALIAS_KERNEL, NFT_ALIAS_KO (module for this kernel),
# NFT_ALIAS (tool), NFT_ALIAS_KUNIT (directory of the KUnit modules), and
# KSFT_MACHINE_SLOW=yes when it is emulated.
set -u

here=$(dirname "$(readlink -f "$0")")
root=$(dirname "$here")
cache=${NFT_ALIAS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nft-alias}

kernel=6.12
seconds=600
cpus=2
expected=()
verbose=
interactive=
guest=

die()
{
	echo "vm.sh: $*" >&2
	exit 2
}

# /dev/kvm may open and the guest still die in its first instructions, so a
# kernel is booted without a root: it must come as far as missing it. The answer
# holds until this machine boots again.
kvm_works()
{
	local answer

	[ -w /dev/kvm ] || return
	answer=$cache/kvm-$(cat /proc/sys/kernel/random/boot_id)
	if [ ! -e "$answer" ]; then
		mkdir -p "$cache" && rm -f "$cache"/kvm-*
		timeout -k 5 20 qemu-system-x86_64 -accel kvm -cpu host -m 512 -nodefaults \
			-display none -no-reboot -serial stdio -kernel "$image" \
			-append "console=ttyS0 panic=-1" < /dev/null 2> /dev/null |
			grep -aq 'Unable to mount root fs' && echo yes > "$answer"
		[ -e "$answer" ] || echo no > "$answer"
	fi
	grep -q yes "$answer"
}

# The script the guest runs. Bash quotes the words of COMMAND, so that they
# arrive as they were.
write_guest_script()
{
	local name

	printf 'export NFT_ALIAS_KERNEL=%q\n' "$kernel"
	printf 'export NFT_ALIAS_KO=%q\n' "$root/build/$kernel/nft_alias.ko"
	printf 'export NFT_ALIAS_KUNIT=%q\n' "$root/build/$kernel"
	printf 'export NFT_ALIAS=%q\n' "$root/build/nft-alias"
	printf 'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n'
	printf 'export HOME=/root LC_ALL=C.UTF-8 PYTHONPYCACHEPREFIX=/run/pycache\n'
	[ -z "$emulated" ] || printf 'export KSFT_MACHINE_SLOW=yes\n'
	for name in TERM TESTS CI; do
		[ -z "${!name-}" ] || printf 'export %s=%q\n' "$name" "${!name}"
	done
	printf 'cd %q || exit\n' "$root"
	if [ -n "$interactive" ]; then
		# shellcheck disable=SC2016 # the guest expands it
		printf '%s\n' 'unset PROMPT_COMMAND' \
			'modprobe -q -a nf_tables $(modinfo -F depends "$NFT_ALIAS_KO" | tr , " ")' \
			'insmod "$NFT_ALIAS_KO"' \
			'PATH=${NFT_ALIAS%/*}:$PATH'
	elif [ -n "$terminal" ]; then
		# COMMAND asks whether it talks to a terminal: give it one of this size.
		printf 'exec script -qefc %q /dev/null < /dev/null 2>&1\n' \
			"stty rows ${LINES:-24} cols ${COLUMNS:-80}; exec ${*@Q}"
	else
		printf 'exec %s < /dev/null 2>&1\n' "${*@Q}"
	fi
}

# What is added to virtme-ng's own kernel command line. slab_nomerge: only a
# cache of its own notices objects that are left when it is destroyed.
kernel_arguments()
{
	printf '%s\n' slab_nomerge oops=panic log_buf_len=4M printk.devkmsg=on
	[ -n "$interactive" ] || printf '%s\n' "BASH_ENV=$here/guest-init.sh" \
		"rig_fstab=$here/guest.fstab" "rig_script=$script" "rig_checkout=$root"
	case $kernel in
	# Without an initramfs the kernel mounts the root itself.
	debug) printf '%s\n' root=/dev/root kasan_multi_shot ;;
	uml*) printf '%s\n' root=/dev/root rootfstype=hostfs kasan_multi_shot ;;
	esac
	# A host with more to do leaves an emulated processor standing for seconds:
	# what the kernel takes for a dead timer, a stall or a lockup then is none.
	[ -z "$emulated" ] || printf '%s\n' no_timer_check watchdog_thresh=60 \
		rcupdate.rcu_cpu_stall_timeout=120 sysctl.kernel.hung_task_timeout_secs=300
}

# Sets the array guest_command. Of UML's terminals one shows the kernel log, as
# standard error, and one COMMAND's output.
build_command()
{
	local argument

	case $kernel in
	uml*) guest_command=("$image" mem=1536M "init=$here/guest-init.sh" "rig_result=$work/code"
			    con=null "con0=null,fd:2" "con1=null,fd:1" "uml_dir=$work/" umid=uml) ;;
	*) build_vng_command ;;
	esac
	while read -r argument; do
		[[ "$kernel" = uml* ]] || guest_command+=(-a)
		guest_command+=("$argument")
	done < <(kernel_arguments)
}

build_vng_command()
{
	local qemu

	# Early in the boot of 6.12 KASAN reports an access of identify_cpu() on
	# the newest emulated CPUs, on an old one not.
	qemu="-fsdev local,id=rigroot,path=/,security_model=none,readonly=on,multidevs=remap"
	qemu+=" -device virtio-9p-pci,fsdev=rigroot,mount_tag=rigroot"
	# A kernel that patches itself while it runs, as Debian's do, sets a trap (int3) there
	# meanwhile. Emulated by threads a processor may run into it after the patch is
	# done, and die of that; by a single one it sees what the other wrote. Ours do not
	# patch (JUMP_LABEL), and their processors must race each other.
	if [ -n "$emulated" ]; then
		[ "$kernel" = debug ] && qemu+=" -cpu Nehalem" ||
			qemu+=" -cpu max -accel tcg,thread=single"
	fi
	guest_command=(vng -r "$image" --force-9p --cpus "$cpus" --memory 1G
		       --user root --cwd "$root" "--qemu-opts=$qemu")
	[ "$kernel" = debug ] && guest_command+=(--skip-modules)
	[ -n "$emulated" ] && guest_command+=(--disable-kvm)
	# Only then does the kernel log leave the guest.
	[ -z "$interactive" ] && guest_command+=(--verbose)
}

# The first prompt reads the guest script: insmod and so on happen in the shell.
shell_in_guest()
{
	guest_command+=(-a "PROMPT_COMMAND=.\${IFS}$script")
	"${guest_command[@]}" 2> "$console"
}

# qemu opens what it is given as output again, and would cut a file short: both
# outputs are pipes. They are read to their end before anyone looks at the log.
run_in_guest()
{
	local code readers=()

	[[ "$kernel" = uml* ]] || guest_command+=(-- "bash $script")
	mkfifo "$work/output" "$work/log"
	cat "$work/output" &
	readers+=($!)
	if [ -n "$verbose" ]; then
		tee "$console" < "$work/log" &
	else
		cat "$work/log" > "$console" &
	fi
	readers+=($!)
	timeout -k 10 "$seconds" "${guest_command[@]}" < /dev/null > "$work/output" 2> "$work/log" &
	guest=$!
	wait $guest
	code=$?
	wait "${readers[@]}"
	[[ "$kernel" != uml* ]] || code=$(uml_code $code)
	return "$code"
}

# UML itself ends with 0; what COMMAND ended with stands in a file, or else the
# guest died before.
uml_code()
{
	case $1 in
	124|137) echo "$1" ;;
	*) cat "$work/code" 2> /dev/null || echo 255 ;;
	esac
}

machine()
{
	if [[ "$kernel" = uml* ]]; then
		echo "as a process"
	elif [ -n "$emulated" ]; then
		echo emulated
	else
		echo under KVM
	fi
}

stop()
{
	[ -z "$guest" ] || kill "$guest" 2> /dev/null
	rm -rf "$work"
}

# A guest that died or hangs is explained by the end of its kernel log.
show_end()
{
	echo "vm.sh: $1; the end of its kernel log ($console):"
	tail -n 40 "$console" | tr -d '\r'
}

# judge_expected REPORTS: with -x each expression must match one.
judge_expected()
{
	local regex missing=0

	for regex in "${expected[@]}"; do
		grep -qE -e "$regex" <<< "$1" && continue
		echo "vm.sh: no report in the kernel log matches: $regex"
		missing=98
	done
	return $missing
}

# A guest that did not come to its end has shown nothing, whatever it reported before.
judge()
{
	local code=$1 found

	found=$("$here/splats.sh" < "$console")
	if [ -n "$found" ] && [ ${#expected[@]} = 0 ]; then
		echo "vm.sh: reports in the kernel log ($console):"
		head -n 40 <<< "$found"
	fi
	# A busy host may need all the time to start the guest.
	case $code in
	124|137)
		show_end "no answer within $seconds s"
		return 124 ;;
	255)
		show_end "the guest died"
		return 97 ;;
	esac
	if ! grep -aq 'Linux version' "$console"; then
		show_end "the guest did not start"
		return 97
	fi
	if [ ${#expected[@]} -gt 0 ]; then
		judge_expected "$found"
		return
	fi
	[ -z "$found" ] || return 99
	return "$code"
}

guest_command=()
while getopts k:t:c:x:vi option; do
	case $option in
	k) kernel=$OPTARG ;;
	t) seconds=$OPTARG ;;
	c) cpus=$OPTARG ;;
	x) expected+=("$OPTARG") ;;
	v) verbose=1 ;;
	i) interactive=1 ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || [ -n "$interactive" ] || die "no command: vm.sh [-k KERNEL] -- COMMAND..."

"$here/deps.sh" || exit 2
image=$("$here/kernel.sh" -i "$kernel") || exit 2
emulated=
[[ "$kernel" = uml* ]] || kvm_works || emulated=1
[ -z "$interactive" ] || [[ "$kernel" != uml* ]] || die "a shell is for the kernels of a PC"
terminal=
if [ -z "$interactive" ] && [ -t 1 ]; then
	terminal=1
	read -r LINES COLUMNS < <(stty size < /dev/tty 2> /dev/null || echo 24 80)
fi

mkdir -p "$root/build/log"
find "$root/build/log" -name 'console-*' -mtime +1 -delete
work=$(mktemp -d "$root/build/vm.XXXXXX") || exit 2
trap stop EXIT
trap 'exit 130' INT TERM
script=$work/script
console=$root/build/log/console-$kernel-${work##*.}.log
write_guest_script "$@" > "$script"
build_command

echo "vm.sh: $kernel kernel $(machine)"
if [ -n "$interactive" ]; then
	shell_in_guest
	exit
fi
run_in_guest
judge $?
