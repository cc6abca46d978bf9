#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Loading, using and unloading the module, again and again, and the memory that the
# kernel has afterwards.
#
#   INSIDE ----- intern [BNG] extern ----- OUTSIDE
set -u
. "$(dirname "$0")/lib.sh"

setup_lab || exit
run_cases cycles.py
