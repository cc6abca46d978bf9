# SPDX-License-Identifier: GPL-2.0
"""Cases of translate_icmp.sh."""
import os
import socket
import sys

import ktap
from ktap import case, check, equal
from lab import PEER, PEER2, SERVER, Lab
from packet import ECHO, ECHO_REPLY, View, describe, echo, icmp_segment, ip, rewritten

# Nobody in the namespace inside has A and B: the tests play their part.
A, B, HOST = "100.64.0.11", "100.64.0.12", "100.64.0.1"
OUTER, RANDOM = "198.51.100.1", "198.51.100.2"
TIMESTAMP, TIMESTAMP_REPLY = 13, 14
QUERIES, ERRORS = (ECHO, ECHO_REPLY, TIMESTAMP, TIMESTAMP_REPLY), (3, 11, 12)

RULES = """
alias same { address 198.51.100.1; ports 1-65535; same-ports; }
alias random { address 198.51.100.2; ports 3000-3063; }
table ip cgn {
	chain in {
		type filter hook prerouting priority raw;
		iifname "extern" ip daddr 198.51.100.1 alias in same
		iifname "extern" ip daddr 198.51.100.2 alias in random
	}
	chain out {
		type filter hook postrouting priority srcnat;
		oifname "extern" ip saddr 100.64.0.0/24 alias out same
		oifname "extern" ip saddr 100.64.1.0/24 alias out random
	}
}
"""


def reply(src, dst, ident, seq=1, data=b"", **keywords):
    return echo(src, dst, ident, seq, data, kind=ECHO_REPLY, **keywords)


# RFC 5508 REQ-1, REQ-10a
@case("echo: the id takes the part of both ports, byte for byte")
def request(lab):
    packet = echo(A, PEER, 0x4242, 7, b"payload")
    with lab.counted("same", out={"packets": 1, "bytes": len(packet)}):
        lab.expect(True, [packet], [rewritten(packet, src=(OUTER, 0x4242))], "outward")
    back = reply(PEER, OUTER, 0x4242, 7, b"payload")
    with lab.counted("same", into={"packets": 1, "bytes": len(back)}):
        lab.expect(False, [back], [rewritten(back, dst=(A, 0x4242))], "inward")


@case("two destinations share one mapping (RFC 5508 REQ-1a)")
def mapping(lab):
    packets = [echo(A, PEER2, 0x4242), echo(A, PEER, 0x4242, 8)]
    lab.expect(True, packets, [rewritten(p, src=(OUTER, 0x4242)) for p in packets], "outward")
    equal(lab.link_counts("same"), {"icmp": 1}, "links")


@case("a stranger's echo and reply pass through the mapping (EIF)")
def filtering(lab):
    back = [reply("192.0.2.77", OUTER, 0x4242), echo("192.0.2.78", OUTER, 0x4242)]
    lab.expect(False, back, [rewritten(b, dst=(A, 0x4242)) for b in back], "inward")


@case("a taken id leads to another, and the answer gets the old one back")
def taken(lab):
    packet = echo(B, PEER, 0x4242)
    came, = lab.out(packet)
    ident = View(came).sport
    check(ident not in (0, 0x4242), "outside id %#x" % ident)
    equal(came, rewritten(packet, src=(OUTER, ident)), "outward")
    back = reply(PEER, OUTER, ident)
    lab.expect(False, [back], [rewritten(back, dst=(B, 0x4242))], "inward")


@case("id 0 is an id")
def zero(lab):
    packet = echo(A, PEER, 0)
    came, = lab.out(packet)
    ident = View(came).sport
    check(ident > 0, "outside id %d is not in the range" % ident)
    back = reply(PEER, OUTER, ident)
    lab.expect(False, [back], [rewritten(back, dst=(A, 0))], "inward")


@case("random ids stay in the range, each once")
def random_ids(lab):
    packets = [echo("100.64.1.%d" % (n % 4), PEER, n) for n in range(64)]
    came = lab.out(*packets)
    idents = [View(p).sport for p in came]
    equal(sorted(idents), list(range(3000, 3064)), "outside ids")
    equal([describe(p) for p in came],
          [describe(rewritten(p, src=(RANDOM, i))) for p, i in zip(packets, idents)], "outward")
    back = [reply(PEER, RANDOM, i) for i in idents]
    lab.expect(False, back, [rewritten(b, dst=("100.64.1.%d" % (n % 4), n))
                             for n, b in enumerate(back)], "inward")


@case("an echo reply makes no link")
def unasked(lab):
    with lab.counted("same", out={"no-link": 1}):
        lab.expect(True, [reply(A, PEER, 0x1111)], [], "outward")
    with lab.counted("same", into={"no-link": 1}):
        lab.expect(False, [reply(PEER, OUTER, 0x1111)], [], "inward")


# RFC 6888 REQ-1: nothing that RFC 5508 has no mapping for passes half translated.
@case("types that are neither queries nor errors to translate never leave (RFC 5508 REQ-10b, 10c, 11)")
def other_types(lab):
    kinds = [k for k in range(256) if k not in QUERIES + ERRORS]
    packets = [ip(A, PEER, 1, icmp_segment(k, 0x4242, data=echo(PEER, A, 0x4242))) for k in kinds]
    with lab.counted("same", out={"protocol": len(kinds)}):
        lab.expect(True, packets, [], "outward")
    back = [ip(PEER, OUTER, 1, icmp_segment(k, 0x4242, data=echo(OUTER, PEER, 0x4242)))
            for k in kinds]
    with lab.counted("same", into={"protocol": len(kinds)}):
        lab.expect(False, back, [], "inward")


@case("a timestamp is a query as an echo is, its reply opens nothing (RFC 5508 REQ-1, 10b)")
def timestamp(lab):
    with lab.counted("same", out={"no-link": 1}):
        lab.expect(True, [echo(A, PEER, 0x7777, kind=TIMESTAMP_REPLY, data=bytes(12))], [], "reply")
    packet = echo(A, PEER, 0x7777, kind=TIMESTAMP, data=bytes(12))
    back = echo(PEER, OUTER, 0x7777, kind=TIMESTAMP_REPLY, data=b"\1" * 12)
    lab.expect(True, [packet], [rewritten(packet, src=(OUTER, 0x7777))], "outward")
    lab.expect(False, [back], [rewritten(back, dst=(A, 0x7777))], "inward")


@case("a wrong checksum stays wrong by the same difference, both ways")
def wrong(lab):
    for error in (1, 0x1234):
        right = View(echo(A, PEER, 0x5555, 1, b"bad")).check
        packet = echo(A, PEER, 0x5555, 1, b"bad", check=(right + error) % 0xffff)
        wanted = rewritten(packet, src=(OUTER, 0x5555))
        check(View(wanted).check != View(wanted).right_check, "the wanted one is right")
        lab.expect(True, [packet], [wanted], "outward")
    packet = echo("100.64.1.0", PEER, 0, 1, b"bad", check=0x2222)
    came, = lab.out(packet)
    equal(came, rewritten(packet, src=(RANDOM, View(came).sport)), "another id")


@case("IP options and every size up to a full frame")
def shapes(lab):
    sent = [echo(A, PEER, 0x4242, n, b"y" * n, ip_options=b"\1" * 4 * n) for n in range(1, 11)]
    sent += [echo(A, PEER, 0x4242, 1, os.urandom(size)) for size in (0, 1, 2, 1471, 1472)]
    lab.expect(True, sent, [rewritten(p, src=(OUTER, 0x4242)) for p in sent], "outward")


@case("the link is listed with its id")
def listed(lab):
    found = lab.links("-p", "icmp", "-s", A, "--sport", str(0x4242), "same")
    equal(len(found), 1, "links")
    link = found[0]
    check(0 < link.pop("seconds") <= 60, "seconds left")
    equal(link, {"alias": "same", "protocol": "icmp", "state": "ACTIVE",
                 "inside": {"address": A, "id": 0x4242},
                 "outside": {"address": OUTER, "id": 0x4242},
                 "peer": {"address": PEER}}, "link")


@case("a real host answers: three echoes of a raw socket come back whole")
def ping(lab):
    with lab.namespace("INSIDE"):
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    with sock:
        sock.settimeout(30)
        sock.bind((HOST, 0))
        with lab.counted("same", out={"packets": 3, "bytes": 3 * 84},
                         into={"packets": 3, "bytes": 3 * 84}):
            for seq in range(3):
                data = os.urandom(56)
                sock.sendto(icmp_segment(ECHO, 77, seq, data), (SERVER, 0))
                equal(sock.recv(2000)[20:], icmp_segment(ECHO_REPLY, 77, seq, data), "answer")


if __name__ == "__main__":
    rig = Lab()
    rig.rules(RULES)
    sys.exit(ktap.run(rig))
