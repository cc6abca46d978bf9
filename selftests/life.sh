#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 240
# emulated: debug
#
# The ends of things, each under traffic from both sides: rules, instances,
# namespaces, the module. Refused or clean, and nothing is left behind.
#
#   INSIDE ----- intern [BNG]   extern ----- OUTSIDE
#          `---- intern [DYING] extern ----'
#       floods of new and old flows and of fragments both ways, in a child process
set -u
. "${0%/*}/lib.sh"

setup_lab || exit
run_cases life.py
