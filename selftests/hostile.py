# SPDX-License-Identifier: GPL-2.0
"""Cases of hostile.sh. Each runs outward and inward."""
import random
import socket
import struct
import sys

import ktap
from ktap import Failure, case, equal
from lab import PEER, Lab
from packet import (ACK, DCCP, ECHO, ICMP, SCTP, TCP, UDP, UDPLITE, View, checksum, echo,
                    icmp_segment, ip, rewritten, tcp, tcp_segment, udp, udp_segment)

A, OUTER = "100.64.0.11", "198.51.100.1"
IP_NODEFRAG = 22

RULES = """
alias same { address 198.51.100.1; ports 1-65535; same-ports; }
table ip cgn {
	chain in {
		type filter hook prerouting priority raw;
		iifname "extern" ip daddr 198.51.100.1 counter comment "reach in"
		iifname "extern" ip daddr 198.51.100.1 alias in same
		iifname "extern" ip daddr 198.51.100.1 counter drop comment "next"
	}
	chain out {
		type filter hook postrouting priority srcnat;
		oifname "extern" ip saddr 100.64.0.0/10 counter comment "reach out"
		oifname "extern" ip saddr 100.64.0.0/10 alias out same
		oifname "extern" ip saddr 100.64.0.0/10 counter comment "leaked"
	}
}
"""


class Way:
    """One direction: who sends to whom, and what a NAT makes of it."""

    def __init__(self, lab, outward):
        self.lab, self.outward = lab, outward
        self.src, self.dst = (A, PEER) if outward else (PEER, OUTER)
        self.ends = (A, 5000, PEER, 53) if outward else (PEER, 53, OUTER, 5000)

    def translated(self, packet):
        if self.outward:
            return rewritten(packet, src=(OUTER, 5000))
        return rewritten(packet, dst=(A, 5000))

    def refused(self, packets, what, **counters):
        """None passes, and these counters count them, all of them."""
        moved = {name.replace("_", "-"): value for name, value in counters.items()}
        equal(sum(moved.values()), len(packets), "the case's own arithmetic")
        self.passed_and_refused(packets, [], what, moved)

    def passed_and_refused(self, packets, passed, what, moved):
        wanted = dict(moved)
        if passed:
            wanted.update(packets=len(passed), bytes=sum(map(len, passed)))
        if self.outward:
            with self.lab.counted("same", out=wanted):
                self.lab.expect(True, packets, [self.translated(p) for p in passed], what)
        else:
            with self.lab.counted("same", into=wanted):
                self.lab.expect(False, packets, [self.translated(p) for p in passed], what)


def both_ways(name):
    def add(function):
        case(name + ", outward")(lambda lab: function(Way(lab, True)))
        case(name + ", inward")(lambda lab: function(Way(lab, False)))
        return function
    return add


def snmp():
    """Packets the host's own IP layer refused for their header."""
    def field(path, group, name):
        with open(path) as lines:
            rows = [line.split() for line in lines if line.startswith(group + ":")]
        return int(dict(zip(*rows))[name])

    return (field("/proc/net/snmp", "Ip", "InHdrErrors") +
            field("/proc/net/netstat", "IpExt", "InTruncatedPkts"))


@both_ways("good packets pass before and after")
def good(way):
    packets = [udp(*way.ends, b"good"), tcp(*way.ends, flags=ACK), echo(way.src, way.dst, 5000)]
    way.passed_and_refused(packets, packets, "good packets", {})


@both_ways("every truncated length of TCP, UDP and ICMP headers")
def truncated(way):
    src, sport, dst, dport = way.ends
    whole = {TCP: tcp_segment(src, dst, sport, dport), UDP: udp_segment(src, dst, sport, dport),
             ICMP: icmp_segment(ECHO, 5000)}
    packets = [ip(way.src, way.dst, protocol, segment[:size])
               for protocol, segment in whole.items() for size in range(len(segment))]
    way.refused(packets, "truncated", malformed=20 + 8 + 8)


@both_ways("TCP: a data offset that is too small, or beyond the packet's end")
def data_offset(way):
    packets = [tcp(*way.ends, doff=words) for words in list(range(5)) + list(range(6, 16))]
    fits = [tcp(*way.ends, b"\1" * 4 * n, doff=5 + n) for n in range(11)]
    way.passed_and_refused(packets + fits, fits, "data offset", {"malformed": 15})


@both_ways("UDP: a length below its header's, or beyond the packet's end")
def udp_length(way):
    packets = [udp(*way.ends, b"12345678", length=n)
               for n in list(range(8)) + [17, 18, 255, 1500, 32768, 65535]]
    fits = [udp(*way.ends, b"12345678", length=n) for n in range(8, 17)]
    way.passed_and_refused(packets + fits, fits, "UDP length", {"malformed": 14})


@both_ways("port 0, either of them, in TCP and UDP")
def zero_ports(way):
    src, sport, dst, dport = way.ends
    packets = [build(src, s, dst, d) for build in (tcp, udp)
               for s, d in ((0, dport), (sport, 0), (0, 0))]
    way.refused(packets, "port 0", zero_port=6)


@both_ways("ports of 0 and lengths that lie, of the other protocols that have ports")
def protocols(way):
    way.refused([ip(way.src, way.dst, protocol, bytes(24)) for protocol in (SCTP, UDPLITE)],
                "port 0", zero_port=2)
    way.refused([ip(way.src, way.dst, DCCP, bytes(24))], "a DCCP header of no length",
                malformed=1)
    way.refused([ip(way.src, way.dst, protocol, b"\1" * length)
                 for protocol, least in ((SCTP, 16), (DCCP, 12), (UDPLITE, 8))
                 for length in range(least)], "too short", malformed=36)


@both_ways("all ICMP types but queries, and errors that quote nothing of sense")
def icmp_types(way):
    packets = [ip(way.src, way.dst, ICMP, icmp_segment(kind, 5000, data=bytes(28)))
               for kind in range(256) if kind not in (0, 8, 13, 14)]
    way.refused(packets, "ICMP types", protocol=249, malformed=3)


@both_ways("an IP header that lies is refused by the host before it comes to us")
def ip_header(way):
    data = udp(*way.ends, b"some data")[20:]

    def lie(**what):
        return ip(way.src, way.dst, UDP, data, **what)

    packets = [lie(version=v) for v in range(16) if v != 4]
    packets += [lie(ihl=n) for n in list(range(5)) + [15]]
    packets += [lie(length=n) for n in list(range(20)) + [38, 39, 1500, 65535]]
    packets += [lie(check=n) for n in (0, 0x1234)]
    packets += [lie()[:size] for size in range(1, 37)]
    before = snmp()
    with way.lab.counted("same"):
        way.lab.expect(way.outward, packets, [], "lies")
    equal(snmp() - before, len(packets), "packets the host refused")


@both_ways("a frame longer than its packet is cut to it")
def padded(way):
    packet = udp(*way.ends, b"x")
    padding = [packet + bytes(n) for n in (1, 17, 1000)]
    wanted = {"packets": 3, "bytes": 3 * len(packet)}
    with way.lab.counted("same", **{"out" if way.outward else "into": wanted}):
        way.lab.expect(way.outward, padding, [way.translated(packet)] * 3, "padded")


@both_ways("IP options, and behind them every truncated length of a UDP header")
def options_and_truncated(way):
    src, sport, dst, dport = way.ends
    segment = udp_segment(src, dst, sport, dport)
    packets = [ip(src, dst, UDP, segment[:kept], options=b"\1" * 4 * words)
               for words in range(1, 11) for kept in range(8)]
    way.refused(packets, "options", malformed=80)


def random_damage(way, seed):
    dice = random.Random(seed)
    packets = []
    for _ in range(600):
        base = dice.choice((udp(*way.ends, b"payload of a packet"),
                            tcp(*way.ends, b"payload", options=b"\1" * 8),
                            echo(way.src, way.dst, 5000, 1, b"payload")))
        data = bytearray(base)
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(20, len(data))] = dice.choice((0, 1, 0x7f, 0x80, 0xff,
                                                               dice.randrange(256)))
        if dice.random() < 0.3:
            data = data[:dice.randrange(20, len(data) + 1)]
        if dice.random() < 0.2:
            data[9] = dice.choice((TCP, UDP, ICMP, dice.randrange(256)))
        data[2:4] = struct.pack("!H", len(data))
        data[10:12] = b"\0\0"
        data[10:12] = struct.pack("!H", checksum(bytes(data[:20])))
        packets.append(bytes(data))
    return packets


@both_ways("600 packets damaged at random: each is counted once, none leaks")
def damaged(way):
    seed = random.randrange(1 << 32)
    packets = random_damage(way, seed)
    name = "out" if way.outward else "in"
    before, rules = way.lab.alias("same")[name], way.lab.comments()
    came = way.lab.send(way.outward, packets)
    after, rules_after = way.lab.alias("same")[name], way.lab.comments()
    moved = {key: after[key] - before[key] for key in after}
    reached = rules_after["reach " + name] - rules["reach " + name]
    moved.pop("bytes")
    equal((reached, sum(moved.values())), (600, 600), "seed %d: counted %r" % (seed, moved))
    equal(len(came), moved["packets"], "seed %d: packets that came out" % seed)
    if way.outward:
        equal({View(p).src for p in came}, {OUTER}, "seed %d: sources" % seed)
    else:
        equal({View(p).dst for p in came}, {A}, "seed %d: destinations" % seed)
        # An error with a wrong checksum goes no further.
        equal(rules_after["next"] - rules["next"], 600 - len(came) - moved["checksum"],
              "seed %d: next" % seed)


def drop_local(raw, packet):
    """Sends what is dropped on its way: the sender is told so."""
    try:
        raw.sendto(packet, (PEER, 0))
    except PermissionError:
        return
    raise Failure("not dropped: " + packet.hex())


@case("raw sockets on the BNG: headers that lie, which nobody has looked at")
def raw_socket(lab):
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        data = udp(A, 5000, PEER, 53, b"local")[20:]
        bad = [ip(A, PEER, UDP, data, version=version) for version in (0, 5, 6, 15)]
        bad += [ip(A, PEER, UDP, data[:n]) for n in range(8)]
        bad += [ip(A, PEER, TCP, bytes(n)) for n in range(20)]
        bad += [ip(A, PEER, ICMP, bytes(n)) for n in range(8)]
        lab.outside.drain()
        with lab.counted("same", out={"malformed": len(bad)}):
            for packet in bad:
                drop_local(raw, packet)
        good_one = ip(A, PEER, UDP, data)
        raw.sendto(good_one, (PEER, 0))
        equal(lab.outside.receive(), rewritten(good_one, src=(OUTER, 5000), hops=0), "good one")


@case("raw sockets on the BNG: a fragment that was not reassembled is counted and dropped")
def raw_fragment(lab):
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.setsockopt(socket.IPPROTO_IP, IP_NODEFRAG, 1)
        data = udp(A, 5000, PEER, 53, b"x" * 40)[20:]
        lab.outside.drain()
        with lab.counted("same", out={"fragment": 3}):
            for offset in (0x2000, 0x2001, 0x0005):
                drop_local(raw, ip(A, PEER, UDP, data, fragment=offset))
        equal(lab.out(), [], "packets that leave")


@case("an interface's own error about a packet does not leak the inside either")
def own_errors(lab):
    # The BNG answers to a packet whose time is over; its answer goes inside.
    lab.inside.drain()
    lab.expect(True, [udp(A, 5000, PEER, 53, ip_ttl=1)], [], "outward")
    came = View(lab.inside.receive())
    equal((came.protocol, came.segment[0], came.dst), (ICMP, 11, A), "time exceeded")


@case("nothing has leaked in all of this")
def nothing_leaked(lab):
    equal(lab.comments()["leaked"], 0, "packets behind the expression with an inside source")
    for way in ("out", "in"):
        counters = lab.alias("same")[way]
        equal((counters["foreign"], counters["no-memory"], counters["dying"]), (0, 0, 0), way)


if __name__ == "__main__":
    rig = Lab()
    rig.rules(RULES)
    sys.exit(ktap.run(rig))
