#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
#
# ICMP echo and timestamp are translated both ways, to the byte, with the id in
# the part of the port; icmp_errors.sh has the errors; other ICMP does not leave.
#
#   INSIDE 100.64.0.0/10 ----- intern [BNG] extern ----- OUTSIDE 203.0.113.1
#                                198.51.100.1, .2
set -u
. "${0%/*}/lib.sh"

setup_lab || exit
run_cases translate_icmp.py
