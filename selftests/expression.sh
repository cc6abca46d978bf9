#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The expression's own attributes, by messages that neither nft nor the tool would
# send: each fault is refused with its own errno, and neither the rules nor what holds
# the instance and the module have changed. What the header allows is accepted.
#
#   INSIDE ----- intern [BNG] extern ----- OUTSIDE
#                no packet is sent
set -u
. "${0%/*}/lib.sh"

setup_lab || exit
run_cases expression.py
