#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# splats.sh < KERNEL-LOG
#
# Prints every line that matches an expression of splats.deny; exit 1 if there
# was one. Code that provokes a report on purpose says so in the log, before
#	rig: splat expected: REGEX
# and after it
#	rig: splat over
# Between the two a line that matches REGEX is allowed, and must come; if not, the
# announcement is printed as a finding. What the kernel puts around every report,
# "cut here" or a stack trace, is allowed in a report that has such a line. All
# else is searched as anywhere.
set -u

deny=${0%/*}/splats.deny
[ -s "$deny" ] || { echo "splats.sh: $deny is missing"; exit 1; }

LC_ALL=C awk -v deny="$deny" '
function finding(line) {
	print line
	bad = 1
}
# A report is over, or the next begins: was it the announced one?
function next_report() {
	if (!announced)
		for (i = 0; i < held; i++)
			finding(frame[i])
	held = announced = 0
}
function settle() {
	next_report()
	if (expected != "" && !came)
		finding("announced, but did not come: " expected)
	expected = ""
}
function denied(line) {
	for (i = 0; i < n; i++)
		if (line ~ regex[i])
			return 1
	return 0
}
BEGIN {
	while ((getline line < deny) > 0)
		if (line !~ /^[ \t]*(#|$)/)
			regex[n++] = line
	if (!n)
		finding("splats.deny holds no expression")
}
{ sub(/\r$/, "") }
/rig: splat expected: / {
	settle()
	expected = $0
	sub(/.*rig: splat expected: /, "", expected)
	came = 0
	next
}
/rig: splat over/ {
	settle()
	next
}
# WARN begins with one of these lines and ends with the other; a report of lockdep
# or KASAN stands between two double lines.
expected != "" && /-\[ cut here \]-|-\[ end trace |====================/ {
	next_report()
}
expected != "" && $0 ~ expected {
	came = announced = 1
	next
}
expected != "" && /-\[ cut here \]-|Call Trace:|WARNING: CPU: / {
	frame[held++] = $0
	next
}
denied($0) {
	finding($0)
}
END {
	settle()
	exit bad
}'
