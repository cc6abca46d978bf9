#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh TARBALL DIR
#
# Builds the kernel of the bench, user-mode Linux, from a linux-source tarball,
# um.config and um-smp.patch, and leaves in DIR what it takes to run it and to build
# modules against it.
set -u

here=$(dirname "$(readlink -f "$0")")
tarball=$1
dir=$2

die()
{
	echo "kernel.sh: $*" >&2
	exit 1
}

# Kconfig drops in silence what it cannot grant.
verify()
{
	local line missing=0

	while read -r line; do
		case $line in
		CONFIG_*=n) ! grep -q "^${line%%=*}=" "$dir/.config" && continue ;;
		CONFIG_*) grep -qxF "$line" "$dir/.config" && continue ;;
		*) continue ;;
		esac
		echo "not granted: $line" >&2
		missing=1
	done < "$here/um.config"
	return $missing
}

unpack()
{
	mkdir -p "$dir" || return
	tar -C "$dir" --strip-components=1 -xf "$tarball" \
		--exclude='linux-source-*/arch/[!xuK]*/*.[chS]' \
		--exclude='linux-source-*/Documentation/[a-z]*' \
		--exclude='linux-source-*/tools/testing' || return
	patch -d "$dir" -p1 -s < "$here/um-smp.patch"
}

configure()
{
	make -C "$dir" ARCH=um -s tinyconfig || return
	(cd "$dir" && scripts/kconfig/merge_config.sh -m .config "$here/um.config" > /dev/null) ||
		return
	make -C "$dir" ARCH=um -s olddefconfig
}

rm -rf "$dir"
unpack || die "cannot unpack $tarball"
configure || die "configuration failed"
verify || die "um.config asks for what this kernel does not grant"
make -C "$dir" ARCH=um -s -j"$(nproc)" linux modules || die "compilation failed"
