# SPDX-License-Identifier: GPL-2.0
"""Cases of life.sh."""
import contextlib
import os
import random
import signal
import socket
import sys
import time

import genl
import ktap
from genl import Genl, Refused
from ktap import Failure, case, check, equal
from lab import PEER, Lab, run, setns, wait_for
from packet import ACK, SYN, View, echo, rewritten, tcp, udp

MODULE = os.environ["NFT_ALIAS_KO"]
NAME = os.path.basename(MODULE)[:-3]
OUTER = "198.51.100.1"
# Each kind of ending goes on for so long.
SECONDS = 4

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


@contextlib.contextmanager
def traffic(lab):
    """A flood from both sides for as long as the block takes."""
    pid = os.fork()
    if not pid:
        with contextlib.suppress(BaseException):
            # Not the CPU of the one who ends things
            os.sched_setaffinity(0, set(range(os.cpu_count())) - os.sched_getaffinity(0) or {0})
            packets = list(flood_packets())
            while True:
                for outward, packet in packets:
                    with contextlib.suppress(OSError):
                        (lab.inside if outward else lab.outside).send(packet)
        os._exit(0)
    try:
        yield
        check(os.waitpid(pid, os.WNOHANG) == (0, 0), "the flood has dried up")
    finally:
        os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
        lab.inside.drain()
        lab.outside.drain()


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
        lab.nft("flush", "alias", name)
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
    links = lab.alias("one")["links"]
    check(all(links.values()), "links of each protocol: %r" % links)


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
        for_a_while(lambda: [lab.nft("flush", "alias", n) for n in ("one", "two")])
    works(lab)


@case("flush ruleset, delete of the instances and reload under traffic, again and again")
def reload(lab):
    def once():
        lab.nft("flush", "ruleset")
        lab.nft("delete", "alias", "one")
        lab.nft("delete", "alias", "two")
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
            net.request(genl.NEW, genl.instance(
                "two", genl.addresses("198.51.100.2", "198.51.100.5"),
                genl.u32(genl.I_NUMBER, 2), genl.u16(genl.I_PORT_MIN, 1024),
                genl.u16(genl.I_PORT_MAX, 2047)), genl.F_ACK | genl.CREATE)
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


WORLD = """
link add e0 type veth peer name e1
link set e0 address 02:00:00:00:03:01 up
link set e1 address 02:00:00:00:03:02 up
link set lo up
address add 203.0.113.254/24 dev e1
neighbour replace 203.0.113.1 lladdr 02:00:00:00:03:01 dev e1
route add default via 203.0.113.1
"""


def small_world(lab, name):
    """A namespace that routes what is sent into e0; returns a flood into it."""
    run("ip", "netns", "add", name)
    setns(name)
    try:
        run("ip", "-batch", "-", text=WORLD)
        with open("/proc/sys/net/ipv4/ip_forward", "w") as switch:
            switch.write("1")
        lab.rules(RULES.replace('oifname "extern" ', "").replace('iifname "extern" ', ""))
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    finally:
        setns(lab.names["BNG"])
    pid = os.fork()
    if not pid:
        packets = [packet for outward, packet in flood_packets() if outward]
        with contextlib.suppress(BaseException):
            while True:
                for packet in packets:
                    tap.sendto(packet, ("e0", 0x0800, 0, 0, bytes.fromhex("020000000302")))
        os._exit(0)
    tap.close()
    return pid


def links_in(lab, name):
    setns(name)
    try:
        return sum(sum(a["links"].values()) for a in lab.aliases().values())
    finally:
        setns(lab.names["BNG"])


@case("a namespace goes with rules, instances, links and packets on their way")
def namespace(lab):
    for number in range(3):
        name = "gone%d-%d" % (os.getpid(), number)
        pid = small_world(lab, name)
        try:
            wait_for(lambda name=name: links_in(lab, name) > 50, "links in the namespace")
        finally:
            run("ip", "netns", "delete", name)
            # The flood's socket has held the namespace until now.
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    works(lab)


def unload():
    """Rules leave the module alone a moment after they are gone."""
    wait_for(lambda: run("rmmod", NAME, check=False).returncode == 0, "rmmod")
    check(not os.path.exists("/sys/module/" + NAME), "the module is still there")


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


def memory():
    """Objects in slab caches of ours; none of them may stay."""
    with open("/proc/slabinfo") as table:
        return [line.split()[:3] for line in table if line.startswith(("alias", "nft_alias"))]


@case("20 cycles of load, use and unload leave no memory behind")
def cycles(lab):
    free = []
    for round_ in range(20):
        if round_ % 5 == 0:
            works(lab)
        else:
            with contextlib.closing(Genl()) as net:
                net.request(genl.NEW, genl.instance("one", OUTER, genl.u32(genl.I_NUMBER, 1)),
                            genl.F_ACK | genl.CREATE)
        lab.nft("flush", "ruleset")
        unload()
        equal(memory(), [], "slab caches after round %d" % round_)
        free.append(unreclaimable())
        run("insmod", MODULE)
    print("# unreclaimable slab, kB: %r" % free)
    # An instance is about 30 kB with its ports; twenty of them would show.
    check(min(free[-5:]) - min(free[:5]) < 400, "unreclaimable slab grows: %r kB" % free)
    works(lab)


def unreclaimable():
    with open("/proc/meminfo") as lines:
        for line in lines:
            if line.startswith("SUnreclaim:"):
                return int(line.split()[1])
    raise Failure("no SUnreclaim in /proc/meminfo")


@case("it still works")
def at_last(lab):
    works(lab)
    equal(View(lab.out(udp("100.64.1.7", 1, PEER, 53))[0]).src[:11], "198.51.100.", "by number")


if __name__ == "__main__":
    sys.exit(ktap.run(Lab()))
