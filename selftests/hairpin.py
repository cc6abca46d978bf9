# SPDX-License-Identifier: GPL-2.0
"""Cases of hairpin.sh: each with the one kind of rules and with the other."""
import os
import socket
import sys

import ktap
import packet
from ktap import Failure, case, equal
from lab import INSIDE_ROUTER, PEER, Lab, transfer
from packet import (ACK, ECHO, ECHO_REPLY, SYN, UNREACHABLE, describe, echo, icmp_segment,
                    rewritten, tcp, udp)
from quote import TIME_EXCEEDED, error

# Played by the test: A and C share an instance, B has another.
A, B, C = "100.64.0.11", "100.64.1.12", "100.64.0.13"
# Real hosts behind the same instances.
HOST_A, HOST_B = "100.64.0.1", "100.64.0.2"
OUTER_A, OUTER_B = "198.51.100.1", "198.51.100.2"

INSTANCES = """
alias one { address 198.51.100.1; same-ports; ports 1-65535; }
alias two { address 198.51.100.2; same-ports; ports 1-65535; }
"""
RULES = INSTANCES + """
table ip cgn {
	chain in {
		type filter hook prerouting priority raw;
		%(iif)s ip daddr 198.51.100.1 alias in one
		%(iif)s ip daddr 198.51.100.2 alias in two
		%(iif)s ip daddr 198.51.100.0/24 counter drop comment "no link"
	}
	chain out {
		type filter hook postrouting priority srcnat;
		%(oif)s ip saddr { 100.64.0.1, 100.64.0.11, 100.64.0.13 } alias out one
		%(oif)s ip saddr { 100.64.0.2, 100.64.1.12 } alias out two
	}
}
"""
# Routers a packet passes from customer to customer.
HOPS = {"bound": 3, "any": 1}


def load(lab, kind):
    lab.nft("flush", "ruleset")
    for name in lab.aliases():
        lab.nft("delete", "alias", name)
    bound = kind == "bound"
    lab.rules(RULES % {"iif": 'iifname "extern"' if bound else "",
                       "oif": 'oifname "extern"' if bound else ""})
    lab.kind = kind
    # Both are known outside before they talk to each other.
    lab.out(udp(A, 6000, PEER, 53), udp(B, 5000, PEER, 53), udp(C, 7000, PEER, 53),
            tcp(B, 5000, PEER, 53, flags=SYN), echo(B, PEER, 5000))


def turned(lab, *packets):
    """What comes back inside of what inside has sent."""
    lab.inside.drain()
    for one in packets:
        lab.inside.send(one)
    lab.markers += 1
    marker = udp(INSIDE_ROUTER, 9, "10.99.0.1", 9, b"turn %d" % lab.markers)
    lab.inside.send(marker)
    came = []
    while (one := lab.inside.receive()) != rewritten(marker, hops=3):
        if one is None:
            raise Failure("the marker packet did not arrive")
        came.append(one)
    return came


def expect(lab, sent, wanted, what):
    equal([describe(p) for p in turned(lab, *sent)], [describe(p) for p in wanted], what)


def crossed(lab, sent, source, destination):
    return rewritten(sent, src=source, dst=destination, hops=HOPS[lab.kind])


def both_kinds(name):
    """A case for each kind of rules."""
    def add(function):
        for kind in HOPS:
            def one(lab, kind=kind):
                load(lab, kind)
                function(lab)
            case("%s, %s" % (name, "rules of the outside interface" if kind == "bound"
                             else "rules of any interface"))(one)
        return function
    return add


@both_kinds("UDP to another customer and back")
def over_udp(lab):
    there = udp(A, 6000, OUTER_B, 5000, b"hello neighbour")
    back = udp(B, 5000, OUTER_A, 6000, b"hello")
    with lab.counted("one", out={"packets": 1, "bytes": len(there)},
                     into={"packets": 1, "bytes": len(back)}), \
            lab.counted("two", out={"packets": 1, "bytes": len(back)},
                        into={"packets": 1, "bytes": len(there)}):
        expect(lab, [there], [crossed(lab, there, (OUTER_A, 6000), (B, 5000))], "there")
        expect(lab, [back], [crossed(lab, back, (OUTER_B, 5000), (A, 6000))], "back")


@both_kinds("TCP to another customer and back")
def over_tcp(lab):
    there = tcp(A, 6001, OUTER_B, 5000, flags=SYN)
    back = tcp(B, 5000, OUTER_A, 6001, flags=SYN | ACK)
    expect(lab, [there], [crossed(lab, there, (OUTER_A, 6001), (B, 5000))], "there")
    expect(lab, [back], [crossed(lab, back, (OUTER_B, 5000), (A, 6001))], "back")


@both_kinds("an echo to another customer and its answer")
def over_icmp(lab):
    there = echo(A, OUTER_B, 5000, 3, b"ping")
    expect(lab, [there], [crossed(lab, there, (OUTER_A, 5000), (B, 5000))], "there")
    back = echo(B, OUTER_A, 5000, 3, b"ping", kind=ECHO_REPLY)
    expect(lab, [back], [crossed(lab, back, (OUTER_B, 5000), (A, 5000))], "back")


@both_kinds("two customers of one instance")
def same_instance(lab):
    there = udp(A, 6000, OUTER_A, 7000, b"same house")
    back = udp(C, 7000, OUTER_A, 6000, b"same house")
    expect(lab, [there], [crossed(lab, there, (OUTER_A, 6000), (C, 7000))], "there")
    expect(lab, [back], [crossed(lab, back, (OUTER_A, 7000), (A, 6000))], "back")


@both_kinds("a customer to itself")
def oneself(lab):
    there = udp(A, 6000, OUTER_A, 6000, b"mirror")
    expect(lab, [there], [crossed(lab, there, (OUTER_A, 6000), (A, 6000))], "there")


@both_kinds("an error about a packet from another customer (RFC 5508 REQ-7)")
def errors(lab):
    for kind, code in ((UNREACHABLE, 3), (TIME_EXCEEDED, 0)):
        sent = error(B, OUTER_A, udp(OUTER_A, 6000, B, 5000, b"hello"), kind, code)
        wanted = error(OUTER_B, A, udp(A, 6000, OUTER_B, 5000, b"hello"), kind, code,
                       ip_ttl=64 - HOPS[lab.kind])
        with lab.counted("two", out={"packets": 1, "bytes": len(sent)}), \
                lab.counted("one", into={"packets": 1, "bytes": len(sent)}):
            expect(lab, [sent], [wanted], "two instances")
    sent = error(C, OUTER_A, tcp(OUTER_A, 6000, C, 7000))
    with lab.counted("one", out={"no-link": 1} if lab.kind == "bound" else None,
                     into={"no-link": 1} if lab.kind == "any" else None):
        expect(lab, [sent], [], "about nothing")
    sent = error(C, OUTER_A, udp(OUTER_A, 6000, C, 7000))
    wanted = error(OUTER_A, A, udp(A, 6000, OUTER_A, 7000), ip_ttl=64 - HOPS[lab.kind])
    expect(lab, [sent], [wanted], "one instance")


@both_kinds("a port without a link is counted by the next rule and ends there")
def no_link(lab):
    with lab.counted("two", into={"no-link": 2}):
        expect(lab, [udp(A, 6000, OUTER_B, 5999), tcp(A, 6000, OUTER_B, 5999)], [], "there")
    equal(lab.comments()["no link"], 2, "packets the next rule counted")


@both_kinds("sockets: TCP and UDP content and an echo between two customers")
def sockets(lab):
    with lab.listen("INSIDE", (HOST_B, 8080)) as listener, \
            lab.socket("INSIDE", socket.SOCK_DGRAM, (HOST_B, 8081)) as server, \
            lab.socket("INSIDE", socket.SOCK_DGRAM, (HOST_A, 8082)) as client:
        # The listener's mapping is made by a packet that goes outward.
        lab.out(tcp(HOST_B, 8080, PEER, 1, flags=SYN), udp(HOST_B, 8081, PEER, 1))
        caller, accepted, seen = lab.connect("INSIDE", (HOST_A, 8083), (OUTER_B, 8080), listener)
        equal((seen, caller.getpeername()), ((OUTER_A, 8083), (OUTER_B, 8080)), "TCP endpoints")
        with caller, accepted:
            transfer(caller, accepted, os.urandom(60000))
        client.sendto(b"question", (OUTER_B, 8081))
        equal(server.recvfrom(100), (b"question", (OUTER_A, 8082)), "UDP there")
        server.sendto(b"answer", (OUTER_A, 8082))
        equal(client.recvfrom(100), (b"answer", (OUTER_B, 8081)), "UDP back")


@both_kinds("sockets: an echo between two customers is answered by the other's kernel")
def ping(lab):
    lab.out(echo(HOST_B, PEER, 321))
    with lab.namespace("INSIDE"):
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    with sock:
        sock.settimeout(30)
        sock.bind((HOST_A, 0))
        sock.sendto(icmp_segment(ECHO, 321, 1, b"are you there"), (OUTER_B, 0))
        seen = packet.View(sock.recv(2000))
        equal((seen.src, seen.dst, seen.segment),
              (OUTER_B, HOST_A, icmp_segment(ECHO_REPLY, 321, 1, b"are you there")), "answer")


if __name__ == "__main__":
    rig = Lab()
    sys.exit(ktap.run(rig))
