#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# deps.sh [build|kernels]
# deps.sh source SERIES FILE	fetches the kernel sources of a series that this
#				release has no package of
#
# Installs what building and testing need and this machine has not: Debian
# packages, and virtme-ng, which Debian 12 has no package of, from Debian 13.
# Says what it does; silent and quick when everything is there.
#
#  build	only what `make` and `make install` need: no kernels, no emulator
#  kernels	only what kernels of our own are built with
set -u

build_packages=(build-essential kmod libelf-dev
		pkg-config libnftables-dev libnftnl-dev libmnl-dev libjansson-dev)

kernel_packages=(build-essential kmod libelf-dev
		 bc bison flex cpio xz-utils libssl-dev linux-source-6.12 linux-source-6.1)

test_packages=(
	# the module, for two packaged kernels
	linux-image-amd64 linux-headers-amd64
	linux-image-6.12-amd64 linux-headers-6.12-amd64
	# guests: what boots them and what their tests call
	qemu-system-x86 busybox-static python3 nftables iproute2 iputils-ping
	conntrack jq python3-scapy bsdextrautils procps util-linux
	# guests: the real programs that speak through the NAT, both ends of them
	curl iperf3 traceroute bind9-dnsutils openssh-client openssh-server
	lksctp-tools coturn pptp-linux pptpd ppp
	# style
	sparse cppcheck shellcheck clang-format codespell
)

# Services of packages that are wanted for their programs: on this machine they
# shall run neither now nor after its next boot.
declare -A services=([openssh-server]=ssh [coturn]=coturn [pptpd]=pptpd)

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

apt_install()
{
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
		install --no-install-recommends "$@" < /dev/null
}

# What an installation may start is for the machine's policy to say; one that
# forbids everything is put up for the time of it, unless the machine has its own.
apt_install_quietly()
{
	local policy=/usr/sbin/policy-rc.d code package

	if [ -e $policy ]; then
		apt_install "$@"
		code=$?
	else
		trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
		printf '#!/bin/sh\nexit 101\n' | as_root tee $policy > /dev/null &&
			as_root chmod 755 $policy && apt_install "$@"
		code=$?
		as_root rm -f $policy
		trap - EXIT
	fi
	for package in "$@"; do
		[ -n "${services[$package]-}" ] || continue
		as_root update-rc.d "${services[$package]}" disable || code=1
	done
	return $code
}

missing_packages()
{
	comm -23 <(printf '%s\n' "${packages[@]}" | sort -u) \
		 <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${packages[@]}" 2> /dev/null |
		   sed -n 's/^installed //p' | sort -u)
}

# The archive this machine is configured for, without the suites of updates and
# security, which have no package of another release.
archive()
{
	# shellcheck disable=SC2016 # apt expands them
	apt-get indextargets --format '$(ORIGIN) $(SUITE) $(REPO_URI)' 'Created-By: Packages' |
		awk '$1 == "Debian" && $2 !~ /-(security|updates|backports)/ { print $3; exit }'
}

# fetch DIR SUITE PACKAGE: apt keeps its state in a directory of its own here, so that
# the machine's own configuration never hears of the other release.
fetch()
{
	local dir=$1 suite=$2 package=$3 uri options

	uri=$(archive)
	if [ -z "$uri" ]; then
		as_root apt-get -q update < /dev/null || return
		uri=$(archive)
	fi
	[ -n "$uri" ] || { echo "deps.sh: apt knows no Debian archive" >&2; return 1; }
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main" \
		> "$dir/sources.list"
	options=(-q -o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=-
		 -o Dir::State::Lists="$dir/lists" -o Dir::Cache="$dir/cache"
		 -o APT::Sandbox::User=root)
	apt-get "${options[@]}" update < /dev/null &&
		(cd "$dir" && apt-get "${options[@]}" download "$package" < /dev/null)
}

# fetch_source SERIES FILE
fetch_source()
{
	local dir code

	dir=$(mktemp -d) || return
	echo "deps.sh: fetching the sources of $1 from Debian's backports"
	fetch "$dir" trixie-backports "linux-source-$1" &&
		dpkg-deb --fsys-tarfile "$dir/linux-source-$1"_*.deb |
		tar -xO "./usr/src/linux-source-$1.tar.xz" > "$2.part" &&
		mv "$2.part" "$2"
	code=$?
	rm -rf "$dir" "$2.part"
	return $code
}

install_virtme_ng()
{
	local dir code

	if apt-cache policy virtme-ng | grep -q 'Candidate: [0-9]'; then
		apt_install virtme-ng
		return
	fi
	dir=$(mktemp -d) || return
	fetch "$dir" trixie virtme-ng && apt_install "$dir"/virtme-ng_*.deb
	code=$?
	rm -rf "$dir"
	return $code
}

if [ "${1-}" = source ]; then
	fetch_source "$2" "$3"
	exit
fi

packages=("${build_packages[@]}")
case ${1-} in
kernels) packages=("${kernel_packages[@]}") ;;
build)	compgen -G '/lib/modules/*/build' > /dev/null || packages+=("linux-headers-$(uname -r)") ;;
*)	packages+=("${kernel_packages[@]}" "${test_packages[@]}") ;;
esac

mapfile -t missing < <(missing_packages)
if [ ${#missing[@]} -gt 0 ]; then
	echo "deps.sh: installing ${missing[*]}"
	if ! as_root apt-get -q update < /dev/null || ! apt_install_quietly "${missing[@]}"; then
		echo "deps.sh: installation failed" >&2
		exit 1
	fi
fi
if [ -z "${1-}" ] && ! command -v vng > /dev/null; then
	echo "deps.sh: installing virtme-ng from Debian 13"
	install_virtme_ng || {
		echo "deps.sh: installation of virtme-ng failed" >&2
		exit 1
	}
fi
