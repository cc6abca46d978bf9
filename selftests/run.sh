#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh		in the guest, see rig/vm.sh
#
# Runs the selftests named by TESTS (default: see all_tests), each with its own window of
# the kernel log, with the module loaded once for all of them; at the end the
# module must go, with nothing left behind. Prints KTAP and a last line
# `N passed, N failed, N skipped`; exit 1 if anything failed or nothing passed.
#
# A test may take 120 s (times five when KSFT_MACHINE_SLOW=yes), or what a line
# `# timeout: SECONDS` in its header says.
set -u

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"

passed=0
failed=0
skipped=0
number=0
module=$(basename "${NFT_ALIAS_KO:?}" .ko)
aside=
output=$(mktemp)
trap 'rm -f "$output"; cleanup' EXIT

result()
{
	local verdict=$1

	shift
	number=$((number + 1))
	case $verdict in
	pass) passed=$((passed + 1)); echo "ok $number $*" ;;
	fail) failed=$((failed + 1)); echo "not ok $number $*" ;;
	skip) skipped=$((skipped + 1)); echo "ok $number $* # SKIP" ;;
	esac
}

# Whether a test runs on this kernel if nobody asks for it by name. An emulated
# machine is 20 times as slow as one at native speed, so there only tests run that
# have something to find: they name the kernels in a line `# emulated: KERNEL...`.
belongs_here()
{
	[ "${KSFT_MACHINE_SLOW-}" != yes ] ||
		grep -q "^# emulated:.* ${NFT_ALIAS_KERNEL-}\( \|$\)" "$1"
}

all_tests()
{
	local file

	for file in "$here"/*.sh; do
		case ${file##*/} in
		run.sh|lib.sh) ;;
		*) ! belongs_here "$file" || echo "${file##*/}" ;;
		esac
	done
}

# Sets file.
find_test()
{
	for file in "$here/$1" "$here/$1.sh" "$1"; do
		[ ! -f "$file" ] || break
	done
	[[ $file = */* ]] || file=./$file
	[ -f "$file" ]
}

# Sets limit.
read_time_limit()
{
	local line

	limit=120
	while read -r line && [[ $line = \#* ]]; do
		[[ $line =~ ^#\ timeout:\ *([0-9]+)$ ]] && limit=${BASH_REMATCH[1]}
	done < "$1"
	limit=$((limit * wait_factor))
}

# Sets wrong: what is wrong with a test that ended, in words; nothing if all is well.
# A test that exits 0 is believed only if it made a claim, took none back and came to
# the end of its plan.
read_complaint()
{
	local code=$1 claims=0 results=0 plan=none line

	wrong=
	case $code in
	0|4) ;;
	124|137) wrong="took longer than its time limit"; return ;;
	*) wrong="exit code $code"; return ;;
	esac
	while read -r line; do
		case $line in
		"not ok"*) wrong="a check failed, exit code $code"; results=$((results + 1)) ;;
		"ok "*) claims=$((claims + 1)); results=$((results + 1)) ;;
		1..[0-9]*) plan=${line#1..} ;;
		esac
	done < "$output"
	[ "$code" != 4 ] || return
	[ $claims -gt 0 ] || wrong+=${wrong:+, }"exit code 0, but not one check"
	[ "$plan" = $results ] || wrong+=${wrong:+, }"$results results, planned: $plan"
}

run_test()
{
	local name=$1 file limit code wrong reports

	find_test "$name" || {
		result fail "$name"
		echo "# no such test"
		return
	}
	name=${file##*/}
	name=${name%.sh}
	read_time_limit "$file"
	echo "# Subtest: $name"
	log_mark "$name"
	timeout -k 10 "$limit" bash "$file" < /dev/null 2>&1 |
		tee "$output" | sed -u 's/^/    /'
	code=${PIPESTATUS[0]}
	read_complaint "$code"
	reports=$(splats_since "$name") || wrong+=${wrong:+, }"reports in the kernel log"
	if [ -n "$wrong" ]; then
		result fail "$name"
		diag "$wrong"
		[ -z "$reports" ] || diag "$reports"
	elif [ "$code" = 4 ]; then
		result skip "$name"
	else
		result pass "$name"
	fi
}

# The first user of some things and the last one patch the kernel where packets pass:
# hooks, time stamps. An emulated processor may run into the trap (int3) that stands
# there meanwhile when the patch is done already, and die of it. So neither is ever a
# test's: somebody aside uses them all the time.
begin_aside()
{
	ip netns add rig-aside || return
	ip netns exec rig-aside nft -f - <<-EOT || return
		table inet aside {
			chain prerouting { type filter hook prerouting priority 0; }
			chain input { type filter hook input priority 0; }
			chain forward { type filter hook forward priority 0; }
			chain output { type filter hook output priority 0; }
			chain postrouting { type filter hook postrouting priority 0; }
		}
	EOT
	# 29 is SO_TIMESTAMP.
	python3 -c 'import signal, socket
held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
held.setsockopt(socket.SOL_SOCKET, 29, 1)
signal.pause()' < /dev/null > /dev/null 2>&1 &
	aside=$!
}

end_aside()
{
	[ -z "$aside" ] || { kill "$aside"; wait "$aside"; } 2> /dev/null
	ip netns delete rig-aside 2> /dev/null
}

slabs_gone()
{
	! grep -E '^(nft_)?alias' /proc/slabinfo
}

# Objects that are left are reported by kmem_cache_destroy(), and their cache
# stays.
unload()
{
	local output

	log_mark unload
	if ! output=$(rmmod "$module" 2>&1); then
		result fail "module unloaded"
		diag "$output"
		return
	fi
	if ! output=$(splats_since unload); then
		result fail "module unloaded, nothing left"
		diag "$output"
		return
	fi
	if ! busywait 2 slabs_gone; then
		result fail "module unloaded, slab caches gone"
		diag "$(slabs_gone)"
		return
	fi
	result pass "module unloaded, nothing left"
}

# NFT_ALIAS_LEAKS=last: one scan, which takes half a minute on an emulated machine, finds what
# this and rig/kunit.sh behind it leave.
leaks()
{
	local output

	[ "${NFT_ALIAS_LEAKS-}" != last ] || return
	if ! leaks_known; then
		# The kernels with detectors, see rig/kernel.sh
		case ${NFT_ALIAS_KERNEL-} in
		uml|debug) result fail "no memory leaked: kmemleak is off" ;;
		esac
		return
	fi
	if output=$(leaks_found); then
		result fail "no memory leaked"
		diag "$(head -n 60 <<< "$output")"
	else
		result pass "no memory leaked"
	fi
}

end()
{
	end_aside
	echo "1..$number"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed -eq 0 ] && [ $passed -gt 0 ]
	exit
}

echo "KTAP version 1"
if leaks_known; then
	leaks_forget
fi
if ! load_module "$NFT_ALIAS_KO"; then
	result fail "module loaded"
	end
fi
read -r -a tests <<< "${TESTS:-$(all_tests | tr '\n' ' ')}"
begin_aside || result fail "somebody aside"
for test in "${tests[@]}"; do
	run_test "$test"
done
if [ ${#tests[@]} -eq 0 ]; then
	result fail "there are no tests"
fi
end_aside
unload
leaks
end
