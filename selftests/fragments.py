# SPDX-License-Identifier: GPL-2.0
"""Cases of fragments.sh."""
import contextlib
import itertools
import os
import socket
import struct
import sys
import time

import ktap
from ktap import case, check, equal
from lab import (BNG_INTERN, INSIDE_ROUTER, PEER, PEER2, SERVER, Lab, run, statistic, sysctl, transfer,
                 wait_for)
from packet import (ACK, DATA, DONT_FRAGMENT, ECHO, ECHO_REPLY, ESP, ICMP, INIT, PSH, SYN, TCP,
                    UNREACHABLE, View, describe, echo, fragment, fragments, icmp_segment, ip,
                    put_together, reassembled, rewritten, sctp, tcp, udp)

# Nobody in the namespace inside has A and B, which share an instance, and S: the
# tests play their part.
A, B, S, HOST = "100.64.0.11", "100.64.0.12", "100.64.1.11", "100.64.0.1"
OUTER, STRICT = "198.51.100.1", "198.51.100.2"
PORT = 5000
MTU = 1400
# What is left of a packet waits half a minute for more with its id.
IDENTS = itertools.count(2)
IP_MTU = 14

RULES = """
alias same { address 198.51.100.1; ports 1-65535; same-ports; }
alias strict { address 198.51.100.2; ports 1-65535; same-ports; deny-in; }
table ip cgn {
	chain in {
		type filter hook prerouting priority raw;
		iifname "extern" ip daddr 198.51.100.1 alias in same
		iifname "extern" ip daddr 198.51.100.2 alias in strict
		iifname "extern" ip daddr 198.51.100.0/24 counter drop comment "next"
	}
	chain out {
		type filter hook postrouting priority srcnat;
		oifname "extern" ip saddr 100.64.0.0/24 alias out same
		oifname "extern" ip saddr 100.64.1.0/24 alias out strict
		oifname "extern" ip saddr 100.64.0.0/10 counter comment "leaked"
	}
}
"""


def query(src, _sport, dst, _dport, data=b"", **keywords):
    """An echo has its id in the place of both ports."""
    kind = ECHO if dst == PEER else ECHO_REPLY
    return echo(src, dst, PORT, 1, data, kind=kind, **keywords)


def segment(*arguments, **keywords):
    return tcp(*arguments, flags=ACK | PSH, **keywords)


def chunk(*arguments, **keywords):
    return sctp(*arguments, kind=DATA, **keywords)


def sealed(src, _sport, dst, _dport, data=b"", **keywords):
    """RFC 4303: an index, a number, and what nobody on the way can read."""
    return ip(src, dst, ESP, bytes.fromhex("00c0ffee00000001") + data,
              **{key[3:]: value for key, value in keywords.items()})


# name: builder, length of its header
KINDS = {"UDP": (udp, 8), "TCP": (segment, 20), "ICMP echo": (query, 8), "SCTP": (chunk, 16),
         "ESP": (sealed, 8)}


def content(size, seed=0):
    return bytes((at * 7 + at // 251 + seed) % 251 for at in range(size))


class Way:
    """One direction: who sends to whom, and what a NAT makes of it."""

    def __init__(self, lab, outward):
        self.lab, self.outward = lab, outward
        self.ends = (A, PORT, PEER, 53) if outward else (PEER, 53, OUTER, PORT)

    def packet(self, build, size, **keywords):
        """An unfragmented packet with an id of its own, which may be fragmented."""
        ident = next(IDENTS)
        keywords = {"ip_ident": ident, "ip_fragment": 0, **keywords}
        return build(*self.ends, content(size, ident), **keywords)

    def translated(self, packet):
        if self.outward:
            return rewritten(packet, src=(OUTER, PORT))
        return rewritten(packet, dst=(A, PORT))

    def counted(self, packets):
        moved = {"packets": len(packets), "bytes": sum(map(len, packets))} if packets else None
        return self.lab.counted("same", **{"out" if self.outward else "into": moved})

    def pass_whole(self, sent, packets, what):
        """Of these fragments these packets come out, in fragments or whole."""
        with self.counted(packets):
            came = self.lab.send(self.outward, sent)
        equal([describe(p) for p in put_together(came)],
              [describe(self.translated(p)) for p in packets], what)
        return came

    def refuse(self, sent, what):
        """None of it leaves, and nothing has been counted: we have not seen it."""
        with self.counted([]):
            self.lab.expect(self.outward, sent, [], what)


def both_ways(name):
    def add(function):
        case(name + ", outward")(lambda lab: function(Way(lab, True)))
        case(name + ", inward")(lambda lab: function(Way(lab, False)))
        return function
    return add


# --- floods: first, for they need a defragmentation that holds nothing else ----

def held():
    """(packets that wait for fragments, their memory) in the BNG"""
    with open("/proc/net/sockstat") as lines:
        words, = (line.split() for line in lines if line.startswith("FRAG:"))
    return int(words[2]), int(words[4])


@contextlib.contextmanager
def small_memory(limit, seconds, distance=64):
    """What the BNG keeps of incomplete packets: so much, for so long, and unless so many
    fragments of the same sender came between those of a packet (0: however many)."""
    wanted = {"ipfrag_low_thresh": limit, "ipfrag_high_thresh": limit, "ipfrag_time": seconds,
              "ipfrag_max_dist": distance}
    before = {name: sysctl(name, value) for name, value in wanted.items()}
    try:
        yield
    finally:
        for name, value in reversed(before.items()):
            sysctl(name, value)


FLOOD_IDENTS = itertools.count(1)
# Of the smallest fragments a megabyte holds some 800, of large ones a third of that.
MEGABYTE = 1 << 20


def flood_of(way, count, size=1480):
    """Of each of so many packets one fragment, of others than those whose packets must pass."""
    source = B if way.outward else PEER2
    halves = []
    for number in itertools.islice(FLOOD_IDENTS, count):
        packet = udp(source, PORT, *way.ends[2:], content(size + size // 2), ip_fragment=0,
                     ip_ident=number & 0xffff)
        halves.append(fragments(packet, size)[number % 2])
    return halves


def full(limit):
    """All but an eighth, or less than two fragments more or less."""
    return abs(held()[1] - limit * 7 // 8) < 8192


@both_ways("a flood of incomplete packets that fills the memory for them stops nothing that is "
           "not fragmented, and takes no more memory (RFC 4787 REQ-14, 14a)")
def flood(way):
    limit = 128 << 10
    half = way.packet(udp, 2000)

    def plain():
        return [way.packet(build, 100, ip_fragment=DONT_FRAGMENT) for build, _ in KINDS.values()]

    with small_memory(limit, 5):
        way.pass_whole(fragments(half, 1480), [half], "before the flood")
        failed = statistic("ReasmFails")
        way.refuse(flood_of(way, 300), "the flood")
        equal(statistic("ReasmFails") - failed, 300 - held()[0], "packets that gave way")
        check(full(limit), "memory: %d" % held()[1])
        good = [packet for _ in range(25) for packet in plain()]
        mixed = [piece for packet in good for piece in (*flood_of(way, 4), packet)]
        way.pass_whole(mixed, good, "packets in the midst of the flood")
        check(full(limit), "memory: %d" % held()[1])
        wait_for(lambda: held() == (0, 0), "the time of the incomplete packets to end")
        half = way.packet(udp, 2000)
        way.pass_whole(fragments(half, 1480), [half], "after the flood")
    equal(way.lab.link_counts("same"), {"tcp": 1, "udp": 1, "icmp": 1, "sctp": 1, "other": 1},
          "links")


# They ask for whole packets as well.
OTHER_RULES = """
table ip other {
	chain in {
		type filter hook prerouting priority raw;
		ct state new
	}
}
"""


@case("room is made while there is a rule of ours; with others' alone the same flood stops what "
      "comes in fragments, as the kernel does by itself")
def without_rules(lab):
    way = Way(lab, True)
    theirs = udp(INSIDE_ROUTER, PORT, PEER, 53, content(2000), ip_fragment=0)
    with small_memory(MEGABYTE, 30):
        lab.ask("flush", "chain", "ip", "cgn", "in")
        ours = way.packet(udp, 2000)
        way.pass_whole(flood_of(way, 1000, 8) + fragments(ours, 1480), [ours], "some rules are left")
        lab.rules(OTHER_RULES)
        try:
            sent = flood_of(way, 1000, 8) + fragments(theirs, 1480)
            lab.expect(True, sent, [], "no rules of ours")
            sysctl("ipfrag_high_thresh", 2 * MEGABYTE)
            came = lab.out(*fragments(theirs, 1480))
            equal([describe(p) for p in put_together(came)], [describe(rewritten(theirs))],
                  "no rules of ours, more memory")
        finally:
            begin(lab)


@both_ways("while a flood fills the memory for incomplete packets those in fragments pass, in order "
           "and backwards, with the flood between their fragments (RFC 4787 REQ-14a)")
def flooded(way):
    with small_memory(MEGABYTE, 30):
        way.refuse(flood_of(way, 1000, 8), "the flood")
        check(full(MEGABYTE), "memory: %d" % held()[1])
        for backwards in (False, True):
            packets = [way.packet(build, size) for build, _ in KINDS.values() for size in (1600, 8000)]
            pieces = [piece for packet in packets
                      for piece in fragments(packet, 1480)[::-1 if backwards else 1]]
            mixed = [one for piece in pieces for one in (*flood_of(way, 2, 8), piece)]
            failed = statistic("ReasmFails")
            way.pass_whole(mixed, packets, "in fragments, backwards: %s" % backwards)
            check(statistic("ReasmFails") - failed >= len(pieces), "the flood goes on meanwhile")


@case("a flood with the address of a sender whose packets shall pass stops them, unless "
      "ipfrag_max_dist is 0 (RFC 4787 REQ-14a)")
def same_sender(lab):
    way = Way(lab, True)

    def mixed(packet):
        flood = [udp(*way.ends, content(2000), ip_ident=next(IDENTS), ip_fragment=0)
                 for _ in range(65)]
        pieces = fragments(packet, 1480)
        return [pieces[0], *(fragments(one, 1480)[0] for one in flood), pieces[1]]

    with small_memory(MEGABYTE, 30, distance=0):
        packet = way.packet(udp, 2000)
        way.pass_whole(mixed(packet), [packet], "ipfrag_max_dist 0")
    with small_memory(MEGABYTE, 30):
        way.refuse(mixed(way.packet(udp, 2000)), "ipfrag_max_dist 64")


@case("when the memory is full old incomplete packets give way, hardly ever new ones "
      "(RFC 4787 REQ-14a)")
def old_ones_first(lab):
    way = Way(lab, True)
    with small_memory(MEGABYTE, 30, distance=0):
        way.refuse(flood_of(way, 1500, 8), "the flood")
        count = held()[0]
        packets = [way.packet(udp, 8) for _ in range(count // 2)]
        first, last = zip(*(fragments(packet, 8) for packet in packets))
        way.refuse(first, "half as many others")
        # They are of nearly one size.
        check(abs(held()[0] - count) < count / 20, "%d after %d" % (held()[0], count))
        came = len(put_together(lab.out(*last)))
        # One in 80 is lost by the arithmetic, and one in five if any might have to go.
        print("# %d of %d passed" % (came, len(packets)))
        check(came > 0.92 * len(packets), "%d of %d passed" % (came, len(packets)))


# --- every order -------------------------------------------------------------

def every_order(way, build, size, cut):
    packets, sent = [], []
    for order in itertools.permutations(range(4)):
        packet = way.packet(build, size)
        pieces = fragments(packet, cut)
        equal(len(pieces), 4, "the case's own arithmetic")
        packets.append(packet)
        sent += [pieces[n] for n in order]
    way.pass_whole(sent, packets, "packets")


def orders(name, build, header):
    @both_ways("%s: four fragments in every order (RFC 4787 REQ-14)" % name)
    def large(way):
        every_order(way, build, 4000 - header, 1008)

    @both_ways("%s: four fragments of 8 bytes, the header cut, in every order" % name)
    def tiny(way):
        every_order(way, build, 31 - header, 8)


for kind, (builder, length) in KINDS.items():
    orders(kind, builder, length)


@both_ways("the largest packet there is, in 45 fragments, backwards")
def largest(way):
    packet = way.packet(udp, 65535 - 28)
    way.pass_whole(fragments(packet, 1480)[::-1], [packet], "packet")


@both_ways("IP options that are copied into every fragment, and one that is not")
def options(way):
    packets = [way.packet(build, 3000, ip_options=b"\x1e\4ab\x9e\4cd") for build, _ in
               KINDS.values()]
    sent = [piece for packet in packets for piece in fragments(packet, 1000)[::-1]]
    for piece in way.pass_whole(sent, packets, "packets"):
        equal(piece[24:28], b"\x9e\4cd", "the copied option of each")


@both_ways("UDP: a wrong checksum in fragments stays wrong by the same difference, and none none")
def checksums(way):
    packets = [way.packet(udp, 3000, check=value) for value in (0, 1, 0x1234, 0xfffe)]
    sent = [piece for packet in packets for piece in fragments(packet, 1000)]
    way.pass_whole(sent, packets, "packets")


@both_ways("fragments that all say DF, and fit, pass as they are, though the host forgets the DF")
def df_fragments(way):
    packet = way.packet(udp, 2992)
    sent = [fragment(packet, at, at + 1000, at < 2000, DONT_FRAGMENT) for at in (0, 1000, 2000)]
    came = way.pass_whole(sent, [packet], "packet")
    equal([len(piece) for piece in came], [1020] * 3, "lengths")


@both_ways("fragments that come twice make one packet, and the last one again makes none")
def twice(way):
    packet = way.packet(udp, 3000)
    sent = [piece for piece in fragments(packet, 1000) for _ in range(2)]
    way.pass_whole(sent, [packet], "packet")


@case("two customers' fragments with the same id, mixed, are put together apart")
def apart(lab):
    one, other = (udp(who, PORT + 7, PEER, 53, content(2992, seed), ip_ident=50077, ip_fragment=0)
                  for seed, who in enumerate((A, B)))
    mixed = [piece for pair in zip(fragments(one, 1000), fragments(other, 1000)) for piece in pair]
    came = lab.out(*mixed)
    packets = [reassembled(came[:3]), reassembled(came[3:])]
    port = View(packets[1]).sport
    check(port != PORT + 7, "both have outside port %d" % port)
    equal([describe(p) for p in packets],
          [describe(rewritten(one, src=(OUTER, PORT + 7))),
           describe(rewritten(other, src=(OUTER, port)))], "packets")


# --- what must not pass --------------------------------------------------------

@both_ways("fragments that overlap are dropped, all of them: at the front, at the end, over the "
           "ports of the first (RFC 4787 REQ-14)")
def overlapping(way):
    before = statistic("ReasmOverlaps")
    sent, count = [], 0
    for start, end in ((992, 2000), (1000, 2008)):
        for order in itertools.permutations(range(3)):
            packet = way.packet(udp, 2992)
            pieces = [fragment(packet, 0, 1000, True), fragment(packet, start, end, True),
                      fragment(packet, 2000, 3000, False)]
            sent += [pieces[n] for n in order]
            count += 1
    packet = way.packet(udp, 1492)
    other = packet[:20] + struct.pack("!HH", 1, 1) + packet[24:]
    sent += [fragment(packet, 0, 496, True), fragment(other, 0, 504, True),
             fragment(packet, 504, 1500, False)]
    way.refuse(sent, "packets")
    equal(statistic("ReasmOverlaps") - before, count + 1, "packets dropped for it")


@both_ways("a fragment within one that came before it changes nothing")
def within(way):
    packet = way.packet(udp, 2992)
    pieces = fragments(packet, 1000)
    other = packet[:20] + bytes(len(packet) - 20)
    sent = [pieces[0], fragment(other, 0, 16, True), fragment(other, 504, 1000, True)] + pieces[1:]
    way.pass_whole(sent, [packet], "packet")


@both_ways("fragments that end beyond the largest packet there is, or hold nothing, go nowhere")
def impossible(way):
    long = way.packet(udp, 65507)
    long = long[:20] + bytes(65535)
    pieces = [fragment(long, at, at + 1456, at < 64064) for at in range(0, 65520, 1456)]
    check(len(pieces) == 45 and len(pieces[-1]) == 1476, "the case's own arithmetic")
    packet = way.packet(udp, 1492)
    way.refuse(pieces + [fragment(packet, 0, 1000, True), fragment(packet, 1000, 1000, True)],
               "packets")


@case("first fragments alone open no link; the rest makes one packet of them, and a link "
      "(RFC 4787 REQ-14a)")
def no_link_opened(lab):
    way = Way(lab, True)
    packets = [udp(A, 6000 + n, PEER, 53, content(3000, n), ip_ident=next(IDENTS), ip_fragment=0)
               for n in range(50)]
    before = lab.link_counts("same")
    way.refuse([fragments(packet, 1480)[0] for packet in packets], "first fragments")
    equal(lab.link_counts("same"), before, "links")
    with lab.counted("same", out={"packets": 1, "bytes": 3028}):
        came = lab.out(*fragments(packets[7], 1480)[1:])
    equal([describe(p) for p in put_together(came)],
          [describe(rewritten(packets[7], src=(OUTER, 6007)))], "the packet that is complete")
    equal(lab.link_counts("same"), {**before, "udp": before["udp"] + 1}, "links")


@case("inward, first fragments alone pass no filter and later ones neither: deny-in, with a link "
      "and without; whole packets are judged (RFC 4787 REQ-14a)")
def deny_in(lab):
    lab.out(udp(S, PORT, PEER, 53))
    links, after = lab.link_counts("strict"), lab.comments()["next"]

    def packet(port, ident):
        return udp(PEER, 53, STRICT, port, content(3000, ident), ip_ident=ident, ip_fragment=0)

    for position in range(3):
        pieces = [fragments(packet(port, 10 * position + n), 1480)[position]
                  for n, port in enumerate((PORT, PORT + 1))]
        with lab.counted("strict"):
            lab.expect(False, pieces, [], "fragment %d alone" % position)
    for number, order in enumerate(itertools.permutations(range(3))):
        closed, linked = packet(PORT + 1, 100 + number), packet(PORT, 200 + number)
        with lab.counted("strict", into={"no-link": 1}):
            lab.expect(False, [fragments(closed, 1480)[n] for n in order], [], "without a link")
        with lab.counted("strict", into={"packets": 1, "bytes": 3028}):
            came = lab.into(*[fragments(linked, 1480)[n] for n in order])
        equal([describe(p) for p in put_together(came)],
              [describe(rewritten(linked, dst=(S, PORT)))], "with a link")
    equal(lab.link_counts("strict"), links, "links")
    equal(lab.comments()["next"], after, "packets that came to the next rule")


# --- too big -----------------------------------------------------------------

def routes(*mtu):
    run("ip", "route", "replace", "default", "via", SERVER, *mtu)
    run("ip", "route", "replace", "100.64.0.0/10", "via", INSIDE_ROUTER, *mtu)


@contextlib.contextmanager
def narrow():
    """Both ways out of the BNG take packets of MTU bytes only."""
    routes("mtu", str(MTU))
    try:
        yield
    finally:
        routes()


@case("DF and larger than the outside MTU: the sender is told the MTU and sees its own packet "
      "(RFC 4787 REQ-13)")
def too_big(lab):
    with narrow():
        for name, (build, header) in KINDS.items():
            size = MTU + 1 - 20 - header
            packet = build(A, PORT, PEER, 53, content(size), ip_ident=9, ip_fragment=DONT_FRAGMENT)
            fits = build(A, PORT, PEER, 53, content(size - 1), ip_fragment=DONT_FRAGMENT)
            lab.inside.drain()
            with lab.counted("same", out={"packets": 1, "bytes": MTU}):
                lab.expect(True, [packet, fits], [rewritten(fits, src=(OUTER, PORT))], name)
            error = View(lab.inside.receive())
            equal((error.src, error.dst, error.protocol), (BNG_INTERN, A, ICMP), "error: head")
            equal(error.segment.hex(),
                  icmp_segment(UNREACHABLE, 0, MTU, packet[:548], code=4).hex(), "error: rest")
            equal(lab.inside.receive(0), None, "more than one error")


@case("fragments that all say DF, and are larger than the outside MTU: none leaves, and the sender "
      "is told the MTU (RFC 4787 REQ-13)")
def df_fragments_too_big(lab):
    way = Way(lab, True)
    packet = way.packet(udp, 2800)
    with narrow():
        lab.inside.drain()
        way.refuse([fragment(packet, at, at + 1472, not at, DONT_FRAGMENT) for at in (0, 1472)],
                   "packet")
        error = View(lab.inside.receive())
        equal((error.src, error.dst, error.protocol), (BNG_INTERN, A, ICMP), "error: head")
        equal((error.segment[:2], error.segment[6:8]), (b"\3\4", struct.pack("!H", MTU)), "error")
        equal(error.segment[28:556].hex(), packet[20:548].hex(), "what it quotes")


@both_ways("larger than the MTU without DF: fragments in order, the largest that fit "
           "(RFC 4787 REQ-13a)")
def cut(way):
    with narrow():
        for name, (build, header) in KINDS.items():
            packets = [way.packet(build, size - header) for size in (1380, 1381, 1480)]
            came = way.pass_whole(packets, packets, name)
            equal([len(piece) for piece in came], [1400, 1396, 25, 1396, 124], "lengths of " + name)


@both_ways("fragments larger than the MTU are cut further; those that fit stay as they are "
           "(RFC 4787 REQ-13a, 14)")
def cut_further(way):
    with narrow():
        packet = way.packet(udp, 2992)
        came = way.pass_whole(fragments(packet, 1480)[::-1], [packet], "packet")
        check(max(map(len, came)) <= MTU, "lengths %r" % [len(piece) for piece in came])
        packet = way.packet(udp, 2992)
        came = way.pass_whole(fragments(packet, 1000)[::-1], [packet], "packet")
        equal([len(piece) for piece in came], [1020] * 3, "lengths")


# --- segments ----------------------------------------------------------------

DEVICES = (("INSIDE", "eth0"), ("BNG", "intern"), ("BNG", "extern"))


def path_mtu(lab, sock):
    with lab.namespace("INSIDE"):
        return sock.getsockopt(socket.IPPROTO_IP, IP_MTU)


@contextlib.contextmanager
def offloads(lab, offload, checksum):
    for where, device in DEVICES:
        lab.offload(where, device, gso=offload, tso=offload, checksum=checksum)
    try:
        yield
    finally:
        for where, device in DEVICES:
            lab.offload(where, device, checksum=1, tso=1, gso=1)


@contextlib.contextmanager
def narrow_to_server():
    route = (SERVER + "/32", "dev", "extern", "mtu", str(MTU))
    run("ip", "route", "add", *route)
    try:
        yield
    finally:
        run("ip", "route", "delete", *route)


def longest_seen(lab, port):
    """Of the packets outside so far, all of which have the source they ought to have."""
    longest = 0
    while (raw := lab.outside.receive(0)) is not None:
        view = View(raw)
        if view.protocol == TCP:
            equal((view.src, view.sport), (OUTER, port), "source on the wire")
            equal(view.fragment & ~DONT_FRAGMENT, 0, "fragment of a TCP connection")
            longest = max(longest, len(raw))
    return longest


def bulk(lab, port):
    """A connection with 400 kB both ways, in the midst of which the MTU changes."""
    run("ip", "-n", lab.names["INSIDE"], "route", "flush", "cache")
    lab.outside.drain()
    with lab.listen("OUTSIDE", (SERVER, 8080)) as listener:
        client, accepted, seen = lab.connect("INSIDE", (HOST, port), (SERVER, 8080), listener)
    equal(seen, (OUTER, port), "what the server sees")
    with client, accepted:
        transfer(client, accepted, os.urandom(150000))
        equal(path_mtu(lab, client), 1500, "the sender's idea of the MTU, before")
        before = longest_seen(lab, port)
        with narrow_to_server():
            transfer(client, accepted, os.urandom(250000))
            equal(path_mtu(lab, client), MTU, "the sender's idea of the MTU, after")
    return before, longest_seen(lab, port)


def segments(offload, checksum):
    words = ("with TSO and GSO" if offload else "without TSO and GSO",
             "checksums by the device" if checksum else "checksums by the kernel")

    @case("TCP across a change of the MTU, %s, %s (RFC 4787 REQ-13)" % words)
    def one(lab):
        with offloads(lab, offload, checksum):
            before, after = bulk(lab, 45000 + 2 * offload + checksum)
        if offload and checksum:
            check(min(before, after) > 1500, "no large packets: %d, %d" % (before, after))
        elif not offload:
            equal((before, after), (1500, MTU), "longest packets before and after")


for with_offload in (0, 1):
    for with_checksum in (0, 1):
        segments(with_offload, with_checksum)


# --- identification ------------------------------------------------------------

@both_ways("the IP id stays the sender's, of whole packets and of fragments, DF or not "
           "(RFC 7857 section 10: not rewritten)")
def ident(way):
    packets = [way.packet(udp, 100, ip_ident=value, ip_fragment=df)
               for value in (0, 1, 0x8000, 0xffff) for df in (0, DONT_FRAGMENT)]
    with way.counted(packets):
        way.lab.expect(way.outward, packets, [way.translated(p) for p in packets], "whole")
    packets = [way.packet(udp, 3000, ip_ident=value) for value in (0, 1, 0xffff)]
    way.pass_whole([piece for packet in packets for piece in fragments(packet, 1480)], packets,
                   "in fragments")


@case("two customers behind one address who use the same id keep it (RFC 7857 section 10, "
      "RFC 6864 section 5.3.1: accepted)")
def same_ident(lab):
    lab.out(udp(B, 5001, PEER, 53))
    packets = [udp(A, PORT, PEER, 53, content(3000, 1), ip_ident=54321, ip_fragment=0),
               udp(B, 5001, PEER, 53, content(3000, 2), ip_ident=54321, ip_fragment=0)]
    for packet, port in zip(packets, (PORT, 5001)):
        came = lab.out(*fragments(packet, 1480))
        equal({View(piece).ident for piece in came}, {54321}, "ids")
        equal(describe(reassembled(came)), describe(rewritten(packet, src=(OUTER, port))), "packet")


@case("nothing has leaked in all of this")
def nothing_leaked(lab):
    equal(lab.comments()["leaked"], 0, "packets behind the expression with an inside source")
    for name, way in itertools.product(("same", "strict"), ("out", "in")):
        equal(lab.alias(name)[way]["fragment"], 0, "fragments that came to the expression")


def begin(lab):
    """Rules, and a link of each kind for A."""
    lab.rules(RULES)
    lab.out(udp(A, PORT, PEER, 53), tcp(A, PORT, PEER, 53, flags=SYN), echo(A, PEER, PORT),
            sctp(A, PORT, PEER, 53, kind=INIT), sealed(A, PORT, PEER, 53))


if __name__ == "__main__":
    rig = Lab()
    begin(rig)
    sys.exit(ktap.run(rig))
