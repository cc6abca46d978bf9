# SPDX-License-Identifier: GPL-2.0
"""Cases of expression.sh."""
import errno
import os
import struct
import sys

import genl
import ktap
from genl import Genl, Refused, attr
from ktap import Failure, case, equal
from lab import Lab, wait_for
from nftables import (DIR, IN, LIST_ELEM, EXPR_NAME, NAME, OUT, SREG, Batch, alias, direction,
                      immediate, name, register)

MODULE = os.path.basename(os.environ["NFT_ALIAS_KO"])[:-3]
RULES = """
alias held { number 1; address 198.51.100.1; }
alias free { number 2; address 198.51.100.2; }
table ip cgn {
	chain in {
		type filter hook prerouting priority raw;
		iifname "extern" alias in held
	}
	chain probe { type filter hook prerouting priority 0; }
}
"""
# The first of the registers of four bytes, which are 16 and follow those of 16
# bytes, 1 to 4. Register 0 is the verdict.
LOADED, LAST = 8, 23


def number(value, size):
    """A big endian number, and bytes up to size behind it."""
    return (struct.pack("!I", value) + bytes(range(1, 9)))[:size]


BAD = {
    "no attribute": (errno.EINVAL, []),
    "no direction": (errno.EINVAL, [name("free")]),
    "direction 2": (errno.ERANGE, [direction(2), name("free")]),
    "direction 2 by number": (errno.ERANGE, [direction(2), register(LOADED)]),
    "the highest direction": (errno.ERANGE, [direction(0xffffffff), name("free")]),
    "direction 1 in the wrong byte order": (errno.ERANGE, [direction(1 << 24), name("free")]),
    "neither name nor register": (errno.EINVAL, [direction(IN)]),
    "name and register": (errno.EINVAL, [direction(IN), name("free"), register(LOADED)]),
    "a name that nobody has": (errno.ENOENT, [direction(IN), name("nobody")]),
    "a name of 31 bytes that nobody has": (errno.ENOENT, [direction(IN), name("f" * 31)]),
    "a name of 32 bytes": (errno.EINVAL, [direction(IN), name("f" * 32)]),
    "a name of 4000 bytes": (errno.EINVAL, [direction(IN), name("f" * 4000)]),
    "an empty name": (errno.ENOENT, [direction(IN), name("")]),
    "a name of no bytes": (errno.EINVAL, [direction(IN), attr(NAME)]),
    "a name without its end": (errno.EINVAL, [direction(IN), attr(NAME, b"free")]),
    "a name of 32 bytes without its end": (errno.EINVAL, [direction(IN), attr(NAME, b"f" * 32)]),
    "a name longer than the message": (errno.EINVAL,
                                       [direction(IN), attr(NAME, b"free\0", length=200)]),
    "a name shorter than its header": (errno.EINVAL, [direction(IN), attr(NAME, length=3)]),
    "the register of the verdict": (errno.EINVAL, [direction(IN), register(0)]),
    "a register between the two kinds": (errno.ERANGE, [direction(IN), register(5)]),
    "the register behind the last": (errno.ERANGE, [direction(IN), register(LAST + 1)]),
    "the highest register": (errno.ERANGE, [direction(IN), register(0xffffffff)]),
}
for _size in range(13):
    if _size != 4:
        _errno = errno.ERANGE if _size < 4 else errno.EINVAL
        BAD["a direction of %d bytes" % _size] = (
            _errno, [attr(DIR, number(IN, _size)), name("free")])
        BAD["a register of %d bytes" % _size] = (
            _errno, [direction(IN), attr(SREG, number(LOADED, _size))])
for _kind in range(4, 17):
    _other = attr(_kind, b"1234")
    BAD["attribute %d behind good ones" % _kind] = (
        errno.EINVAL, [direction(IN), name("free"), _other])
    BAD["attribute %d before good ones" % _kind] = (
        errno.EINVAL, [_other, direction(OUT), register(LOADED)])

GOOD = {
    "out, by name": [direction(OUT), name("free")],
    "in, by name": [direction(IN), name("free")],
    "in the other order": [name("free"), direction(IN)],
    "by number": [direction(IN), register(LOADED)],
    # Of those nft_alias is not told.
    "attribute 17 beside good ones": [direction(IN), name("free"), attr(17, b"1234")],
}


def references():
    with open("/sys/module/%s/refcnt" % MODULE) as count:
        return int(count.read())


def named(net):
    """How many rules name each instance."""
    return {e.instance[genl.I_NAME]: e.instance[genl.I_RULES] for e in net.dump(genl.GET)}


def state(net, batch):
    return batch.rules(), named(net), references()


def deletable(net):
    net.request(genl.DEL, genl.string(genl.A_NAME, "free") + attr(genl.A_CHECK))


def refused(net, batch, what, wanted, *expressions):
    before = state(net, batch)
    try:
        batch.add_rule("cgn", "probe", *expressions)
    except Refused as refusal:
        equal(errno.errorcode[refusal.errno], errno.errorcode[wanted], "errno for " + what)
    else:
        raise Failure("accepted: " + what)
    equal(state(net, batch), before, "rules, who is named, references after " + what)
    deletable(net)


@case("each faulty attribute has its errno; rules, instance and module stay as they were")
def faulty(_, net, batch):
    for what, (wanted, attributes) in BAD.items():
        refused(net, batch, what, wanted, immediate(LOADED, 2), alias(*attributes))
    refused(net, batch, "an expression without attributes", errno.EINVAL,
            genl.nest(LIST_ELEM, genl.string(EXPR_NAME, "alias")))


@case("a faulty one behind good ones takes these back")
def behind_good(_, net, batch):
    good = alias(direction(IN), name("free"))
    for what in ("direction 2", "a name that nobody has", "a direction of 8 bytes",
                 "attribute 4 behind good ones", "name and register"):
        wanted, attributes = BAD[what]
        refused(net, batch, what + " behind two good expressions", wanted,
                immediate(LOADED, 2), good, good, alias(*attributes))


@case("what the header allows is accepted, and holds instance and module until it goes")
def allowed(_, net, batch):
    before = state(net, batch)
    for what, attributes in GOOD.items():
        batch.add_rule("cgn", "probe", immediate(LOADED, 2), alias(*attributes))
        names = 0 if "by number" in what else 1
        equal(named(net), {"held": 1, "free": names}, "who is named by " + what)
        equal(references(), before[2] + 1, "references to the module with " + what)
        batch.empty_chain("cgn", "probe")
        equal((batch.rules(), named(net)), before[:2], "rules, who is named after " + what)
        wait_for(lambda: references() == before[2], "references to the module after " + what)
        deletable(net)


@case("without rules the instances can be deleted, and nobody holds the module")
def afterwards(lab, net, _):
    lab.ask("flush", "ruleset")
    for one in ("held", "free"):
        net.request(genl.DEL, genl.string(genl.A_NAME, one))
    wait_for(lambda: references() == 0, "references to the module")


if __name__ == "__main__":
    rig = Lab()
    rig.rules(RULES)
    sys.exit(ktap.run(rig, Genl(), Batch()))
