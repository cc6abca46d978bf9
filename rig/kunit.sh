#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kunit.sh		in the guest, see vm.sh
#
# Loads each *_kunit.ko of NFT_ALIAS_KUNIT and reads what its suites wrote into
# the kernel log. Every case counts; so does a module that ran no case or fewer
# than it announced, a report in the log, and memory that leaked (with NFT_ALIAS_LEAKS=last
# also what leaked before, since the selftests began). Last line
# `N passed, N failed, N skipped`.
set -u

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/lib.sh
. "$here/../selftests/lib.sh"

passed=0
failed=0
skipped=0

fail()
{
	failed=$((failed + 1))
	echo "not ok - $*"
}

# Lines of cases are indented by four spaces, those of a parameter by eight, and
# a suite's own not at all.
count_cases()
{
	local window=$1 good bad skip planned

	good=$(grep -c '^    ok [0-9]' <<< "$window")
	bad=$(grep -c '^    not ok [0-9]' <<< "$window")
	skip=$(grep -c '^    ok [0-9].*# SKIP' <<< "$window")
	passed=$((passed + good - skip))
	failed=$((failed + bad))
	skipped=$((skipped + skip))
	planned=$(awk '/^    1\.\.[0-9]+$/ { sum += substr($1, 4) } END { print sum + 0 }' <<< "$window")
	if [ $((good + bad)) != "$planned" ]; then
		diag "$((good + bad)) cases of $planned"
		return 1
	fi
	[ "$planned" -gt 0 ] && grep -q '^\(not \)\?ok [0-9]' <<< "$window"
}

run_module()
{
	local file=$1 name window reports

	name=$(basename "$file" .ko)
	echo "# $name"
	log_mark "$name"
	if ! load_module "$file"; then
		fail "$name cannot be loaded"
		return
	fi
	# Suites run while the module is being loaded: all is said by now.
	rmmod "$name" || fail "$name cannot be unloaded"
	window=$(log_since "$name" | sed 's/^\[[ 0-9.]*\] //') || fail "$name: kernel log overwritten"
	printf '%s\n' "$window"
	count_cases "$window" || fail "$name ran no case, or not all"
	reports=$("$here/splats.sh" <<< "$window") || {
		fail "$name: reports in the kernel log"
		diag "$reports"
	}
}

shopt -s nullglob
modules=("${NFT_ALIAS_KUNIT:?}"/*_kunit.ko)
if [ ${#modules[@]} = 0 ] || ! leaks_known; then
	fail "no KUnit module in $NFT_ALIAS_KUNIT, or a kernel without kmemleak"
	echo "$passed passed, $failed failed, $skipped skipped"
	exit 1
fi
[ "${NFT_ALIAS_LEAKS-}" = last ] || leaks_forget
# Reports of KASAN turn lockdep off, also those that guard_kunit provokes: it
# comes last, so that lockdep watches all others.
for module in "${modules[@]}"; do
	[ "${module##*/}" = guard_kunit.ko ] || run_module "$module"
done
for module in "${modules[@]}"; do
	[ "${module##*/}" != guard_kunit.ko ] || run_module "$module"
done
if leaked=$(leaks_found); then
	fail "memory leaked"
	diag "$leaked"
else
	passed=$((passed + 1))
	echo "ok - no memory leaked"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
