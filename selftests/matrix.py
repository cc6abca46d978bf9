# SPDX-License-Identifier: GPL-2.0
"""Cases of matrix.sh."""
import contextlib
import itertools
import socket
import struct
import sys

import ktap
from ktap import Failure, case, check, equal
from lab import MAC, PEER, SOL_PACKET, Lab
from packet import (ACK, CHECK_OFFSET, DATA, DCCP_DATA, DONT_FRAGMENT, ECHO, ECHO_REPLY, INIT,
                    REQUEST, SCTP, SYN, View, dccp, describe, echo, fold, fragments,
                    ones_sum, pseudo, put_together, rewritten, sctp, tcp, udp, udplite)

# Who is behind which instance, and the port it has.
SUBSCRIBERS = {"the same port": ("same", "100.64.0.11", "198.51.100.1"),
               "another port": ("other", "100.64.1.11", "198.51.100.2")}
PORT = 4000
FRAME = 1500
PACKET_VNET_HDR, NEEDS_CSUM = 15, 1

RULES = """
alias same { address 198.51.100.1; ports 1-65535; same-ports; }
alias other { address 198.51.100.2; ports 2000-2063; }
table ip cgn {
	chain in {
		type filter hook prerouting priority raw;
		iifname "extern" ip daddr 198.51.100.1 alias in same
		iifname "extern" ip daddr 198.51.100.2 alias in other
	}
	chain out {
		type filter hook postrouting priority srcnat;
		oifname "extern" ip saddr 100.64.0.0/24 alias out same
		oifname "extern" ip saddr 100.64.1.0/24 alias out other
	}
}
"""


def query(src, sport, dst, dport, data=b"", **keywords):
    """An echo has the id of the end that is ours in the place of both ports."""
    if dst == PEER:
        return echo(src, dst, sport, 1, data, kind=ECHO, **keywords)
    return echo(src, dst, dport, 1, data, kind=ECHO_REPLY, **keywords)


# name: builder, length of its header, of the packet that opens, of those that follow
KINDS = {
    "TCP": (tcp, 20, {"flags": SYN}, {"flags": ACK}),
    "UDP": (udp, 8, {}, {}),
    "ICMP echo": (query, 8, {}, {}),
    "UDP-Lite": (udplite, 8, {}, {}),
    "SCTP": (sctp, 16, {"kind": INIT}, {"kind": DATA}),
    "DCCP": (dccp, 24, {"kind": REQUEST}, {"kind": DCCP_DATA}),
}


class Flow:
    """Packets of one protocol that go one way through one instance."""

    # 32-bit words of IP options, and bytes of payload; None: what the link takes.
    words, sizes = (0, 1, 10), (0, 1, 33, 34, None)

    def __init__(self, lab, outward, kind, port):
        self.lab, self.outward = lab, outward
        # Which of the BNG's devices may have to finish a checksum.
        self.devices = ("extern" if outward else "intern",)
        self.name, self.inside, outside = SUBSCRIBERS[port]
        self.build, self.header, opens, self.follows = KINDS[kind]
        opener = self.build(self.inside, PORT, PEER, 443, **opens)
        came, = lab.out(opener)
        self.outside = (outside, View(came).sport)
        equal(describe(came), describe(rewritten(opener, src=self.outside)), "opener")
        check((self.outside[1] == PORT) == (port == "the same port"), "port %r" % (self.outside,))
        self.ends = (self.inside, PORT, PEER, 443) if outward else (PEER, 443) + self.outside
        self.idents = itertools.count(1)

    def packet(self, sum_is, data, **keywords):
        """sum_is: right, wrong or none"""
        keywords = {**self.follows, **keywords, "ip_ident": next(self.idents)}
        packet = self.build(*self.ends, data, **keywords)
        if sum_is == "right":
            return packet
        view = View(packet)
        if sum_is == "none":
            value = 0
        elif view.protocol == SCTP:
            value = view.sctp_check ^ 0x00ff5501
        else:
            value = (view.check + 0x1f3) % 0xffff or 1
        return self.build(*self.ends, data, check=value, **keywords)

    def sums(self):
        """Without a checksum is UDP alone (RFC 768); with all others 0 is a checksum, a wrong
        one, and no other case."""
        return ("right", "wrong", "none") if self.build is udp else ("right", "wrong")

    def send(self, packets, sender=None):
        return self.lab.send(self.outward, packets, sender)

    def translated(self, packet):
        if self.outward:
            return rewritten(packet, src=self.outside)
        return rewritten(packet, dst=(self.inside, PORT))

    def counted(self, packets):
        moved = {"packets": len(packets), "bytes": sum(map(len, packets))}
        return self.lab.counted(self.name, **{"out" if self.outward else "into": moved})

    def compare(self, packets, came):
        equal(len(came), len(packets), "packets that came")
        for packet, one in zip(packets, came):
            wanted = self.translated(packet)
            if one != wanted:
                raise Failure("sent %s\ngot  %s\nwant %s" %
                              (describe(packet), describe(one), describe(wanted)))


def data_of(size):
    return bytes((at * 11 + size) % 255 + 1 for at in range(size))


def whole(flow):
    packets = []
    for sum_is, df, words, size in itertools.product(flow.sums(), (0, DONT_FRAGMENT), flow.words,
                                                     flow.sizes):
        if size is None:
            size = FRAME - 20 - 4 * words - flow.header
        packets.append(flow.packet(sum_is, data_of(size), ip_fragment=df,
                                   ip_options=b"\1" * 4 * words))
    with flow.counted(packets):
        flow.compare(packets, flow.send(packets))


def in_fragments(flow):
    packets, sent = [], []
    for sum_is, words, size in itertools.product(flow.sums(), flow.words, (33, 34, 3000)):
        packet = flow.packet(sum_is, data_of(size), ip_fragment=0, ip_options=b"\1" * 4 * words)
        packets.append(packet)
        sent += fragments(packet, 1008 if size == 3000 else 16)[::-1]
    with flow.counted(packets):
        came = flow.send(sent)
    flow.compare(packets, put_together(came))


class Unfinished:
    """Sends packets whose checksum the device is to finish (CHECKSUM_PARTIAL)."""

    def __init__(self, lab, outward):
        where, device = ("INSIDE", "intern") if outward else ("OUTSIDE", "extern")
        with lab.namespace(where):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            self.sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
            self.sock.bind(("eth0", 0))
        to = bytes.fromhex(MAC[device])
        self.frame = to + to[:5] + b"\2" + struct.pack("!H", 0x0800)

    def send(self, data):
        view = View(data)
        at, start = CHECK_OFFSET[view.protocol], 14 + view.hlen
        self.sock.send(struct.pack("=BBHHHH", NEEDS_CSUM, 0, start + at + 2, 0, start, at) +
                       self.frame + unfinished(data))

    def close(self):
        self.sock.close()


def unfinished(data):
    """With the sum of the pseudo header in the place of the checksum."""
    view = View(data)
    at = view.hlen + CHECK_OFFSET[view.protocol]
    value = fold(ones_sum(pseudo(view.src, view.dst, view.protocol, len(view.segment))))
    return data[:at] + struct.pack("!H", value) + data[at + 2:]


def partial(flow):
    """The BNG's device finishes the sum, or leaves it to the next one."""
    packets = [flow.packet("right", data_of(size), ip_options=b"\1" * 4 * words)
               for words, size in itertools.product((0, 10), (0, 1, 33, 34, 1400))]
    with contextlib.closing(Unfinished(flow.lab, flow.outward)) as sender:
        with flow.counted(packets):
            came = flow.send(packets, sender)
        equal([describe(one) for one in came],
              [describe(unfinished(flow.translated(packet))) for packet in packets], "unfinished")
        for device in flow.devices:
            flow.lab.offload("BNG", device, gso=0, tso=0, checksum=0)
            try:
                with flow.counted(packets):
                    came = flow.send(packets, sender)
                flow.compare(packets, came)
            finally:
                flow.lab.offload("BNG", device, checksum=1, tso=1, gso=1)


# No kernel leaves an echo's to a device, and a packet socket has no word for SCTP's CRC:
# that is in rewrite_kunit.c.
SHAPES = ((whole, KINDS, "every checksum, DF, IP options and size"),
          (in_fragments, KINDS, "every checksum, IP options and size in fragments, backwards"),
          (partial, ("TCP", "UDP", "UDP-Lite", "DCCP"), "checksums that the device is to finish"))


def product():
    for kind, outward, port in itertools.product(KINDS, (True, False), SUBSCRIBERS):
        for shape, kinds, name in SHAPES:
            if kind not in kinds:
                continue
            words = (kind, "outward" if outward else "inward", port, name)
            case("%s, %s, %s: %s (RFC 6888 REQ-1)" % words)(
                lambda lab, shape=shape, flow=(outward, kind, port): shape(Flow(lab, *flow)))


if __name__ == "__main__":
    product()
    rig = Lab()
    rig.rules(RULES)
    sys.exit(ktap.run(rig))
