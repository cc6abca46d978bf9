# SPDX-License-Identifier: GPL-2.0
"""Cases of protocols.sh."""
import os
import socket
import sys

import ktap
from ktap import case, check, equal
from lab import PEER, PEER2, SERVER, Failure, Lab
from packet import (ABORT, CLOSE, DCCP_ACK, DCCP_RESET, ESP, GRE, INIT, INIT_ACK, LISTEN, REQUEST,
                    RESPONSE, SCTP, SHUTDOWN, UDPLITE, View, dccp, describe, ip, rewritten, sctp,
                    udplite)

A, B, HOST = "100.64.0.11", "100.64.0.12", "100.64.0.1"
OUTER, RANDOM = "198.51.100.1", "198.51.100.2"

RULES = """
alias same { address 198.51.100.1; ports 1-65535; same-ports; }
alias random { address 198.51.100.2; ports 3000-3063; }
table ip cgn {
	chain in {
		type filter hook prerouting priority raw;
		iifname "extern" ip daddr 198.51.100.1 alias in same
		iifname "extern" ip daddr 198.51.100.2 alias in random
		iifname "extern" ip daddr { 198.51.100.1, 198.51.100.2 } drop
	}
	chain out {
		type filter hook postrouting priority srcnat;
		oifname "extern" ip saddr 100.64.0.0/24 alias out same
		oifname "extern" ip saddr 100.64.1.0/24 alias out random
	}
}
"""

# name, builder, keywords of a packet that opens and of one that answers
KINDS = [
    ("UDP-Lite", udplite, {}, {}),
    ("UDP-Lite that covers its header only", udplite, {"coverage": 8}, {"coverage": 8}),
    ("SCTP", sctp, {"kind": INIT}, {"kind": INIT_ACK}),
    ("DCCP", dccp, {"kind": REQUEST}, {"kind": RESPONSE}),
    ("DCCP that covers its header only", dccp, {"kind": REQUEST, "coverage": 1},
     {"kind": RESPONSE, "coverage": 1}),
]
LINKS = {udplite: "udplite", sctp: "sctp", dccp: "dccp"}


def both_ways(name, build, opens, answers):
    # RFC 5597 REQ-11, REQ-12, REQ-13: a right checksum stays right; nothing else changes,
    # neither what it covers nor the service code.
    @case("%s: both ways, byte for byte, with every size and IP options" % name)
    def run(lab):
        sizes = [0, 1, 2, 3, 100, 1399] if build is not udplite or not opens else [0, 1, 400]
        sent = [build(A, 4000, PEER, 443, os.urandom(size), **opens) for size in sizes]
        sent += [build(A, 4000, PEER, 443, b"x", ip_options=b"\1" * 8, **opens)]
        with lab.counted("same", out={"packets": len(sent), "bytes": sum(map(len, sent))}):
            lab.expect(True, sent, [rewritten(p, src=(OUTER, 4000)) for p in sent], "outward")
        back = [build(PEER, 443, OUTER, 4000, os.urandom(size), **answers) for size in sizes]
        with lab.counted("same", into={"packets": len(back), "bytes": sum(map(len, back))}):
            lab.expect(False, back, [rewritten(p, dst=(A, 4000)) for p in back], "inward")

    # RFC 5597 REQ-7
    @case("%s: another port where the same is taken" % name)
    def taken(lab):
        packet = build(B, 4000, PEER, 443, b"other", **opens)
        came, = lab.out(packet)
        port = View(came).sport
        check(port != 4000, "outside port %d" % port)
        equal(describe(came), describe(rewritten(packet, src=(OUTER, port))), "outward")
        back = build(PEER, 443, OUTER, port, b"back", **answers)
        lab.expect(False, [back], [rewritten(back, dst=(B, 4000))], "inward")

    @case("%s: random ports" % name)
    def random_port(lab):
        packet = build("100.64.1.7", 4000, PEER, 443, b"data", **opens)
        came, = lab.out(packet)
        port = View(came).sport
        check(3000 <= port <= 3063, "outside port %d" % port)
        equal(describe(came), describe(rewritten(packet, src=(RANDOM, port))), "outward")

    @case("%s: a wrong checksum stays as wrong" % name)
    def wrong(lab):
        sent = [build(A, 4000, PEER, 443, b"bad", check=check, **opens)
                for check in (0x1234, 0x7fff)]
        lab.expect(True, sent, [rewritten(p, src=(OUTER, 4000)) for p in sent], "outward")
        back = build(PEER, 443, OUTER, 4000, b"bad", check=0x4321, **answers)
        lab.expect(False, [back], [rewritten(back, dst=(A, 4000))], "inward")

    @case("%s: truncated headers and zero ports are counted and go nowhere" % name)
    def truncated(lab):
        whole = build(A, 4000, PEER, 443, b"", **opens)
        least = {udplite: 8, sctp: 16, dccp: 24}[build]
        short = [ip(A, PEER, whole[9], whole[20:20 + n]) for n in range(least)]
        with lab.counted("same", out={"malformed": len(short)}):
            lab.expect(True, short, [], "outward")
        zero = [build(A, 0, PEER, 443, **opens), build(A, 4000, PEER, 0, **opens)]
        with lab.counted("same", out={"zero-port": 2}):
            lab.expect(True, zero, [], "outward")


for kind in KINDS:
    both_ways(*kind)


@case("what is neither UDP-Lite, SCTP nor DCCP is counted apart from them")
def counts(lab):
    links = lab.alias("same")["links"]
    for name in LINKS.values():
        check(links[name] > 0, "%s links: %r" % (name, links))
    equal(links["tcp"], 0, "TCP links")


@case("a reset of SCTP or DCCP opens nothing")
def resets(lab):
    sent = [sctp(A, 4999, PEER, 443, kind=ABORT), dccp(A, 4999, PEER, 443, kind=DCCP_RESET)]
    with lab.counted("same", out={"no-link": 2}):
        lab.expect(True, sent, [], "outward")


# Which way and what. With RFC 5596 a server opens the way for the client's request
# by a DCCP-Listen.
AFTER_REQUESTS = [(False, RESPONSE), (True, DCCP_ACK), (False, DCCP_ACK)]
MEETINGS = {
    "both send a request": [(True, REQUEST), (False, REQUEST)] + AFTER_REQUESTS,
    "the server is inside and listens": [(True, LISTEN), (False, REQUEST), (True, RESPONSE),
                                         (False, DCCP_ACK)],
    "the server is outside and listens": [(True, REQUEST), (False, LISTEN)] + AFTER_REQUESTS,
}


def simultaneous_open(how):
    @case("DCCP simultaneous open, %s (RFC 5597 REQ-2)" % how)
    def run(lab):
        port = 4600 + list(MEETINGS).index(how)
        for number, (outward, what) in enumerate(MEETINGS[how]):
            if outward:
                sent = dccp(A, port, PEER, 443, kind=what)
                wanted = rewritten(sent, src=(OUTER, port))
            else:
                sent = dccp(PEER, 443, OUTER, port, kind=what)
                wanted = rewritten(sent, dst=(A, port))
            lab.expect(outward, [sent], [wanted], "step %d" % number)
        links = lab.links("-p", "dccp", "--sport", str(port), "same")
        equal([link["state"] for link in links], ["ESTABLISHED"], "states")


for meeting in MEETINGS:
    simultaneous_open(meeting)


@case("an SCTP association and a DCCP connection end in CLOSING (RFC 5597 REQ-5)")
def closing(lab):
    for build, end in ((sctp, SHUTDOWN), (dccp, CLOSE)):
        opens, answers = {sctp: (INIT, INIT_ACK), dccp: (REQUEST, RESPONSE)}[build]
        lab.out(build(A, 4500, PEER, 443, kind=opens))
        lab.into(build(PEER, 443, OUTER, 4500, kind=answers))
        links = lab.links("-p", LINKS[build], "--sport", "4500", "same")
        equal([link["state"] for link in links], ["ESTABLISHED"], "states")
        lab.out(build(A, 4500, PEER, 443, kind=end))
        lab.into(build(PEER, 443, OUTER, 4500, kind=end))
        links = lab.links("-p", LINKS[build], "--sport", "4500", "same")
        equal([link["state"] for link in links], ["CLOSING"], "states")
        check(links[0]["seconds"] <= 240, "seconds")


# RFC 6888 REQ-1: what no RFC is about passes with other addresses, or not at all.
@case("ESP, GRE and every protocol without ports: by the addresses of both ends")
def others(lab):
    numbers = [n for n in range(256) if n not in (1, 6, 17, 33, 132, 136)]
    sent = [ip(A, PEER, n, os.urandom(40)) for n in numbers]
    with lab.counted("same", out={"packets": len(sent), "bytes": 60 * len(sent)}):
        lab.expect(True, sent, [rewritten(p, src=(OUTER, 0)) for p in sent], "outward")
    back = [ip(PEER, OUTER, n, os.urandom(40)) for n in numbers]
    lab.expect(False, back, [rewritten(p, dst=(A, 0)) for p in back], "inward")
    equal(lab.alias("same")["links"]["other"], len(numbers), "links")


@case("ESP: two customers to two peers stay apart, to one peer the second is refused")
def esp(lab):
    sent = ip(B, PEER2, ESP, b"esp of B" * 4)
    lab.expect(True, [sent], [rewritten(sent, src=(OUTER, 0))], "outward")
    back = [ip(PEER2, OUTER, ESP, b"to B" * 4), ip(PEER, OUTER, ESP, b"to A" * 4)]
    lab.expect(False, back, [rewritten(back[0], dst=(B, 0)), rewritten(back[1], dst=(A, 0))],
               "inward")
    with lab.counted("same", out={"no-port": 1}):
        lab.expect(True, [ip(B, PEER, ESP, b"esp of B" * 4)], [], "outward")


@case("ESP: a stranger's packets do not get in")
def esp_stranger(lab):
    with lab.counted("same", into={"no-link": 1}):
        lab.expect(False, [ip("192.0.2.99", OUTER, ESP, b"who is it" * 4)], [], "inward")


@case("a protocol without ports is listed without ports")
def listed(lab):
    found = lab.links("-p", "gre", "-s", A, "same")
    equal(len(found), 1, "links")
    link = found[0]
    check(0 < link.pop("seconds") <= 600, "seconds left")
    equal(link, {"alias": "same", "protocol": "gre", "state": "ACTIVE",
                 "inside": {"address": A}, "outside": {"address": OUTER},
                 "peer": {"address": PEER}}, "link")
    text = lab.nft("list", "links", "-p", "esp", "-d", PEER2, "same").stdout
    check("sport" not in text and "src=" + B in text, text)


@case("flush ends links of every protocol")
def flush(lab):
    lab.flush("same")
    equal(sum(lab.alias("same")["links"].values()), 0, "links")
    back = [ip(PEER, OUTER, GRE, b"too late" * 4), sctp(PEER, 443, OUTER, 4000, kind=INIT_ACK)]
    with lab.counted("same", into={"no-link": 2}):
        lab.expect(False, back, [], "inward")


@case("real UDP-Lite sockets: content both ways")
def real_udplite(lab):
    with lab.namespace("INSIDE"):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, UDPLITE)
    with lab.namespace("OUTSIDE"):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, UDPLITE)
    with client, server:
        client.settimeout(30)
        server.settimeout(30)
        client.bind((HOST, 5555))
        server.bind((SERVER, 7777))
        for _ in range(3):
            data = os.urandom(1000)
            client.sendto(data, (SERVER, 7777))
            got, seen = server.recvfrom(2000)
            equal(got, data, "at the server")
            equal(seen, (OUTER, 5555), "the client's address")
            server.sendto(data[::-1], seen)
            equal(client.recv(2000), data[::-1], "at the client")


@case("a real SCTP association: content both ways, and an orderly end")
def real_sctp(lab):
    try:
        with lab.namespace("OUTSIDE"):
            server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, SCTP)
    except OSError as error:
        raise Failure("no SCTP in this kernel: %s" % error) from error
    with lab.namespace("INSIDE"):
        client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, SCTP)
    with client, server:
        server.bind((SERVER, 3868))
        server.listen(1)
        server.settimeout(30)
        client.settimeout(30)
        client.bind((HOST, 5556))
        client.connect((SERVER, 3868))
        accepted, seen = server.accept()
        with accepted:
            equal(seen, (OUTER, 5556), "the client's address")
            accepted.settimeout(30)
            data = os.urandom(5000)
            client.sendall(data)
            got = b""
            while len(got) < len(data):
                got += accepted.recv(10000)
            equal(got, data, "at the server")
            accepted.sendall(data[::-1])
            got = b""
            while len(got) < len(data):
                got += client.recv(10000)
            equal(got, data[::-1], "at the client")
    links = lab.links("-p", "sctp", "--sport", "5556", "same")
    check(len(links) == 1, "links %r" % links)


if __name__ == "__main__":
    rig = Lab()
    rig.rules(RULES)
    sys.exit(ktap.run(rig))
