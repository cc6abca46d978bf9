#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check-test.sh
#
# Whatever becomes of a step, check.sh must count it: runs of check.sh with steps
# of its own. Last line `N passed, N failed`.
set -u

here=$(dirname "$(readlink -f "$0")")
passed=0
failed=0

# expect NAME CODE LAST-LINE STEPS: STEPS is a script that calls step and beside
expect()
{
	local output code

	output=$(run_check "$4" 2>&1)
	code=$?
	if [ $code = "$2" ] && [ "$(tail -n 1 <<< "$output")" = "$3" ]; then
		passed=$((passed + 1))
		echo "ok - $1"
		return
	fi
	failed=$((failed + 1))
	echo "not ok - $1: exit code $code, wanted $2 and last: $3"
	# shellcheck disable=SC2001 # every line, not the first
	sed 's/^/#    /' <<< "$output"
}

# check.sh, in a shell and in directories of its own
run_check()
{
	# shellcheck disable=SC2016 # the inner shell expands it
	work=$work steps=$1 bash -c '
		. "$1"
		logs=$work/log
		results=$work/results
		prepare() { :; }
		build_steps() { :; }
		other_steps() { eval "$steps"; wait; }
		check' bash "$here/check.sh"
}

work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT

expect "all is well" 0 "5 passed, 0 failed, 1 skipped" '
	beside a echo "3 passed, 0 failed"
	beside b echo "1 passed, 0 failed, 1 skipped"
	step -1 c true'
expect "nothing ran" 1 "0 passed, 0 failed" ''
expect "a step fails" 1 "1 passed, 1 failed" '
	beside a echo "0 passed, 1 failed"
	step -1 b true'
expect "a step says nothing" 1 "1 passed, 1 failed" '
	beside a true
	step -1 b true'
expect "a step is green, but for its exit code" 1 "3 passed, 1 failed" '
	beside a sh -c "echo 2 passed, 0 failed; exit 1"
	step -1 b true'
expect "the shell of a step dies" 1 "1 passed, 1 failed" '
	die() { kill -KILL $BASHPID; }
	beside a die
	step -1 b true'
expect "a result that cannot be written" 1 "2 passed, 1 failed" '
	lose() { mkdir "$result.count"; echo "9 passed, 0 failed"; }
	beside a lose
	step b echo "2 passed, 0 failed"'
expect "a result that is cut short" 1 "1 passed, 1 failed" '
	beside a echo "9 passed, 0 failed"
	wait
	: > "$result.count"
	step -1 b true'
expect "two steps of one name" 1 "1 passed, 1 failed" '
	step -1 a false
	step -1 a true'

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
