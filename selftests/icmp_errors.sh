#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# timeout: 240
#
# ICMP errors are translated both ways with the packet they quote, to the byte,
# and tell nobody outside an inside address, whoever sends them: a host inside, a
# router inside, the BNG itself. Path MTU discovery and traceroute work from
# inside and from outside. Errors change no link.
#
#   INSIDE 100.64.0.0/10 ----- intern [BNG] extern ----- OUTSIDE ----- far
#                   MTU 1300     198.51.100.1, .2      203.0.113.1   MTU 1200
#                                                                  198.18.0.0/24
set -u
. "${0%/*}/lib.sh"

setup_lab || exit
ip -n "$INSIDE" link set eth0 mtu 1300 && ip -n "$BNG" link set intern mtu 1300 || exit
ip -n "$BNG" route add unreachable 100.64.0.66 || exit
ip -n "$OUTSIDE" -batch - <<-EOT || exit
	link add far mtu 1200 type veth peer name further
	link set far up
	link set further up
	route add 198.18.0.0/24 dev far
EOT
for ns in "$INSIDE" "$BNG" "$OUTSIDE"; do
	in_ns "$ns" sh -c 'echo 0 > /proc/sys/net/ipv4/icmp_ratelimit' || exit
done
run_cases icmp_errors.py
