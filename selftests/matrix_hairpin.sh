#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The product of matrix.sh from customer to customer, of one instance and of two,
# there and back, with each kind of rules of hairpin.sh: whole, in fragments, and
# with a checksum that a device is to finish, before the turn or after it. What
# comes back inside is compared to the byte.
#
#   INSIDE A, C ---- intern [BNG] extern ------ OUTSIDE (turns round 198.51.100.0/24)
#          B            198.51.100.1 (A, C)
#                       198.51.100.2 (B)
set -u
. "${0%/*}/lib.sh"

setup_turn || exit
run_cases matrix_hairpin.py
