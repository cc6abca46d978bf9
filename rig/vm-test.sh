#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# vm-test.sh
#
# vm.sh is what all results pass through, so it is tested itself: the exit code,
# the words of the command, a guest that panics, one that hangs, a report in the
# log. Last line `N passed, N failed`.
set -u

here=$(dirname "$(readlink -f "$0")")
passed=0
failed=0

# expect NAME CODE REGEX ARGUMENT...
expect()
{
	local name=$1 wanted=$2 regex=$3 output code

	shift 3
	output=$("$here/vm.sh" -t 240 "$@" 2>&1)
	code=$?
	if [ $code = "$wanted" ] && grep -qE -e "$regex" <<< "$output"; then
		passed=$((passed + 1))
		echo "ok - $name"
		return
	fi
	failed=$((failed + 1))
	echo "not ok - $name: exit code $code, wanted $wanted and a line like: $regex"
	# shellcheck disable=SC2001 # every line, not the first
	sed 's/^/#    /' <<< "$output"
}

# Both ways out of a guest, a PC's ports and the terminals of UML
for kernel in uml 6.12; do
	# shellcheck disable=SC2016 # the guest expands it
	expect "$kernel: words and exit code arrive" 7 '^a  b c$' -k $kernel -- \
		sh -c 'printf "%s\n" "$1"; exit 7' sh 'a  b c'
	expect "$kernel: a guest that panics" 97 'Kernel panic - not syncing' -k $kernel -- \
		sh -c 'echo c > /proc/sysrq-trigger; sleep 1000'
	expect "$kernel: a guest that hangs" 124 'no answer within 2 s' -k $kernel -t 2 -- sleep 1000
done
expect "a report in the kernel log" 99 'BUG: on purpose' -k uml-6.1 -- \
	sh -c 'echo "BUG: on purpose" > /dev/kmsg'
expect "a report that comes, and a guest that hangs" 124 'no answer within 5 s' -k uml-6.1 \
	-t 5 -x 'BUG: on purpose' -- sh -c 'echo "BUG: on purpose" > /dev/kmsg; sleep 1000'
expect "a report that does not come" 98 'matches: never' -k uml-6.1 -x never -- true

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
