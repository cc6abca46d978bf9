# SPDX-License-Identifier: GPL-2.0
"""Cases of translate_tcp.sh."""
import os
import socket
import sys

import ktap
from ktap import case, check, equal
from lab import PEER, PEER2, SERVER, SERVER2, Lab, transfer, wait_for
from packet import ACK, FIN, PSH, RST, SYN, TCP, View, checksum, describe, rewritten, tcp, udp

# Nobody in the namespace inside has A and B: the tests play their part.
A, B, HOST = "100.64.0.11", "100.64.0.12", "100.64.0.1"
OUTER, RANDOM = "198.51.100.1", "198.51.100.2"
MSS = bytes.fromhex("020405b4")
TIMESTAMPS = bytes.fromhex("0101080a0000000100000002")

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


def out(flags, sport=40000, dst=PEER, **keywords):
    return tcp(A, sport, dst, 80, flags=flags, **keywords)


def into(flags, port=40000, src=PEER, **keywords):
    return tcp(src, 80, OUTER, port, flags=flags, **keywords)


def pass_out(lab, *packets):
    lab.expect(True, packets, [rewritten(p, src=(OUTER, View(p).sport)) for p in packets],
               "outward")


def pass_in(lab, *packets):
    lab.expect(False, packets, [rewritten(p, dst=(A, View(p).dport)) for p in packets], "inward")


def state(lab, sport):
    return [link["state"] for link in lab.links("-p", "tcp", "--sport", str(sport), "same")]


@case("a connection is translated both ways, byte for byte")
def both_ways(lab):
    there = [out(SYN, options=MSS), out(ACK), out(ACK | PSH, data=b"GET /", options=TIMESTAMPS)]
    back = [into(SYN | ACK, options=MSS), into(ACK | PSH, data=b"200", options=TIMESTAMPS)]
    with lab.counted("same", out={"packets": 3, "bytes": sum(map(len, there))},
                     into={"packets": 2, "bytes": sum(map(len, back))}):
        pass_out(lab, there[0])
        pass_in(lab, back[0])
        pass_out(lab, *there[1:])
        pass_in(lab, back[1])


@case("two destinations share one mapping (RFC 5382 REQ-1)")
def mapping(lab):
    pass_out(lab, out(SYN, dst=PEER2), tcp(A, 40000, PEER, 443, flags=SYN))
    equal(lab.link_counts("same"), {"tcp": 1}, "links")


@case("a stranger's SYN reaches the inside (RFC 5382 REQ-3, EIF)")
def filtering(lab):
    pass_in(lab, into(SYN, src="192.0.2.77"))


# RFC 5382 REQ-2
@case("the state follows both sides through a connection's life")
def states(lab):
    steps = [(True, SYN, "OPENING"), (False, SYN | ACK, "ESTABLISHED"), (True, ACK, "ESTABLISHED"),
             (True, FIN | ACK, "FIN_OUT"), (False, ACK, "FIN_OUT"), (False, FIN | ACK, "CLOSING"),
             (True, ACK, "CLOSING"), (True, SYN, "OPENING"), (False, SYN | ACK, "ESTABLISHED"),
             (False, FIN | ACK, "FIN_IN"), (True, FIN | ACK, "CLOSING"), (True, SYN, "OPENING"),
             (False, SYN | ACK, "ESTABLISHED"), (False, RST, "RESET"), (True, ACK, "ESTABLISHED"),
             (True, RST, "RESET")]
    for number, (outward, flags, wanted) in enumerate(steps):
        if outward:
            pass_out(lab, out(flags, sport=41000))
        else:
            pass_in(lab, into(flags, port=41000))
        equal(state(lab, 41000), [wanted], "state after step %d" % number)


@case("a reset does not end the link (RFC 7857 section 2.3)")
def reset(lab):
    pass_in(lab, into(RST, port=41000))
    pass_in(lab, into(ACK, port=41000, data=b"late"))
    pass_out(lab, out(ACK, sport=41000))


@case("a stranger's packets do not move the state")
def strangers(lab):
    pass_out(lab, out(SYN, sport=41001))
    pass_in(lab, into(SYN | ACK, port=41001, src=PEER2))
    equal(state(lab, 41001), ["OPENING"], "state after a stranger's SYN-ACK")
    pass_in(lab, into(SYN | ACK, port=41001))
    pass_in(lab, into(RST, port=41001, src=PEER2), into(FIN | ACK, port=41001, src=PEER2))
    equal(state(lab, 41001), ["ESTABLISHED"], "state after a stranger's RST and FIN")


@case("a reset without a link makes none and is dropped; any other packet makes one")
def openers(lab):
    with lab.counted("same", out={"no-link": 1}):
        lab.expect(True, [out(RST, sport=41100)], [], "outward")
    pass_out(lab, out(ACK, sport=41101, data=b"of an old connection"))
    with lab.counted("same", into={"no-link": 1}):
        lab.expect(False, [into(SYN, port=41102)], [], "inward")


# RFC 5382 REQ-7
@case("the port another subscriber has leads to another one of the range")
def taken(lab):
    packet = tcp(B, 40000, PEER, 80, flags=SYN)
    came, = lab.out(packet)
    port = View(came).sport
    check(port != 40000 and port >= 1024, "outside port %d" % port)
    equal(came, rewritten(packet, src=(OUTER, port)), "outward")
    back = tcp(PEER, 80, OUTER, port, flags=SYN | ACK)
    lab.expect(False, [back], [rewritten(back, dst=(B, 40000))], "inward")


# RFC 7857 section 5
@case("TCP and UDP ports are not the same ports")
def spaces(lab):
    packet = udp(A, 42000, PEER, 80)
    lab.expect(True, [packet], [rewritten(packet, src=(OUTER, 42000))], "UDP outward")
    with lab.counted("same", into={"no-link": 1}):
        lab.expect(False, [into(ACK, port=42000)], [], "TCP to the UDP port")


# RFC 6888 REQ-15
@case("random ports: 64 endpoints use the 64 ports of the range, each once")
def random_ports(lab):
    packets = [tcp("100.64.1.%d" % (n % 8), 5000 + n, PEER, 80, flags=SYN) for n in range(64)]
    came = lab.out(*packets)
    ports = [View(p).sport for p in came]
    equal(sorted(ports), list(range(2000, 2064)), "outside ports")
    check(ports != sorted(ports), "the ports come in order: %r" % ports)
    equal([describe(p) for p in came],
          [describe(rewritten(p, src=(RANDOM, port))) for p, port in zip(packets, ports)],
          "outward")


@case("a wrong checksum stays wrong by the same difference, both ways")
def wrong(lab):
    for error in (1, 0xff, 0x8000):
        bad = (View(out(ACK, data=b"bad")).check + error) % 0xffff
        pass_out(lab, out(ACK, data=b"bad", check=bad))
        bad = (View(into(ACK, data=b"bad")).check + error) % 0xffff
        pass_in(lab, into(ACK, data=b"bad", check=bad))


@case("IP options, TCP options and every size up to a full frame")
def shapes(lab):
    sent = [out(ACK, data=b"z" * n, ip_options=b"\1" * 4 * n, options=b"\1" * 4 * (10 - n))
            for n in range(1, 11)]
    sent += [out(ACK, data=os.urandom(size)) for size in (0, 1, 2, 1459, 1460)]
    pass_out(lab, *sent)


def connection(lab, port, size, check_segment):
    """A real connection; looks at what leaves the BNG on the wire."""
    lab.outside.drain()
    with lab.listen("OUTSIDE", (SERVER, 8080)) as listener:
        client, accepted, seen = lab.connect("INSIDE", (HOST, port), (SERVER, 8080), listener)
        equal(seen, (OUTER, port), "what the server sees")
        with client, accepted:
            transfer(client, accepted, os.urandom(size))
    looked, longest = 0, 0
    while (raw := lab.outside.receive(0)) is not None:
        view = View(raw)
        if view.protocol != TCP:
            continue
        equal(view.src, OUTER, "source on the wire")
        check_segment(view)
        looked += 1
        longest = max(longest, len(raw))
    check(looked > 3, "only %d segments seen" % looked)
    return longest


@case("sockets: content both ways through GSO packets")
def large(lab):
    before = lab.outside.partial
    longest = connection(lab, 45000, 300000, lambda view: None)
    check(longest > 1500, "no packet was longer than the MTU: %d" % longest)
    check(lab.outside.partial > before, "no packet came with an unfinished checksum")


@case("sockets: each segment cut from a GSO packet has a right checksum")
def segmented(lab):
    def right(view):
        equal((view.check, checksum(view.raw[:20])), (view.right_check, 0), "checksums")

    lab.offload("BNG", "extern", gso=0, tso=0, checksum=0)
    longest = connection(lab, 45001, 300000, right)
    lab.offload("BNG", "extern", checksum=1, tso=1, gso=1)
    check(longest <= 1500, "a packet was longer than the MTU: %d" % longest)


@case("sockets: two servers see the same port of one socket address")
def two_servers(lab):
    with lab.listen("OUTSIDE", (SERVER, 8080)) as one, lab.listen("OUTSIDE", (SERVER2, 81)) as two:
        pair = lab.connect("INSIDE", (HOST, 45002), (SERVER, 8080), one)
        other = lab.connect("INSIDE", (HOST, 45002), (SERVER2, 81), two)
        equal((pair[2], other[2]), ((OUTER, 45002), (OUTER, 45002)), "what the servers see")
        transfer(pair[0], pair[1], os.urandom(20000))
        transfer(other[0], other[1], os.urandom(20000))
        for sock in pair[:2] + other[:2]:
            sock.close()


# RFC 5382 REQ-2: begun outside
@case("sockets: a server inside is reached from outside through its mapping")
def inward_connection(lab):
    with lab.listen("OUTSIDE", (SERVER, 8080)) as listener:
        client, accepted, _ = lab.connect("INSIDE", (HOST, 45003), (SERVER, 8080), listener)
    with client, accepted, lab.socket("INSIDE", socket.SOCK_STREAM) as inner:
        inner.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        client.close()
        accepted.close()
        wait_for(lambda: state(lab, 45003) == ["CLOSING"], "both sides to close")
        inner.bind((HOST, 45003))
        inner.listen(1)
        with lab.socket("OUTSIDE", socket.SOCK_STREAM, (SERVER2, 0)) as guest:
            guest.connect((OUTER, 45003))
            host, seen = inner.accept()
            with host:
                equal(seen, guest.getsockname(), "what the inside sees")
                transfer(guest, host, os.urandom(20000))


if __name__ == "__main__":
    rig = Lab()
    rig.rules(RULES)
    sys.exit(ktap.run(rig))
