#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The generic netlink family, by messages that no library would make: each fault
# has its own error and sentence, and a refused request changes nothing; dumps
# are complete; events are sent; rights are those of the namespace's owner.
#
#   INSIDE 100.64.0.0/10 ----- intern [BNG] extern ----- OUTSIDE
#                        links are made by packets
set -u
. "${0%/*}/lib.sh"

setup_lab || exit
run_cases netlink.py
