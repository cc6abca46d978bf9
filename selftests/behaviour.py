# SPDX-License-Identifier: GPL-2.0
"""Cases of behaviour.sh."""
import sys

import ktap
from ktap import case, check, equal
from lab import BNG_INTERN, Lab, wait_for
from packet import (ACK, ECHO_REPLY, FIN, INIT, REQUEST, RESPONSE, RST, SYN, UNREACHABLE, View,
                    dccp, describe, echo, rewritten, sctp, tcp, udp)

PEERS = ["192.0.2.%d" % n for n in range(1, 100)]

# name: (outside address, what else its block says)
ALIASES = {
    "eif": ("198.51.100.1", "same-ports; filter eif;"),
    "adf": ("198.51.100.2", "same-ports; filter adf;"),
    "apdf": ("198.51.100.3", "same-ports; filter apdf;"),
    "mixed": ("198.51.100.4", "same-ports; filter apdf; filter udp eif; filter icmp adf; "
              "filter dccp adf;"),
    "edm": ("198.51.100.5", "ports 3000-3000; mapping edm; filter eif;"),
    "deny": ("198.51.100.6", "same-ports; filter apdf; deny-in; refresh-in;"),
}


def blocks(changed=None):
    text = ""
    for name, (address, rest) in ALIASES.items():
        rest = (changed or {}).get(name, rest)
        text += "alias %s { address %s; %s }\n" % (name, address, rest)
    return text


def ruleset():
    inward, outward = "", ""
    for n, (name, (address, _)) in enumerate(ALIASES.items()):
        inward += '\t\tiifname "extern" ip daddr %s alias in %s\n' % (address, name)
        outward += '\t\toifname "extern" ip saddr 100.64.%d.0/24 alias out %s\n' % (n, name)
    return """%s
table ip cgn {
	chain in {
		type filter hook prerouting priority raw;
%s		iifname "extern" ip daddr 198.51.100.0/24 counter drop comment "rest"
	}
	chain out {
		type filter hook postrouting priority srcnat;
%s	}
}
""" % (blocks(), inward, outward)


def inside(name, host=11):
    return "100.64.%d.%d" % (list(ALIASES).index(name), host)


def outer(name):
    return ALIASES[name][0]


def opens(build, name, port, peer, peer_port):
    keywords = {tcp: {"flags": SYN}, sctp: {"kind": INIT}, dccp: {"kind": REQUEST}}.get(build, {})
    return build(inside(name), port, peer, peer_port, **keywords)


def answers(build, name, port, peer, peer_port):
    keywords = {tcp: {"flags": SYN | ACK}, sctp: {"kind": 2},
                dccp: {"kind": RESPONSE}}.get(build, {})
    return build(peer, peer_port, outer(name), port, **keywords)


def enters(lab, name, packet, port, may):
    wanted = {"packets": 1, "bytes": len(packet)} if may else {"filtered": 1}
    with lab.counted(name, into=wanted):
        lab.expect(False, [packet], [rewritten(packet, dst=(inside(name), port))] if may else [],
                   "inward to %s" % name)


# Who may answer: the endpoint that was sent something, its other ports, others.
WHO = {"eif": (True, True, True), "adf": (True, True, False), "apdf": (True, False, False)}


# RFC 6888 REQ-7: as RFC 4787 has it, for every protocol
def filter_case(name, build, label, rfc):
    @case("filter %s, %s: whom it lets in (%s)" % (name, label, rfc))
    def run(lab):
        port = 4000
        for count in (1, 4):
            for peer in PEERS[:count]:
                sent = opens(build, name, port, peer, 443)
                lab.expect(True, [sent], [rewritten(sent, src=(outer(name), port))], "outward")
            endpoint, address, stranger = WHO[name]
            for peer in PEERS[:count]:
                enters(lab, name, answers(build, name, port, peer, 443), port, endpoint)
                enters(lab, name, answers(build, name, port, peer, 444), port, address)
            enters(lab, name, answers(build, name, port, PEERS[50], 443), port, stranger)


for behaviour in WHO:
    filter_case(behaviour, udp, "UDP", "RFC 4787 REQ-8")
    filter_case(behaviour, tcp, "TCP", "RFC 5382 REQ-3")
    filter_case(behaviour, sctp, "SCTP", "RFC 6888 REQ-7")
    filter_case(behaviour, dccp, "DCCP", "RFC 5597 REQ-3")


def simultaneous(name):
    @case("simultaneous open, filter %s: the peer's first SYN is filtered, its second meets ours "
          "(RFC 5382 REQ-2a)" % name)
    def run(lab):
        ours, far = (inside(name), 4050), (PEERS[0], 443)
        seen = (outer(name), 4050)

        def out(flags, **numbers):
            sent = tcp(*ours, *far, flags=flags, **numbers)
            with lab.counted(name, out={"packets": 1, "bytes": len(sent)}):
                lab.expect(True, [sent], [rewritten(sent, src=seen)], "outward")

        def into(flags, may=True, **numbers):
            enters(lab, name, tcp(*far, *seen, flags=flags, **numbers), ours[1], may)

        # There is a link, but not with this peer.
        lab.out(opens(tcp, name, ours[1], PEERS[1], 443))
        into(SYN, may=False, seq=7000, ack=0)
        out(SYN, seq=1000, ack=0)
        into(SYN, seq=7000, ack=0)
        out(SYN | ACK, seq=1000, ack=7001)
        into(SYN | ACK, seq=7000, ack=1001)
        out(ACK, seq=1001, ack=7001)
        link, = lab.links("-p", "tcp", "--sport", str(ours[1]), name)
        equal(link["state"], "ESTABLISHED", "state")
        check(link["seconds"] > 7000, "%d seconds left" % link["seconds"])


for behaviour in ("adf", "apdf"):
    simultaneous(behaviour)


# RFC 5597 REQ-3a, REQ-3b
@case("filter by protocol: one's is not another's (RFC 5382 REQ-3b, RFC 7857 section 6)")
def by_protocol(lab):
    for build in (tcp, udp, dccp):
        lab.out(opens(build, "mixed", 4000, PEERS[0], 443))
    lab.out(echo(inside("mixed"), PEERS[0], 4000))
    enters(lab, "mixed", answers(tcp, "mixed", 4000, PEERS[1], 443), 4000, False)
    enters(lab, "mixed", answers(udp, "mixed", 4000, PEERS[1], 443), 4000, True)
    enters(lab, "mixed", answers(dccp, "mixed", 4000, PEERS[0], 444), 4000, True)
    enters(lab, "mixed", answers(dccp, "mixed", 4000, PEERS[1], 443), 4000, False)
    enters(lab, "mixed", echo(PEERS[0], outer("mixed"), 4000, kind=ECHO_REPLY), 4000, True)
    enters(lab, "mixed", echo(PEERS[1], outer("mixed"), 4000, kind=ECHO_REPLY), 4000, False)


@case("deny-in: what is filtered is dropped, not left to the next rule")
def deny(lab):
    lab.out(opens(udp, "deny", 4000, PEERS[0], 443))
    before = lab.comments()["rest"]
    enters(lab, "deny", answers(udp, "deny", 4000, PEERS[1], 443), 4000, False)
    equal(lab.comments()["rest"], before, "packets at the next rule")
    lab.out(opens(udp, "apdf", 4100, PEERS[0], 443))
    enters(lab, "apdf", answers(udp, "apdf", 4100, PEERS[1], 443), 4100, False)
    equal(lab.comments()["rest"], before + 1, "packets at the next rule")


# RFC 5597 REQ-1
@case("mapping eim: one outside port for all destinations (RFC 4787 REQ-1, RFC 5382 REQ-1)")
def eim(lab):
    lab.flush("eif")
    for build in (udp, tcp, sctp, dccp):
        came = lab.out(*[opens(build, "eif", 4200, peer, 443) for peer in PEERS[:10]])
        equal({View(p).sport for p in came}, {4200}, "outside ports")
        equal(len(came), 10, "packets")
    equal(lab.alias("eif")["links"]["udp"], 1, "links")


@case("mapping edm: destinations share an outside port and stay apart (RFC 7857 section 3)")
def edm(lab):
    sent = [udp(inside("edm", 11 + n), 4000 + n, PEERS[n], 53, b"%d" % n) for n in range(20)]
    lab.expect(True, sent, [rewritten(p, src=(outer("edm"), 3000)) for p in sent], "outward")
    equal(lab.alias("edm")["links"]["udp"], 20, "links")
    back = [udp(PEERS[n], 53, outer("edm"), 3000, b"to %d" % n) for n in range(20)]
    lab.expect(False, back, [rewritten(p, dst=(inside("edm", 11 + n), 4000 + n))
                             for n, p in enumerate(back)], "inward")
    with lab.counted("edm", into={"no-link": 2}):
        lab.expect(False, [udp(PEERS[0], 54, outer("edm"), 3000),
                           udp(PEERS[30], 53, outer("edm"), 3000)], [], "strangers")


@case("mapping edm: no port for the same destination twice (RFC 4787 REQ-3)")
def edm_full(lab):
    with lab.counted("edm", out={"no-port": 1}):
        lab.expect(True, [udp(inside("edm", 99), 9, PEERS[0], 53)], [], "outward")


@case("who can have no port is told: host unreachable (RFC 5508 REQ-8, RFC 6888 REQ-11B)")
def told(lab):
    packet = udp(inside("edm", 98), 9, PEERS[0], 53, b"refused")
    lab.inside.drain()
    lab.expect(True, [packet], [], "outward")
    came = View(lab.inside.receive())
    equal((came.src, came.dst, came.protocol), (BNG_INTERN, inside("edm", 98), 1), "from, to")
    equal(came.segment[:2], bytes((UNREACHABLE, 1)), "type and code")
    equal(describe(came.segment[8:]), describe(rewritten(packet)), "what it quotes")


@case("mapping edm: flows that share a port are listed one by one, and flushed")
def edm_listed(lab):
    found = lab.links("-p", "udp", "edm")
    equal({(link["inside"]["address"], link["peer"]["address"]) for link in found},
          {(inside("edm", 11 + n), PEERS[n]) for n in range(20)}, "links")
    lab.flush("edm")
    equal(lab.alias("edm")["links"]["udp"], 0, "links")


# RFC 4787 REQ-11
@case("a mapping cannot change under living links, and can when they are gone")
def change_mapping(lab):
    lab.out(opens(udp, "edm", 4000, PEERS[0], 443))
    changed = blocks({"edm": "ports 3000-3000; mapping eim;"})
    before = lab.aliases()
    done = lab.nft("-f", "-", text=changed, check=False)
    check(done.returncode == 1 and "links use the mapping that this changes: flush first"
          in done.stderr, "exit %d: %s" % (done.returncode, done.stderr))
    equal(lab.aliases(), before, "aliases")
    lab.flush("edm")
    lab.load(changed)
    equal(lab.alias("edm")["mapping"], "eim", "mapping")
    lab.load(blocks())
    equal(lab.alias("edm")["mapping"], "edm", "mapping")


# RFC 4787 REQ-8a, RFC 5382 REQ-3a, RFC 5597 REQ-3a
@case("a filter can change while links live: what is known stays, the rest is kept out")
def change_filter(lab):
    for build in (udp, tcp, dccp):
        lab.out(opens(build, "eif", 4300, PEERS[0], 443))
        enters(lab, "eif", answers(build, "eif", 4300, PEERS[9], 443), 4300, True)
        lab.load(blocks({"eif": "same-ports; filter apdf;"}))
        enters(lab, "eif", answers(build, "eif", 4300, PEERS[9], 443), 4300, False)
        enters(lab, "eif", answers(build, "eif", 4300, PEERS[0], 443), 4300, True)
        lab.load(blocks())
        enters(lab, "eif", answers(build, "eif", 4300, PEERS[9], 443), 4300, True)


def seconds(lab, *words):
    found = lab.links(*words)
    equal(len(found), 1, "links %r" % (words,))
    return found[0]["seconds"]


# RFC 5382 REQ-5a
@case("times are changed at run time (RFC 4787 REQ-5b, RFC 5508 REQ-2a, RFC 7857 section 2.2)")
def times(lab):
    lab.flush("eif")
    lab.nft("-f", "-", text=blocks({"eif": """same-ports; timeout udp 130; timeout icmp 5m;
        timeout tcp-opening 30; timeout tcp-established 3h; timeout tcp-closing 250;
        timeout udp port 53 7"""}))
    lab.out(opens(udp, "eif", 4400, PEERS[0], 443), opens(udp, "eif", 4401, PEERS[0], 53),
            echo(inside("eif"), PEERS[0], 4402), opens(tcp, "eif", 4403, PEERS[0], 443))
    for port, life in ((4400, 130), (4401, 7), (4402, 300), (4403, 30)):
        left = seconds(lab, "--sport", str(port), "eif")
        check(life - 60 < left <= life, "port %d: %d seconds left" % (port, left))
    lab.into(answers(tcp, "eif", 4403, PEERS[0], 443))
    left = seconds(lab, "--sport", "4403", "eif")
    check(10740 <= left <= 10800, "established: %d" % left)
    lab.out(tcp(inside("eif"), 4403, PEERS[0], 443, flags=FIN | ACK))
    lab.into(tcp(PEERS[0], 443, outer("eif"), 4403, flags=FIN | ACK))
    left = seconds(lab, "--sport", "4403", "eif")
    check(190 < left <= 250, "closing: %d" % left)


@case("a time that runs out ends the way inward (RFC 4787 REQ-5a: names are asked for shortly)")
def runs_out(lab):
    lab.load(blocks({"eif": "same-ports; timeout udp port 53 1; timeout hold 0"}))
    lab.out(opens(udp, "eif", 4500, PEERS[0], 53))
    back = answers(udp, "eif", 4500, PEERS[0], 53)
    wait_for(lambda: not lab.into(back), "the link lives on")
    wait_for(lambda: not lab.links("--sport", "4500", "eif"), "its port is not given back")
    lab.load(blocks())


@case("only with refresh-in inward packets keep a link alive (RFC 4787 REQ-6a, RFC 7857 section 7)")
def refresh(lab):
    for name, prolonged in (("deny", True), ("eif", False)):
        lab.out(opens(udp, name, 4600, PEERS[0], 443))
        back = answers(udp, name, 4600, PEERS[0], 443)
        wait_for(lambda: seconds(lab, "--sport", "4600", name) <= 297, "time stands still")
        lab.into(back)
        left = seconds(lab, "--sport", "4600", name)
        check((left > 297) == prolonged, "%s: %d seconds left" % (name, left))


@case("a link with several peers tells how many, and which lives longest counts")
def shared(lab):
    lab.flush("eif")
    for peer in PEERS[:3]:
        lab.out(opens(tcp, "eif", 4700, peer, 443))
        lab.into(answers(tcp, "eif", 4700, peer, 443))
    link, = lab.links("--sport", "4700", "eif")
    equal((link["peers"], link["state"]), (3, "ESTABLISHED"), "peers and state")
    for peer in PEERS[:2]:
        lab.out(tcp(inside("eif"), 4700, peer, 443, flags=RST))
    # Housekeeping goes through the ports in order, once in a few seconds: from one below to
    # one above it has been at this one.
    for port in (4600, 4800):
        lab.out(opens(tcp, "eif", port, PEERS[0], 443))
        lab.into(answers(tcp, "eif", port, PEERS[0], 443))
        lab.out(tcp(inside("eif"), port, PEERS[0], 443, flags=RST))
        wait_for(lambda at=str(port): seconds(lab, "--sport", at, "eif") <= 240, "it lives on")
    check(seconds(lab, "--sport", "4700", "eif") > 7000, "a reset of others cut it short")
    lab.out(tcp(inside("eif"), 4700, PEERS[2], 443, flags=RST))
    wait_for(lambda: seconds(lab, "--sport", "4700", "eif") <= 240, "it lives on")


@case("what is listed loads again unchanged, whatever was chosen")
def round_trip(lab):
    lab.nft("-f", "-", text=blocks({"mixed": """same-ports; refresh-in; filter apdf;
        filter udp eif; filter icmp adf; timeout udp 200; timeout hold 0;
        timeout udp port 53 10; timeout udp port 123 1m"""}))
    text = lab.nft("-s", "list", "ruleset").stdout
    lab.load("flush ruleset\n" + text)
    equal(lab.nft("-s", "list", "ruleset").stdout, text, "the list")
    shown = lab.alias("mixed")
    equal((shown["filter"], shown["protocols"], shown["timeouts"], shown["udp-ports"]),
          ("apdf", {"udp": {"filter": "eif"}, "icmp": {"filter": "adf"}},
           {"udp": 200, "hold": 0}, {"53": 10, "123": 60}), "what was chosen")


if __name__ == "__main__":
    rig = Lab()
    rig.rules(ruleset())
    sys.exit(ktap.run(rig))
