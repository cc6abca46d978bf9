#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The product of everything a packet may be: protocol, direction, checksum right,
# wrong or none, with DF and without, with no, some and all IP options, with
# nothing, one byte, an odd, an even and the largest number of bytes, with the
# port it had and with another; whole and in fragments; and with a checksum that
# the device is to finish. What comes out is compared to the byte.
#
#   INSIDE 100.64.0.11 ----- intern [BNG] extern ----- OUTSIDE
#          100.64.1.11         198.51.100.1 (same ports)
#                              198.51.100.2 (others: 2000-2063)
#
# timeout: 240
set -u
. "${0%/*}/lib.sh"

setup_lab || exit
run_cases matrix.py
