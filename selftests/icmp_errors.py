# SPDX-License-Identifier: GPL-2.0
"""Cases of icmp_errors.sh."""
import contextlib
import errno
import itertools
import os
import socket
import struct
import sys

import ktap
from ktap import case, check, equal
from lab import (BNG_INTERN, INSIDE_ROUTER, PATIENCE, PEER, PEER2, SERVER, Lab, run,
                 wait_for)
from packet import (ACK, CHECK_OFFSET, DATA, DCCP_DATA, ECHO_REPLY, ESP, GRE, INIT, SCTP, SYN, UDP,
                    UNREACHABLE, View, checksum, dccp, describe, echo, fold, icmp_segment, ip,
                    put_together, rewritten, sctp, tcp, udp, udp_segment, udplite)
from packet import fragments as cut
from quote import (FRAGMENTATION_NEEDED, MPLS, PARAMETER_PROBLEM, POOL_MAPS, TIME_EXCEEDED,
                   Error, error, pair)

# Nobody in the namespace inside has A and B: the tests play their part.
A, B, HOST = "100.64.0.11", "100.64.1.12", "100.64.0.1"
OUTER, OUTER_B = "198.51.100.1", "198.51.100.2"
# Routers on the way; the inside has one without a public address.
ROUTER, FAR = "192.0.2.99", "198.18.0.9"
# The BNG has no way to it.
LOST = "100.64.0.66"
TIMESTAMP, TIMESTAMP_REPLY = 13, 14
KINDS = (UNREACHABLE, TIME_EXCEEDED, PARAMETER_PROBLEM)
IP_MTU_DISCOVER, IP_MTU, IP_RECVERR, IP_PMTUDISC_DO = 10, 14, 11, 2
MSG_ERRQUEUE = 0x2000
INTERN_MTU, FAR_MTU = 1300, 1200
# RFC 4303: an index and a number; RFC 2784: IPv4 in GRE; RFC 2637: PPP in a call.
KEYED, TUNNEL = bytes.fromhex("00c0ffee00000001"), bytes.fromhex("0000080045000000")
CALL = bytes.fromhex("3001880b0000000700000001")

ALIASES = """
alias one { number 7; address 198.51.100.1; ports 1-65535; same-ports; }
alias two { number 8; address 198.51.100.2; ports 3000-3063; }
"""
RULES = ALIASES + """
table ip cgn {
""" + POOL_MAPS + """	chain in {
		type filter hook prerouting priority raw;
		iifname "extern" ip daddr 198.51.100.1 alias in one
		iifname "extern" ip daddr 198.51.100.2 alias in two
		iifname "extern" ip daddr 198.51.100.0/24 counter drop comment "next"
	}
	chain out {
		type filter hook postrouting priority srcnat;
		%s
		oifname "extern" ip saddr 100.64.0.0/10 counter comment "leaked"
		oifname "extern" icmp type { 3, 11, 12 } @th,192,32 & 0xffc00000 == 0x64400000 \
			counter comment "leaked in a quote"
	}
	chain own {
		type route hook output priority raw;
		icmp type { destination-unreachable, time-exceeded, parameter-problem } \
			@th,192,32 & 0xffc00000 == 0x64400000 accept
		ip daddr 198.51.100.0/24 \
			alias in map ip daddr map { 198.51.100.1 : 7, 198.51.100.2 : 8 }
	}
}
"""
BY_NAME = """
		oifname "extern" ip saddr 100.64.0.0/24 alias out one
		oifname "extern" ip saddr 100.64.1.0/24 alias out two
		oifname "extern" icmp type { destination-unreachable, time-exceeded, parameter-problem } \
			@th,192,32 & 0xffffff00 == 0x64400000 alias out one
		oifname "extern" icmp type { destination-unreachable, time-exceeded, parameter-problem } \
			@th,192,32 & 0xffffff00 == 0x64400100 alias out two
"""
BY_MAP = """
		oifname "extern" ip saddr 100.64.0.0/10 alias out map ip saddr & 255.255.255.0 map @pool_of
		oifname "extern" icmp type { destination-unreachable, time-exceeded, parameter-problem } \
			alias out map @th,192,32 & 0xffffff00 map @pool_of_quoted
"""


def load(lab, rules):
    lab.rules(RULES % rules)
    lab.flush("one", "two")
    refresh(lab)


def refresh(lab):
    """What opens the links, or keeps them: errors do not."""
    opened = [udp(A, 5000, PEER, 53), tcp(A, 5000, PEER, 80, flags=SYN), echo(A, PEER, 5000),
              echo(A, PEER, 5001, kind=TIMESTAMP, data=bytes(12)), udplite(A, 5000, PEER, 53),
              sctp(A, 5000, PEER, 80, kind=INIT), dccp(A, 5000, PEER, 80), ip(A, PEER2, ESP, KEYED),
              ip(A, PEER2, GRE, TUNNEL), udp(LOST, 5000, PEER, 53)]
    equal(len(lab.out(*opened)), len(opened), "packets that open links")


def both_ends(ours, data, options):
    """Of protocols that say the same in both directions, from A or to it."""
    def ends(port, peer=PEER):
        if ours == A:
            return peer, port, A, 5000
        return OUTER, 5000, peer, port

    def bare(protocol, payload):
        here, _, there, _ = ends(0, PEER2)
        return ip(here, there, protocol, payload + data, options=options)

    return [udp(*ends(53), data, ip_options=options),
            udp(*ends(54, PEER2), data, ip_options=options, check=0),
            tcp(*ends(80), data, flags=ACK, ip_options=options),
            udplite(*ends(53), data, ip_options=options),
            udplite(*ends(53), data, coverage=8, ip_options=options),
            sctp(*ends(80), data, kind=DATA, ip_options=options),
            dccp(*ends(80), data, kind=DCCP_DATA, ip_options=options),
            dccp(*ends(80), data, kind=DCCP_DATA, coverage=1, ip_options=options),
            bare(ESP, KEYED), bare(GRE, TUNNEL), bare(GRE, CALL)]


def sent_packets(options=b"", data=b"some data"):
    """What A sent to PEER, as it is seen outside."""
    return both_ends(OUTER, data, options) + [
        echo(OUTER, PEER, 5000, 1, data, ip_options=options),
        echo(OUTER, PEER, 5001, 1, bytes(12), kind=TIMESTAMP, ip_options=options)]


def delivered_packets(options=b"", data=b"some data"):
    """What PEER sent to A, as it is seen inside."""
    return both_ends(A, data, options) + [
        echo(PEER, A, 5000, 1, data, kind=ECHO_REPLY, ip_options=options),
        echo(PEER, A, 5001, 1, bytes(12), kind=TIMESTAMP_REPLY, ip_options=options)]


class Way:
    """One direction: an error, and what a NAT makes of it."""

    def __init__(self, lab, outward):
        self.lab, self.outward = lab, outward
        self.ends = (A, PEER) if outward else (ROUTER, OUTER)
        self.packets = delivered_packets if outward else sent_packets
        refresh(lab)

    def pair(self, quoted, sender=None, **what):
        view = View(quoted)
        if self.outward:
            return pair((sender or A, view.src), (OUTER, view.src), quoted,
                        destination=(OUTER, view.dport), **what)
        return pair((sender or ROUTER, view.src), (sender or ROUTER, A), quoted,
                    source=(A, view.sport), **what)

    def translated(self, pairs, what):
        pairs = list(pairs)
        wanted = {"packets": len(pairs), "bytes": sum(len(sent) for sent, _ in pairs)}
        with self.lab.counted("one", **{"out" if self.outward else "into": wanted}):
            self.lab.expect(self.outward, [sent for sent, _ in pairs],
                            [came for _, came in pairs], what)

    def refused(self, packets, counter, what):
        packets = list(packets)
        before = self.lab.comments()["next"]
        with self.lab.counted("one", **{"out" if self.outward else "into":
                                        {counter: len(packets)}}):
            self.lab.expect(self.outward, packets, [], what)
        # Inward the next rule decides, but for what nobody shall believe.
        next_rule = 0 if self.outward or counter == "checksum" else len(packets)
        equal(self.lab.comments()["next"] - before, next_rule, "packets the next rule counted")

    def bad(self, quoted, **what):
        return self.pair(quoted, **what)[0]


def both_ways(name):
    def add(function):
        case(name + ", outward")(lambda lab: function(Way(lab, True)))
        case(name + ", inward")(lambda lab: function(Way(lab, False)))
        return function
    return add


# RFC 4787 REQ-12b, RFC 5382 REQ-9, RFC 5508 REQ-4a, 4b, 4c, 5a, 5b, 5c, 10a, RFC 5597 REQ-9
@both_ways("every kind about every protocol, with options of both headers (RFC 5508 REQ-4, 5, 3b)")
def kinds(way):
    for outer, inner in ((0, 0), (1, 0), (0, 1), (10, 10), (3, 7)):
        way.translated([way.pair(quoted, kind=kind, code=code, rest=rest,
                                 ip_options=b"\1" * 4 * outer)
                        for quoted in way.packets(b"\1" * 4 * inner)
                        for kind, code, rest in zip(KINDS, (4, 0, 0), (1400, 0, 0))],
                       "%d and %d words of options" % (outer, inner))


# RFC 5508 REQ-4b, 5b
@both_ways("every code of destination unreachable")
def codes(way):
    quoted = way.packets()[0]
    way.translated([way.pair(quoted, code=code) for code in range(16)], "codes")


@both_ways("8 bytes of the quoted transport are enough (RFC 792)")
def shortest(way):
    for inner in (0, 1, 10):
        # Of TCP 17 bytes are half a checksum, which no NAT can mend, as 9 are of SCTP.
        way.translated([way.pair(quoted, kept=20 + 4 * inner + kept)
                        for quoted in way.packets(b"\1" * 4 * inner)
                        for kept in (8, 9, 12, 16, 18, 19, 20)
                        if (quoted[9], kept) != (SCTP, 9)], "truncated quotes")


@both_ways("fewer bytes are malformed")
def too_short(way):
    for inner in (0, 1, 10):
        way.refused([way.bad(quoted, kept=kept)
                     for quoted in way.packets(b"\1" * 4 * inner)
                     for kept in range(28 + 4 * inner)], "malformed", "quotes that are too short")


@both_ways("a quoted header that claims 60 bytes and has not so many")
def quoted_ihl(way):
    quotes = [bytes([0x40 | words]) + way.packets(data=b"x" * 28)[0][1:]
              for words in list(range(5)) + [15]]
    way.refused([error(*way.ends, quoted) for quoted in quotes], "malformed", "quoted ihl")


@both_ways("an extension and the padding before it stay as they are (RFC 5508 REQ-3d, RFC 4884)")
def extensions(way):
    way.translated([way.pair(quoted, kind=kind, extension=extension)
                    for data in (b"", b"d" * 40, os.urandom(300))
                    for quoted in way.packets(data=data)
                    for kind in KINDS
                    for extension in (MPLS, MPLS + b"\0\0\0\0", os.urandom(40))], "extensions")


@both_ways("a wrong checksum is dropped (RFC 5508 REQ-3)")
def wrong_checksum(way):
    packets = []
    for quoted in way.packets():
        right = View(way.bad(quoted)).check
        packets += [way.bad(quoted, check=(right + off) % 0xffff) for off in (1, 0x100, 0x8000)]
        packets.append(way.bad(quoted, check=0 if right else 1))
    way.refused(packets, "checksum", "wrong checksums")


@both_ways("a wrong checksum of the quoted IP header is dropped (RFC 5508 REQ-3a)")
def wrong_quoted_header(way):
    packets = []
    for quoted in way.packets(b"\1" * 8):
        for at in (1, 4, 8, 9, 10, 12, 16, 20):
            damaged = bytearray(quoted)
            damaged[at] ^= 0x10
            packets.append(error(*way.ends, bytes(damaged)))
    way.refused(packets, "checksum", "wrong quoted headers")


@both_ways("a wrong checksum of the quoted transport stays as wrong (RFC 5508 REQ-3c)")
def wrong_quoted_transport(way):
    pairs = []
    for off, quoted in itertools.product((1, 0x1234), way.packets()):
        view = View(quoted)
        if view.sport is None or view.protocol == UDP and not view.check:
            continue
        at = view.hlen + CHECK_OFFSET.get(view.protocol, 8)
        value, = struct.unpack("!H", quoted[at:at + 2])
        pairs.append(way.pair(quoted[:at] + struct.pack("!H", fold(value + off)) + quoted[at + 2:]))
    way.translated(pairs, "damaged quotes")


@both_ways("a quoted total length may say more than is there, not less")
def quoted_length(way):
    def quoted(src, sport, dst, dport, length):
        return ip(src, dst, UDP, udp_segment(src, dst, sport, dport, b"data"), length=length)

    if way.outward:
        before, after, seen = (PEER, 53, A, 5000), (PEER, 53, OUTER, 5000), (OUTER, PEER)
    else:
        before, after, seen = (OUTER, 5000, PEER, 53), (A, 5000, PEER, 53), (ROUTER, A)
    # 0 is what a packet put together by an interface says.
    way.translated([(error(*way.ends, quoted(*before, n)),
                     error(*seen, quoted(*after, n), ip_ttl=63))
                    for n in (0, 28, 31, 32, 33, 1500, 65535)], "longer")
    way.refused([error(*way.ends, quoted(*before, n)) for n in range(1, 28)], "malformed",
                "shorter")


# RFC 4787 REQ-14
@both_ways("an error that comes in fragments, backwards, is translated as a whole one")
def in_fragments(way):
    pairs = [way.pair(quoted, ip_fragment=0, ip_ident=1000 + n)
             for n, quoted in enumerate(way.packets(data=os.urandom(1200)))]
    sent = [piece for error_packet, _ in pairs for piece in cut(error_packet, 256)[::-1]]
    wanted = {"packets": len(pairs), "bytes": sum(len(one) for one, _ in pairs)}
    with way.lab.counted("one", **{"out" if way.outward else "into": wanted}):
        came = way.lab.send(way.outward, sent)
    equal([describe(one) for one in put_together(came)], [describe(one) for _, one in pairs],
          "errors")


@both_ways("a first fragment has ports, a later one not")
def fragments(way):
    view = View(way.packets()[0])

    def quoted(fragment):
        return ip(view.src, view.dst, UDP, view.segment, fragment=fragment)

    way.translated([way.pair(quoted(f)) for f in (0x2000, 0x0000, 0x4000)], "first")
    way.refused([way.bad(quoted(f)) for f in (0x2001, 0x0001, 0x1fff)], "fragment", "later")


@both_ways("errors about errors; about packets of protocols that have no link")
def not_spoken(way):
    view = View(way.packets()[0])
    ends = (view.src, view.dst)
    inner = [ip(*ends, 1, icmp_segment(kind, 5000, data=bytes(28)))
             for kind in range(256) if kind not in (0, 8, TIMESTAMP, TIMESTAMP_REPLY)]
    way.refused([error(*way.ends, quoted) for quoted in inner], "protocol", "not spoken")
    inner = [ip(*ends, protocol, b"\1" * 24) for protocol in (2, 33, 47, 50, 132, 136, 255)]
    way.refused([error(*way.ends, quoted) for quoted in inner], "no-link", "no link")


# RFC 5508 REQ-4, 5
@both_ways("no link, and an error for another than who sent the quoted packet")
def no_link(way):
    if way.outward:
        packets = [error(A, PEER, udp(PEER, 53, A, 5999)), error(A, PEER, tcp(PEER, 53, A, 5001)),
                   error(A, PEER, echo(PEER, A, 5002, kind=ECHO_REPLY)),
                   error(A, PEER, udp(PEER, 53, "100.64.0.99", 5000)),
                   error(A, PEER2, udp(PEER, 53, A, 5000))]
    else:
        packets = [error(ROUTER, OUTER, udp(OUTER, 5999, PEER, 53)),
                   error(ROUTER, OUTER, tcp(OUTER, 5001, PEER, 53)),
                   error(ROUTER, OUTER, echo(OUTER, PEER, 5002)),
                   error(ROUTER, OUTER, udp("198.51.100.77", 5000, PEER, 53)),
                   error(ROUTER, OUTER, udp(OUTER_B, 5000, PEER, 53))]
    links = len(way.lab.links())
    way.refused(packets, "no-link", "no link")
    equal(len(way.lab.links()), links, "links")


@both_ways("whoever sends it, it passes (RFC 4787 REQ-12a); outward all have one source")
def any_sender(way):
    senders = ([A, INSIDE_ROUTER, "10.10.0.77", "192.168.1.1", "100.64.0.99"] if way.outward else
               [ROUTER, "10.1.2.3", PEER, SERVER, "8.8.8.8"])
    way.translated([way.pair(quoted, sender=sender) for sender in senders
                    for quoted in way.packets()], "senders")


# RFC 5597 REQ-10, RFC 7857 section 7.1
@both_ways("no error changes a link (RFC 5508 REQ-6, RFC 4787 REQ-12, RFC 5382 REQ-10)")
def links_live_on(way):
    def links():
        return {(link["protocol"], str(link["inside"])): link for link in way.lab.links("one")}

    # A refresh shows once there is something to gain.
    fresh = links()
    check(len(fresh) >= 9, "links: %r" % fresh)
    wait_for(lambda: all(link["seconds"] + 2 <= fresh[key]["seconds"]
                         for key, link in links().items()), "two seconds of the links' lives")
    before = links()
    way.translated([way.pair(quoted, kind=kind, code=code) for quoted in way.packets()
                    for kind in KINDS for code in range(4)], "errors")
    after = links()
    equal(set(after), set(before), "links")
    for key, link in after.items():
        left, had = link.pop("seconds"), before[key].pop("seconds")
        check(left <= had, "%s: %d s left, before %d" % (key, left, had))
        equal(link, before[key], "link")


# RFC 5597 REQ-9: of DCCP
def random_port(build, opens, follows):
    @case("%s: a random outside port is found in the quote and put into it, and its checksum is "
          "that of the packet that was sent, however little of it is quoted" % build.__name__)
    def one(lab):
        came, = lab.out(build(B, 5000, PEER, 53, **opens))
        port = View(came).sport
        check(3000 <= port <= 3063, "outside port %d" % port)
        shapes = [(os.urandom(size), kept) for size in (1, 1000) for kept in (28, 32, 36, 548)]
        sent = [pair((ROUTER, OUTER_B), (ROUTER, B), build(OUTER_B, port, PEER, 53, data, **follows),
                     source=(B, 5000), code=1, kept=kept) for data, kept in shapes]
        back = [pair((INSIDE_ROUTER, PEER), (OUTER_B, PEER),
                     build(PEER, 53, B, 5000, data, **follows), destination=(OUTER_B, port), code=1,
                     kept=kept) for data, kept in shapes]
        moved = [{"packets": len(way), "bytes": sum(len(one) for one, _ in way)}
                 for way in (back, sent)]
        with lab.counted("two", *moved), lab.counted("one"):
            lab.expect(False, *zip(*sent), "inward")
            lab.expect(True, *zip(*back), "outward")


for what in ((udp, {}, {}), (tcp, {"flags": SYN}, {"flags": ACK}), (udplite, {}, {}),
             (sctp, {"kind": INIT}, {"kind": DATA}), (dccp, {}, {"kind": DCCP_DATA})):
    random_port(*what)


# -- errors that the BNG itself sends, with the one kind of rules and with the other

@contextlib.contextmanager
def router(lab, where):
    """A namespace that forwards for a while."""
    def forward(value):
        with lab.namespace(where), open("/proc/sys/net/ipv4/ip_forward", "w") as switch:
            switch.write(value)

    forward("1")
    try:
        yield
    finally:
        forward("0")


def answer(lab, sent, hops=0, tries=1):
    """The error that comes back outside for one packet from outside; it says
    nothing but what the outside knows."""
    lab.outside.drain()
    came = None
    while came is None and tries:
        lab.outside.send(sent)
        came = lab.outside.receive(PATIENCE / tries)
        tries -= 1
    check(came is not None, "no answer to " + describe(sent))
    seen = Error(came)
    equal((checksum(came[:seen.hlen]), seen.check), (0, seen.right_check), "checksums")
    quoted = sent if not hops else rewritten(sent, hops=hops)
    equal(seen.quote, quoted[:len(seen.quote)], "quote")
    check(len(seen.quote) >= 28, "quoted bytes")
    equal((seen.src, seen.dst), (OUTER, View(sent).src), "from and to")
    return seen


def both_rules(name):
    def add(function):
        for kind, rules in (("rules by name", BY_NAME), ("rules by map", BY_MAP)):
            def one(lab, rules=rules):
                load(lab, rules)
                function(lab)
                equal({k: v for k, v in lab.comments().items() if "leaked" in k},
                      {"leaked": 0, "leaked in a quote": 0}, "inside addresses that left")
            case("%s, %s" % (name, kind))(one)
        return function
    return add


def inward_packets(data=b"from outside", **keywords):
    return [udp(PEER, 53, OUTER, 5000, data, **keywords),
            tcp(PEER, 80, OUTER, 5000, data, **keywords),
            echo(PEER, OUTER, 5000, 1, data, kind=ECHO_REPLY, **keywords),
            udp(PEER, 53, OUTER, 5000, data, ip_options=b"\1" * 12, **keywords)]


# RFC 5508 REQ-5c
@both_rules("the BNG's time exceeded about an inward packet quotes it as it was sent")
def own_time_exceeded(lab):
    for sent in inward_packets(ip_ttl=1):
        with lab.counted("one", into={"packets": 1, "bytes": len(sent)},
                         out={"packets": 1, "bytes": 28 + len(sent)}):
            seen = answer(lab, sent)
        equal((seen.kind, seen.code), (TIME_EXCEEDED, 0), "kind")


@both_rules("the BNG's fragmentation needed about an inward packet quotes it as it was sent")
def own_fragmentation_needed(lab):
    for sent in inward_packets(os.urandom(1300)):
        seen = answer(lab, sent)
        equal((seen.kind, seen.code, seen.rest), (UNREACHABLE, FRAGMENTATION_NEEDED, INTERN_MTU),
              "kind and MTU")


@both_rules("the BNG's host unreachable about an inward packet quotes it as it was sent")
def own_unreachable(lab):
    link, = lab.links("-p", "udp", "-s", LOST, "one")
    sent = udp(PEER, 53, OUTER, link["outside"]["port"], b"anybody?")
    # For want of a route the host answers once a second (net.ipv4.route.error_cost,
    # which no namespace has of its own): who asks sooner is not answered.
    seen = answer(lab, sent, tries=PATIENCE)
    equal((seen.kind, seen.code), (UNREACHABLE, 1), "kind")


# RFC 5508 REQ-5c
@both_rules("a router inside sends its own under the link's outside address")
def inside_router(lab):
    with router(lab, "INSIDE"):
        for sent in inward_packets(ip_ttl=2):
            seen = answer(lab, sent, hops=1)
            equal((seen.kind, seen.code), (TIME_EXCEEDED, 0), "kind")


def forget(lab):
    """What hosts have learned of the way."""
    for where in ("INSIDE", "OUTSIDE"):
        run("ip", "-n", lab.names[where], "route", "flush", "cache")


def mtu(sock):
    return sock.getsockopt(socket.IPPROTO_IP, IP_MTU)


@both_rules("a host outside learns the MTU of the link inside")
def outside_discovers(lab):
    forget(lab)
    with lab.socket("OUTSIDE", socket.SOCK_DGRAM, (SERVER, 7001)) as server, \
            lab.socket("INSIDE", socket.SOCK_DGRAM, (HOST, 7000)) as host:
        host.sendto(b"hello", (SERVER, 7001))
        equal(server.recvfrom(100), (b"hello", (OUTER, 7000)), "what opens the link")
        server.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
        server.connect((OUTER, 7000))
        equal(mtu(server), 1500, "MTU before")
        server.send(bytes(1400))
        wait_for(lambda: mtu(server) == INTERN_MTU, "the MTU")
        data = os.urandom(INTERN_MTU - 28)
        with contextlib.suppress(OSError):  # the error that the first one earned
            server.send(b"")
        server.send(data)
        wait_for(lambda: host.recv(2000) == data, "a packet that fits")


def offender(lab, where, source, target, ttl):
    """Who answers a packet with such a TTL, and how: a step of traceroute."""
    with lab.socket(where, socket.SOCK_DGRAM, source) as sock:
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
        sock.sendto(b"where are you", target)
        answers = []

        def arrived():
            with contextlib.suppress(BlockingIOError):
                answers.append(sock.recvmsg(2000, 512, MSG_ERRQUEUE))
            return answers

        sock.setblocking(False)
        wait_for(arrived, "an answer to TTL %d" % ttl)
    data, ancillary, _, name = answers[0]
    equal((data, name), (b"where are you", target), "what the error is about")
    (_, _, payload), = [a for a in ancillary if a[:2] == (socket.IPPROTO_IP, IP_RECVERR)]
    number, _, kind, code = struct.unpack("=IBBB", payload[:7])
    return socket.inet_ntoa(payload[20:24]), kind, code, number


@both_rules("traceroute from inside: each router and the end of the way")
def trace_outward(lab):
    with router(lab, "OUTSIDE"):
        equal([offender(lab, "INSIDE", (HOST, 7100), (FAR, 33434), ttl)[:3] for ttl in (1, 2)],
              [(BNG_INTERN, TIME_EXCEEDED, 0), (SERVER, TIME_EXCEEDED, 0)], "routers")
    equal(offender(lab, "INSIDE", (HOST, 7100), (SERVER, 33434), 9),
          (SERVER, UNREACHABLE, 3, errno.ECONNREFUSED), "the end")


# RFC 5508 REQ-5c
@both_rules("traceroute from outside: the BNG and the host seem to be one")
def trace_inward(lab):
    lab.out(udp(HOST, 7200, SERVER, 7201))
    equal([offender(lab, "OUTSIDE", (SERVER, 7201), (OUTER, 7200), ttl)[:3] for ttl in (1, 2)],
          [(OUTER, TIME_EXCEEDED, 0), (OUTER, UNREACHABLE, 3)], "routers")


# RFC 4787 REQ-13
@both_rules("a host inside learns the MTU of a link outside")
def inside_discovers(lab):
    forget(lab)
    with router(lab, "OUTSIDE"), lab.socket("INSIDE", socket.SOCK_DGRAM, (HOST, 7300)) as host:
        host.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
        host.connect((FAR, 7301))
        equal(mtu(host), INTERN_MTU, "MTU before")
        host.send(bytes(INTERN_MTU - 28))
        wait_for(lambda: mtu(host) == FAR_MTU, "the MTU")


@case("the rules that catch errors are listed as they load")
def listed(lab):
    for rules in (BY_NAME, BY_MAP):
        load(lab, rules)
        first = lab.nft("-s", "list", "ruleset").stdout
        lab.rules(first)
        equal(lab.nft("-s", "list", "ruleset").stdout, first, "the list, loaded and listed")
        equal(answer(lab, inward_packets(ip_ttl=1)[0]).kind, TIME_EXCEEDED, "and what it does")


if __name__ == "__main__":
    rig = Lab()
    load(rig, BY_NAME)
    sys.exit(ktap.run(rig))
