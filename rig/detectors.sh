#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# detectors.sh		in the guest, without nft_alias loaded; the last thing of a boot
#
# A kernel on which no test was red shows something only if its detectors would have
# seen it: lockdep reports the nested locks of control_nesting.ko, and KASAN both
# accesses of control_kasan.ko. Last line `N passed, N failed`.
set -u

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/lib.sh
. "$here/../selftests/lib.sh"

# First, for what KASAN reports turns lockdep off.
provoke control_nesting 'possible recursive locking detected'
provoked "two instances' locks are taken"
check "lockdep reports two instances' locks at once" \
	grep -q 'possible recursive locking detected' <<< "$window"
provoke control_kasan 'KASAN: slab-(use-after-free in use_late|out-of-bounds in read_past)'
provoked "a link is used late, a packet read past its end"
check "KASAN reports the late use of a link" \
	grep -q 'KASAN: slab-use-after-free in use_late' <<< "$window"
check "KASAN reports the read past a packet" \
	grep -q 'KASAN: slab-out-of-bounds in read_past' <<< "$window"
echo "$((checks - failures)) passed, $failures failed"
[ $failures -eq 0 ]
