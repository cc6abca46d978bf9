#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A pool of addresses: a subscriber keeps one of them for all protocols, ranges
# and prefixes count as they should, a pool without a free port drops and counts
# and never lets a packet out as it is, and a flush gives ports back.
#
#   INSIDE 100.64.0.0/10 ----- intern [BNG] extern ----- OUTSIDE
#                                198.51.100.8/30 and more
set -u
. "${0%/*}/lib.sh"

setup_lab || exit
run_cases pool.py
