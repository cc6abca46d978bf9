#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# controls.sh		in the guest, on the debug kernel
#
# A check that cannot fail proves nothing: each control has something wrong with
# it, and run.sh or kunit.sh must come out red for the reason that the control
# plants. lockdep comes before KASAN, as a report of KASAN turns lockdep off.
# Last line `N passed, N failed`.
set -u

here=$(dirname "$(readlink -f "$0")")
rig=$(dirname "$here")
run=$(dirname "$rig")/selftests/run.sh
export CONTROL_DIR=${NFT_ALIAS_KUNIT%/*}/control
passed=0
failed=0
output=

# run_red CODE COMMAND...: leaves its output in $output
run_red()
{
	local wanted=$1 code

	shift
	output=$("$@" 2>&1)
	code=$?
	verdict "exit code $wanted: $*" test $code = "$wanted"
}

# verdict NAME COMMAND...
verdict()
{
	local name=$1

	shift
	if "$@" > /dev/null; then
		passed=$((passed + 1))
		echo "ok - $name"
		return
	fi
	failed=$((failed + 1))
	echo "not ok - $name"
	# shellcheck disable=SC2001 # every line, not the first
	sed 's/^/#    /' <<< "$output"
}

# says NAME REGEX: the output of the last run gives this reason
says()
{
	verdict "$1" grep -qE -e "$2" <<< "$output"
}

# selftests MODULE TEST...: as make check runs them
selftests()
{
	local module=$1

	shift
	NFT_ALIAS_KO=$CONTROL_DIR/control_$module.ko \
		TESTS=$(printf "$here/tests/%s.sh " "$@") "$run"
}

# kunit MODULE...
kunit()
{
	local dir code name

	dir=$(mktemp -d)
	for name in "$@"; do
		cp "$CONTROL_DIR/control_${name}_kunit.ko" "$dir"
	done
	NFT_ALIAS_KUNIT=$dir "$rig/kunit.sh"
	code=$?
	rm -rf "$dir"
	return $code
}

# The last line is the sum of the results. (Whether kmemleak finds the one object of
# `slab` depends on what lies about; `leak` is the control of that.)
adds_up()
{
	local good bad skipped

	good=$(grep -c '^ok [0-9]' <<< "$output")
	bad=$(grep -c '^not ok [0-9]' <<< "$output")
	skipped=$(grep -c '^ok [0-9].*# SKIP' <<< "$output")
	grep -x "$((good - skipped)) passed, $bad failed, $skipped skipped" <<< "$output"
}

run_red 0 selftests quiet green
says "a clean run is green" '^3 passed, 0 failed, 0 skipped'

run_red 1 selftests missing green
says "a module that cannot be loaded" '^not ok 1 module loaded'

run_red 1 selftests leak green
says "a memory leak, and nothing else" '^2 passed, 1 failed'
says "the leak is the module's" '^not ok 3 no memory leaked'

run_red 1 kunit
says "KUnit: no module" 'no KUnit module'

run_red 1 kunit failing empty short warn leak
says "KUnit: a failing case" '^    not ok 1 control_fails'
says "KUnit: a module that runs nothing" 'control_empty_kunit ran no case'
says "KUnit: a suite that ends too early" 'control_short_kunit ran no case, or not all'
says "KUnit: a case that passes with a WARN" 'control_warn_kunit: reports in the kernel log'
says "KUnit: a memory leak" '^not ok - memory leaked'
says "KUnit: all are counted" '^4 passed, 5 failed'

run_red 1 selftests slab green failing liar mute stopping crashing hanging nowhere \
	skipping announced promised warn lockdep overrun late
says "one that is green stays green" '^ok 1 green$'
says "a failing check" '^not ok 2 failing'
says "a failing check and exit code 0" '^not ok 3 liar'
says "a test without a check" '^# exit code 0, but not one check'
says "a test that ends too early" '^# 1 results, planned: none'
says "a test that crashes" '^# exit code 139'
says "a test that hangs" '^# took longer than its time limit'
says "a test that does not exist" '^not ok 8 .*nowhere'
says "a skip is not a pass" '^ok 9 skipping # SKIP'
says "an announced report is none" '^ok 10 announced$'
says "a promised report that stays away" '^not ok 11 promised'
says "WARN" '^not ok 12 warn'
says "KASAN: overrun" 'KASAN: slab-out-of-bounds'
says "KASAN: use after free" 'KASAN: slab-use-after-free'
says "lockdep: lock inversion" 'possible circular locking dependency'
says "an object left at unload" '^not ok 16 module unloaded'
for name in "13 lockdep" "14 overrun" "15 late"; do
	says "$name is red" "^not ok $name\$"
done
verdict "the sum" adds_up

# These stay for the rest of the boot.
run_red 1 selftests held green
says "a module that somebody holds" '^not ok 2 module unloaded$'
says "the reason" 'Module control_held is in use'
run_red 1 selftests cache green
says "a cache of ours that stays" '^not ok 2 module unloaded, slab caches gone'

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
