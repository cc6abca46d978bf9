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

# provoke MODULE REGEX: loading it fails with EAGAIN when it came to its end.
provoke()
{
	local output

	log_mark "$1"
	splat_expected "$2"
	output=$(load_module "${NFT_ALIAS_KO%/*}/$1.ko" 2>&1)
	splat_over
	window=$(log_since "$1")
	check "$1 comes to its end" grep -q 'Resource temporarily unavailable' <<< "$output" ||
		diag "$output"
}

# First, for what KASAN reports turns lockdep off.
provoke control_nesting 'possible recursive locking detected'
check "lockdep reports two instances' locks at once" \
	grep -q 'possible recursive locking detected' <<< "$window"
provoke control_kasan 'KASAN: slab-(use-after-free in use_late|out-of-bounds in read_past)'
check "KASAN reports the late use of a link" \
	grep -q 'KASAN: slab-use-after-free in use_late' <<< "$window"
check "KASAN reports the read past a packet" \
	grep -q 'KASAN: slab-out-of-bounds in read_past' <<< "$window"
echo "$((checks - failures)) passed, $failures failed"
[ $failures -eq 0 ]
