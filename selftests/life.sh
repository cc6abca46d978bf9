#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 240
#
# The ends of things, each under traffic from both sides: rules, instances,
# namespaces, the module. Refused or clean, and nothing is left behind. (Only the
# cycles of load and unload, which compare memory, are without a flood.)
#
#   INSIDE ----- intern [BNG]   extern ----- OUTSIDE
#          `---- intern [DYING] extern ----'
#       floods of new and old flows both ways, in a child process
set -u
. "$(dirname "$0")/lib.sh"

# The first hook of a kind and the last one patch the kernel where packets pass.
# An emulated processor may run into the trap (int3) that stands there meanwhile
# when the patch is done already, and die of it. So neither is ever ours.
setup_lab && setup_ns ASIDE || exit
in_ns "$ASIDE" nft -f - <<-EOT || exit
	table ip aside {
		chain prerouting { type filter hook prerouting priority 0; }
		chain output { type filter hook output priority 0; }
		chain postrouting { type filter hook postrouting priority 0; }
	}
EOT
run_cases life.py
