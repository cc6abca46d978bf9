# SPDX-License-Identifier: GPL-2.0
"""Cases of translate_udp.sh."""
import socket
import struct
import sys

import ktap
from ktap import case, check, equal
from lab import PEER, PEER2, SERVER, Lab
from packet import View, checksum, describe, ones_sum, pseudo, rewritten, udp

# Nobody in the namespace inside has A and B: the tests play their part.
A, B, HOST = "100.64.0.11", "100.64.0.12", "100.64.0.1"
OUTER, RANDOM = "198.51.100.1", "198.51.100.2"
SOL_UDP, UDP_SEGMENT = 17, 103

RULES = """
alias same { address 198.51.100.1; ports 1024-65535; same-ports; }
alias random { address 198.51.100.2; ports 2000-2063; }
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


@case("outward, the source becomes outside address and same port, byte for byte")
def outward(lab):
    packet = udp(A, 40000, PEER, 53, b"question")
    with lab.counted("same", out={"packets": 1, "bytes": len(packet)}):
        lab.expect(True, [packet], [rewritten(packet, src=(OUTER, 40000))], "outward")


@case("inward, the peer's answer finds the inside endpoint")
def inward(lab):
    packet = udp(PEER, 53, OUTER, 40000, b"answer")
    with lab.counted("same", into={"packets": 1, "bytes": len(packet)}):
        lab.expect(False, [packet], [rewritten(packet, dst=(A, 40000))], "inward")


@case("two destinations share one mapping (RFC 4787 REQ-1)")
def mapping(lab):
    packets = [udp(A, 40000, PEER2, 53), udp(A, 40000, PEER, 54), udp(A, 40000, PEER2, 1)]
    lab.expect(True, packets, [rewritten(p, src=(OUTER, 40000)) for p in packets], "outward")
    equal(lab.link_counts("same"), {"udp": 1}, "links")


@case("a stranger reaches the inside through the mapping (RFC 4787 REQ-8, EIF)")
def filtering(lab):
    packet = udp("192.0.2.77", 7777, OUTER, 40000, b"knock")
    lab.expect(False, [packet], [rewritten(packet, dst=(A, 40000))], "inward")


@case("a port without a mapping is not translated, and counted")
def no_link(lab):
    with lab.counted("same", into={"no-link": 1}):
        lab.expect(False, [udp(PEER, 53, OUTER, 40001)], [], "inward")


# RFC 4787 REQ-3
@case("the port another subscriber has leads to another one of the range")
def taken(lab):
    packet = udp(B, 40000, PEER, 53)
    came, = lab.out(packet)
    port = View(came).sport
    check(port != 40000 and port >= 1024, "outside port %d" % port)
    equal(came, rewritten(packet, src=(OUTER, port)), "outward")
    back = udp(PEER, 53, OUTER, port)
    lab.expect(False, [back], [rewritten(back, dst=(B, 40000))], "inward")


@case("an inside port below the range is mapped into it")
def below(lab):
    packet = udp(A, 1023, PEER, 53)
    came, = lab.out(packet)
    check(View(came).sport >= 1024, "outside port %d" % View(came).sport)
    equal(came, rewritten(packet, src=(OUTER, View(came).sport)), "outward")


# RFC 6888 REQ-13, REQ-15, RFC 7857 section 9
@case("random ports: 64 endpoints use the 64 ports of the range, each once")
def random_ports(lab):
    packets = [udp("100.64.1.%d" % (n % 8), 5000 + n, PEER, 53) for n in range(64)]
    came = lab.out(*packets)
    ports = [View(p).sport for p in came]
    equal(sorted(ports), list(range(2000, 2064)), "outside ports")
    check(ports != sorted(ports), "the ports come in order: %r" % ports)
    equal([describe(p) for p in came],
          [describe(rewritten(p, src=(RANDOM, port))) for p, port in zip(packets, ports)],
          "outward")
    back = [udp(PEER2, 9, RANDOM, port) for port in ports]
    lab.expect(False, back, [rewritten(b, dst=("100.64.1.%d" % (n % 8), 5000 + n))
                             for n, b in enumerate(back)], "inward")


@case("no checksum (0) stays none, both ways")
def none(lab):
    packet = udp(A, 40000, PEER, 53, b"no sum", check=0)
    lab.expect(True, [packet], [rewritten(packet, src=(OUTER, 40000))], "outward")
    back = udp(PEER, 53, OUTER, 40000, b"no sum", check=0)
    lab.expect(False, [back], [rewritten(back, dst=(A, 40000))], "inward")
    equal(View(rewritten(back, dst=(A, 40000))).check, 0, "checksum that was wanted")


@case("a checksum that comes to 0 is written as 0xffff")
def all_ones(lab):
    header = struct.pack("!HHHH", 40000, 53, 10, 0)
    rest = ones_sum(pseudo(OUTER, PEER, 17, 10) + header)
    packet = udp(A, 40000, PEER, 53, struct.pack("!H", 0xffff - rest))
    wanted = rewritten(packet, src=(OUTER, 40000))
    equal(View(wanted).check, 0xffff, "checksum that was wanted")
    lab.expect(True, [packet], [wanted], "outward")


@case("a wrong checksum stays wrong by the same difference")
def wrong(lab):
    right = View(udp(A, 40000, PEER, 53, b"damaged")).check
    for error in (1, 0x100, 0x7fff):
        packet = udp(A, 40000, PEER, 53, b"damaged", check=(right + error) % 0xffff or 1)
        wanted = rewritten(packet, src=(OUTER, 40000))
        check(View(wanted).check != View(wanted).right_check, "the wanted one is right")
        lab.expect(True, [packet], [wanted], "error %#x" % error)


@case("IP options of every length, odd and empty payloads, and a full frame")
def shapes(lab):
    sent = [udp(A, 40000, PEER, 53, b"x" * 9, ip_options=b"\1" * 4 * n) for n in range(1, 11)]
    sent += [udp(A, 40000, PEER, 53, bytes(size)) for size in (0, 1, 1472)]
    lab.expect(True, sent, [rewritten(p, src=(OUTER, 40000)) for p in sent], "outward")
    back = [udp(PEER, 53, OUTER, 40000, b"x" * 9, ip_options=b"\1" * 4 * n) for n in range(1, 11)]
    back += [udp(PEER, 53, OUTER, 40000, bytes(size)) for size in (0, 1, 1472)]
    lab.expect(False, back, [rewritten(p, dst=(A, 40000)) for p in back], "inward")


@case("the links are listed with all three endpoints")
def listed(lab):
    found = lab.links("-s", A, "--sport", "40000", "same")
    equal(len(found), 1, "links of the endpoint")
    link = found[0]
    check(0 < link.pop("seconds") <= 300, "seconds left")
    equal(link, {"alias": "same", "protocol": "udp", "state": "ACTIVE",
                 "inside": {"address": A, "port": 40000},
                 "outside": {"address": OUTER, "port": 40000},
                 "peer": {"address": PEER, "port": 53}}, "link")


def real(lab, size):
    with lab.socket("INSIDE", socket.SOCK_DGRAM, (HOST, 45000)) as client, \
            lab.socket("OUTSIDE", socket.SOCK_DGRAM, (SERVER, 5353)) as server:
        data = bytes(n * 7 % 251 for n in range(size))
        client.sendto(data, (SERVER, 5353))
        got, seen = server.recvfrom(1 << 16)
        equal((got == data, seen), (True, (OUTER, 45000)), "what the server sees")
        server.sendto(got[::-1], seen)
        got, seen = client.recvfrom(1 << 16)
        equal((got == data[::-1], seen), (True, (SERVER, 5353)), "what the client sees")


@case("sockets: content both ways, checksums left to the device (CHECKSUM_PARTIAL)")
def partial(lab):
    before = lab.outside.partial
    lab.outside.drain()
    real(lab, 1400)
    lab.outside.drain()
    check(lab.outside.partial > before, "no packet came with an unfinished checksum")


@case("sockets: the checksum is right when the kernel has to finish it")
def finished(lab):
    lab.offload("BNG", "extern", gso=0, tso=0, checksum=0)
    lab.outside.drain()
    real(lab, 1400)
    seen = View(lab.outside.receive())
    lab.offload("BNG", "extern", checksum=1, tso=1, gso=1)
    equal((seen.src, seen.sport), (OUTER, 45000), "source")
    equal(seen.check, seen.right_check, "checksum")


@case("one GSO packet: every datagram cut from it has the new source and a right checksum")
def gso(lab):
    data = bytes(n % 256 for n in range(5000))
    lab.offload("BNG", "extern", gso=0, tso=0, checksum=0)
    with lab.socket("INSIDE", socket.SOCK_DGRAM, (HOST, 45001)) as client, \
            lab.socket("OUTSIDE", socket.SOCK_DGRAM, (SERVER, 5353)) as server:
        client.setsockopt(SOL_UDP, UDP_SEGMENT, 1000)
        lab.outside.drain()
        with lab.counted("same", out={"packets": 1, "bytes": 5028}):
            client.sendto(data, (SERVER, 5353))
            got = [server.recvfrom(2000) for _ in range(5)]
    lab.offload("BNG", "extern", checksum=1, tso=1, gso=1)
    equal([d for d, _ in got], [data[n:n + 1000] for n in range(0, 5000, 1000)], "content")
    equal({seen for _, seen in got}, {(OUTER, 45001)}, "source")
    for _ in range(5):
        seen = View(lab.outside.receive())
        equal((seen.check, checksum(seen.raw[:20])), (seen.right_check, 0), "checksums")


if __name__ == "__main__":
    rig = Lab()
    rig.rules(RULES)
    sys.exit(ktap.run(rig))
