#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# build.sh KERNEL	builds the module from nothing with all warnings of
#				the compiler and of sparse; one is a failure. sparse
#				reads the module as it is for Debian's kernels, and
#				the KUnit suites as they are for uml
# build.sh control		the negative control: both kinds must be noticed
set -u

here=$(dirname "$(readlink -f "$0")")
root=$(dirname "$here")

# build NAME ARGUMENT...: exit 1 and the warnings, if there are any
build()
{
	local log=$root/build/log/build-$1.full

	shift
	mkdir -p "$root/build/log"
	if ! "$here/module.sh" "$@" W=1 > "$log" 2>&1; then
		tail -n 30 "$log"
		return 1
	fi
	! grep -iE '(warning|error):' "$log"
}

case ${1-} in
debug|uml|uml-6.1|6.12|6.1)
	rm -rf "${root:?}/build/$1"
	case $1 in
	# On the emulated PC with sanitizers only what needs several processors runs.
	debug) set -- "$1" ALIAS_SUITES="race call_race defrag" ;;
	uml-6.1) ;;
	*) set -- "$1" C=2 ;;
	esac
	build "$1" "$@" ALIAS_CONTROLS=1
	;;
control)
	rm -rf "${root:?}/build/control-warnings"
	found=$(build control -s "$here/control/build" -o "$root/build/control-warnings" 6.12 C=2) && {
		echo "no warning was noticed"
		exit 1
	}
	grep 'no previous prototype' <<< "$found" && grep 'restricted __be16' <<< "$found"
	;;
*)
	echo "usage: build.sh debug|uml|uml-6.1|6.12|6.1|control" >&2
	exit 2
	;;
esac
