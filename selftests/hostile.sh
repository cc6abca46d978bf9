#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Packets that lie: every truncated length of every header, lengths that do not
# fit, ports 0, protocols that are not spoken, unreassembled fragments, and
# random damage. Nothing leaves untranslated, and each packet that reaches the
# expression is counted once, for one reason.
#
#   INSIDE 100.64.0.0/10 ----- intern [BNG] extern ----- OUTSIDE
#                                198.51.100.1   raw sockets on the BNG, too
set -u
. "${0%/*}/lib.sh"

setup_lab || exit
run_cases hostile.py
