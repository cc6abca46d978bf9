# SPDX-License-Identifier: GPL-2.0
"""Cases of rules.sh."""
import contextlib
import itertools
import json
import os
import socket
import sys

import genl
import ktap
from ktap import case, check, equal
from lab import MAC, PEER, PEER2, Lab, run
from packet import (INIT, LISTEN, REQUEST, SYN, SYNC, View, dccp, describe, ip, rewritten, sctp,
                    tcp, udp)

A, B = "100.64.0.11", "100.64.0.27"
ONE, TWO = "198.51.100.1", "198.51.100.2"
GRE = 47

INSTANCES = """
alias one { number 1; address 198.51.100.1; same-ports; }
alias two { number 2; address 198.51.100.2; same-ports; }
"""
BY_NAME = INSTANCES + """
table ip cgn {
	chain in {
		type filter hook prerouting priority raw;
		iifname "extern" ip daddr 198.51.100.1 alias in one counter comment "translated"
		iifname "extern" ip daddr 198.51.100.1 counter comment "next"
	}
	chain out {
		type filter hook postrouting priority srcnat;
		oifname "extern" ip saddr 100.64.0.0/24 alias out one counter comment "out"
	}
}
"""
BY_NUMBER = INSTANCES + r"""
table ip cgn {
	map pool_of {
		type ipv4_addr : mark
		elements = { 100.64.0.8 : 1, 100.64.0.24 : 2, 100.64.0.32 : 77 }
	}
	chain in {
		type filter hook prerouting priority raw;
		iifname "extern" alias in map ip daddr map {
			198.51.100.1 : 1, 198.51.100.2 : 0x2, 198.51.100.3 : 78 } counter comment "in"
		iifname "extern" ip daddr 198.51.100.0/24 counter comment "next"
	}
	chain out {
		type filter hook postrouting priority srcnat;
		oifname "extern" ip saddr 100.64.0.0/10 \
			alias out map ip saddr & 255.255.255.248 map @pool_of counter comment "out"
		oifname "extern" ip saddr 100.64.0.0/10 counter drop comment "not in the map"
	}
}
"""


def strays(_):
    connection = genl.Genl()
    answer, = connection.request(genl.GET_NAMESPACE)
    connection.close()
    fields = dict(genl.attributes(answer.get(genl.A_NAMESPACE)))
    return genl.integer(fields[1]), genl.integer(fields[2])


def state(lab):
    """Everything but counters."""
    aliases = lab.aliases()
    for one in aliases.values():
        del one["out"], one["in"]
    rules = lab.ask("-s", "-a", "list", "ruleset")
    return json.dumps(aliases, sort_keys=True), rules


def places(lab, name):
    """The links, without what time changes in them."""
    return [(l["protocol"], l["inside"], l["outside"]) for l in lab.links(name)]


def refused(lab, text, *words, options=()):
    """The text is refused with these words, and nothing has changed."""
    before = state(lab)
    done = lab.nft(*options, "-f", "-", text=text, check=False)
    equal(done.returncode, 1, "exit code for\n%s\n%s" % (text, done.stderr))
    for word in words:
        check(word in done.stderr, "%r is not in:\n%s" % (word, done.stderr))
    equal(state(lab), before, "state after the refusal")
    return done.stderr


@case("by name: translated packets go on in the rule, a packet without a link to the next")
def by_name(lab):
    lab.rules(BY_NAME)
    there, back = udp(A, 5000, PEER, 53), udp(PEER, 53, ONE, 5000)
    lab.expect(True, [there], [rewritten(there, src=(ONE, 5000))], "outward")
    with lab.counted("one", into={"packets": 2, "bytes": 56, "no-link": 3}):
        lab.expect(False, [back, back] + [udp(PEER, 53, ONE, port) for port in (1, 2, 3)],
                   [rewritten(back, dst=(A, 5000))] * 2, "inward")
    equal(lab.comments(), {"translated": 2, "next": 3, "out": 1}, "counters of rules")
    equal(lab.alias("one")["rules"], 2, "rules that name it")


@case("deny-in drops what has no link; the next rule sees nothing")
def deny_in(lab):
    lab.rules(BY_NAME.replace("same-ports; }", "same-ports; deny-in; }", 1))
    equal(lab.alias("one")["flags"], ["same-ports", "deny-in"], "flags")
    back = udp(PEER, 53, ONE, 5000)
    with lab.counted("one", into={"packets": 1, "bytes": 28, "no-link": 3}):
        lab.expect(False, [back, udp(PEER, 53, ONE, 1), tcp(PEER, 1, ONE, 1, flags=SYN),
                           ip(PEER, ONE, GRE, bytes(8))],
                   [rewritten(back, dst=(A, 5000))], "inward")
    equal(lab.comments(), {"translated": 1, "next": 0, "out": 0}, "counters of rules")


# --- who begins where no link is gets no answer ------------------------------

# As README has it: the last rule of chain in drops what alias in does not match.
SILENT = """
alias one { number 1; address 198.51.100.1; same-ports; %(settings)s }
table ip cgn {
	chain in {
		type filter hook prerouting priority raw;
		iifname "extern" ip daddr 198.51.100.1 alias in one accept
		iifname "extern" ip daddr 198.51.100.1 counter %(last)s comment "next"
	}
	chain out {
		type filter hook postrouting priority srcnat;
		oifname "extern" ip saddr 100.64.0.0/24 alias out one accept
	}
}
"""
# What the outside begins with, and what the inside does.
BEGINNINGS = [(tcp, {"flags": SYN}, {"flags": SYN}), (sctp, {"kind": INIT}, {"kind": INIT}),
              (dccp, {"kind": REQUEST}, {"kind": REQUEST}),
              (dccp, {"kind": LISTEN}, {"kind": REQUEST}), (dccp, {"kind": SYNC}, {"kind": REQUEST}),
              (udp, {}, {})]


@contextlib.contextmanager
def routed(_):
    """The outside address as setup_lab() has it: the BNG's route ends there."""
    yield


@contextlib.contextmanager
def own(lab):
    """The outside address is the BNG's own, so that its kernel would answer."""
    def address(verb):
        run("ip", "-n", lab.names["BNG"], "address", verb, ONE + "/32", "dev", "lo")

    address("add")
    try:
        yield
    finally:
        address("delete")


def said():
    """How many resets and ICMP messages the BNG's kernel has sent."""
    found = {}
    with open("/proc/net/snmp") as lines:
        for line in lines:
            name, values = line.split(":")
            found.setdefault(name, []).append(values.split())
    return [int(dict(zip(*found[group]))[name])
            for group, name in (("Tcp", "OutRsts"), ("Icmp", "OutMsgs"))]


def outside_hears(lab, asked, mine):
    """What came out outside between packets from there and one of the inside's own."""
    wanted, came = rewritten(mine, src=(ONE, View(mine).sport)), []
    lab.outside.drain()
    for one in asked:
        lab.outside.send(one)
    lab.inside.send(mine)
    while wanted not in came:
        came.append(lab.outside.receive())
        check(came[-1] is not None, "the inside's own packet did not arrive")
    return [describe(p) for p in came[:-1]]


def silent(name, settings, last, where):
    @case("%s: who begins outside without a link is not answered, and the inside can begin "
          "(RFC 5382 REQ-4, 4a, RFC 5597 REQ-4)" % name)
    def one(lab):
        lab.rules(SILENT % {"settings": settings, "last": last})
        lab.nft("flush", "alias", "one")
        with where(lab):
            before = said()
            for number, (build, theirs, mine) in enumerate(BEGINNINGS):
                port = 6000 + number
                asked = [build(PEER, 443, ONE, port, **theirs)] * 3
                begun = build(A, port, PEER, 443, b"mine", **mine)
                with lab.counted("one", out={"packets": 1, "bytes": len(begun)},
                                 into={"no-link": 3}):
                    equal(outside_hears(lab, asked, begun), [], "what the outside hears")
            equal(said(), before, "resets and ICMP messages of the BNG")
        equal(lab.comments()["next"], 0 if "deny-in" in settings else 3 * len(BEGINNINGS),
              "packets at the next rule")


silent("the documented rule that drops", "", "drop", routed)
silent("the documented rule that drops, the outside address is the BNG's own", "", "drop", own)
silent("deny-in", "deny-in;", "accept", own)
silent("no rule and nobody listens", "", "", routed)


@case("what is asked of the rule that drops: without it the BNG answers by its own address")
def not_silent(lab):
    lab.rules(SILENT % {"settings": "", "last": ""})
    lab.nft("flush", "alias", "one")
    asked, mine = tcp(PEER, 443, ONE, 6000, flags=SYN), tcp(A, 6000, PEER, 443, b"mine")
    with own(lab):
        before = said()
        heard = outside_hears(lab, [asked], mine)
        equal(len(heard), 1, "packets that the outside hears")
        check(heard[0].startswith("%s:6000 > %s:443 protocol 6 " % (ONE, PEER)), heard[0])
        equal(said(), [before[0] + 1, before[1]], "resets and ICMP messages of the BNG")


@case("a filter: whom it keeps out is not answered (RFC 5382 REQ-4, RFC 5597 REQ-4)")
def filtered_silently(lab):
    lab.rules(SILENT % {"settings": "filter adf;", "last": "drop"})
    lab.nft("flush", "alias", "one")
    with own(lab):
        before = said()
        for number, (build, theirs, mine) in enumerate(BEGINNINGS):
            port = 7000 + number
            lab.out(build(A, port, PEER, 443, **mine))
            asked = [build(PEER2, 443, ONE, port, **theirs)] * 3
            again = build(A, port, PEER, 443, b"mine", **mine)
            with lab.counted("one", out={"packets": 1, "bytes": len(again)},
                             into={"filtered": 3}):
                equal(outside_hears(lab, asked, again), [], "what the outside hears")
        equal(said(), before, "resets and ICMP messages of the BNG")
    equal(lab.comments()["next"], 3 * len(BEGINNINGS), "packets at the next rule")


@case("what a rule before accepts is not translated, by destination (RFC 6888 REQ-6)")
def exempt(lab):
    lab.rules(BY_NAME.replace("priority srcnat;",
                              'priority srcnat; oifname "extern" ip daddr 203.0.113.2 accept;'))
    there, kept = udp(A, 5001, PEER, 53), udp(A, 5001, "203.0.113.2", 53)
    with lab.counted("one", out={"packets": 1, "bytes": 28}):
        lab.expect(True, [kept, there], [rewritten(kept), rewritten(there, src=(ONE, 5001))], "outward")


@case("by number: a map chooses the instance, outward and inward")
def by_number(lab):
    lab.rules(BY_NUMBER)
    lab.flush("one")
    for inside, outer in ((A, ONE), (B, TWO)):
        there, back = udp(inside, 5000, PEER, 53), udp(PEER, 53, outer, 5000)
        lab.expect(True, [there], [rewritten(there, src=(outer, 5000))], "outward")
        lab.expect(False, [back], [rewritten(back, dst=(inside, 5000))], "inward")
    equal(lab.comments(), {"in": 2, "next": 0, "out": 2, "not in the map": 0}, "counters")
    equal([lab.alias(n)["rules"] for n in ("one", "two")], [0, 0], "rules that name them")


@case("by number: what no instance has is dropped outward, goes on inward, and is counted")
def unknown_number(lab):
    before = strays(lab)
    lab.expect(True, [udp("100.64.0.33", 1, PEER, 53)] * 3, [], "outward")
    lab.expect(False, [udp(PEER, 53, "198.51.100.3", 1)] * 2, [], "inward")
    equal(tuple(a - b for a, b in zip(strays(lab), before)), (3, 2), "packets without instance")
    equal(lab.comments(), {"in": 2, "next": 2, "out": 2, "not in the map": 0}, "counters")
    text = lab.nft("list", "aliases").stdout
    last = text.strip().splitlines()[-1]
    check(last.startswith("#") and "3" in last, "the list's last line: %r" % last)


@case("by number: an address that is not in the map goes to the next rule")
def not_in_map(lab):
    lab.expect(True, [udp("100.64.0.77", 1, PEER, 53)], [], "outward")
    equal(lab.comments()["not in the map"], 1, "next rule")


@case("by number: an instance added later is found, one deleted is not")
def number_later(lab):
    lab.load("alias late { number 77; address 198.51.100.4; same-ports; }")
    there = udp("100.64.0.33", 7000, PEER, 53)
    lab.expect(True, [there], [rewritten(there, src=("198.51.100.4", 7000))], "outward")
    lab.ask("delete", "alias", "late")
    before = strays(lab)
    lab.expect(True, [there], [], "outward")
    equal(strays(lab)[0] - before[0], 1, "packets without instance")


@case("IPv6 packets in an inet table do not match")
def ipv6(lab):
    lab.rules(INSTANCES + """
table inet cgn {
	chain in {
		type filter hook prerouting priority raw;
		meta nfproto ipv6 meta l4proto udp alias in one counter comment "translated"
		meta nfproto ipv6 meta l4proto udp counter comment "next"
		iifname "extern" ip daddr 198.51.100.1 alias in one
	}
	chain out {
		type filter hook postrouting priority srcnat;
		oifname "extern" ip saddr 100.64.0.0/24 alias out one
	}
}
""")
    frame = bytes.fromhex("60000000000811ff") + socket.inet_pton(socket.AF_INET6, "2001:db8::1") + \
        socket.inet_pton(socket.AF_INET6, "2001:db8::2") + bytes.fromhex("1388003500081234")
    with lab.counted("one"):
        lab.outside.sock.sendto(frame, ("eth0", 0x86dd, 0, 0, bytes.fromhex(MAC["extern"])))
        lab.into()
    equal(lab.comments(), {"translated": 0, "next": 1}, "counters of rules")
    there, back = udp(A, 5001, PEER, 53), udp(PEER, 53, ONE, 5001)
    lab.expect(True, [there], [rewritten(there, src=(ONE, 5001))], "IPv4 outward")
    lab.expect(False, [back], [rewritten(back, dst=(A, 5001))], "IPv4 inward")


def chain(family, kind, hook, priority, statement):
    return """table %s other {
	chain c { type %s hook %s priority %s; }
	chain side { }
}
add rule %s other c %s
""" % (family, kind, hook, priority, family, statement)


def place(before, statement):
    """Of the statement of chain()."""
    return "/dev/stdin:5:%d-%d:" % (len(before) + 1, len(before) + len(statement))


@case("wrong hooks are refused")
def wrong_hooks(lab):
    lab.rules(INSTANCES)
    good = {("in", "prerouting"), ("in", "input"), ("out", "prerouting"), ("out", "forward"),
            ("out", "postrouting")}
    hooks = ("prerouting", "input", "forward", "output", "postrouting")
    for family, hook, way, which in itertools.product(("ip", "inet"), hooks, ("in", "out"),
                                                      ("one", "map meta mark")):
        text = chain(family, "filter", hook, "0", "alias %s %s" % (way, which))
        if (way, hook) in good:
            lab.load(text)
            lab.ask("delete", "table", family, "other")
        else:
            refused(lab, text, "alias %s" % way, "hook")
    for way in ("in", "out"):
        refused(lab, chain("inet", "filter", "ingress device lo", "0", "alias %s one" % way),
                "alias %s" % way, "hook")


@case("chains of type nat are refused, and of type route but for alias in")
def wrong_types(lab):
    refused(lab, chain("ip", "nat", "prerouting", "dstnat", "alias in one"), "filter")
    refused(lab, chain("ip", "nat", "postrouting", "srcnat", "alias out one"), "filter")
    refused(lab, chain("ip", "nat", "output", "0", "alias in one"), "type route")
    for family in ("ip", "inet"):
        refused(lab, chain(family, "route", "output", "0", "alias out one"), "type route")
        refused(lab, chain(family, "filter", "output", "0", "alias in one"), "type route")


@case("alias in at hook output, in a chain of type route, is not refused")
def route_type(lab):
    for family in ("ip", "inet"):
        lab.load(chain(family, "route", "output", "0", "alias in one"))
        equal(lab.alias("one")["rules"], 1, "rules")
        lab.ask("delete", "table", family, "other")


@case("a jump from a wrong hook or type is refused, from a good one not")
def wrong_jump(lab):
    text = """table ip other {
	chain side { alias in one; }
	chain c { type %s hook %s priority 0; %s jump side; }
}
"""
    words = "/dev/stdin:3:", "Error: ", "alias in works in the hooks"
    for kind, hook in (("filter", "postrouting"), ("filter", "forward"), ("nat", "prerouting"),
                       ("filter", "output")):
        refused(lab, text % (kind, hook, ""), *words)
    refused(lab, text.replace("jump side", "jump { alias in one; }") % ("filter", "forward", ""),
            *words)
    refused(lab, text.replace("alias in", "alias out") % ("route", "output", ""), *words)
    for kind, hook in (("filter", "prerouting"), ("route", "output")):
        lab.load(text % (kind, hook, ""))
        equal(lab.alias("one")["rules"], 1, "rules")
        lab.ask("delete", "table", "ip", "other")
        equal(lab.alias("one")["rules"], 0, "rules")


@case("families other than ip and inet are refused")
def wrong_family(lab):
    for family, hook in (("ip6", "prerouting"), ("arp", "input"),
                         ("netdev", "ingress device lo")):
        refused(lab, chain(family, "filter", hook, "0", "alias in one"),
                place("add rule %s other c " % family, "alias in one") +
                " Error: alias works in tables of the families ip and inet")


@case("an unknown instance is refused, with its place in the text")
def unknown_name(lab):
    refused(lab, chain("ip", "filter", "prerouting", "0", "alias in nobody"),
            place("add rule ip other c ", "alias in nobody") + " Error: no such alias nobody")


@case("a batch whose last rule fails changes nothing: rules, instances, references")
def atomic(lab):
    lab.rules(BY_NAME)
    lab.out(udp(A, 5000, PEER, 53))
    links = places(lab, "one")
    last = {"add rule ip cgn nowhere counter": ":8:17-23: Error",
            "add chain ip cgn bad { type filter hook output priority 0; }\n"
            "add rule ip cgn bad alias out one": ":9:21-33: Error: alias in works in the hooks",
            "add rule ip cgn in alias in nobody": ":8:20-34: Error: no such alias nobody",
            "add element ip cgn nomap { 1 : 2 }": ":8:20-24: Error"}
    for line, words in last.items():
        refused(lab, """
alias three { number 3; address 198.51.100.3; }
alias one { number 1; address 198.51.100.1, 198.51.100.5; same-ports; }
flush ruleset
table ip cgn {
	chain in { type filter hook prerouting priority raw; alias in three; alias in one; }
}
""" + line + "\n", words)
    equal((lab.alias("one")["rules"], places(lab, "one")), (2, links), "rules and links")
    back = udp(PEER, 53, ONE, 5000)
    lab.expect(False, [back], [rewritten(back, dst=(A, 5000))], "inward afterwards")


@case("an error inside an alias block is shown with its place, and nothing is loaded")
def bad_block(lab):
    lab.rules(BY_NAME)
    lab.out(udp(A, 5000, PEER, 53))
    links = places(lab, "one")
    for line, words in {
            "address 198.51.100.300": "21-34: Error: not an IPv4 address",
            "addr 198.51.100.9": "13-16: Error: expecting number, address, ports,",
            "address": "20-20: Error: expecting an address",
            "address 198.51.100.9; ports 3000-2000": "41-49: Error: the range of ports is reversed",
            "address 198.51.100.9; ports 1-70000": "41-47: Error: ports are numbers from 1 to",
            "address 198.51.100.9; number 1": "42-42: Error: another alias has this number: one",
    }.items():
        for options in ((), ("-c",)):
            refused(lab, """alias four { address 198.51.100.4; }
table ip other { chain c { counter; }; }
alias bad { %s; }
alias five { address 198.51.100.5; }
""" % line, "/dev/stdin:3:" + words, options=options)
    refused(lab, "alias four { address 198.51.100.4; }\nalias %s { address 198.51.100.9; }\n" %
            ("x" * 32), "/dev/stdin:2:7-38: Error: the name of an alias has at most 31 characters")
    equal(places(lab, "one"), links, "links")


# Each change is good beside what there is, but not beside the others: the
# places of the refusals, what they say, and the files.
CONFLICTS = {
    "two old ones get the same address": ("3:45-56", "belongs to another alias: one", """\
alias one { number 1; address 198.51.100.1, 198.51.100.9; same-ports; }
alias two { number 2; address 198.51.100.2, 198.51.100.9; same-ports; }
table ip other { chain c { }; }
"""),
    "one made again gets the number of another": ("3:22-22", "has this number: two", """\
delete alias spare
alias spare { number 2; address 198.51.100.7; }
table ip other { chain c { }; }
"""),
    "a new one has the address that an old one gets": ("3:21-32", "another alias: two", """\
alias two { number 2; address 198.51.100.2, 198.51.100.9; same-ports; }
alias new { address 198.51.100.9; }
table ip other {
	chain c { type filter hook prerouting priority 5; alias in new; }
}
"""),
    "two new ones with one number and one address": ("3:22-22", "has this number: new", """\
alias new { number 9; address 198.51.100.9; }
alias newer { number 9; address 198.51.100.9; }
"""),
}


@case("changes that are good one by one and not together are refused, and by -c as well")
def conflicts(lab):
    lab.rules(BY_NAME + "alias spare { number 7; address 198.51.100.7; }\n")
    lab.out(udp(A, 5000, PEER, 53))
    links = len(lab.links())
    for name, (place, words, text) in CONFLICTS.items():
        for options in ((), ("-c",)):
            refused(lab, "# %s\n%s" % (name, text), "/dev/stdin:%s: Error" % place, words,
                    options=options)
    equal(len(lab.links()), links, "links")
    lab.ask("delete", "alias", "spare")


@case("a flush does not free addresses for a change in the same file")
def flush_and_shrink(lab):
    lab.rules(BY_NAME)
    lab.load("alias one { number 1; address 198.51.100.1, 198.51.100.9; }")
    lab.out(udp(A, 5000, PEER, 53))
    equal(lab.links("one") != [], True, "links")
    gone, = {l["outside"]["address"] for l in lab.links("one")}
    stays, = {ONE, "198.51.100.9"} - {gone}
    text = "alias one { number 1; address %s; same-ports; }\n" % stays
    for options in ((), ("-c",)):
        refused(lab, "flush alias one\n" + text, "/dev/stdin:2:7-9: Error", "a command of its own",
                options=options)
    lab.flush("one")
    lab.load(text)
    lab.load(INSTANCES)


@case("an instance that rules name is not deleted; without them it is, at once")
def delete_in_use(lab):
    lab.rules(BY_NAME)
    lab.out(udp(A, 5000, PEER, 53))
    links = places(lab, "one")
    for options in ((), ("-c",)):
        refused(lab, "delete alias one\n", "rules use this alias", options=options)
    equal(places(lab, "one"), links, "links")
    lab.load("delete table ip cgn")
    lab.ask("delete", "alias", "one")
    check("one" not in lab.aliases(), "it is still there")


WAYS_TO_GO = {
    "flush ruleset": "flush ruleset",
    "delete table": "delete table ip cgn",
    "flush table": "flush table ip cgn",
    "flush chains": "flush chain ip cgn in; flush chain ip cgn out",
    "delete chains": "flush chain ip cgn in; delete chain ip cgn in; "
                     "flush chain ip cgn out; delete chain ip cgn out",
}


@case("however the rules went, the instance can be deleted in the next moment")
def delete_at_once(lab):
    for way, command in WAYS_TO_GO.items():
        lab.rules(BY_NAME)
        lab.load(command.replace("; ", "\n") + "\n")
        equal(lab.alias("one")["rules"], 0, "rules after " + way)
        lab.ask("delete", "alias", "one")


@case("the same for rules in the anonymous chain of a jump")
def delete_anonymous(lab):
    text = INSTANCES + """
table ip cgn {
	chain in {
		type filter hook prerouting priority raw;
		ip daddr 198.51.100.1 jump { alias in one; counter; }
	}
	chain out {
		type filter hook postrouting priority srcnat;
		oifname "extern" jump { ip saddr 100.64.0.0/24 alias out one; }
	}
}
"""
    for way, command in WAYS_TO_GO.items():
        lab.rules(text)
        equal(lab.alias("one")["rules"], 2, "rules before " + way)
        there = udp(A, 5000, PEER, 53)
        lab.expect(True, [there], [rewritten(there, src=(ONE, 5000))], "outward")
        lab.load(command.replace("; ", "\n") + "\n")
        equal(lab.alias("one")["rules"], 0, "rules after " + way)
        lab.ask("delete", "alias", "one")


@case("a rule replaced by another gives its reference back")
def replaced(lab):
    lab.rules(BY_NAME)
    for entry in lab.json("-a", "list", "chain", "ip", "cgn", "in"):
        if entry.get("rule", {}).get("comment") == "translated":
            handle = entry["rule"]["handle"]
    lab.nft("replace", "rule", "ip", "cgn", "in", "handle", str(handle), "alias", "in", "two")
    equal([lab.alias(n)["rules"] for n in ("one", "two")], [1, 1], "rules")


@case("a ruleset that goes and comes back finds its links")
def reload(lab):
    lab.rules(BY_NAME)
    lab.flush("one")
    lab.out(udp(A, 5000, PEER, 53), tcp(A, 5000, PEER, 80, flags=SYN))
    before = [dict(l, seconds=0) for l in lab.links("one")]
    equal(len(before), 2, "links")
    lab.nft("flush", "ruleset")
    equal([dict(l, seconds=0) for l in lab.links("one")], before, "links without rules")
    lab.rules(BY_NAME)
    equal([dict(l, seconds=0) for l in lab.links("one")], before, "links after the reload")
    back = udp(PEER, 53, ONE, 5000)
    lab.expect(False, [back], [rewritten(back, dst=(A, 5000))], "inward")


README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "README.md")


@case("the ruleset of README.md loads as it stands, and no inside address leaves it")
def readme(lab):
    with open(README) as text:
        example = next(part for part in text.read().split("```\n") if "alias pool7 {" in part)
    lab.ask("flush", "ruleset")
    for name in lab.aliases():
        lab.ask("delete", "alias", name)
    lab.load(example)
    equal(list(lab.aliases()), ["pool7"], "instances")
    ours, other = udp("100.64.0.7", 5000, PEER, 53), udp("100.64.0.8", 5000, PEER, 53)
    lab.expect(True, [ours, other], [rewritten(ours, src=("198.51.100.135", 5000))], "outward")
    back = udp(PEER, 53, "198.51.100.135", 5000)
    lab.expect(False, [back, udp(PEER, 53, "198.51.100.135", 5001)],
               [rewritten(back, dst=("100.64.0.7", 5000))], "inward")


if __name__ == "__main__":
    sys.exit(ktap.run(Lab()))
