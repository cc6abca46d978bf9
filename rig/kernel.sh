#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh debug|6.12|6.1		the kernel: its build directory (debug) or
#					its image (6.12, 6.1, as installed)
# kernel.sh -b debug|6.12|6.1		the directory modules are built against
# kernel.sh -i debug|6.12|6.1		the image to boot
#
# The debug kernel is built when it is not there yet, which takes a quarter of
# an hour; it is kept in the user's cache, named after a hash of all that it is
# made from.
set -u

here=$(dirname "$(readlink -f "$0")")
cache=${NFT_ALIAS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nft-alias}
tarball=/usr/src/linux-source-6.12.tar.xz

die()
{
	echo "kernel.sh: $*" >&2
	exit 1
}

debug_key()
{
	{
		cat "$here/debug.config" "$here/debug-kernel.sh"
		dpkg-query -W -f '${Version}\n' linux-source-6.12
		gcc --version | head -n 1
	} | sha256sum | cut -c 1-16
}

# Keys that nobody asked for in two weeks belong to old commits. As only the
# holder of the lock builds, and that is the caller, any other unfinished build
# was interrupted; a day is left for a look at it.
forget_old()
{
	find "$cache" -maxdepth 1 -name 'debug-*' -type d ! -path "$1" \
		\( -mtime +14 -o -name '*.part' -mmin +1440 \) -exec rm -rf {} +
}

# Prints the build directory. Only a finished build gets the final name, and the
# lock makes a second caller wait instead of building the same thing again.
debug_dir()
{
	local dir log

	[ -r "$tarball" ] || die "$tarball is missing: run make deps"
	dir=$cache/debug-$(debug_key)
	log=$cache/debug-kernel.log
	mkdir -p "$cache" || die "cannot create $cache"
	(
	flock 9
	if [ ! -e "$dir/.complete" ]; then
		echo "kernel.sh: building the debug kernel (log: $log)" >&2
		rm -rf "$dir" "$dir.part"
		"$here/debug-kernel.sh" "$tarball" "$dir.part" > "$log" 2>&1 || {
			tail -n 20 "$log" >&2
			exit 1
		}
		mv "$dir.part" "$dir" && touch "$dir/.complete" || exit 1
	fi
	touch "$dir"
	forget_old "$dir"
	) 9> "$cache/lock" || die "the debug kernel could not be built"
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
debug)
	dir=$(debug_dir) || exit 1
	case $what in
	image) echo "$dir/arch/x86/boot/bzImage" ;;
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
	echo "usage: kernel.sh [-b|-i] debug|6.12|6.1" >&2
	exit 2
	;;
esac
