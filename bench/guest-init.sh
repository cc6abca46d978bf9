#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The init of the bench's guest, user-mode Linux: makes what a program needs, runs
# the script that bench_script names on the kernel command line, and powers off.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
mount -n -t proc proc /proc
mount -n -t sysfs sysfs /sys
mount -n -t tmpfs -o size=90% tmpfs /run
mount -n -t debugfs debugfs /sys/kernel/debug
# Only this directory of the host can be written to.
mount -n -t hostfs -o "${bench_work:?}" hostfs /mnt
mkdir -p /run/netns
ip link set lo up
exec < /dev/null > /dev/console 2>&1
bash "${bench_script:?}"
echo $? > /mnt/code
cp /bin/busybox /run && exec /run/busybox poweroff -n -f
