# SPDX-License-Identifier: GPL-2.0
"""Cases of firewall.sh."""
import itertools
import os
import struct
import sys

import ktap
from ktap import case, equal
from lab import PEER, Lab
from packet import (ACK, ECHO_REPLY, FIN, SYN, View, describe, echo, fragments, reassembled,
                    rewritten, tcp, udp)

A, OUTER = "100.64.0.11", "198.51.100.1"

RULES = """
alias same { address 198.51.100.1; ports 1-65535; same-ports; }
table ip cgn {
	chain in {
		type filter hook prerouting priority raw;
		iifname "extern" ip daddr 198.51.100.1 alias in same
	}
	chain out {
		type filter hook postrouting priority srcnat;
		oifname "extern" ip saddr 100.64.0.0/10 alias out same
	}
}
"""
FIREWALL = r"""
table ip firewall {
	chain forward {
		type filter hook forward priority filter;
		udp sport 9 udp dport 9 accept comment "markers of the test"
		ip saddr 198.51.100.0/24 counter drop comment "outside address out"
		ip daddr 198.51.100.0/24 counter drop comment "outside address in"
		ct state established ct direction reply ct original ip saddr 100.64.0.11 \
			ct reply ip daddr 100.64.0.11 ip daddr 100.64.0.11 counter accept comment "answer"
		ct state established,related counter accept comment "established"
		iifname "intern" ct state new counter accept comment "new"
		iifname "extern" ip saddr 192.0.2.77 counter drop comment "stranger"
		iifname "extern" ip saddr 192.0.2.1 counter drop comment "peer"
		iifname "intern" ct state invalid counter accept comment "invalid"
	}
}
"""


def compare(came, wanted):
    equal(describe(reassembled(came)), describe(wanted), "the packet that the fragments make up")
    equal(View(wanted).check, View(wanted).right_check, "checksum")


@case("conntrack sees inside addresses in both directions; a stranger is new to it")
def inside_addresses(lab):
    lab.rules(RULES + FIREWALL)
    there, back = udp(A, 5000, PEER, 53), udp(PEER, 53, OUTER, 5000)
    lab.expect(True, [there], [rewritten(there, src=(OUTER, 5000))], "outward")
    lab.expect(False, [back, back], [rewritten(back, dst=(A, 5000))] * 2, "inward")
    stranger = udp("192.0.2.77", 53, OUTER, 5000)
    with lab.counted("same", into={"packets": 1, "bytes": 28}):
        lab.expect(False, [stranger], [], "a stranger's packet")
    lab.expect(True, [there], [rewritten(there, src=(OUTER, 5000))], "outward again")
    seen = lab.comments()
    wanted = {"outside address out": 0, "outside address in": 0, "answer": 2, "established": 1,
              "stranger": 1, "peer": 0}
    equal({key: seen[key] for key in wanted}, wanted, "packets in the forward chain")


@case("conntrack follows a TCP connection through the translation to its end")
def connection(lab):
    before = lab.comments()
    for outward, flags, seq, ack in ((True, SYN, 100, 0), (False, SYN | ACK, 500, 101),
                                     (True, ACK, 101, 501), (True, FIN | ACK, 101, 501),
                                     (False, FIN | ACK, 501, 102), (True, ACK, 102, 502)):
        if outward:
            packet = tcp(A, 6000, PEER, 80, flags=flags, seq=seq, ack=ack)
            lab.expect(True, [packet], [rewritten(packet, src=(OUTER, 6000))], "outward")
        else:
            packet = tcp(PEER, 80, OUTER, 6000, flags=flags, seq=seq, ack=ack)
            lab.expect(False, [packet], [rewritten(packet, dst=(A, 6000))], "inward")
    moved = {key: value - before[key] for key, value in lab.comments().items()}
    equal((moved["answer"], moved["established"], moved["peer"], moved["invalid"]), (2, 3, 0, 0),
          "answers, established, and refused packets")


# RFC 4787 REQ-14
@case("fragments of a large UDP packet, in every order, outward")
def fragments_out(lab):
    lab.rules(RULES)
    for number, order in enumerate(itertools.permutations(range(3))):
        packet = udp(A, 5000, PEER, 53, os.urandom(4000), ip_ident=100 + number, ip_fragment=0)
        pieces = fragments(packet, 1480)
        with lab.counted("same", out={"packets": 1, "bytes": len(packet)}):
            came = lab.out(*[pieces[n] for n in order])
        compare(came, rewritten(packet, src=(OUTER, 5000)))


# RFC 4787 REQ-14
@case("fragments of a large UDP packet, in every order, inward")
def fragments_in(lab):
    for number, order in enumerate(itertools.permutations(range(3))):
        packet = udp(PEER, 53, OUTER, 5000, os.urandom(4000), ip_ident=200 + number,
                     ip_fragment=0)
        pieces = fragments(packet, 1480)
        with lab.counted("same", into={"packets": 1, "bytes": len(packet)}):
            came = lab.into(*[pieces[n] for n in order])
        compare(came, rewritten(packet, dst=(A, 5000)))


@case("a large echo in small fragments, backwards, and its answer")
def large_echo(lab):
    packet = echo(A, PEER, 99, 1, os.urandom(3000), ip_fragment=0, ip_ident=300)
    came = lab.out(*reversed(fragments(packet, 256)))
    compare(came, rewritten(packet, src=(OUTER, 99)))
    back = echo(PEER, OUTER, 99, 1, os.urandom(3000), kind=ECHO_REPLY, ip_fragment=0, ip_ident=301)
    came = lab.into(*reversed(fragments(back, 256)))
    compare(came, rewritten(back, dst=(A, 99)))


@case("of a packet with a missing fragment nothing leaves, whichever is missing")
def missing(lab):
    packet = udp(A, 5000, PEER, 53, bytes(4000), ip_fragment=0)
    with lab.counted("same"):
        for lost in range(3):
            packet = packet[:4] + struct.pack("!H", 400 + lost) + packet[6:]
            pieces = fragments(packet, 1480)
            equal(lab.out(*(pieces[:lost] + pieces[lost + 1:])), [], "outward")


@case("fragments meet the stateful firewall whole")
def with_firewall(lab):
    lab.rules(RULES + FIREWALL)
    lab.flush("same")
    packet = udp(A, 5100, PEER, 53, os.urandom(4000), ip_ident=500, ip_fragment=0)
    compare(lab.out(*reversed(fragments(packet, 1480))), rewritten(packet, src=(OUTER, 5100)))
    back = udp(PEER, 53, OUTER, 5100, os.urandom(4000), ip_ident=501, ip_fragment=0)
    compare(lab.into(*reversed(fragments(back, 1480))), rewritten(back, dst=(A, 5100)))
    seen = lab.comments()
    equal((seen["new"], seen["answer"], seen["stranger"]), (1, 1, 0), "packets forwarded")


if __name__ == "__main__":
    sys.exit(ktap.run(Lab()))
