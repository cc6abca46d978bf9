# SPDX-License-Identifier: GPL-2.0
"""Cases of own_errors.sh."""
import contextlib
import os
import socket
import sys

import ktap
from ktap import case, check, equal
from lab import BNG_EXTERN, BNG_INTERN, SERVER, Lab, run, wait_for
from packet import (ACK, RST, SYN, TCP, UNREACHABLE, View, describe, echo, ones_sum, pseudo,
                    rewritten, tcp, udp)
from quote import FRAGMENTATION_NEEDED, POOL_MAPS, TIME_EXCEEDED, Error, error

# Nobody in the namespace inside has them: the test plays A; for B nobody answers.
A, B = "100.64.0.11", "100.64.1.77"
OUTER_A, OUTER_B = "198.51.100.1", "198.51.100.2"
# Beyond a next hop that does not answer, a narrow link, and neither.
LOST, NARROW, PEER = "198.18.0.9", "192.0.2.99", "192.0.2.1"
NARROW_MTU = 1000
HOST_UNREACHABLE, ADMIN_PROHIBITED = 1, 13
# Network control, as errors of routers are sent (RFC 1812 section 4.3.2.5).
TOS = 0xc0
# How much of a packet an error of this kernel quotes.
QUOTED = 576 - 20 - 8
UDP_SECONDS = 300
RETRANS_TIME = "/proc/sys/net/ipv4/neigh/extern/retrans_time_ms"

ALIASES = """
alias one { number 7; address 198.51.100.1; ports 1-65535; same-ports; }
alias two { number 8; address 198.51.100.2; ports 1-65535; same-ports; }
"""
QUOTES = "icmp type { destination-unreachable, time-exceeded, parameter-problem }"
RULES = ALIASES + """
table ip cgn {
""" + POOL_MAPS + """	chain in {
		type filter hook prerouting priority raw;
		%(iif)s ip daddr 198.51.100.1 alias in one
		%(iif)s ip daddr 198.51.100.2 alias in two
		%(iif)s ip daddr 198.51.100.0/24 counter drop
	}
	chain out {
		type filter hook postrouting priority srcnat;
		%(out)s
		oifname "extern" ip saddr 100.64.0.0/10 counter comment "leaked"
		oifname "extern" """ + QUOTES + """ \
			@th,192,32 & 0xffc00000 == 0x64400000 counter comment "leaked in a quote"
	}
%(own)s
}
"""
OUT = """
		%(oif)s ip saddr 100.64.0.0/24 alias out one
		%(oif)s ip saddr 100.64.1.0/24 alias out two
		%(oif)s """ + QUOTES + """ @th,192,32 & 0xffffff00 == 0x64400000 alias out one
		%(oif)s """ + QUOTES + """ @th,192,32 & 0xffffff00 == 0x64400100 alias out two
"""
OUT_MAP = """
		%(oif)s ip saddr 100.64.0.0/10 alias out map ip saddr & 255.255.255.0 map @pool_of
		%(oif)s """ + QUOTES + """ \
			alias out map @th,192,32 & 0xffffff00 map @pool_of_quoted
"""
OWN = """
	chain own {
		type route hook output priority raw;
		%(round)s
		ip daddr 198.51.100.1 alias in one
		ip daddr 198.51.100.2 alias in two
	}
"""
OWN_MAP = """
	chain own {
		type route hook output priority raw;
		%(round)s
		ip daddr 198.51.100.0/24 \
			alias in map ip daddr map { 198.51.100.1 : 7, 198.51.100.2 : 8 }
	}
"""
INPUT = """
	chain own { type filter hook input priority 0; ip daddr 198.51.100.1 alias in one; }
"""
ROUND = QUOTES + " @th,192,32 & 0xffc00000 == 0x64400000 accept"
EARLY = """
table ip early {
	chain out {
		type filter hook prerouting priority raw - 1;
		iifname "intern" ip saddr 100.64.0.0/24 alias out one
		iifname "intern" ip saddr 100.64.1.0/24 alias out two
	}
	chain firewall {
		type filter hook forward priority filter;
		iifname "intern" ip daddr 192.0.2.1 udp dport 666 reject with icmp admin-prohibited
		iifname "intern" ip daddr 192.0.2.1 tcp dport 666 reject with tcp reset
	}
}
"""
BOUND_IF = {"iif": 'iifname "extern"', "oif": 'oifname "extern"', "round": ROUND}
ANY_IF = {"iif": "", "oif": "", "round": ""}


def rules(interfaces, out=OUT, own=OWN):
    return RULES % dict(interfaces, out=out % interfaces, own=own % interfaces)


BOUND, ANY = rules(BOUND_IF), rules(ANY_IF)
KINDS = {"rules of the outside interface": BOUND,
         "rules by map": rules(BOUND_IF, OUT_MAP, OWN_MAP),
         "rules of any interface": ANY,
         "family inet": BOUND.replace("table ip cgn", "table inet cgn")}
EARLY_KINDS = {"rules of the outside interface": BOUND + EARLY,
               "rules of any interface": ANY + EARLY}


def load(lab, text):
    """Every case begins without links."""
    lab.rules(text)
    lab.flush("one", "two")


def with_rules(name, kinds):
    """A case for each of these kinds of rules."""
    def add(function):
        for kind, text in kinds.items():
            def one(lab, text=text):
                load(lab, text)
                function(lab)
                equal({k: v for k, v in lab.comments().items() if "leaked" in k},
                      {"leaked": 0, "leaked in a quote": 0}, "inside addresses that left")
            case("%s: %s" % (name, kind))(one)
        return function
    return add


def answers(lab, sent):
    """What comes back inside for packets from inside, one for each."""
    lab.inside.drain()
    lab.outside.drain()
    for one in sent:
        lab.inside.send(one)
    came = [lab.inside.receive() for _ in sent]
    check(None not in came, "%d answers to %d packets" % (came.index(None) if None in came else 0,
                                                         len(sent)))
    return came


def settled(lab):
    """Nothing more has come, inside or outside: a marker is next."""
    for outward, here, there in ((False, lab.outside, lab.inside),
                                 (True, lab.inside, lab.outside)):
        marker = lab.marker(outward)
        here.send(marker)
        came = there.receive()
        check(came is not None, "the marker packet did not arrive")
        equal(describe(came), describe(rewritten(marker)), "what comes next")


def expect(lab, sent, wanted, source=BNG_EXTERN, hops=0):
    """Errors to A byte for byte, but for their IP id. wanted: what each quotes, its
    kind and code, and its MTU."""
    came = answers(lab, sent)
    built = [error(source, A, quote, kind, code, kept=QUOTED, rest=rest, ip_tos=TOS,
                   ip_ident=View(seen).ident, ip_fragment=0, ip_ttl=64 - hops)
             for seen, (quote, kind, code, rest) in zip(came, wanted)]
    equal([describe(p) for p in came], [describe(p) for p in built], "errors")
    return came


def length(packets):
    return {"packets": len(packets), "bytes": sum(map(len, packets))}


def counted_errors(packets):
    """Counters of the errors about them."""
    return {"packets": len(packets), "bytes": sum(28 + min(len(p), QUOTED) for p in packets)}


def outward_packets(peer, data=b"from inside", **keywords):
    return [udp(A, 5000, peer, 53, data, **keywords),
            udp(A, 5000, peer, 54, data, check=0, **keywords),
            tcp(A, 5000, peer, 80, data, flags=SYN, **keywords),
            echo(A, peer, 5000, 1, data, **keywords),
            udp(A, 5000, peer, 53, data, ip_options=b"\1" * 12, **keywords)]


# -- the documented rules: translated last

# RFC 4787 REQ-12b
@with_rules("the next hop outside does not answer: the inside hears of it, and sees its own packet "
            "quoted", KINDS)
def lost(lab):
    sent = outward_packets(LOST, os.urandom(700)) + outward_packets(LOST)
    with lab.counted("one", length(sent), counted_errors(sent)), lab.counted("two"):
        expect(lab, sent, [(rewritten(p), UNREACHABLE, HOST_UNREACHABLE, 0) for p in sent])
        settled(lab)


@contextlib.contextmanager
def patient(lab):
    """The host asks for a neighbour once a second, as is usual."""
    def ask_every(milliseconds):
        with lab.namespace("BNG"), open(RETRANS_TIME, "w") as setting:
            setting.write(milliseconds)

    ask_every("1000")
    try:
        yield
    finally:
        ask_every("50")


@with_rules("such an error touches no link's life (RFC 5508 REQ-6)",
            {"rules of the outside interface": BOUND})
def links_live_on(lab):
    sent = udp(A, 5000, LOST, 53, b"anybody?")
    with patient(lab):
        expect(lab, [sent], [(rewritten(sent), UNREACHABLE, HOST_UNREACHABLE, 0)])
    link, = lab.links("one")
    # The host asked three times, a second apart, before it gave up: so old the link is.
    check(link.pop("seconds") <= UDP_SECONDS - 2, "the error gave the link new time")
    equal(link, {"alias": "one", "protocol": "udp", "state": "ACTIVE",
                 "inside": {"address": A, "port": 5000},
                 "outside": {"address": OUTER_A, "port": 5000},
                 "peer": {"address": LOST, "port": 53}}, "link")


@contextlib.contextmanager
def dead_end(lab):
    """The router outside turns nothing round."""
    def forward(value):
        with lab.namespace("OUTSIDE"), open("/proc/sys/net/ipv4/ip_forward", "w") as switch:
            switch.write(value)

    forward("0")
    try:
        yield
    finally:
        forward("1")


def goes_out(lab, sent, refused, meanwhile=lambda: None):
    """The error goes outside, where nobody is who wants it."""
    lab.outside.drain()
    with dead_end(lab), lab.counted("one", length([sent]), refused):
        lab.inside.drain()
        lab.inside.send(sent)
        meanwhile()
        came = lab.outside.receive()
        check(came is not None, "no error")
        equal(describe(came), describe(error(
            BNG_EXTERN, OUTER_A, rewritten(sent, src=(OUTER_A, 5000)), UNREACHABLE,
            HOST_UNREACHABLE, ip_tos=TOS, ip_ident=View(came).ident, ip_fragment=0)), "error")
        settled(lab)


@case("without the chain it does not come back")
def control(lab):
    load(lab, rules(BOUND_IF, own=""))
    goes_out(lab, udp(A, 5000, LOST, 53, b"anybody?"), None)


@case("without a link it does not match, and opens none")
def no_link(lab):
    load(lab, BOUND)
    goes_out(lab, udp(A, 5000, LOST, 53, b"anybody?"), {"no-link": 1},
             lambda: lab.flush("one"))
    equal(lab.link_counts("one"), {}, "links")


# -- where the outside address is the BNG's own

@contextlib.contextmanager
def local(lab):
    def address(verb):
        run("ip", "-n", lab.names["BNG"], "address", verb, OUTER_A + "/32", "dev", "lo")

    address("add")
    try:
        yield
    finally:
        address("delete")


@with_rules("the same where the outside address is the BNG's own", KINDS)
def own_address(lab):
    sent = outward_packets(LOST)
    with local(lab), lab.counted("one", length(sent), counted_errors(sent)), lab.counted("two"):
        expect(lab, sent, [(rewritten(p), UNREACHABLE, HOST_UNREACHABLE, 0) for p in sent],
               source=OUTER_A)
        settled(lab)


@case("without the chain it ends in the BNG then, whatever a chain of hook input says")
def own_address_control(lab):
    load(lab, rules(BOUND_IF, own=INPUT))
    sent = udp(A, 5000, LOST, 53, b"anybody?")
    with local(lab):
        lab.outside.drain()
        lab.inside.drain()
        before = lab.alias("one")["in"]["packets"]
        with lab.counted("one", length([sent]), counted_errors([sent])):
            lab.inside.send(sent)
            wait_for(lambda: lab.alias("one")["in"]["packets"] > before, "the error")
            settled(lab)


@case("a chain of hook input serves programs of the BNG itself")
def own_programs(lab):
    load(lab, rules(BOUND_IF, out=OUT + """
		%(oif)s ip saddr 10.10.0.1 alias out one
""", own=INPUT))
    with local(lab), lab.socket("BNG", socket.SOCK_DGRAM, (BNG_INTERN, 7000)) as program, \
            lab.socket("OUTSIDE", socket.SOCK_DGRAM, (SERVER, 7001)) as server:
        program.sendto(b"question", (SERVER, 7001))
        equal(server.recvfrom(100), (b"question", (OUTER_A, 7000)), "at the server")
        server.sendto(b"answer", (OUTER_A, 7000))
        equal(program.recvfrom(100), (b"answer", (SERVER, 7001)), "at the program")


# -- from customer to customer: both are hidden from each other

# The path a packet takes between them has so many routers.
TURNS = {"rules of the outside interface": 3, "rules by map": 3, "rules of any interface": 1}


def between_customers(kind):
    @case("an error about a packet to another customer hides who that is (RFC 5508 REQ-7): "
          + kind)
    def one(lab):
        load(lab, KINDS[kind])
        lab.out(udp(B, 5000, PEER, 53), tcp(B, 5000, PEER, 80, flags=SYN))
        sent = [udp(A, 5000, OUTER_B, 5000, b"neighbour"),
                tcp(A, 5000, OUTER_B, 5000, b"neighbour", flags=SYN)]
        with lab.counted("one", length(sent), counted_errors(sent)), \
                lab.counted("two", counted_errors(sent), length(sent)):
            expect(lab, sent, [(rewritten(p, hops=TURNS[kind]), UNREACHABLE, HOST_UNREACHABLE, 0)
                               for p in sent], source=OUTER_B, hops=TURNS[kind] - 1)


for which in TURNS:
    between_customers(which)


# -- rules that translate early

@with_rules("early: time exceeded", EARLY_KINDS)
def time_exceeded(lab):
    sent = outward_packets(PEER, ip_ttl=1)
    with lab.counted("one", length(sent), counted_errors(sent)), lab.counted("two"):
        expect(lab, sent, [(p, TIME_EXCEEDED, 0, 0) for p in sent])
        settled(lab)


# RFC 4787 REQ-13
@with_rules("early: fragmentation needed", EARLY_KINDS)
def fragmentation_needed(lab):
    sent = outward_packets(NARROW, os.urandom(1100))
    with lab.counted("one", length(sent), counted_errors(sent)), lab.counted("two"):
        expect(lab, sent, [(p, UNREACHABLE, FRAGMENTATION_NEEDED, NARROW_MTU) for p in sent])
        settled(lab)


@with_rules("early: what a firewall rejects", EARLY_KINDS)
def rejected(lab):
    sent = [udp(A, 5000, PEER, 666, b"no"), udp(A, 5000, PEER, 666, b"no", ip_options=b"\1" * 12)]
    with lab.counted("one", length(sent), counted_errors(sent)), lab.counted("two"):
        expect(lab, sent, [(rewritten(p), UNREACHABLE, ADMIN_PROHIBITED, 0) for p in sent])
        settled(lab)


@with_rules("early: a firewall's reset", EARLY_KINDS)
def reset(lab):
    sent = tcp(A, 5000, PEER, 666, flags=SYN)
    with lab.counted("one", length([sent]), {"packets": 1, "bytes": 40}), lab.counted("two"):
        came, = answers(lab, [sent])
        settled(lab)
    # RFC 9293 section 3.10.7.1; the device is to complete the sum of the pseudo header.
    equal(describe(came), describe(tcp(PEER, 666, A, 5000, flags=RST | ACK, seq=0, ack=1001,
                                       window=0, ip_ident=View(came).ident,
                                       check=ones_sum(pseudo(PEER, A, TCP, 20)))), "reset")


if __name__ == "__main__":
    sys.exit(ktap.run(Lab()))
