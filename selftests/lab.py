# SPDX-License-Identifier: GPL-2.0
"""The namespaces of lib.sh's setup_lab, seen from one process.

All sockets are made here, each in its namespace; the process itself lives in
the BNG's. It stays on one CPU: a packet then passes the whole way before the
next one begins, so that what a marker packet overtook was dropped.
"""
import contextlib
import ctypes
import fcntl
import json
import os
import select
import socket
import struct
import subprocess
import time

import packet
from ktap import Failure, equal
from tool import Tool

CLONE_NEWNET, MNT_DETACH = 0x40000000, 2
ETH_P_IP = 0x0800
SO_RCVBUFFORCE = 33
SOL_PACKET, PACKET_AUXDATA, TP_STATUS_CSUMNOTREADY = 263, 8, 1 << 3
SIOCETHTOOL = 0x8946
ETHTOOL_SRXCSUM, ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO = 0x15, 0x17, 0x1f, 0x24

# setup_lab() in lib.sh knows the same.
BNG_INTERN, INSIDE_ROUTER = "10.10.0.1", "10.10.0.2"
BNG_EXTERN, SERVER, SERVER2 = "203.0.113.254", "203.0.113.1", "203.0.113.2"
MAC = {"intern": "020000000101", "extern": "020000000201"}
# Nobody has these addresses, so nobody answers to what is sent there.
PEER, PEER2 = "192.0.2.1", "192.0.2.2"
MARKER_PEER = "192.0.2.255"
# Emulated and with all sanitizers on; never waited for unless something fails.
PATIENCE = 30

_libc = ctypes.CDLL(None, use_errno=True)


def setns(name):
    with open("/run/netns/" + name) as handle:
        if _libc.setns(handle.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns " + name)


def delete_namespace(name):
    """What `ip netns delete` does, and back at once."""
    path = "/run/netns/" + name
    if _libc.umount2(path.encode(), MNT_DETACH):
        raise OSError(ctypes.get_errno(), "umount " + path)
    os.unlink(path)


def run(*words, text=None, check=True):
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise Failure("%s: exit %d\n%s%s" % (" ".join(words), done.returncode, done.stdout,
                                             done.stderr))
    return done


def sysctl(name, value=None):
    """What net.ipv4.NAME was; and what it shall be."""
    path = "/proc/sys/net/ipv4/" + name
    with open(path) as file:
        before = file.read().strip()
    if value is not None:
        with open(path, "w") as file:
            file.write(str(value))
    return before


def statistic(name):
    """One of the kernel's counters, as nstat has them."""
    for path in ("/proc/net/snmp", "/proc/net/netstat"):
        with open(path) as file:
            lines = file.read().splitlines()
        for names, values in zip(lines[::2], lines[1::2]):
            found = dict(zip(names.split(), values.split()))
            if name in found:
                return int(found[name])
    raise KeyError(name)


class Tap:
    """The far end of one of the BNG's links: packets in, packets out."""

    def __init__(self, device, mac):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        # Beyond net.core.rmem_max: nothing that came may be lost here.
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        self.sock.bind((device, ETH_P_IP))
        self.to = (device, ETH_P_IP, 0, 0, bytes.fromhex(mac))
        self.partial = 0

    def send(self, data):
        self.sock.sendto(data, self.to)

    def receive(self, timeout=PATIENCE):
        """The next packet that came out of the BNG, or None."""
        if not select.select([self.sock], [], [], timeout)[0]:
            return None
        data, ancillary, _, _ = self.sock.recvmsg(1 << 17, 256)
        for level, kind, payload in ancillary:
            if level == SOL_PACKET and kind == PACKET_AUXDATA:
                self.partial += bool(struct.unpack("=I", payload[:4])[0] & TP_STATUS_CSUMNOTREADY)
        return data

    def drain(self):
        while self.receive(0) is not None:
            pass


class Lab:
    """inside -- intern [BNG] extern -- outside"""

    def __init__(self):
        self.tool = os.environ["NFT_ALIAS"]
        # By the options they were started with; None: each command starts its own.
        self.tools = {}
        self.names = {name: os.environ[name] for name in
                      ("INSIDE", "INSIDE2", "BNG", "OUTSIDE") if name in os.environ}
        self.markers = 0
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        with self.namespace("INSIDE"):
            self.inside = Tap("eth0", MAC["intern"])
        with self.namespace("OUTSIDE"):
            self.outside = Tap("eth0", MAC["extern"])
        setns(self.names["BNG"])

    @contextlib.contextmanager
    def namespace(self, name):
        tools, self.tools = self.tools, None
        setns(self.names[name])
        try:
            yield
        finally:
            setns(self.names["BNG"])
            self.tools = tools

    # -- packets

    def marker(self, outward):
        """A packet that no rule of ours touches."""
        self.markers += 1
        ends = (INSIDE_ROUTER, 9, MARKER_PEER, 9) if outward else (MARKER_PEER, 9,
                                                                   INSIDE_ROUTER, 9)
        return packet.udp(*ends, b"marker %d" % self.markers)

    def send(self, outward, packets, sender=None):
        """Sends packets and returns what came out at the other side, in order."""
        here, there = (self.inside, self.outside) if outward else (self.outside, self.inside)
        there.drain()
        for one in packets:
            (sender or here).send(one)
        marker = self.marker(outward)
        here.send(marker)
        came = []
        while True:
            one = there.receive()
            if one is None:
                raise Failure("the marker packet did not arrive")
            if one == packet.rewritten(marker):
                return came
            came.append(one)

    def out(self, *packets):
        return self.send(True, packets)

    def into(self, *packets):
        return self.send(False, packets)

    def expect(self, outward, sent, wanted, what):
        """Byte for byte."""
        came = self.send(outward, sent)
        equal([packet.describe(p) for p in came], [packet.describe(p) for p in wanted], what)

    # -- the tool

    def nft(self, *words, text=None, check=True):
        return run(self.tool, *words, text=text, check=check)

    def ask(self, *words):
        """The output of a command, behind options, that must succeed."""
        first = next(n for n, word in enumerate(words) if not word.startswith("-"))
        options, words = words[:first], words[first:]
        if self.tools is None:
            return self.nft(*options, *words).stdout
        if options not in self.tools:
            self.tools[options] = Tool(self.tool, *options)
        output, complaints = self.tools[options].run(" ".join(words), 4 * PATIENCE)
        if complaints and not complaints.endswith(" links have been shown.\n"):
            raise Failure("%s\n%s" % (" ".join(words), complaints))
        return output

    def without_tools(self):
        """For who takes the module or the namespace away."""
        for tool in (self.tools or {}).values():
            tool.close()
        self.tools = None

    def rules(self, text):
        """Loads a ruleset in the place of the one before."""
        self.load("flush ruleset\n" + text)

    def load(self, text):
        name = "/run/rules-%d" % os.getpid()
        with open(name, "w") as file:
            file.write(text)
        try:
            self.ask("include", '"%s"' % name)
        finally:
            os.unlink(name)

    def json(self, *words):
        return json.loads(self.ask("-j", *words))["nftables"][1:]

    def flush(self, *names):
        for name in names:
            self.ask("flush", "alias", name)

    def aliases(self):
        return {a["alias"]["name"]: a["alias"] for a in self.json("list", "aliases")
                if "alias" in a}

    def alias(self, name):
        return self.json("list", "alias", name)[0]["alias"]

    def link_counts(self, name):
        """How many links of each protocol; those of which there are none are left out."""
        return {key: count for key, count in self.alias(name)["links"].items() if count}

    def links(self, *words):
        return [entry["link"] for entry in self.json("list", "links", *words)]

    def comments(self):
        """Packets that each rule counted, by the rule's comment."""
        found = {}
        for entry in self.json("list", "ruleset"):
            rule = entry.get("rule")
            if not rule or "comment" not in rule:
                continue
            for part in rule["expr"]:
                if "counter" in part:
                    found[rule["comment"]] = part["counter"]["packets"]
        return found

    @contextlib.contextmanager
    def counted(self, name, out=None, into=None):
        """What happens within moves these counters of an instance and no others."""
        before = self.alias(name)
        yield
        after = self.alias(name)
        for way, wanted in (("out", out), ("in", into)):
            moved = {key: after[way][key] - before[way][key] for key in after[way]
                     if after[way][key] != before[way][key]}
            equal(moved, wanted or {}, "counters %s of %s" % (way, name))

    # -- real sockets

    def socket(self, where, kind, address=None):
        with self.namespace(where):
            sock = socket.socket(socket.AF_INET, kind)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.settimeout(PATIENCE)
        if address:
            sock.bind(address)
        return sock

    def connect(self, where, source, server, listener):
        """A TCP connection: (client, accepted, address the server sees)."""
        client = self.socket(where, socket.SOCK_STREAM, source)
        client.connect(server)
        accepted, seen = listener.accept()
        accepted.settimeout(PATIENCE)
        return client, accepted, seen

    def listen(self, where, address):
        listener = self.socket(where, socket.SOCK_STREAM, address)
        listener.listen(8)
        return listener

    def offload(self, where, device, **switches):
        """Switches a device's offloads: checksum=, tso=, gso=."""
        commands = {"checksum": ETHTOOL_STXCSUM, "tso": ETHTOOL_STSO, "gso": ETHTOOL_SGSO}
        with self.namespace(where), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for name, on in switches.items():
                value = ctypes.create_string_buffer(struct.pack("=II", commands[name], on))
                request = struct.pack("=16sQ16x", device.encode(), ctypes.addressof(value))
                fcntl.ioctl(sock, SIOCETHTOOL, request)


def transfer(a, b, data):
    """Sends data both ways at once and compares what arrives."""
    todo = {a: memoryview(data), b: memoryview(data[::-1])}
    got = {a: bytearray(), b: bytearray()}
    for sock in todo:
        sock.setblocking(False)
    deadline = time.monotonic() + 4 * PATIENCE
    while any(todo.values()) or any(len(g) < len(data) for g in got.values()):
        readable, writable, _ = select.select([a, b], [s for s in todo if todo[s]], [], PATIENCE)
        if not readable and not writable or time.monotonic() > deadline:
            raise Failure("the transfer stands still after %r bytes" %
                          [len(g) for g in got.values()])
        for sock in readable:
            chunk = sock.recv(1 << 18)
            if not chunk:
                raise Failure("the connection ended early")
            got[sock] += chunk
        for sock in writable:
            todo[sock] = todo[sock][sock.send(todo[sock]):]
    if bytes(got[b]) != data or bytes(got[a]) != data[::-1]:
        raise Failure("the content changed on its way")


def wait_for(condition, what, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failure("waited in vain: " + what)
        time.sleep(0.02)
