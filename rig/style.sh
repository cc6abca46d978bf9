#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# style.sh [CHECK...]
#
# How the sources look: each check below is a test, first on a planted file that
# it must refuse, then on the checkout. Accepted findings stand in
# style.exceptions, with the reason. Last line `N passed, N failed`. (W=1 and
# sparse need a build and belong to build.sh.)
set -u

here=$(dirname "$(readlink -f "$0")")
root=$(dirname "$here")
all_checks=(checkpatch cppcheck shellcheck clang_format codespell words layers spdx length
	    places uapi kernel_doc)
passed=0
failed=0

# --- which files -------------------------------------------------------------

# files DIRECTORY... -- PATTERN...: below the current directory, without build/
files()
{
	local dirs=() patterns=() name

	while [ "$1" != -- ]; do
		[ -e "$1" ] && dirs+=("$1")
		shift
	done
	shift
	for name in "$@"; do
		patterns+=(-o -name "$name")
	done
	[ ${#dirs[@]} -gt 0 ] || return
	find "${dirs[@]}" -type f \( "${patterns[@]:1}" \) ! -path './build/*' ! -path './.git/*' |
		sed 's|^\./||' | sort
}

kernel_files()
{
	files kmod kunit rig/control bench -- '*.[ch]'
}

c_files()
{
	files kmod kunit rig/control bench userspace -- '*.[ch]'
}

# --- the checks: each prints its findings as `file:line: text` ---------------

check_checkpatch()
{
	local tree

	tree=${RIG_TREE:-$("$here/kernel.sh" -b debug)} || { echo "no kernel tree"; return; }
	kernel_files | xargs -r perl "$tree/scripts/checkpatch.pl" --no-tree --strict --terse \
		--no-summary --max-line-length=100 --show-types -f 2>&1 | grep -v '^total:'
}

check_cppcheck()
{
	files userspace kmod -- '*.c' | grep -E '^userspace/|/(portblock|tcp|timeout|deterministic)\.c$' |
		xargs -r cppcheck --quiet --std=c11 --enable=warning,performance,portability \
		--inline-suppr --suppress=missingInclude -Ikmod/uapi -Iuserspace \
		--template='{file}:{line}: {id}: {message}' 2>&1
}

check_shellcheck()
{
	{
		files . -- '*.sh'
		files .ci -- run
	} | sort -u | xargs -r shellcheck -x -P SCRIPTDIR -P . -f gcc 2>&1
}

# Tables that are aligned by hand are no fault: only a file of which the
# formatter would change two lines in five is in another style.
check_clang_format()
{
	local file changed lines

	for file in $(c_files); do
		changed=$(clang-format --style="file:$root/.clang-format" "$file" | diff "$file" - |
			  grep -c '^<')
		lines=$(wc -l < "$file")
		[ $((changed * 5)) -lt $((lines * 2)) ] ||
			echo "$file:1: clang-format would change $changed of $lines lines"
	done
}

check_codespell()
{
	files . -- '*.[ch]' '*.sh' '*.py' '*.md' 'Kbuild*' Makefile '*.config' '*.deny' '*.nft' run |
		xargs -r codespell 2>&1
}

# What a kernel reviewer, or design.md, refuses on sight.
check_words()
{
	files kmod -- '*.[ch]' | grep -v '/compat' |
		xargs -r grep -nHE '\<(module_param\w*|BUG_ON|BUG|LINUX_VERSION_CODE|KERNEL_VERSION|printk|del_timer\w*|simple_strto\w+|strcpy|strncpy|sprintf|kfree_rcu_mightsleep|synchronize_sched)\>' |
		grep -vE ':[0-9]+:\s*\*' | sed 's/$/ (forbidden word)/'
	files kmod -- '*.c' | xargs -r grep -nHE '^static.*\<inline\>' | sed 's/$/ (inline in a .c file)/'
	files userspace -- '*.[ch]' | xargs -r grep -nHE '\<(gets|strcpy|strcat|sprintf|system|popen)\(' |
		sed 's/$/ (forbidden word)/'
}

# A file of kmod/ may include the headers of its floor and of those below.
check_layers()
{
	local names

	names=$(files kmod -- '*.[ch]' | grep -v '/uapi/')
	[ -n "$names" ] || return
	# shellcheck disable=SC2086 # one word for each file
	awk '
	NR == FNR {
		if ($0 !~ /^#/)
			for (i = 1; i <= NF; i++)
				floor[$i] = FNR
		next
	}
	FNR == 1 {
		me = FILENAME
		sub(/.*\//, "", me)
		sub(/\.[ch]$/, "", me)
		if (!(me in floor))
			print FILENAME ":1: rig/layers knows no floor for " me
	}
	/^#include "/ {
		split($0, part, "\"")
		it = part[2]
		sub(/\.h$/, "", it)
		if (!(it in floor))
			print FILENAME ":" FNR ": rig/layers knows no floor for " it
		else if (me in floor && floor[it] < floor[me])
			print FILENAME ":" FNR ": " me " stands below " it " and includes it"
	}' "$here/layers" $names
}

check_spdx()
{
	local file

	for file in $(files . -- '*.[ch]' '*.sh' '*.py' 'Kbuild*' Makefile run .clang-format); do
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: ' ||
			echo "$file:1: no SPDX-License-Identifier"
	done
}

check_length()
{
	c_files | xargs -r awk '
	/^\{/ { start = FNR }
	/^\}/ && start {
		if (FNR - start > 80)
			print FILENAME ":" start ": a function of " FNR - start " lines"
		start = 0
	}'
}

# Nothing of the machine that the sources were written on.
check_places()
{
	files . -- '*.[ch]' '*.sh' '*.py' '*.md' 'Kbuild*' Makefile '*.config' '*.nft' run |
		grep -v '^rig/style.sh$' |
		xargs -r grep -nHE '(^|[^A-Za-z_.])/(work|tmp/w)/|\<(deb|ftp|security)\.debian\.org' |
		sed 's/$/ (a place of one machine)/'
}

# The interface header stands alone, in C and in C++.
check_uapi()
{
	local header

	for header in $(files kmod/uapi -- '*.h'); do
		gcc -std=c99 -Wall -Wextra -pedantic -Werror -fsyntax-only -x c "$header" 2>&1
		g++ -Wall -Wextra -Werror -fsyntax-only -x c++ "$header" 2>&1
	done | grep -E ':[0-9]+:'
}

check_kernel_doc()
{
	local tree

	tree=${RIG_TREE:-$("$here/kernel.sh" -b debug)} || { echo "no kernel tree"; return; }
	files kmod -- '*.[ch]' | xargs -r -n 1 perl "$tree/scripts/kernel-doc" -none -Wall 2>&1 |
		grep -E ':[0-9]+: '
}

# --- planted faults ----------------------------------------------------------

# A small tree in which every check must find something.
plant()
{
	mkdir -p "$1/kmod/uapi" "$1/userspace" "$1/kunit" "$1/rig"
	cd "$1" || exit
	{
		printf 'int tcp_planted(void)\n{\n'
		printf '        return 0;\n%.0s' {1..90}
		printf '}\n'
		printf '/**\n * planted() - a name that is not the function'"'"'s\n */\nint other(int x);\n'
		printf '#include "main.h"\n'
		printf 'module_%s(x, int, 0);\n' param
		printf '/* %s */\n' 'te''h /wor''k/x'
	} > kmod/tcp.c
	printf 'int f(void)\n{\n\tint a[2];\n\n\treturn a[2];\n}\n' > userspace/planted.c
	printf '#!/bin/sh\nrm $1\n' > planted.sh
	printf '#include <linux/types.h>\nint planted = 1 +;\n' > kmod/uapi/planted.h
}

# --- running them ------------------------------------------------------------

# filter CHECK < FINDINGS: removes what style.exceptions accepts, and adds
# exceptions that accept nothing
filter()
{
	awk -v check="$1" '
	NR == FNR {
		if ($0 ~ /^#/ || $0 !~ /\|/)
			next
		count = split($0, part, / \| /)
		if (part[1] == check) {
			if (count < 3 || part[3] == "")
				print "rig/style.exceptions:" FNR ": no reason given"
			regex[++n] = part[2]
			line[n] = FNR
		}
		next
	}
	{
		for (i = 1; i <= n; i++)
			if ($0 ~ regex[i]) {
				used[i] = 1
				next
			}
		print
	}
	END {
		for (i = 1; i <= n; i++)
			if (!used[i])
				print "rig/style.exceptions:" line[i] ": accepts nothing any more"
	}' "$here/style.exceptions" -
}

run_check()
{
	local name=$1 findings

	if [ -z "$(cd "$planted" && "check_$name")" ]; then
		failed=$((failed + 1))
		echo "not ok - $name finds nothing in a planted file"
		return
	fi
	findings=$(cd "$root" && "check_$name" | filter "$name")
	if [ -n "$findings" ]; then
		failed=$((failed + 1))
		echo "not ok - $name: $(wc -l <<< "$findings") findings"
		# shellcheck disable=SC2001 # every line, not the first
		sed 's/^/    /' <<< "$findings"
	else
		passed=$((passed + 1))
		echo "ok - $name"
	fi
}

planted=$(mktemp -d)
trap 'rm -rf "$planted"' EXIT
(plant "$planted")
[ $# -gt 0 ] || set -- "${all_checks[@]}"
for name in "$@"; do
	run_check "$name"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
