# SPDX-License-Identifier: GPL-2.0
"""Cases of memory.sh."""
import contextlib
import errno
import os
import socket
import sys

import genl
import ktap
from genl import CREATE, F_ACK, Genl, Refused
from ktap import Failure, case, check, equal
from lab import PEER, Lab
from nftables import IN, Batch, alias, direction, name
from packet import SYN, View, echo, rewritten, tcp, udp

MODULE = os.path.basename(os.environ["NFT_ALIAS_KO"])[:-3]
FAULTS = "/sys/kernel/debug/failslab/"
OUTER = "198.51.100.1"

RULES = """
alias one { number 1; address 198.51.100.1; same-ports; ports 1-65535; }
table ip cgn {
	chain in {
		type filter hook prerouting priority raw;
		iifname "extern" ip daddr 198.51.100.1 alias in one
		iifname "intern" ip saddr 100.64.9.0/24 alias out one
	}
	chain out {
		type filter hook postrouting priority srcnat;
		oifname "extern" ip saddr 100.64.0.0/10 alias out one
	}
	chain probe { }
}
"""


def write(path, text):
    with open(path, "w") as handle:
        handle.write(str(text))


def read(path):
    with open(path) as handle:
        return handle.read().strip()


def nth(work):
    """Does work with its first, second, … allocation failing, until none does.

    Yields (n, refusal): None if all went well. Whether the n-th allocation came
    at all is told by what is left of the counter.
    """
    # Held open, for to open it takes memory.
    counter = os.open("/proc/thread-self/fail-nth", os.O_RDWR)
    for n in range(1, 400):
        refusal = None
        os.pwrite(counter, b"%d" % n, 0)
        try:
            work()
        except (Refused, OSError) as error:
            refusal = error
        left = int(os.pread(counter, 20, 0))
        os.pwrite(counter, b"0", 0)
        yield n, refusal
        if left:
            os.close(counter)
            return
    raise Failure("400 allocations and no end")


@contextlib.contextmanager
def module_starves(times=-1, space=0):
    """Allocations that the module's code asks for, in packets, all fail."""
    with open("/proc/modules") as lines:
        start, size = next((int(line.split()[5], 16), int(line.split()[1])) for line in lines
                           if line.startswith(MODULE + " "))
    text = int(read("/sys/module/%s/sections/.text" % MODULE), 16)
    write(FAULTS + "require-start", "0x%x" % min(start, text))
    write(FAULTS + "require-end", "0x%x" % (max(start, text) + size))
    write(FAULTS + "stacktrace-depth", 32)
    write(FAULTS + "times", times)
    write(FAULTS + "space", space)
    write(FAULTS + "interval", 1)
    write(FAULTS + "probability", 100)
    try:
        yield
    finally:
        write(FAULTS + "probability", 0)
        write(FAULTS + "times", 1)
        write(FAULTS + "require-start", "0")
        write(FAULTS + "require-end", "0xffffffffffffffff")


def prepare():
    write(FAULTS + "ignore-gfp-wait", "N")
    write(FAULTS + "task-filter", "N")
    # The stack of each failure would look like a report.
    write(FAULTS + "verbose", 0)


def state(net):
    return [(e.command, e.data) for e in net.dump(genl.GET)]


def fails_as_a_whole(net, request, undo, expected):
    """Whatever allocation fails, the request is refused whole or done whole."""
    before, outcomes = state(net), {"refused": 0, "done": 0}
    for n, refusal in nth(request):
        if refusal:
            check(refusal.errno in expected, "allocation %d: %s" % (n, refusal))
        # If no memory was left for the answer, nobody knows what became of it.
        unanswered = isinstance(refusal, OSError) and state(net) != before
        if refusal is None or unanswered:
            outcomes["done"] += 1
            undo()
        else:
            outcomes["refused"] += 1
        equal(state(net), before, "instances after allocation %d failed" % n)
    print("# %(refused)d refused, %(done)d done" % outcomes)
    check(outcomes["refused"] > 2 and outcomes["done"], "outcomes %r" % outcomes)


@case("create: each allocation fails once, each time all of it is undone")
def create(_, net):
    body = genl.instance("new", "198.51.100.9", genl.addresses("198.51.100.16", "198.51.100.18"),
                         genl.u32(genl.I_NUMBER, 99))
    fails_as_a_whole(net, lambda: net.request(genl.NEW, body, F_ACK | CREATE),
                     lambda: net.request(genl.DEL, genl.string(genl.A_NAME, "new")),
                     (errno.ENOMEM, errno.ENOBUFS))


@case("change: each allocation fails once, each time the old configuration stays")
def change(_, net):
    net.request(genl.NEW, genl.instance("two", "198.51.100.2"), F_ACK | CREATE)
    body = genl.instance("two", genl.addresses("198.51.100.2", "198.51.100.4"))
    fails_as_a_whole(net, lambda: net.request(genl.NEW, body, F_ACK),
                     lambda: net.request(genl.NEW, genl.instance("two", "198.51.100.2"), F_ACK),
                     (errno.ENOMEM, errno.ENOBUFS))
    net.request(genl.DEL, genl.string(genl.A_NAME, "two"))


@case("a rule: each allocation fails once, and no reference is left behind")
def rule(_, net):
    def rules():
        answer, = net.request(genl.GET, genl.string(genl.A_NAME, "one"))
        return answer.instance[genl.I_RULES]

    def add_rule():
        batch.add_rule("cgn", "probe", alias(direction(IN), name("one")))

    batch, before, outcomes = Batch(), rules(), {"refused": 0, "done": 0}
    add_rule()
    equal(rules(), before + 1, "rules with one more")
    batch.empty_chain("cgn", "probe")
    equal(rules(), before, "rules without it")
    for n, refusal in nth(add_rule):
        outcomes["refused" if refusal else "done"] += 1
        if isinstance(refusal, Refused):
            check(refusal.errno in (errno.ENOMEM, errno.ENOBUFS), "allocation %d: %s" %
                  (n, refusal))
            equal(rules(), before, "rules after allocation %d failed" % n)
        batch.empty_chain("cgn", "probe")
        equal(rules(), before, "rules after allocation %d failed and the chain was emptied" % n)
    print("# %(refused)d refused, %(done)d done" % outcomes)
    check(outcomes["refused"] > 3 and outcomes["done"], "outcomes %r" % outcomes)


# RFC 6888 REQ-11A
@case("packets of new flows are dropped and counted; those that have a link pass")
def new_flows(lab, _):
    old = udp("100.64.0.11", 5000, PEER, 53)
    lab.expect(True, [old], [rewritten(old, src=(OUTER, 5000))], "before")
    fresh = [udp("100.64.0.11", 6000 + n, PEER, 53) for n in range(5)]
    fresh += [tcp("100.64.0.%d" % (20 + n), 6000, PEER, 80, flags=SYN) for n in range(5)]
    fresh += [echo("100.64.0.11", PEER, n) for n in range(5)]
    with lab.counted("one", out={"packets": 1, "bytes": 28, "no-memory": 15}):
        with module_starves():
            came = lab.out(*(fresh + [old]))
    equal(came, [rewritten(old, src=(OUTER, 5000))], "what leaves")
    equal((lab.alias("one")["subscribers"], len(lab.links("one"))), (1, 1), "what is left")


@case("each allocation of a new flow fails once; then the flow goes through")
def each_of_a_flow(lab, _):
    before, refused, done = lab.alias("one")["out"]["no-memory"], 0, 0
    for number, space in enumerate(range(0, 1600, 50)):
        # A new subscriber, and a block of ports that nobody has used. Of what
        # that takes the allocation fails that would exceed so many bytes.
        port = 10000 + 64 * number
        packet = udp("100.64.9.%d" % number, port, PEER, 53)
        with module_starves(times=1, space=space):
            came = lab.out(packet)
        if came:
            done += 1
        else:
            refused += 1
            came = lab.out(packet)
        equal(came, [rewritten(packet, src=(OUTER, port))], "with %d bytes" % space)
    print("# %d refused, %d done" % (refused, done))
    equal(lab.alias("one")["out"]["no-memory"] - before, refused, "no-memory")
    check(refused > 3 and done > 3, "%d refused, %d done" % (refused, done))


@case("a packet that others look at, and that cannot be copied, is dropped and counted")
def shared(lab, _):
    # Before routing: the host itself copies a packet that it forwards.
    packet, back = udp("100.64.9.11", 5900, PEER, 53), udp(PEER, 53, OUTER, 5900)
    with contextlib.ExitStack() as stack:
        for device in ("intern", "extern"):
            capture = stack.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                                        socket.htons(3)))
            capture.bind((device, 3))
        lab.expect(True, [packet], [rewritten(packet, src=(OUTER, 5900))], "with memory")
        with lab.counted("one", out={"no-memory": 3}, into={"no-memory": 3}):
            with module_starves():
                equal(lab.out(packet, packet, packet), [], "outward")
                equal(lab.into(back, back, back), [], "inward")
        lab.expect(True, [packet], [rewritten(packet, src=(OUTER, 5900))], "afterwards")


@case("half of all allocations fail: what is counted adds up, nothing leaks")
def half(lab, _):
    packets = [udp("100.64.%d.%d" % (n // 200, n % 200), 9000 + n, PEER, 53) for n in range(600)]
    before = lab.alias("one")["out"]
    with module_starves():
        write(FAULTS + "probability", 30)
        came = lab.out(*packets)
    after = lab.alias("one")["out"]
    moved = {key: after[key] - before[key] for key in after if after[key] != before[key]}
    equal(moved["packets"] + moved["no-memory"], 600, "counted: %r" % moved)
    equal(len(came), moved["packets"], "packets outside")
    equal({View(p).src for p in came}, {OUTER}, "sources")
    check(moved["no-memory"] > 20 and len(came) > 20, "counted: %r" % moved)


if __name__ == "__main__":
    prepare()
    rig = Lab()
    rig.rules(RULES)
    sys.exit(ktap.run(rig, Genl()))
