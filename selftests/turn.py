# SPDX-License-Identifier: GPL-2.0
"""Customer to customer: two instances, and the rules that let a packet from one
customer to another's outside address pass both ways through them (README)."""
from ktap import Failure, case, equal
from lab import INSIDE_ROUTER, PEER
from packet import SYN, describe, echo, rewritten, tcp, udp

# Played by the test: A and C share an instance, B and D share another.
A, B, C, D = "100.64.0.11", "100.64.1.12", "100.64.0.13", "100.64.1.14"
OUTER_A, OUTER_B = "198.51.100.1", "198.51.100.2"

# The other end: its inside and its outside endpoint, and the instance.
NEIGHBOURS = {"another instance": ((B, 5000), (OUTER_B, 5000), "two"),
              "the same instance": ((C, 7000), (OUTER_A, 7000), "one")}

INSTANCES = """
alias one { address 198.51.100.1; same-ports; ports 1-65535; filter %(filter)s; }
alias two { address 198.51.100.2; same-ports; ports 1-65535; filter %(filter)s; }
"""
RULES = """
table ip cgn {
	chain in {
		type filter hook prerouting priority raw;
		%(iif)s ip daddr 198.51.100.1 alias in one
		%(iif)s ip daddr 198.51.100.2 alias in two
		%(iif)s ip daddr 198.51.100.0/24 counter drop comment "no link"
	}
	chain out {
		type filter hook postrouting priority srcnat;
		%(oif)s ip saddr { 100.64.0.1, 100.64.0.11, 100.64.0.13 } alias out one
		%(oif)s ip saddr { 100.64.0.2, 100.64.1.12, 100.64.1.14 } alias out two
	}
}
"""
BOUND = RULES % {"iif": 'iifname "extern"', "oif": 'oifname "extern"'}
ANY = RULES % {"iif": "", "oif": ""}
FIRST = ANY + """
table ip turn {
	chain turn {
		type filter hook prerouting priority raw - 1;
		ip daddr != 198.51.100.0/24 accept
		ip saddr { 100.64.0.1, 100.64.0.11, 100.64.0.13 } alias out one
		ip saddr { 100.64.0.2, 100.64.1.12, 100.64.1.14 } alias out two
	}
}
"""
# Rules, their name, and how many routers a packet passes from customer to customer.
KINDS = {"bound": (BOUND, "rules of the outside interface", 3),
         "any": (ANY, "rules of any interface", 1),
         "first": (FIRST, "outward first", 1)}


def load(lab, kind, filtering):
    """Every case begins with new links."""
    lab.ask("flush", "ruleset")
    for name in lab.aliases():
        lab.ask("delete", "alias", name)
    lab.rules(INSTANCES % {"filter": filtering} + KINDS[kind][0])
    lab.kind, lab.hops = kind, KINDS[kind][2]
    # All are known outside before they talk to each other.
    lab.out(udp(A, 6000, PEER, 53), udp(B, 5000, PEER, 53), udp(C, 7000, PEER, 53),
            tcp(A, 6000, PEER, 53, flags=SYN), tcp(B, 5000, PEER, 53, flags=SYN),
            tcp(C, 7000, PEER, 53, flags=SYN), echo(B, PEER, 5000), echo(C, PEER, 7000))


def turned(lab, *packets, sender=None):
    """What comes back inside of what inside has sent."""
    lab.inside.drain()
    for one in packets:
        (sender or lab.inside).send(one)
    lab.markers += 1
    marker = udp(INSIDE_ROUTER, 9, "10.99.0.1", 9, b"turn %d" % lab.markers)
    lab.inside.send(marker)
    came = []
    while (one := lab.inside.receive()) != rewritten(marker, hops=3):
        if one is None:
            raise Failure("the marker packet did not arrive")
        came.append(one)
    return came


def expect(lab, sent, wanted, what):
    equal([describe(p) for p in turned(lab, *sent)], [describe(p) for p in wanted], what)


def crossed(lab, sent, source, destination):
    return rewritten(sent, src=source, dst=destination, hops=lab.hops)


def with_rules(name, kinds=tuple(KINDS), filtering="eif"):
    """A case for each of these kinds of rules."""
    def add(function):
        for kind in kinds:
            def one(lab, kind=kind):
                load(lab, kind, filtering)
                function(lab)
            case("%s: %s" % (name, KINDS[kind][1]))(one)
        return function
    return add
