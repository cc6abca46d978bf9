#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# When memory is short (the debug kernel's fault injection): each allocation of
# each request fails once, and the request is refused as a whole; a packet that
# needs memory is dropped and counted, and never leaves as it is.
#
#   INSIDE ----- intern [BNG] extern ----- OUTSIDE
set -u
. "${0%/*}/lib.sh"

[ -d /sys/kernel/debug/failslab ] || skip_all "this kernel has no fault injection"
setup_lab || exit
run_cases memory.py
