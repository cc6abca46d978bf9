#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
#
# TCP is translated both ways, to the byte; the link's state follows both sides
# of the connection, and nobody else; content survives GSO and software
# segmentation.
#
#   INSIDE 100.64.0.0/10 ----- intern [BNG] extern ----- OUTSIDE 203.0.113.1
#                                198.51.100.1, .2
set -u
. "${0%/*}/lib.sh"

setup_lab || exit
run_cases translate_tcp.py
