#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A stateful firewall on the same box sees inside addresses both ways: "in" runs
# at priority raw, before conntrack, and "out" after the forward chains. Packets
# come to the expression reassembled, whatever order their fragments had.
#
#   INSIDE 100.64.0.0/10 ----- intern [BNG] extern ----- OUTSIDE
#                         prerouting: alias in, conntrack
#                         forward: ct state
#                         postrouting: alias out
set -u
. "${0%/*}/lib.sh"

setup_lab || exit
run_cases firewall.py
