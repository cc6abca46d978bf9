#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# guard.sh		in the guest, on a packaged kernel, without nft_alias loaded
#
# The engine's own assertions must work where neither KUnit nor lockdep exists:
# control_guard.ko plants a link of another instance and calls a helper without
# its lock. Last line `N passed, N failed`.
set -u

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/lib.sh
. "$here/../selftests/lib.sh"

provoke control_guard "instance victim .*(is worked on without its lock|holds link .* of culprit)"
provoked "verdicts and counters"
check "a link of another instance is reported, with both names" \
	grep -q 'instance victim .* holds link .* of culprit' <<< "$window"
check "a helper without its lock is reported" \
	grep -q 'instance victim is worked on without its lock' <<< "$window"
echo "$((checks - failures)) passed, $failures failed"
[ $failures -eq 0 ]
