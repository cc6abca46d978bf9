#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs the test programs in $BINS and the scripts beside this file; prints KTAP
# and, as the last line, "N passed, N failed" and, if any were, ", N skipped".
set -u
here=$(dirname "$0")
passed=0
failed=0
skipped=0

run()
{
	name=$1
	shift
	out=$("$@" 2>&1)
	rc=$?
	printf '# Subtest: %s\n%s\n' "$name" "$out"
	s=$(printf '%s\n' "$out" | grep -c '^ok .*# SKIP')
	p=$(($(printf '%s\n' "$out" | grep -c '^ok ') - s))
	f=$(printf '%s\n' "$out" | grep -c '^not ok ')
	# A program that died, or said nothing, has failed whatever it printed before.
	if [ "$rc" -ne 0 ] && [ "$f" -eq 0 ] || [ $((p + f + s)) -eq 0 ]; then
		echo "not ok $name: exit code $rc after $p checks"
		f=$((f + 1))
	fi
	passed=$((passed + p))
	failed=$((failed + f))
	skipped=$((skipped + s))
}

for bin in ${BINS:-}; do
	run "$(basename "$bin")" "$bin"
done
for script in "$here"/check_*.sh; do
	[ -e "$script" ] && run "$(basename "$script")" sh "$script"
done
[ "$skipped" -eq 0 ] || more=", $skipped skipped"
echo "$passed passed, $failed failed${more:-}"
[ "$failed" -eq 0 ]
