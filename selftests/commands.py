# SPDX-License-Identifier: GPL-2.0
"""Cases of commands.sh."""
import contextlib
import json
import os
import re
import subprocess
import sys

import ktap
from ktap import case, check, equal
from lab import PEER, PEER2, Lab, run, wait_for
from packet import SYN, echo, tcp, udp

MODULE = os.environ["NFT_ALIAS_KO"]
NAME = os.path.basename(MODULE)[:-3]
RULES = """
alias one { number 1; address 198.51.100.1; same-ports; }
alias two { address 198.51.100.2; same-ports; }
table ip cgn {
	chain out {
		type filter hook postrouting priority srcnat;
		oifname "extern" ip saddr 100.64.0.0/24 alias out one
		oifname "extern" ip saddr 100.64.1.0/24 alias out two
	}
}
"""
UDP = ("udp      17 SECONDS src=100.64.0.7 dst=192.0.2.1 sport=5000 dport=53 "
       "src=192.0.2.1 dst=198.51.100.1 sport=53 dport=5000 alias=one\n")
TCP = ("tcp      6 SECONDS OPENING src=100.64.0.8 dst=192.0.2.2 sport=6000 dport=80 "
       "src=192.0.2.2 dst=198.51.100.1 sport=80 dport=6000 alias=one\n")
ICMP = ("icmp     1 SECONDS src=100.64.1.9 dst=192.0.2.1 type=8 code=0 id=5077 "
        "src=192.0.2.1 dst=198.51.100.2 type=0 code=0 id=5077 alias=two\n")
# What an alias has that nobody gave it
REST = "\tports 1024-65535\n\tmapping eim\n\tfilter eif\n}\n"
# filters -> which of the three
FILTERS = {
    "": UDP + TCP + ICMP,
    "one": UDP + TCP,
    "two": ICMP,
    "-p udp": UDP,
    "-p 6": TCP,
    "-s 100.64.0.7": UDP,
    "-s 100.64.0.0/24": UDP + TCP,
    "-d 192.0.2.1": UDP + ICMP,
    "-n 198.51.100.1": UDP + TCP,
    "-g 198.51.100.2": "",
    "--sport 6000": TCP,
    "--dport 53": UDP,
    "one -p tcp -s 100.64.0.7": "",
    "two -p icmp -d 192.0.2.1": ICMP,
}


def complaint(lab, *words):
    done = lab.nft(*words, check=False)
    equal((done.returncode, done.stdout), (1, ""), "exit code and output of " + " ".join(words))
    return done.stderr


@case("list links as text: every filter shows the links it should, letter for letter")
def links(lab):
    lab.rules(RULES)
    lab.out(udp("100.64.0.7", 5000, PEER, 53), tcp("100.64.0.8", 6000, PEER2, 80, flags=SYN),
            echo("100.64.1.9", PEER, 5077))
    for words, wanted in FILTERS.items():
        done = lab.nft("list", "links", *words.split())
        text = re.sub(r"^(\w+ +\d+) \d+ ", r"\1 SECONDS ", done.stdout, flags=re.M)
        equal(sorted(text.splitlines()), sorted(wanted.splitlines()), "list links " + words)
        equal(done.stderr, "%d links have been shown.\n" % len(wanted.splitlines()),
              "what is said of it")


@case("an alias that is not there is named, and where the command names it")
def not_there(lab):
    for words in ("list links nosuch", "list alias nosuch", "delete alias nosuch",
                  "flush alias nosuch"):
        before = lab.aliases(), len(lab.links())
        said = complaint(lab, *words.split())
        equal((lab.aliases(), len(lab.links())), before, "aliases and links after " + words)
        check("alias nosuch" in said.splitlines()[0] and words in said and "^" in said,
              "%s: %s" % (words, said))


@contextlib.contextmanager
def monitor(lab, *options):
    """The lines it has printed, as a function."""
    process = subprocess.Popen((lab.tool, *options, "monitor", "aliases"),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    got = bytearray()
    os.set_blocking(process.stdout.fileno(), False)

    def so_far():
        with contextlib.suppress(BlockingIOError):
            got.extend(os.read(process.stdout.fileno(), 1 << 16))
        return got.decode()

    try:
        yield so_far
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def listens(lab, so_far):
    """A monitor has begun when it sees a flush."""
    def sees():
        lab.nft("flush", "alias", "one")
        return so_far()
    wait_for(sees, "the monitor to listen")


def events(lab):
    lab.nft("add alias three { address 198.51.100.3; }")
    lab.nft("add alias three { address 198.51.100.3-198.51.100.4; same-ports; }")
    lab.nft("flush alias three")
    lab.nft("delete alias three")


@case("monitor aliases says what is added, changed, flushed and deleted, as text")
def monitor_text(lab):
    with monitor(lab) as so_far:
        listens(lab, so_far)
        events(lab)
        wait_for(lambda: "delete" in so_far(), "the last event")
        seen = so_far()
    equal(seen.replace("flush alias one\n", ""),
          "add alias three {\n\taddress 198.51.100.3\n" + REST +
          "change alias three {\n\taddress 198.51.100.3-198.51.100.4\n" +
          REST.replace("65535\n", "65535\n\tsame-ports\n") +
          "flush alias three\ndelete alias three\n", "the monitor's text")


@case("monitor aliases -j says the same, one object a line")
def monitor_json(lab):
    with monitor(lab, "-j") as so_far:
        listens(lab, so_far)
        events(lab)
        wait_for(lambda: "delete" in so_far(), "the last event")
        seen = [json.loads(line) for line in so_far().splitlines()]
    seen = [(kind, event["alias"]) for line in seen for kind, event in line.items()
            if event["alias"]["name"] == "three"]
    equal([kind for kind, _ in seen], ["add", "change", "flush", "delete"], "events")
    equal([set(alias) == {"name"} for _, alias in seen], [False, False, True, True],
          "whole aliases")


@case("without the module every command of ours says that it is not loaded, and nft's work")
def not_loaded(lab):
    lab.nft("flush", "ruleset")
    wait_for(lambda: run("rmmod", NAME, check=False).returncode == 0, "rmmod")
    try:
        for words in ("list aliases", "list links", "monitor aliases", "flush alias one",
                      "add alias x { address 198.51.100.1; }"):
            said = complaint(lab, *words.split(" ", 2))
            check("the kernel module nft_alias is not loaded" in said, words + ": " + said)
        lab.nft("add", "table", "ip", "cgn")
        check("table ip cgn" in lab.nft("list", "ruleset").stdout, "list ruleset")
        lab.nft("flush", "ruleset")
    finally:
        run("insmod", MODULE)


if __name__ == "__main__":
    rig = Lab()
    # They would keep talking to a module that is gone.
    rig.without_tools()
    sys.exit(ktap.run(rig))
