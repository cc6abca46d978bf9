#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the BNG itself has to say about a packet that it has translated outward
# already finds its way back inside, to the byte, and tells nobody another's inside
# address: no answer from the next hop outside, and with rules that translate early
# time exceeded, fragmentation needed and reject as well. It takes a chain of type
# route at hook output; no other chain there takes the statement.
#
#   INSIDE A --- intern [BNG] extern ---+--- OUTSIDE (turns round 198.51.100.0/24)
#          (B)      198.51.100.1, .2    +---(203.0.113.9: nobody)--- 198.18.0.0/24
#        nobody answers for B           '--- 192.0.2.64/26, MTU 1000
set -u
. "${0%/*}/lib.sh"

setup_lab && forwarding "$OUTSIDE" || exit
ip -n "$OUTSIDE" route add blackhole 192.0.2.0/24 || exit
# An error is not even made for want of a route to who gets it.
ip -n "$BNG" -batch - <<-EOT || exit
	route delete blackhole 198.51.100.0/24
	route add 198.18.0.0/24 via 203.0.113.9
	route add 192.0.2.64/26 via 203.0.113.1 mtu lock 1000
	route add 100.64.1.64/26 dev intern
EOT
for ns in "$INSIDE" "$BNG" "$OUTSIDE"; do
	in_ns "$ns" sh -c 'echo 0 > /proc/sys/net/ipv4/icmp_ratelimit' || exit
done
# How long a neighbour is waited for is not what is claimed here.
in_ns "$BNG" sh -c 'cd /proc/sys/net/ipv4/neigh &&
	echo 50 > extern/retrans_time_ms && echo 50 > intern/retrans_time_ms' || exit
run_cases own_errors.py
