#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# emulated: 6.12 6.1
#
# UDP is translated both ways, to the byte: addresses, ports and checksums,
# endpoint-independent mapping and filtering, same and random ports.
#
#   INSIDE 100.64.0.0/10 ----- intern [BNG] extern ----- OUTSIDE 203.0.113.1
#                                198.51.100.1, .2
set -u
. "${0%/*}/lib.sh"

setup_lab || exit
run_cases translate_udp.py
