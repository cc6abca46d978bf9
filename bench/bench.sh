#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bench.sh [NAME=VALUE...]
#
# Measures what a translated packet costs beside plain forwarding: here, with
# conntrack, with conntrack and a flowtable. All in one boot of user-mode Linux, in
# which kernel code runs at native speed. README.md says how; the names are
#
#  CASES="..."	what is measured: CASE/PROTOCOL/FLOWS[/OPTION...], default everything
#  VARIANTS=...	of plain conntrack flowtable alias, and rules: those of alias without it,
#		chains: as many chains, with nothing in them but accept, and one: everything
#		in one chain
#  ROUNDS=N	runs of each, in turn
#  PACKETS=N	packets of a run
#  MEMORY=MB	of the guest, default by the flows
#
# BENCH_KERNEL names the build directory of the kernel, else rig/kernel.sh has it.
# Ends with a table; build/bench.json and build/bench.svg hold more.
set -u

here=$(dirname "$(readlink -f "$0")")
root=$(dirname "$here")
seconds=7200
uml=

die()
{
	echo "bench.sh: $*" >&2
	exit 2
}

# shellcheck disable=SC2317 # a trap calls it
stop()
{
	# The child of timeout; user-mode Linux does not always hear a milder one.
	[ -z "$uml" ] || pkill -KILL -P "$uml"
	wait 2> /dev/null
	umount "$work/memory" 2> /dev/null
	rm -rf "$work"
}

build()
{
	local log=$root/build/bench-build.log

	{
		make -C "$root" -s tool &&
		"$root/rig/module.sh" -s "$here" -o "$root/build/bench-inject" "$kdir" ARCH=um &&
		"$root/rig/module.sh" -o "$root/build/bench" "$kdir" ARCH=um &&
		"$root/rig/module.sh" -o "$root/build/bench-locks" "$kdir" ARCH=um \
			KCFLAGS="-include $here/lockwatch.h" \
			KBUILD_EXTRA_SYMBOLS="$root/build/bench-inject/Module.symvers"
	} > "$log" 2>&1 || { tail -n 20 "$log"; die "cannot build"; }
}

# The most flows of a case decide.
choose_memory()
{
	local most

	most=$(tr ' ' '\n' <<< "$cases" | cut -s -d / -f 3 | sort -n | tail -n 1)
	if [ "${most:-0}" -gt 1048576 ]; then
		echo 9000
	elif [ "${most:-0}" -gt 131072 ]; then
		echo 4000
	else
		echo 1000
	fi
}

# The guest's memory is a file. In large pages, as a kernel has its own, or each of
# the guest's accesses would cost a walk through the host's page tables.
make_memory()
{
	mkdir "$work/memory" || exit 2
	mount -t tmpfs -o huge=always,size="${memory}M" tmpfs "$work/memory" 2> /dev/null ||
		echo "bench.sh: no large pages for the guest (not root?): many flows look dearer"
}

write_script()
{
	local name

	printf 'export BENCH_DIR=%q NFT_ALIAS=%q\n' "$here" "$root/build/nft-alias"
	printf 'export BENCH_RESULTS=/mnt/results BENCH_MEMORY=%q\n' "$memory"
	for name in VARIANTS ROUNDS PACKETS; do
		[ -z "${!name-}" ] || printf 'export %s=%q\n' "$name" "${!name}"
	done
	printf 'export BENCH_MODULES=%q\n' "$root/build"
	printf 'cd %q && exec bash %q %s\n' "$root" "$here/guest.sh" "$cases"
}

# In hundredths of a second: what all CPUs did, and what our children did.
busy()
{
	awk '$1 == "cpu" { print $2 + $3 + $4 + $7 + $8 }' /proc/stat
}

children()
{
	tr 'ms' '  ' < "$work/times" |
		awk 'NR == 2 { print int(($1 + $3) * 6000 + ($2 + $4) * 100) }'
}

# What others did on this machine meanwhile, in percent of it.
note_others()
{
	local others=$(($(busy) - $1 - ($(children) - $2)))

	echo "host others=$((others * 100 / ((SECONDS - $3 + 1) * $(nproc) * 100)))" \
		>> "$work/results"
}

run_guest()
{
	local before own begun=$SECONDS

	before=$(busy)
	times > "$work/times"
	own=$(children)
	TMPDIR=$work/memory timeout -k 10 "$seconds" "$kdir/linux" mem="${memory}M" \
		seccomp=on ncpus=2 root=/dev/root rootfstype=hostfs rootflags=/ ro \
		con0=null,fd:1 con=null bench_work="$work" bench_script="$work/script" \
		loglevel=3 init="$here/guest-init.sh" < /dev/null 2> "$work/log" &
	uml=$!
	wait $uml
	uml=
	times > "$work/times"
	note_others "$before" "$own" "$begun"
	[ -e "$work/code" ] && [ "$(< "$work/code")" = 0 ] && return
	tail -n 30 "$work/log"
	die "the guest failed"
}

# Read to the end before anything is done: a run is long, and the file may change.
main()
{
	local word

	for word in "$@"; do
		case $word in
		CASES=*|VARIANTS=*|ROUNDS=*|PACKETS=*|MEMORY=*) declare "$word" ;;
		*) die "unknown: $word" ;;
		esac
	done
	cases=${CASES-}
	output=("$root/build/bench-part.json" "$root/build/bench-part.svg")
	if [ -z "$cases" ]; then
		cases=$(grep -v '^#' "$here/cases" | tr '\n' ' ')
		output=("$root/build/bench.json" "$root/build/bench.svg" --all)
	fi
	memory=${MEMORY:-$(choose_memory)}
	kdir=${BENCH_KERNEL:-$("$root/rig/kernel.sh" -b bench)} || exit 2
	[ -x "$kdir/linux" ] || die "no kernel in $kdir"

	mkdir -p "$root/build"
	work=$(mktemp -d "$root/build/bench.XXXXXX") || exit 2
	trap stop EXIT
	trap 'exit 130' INT TERM
	build
	make_memory
	write_script > "$work/script"
	run_guest
	cp "$work/results" "$root/build/bench-results"
	PYTHONDONTWRITEBYTECODE=1 python3 "$here/bench.py" "$work/results" "${output[@]}"
}

main "$@"; exit
