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
# Between the two everything is allowed, but a line that matches REGEX must
# come; if not, the announcement is printed as a finding.
set -u

deny=$(dirname "$(readlink -f "$0")")/splats.deny
[ -s "$deny" ] || { echo "splats.sh: $deny is missing"; exit 1; }

LC_ALL=C awk -v deny="$deny" '
function finding(line) {
	print line
	bad = 1
}
function settle() {
	if (expected != "" && !came)
		finding("announced, but did not come: " expected)
	expected = ""
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
expected != "" {
	if ($0 ~ expected)
		came = 1
	next
}
{
	for (i = 0; i < n; i++)
		if ($0 ~ regex[i]) {
			finding($0)
			next
		}
}
END {
	settle()
	exit bad
}'
