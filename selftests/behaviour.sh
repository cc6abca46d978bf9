#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# timeout: 240
#
# What an operator may choose is what packets meet: filters and mappings, for all
# protocols or for one, refresh by inward packets, times; and all of it can be
# changed while links live.
#
#   INSIDE 100.64.0.0/10 ----- intern [BNG] extern ----- OUTSIDE 203.0.113.1
#                                198.51.100.1 ... .6
set -u
. "${0%/*}/lib.sh"

setup_lab || exit
run_cases behaviour.py
