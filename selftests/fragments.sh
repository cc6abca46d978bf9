#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Fragments, packets that are too big, and segments to be cut: whatever pieces a
# packet comes in, it leaves translated, in pieces or whole, and what cannot be
# put together does not leave. Fragments that never become a packet do not open
# a link, pass no filter, and do not stop what is not fragmented.
#
#                      route mtu 1400         route mtu 1400
#   INSIDE 100.64.0.0/16 <----- intern [BNG] extern -----> OUTSIDE 203.0.113.1
#                            198.51.100.1 (same)
#                            198.51.100.2 (strict: deny-in)
#
# The routes have that MTU only in the cases about packets that are too big. The
# host's defragmentation does the work, before every rule: what a fragment's id
# is, and which of two that overlap counts, is decided there.
#
# timeout: 240
set -u
. "${0%/*}/lib.sh"

setup_lab || exit
run_cases fragments.py
