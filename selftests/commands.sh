#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the tool's own commands print, letter for letter, where a real module answers:
# links as text with each filter, the monitor as text and as JSON, and the first
# mistakes: an alias that is not there, a module that is not loaded.
#
#   INSIDE ----- intern [BNG] extern ----- OUTSIDE
set -u
. "${0%/*}/lib.sh"

setup_lab || exit
run_cases commands.py
