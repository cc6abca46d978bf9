# SPDX-License-Identifier: GPL-2.0
"""Cases of life.sh."""
import contextlib
import mmap
import os
import random
import signal
import socket
import sys
import time
import types

import genl
import ktap
from genl import Genl, Refused
from ktap import Failure, case, check, equal
from lab import MAC, PEER, Lab, Tap, delete_namespace, run, statistic, sysctl, wait_for
from packet import ACK, SYN, View, echo, fragments, rewritten, tcp, udp

MODULE = os.environ["NFT_ALIAS_KO"]
NAME = os.path.basename(MODULE)[:-3]
OUTER = "198.51.100.1"
# Each kind of ending goes on for so long.
SECONDS = 3

INSTANCES = """
alias one { number 1; address 198.51.100.1; same-ports; }
alias two { number 2; address 198.51.100.2-198.51.100.5; ports 1024-2047; }
"""
RULES = INSTANCES + """
table ip cgn {
	chain in {
		type filter hook prerouting priority raw;
		iifname "extern" ip daddr 198.51.100.1 alias in one
		iifname "extern" alias in map ip daddr map { 198.51.100.2-198.51.100.5 : 2 }
	}
	chain out {
		type filter hook postrouting priority srcnat;
		oifname "extern" ip saddr 100.64.0.0/24 alias out one
		oifname "extern" alias out map ip saddr & 255.255.255.0 map { 100.64.1.0 : 2 }
		oifname "extern" ip saddr 100.64.0.0/10 drop
	}
}
"""

TWO = genl.instance("two", genl.addresses("198.51.100.2", "198.51.100.5"),
                    genl.u32(genl.I_NUMBER, 2), genl.u16(genl.I_PORT_MIN, 1024),
                    genl.u16(genl.I_PORT_MAX, 2047))


def pieces(dice, *ends):
    """Fragments of a packet in any order, sometimes all of them."""
    packet = udp(*ends, b"data" * 5, ip_ident=dice.randrange(1 << 16), ip_fragment=0)
    return dice.sample(fragments(packet, 8), dice.choice((1, 2, 4)))


def flood_packets():
    dice = random.Random(os.getpid())
    for _ in range(300):
        inside = "100.64.%d.%d" % (dice.randrange(2), dice.randrange(1, 250))
        outer = "198.51.100.%d" % dice.randrange(1, 6)
        port = dice.randrange(1024, 2048)
        yield True, dice.choice((udp(inside, port, PEER, 53),
                                 tcp(inside, port, PEER, 80, flags=dice.choice((SYN, ACK, 4, 17))),
                                 echo(inside, PEER, port)))
        yield False, dice.choice((udp(PEER, 53, outer, port),
                                  tcp(PEER, 80, outer, port, flags=dice.choice((SYN, ACK, 4, 17))),
                                  echo(PEER, outer, port, kind=0)))
        # A few: on an emulated machine the others must come through, too.
        if dice.randrange(4):
            continue
        for piece in pieces(dice, inside, port, PEER, 53):
            yield True, piece
        for piece in pieces(dice, PEER, 53, outer, port):
            yield False, piece


def little_room():
    """For incomplete packets: of a flood's the oldest give way all the time."""
    for name in ("ipfrag_low_thresh", "ipfrag_high_thresh"):
        sysctl(name, 64 << 10)


def flood_from(ends, sent):
    """Sends for ever, and counts in sent what went outward and what inward."""
    packets = [(0 if outward else 1, (ends.inside if outward else ends.outside).send, packet)
               for outward, packet in flood_packets()]
    while True:
        for way, send, packet in packets:
            with contextlib.suppress(OSError):
                send(packet)
                sent[way] += 1


@contextlib.contextmanager
def traffic(ends):
    """A flood from both sides, under way when the block begins and until it ends."""
    sent = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("Q")
    pid = os.fork()
    if not pid:
        with contextlib.suppress(BaseException):
            # Not the CPU of the one who ends things
            os.sched_setaffinity(0, set(range(os.cpu_count())) - os.sched_getaffinity(0) or {0})
            flood_from(ends, sent)
        os._exit(0)
    try:
        wait_for(lambda: sent[0] and sent[1], "packets from both sides")
        yield sent
        check(os.waitpid(pid, os.WNOHANG) == (0, 0), "the flood has dried up")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
        for end in (ends.inside, ends.outside):
            # A device that is gone is an error of its socket.
            with contextlib.suppress(OSError):
                end.drain()


def for_a_while(work):
    """Runs work again and again; says how often."""
    deadline, rounds = time.monotonic() + SECONDS, 0
    while time.monotonic() < deadline or rounds < 2:
        work()
        rounds += 1
    print("# %d rounds" % rounds)


def works(lab):
    """Translates a packet of a new flow each way."""
    for name in lab.aliases():
        lab.flush(name)
    lab.rules(RULES)
    there, back = udp("100.64.0.11", 5000, PEER, 53), udp(PEER, 53, OUTER, 5000)
    lab.expect(True, [there], [rewritten(there, src=(OUTER, 5000))], "outward afterwards")
    lab.expect(False, [back], [rewritten(back, dst=("100.64.0.11", 5000))], "inward afterwards")


def translated(lab):
    return sum(a["out"]["packets"] + a["in"]["packets"] for a in lab.aliases().values())


@case("the flood makes links and is translated")
def flood(lab):
    lab.rules(RULES)
    with traffic(lab):
        wait_for(lambda: translated(lab) > 500, "packets to be translated")
    links = lab.link_counts("one")
    check(set(links) == {"tcp", "udp", "icmp"}, "links of each protocol: %r" % links)


@case("rmmod is refused while rules use the expression")
def refused(lab):
    lab.rules(RULES)
    with traffic(lab):
        done = run("rmmod", NAME, check=False)
        check(done.returncode != 0 and "in use" in done.stderr, "rmmod: %r" % done.stderr)
    works(lab)


@case("flush of an instance under traffic, again and again")
def flush(lab):
    lab.rules(RULES)
    with traffic(lab):
        for_a_while(lambda: lab.flush("one", "two"))
    works(lab)


@case("flush ruleset, delete of the instances and reload under traffic, again and again")
def reload(lab):
    def once():
        lab.ask("flush", "ruleset")
        lab.ask("delete", "alias", "one")
        lab.ask("delete", "alias", "two")
        lab.rules(RULES)

    lab.rules(RULES)
    with traffic(lab):
        for_a_while(once)
    works(lab)


def handle_of(lab, statement, *chain):
    """The handle of the rule of a chain that ends with a statement."""
    for line in lab.ask("-a", "list", "chain", *chain).splitlines():
        rule, _, handle = line.partition(" # handle ")
        if rule.endswith(statement):
            return handle
    raise Failure("no rule with %r" % statement)


@case("a rule, a chain and a table are deleted one by one under traffic, again and again")
def pieces_of_ruleset(lab):
    def once():
        lab.ask("delete", "rule", "ip", "cgn", "out", "handle",
                handle_of(lab, "alias out one", "ip", "cgn", "out"))
        equal(lab.alias("one")["rules"], 1, "rules that name it, of two")
        lab.ask("flush", "chain", "ip", "cgn", "in")
        lab.ask("delete", "chain", "ip", "cgn", "in")
        equal(lab.alias("one")["rules"], 0, "rules that name it")
        lab.ask("delete", "alias", "one")
        lab.ask("delete", "table", "ip", "cgn")
        lab.rules(RULES)

    lab.rules(RULES)
    with traffic(lab):
        for_a_while(once)
    works(lab)


@case("an instance that a map leads to is deleted and made under traffic, many times")
def by_number(lab):
    lab.rules(RULES)
    with traffic(lab), contextlib.closing(Genl()) as net:
        def once():
            net.request(genl.DEL, genl.string(genl.A_NAME, "two"))
            net.request(genl.NEW, TWO, genl.F_ACK | genl.CREATE)
        for_a_while(once)
    works(lab)


@case("configuration changes under traffic: done or refused, never a link lost")
def change(lab):
    lab.rules(RULES)
    outcome = {"done": 0, "refused": 0}

    with traffic(lab), contextlib.closing(Genl()) as net:
        def once():
            for last in ("198.51.100.5", "198.51.100.4", "198.51.100.6"):
                for top in (2047, 2000, 4000):
                    try:
                        net.request(genl.NEW, genl.instance(
                            "two", genl.addresses("198.51.100.2", last),
                            genl.u32(genl.I_NUMBER, 2), genl.u16(genl.I_PORT_MIN, 1024),
                            genl.u16(genl.I_PORT_MAX, top)), genl.F_ACK)
                        outcome["done"] += 1
                    except Refused:
                        outcome["refused"] += 1
            net.request(genl.FLUSH, genl.string(genl.A_NAME, "two"))
        for_a_while(once)
        equal(len(net.dump(genl.GET)), 2, "instances")
    check(outcome["done"] and outcome["refused"], "outcomes: %r" % outcome)
    works(lab)


@case("dumps under traffic, flushes and changes come to an end")
def dumps(lab):
    lab.rules(RULES)
    with traffic(lab), contextlib.closing(Genl()) as net, contextlib.closing(Genl()) as other:
        def once():
            for command in (genl.GET_LINKS, genl.GET):
                net.send(command, b"", genl.DUMP)
                next(net.messages())
                other.request(genl.FLUSH, genl.string(genl.A_NAME, "two"))
                net.receive()
        for_a_while(once)


def many_links(lab, number):
    """Of instance two: more than what the kernel has ready for the first two reads of a dump,
    which is some 600."""
    for n in range(number):
        lab.inside.send(udp("100.64.1.%d" % (n % 50 + 1), 3000 + n, PEER, 53))
    wait_for(lambda: lab.alias("two")["links"]["udp"] >= number, "links")


@case("an instance is deleted in the middle of a dump of its links, and with a listener, "
      "under traffic")
def deleted_in_a_dump(lab):
    lab.rules(RULES)
    with traffic(lab), contextlib.closing(Genl()) as net, contextlib.closing(Genl()) as other, \
            contextlib.closing(Genl()) as listener:
        listener.join()

        def once():
            many_links(lab, 1500)
            net.send(genl.GET_LINKS, b"", genl.DUMP)
            next(net.messages())
            other.request(genl.DEL, genl.string(genl.A_NAME, "two"))
            equal([listener.event().command], [genl.DEL], "event")
            check(len(net.receive()) < 1000, "the dump goes on without the instance")
            check(net.interrupted, "the dump does not say that something changed")
            other.request(genl.NEW, TWO, genl.F_ACK | genl.CREATE)
            equal([listener.event().command], [genl.NEW], "event")
        for_a_while(once)
    works(lab)


def unload():
    """Rules leave the module alone a moment after they are gone."""
    wait_for(lambda: run("rmmod", NAME, check=False).returncode == 0, "rmmod")
    check(not os.path.exists("/sys/module/" + NAME), "the module is still there")


# A second BNG beside the first, with its links to the same two sides
DYING = """
link add intern address 02:00:00:00:01:01 type veth peer dying netns %(INSIDE)s
link add extern address 02:00:00:00:02:01 type veth peer dying netns %(OUTSIDE)s
link set lo up
link set intern up
link set extern up
address add 10.10.0.1/30 dev intern
address add 203.0.113.254/24 dev extern
neighbour replace 10.10.0.2 lladdr 02:00:00:00:01:02 dev intern
neighbour replace 203.0.113.1 lladdr 02:00:00:00:02:02 dev extern
route add 100.64.0.0/10 via 10.10.0.2
route add default via 203.0.113.1
"""


def far_end(lab, side, mac):
    with lab.namespace(side):
        run("ip", "link", "set", "dying", "up")
        return Tap("dying", mac)


@contextlib.contextmanager
def dying_world(lab):
    """A namespace that nothing but its name holds: the far ends of its links, and
    the sockets on them, are in others."""
    lab.names["DYING"] = "dying-%d" % os.getpid()
    run("ip", "netns", "add", lab.names["DYING"])
    try:
        with lab.namespace("DYING"):
            run("ip", "-batch", "-", text=DYING % lab.names)
            with open("/proc/sys/net/ipv4/ip_forward", "w") as switch:
                switch.write("1")
            little_room()
            lab.rules(RULES)
        inside = far_end(lab, "INSIDE", MAC["intern"])
        outside = far_end(lab, "OUTSIDE", MAC["extern"])
        yield types.SimpleNamespace(inside=inside, outside=outside)
    finally:
        if "DYING" in lab.names:
            delete_namespace(lab.names.pop("DYING"))


def busy(lab):
    """Links of all kinds, and packets translated both ways, in the dying world."""
    with lab.namespace("DYING"):
        aliases = lab.aliases().values()
    return (sum(sum(a["links"].values()) for a in aliases) > 50 and
            all(sum(a[way]["packets"] for a in aliases) > 50 for way in ("out", "in")))


def far_ends_gone(lab):
    for side in ("INSIDE", "OUTSIDE"):
        with lab.namespace(side):
            if "dying" in (name for _, name in socket.if_nameindex()):
                return False
    return True


def kernel_shares():
    """Whether a process gets on while the kernel ends a namespace."""
    return os.cpu_count() > 1 or "PREEMPT" in os.uname().version


def end_of_namespace(lab):
    """Packets that were sent from each side meanwhile"""
    with dying_world(lab) as world, traffic(world) as sent:
        wait_for(lambda: busy(lab), "links in the namespace")
        before = sent[:2].tolist()
        delete_namespace(lab.names.pop("DYING"))
        wait_for(lambda: far_ends_gone(lab), "the namespace to take its links along")
        meanwhile = sent[0] - before[0], sent[1] - before[1]
    print("# packets during the end: %d outward, %d inward" % meanwhile)
    # Its rules held the module: this is possible when its end is complete.
    lab.nft("flush", "ruleset")
    unload()
    run("insmod", MODULE)
    return meanwhile


@case("a namespace ends with rules, instances and links, and packets come from both sides")
def namespace(lab):
    # From here on they would keep the namespace, and talk to a module that is gone.
    lab.without_tools()
    # With one processor an end may be over before the flood's turn comes.
    ends = 0
    for _ in range(10):
        ends += min(end_of_namespace(lab)) > 1 or not kernel_shares()
        if ends == 3:
            break
    equal(ends, 3, "ends with traffic meanwhile")
    works(lab)


@case("rmmod without rules, with instances and links, under traffic")
def unload_under_traffic(lab):
    lab.rules(RULES)
    with traffic(lab):
        wait_for(lambda: sum(lab.alias("two")["links"].values()) > 100, "links")
        lab.nft("flush", "ruleset")
        unload()
        run("insmod", MODULE)
    equal(lab.aliases(), {}, "instances after the reload")
    works(lab)


def module_references():
    with open("/sys/module/%s/refcnt" % NAME) as file:
        return int(file.read())


@case("rmmod with a listener; while a dump is half read it is refused")
def unload_in_a_dump(lab):
    lab.rules(RULES)
    # More than what the kernel has ready for the first and the second read.
    for port in range(2000, 4000):
        lab.inside.send(udp("100.64.0.11", port, PEER, 53))
    wait_for(lambda: lab.alias("one")["links"]["udp"] >= 2000, "links")
    lab.nft("flush", "ruleset")
    with contextlib.closing(Genl()) as net, contextlib.closing(Genl()) as listener:
        listener.join()
        net.send(genl.GET_LINKS, b"", genl.DUMP)
        next(net.messages())
        # The rules' ones go a moment after the rules.
        wait_for(lambda: module_references() == 1, "the dump's reference to be the last")
        done = run("rmmod", NAME, check=False)
        check(done.returncode != 0 and "in use" in done.stderr, "rmmod: %r" % done.stderr)
        check(len(net.receive()) > 1000, "the rest of the dump")
        unload()
    run("insmod", MODULE)
    equal(lab.aliases(), {}, "instances after the reload")
    works(lab)


@case("it still works, and fragments were put together and gave way all the time")
def at_last(lab):
    whole, failed = statistic("ReasmOKs"), statistic("ReasmFails")
    print("# %d packets put together, %d not" % (whole, failed))
    # Several times what the store holds. Where nothing gives way hardly any are put
    # together, but for the first ones.
    check(failed > 300 and whole > failed / 10, "%d put together, %d not" % (whole, failed))
    works(lab)
    equal(View(lab.out(udp("100.64.1.7", 1, PEER, 53))[0]).src[:11], "198.51.100.", "by number")


if __name__ == "__main__":
    rig = Lab()
    little_room()
    sys.exit(ktap.run(rig))
