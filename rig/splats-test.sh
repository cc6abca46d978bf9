#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# splats-test.sh
#
# splats.sh must find one line of every kind and leave an ordinary log alone.
# Last line `N passed, N failed`.
set -u

here=$(dirname "$(readlink -f "$0")")
passed=0
failed=0

# expect NAME CODE LOG
expect()
{
	local output code

	output=$("$here/splats.sh" <<< "$3")
	code=$?
	if [ $code = "$2" ]; then
		passed=$((passed + 1))
		echo "ok - $1"
	else
		failed=$((failed + 1))
		echo "not ok - $1: exit code $code, wanted $2"
		echo "#    $output"
	fi
}

# Each expression must be the only one that some line matches: what is broken is noticed.
declare -A alone=()

note_only_match()
{
	local regex matches=()

	for regex in "${expressions[@]}"; do
		! grep -qE -e "$regex" <<< "$1" || matches+=("$regex")
	done
	[ ${#matches[@]} != 1 ] || alone[${matches[0]}]=$1
}

# Found wherever they stand; what else a report begins or ends with is not among them.
lone_reports()
{
	cat <<'LINES'
------------[ cut here ]------------
possible irq lock inversion dependency detected
suspicious RCU usage, as a lone line
KASAN: null-ptr-deref in range [0x0000000000000000-0x0000000000000007]
KFENCE: use-after-free read in alias_link_find+0x12/0x40
Oops: Oops: 0002 [#1] PREEMPT SMP KASAN PTI
general protection fault, probably for non-canonical address 0xdead000000000100
Unable to handle kernel paging request at virtual address dead000000000100
Out of memory: Killed process 77 (nft) total-vm:1024kB
nft: page allocation failure: order:4, mode:0x40cc0(GFP_KERNEL|__GFP_COMP)
unreferenced object 0xffff888003c1e000 (size 64):
kmemleak: Kernel memory leak detector disabled
kernel BUG at mm/slub.c:12!
Freeing uninitialized block
turning off the locking correctness validator.
LINES
}

mapfile -t expressions < <(grep -v '^[[:space:]]*\(#\|$\)' "$here/splats.deny")
while read -r line; do
	note_only_match "[   12.345678] $line"
	expect "found: $line" 1 "[    1.000000] nothing
[   12.345678] $line
[   13.000000] nothing"
done < <(lone_reports; cat <<'LINES'
WARNING: CPU: 1 PID: 77 at lib/x.c:12 alias_link_find+0x12/0x40 [nft_alias]
WARNING: possible circular locking dependency detected
WARNING: suspicious RCU usage
BUG: KASAN: slab-use-after-free in alias_link_find+0x12/0x40 [nft_alias]
BUG: sleeping function called from invalid context at mm/slab.h:12
BUG: kernel NULL pointer dereference, address: 0000000000000000
BUG kmalloc-64 (Tainted: G    B): Objects remaining in kmalloc-64 on __kmem_cache_shutdown()
Call Trace:
UBSAN: array-index-out-of-bounds in net/x.c:1:2
refcount_t: underflow; use-after-free.
list_add corruption. next->prev should be prev
ODEBUG: free active (active state 0) object: 0000 object type: timer_list
watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [nft:77]
rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
rcu: INFO: rcu_preempt self-detected stall on CPU
Oops: general protection fault, probably for non-canonical address
Kernel panic - not syncing: Fatal exception in interrupt
INFO: task nft:77 blocked for more than 120 seconds.
unregister_netdevice: waiting for veth0 to become free. Usage count = 2
kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
kmem_cache_destroy alias_link: Slab cache still has objects when called from exit
ref_tracker: net notrefcnt@0000 has 1/1 users at
INFO: lockdep is turned off.
LINES
)

for regex in "${expressions[@]}"; do
	if [ -n "${alone[$regex]-}" ]; then
		passed=$((passed + 1))
		echo "ok - needed: $regex"
	else
		failed=$((failed + 1))
		echo "not ok - no line that this alone finds: $regex"
	fi
done

expect "an ordinary log" 0 "[    0.000000] Linux version 6.12
[    0.100000] kmemleak: Kernel memory leak detector initialized (mem pool available: 39013)
[    0.200000] Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar
[    0.300000] 9pnet: Installing 9P2000 support
[    0.400000] nft_alias: loading out-of-tree module taints kernel."
expect "announced, and it came" 0 "[ 1.0] rig: splat expected: WARNING: .*alias_link
[ 1.1] ------------[ cut here ]------------
[ 1.2] WARNING: CPU: 1 PID: 77 at x.c:12 alias_link_find+0x12/0x40
[ 1.3] Call Trace:
[ 1.4] rig: splat over"
expect "announced by its text, which comes before the place" 0 "[ 1.0] rig: splat expected: fixture holds link
[ 1.1] ------------[ cut here ]------------
[ 1.2] nft_alias: instance fixture holds link 0000 of no instance
[ 1.3] WARNING: CPU: 1 PID: 77 at x.c:12 alias_link_find+0x12/0x40
[ 1.4] Call Trace:
[ 1.5] ---[ end trace 0000000000000000 ]---
[ 1.6] rig: splat over"
expect "announced, and lockdep or KASAN report it" 0 "[ 1.0] rig: splat expected: possible circular|KASAN: double-free
[ 1.1] ======================================================
[ 1.2] WARNING: possible circular locking dependency detected
[ 1.3] Call Trace:
[ 1.4] ==================================================================
[ 1.5] BUG: KASAN: double-free in alias_link_find+0x12/0x40
[ 1.6] Call Trace:
[ 1.7] ==================================================================
[ 1.8] rig: splat over"
expect "announced, and another came" 1 "[ 1.0] rig: splat expected: WARNING: .*alias_link
[ 1.2] WARNING: CPU: 1 PID: 77 at x.c:12 other+0x12/0x40
[ 1.4] rig: splat over"
expect "a second one after the announced one" 1 "[ 1.0] rig: splat expected: WARNING: .*alias_link
[ 1.2] WARNING: CPU: 1 PID: 77 at x.c:12 alias_link_find+0x12/0x40
[ 1.4] rig: splat over
[ 1.5] BUG: KASAN: double-free"


# within NAME LINES [amid]: the window of an announced report holds LINES too, after
# it, before it, and in its midst
within()
{
	local name=$1 warn="[ 1.2] ------------[ cut here ]------------
[ 1.2] WARNING: CPU: 1 PID: 77 at x.c:12 alias_link_find+0x12/0x40
[ 1.2] Call Trace:"
	local trace="[ 1.3] ---[ end trace 0000000000000000 ]---"
	local start="[ 1.0] rig: splat expected: WARNING: .*alias_link" over="[ 1.9] rig: splat over"

	expect "after the announced one: $name" 1 "$start
$warn
$trace
$2
$over"
	expect "before the announced one: $name" 1 "$start
$2
$warn
$trace
$over"
	[ -z "${3-}" ] || expect "amid the announced one: $name" 1 "$start
$warn
$2
$trace
$over"
}

within "another WARN" "[ 1.4] ------------[ cut here ]------------
[ 1.4] WARNING: CPU: 0 PID: 78 at x.c:12 other+0x12/0x40
[ 1.4] Call Trace:
[ 1.4] ---[ end trace 0000000000000000 ]---"
within "a WARN without an end" "[ 1.4] ------------[ cut here ]------------
[ 1.4] WARNING: CPU: 0 PID: 78 at x.c:12 other+0x12/0x40"
while read -r line; do
	within "$line" "[ 1.4] $line" amid
done < <(lone_reports; cat <<'LINES'
BUG: KASAN: slab-use-after-free in alias_link_lookup+0x12/0x40 [nft_alias]
UBSAN: array-index-out-of-bounds in net/x.c:1:2
refcount_t: underflow; use-after-free.
list_del corruption. next->prev should be prev
WARNING: possible recursive locking detected
WARNING: suspicious RCU usage
BUG: sleeping function called from invalid context at mm/slab.h:12
kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
INFO: lockdep is turned off.
LINES
)

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
