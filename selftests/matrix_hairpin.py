# SPDX-License-Identifier: GPL-2.0
"""Cases of matrix_hairpin.sh."""
import contextlib
import itertools
import sys

import ktap
from ktap import equal
from lab import PEER, Lab
from matrix import KINDS, Flow, in_fragments, partial, whole
from packet import (ACK, DCCP_DATA, ECHO, ECHO_REPLY, INIT_ACK, RESPONSE, SYN, describe, echo,
                    rewritten)
from turn import A, NEIGHBOURS, OUTER_A, crossed, turned, with_rules

# Of packets that answer the first one, and of those that follow the other way.
ANSWERS = {"TCP": {"flags": SYN | ACK}, "SCTP": {"kind": INIT_ACK}, "DCCP": {"kind": RESPONSE},
           "ICMP echo": {"kind": ECHO_REPLY}}


def query(src, sport, dst, dport, data=b"", **keywords):
    """The one id stands for both ends."""
    return echo(src, dst, sport, 1, data, **keywords)


class Crossing(Flow):
    """Packets of one protocol from A to another customer, or back."""

    words, sizes = (0, 10), (0, 1, 34, None)

    def __init__(self, lab, kind, neighbour, back=False):
        self.lab, self.outward = lab, True
        self.build, self.header, self.opens, self.follows = KINDS[kind]
        far, outer, other = NEIGHBOURS[neighbour]
        near, seen = (A, 6000), (OUTER_A, 6000)
        if kind == "ICMP echo":
            near, seen = (A, far[1]), (OUTER_A, far[1])
            self.build, self.opens = query, {"kind": ECHO}
            self.follows = ANSWERS[kind] if back else self.opens
        self.instances = ["one", other]
        if back:
            near, seen, far, outer = far, outer, near, seen
            self.instances.reverse()
            self.opens = ANSWERS.get(kind, {})
        self.ends, self.seen, self.far = near + outer, seen, far
        # With rules of the outside interface the packet leaves first, and comes again.
        self.devices = ("extern", "intern") if lab.kind == "bound" else ("intern",)
        self.idents = itertools.count(1)

    def send(self, packets, sender=None):
        return turned(self.lab, *packets, sender=sender)

    def translated(self, packet):
        return crossed(self.lab, packet, self.seen, self.far)

    def open(self):
        opener = self.build(*self.ends, **self.opens)
        self.compare([opener], self.send([opener]))

    @contextlib.contextmanager
    def counted(self, packets):
        moved = {"packets": len(packets), "bytes": sum(map(len, packets))}
        near, far = self.instances
        if near == far:
            with self.lab.counted(near, moved, moved):
                yield
        else:
            with self.lab.counted(near, moved), self.lab.counted(far, None, moved):
                yield


def known(lab, kind, neighbour):
    """The other customer has sent to somebody, so that there is whom to reach."""
    build, _, opens, _ = KINDS[kind]
    (address, port), outer, _ = NEIGHBOURS[neighbour]
    packet = build(address, port, PEER, 443, **opens)
    equal([describe(one) for one in lab.out(packet)],
          [describe(rewritten(packet, src=outer))], "the other's first packet")


# RFC 5597 REQ-8, 8a: of DCCP
def crossing(kind, neighbour, shape, what):
    @with_rules("%s to a customer of %s and back, %s" % (kind, neighbour, what))
    def one(lab):
        known(lab, kind, neighbour)
        ways = [Crossing(lab, kind, neighbour, back) for back in (False, True)]
        for way in ways:
            way.open()
        for way in ways:
            shape(way)


# Nor are protocols without ports here: without a port nobody can be asked for who has not
# sent to the other's outside address himself, and then each half of the way is one mapping
# of two addresses, which protocols.sh compares.
SHAPES = ((whole, KINDS, "every checksum, DF, IP options and size"),
          (in_fragments, KINDS, "every checksum, IP options and size in fragments, backwards"),
          (partial, ("TCP", "UDP", "UDP-Lite", "DCCP"), "checksums that a device is to finish"))

for protocol, whose in itertools.product(KINDS, NEIGHBOURS):
    # Of an echo within one instance hairpin.sh has what is to be said.
    if (protocol, whose) == ("ICMP echo", "the same instance"):
        continue
    for form, protocols, name in SHAPES:
        if protocol in protocols:
            crossing(protocol, whose, form, name)

if __name__ == "__main__":
    sys.exit(ktap.run(Lab()))
