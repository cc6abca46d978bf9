# SPDX-License-Identifier: GPL-2.0
"""Cases of hairpin.sh: each with the one kind of rules and with the other."""
import itertools
import os
import socket
import sys

import ktap
import packet
from ktap import check, equal
from lab import PEER, Lab, transfer
from packet import (ACK, ECHO, ECHO_REPLY, SYN, UNREACHABLE, View, describe, echo, fragments,
                    icmp_segment, reassembled, tcp, udp)
from quote import FRAGMENTATION_NEEDED, TIME_EXCEEDED, error
from turn import (A, B, C, D, NEIGHBOURS, OUTER_A, OUTER_B, crossed, expect, turned,
                  with_rules)

# Real hosts behind the same instances.
HOST_A, HOST_B = "100.64.0.1", "100.64.0.2"

# --- there and back ----------------------------------------------------------

TRANSPORTS = {"UDP": (udp, {}, {}), "TCP": (tcp, {"flags": SYN}, {"flags": SYN | ACK})}


def there_and_back(neighbour, transport):
    (inner, port), outer, instance = NEIGHBOURS[neighbour]
    build, opens, answers = TRANSPORTS[transport]

    @with_rules("%s to a customer of %s and back, each sees the other's outside address and port "
                "(RFC %s)" % (transport, neighbour,
                              "4787 REQ-9, 9a" if build is udp else "5382 REQ-8, 8a"))
    def run(lab):
        there = build(A, 6000, *outer, b"hello neighbour", **opens)
        back = build(inner, port, OUTER_A, 6000, b"hello", **answers)
        near = {"packets": 1, "bytes": len(there)}
        far = {"packets": 1, "bytes": len(back)}
        both = {"packets": 2, "bytes": len(there) + len(back)}
        moved = {"one": (near, far), "two": (far, near)}
        if instance == "one":
            moved = {"one": (both, both), "two": (None, None)}
        with lab.counted("one", *moved["one"]), lab.counted("two", *moved["two"]):
            expect(lab, [there], [crossed(lab, there, (OUTER_A, 6000), (inner, port))], "there")
            expect(lab, [back], [crossed(lab, back, outer, (A, 6000))], "back")


for whose, what in itertools.product(NEIGHBOURS, TRANSPORTS):
    there_and_back(whose, what)


@with_rules("the outside port is the one that all the world sees (RFC 4787 REQ-1, 9a)")
def same_mapping(lab):
    lab.out(udp(C, 6001, PEER, 53))
    away = udp(A, 6001, PEER, 53)
    came, = lab.out(away)
    port = View(came).sport
    check(port != 6001, "outside port")
    sent = [udp(A, 6001, OUTER_B, 5000), udp(A, 6001, OUTER_A, 7000)]
    expect(lab, sent, [crossed(lab, sent[0], (OUTER_A, port), (B, 5000)),
                       crossed(lab, sent[1], (OUTER_A, port), (C, 7000))], "there")
    back = udp(B, 5000, OUTER_A, port)
    expect(lab, [back], [crossed(lab, back, (OUTER_B, 5000), (A, 6001))], "back")


@with_rules("a large UDP packet in fragments, backwards, to another customer (RFC 4787 REQ-9, 14)")
def in_fragments(lab):
    there = udp(A, 6000, OUTER_B, 5000, os.urandom(4000), ip_fragment=0)
    came = turned(lab, *fragments(there, 1480)[::-1])
    equal(describe(reassembled(came)),
          describe(crossed(lab, there, (OUTER_A, 6000), (B, 5000))), "there")


# --- echoes ------------------------------------------------------------------

# RFC 7857 section 12
@with_rules("an echo to a customer of another instance and its answer (RFC 5508 REQ-7)")
def over_icmp(lab):
    there = echo(A, OUTER_B, 5000, 3, b"ping")
    expect(lab, [there], [crossed(lab, there, (OUTER_A, 5000), (B, 5000))], "there")
    back = echo(B, OUTER_A, 5000, 3, b"ping", kind=ECHO_REPLY)
    expect(lab, [back], [crossed(lab, back, (OUTER_B, 5000), (A, 5000))], "back")


# RFC 7857 section 12
@with_rules("an echo by an outside id that is not the inside one, and its answer (RFC 5508 REQ-7)")
def other_id(lab):
    came, = lab.out(echo(D, PEER, 5000))
    ident = View(came).sport
    check(ident != 5000, "D has the outside id that B has")
    there = echo(A, OUTER_B, ident, 3, b"ping")
    expect(lab, [there], [crossed(lab, there, (OUTER_A, 5000), (D, 5000))], "there")
    back = echo(D, OUTER_A, 5000, 3, b"ping", kind=ECHO_REPLY)
    expect(lab, [back], [crossed(lab, back, (OUTER_B, ident), (A, ident))], "back")


# Both ends of an echo have the one id, and behind one address an id belongs to
# one of them: where the sender is translated first, it is the sender's. RFC 5508
# REQ-7 asks for such echoes of those NATs only that do not translate ids.
@with_rules("an echo to a customer of the same instance, who sees an outside id of the sender, "
            "and its answer (RFC 5508 REQ-7)", kinds=("any",))
def same_instance_echo(lab):
    there = echo(A, OUTER_A, 7000, 3, b"ping")
    came, = turned(lab, there)
    ident = View(came).sport
    check(ident != 7000, "A has the outside id that C has")
    equal(describe(came), describe(crossed(lab, there, (OUTER_A, ident), (C, ident))), "there")
    back = echo(C, OUTER_A, ident, 3, b"ping", kind=ECHO_REPLY)
    expect(lab, [back], [crossed(lab, back, (OUTER_A, 7000), (A, 7000))], "back")


@with_rules("an echo to a customer of the same instance comes back to its sender, whose own the id "
            "has become (RFC 5508 REQ-7: not asked of a NAPT)", kinds=("bound", "first"))
def same_instance_echo_returns(lab):
    there = echo(A, OUTER_A, 7000, 3, b"ping")
    came, = turned(lab, there)
    view = View(came)
    equal((view.src, view.dst, view.sport), (OUTER_A, A, 7000), "where it comes from and goes to")
    back = echo(A, OUTER_A, 7000, 3, b"ping", kind=ECHO_REPLY)
    expect(lab, [back], [crossed(lab, back, (OUTER_A, 7000), (A, 7000))], "its answer")


# --- filters -----------------------------------------------------------------

def hole(filtering, neighbour, transport):
    """Both send, as two peers do that a third has introduced."""
    (inner, port), outer, instance = NEIGHBOURS[neighbour]
    build, opens, _ = TRANSPORTS[transport]
    there = build(A, 6000, *outer, b"knock", **opens)
    back = build(inner, port, OUTER_A, 6000, b"knock", **opens)

    @with_rules("filter %s, %s to a customer of %s: who has not sent is not reached, who has is "
                "(RFC %s)" % (filtering, transport, neighbour,
                              "4787 REQ-8, 9" if build is udp else "5382 REQ-2, 3, 8"),
                kinds=("bound", "first"), filtering=filtering)
    def punched(lab):
        length = {"packets": 1, "bytes": len(there)}
        if instance == "two":
            with lab.counted("one", out=length), lab.counted("two", into={"filtered": 1}):
                expect(lab, [there], [], "the first packet")
        else:
            with lab.counted("one", out=length, into={"filtered": 1}):
                expect(lab, [there], [], "the first packet")
        expect(lab, [back], [crossed(lab, back, outer, (A, 6000))], "the other's first packet")
        expect(lab, [there], [crossed(lab, there, (OUTER_A, 6000), (inner, port))], "the second")
        other = build(inner, port + 1, OUTER_A, 6000, b"from another port", **opens)
        wanted = crossed(lab, other, (outer[0], port + 1), (A, 6000))
        expect(lab, [other], [wanted] if filtering == "adf" else [], "another port of the other")

    # "in" is asked before "out" has seen the packet, so neither ever counts as
    # having sent to the other.
    @with_rules("filter %s, %s to a customer of %s: neither is reached, it takes outward first"
                % (filtering, transport, neighbour), kinds=("any",), filtering=filtering)
    def closed(lab):
        for _ in range(2):
            with lab.counted(instance, into={"filtered": 1}):
                expect(lab, [there], [], "there")
            with lab.counted("one", into={"filtered": 1}):
                expect(lab, [back], [], "back")


for what in itertools.product(("adf", "apdf"), NEIGHBOURS, TRANSPORTS):
    hole(*what)


@with_rules("filter adf, an echo: who has not sent is not reached, who has is (RFC 5508 REQ-7)",
            kinds=("bound", "first"), filtering="adf")
def echo_hole(lab):
    there = echo(A, OUTER_B, 5000, 3, b"ping")
    with lab.counted("two", into={"filtered": 1}):
        expect(lab, [there], [], "the first")
    back = echo(B, OUTER_A, 5000, 3, b"ping")
    expect(lab, [back], [crossed(lab, back, (OUTER_B, 5000), (A, 5000))], "the other's")
    expect(lab, [there], [crossed(lab, there, (OUTER_A, 5000), (B, 5000))], "the second")


# --- ends and sockets --------------------------------------------------------

@with_rules("a customer to itself")
def oneself(lab):
    there = udp(A, 6000, OUTER_A, 6000, b"mirror")
    expect(lab, [there], [crossed(lab, there, (OUTER_A, 6000), (A, 6000))], "there")


# RFC 5508 REQ-7a: to who sent the quoted packet
@with_rules("an error about a packet from another customer (RFC 5508 REQ-7)",
            kinds=("bound", "any"))
def errors(lab):
    kinds = ((UNREACHABLE, 3, 0), (UNREACHABLE, FRAGMENTATION_NEEDED, 1280), (TIME_EXCEEDED, 0, 0))
    for build, (kind, code, rest) in itertools.product((udp, tcp), kinds):
        sent = error(B, OUTER_A, build(OUTER_A, 6000, B, 5000, b"hello"), kind, code, rest=rest)
        wanted = error(OUTER_B, A, build(A, 6000, OUTER_B, 5000, b"hello"), kind, code, rest=rest,
                       ip_ttl=64 - lab.hops)
        with lab.counted("two", out={"packets": 1, "bytes": len(sent)}), \
                lab.counted("one", into={"packets": 1, "bytes": len(sent)}):
            expect(lab, [sent], [wanted], "two instances")
    sent = error(C, OUTER_A, tcp(OUTER_A, 6999, C, 7999))
    with lab.counted("one", out={"no-link": 1} if lab.kind == "bound" else None,
                     into={"no-link": 1} if lab.kind == "any" else None):
        expect(lab, [sent], [], "about nothing")
    for build in (udp, tcp):
        sent = error(C, OUTER_A, build(OUTER_A, 6000, C, 7000))
        wanted = error(OUTER_A, A, build(A, 6000, OUTER_A, 7000), ip_ttl=64 - lab.hops)
        expect(lab, [sent], [wanted], "one instance")


@with_rules("a port without a link is counted by the next rule and ends there")
def no_link(lab):
    with lab.counted("two", into={"no-link": 2}):
        expect(lab, [udp(A, 6000, OUTER_B, 5999), tcp(A, 6000, OUTER_B, 5999)], [], "there")
    equal(lab.comments()["no link"], 2, "packets the next rule counted")


@with_rules("sockets: TCP and UDP content and an echo between two customers")
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


@with_rules("sockets: an echo between two customers is answered by the other's kernel")
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
