#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# debug-kernel.sh TARBALL DIR
#
# Builds the sanitizer kernel from a linux-source tarball and debug.config and
# leaves in DIR what it takes to boot it, to build modules against it and to
# decode its traces. kernel.sh calls this and keeps the result.
set -u

fragment=$(dirname "$(readlink -f "$0")")/debug.config
tarball=$1
dir=$2

die()
{
	echo "debug-kernel.sh: $*" >&2
	exit 1
}

# Other architectures' code and the manual are a third of the tree; Kconfig
# files of every architecture are read.
unpack()
{
	mkdir -p "$dir" || return
	tar -C "$dir" --strip-components=1 -xf "$tarball" \
		--exclude='linux-source-*/arch/[!xK]*/*.[chS]' \
		--exclude='linux-source-*/arch/[!xK]*/boot' \
		--exclude='linux-source-*/Documentation/[a-z]*' \
		--exclude='linux-source-*/tools/testing'
}

configure()
{
	make -C "$dir" -s tinyconfig &&
	(cd "$dir" && scripts/kconfig/merge_config.sh -m .config "$fragment" >/dev/null) &&
	make -C "$dir" -s olddefconfig
}

# Kconfig drops in silence what it cannot grant, and a sanitizer that is not
# there finds nothing: compare line by line.
verify()
{
	local line symbol missing=0

	while read -r line; do
		symbol=${line%%=*}
		case $line in
		CONFIG_*=n)
			! grep -q "^$symbol=" "$dir/.config" && continue ;;
		CONFIG_*)
			grep -qxF "$line" "$dir/.config" && continue ;;
		*)
			continue ;;
		esac
		echo "not granted: $line" >&2
		missing=1
	done < "$fragment"
	return $missing
}

compile()
{
	make -C "$dir" -s -j"$(nproc)" bzImage modules
}

# Modules are built against headers, scripts and Module.symvers; vmlinux
# decodes traces. The rest is a gigabyte nobody reads again.
prune()
{
	(
	cd "$dir" || exit
	rm -rf block certs crypto drivers fs init io_uring ipc kernel lib mm net rust \
		samples security sound usr virt vmlinux.a vmlinux.o vmlinux.unstripped
	find arch -name '*.[oac]' -delete
	)
}

rm -rf "$dir"
unpack || die "cannot unpack $tarball"
configure || die "configuration failed"
verify || die "debug.config asks for what this kernel does not grant"
compile || die "compilation failed"
prune
