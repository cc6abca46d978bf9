# SPDX-License-Identifier: GPL-2.0
"""The case of cycles.sh."""
import contextlib
import os
import sys

import genl
import ktap
from genl import Genl
from ktap import Failure, case, check, equal
from lab import PEER, Lab, run, wait_for
from packet import rewritten, udp

MODULE = os.environ["NFT_ALIAS_KO"]
NAME = os.path.basename(MODULE)[:-3]
OUTER = "198.51.100.1"
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


def unreclaimable():
    with open("/proc/meminfo") as lines:
        for line in lines:
            if line.startswith("SUnreclaim:"):
                return int(line.split()[1])
    raise Failure("no SUnreclaim in /proc/meminfo")


@case("20 cycles of load, use and unload leave no memory behind")
def cycles(lab):
    free = []
    for round_ in range(20):
        if round_ % 5 == 0:
            # By a session of the tool that has seen the modules before this one
            use(lab)
        else:
            with contextlib.closing(Genl()) as net:
                net.request(genl.NEW, genl.instance("one", OUTER, genl.u32(genl.I_NUMBER, 1)),
                            genl.F_ACK | genl.CREATE)
        lab.nft("flush", "ruleset")
        # Rules leave the module alone a moment after they are gone.
        wait_for(lambda: run("rmmod", NAME, check=False).returncode == 0, "rmmod")
        equal(slabs(), [], "slab caches after round %d" % round_)
        free.append(unreclaimable())
        run("insmod", MODULE)
    print("# unreclaimable slab, kB: %r" % free)
    # An instance is about 30 kB with its ports; twenty of them would show.
    check(min(free[-5:]) - min(free[:5]) < 400, "unreclaimable slab grows: %r kB" % free)
    use(lab)


if __name__ == "__main__":
    sys.exit(ktap.run(Lab()))
