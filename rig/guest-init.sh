#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The guest's init: makes what the tests need, runs rig_script and powers off.
#
# On a PC virtme-ng starts virtme-init, a bash script, which sets up a whole machine
# with udev and eight overlays; emulated, that is most of the boot. Bash reads this
# file first, through BASH_ENV on the kernel command line, and it never returns.
# The kernel of UML starts it as init itself.
unset BASH_ENV
: "${rig_checkout:?}" "${rig_fstab:?}" "${rig_script:?}"
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

# virtme-ng's mount of the root has no cache: every program would be fetched from
# the host at each start, so it is mounted a second time.
mount_root_again()
{
	mount -n -t 9p -o ro,version=9p2000.L,trans=virtio,access=any,cache=loose,msize=262144 \
		rigroot /mnt && cd /mnt && pivot_root . mnt
}

if [ -z "${rig_result-}" ]; then
	mount_root_again || exit
else
	# The kernel has mounted one, without rig_fstab's options.
	umount -n /dev
fi
# A checkout below /tmp would vanish under the new /tmp: it is shown there again.
cd "$rig_checkout" || exit
mount -n -a -T "$rig_fstab"
if [ ! -e "$rig_checkout/rig" ]; then
	mkdir -p "$rig_checkout" && mount -n -c --bind . "$rig_checkout"
fi
cd /
[ -n "${rig_result-}" ] || umount -n -l /mnt
mkdir -p /dev/shm /dev/pts
mount -n -t devpts devpts /dev/pts

# Where output and exit code go
if [ -n "${rig_result-}" ]; then
	mkdir /run/result && mount -n -t hostfs -o "${rig_result%/*}" none /run/result || exit
	stty -F /dev/tty1 raw
	output=/dev/tty1
	answer=/run/result/${rig_result##*/}
else
	[ -d /sys/class/virtio-ports/vport1p1 ] || modprobe -q -a virtio_pci virtio_console
	declare -A ports
	for port in /sys/class/virtio-ports/*; do
		read -r name < "$port/name" && ports[${name#virtme.}]=/dev/${port##*/}
	done
	output=${ports[stdout]}
	answer=${ports[ret]}
fi
ln -sf /proc/self/fd /dev/fd
ln -sf fd/0 /dev/stdin
ln -sf fd/1 /dev/stdout
ln -sf fd/2 /dev/stderr
ip link set lo up
cp /bin/busybox /run || exit

# A port can be opened once only, but anyone may open /dev/stdout: hence a pipe.
# Its reader ends when the last writer has; one that the script left behind is not
# waited for.
script=$rig_script
unset rig_script rig_fstab rig_checkout rig_result
mkfifo /run/output
cat /run/output > "$output" &
reader=$!
setsid bash "$script" < /dev/null > /run/output 2>&1
code=$?
for ((tries = 0; tries < 50; tries++)); do
	kill -0 $reader 2> /dev/null || break
	sleep 0.1
done
echo $code > "$answer"

# Powering off takes the root's device away while processes still run, and the
# kernel panics if the first of them dies of a page that it cannot read any more.
# This one has no page on the root, and is in the kernel when the device goes.
exec /run/busybox poweroff -n -f
