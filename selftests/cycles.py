# SPDX-License-Identifier: GPL-2.0
"""The case of cycles.sh."""
import contextlib
import glob
import os
import sys

import genl
import ktap
from genl import CREATE, F_ACK, Genl
from ktap import case, check, equal
from lab import PEER, Lab, run, wait_for
from packet import rewritten, udp

MODULE = os.environ["NFT_ALIAS_KO"]
NAME = os.path.basename(MODULE)[:-3]
OUTER = "198.51.100.1"
WARM_UP, INSTANCES = 5, 16
# How much each may grow in 20 cycles, in kB.
LIMITS = {"SUnreclaim": 64, "VmallocUsed": 40, "Percpu": 40}
RULES = """
alias one { number 1; address 198.51.100.1; same-ports; }
table ip cgn {
	chain in {
		type filter hook prerouting priority raw;
		iifname "extern" alias in one
	}
	chain out {
		type filter hook postrouting priority srcnat;
		oifname "extern" ip saddr 100.64.0.0/10 alias out one
	}
}
"""


def use(lab):
    """Translates a packet of a new flow each way."""
    lab.rules(RULES)
    there, back = udp("100.64.0.11", 5000, PEER, 53), udp(PEER, 53, OUTER, 5000)
    lab.expect(True, [there], [rewritten(there, src=(OUTER, 5000))], "outward")
    lab.expect(False, [back], [rewritten(back, dst=("100.64.0.11", 5000))], "inward")


def slabs():
    """Objects in slab caches of ours; none of them may stay."""
    with open("/proc/slabinfo") as table:
        return [line.split()[:3] for line in table if line.startswith(("alias", "nft_alias"))]


def shrink_caches():
    """Caches give back what is free in them, and KASAN what it has kept for a while
    though it is free: without that the figures below say little."""
    for path in glob.glob("/sys/kernel/slab/*/shrink"):
        with contextlib.suppress(OSError), open(path, "w") as handle:
            handle.write("1")


def memory():
    """What the kernel holds for itself, in kB. Percpu is of one processor."""
    shrink_caches()
    with open("/proc/meminfo") as lines:
        found = dict(line.split()[:2] for line in lines)
    got = {key: int(found[key + ":"]) for key in LIMITS}
    got["Percpu"] //= os.cpu_count()
    return got


def fill():
    """Instances beside the one of the rules, some changed and some deleted again."""
    with contextlib.closing(Genl()) as net:
        for number in range(2, INSTANCES + 1):
            one = "198.51.100.%d" % number, genl.u32(genl.I_NUMBER, number)
            net.request(genl.NEW, genl.instance("i%d" % number, *one), F_ACK | CREATE)
            if number % 2:
                net.request(genl.NEW, genl.instance("i%d" % number, *one,
                                                    "203.0.113.%d" % number), F_ACK)
            if number % 4 == 0:
                net.request(genl.DEL, genl.string(genl.A_NAME, "i%d" % number))


def cycle(lab, round_):
    # By a session of the tool that has seen the modules before this one
    use(lab)
    fill()
    lab.ask("flush", "ruleset")
    # Rules leave the module alone a moment after they are gone.
    wait_for(lambda: run("rmmod", NAME, check=False).returncode == 0, "rmmod")
    equal(slabs(), [], "slab caches after round %d" % round_)


@case("20 cycles of load, use and unload leave no memory behind")
def cycles(lab):
    held = []
    for round_ in range(WARM_UP + 20):
        cycle(lab, round_)
        if round_ >= WARM_UP - 1 and (round_ - WARM_UP) % 5 == 4:
            held.append(memory())
        run("insmod", MODULE)
    print("# kB after each five cycles: %r" % held)
    for key, limit in LIMITS.items():
        grown = held[-1][key] - min(one[key] for one in held)
        check(grown < limit, "%s has grown by %d kB: %r" % (key, grown, held))
    use(lab)


if __name__ == "__main__":
    sys.exit(ktap.run(Lab()))
