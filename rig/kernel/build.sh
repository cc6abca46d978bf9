#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# build.sh x86|um TARBALL DIR FILE...
#
# Builds a kernel from a linux-source tarball, tinyconfig and the FILEs, which are
# fragments of a configuration (.config) and patches (.patch), and leaves in DIR
# what it takes to boot it, to build modules against it and to decode its traces.
# ../kernel.sh calls this and keeps the result.
set -u

export ARCH=$1
tarball=$2
dir=$3
shift 3
fragments=()
patches=()
for file in "$@"; do
	case $file in
	*.patch) patches+=("$file") ;;
	*) fragments+=("$file") ;;
	esac
done

die()
{
	echo "build.sh: $*" >&2
	exit 1
}

# Other architectures' code and the manual are a third of the tree; Kconfig
# files of every architecture are read.
unpack()
{
	mkdir -p "$dir" || return
	tar -C "$dir" --strip-components=1 -xf "$tarball" \
		--exclude='linux-source-*/arch/[!xuK]*/*.[chS]' \
		--exclude='linux-source-*/arch/[!xuK]*/boot' \
		--exclude='linux-source-*/Documentation/[a-z]*' \
		--exclude='linux-source-*/tools/testing'
}

apply_patches()
{
	local file

	for file in "${patches[@]}"; do
		patch -d "$dir" -p1 -s < "$file" || return
	done
}

# 6.12 as UML has room for 2696 bytes of a processor's registers; one with AMX has
# 11008, and init dies there with "ptrace set fp regs failed". 7.2 asks.
make_room_for_registers()
{
	sed -i 's/DEFINE_LONGS(HOST_FP_SIZE, 2696)/DEFINE_LONGS(HOST_FP_SIZE, 11264)/' \
		"$dir/arch/x86/um/user-offsets.c"
}

configure()
{
	make -C "$dir" -s tinyconfig &&
	(cd "$dir" && scripts/kconfig/merge_config.sh -m .config "${fragments[@]}" >/dev/null) &&
	make -C "$dir" -s olddefconfig
}

# What the fragments ask for; the last that speaks of a symbol is right.
wishes()
{
	awk -F= '/^CONFIG_/ { wish[$1] = $0 } END { for (symbol in wish) print wish[symbol] }' \
		"${fragments[@]}"
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
		*)
			grep -qxF "$line" "$dir/.config" && continue ;;
		esac
		echo "not granted: $line" >&2
		missing=1
	done < <(wishes)
	return $missing
}

compile()
{
	local image=bzImage

	[ "$ARCH" = x86 ] || image=linux
	make -C "$dir" -s -j"$(nproc)" $image modules
}

# Of what detectors.patch leaves out this is not: objects of ours pass there.
verify_watched()
{
	local object

	grep -q '^CONFIG_KASAN=y' "$dir/.config" || return 0
	for object in kernel/.workqueue kernel/rcu/.tree kernel/time/.timer \
		kernel/locking/.spinlock net/core/.skbuff lib/.rhashtable; do
		grep -q 'fsanitize=kernel-address' "$dir/$object.o.cmd" && continue
		echo "not watched: $object" >&2
		return 1
	done
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
apply_patches || die "a patch does not fit"
make_room_for_registers || die "cannot edit the sources"
configure || die "configuration failed"
verify || die "the fragments ask for what this kernel does not grant"
compile || die "compilation failed"
verify_watched || die "KASAN is not where it must be"
prune
