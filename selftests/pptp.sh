#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two customers have calls to one PPTP server at the same time, with equal call
# ids (RFC 2637): real control connections, GRE to the byte. With the switch off
# the second customer's GRE is refused.
#
#   INSIDE 100.64.0.1, .2 ----- intern [BNG] extern ----- OUTSIDE 203.0.113.1
#                                198.51.100.1, .2
set -u
. "${0%/*}/lib.sh"

setup_lab || exit
run_cases pptp.py
