#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh NAME	the kernel: its build directory (one of our own) or its image
# kernel.sh -b NAME	the directory modules are built against
# kernel.sh -i NAME	the image to boot
#
#  debug	6.12 with all sanitizers, a PC with several processors
#  uml		the same as a process of this machine (user-mode Linux): one
#		processor, at native speed where the PC must be emulated
#  uml-6.1	such a process again, 6.1 without sanitizers
#  bench		7.2 as such a process, with two processors and without sanitizers
#  6.12, 6.1	as Debian packages them
#
# Our own are built when they are not there yet, which takes ten minutes each; they
# are kept in the user's cache, named after a hash of all that they are made from.
set -u

here=$(dirname "$(readlink -f "$0")")
cache=${NFT_ALIAS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nft-alias}

die()
{
	echo "kernel.sh: $*" >&2
	exit 1
}

# What a kernel of our own is made of: architecture, source, fragments and patches
recipe()
{
	case $1 in
	debug) echo x86 6.12 pc.config guest.config detectors.config detectors.patch ;;
	uml) echo um 6.12 uml.config guest.config detectors.config uml-lean.config \
		detectors.patch uml-stacks.patch ;;
	uml-6.1) echo um 6.1 uml.config guest.config uml-6.1.config ;;
	bench) echo um 7.2 bench.config bench-smp.patch ;;
	esac
}

# The sources of a series: installed, or of another Debian release and in the cache
tarball()
{
	local file=/usr/src/linux-source-$1.tar.xz

	[ -r "$file" ] || file=$cache/linux-source-$1.tar.xz
	[ -r "$file" ] || "$here/deps.sh" source "$1" "$file" >&2 || return
	echo "$file"
}

# key TARBALL FILE...
key()
{
	local tarball=$1

	shift
	{
		cat "$here/kernel/build.sh" "$@"
		stat -c '%n %s' "$tarball"
		gcc --version | head -n 1
	} | sha256sum | cut -c 1-16
}

# Keys that nobody asked for in two weeks belong to old commits. An unfinished
# build of yesterday was interrupted, and a day is left for a look at it.
forget_old()
{
	find "$cache" -maxdepth 1 -type d ! -path "$2" \
		-regex ".*/$1-[0-9a-f]+\(\.part\)?" \
		\( -mtime +14 -o -name '*.part' -mmin +1440 \) -exec rm -rf {} +
}

# build NAME DIR ARCH TARBALL FILE...
build()
{
	local name=$1 dir=$2 log=$cache/$1-kernel.log

	shift 2
	echo "kernel.sh: building the $name kernel (log: $log)" >&2
	rm -rf "$dir" "$dir.part"
	if ! "$here/kernel/build.sh" "$1" "$2" "$dir.part" "${@:3}" > "$log" 2>&1; then
		tail -n 20 "$log" >&2
		return 1
	fi
	mv "$dir.part" "$dir" && touch "$dir/.complete" && forget_old "$name" "$dir"
}

# Prints the build directory. Only a finished build gets the final name, and the
# lock makes a second caller wait instead of building the same thing again.
own_kernel()
{
	local name=$1 dir arch series files tarball

	read -r arch series files < <(recipe "$name")
	read -r -a files <<< "$files"
	files=("${files[@]/#/$here/kernel/}")
	mkdir -p "$cache" || die "cannot create $cache"
	tarball=$(tarball "$series") || die "no source of $series: run make deps"
	dir=$cache/$name-$(key "$tarball" "${files[@]}")
	# Whoever finds his kernel does not wait until another one is built.
	[ -e "$dir/.complete" ] || (
		flock 9
		[ -e "$dir/.complete" ] || build "$name" "$dir" "$arch" "$tarball" "${files[@]}"
	) 9> "$cache/$name.lock" || die "the $name kernel could not be built"
	touch "$dir"
	echo "$dir"
}

# The newest installed kernel of a series that has its headers too. Cloud and
# real-time flavours are left out by the pattern.
stock_release()
{
	local image release

	for image in $(printf '%s\n' /boot/vmlinuz-"$1".* | sort -rV); do
		release=${image#/boot/vmlinuz-}
		case $release in
		*-cloud-*|*-rt-*) continue ;;
		esac
		[ -d "/lib/modules/$release/build/" ] || continue
		echo "$release"
		return
	done
	die "no installed $1 kernel with headers: run make deps"
}

what=default
case ${1-} in
-b) what=build; shift ;;
-i) what=image; shift ;;
esac

case ${1-} in
debug|uml|uml-6.1|bench)
	dir=$(own_kernel "$1") || exit 1
	case $what-$1 in
	image-debug) echo "$dir/arch/x86/boot/bzImage" ;;
	image-*) echo "$dir/linux" ;;
	*) echo "$dir" ;;
	esac
	;;
6.12|6.1)
	release=$(stock_release "$1") || exit 1
	case $what in
	build) readlink -f "/lib/modules/$release/build" ;;
	*) echo "/boot/vmlinuz-$release" ;;
	esac
	;;
*)
	echo "usage: kernel.sh [-b|-i] debug|uml|uml-6.1|bench|6.12|6.1" >&2
	exit 2
	;;
esac
