#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# module.sh [-s SOURCE] [-o OUTPUT] KERNEL [MAKE-ARGUMENT...]
#
# Builds the modules of SOURCE (default: the checkout) for KERNEL (a name that
# kernel.sh knows, or a directory of kernel headers) in OUTPUT (default:
# build/KERNEL, or build/host for a directory). Each kernel gets links to the
# sources in a directory of its own, so that objects never mix.
set -u

here=$(dirname "$(readlink -f "$0")")
root=$(dirname "$here")
source=$root
output=

die()
{
	echo "module.sh: $*" >&2
	exit 1
}

link_sources()
{
	local file

	cd "$source" || exit
	find Kbuild ./*.c ./*.h kmod kunit -type f 2> /dev/null | while read -r file; do
		mkdir -p "$output/$(dirname "$file")"
		[ -L "$output/$file" ] || ln -sf "$source/$file" "$output/$file"
	done
	# A source that is gone takes its link with it.
	find "$output" -xtype l -delete
}

# Modules of a subdirectory are linked to where everyone looks for them.
link_modules()
{
	local object

	sed 's/\.o$/.ko/' "$output/modules.order" | while read -r object; do
		# From 6.13 on they are named as seen from there.
		object=$(cd "$output" && readlink -f "$object")
		[ "${object%/*}" = "$output" ] || ln -sf "$object" "$output/"
	done
}

while getopts s:o: option; do
	case $option in
	s) source=$(readlink -f "$OPTARG") ;;
	o) output=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || die "which kernel? one that kernel.sh knows, or a directory of headers"
kernel=$1
shift

case $kernel in
debug|uml|uml-6.1|bench|6.12|6.1)
	kdir=$("$here/kernel.sh" -b "$kernel") || exit 1
	: "${output:=$root/build/$kernel}" ;;
*)
	[ -f "$kernel/Makefile" ] || die "$kernel holds no kernel headers"
	kdir=$kernel
	: "${output:=$root/build/host}" ;;
esac
mkdir -p "$output" || exit 1
output=$(readlink -f "$output")

(link_sources) || exit 1
[[ "$kernel" != uml* && "$kernel" != bench ]] || set -- ARCH=um "$@"
make -C "$kdir" M="$output" -j"$(nproc)" --no-print-directory "$@" modules || exit 1
link_modules
