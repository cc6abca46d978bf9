# SPDX-License-Identifier: GPL-2.0
"""Cases of pool.sh."""
import sys

import ktap
from ktap import case, check, equal
from lab import PEER, Lab
from packet import ECHO_REPLY, SYN, View, describe, echo, rewritten, tcp, udp

POOL = ["198.51.100.%d" % n for n in (8, 9, 10, 11, 16, 17, 18, 40)]
TINY = "198.51.100.32"

RULES = """
alias pool { address 198.51.100.8/30, 198.51.100.16-198.51.100.18; address 198.51.100.40; }
alias tiny { address 198.51.100.32; ports 4000-4003; }
alias pair { address { 198.51.100.48, 198.51.100.49 }; ports 5000-5001; }
table ip cgn {
	chain in {
		type filter hook prerouting priority raw;
		iifname "extern" ip daddr 198.51.100.8/30 alias in pool
		iifname "extern" ip daddr { 198.51.100.16-198.51.100.18, 198.51.100.40 } alias in pool
		iifname "extern" ip daddr 198.51.100.32 alias in tiny
		iifname "extern" ip daddr 198.51.100.48/31 alias in pair
	}
	chain out {
		type filter hook postrouting priority srcnat;
		oifname "extern" ip saddr 100.64.10.0/24 alias out pool
		oifname "extern" ip saddr 100.64.20.0/24 alias out tiny
		oifname "extern" ip saddr 100.64.30.0/24 alias out pair
	}
}
"""
SUBSCRIBERS = ["100.64.10.%d" % n for n in range(1, 49)]


def packets_of(subscriber):
    """Six endpoints of all protocols, and the answers to them."""
    sent = [udp(subscriber, 1000 + n, PEER, 53) for n in range(3)]
    sent += [tcp(subscriber, 1000 + n, PEER, 80, flags=SYN) for n in range(2)]
    return sent + [echo(subscriber, PEER, 99)]


def answer(sent, seen):
    if seen.protocol == 1:
        return echo(PEER, seen.src, seen.sport, kind=ECHO_REPLY)
    build = udp if seen.protocol == 17 else tcp
    return build(PEER, View(sent).dport, seen.src, seen.sport)


# RFC 6888 REQ-3: the addresses are no prefix, and all of them are used.
@case("a subscriber has one outside address for TCP, UDP and ICMP (RFC 4787 REQ-2, RFC 6888 REQ-2)")
def pairing(lab):
    sent = [p for s in SUBSCRIBERS for p in packets_of(s)]
    came = lab.out(*sent)
    seen = [View(p) for p in came]
    equal([describe(p) for p in came],
          [describe(rewritten(p, src=(v.src, v.sport))) for p, v in zip(sent, seen)], "outward")
    pairs = {(View(p).src, v.src) for p, v in zip(sent, seen)}
    equal(len(pairs), len(SUBSCRIBERS), "pairs of inside and outside address")
    equal(sorted({outer for _, outer in pairs}), sorted(POOL), "outside addresses in use")
    equal(len({(v.protocol, v.src, v.sport) for v in seen}), len(sent), "outside endpoints")

    back = [answer(p, v) for p, v in zip(sent, seen)]
    lab.expect(False, back, [rewritten(b, dst=(View(p).src, View(p).sport))
                             for b, p in zip(back, sent)], "inward")


@case("subscribers and links are counted, and listed each once")
def counts(lab):
    alias = lab.alias("pool")
    equal(alias["subscribers"], 48, "subscribers")
    equal(lab.link_counts("pool"), {"tcp": 96, "udp": 144, "icmp": 48}, "links")
    links = lab.links("pool")
    equal(len(links), 288, "links listed")
    equal(len({(l["protocol"], str(l["outside"])) for l in links}), 288, "links listed once")
    equal(len(lab.links("-n", "198.51.100.8/30", "-p", "tcp", "pool")) +
          len(lab.links("-n", "198.51.100.16/30", "-p", "tcp", "pool")) +
          len(lab.links("-n", "198.51.100.40", "-p", "tcp", "pool")), 96, "TCP links by address")


# RFC 6888 REQ-3
@case("addresses are shown as the ranges they are")
def shown(lab):
    equal(lab.alias("pool")["address"],
          [{"prefix": {"addr": "198.51.100.8", "len": 30}},
           {"range": ["198.51.100.16", "198.51.100.18"]}, "198.51.100.40"], "address")


@case("a flush ends the links and nothing else")
def flush(lab):
    lab.flush("pool")
    alias = lab.alias("pool")
    equal((alias["subscribers"], lab.link_counts("pool")), (0, {}), "left")
    equal(lab.links("pool"), [], "links listed")
    equal(alias["out"]["packets"], 288, "packets counted before")


# RFC 6888 REQ-11A, REQ-11C
@case("without a free port a packet is dropped and counted, and never leaves as it is")
def exhaustion(lab):
    endpoints = [("100.64.20.1", 7000 + n) for n in range(20)]
    for build in (udp, lambda *ends: tcp(*ends, flags=SYN)):
        sent = [build(s, port, PEER, 80) for s, port in endpoints]
        sent += [build("100.64.20.2", 7000, PEER, 80)]
        size = len(sent[0])
        with lab.counted("tiny", out={"packets": 4, "bytes": 4 * size, "no-port": 17}):
            came = lab.out(*sent)
        equal([(View(p).src, p[20:22] != b"") for p in came], [(TINY, True)] * 4, "sources")
        equal(sorted(View(p).sport for p in came), [4000, 4001, 4002, 4003], "outside ports")
    with lab.counted("tiny", out={"packets": 4, "bytes": 112, "no-port": 2}):
        equal(len(lab.out(*[echo("100.64.20.1", PEER, n) for n in range(6)])), 4, "echoes")


# RFC 6888 REQ-11D
@case("those who have a port keep it while others are refused")
def established(lab):
    link = lab.links("-p", "udp", "tiny")[0]
    packet = udp("100.64.20.1", link["inside"]["port"], PEER, 80, b"still here")
    lab.expect(True, [udp("100.64.20.9", 1, PEER, 80), packet],
               [rewritten(packet, src=(TINY, link["outside"]["port"]))], "outward")


@case("a flush gives the ports back")
def ports_back(lab):
    lab.flush("tiny")
    came = lab.out(*[udp("100.64.20.7", 9000 + n, PEER, 80) for n in range(6)])
    equal(sorted(View(p).sport for p in came), [4000, 4001, 4002, 4003], "outside ports")


# RFC 4787 REQ-11, RFC 7857 section 4
@case("a subscriber whose address is full gets no second one")
def paired(lab):
    sent = [udp("100.64.30.1", 1 + n, PEER, 80) for n in range(3)]
    with lab.counted("pair", out={"packets": 2, "bytes": 56, "no-port": 1}):
        came = lab.out(*sent)
    equal(len({View(p).src for p in came}), 1, "outside addresses")


@case("a new subscriber gets the address that still has ports")
def other_address(lab):
    first = lab.links("-s", "100.64.30.1", "pair")[0]["outside"]["address"]
    for n in range(10):
        lab.flush("pair")
        lab.out(udp("100.64.30.1", 1, PEER, 80), udp("100.64.30.1", 2, PEER, 80))
        first = lab.links("-s", "100.64.30.1", "pair")[0]["outside"]["address"]
        came = lab.out(udp("100.64.30.%d" % (2 + n), 1, PEER, 80))
        check(len(came) == 1, "round %d: refused, though an address has both ports free" % n)
        check(View(came[0]).src != first, "round %d: the same address" % n)


if __name__ == "__main__":
    rig = Lab()
    rig.rules(RULES)
    sys.exit(ktap.run(rig))
