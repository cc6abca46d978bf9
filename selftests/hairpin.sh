#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Customers reach each other's outside address, and each sees the other's
# outside address (RFC 4787 REQ-9a, RFC 5382 REQ-8a), whether they share an
# instance or not: with rules that are bound to the outside interface, where a
# packet goes out, is turned round by the router outside and comes in again; with
# rules for any interface, where it passes "in" and then "out" on its way through;
# and with rules that translate it outward first, before "in", so that filters see
# outside addresses only.
#
#                          interface-bound
#   INSIDE A, C ---- intern [BNG] extern ======> OUTSIDE (a router)
#          B, D <----        198.51.100.1 (A, C) <======
#               any interface    198.51.100.2 (B, D)
#               outward first
set -u
. "${0%/*}/lib.sh"

setup_turn || exit
run_cases hairpin.py
