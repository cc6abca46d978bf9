#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The expression in rules: by name and by number from a map, what a rule does
# with a packet it cannot translate, which rules are refused, that a refused
# batch changes nothing, and when an instance may be deleted.
#
#   INSIDE 100.64.0.0/10 ----- intern [BNG] extern ----- OUTSIDE
#                                198.51.100.1, .2
set -u
. "${0%/*}/lib.sh"

setup_lab || exit
run_cases rules.py
