#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# timeout: 240
#
# UDP-Lite, SCTP and DCCP are translated to the byte, their checksums right or
# as wrong as before; GRE, ESP and all other protocols by the addresses of both
# ends. A real SCTP association and real UDP-Lite sockets work through it.
#
#   INSIDE 100.64.0.0/10 ----- intern [BNG] extern ----- OUTSIDE 203.0.113.1
#                                198.51.100.1, .2
set -u
. "${0%/*}/lib.sh"

setup_lab || exit
run_cases protocols.py
