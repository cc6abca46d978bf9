#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check.sh
#
# Everything that `make check` does: one line for each step with the seconds that it
# took and those that processors were busy with it, full logs below build/log, the
# tail of a log when its step failed, and a last line `N passed, N failed` (`, N
# skipped`). Exit 1 if anything failed or nothing ran; a step that left no result has
# failed. Steps run side by side.
set -u

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=$(dirname "$here")
logs=$root/build/log
results=$root/build/results
started=()
cd "$root" || exit

# Sum of all closing lines of a log: "passed failed skipped"
closing_lines()
{
	awk '
	/^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?\r?$/ {
		passed += $1; failed += $3; skipped += $5
	}
	END { print passed + 0, failed + 0, skipped + 0 }' "$1"
}

# What a reader wants of a log: the lines that say no, or else its end
explain()
{
	{
		grep -aE -A 8 '^ *not ok|(warning|error|Error):|^vm.sh: ' "$1" |
			awk '!seen[$0]++' | head -n 60 | grep . || tail -n 30 "$1"
	} | sed 's/^/    | /'
}

# step [-1] NAME COMMAND...: counts what COMMAND's closing lines say; a COMMAND
# that ends without one has failed. With -1 COMMAND itself is the one test.
step()
{
	enter "$@"
	run_step "$@"
}

# beside [-1] NAME COMMAND...: a step in the background, once a place is free
beside()
{
	while [ "$(jobs -rp | wc -l)" -gt "$(nproc)" ]; do
		wait -n
	done
	enter "$@"
	run_step "$@" &
}

# What is entered here must have left a result in the end. The number tells two
# steps of one name apart.
enter()
{
	[ "$1" != -1 ] || shift
	result=$results/${#started[@]}-${1//[^A-Za-z0-9.]/-}
	started+=("$result")
}

run_step()
{
	local name log code passed failed skipped word single='' took TIMEFORMAT='%R %U %S'

	[ "$1" != -1 ] || { single=1; shift; }
	name=$1
	shift
	log=$logs/${name//[^A-Za-z0-9.]/-}.log
	{ time "$@" > "$log" 2>&1 < /dev/null; } 2> "$result.time"
	code=$?
	took=$(awk '{ printf "%d s, %d busy", $1, $2 + $3 }' "$result.time")
	read -r passed failed skipped < <(closing_lines "$log")
	if [ -n "$single" ] && [ $code = 0 ]; then
		passed=1
	elif [ "$failed" = 0 ] && { [ $code != 0 ] || [ $((passed + skipped)) = 0 ]; }; then
		failed=1
	fi
	word=ok
	[ "$failed" = 0 ] || word=FAILED
	{
		printf '%-7s %-28s %4d passed' "$word" "$name" "$passed"
		[ "$failed" = 0 ] || printf ', %d failed' "$failed"
		[ "$skipped" = 0 ] || printf ', %d skipped' "$skipped"
		printf '  (%s)\n' "$took"
		[ "$failed" = 0 ] || { explain "$log"; echo "    full log: ${log#"$root"/}"; }
	} > "$result.text"
	cat "$result.text"
	echo "$passed $failed $skipped" > "$result.count"
	[ "$failed" = 0 ]
}

# What must be there before anything can be tested. Its failure ends the run. Kernels
# are built side by side, as each has its minutes that keep one processor busy only, and
# packages that they do without are installed meanwhile.
prepare()
{
	local kernel pid good=1 pids=()

	echo "preparing: packages, kernels"
	packages kernels || return
	# A process group each, to end with everything that they started
	set -m
	for kernel in uml uml-6.1 debug; do
		"$here/kernel.sh" "$kernel" > /dev/null &
		pids+=($!)
	done
	set +m
	trap 'kill -- "${pids[@]/#/-}" 2> /dev/null; exit 130' INT TERM
	packages || { good=0; kill -- "${pids[@]/#/-}" 2> /dev/null; }
	for pid in "${pids[@]}"; do
		wait "$pid" || good=0
	done
	trap - INT TERM
	[ $good = 1 ] && "$here/kernel.sh" 6.12 > /dev/null && "$here/kernel.sh" 6.1 > /dev/null
}

packages()
{
	"$here/deps.sh" "$@" >> "$logs/deps.log" 2>&1 && return
	tail -n 20 "$logs/deps.log"
	return 1
}

# build KERNEL: a build without a warning is a test that passed
build()
{
	"$here/build.sh" "$1" && echo "1 passed, 0 failed"
}

kunit()
{
	"$here/vm.sh" -k uml -t 1500 -- rig/kunit.sh
}

# Each of these reports must be seen by vm.sh, which then asks for nothing else: that all
# verdicts came and were good is seen here.
controls()
{
	local output code

	build control || return
	"$here/module.sh" -s "$here/control" -o build/control uml W=1 || return
	output=$("$here/vm.sh" -k uml -t 1800 \
		-x 'WARNING: .*control_init' -x 'BUG: KASAN: slab-out-of-bounds' \
		-x 'BUG: KASAN: slab-use-after-free' -x 'kmemleak: .* new suspected' \
		-x 'Slab cache still has objects|Objects remaining in' \
		-x 'possible circular locking dependency' \
		-- rig/control/controls.sh)
	code=$?
	echo "$output"
	[ $code = 0 ] && grep -q '^[1-9][0-9]* passed, 0 failed' <<< "$output"
}

selftests_uml()
{
	"$here/vm.sh" -k uml -t 3000 -- selftests/run.sh
}

selftests_uml_6.1()
{
	build uml-6.1 && "$here/vm.sh" -k uml-6.1 -t 3000 -- selftests/run.sh
}

# selftests_stock KERNEL: the assertions of the engine are tried on production kernels,
# in the same boot.
selftests_stock()
{
	build "$1" && "$here/vm.sh" -k "$1" -t 3000 -- bash -c 'selftests/run.sh; code=$?; rig/guard.sh && exit $code'
}

# What needs several processors and sanitizers, in one boot, which takes a minute.
races()
{
	build debug && "$here/vm.sh" -k debug -t 3000 -- bash -c '
		[ "$(nproc)" -gt 1 ] || { echo "nothing races on one processor"; exit 1; }
		export NFT_ALIAS_LEAKS=last
		selftests/run.sh; selftests=$?
		rig/kunit.sh; kunit=$?
		rig/detectors.sh && [ $selftests$kunit = 00 ]'
}

# The main job, as people see it. Its modules are those of the selftests of 6.12, which
# began long before.
demo()
{
	"$here/vm.sh" -k 6.12 -- rig/demo.sh
}

# lockdep reports once for each boot, and others' reports turn it off: what it must see
# comes first. Loading these modules fails on purpose.
sanitizers()
{
	"$here/vm.sh" -k uml -x 'possible recursive locking detected' \
		-x 'KASAN: slab-use-after-free in use_late' \
		-x 'KASAN: slab-out-of-bounds in read_past' \
		-- bash -c 'insmod build/uml/control_nesting.ko; insmod build/uml/control_kasan.ko' &&
	"$here/vm.sh" -k uml -x 'inconsistent lock state' -- insmod build/uml/control_softirq.ko &&
	"$here/vm.sh" -k uml -x 'suspicious RCU usage' \
		-x 'BUG: sleeping function called from invalid context' \
		-x 'UBSAN: shift-out-of-bounds' -x 'ODEBUG: init active' -x 'list_add corruption' \
		-- insmod build/uml/control_detectors.ko
}

# Needs the logs of all the others.
rfc_table()
{
	"$here/rfc.py" "$root/RFC.md" "$logs/kunit-uml.log" "$logs"/selftests-*.log
}

# What the others need
build_steps()
{
	step -1 "build of the tool" make -C userspace BUILD="$root/build"
	step "build for uml" build uml
}

# The longest first. Tests run at native speed on UML; what only a PC can show runs
# there: Debian's own kernels, and races between processors.
other_steps()
{
	beside "selftests uml" selftests_uml
	beside "races debug" races
	beside "selftests uml-6.1" selftests_uml_6.1
	beside "selftests 6.12" selftests_stock 6.12
	beside "selftests 6.1" selftests_stock 6.1
	beside "kunit uml" kunit
	beside "negative controls" controls
	beside "vm runner" "$here/vm-test.sh"
	beside -1 "demo" demo
	beside "style" "$here/style.sh"
	beside "tool" make -C userspace BUILD="$root/build" check
	beside "log scanner" "$here/splats-test.sh"
	beside "check runner" "$here/check-test.sh"
	beside -1 "sanitizers see" sanitizers
	wait
	step "RFC table" rfc_table
}

total()
{
	local result line count passed=0 failed=0 skipped=0

	for result in "${started[@]}"; do
		if ! line=$(grep -sxE '[0-9]+ [0-9]+ [0-9]+' "$result.count"); then
			printf '%-7s %s: it left no result\n' FAILED "${result##*/}"
			line="0 1 0"
		fi
		read -r -a count <<< "$line"
		passed=$((passed + count[0]))
		failed=$((failed + count[1]))
		skipped=$((skipped + count[2]))
	done
	printf '%d passed, %d failed' $passed $failed
	[ $skipped = 0 ] || printf ', %d skipped' $skipped
	echo
	[ $failed = 0 ] && [ $passed -gt 0 ]
}

check()
{
	rm -rf "$results"
	mkdir -p "$logs" "$results"
	# The table of RFCs shall find no log of a run before.
	find "$logs" -name '*.log' ! -name 'console-*' -delete
	if ! prepare; then
		echo "0 passed, 1 failed"
		return 1
	fi
	build_steps && other_steps
	total
}

# check-test.sh reads the functions only.
[ "${BASH_SOURCE[0]}" != "$0" ] || check
