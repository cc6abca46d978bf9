# SPDX-License-Identifier: GPL-2.0
"""What the customers of demo.sh do: one process, a socket in each namespace.

Prints lines "good SENTENCE" or "bad SENTENCE".
"""
import ctypes
import hashlib
import os
import select
import socket
import struct
import sys

ADDRESS = ("100.64.0.1", "100.64.0.2", "100.64.0.33", "100.95.7.255", "100.127.1.64")
WEB, GAME = ("203.0.113.2", 80), ("203.0.113.6", 3478)
PATIENCE = 30
ECHO, ECHO_REPLY = 8, 0
# Within the instances' ports, so that it stays what it is
IDENT = 7777
_libc = ctypes.CDLL(None, use_errno=True)


def outside(inside):
    """The blog's arithmetic: the low five bits choose the instance."""
    return "198.51.100.%d" % (128 + (int(inside.split(".")[3]) & 31))


def make_socket(namespace, kind, address=None, protocol=0):
    with open("/run/netns/" + namespace) as handle:
        if _libc.setns(handle.fileno(), 0x40000000):
            raise OSError(ctypes.get_errno(), "setns")
    sock = socket.socket(socket.AF_INET, kind, protocol)
    sock.settimeout(PATIENCE)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if address:
        sock.bind(address)
    return sock


def listen(namespace, address):
    sock = make_socket(namespace, socket.SOCK_STREAM, address)
    sock.listen(8)
    return sock


def call(namespace, source, destination, listener):
    """A TCP connection: both ends, and what the listener sees."""
    caller = make_socket(namespace, socket.SOCK_STREAM, source)
    caller.connect(destination)
    end, seen = listener.accept()
    end.settimeout(PATIENCE)
    return caller, end, seen


def same(got, wanted, what):
    if got != wanted:
        raise ValueError("%s: %r instead of %r" % (what, got, wanted))


def exchange(a, b, size):
    """size random bytes each way at once, compared by their sums."""
    data = {a: os.urandom(size), b: os.urandom(size)}
    left, sums, got = dict(data), {a: hashlib.sha256(), b: hashlib.sha256()}, {a: 0, b: 0}
    while any(left.values()) or min(got.values()) < size:
        readable, writable, _ = select.select([a, b], [s for s in left if left[s]], [], PATIENCE)
        if not readable and not writable:
            raise TimeoutError("the connection stands still")
        for sock in readable:
            chunk = sock.recv(1 << 17)
            if not chunk:
                raise ConnectionError("the connection ended early")
            sums[sock].update(chunk)
            got[sock] += len(chunk)
        for sock in writable:
            left[sock] = left[sock][sock.send(left[sock][:1 << 16]):]
    same(sums[a].digest(), hashlib.sha256(data[b]).digest(), "content one way")
    same(sums[b].digest(), hashlib.sha256(data[a]).digest(), "content the other way")


def ask(client, server, text, question_to, seen_as):
    client.sendto(text, question_to)
    got, seen = server.recvfrom(2000)
    same((got, seen), (text, seen_as), "what the other end sees")
    server.sendto(text[::-1], seen)
    same(client.recvfrom(2000), (text[::-1], question_to), "the answer")


def echo(kind, ident, data=b"customer to customer"):
    def packed(check):
        return struct.pack("!BBHHH", kind, 0, check, ident, 1) + data
    total = sum(struct.unpack("!%dH" % (len(packed(0)) // 2), packed(0)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return packed(0xffff - total)


class Traffic:
    """The customers' namespaces and what both servers listen on."""

    def __init__(self, customers):
        self.customers = customers
        self.web = listen(os.environ["WEB"], WEB)
        self.web_udp = make_socket(os.environ["WEB"], socket.SOCK_DGRAM, WEB)
        self.game = make_socket(os.environ["GAME"], socket.SOCK_DGRAM, GAME)

    def tcp(self):
        """each customer: 128 KiB by TCP both ways, content compared"""
        for namespace, address in zip(self.customers, ADDRESS):
            caller, end, seen = call(namespace, (address, 0), WEB, self.web)
            same(seen, (outside(address), caller.getsockname()[1]), "what the web server sees")
            exchange(caller, end, 128 << 10)
            caller.close()
            end.close()

    def udp(self):
        """each customer: a question by UDP and its answer"""
        for namespace, address in zip(self.customers, ADDRESS):
            with make_socket(namespace, socket.SOCK_DGRAM, (address, 0)) as client:
                ask(client, self.game, b"question of " + address.encode(), GAME,
                    (outside(address), client.getsockname()[1]))

    def one_port(self):
        """two servers see one socket of a customer at the same port (EIM)"""
        with make_socket(self.customers[2], socket.SOCK_DGRAM, (ADDRESS[2], 5004)) as client:
            for server, address in ((self.game, GAME), (self.web_udp, WEB)):
                ask(client, server, b"who am I?", address, (outside(ADDRESS[2]), 5004))

    def stranger(self):
        """a server the customer never wrote to reaches that port (EIF)"""
        with make_socket(self.customers[3], socket.SOCK_DGRAM, (ADDRESS[3], 5005)) as client:
            ask(client, self.game, b"join", GAME, (outside(ADDRESS[3]), 5005))
            self.web_udp.sendto(b"invitation", (outside(ADDRESS[3]), 5005))
            same(client.recvfrom(2000), (b"invitation", WEB), "what the customer sees")

    def neighbours_tcp(self):
        """customer to customer, two instances: 128 KiB by TCP both ways"""
        host = (ADDRESS[0], 8080)
        # A connection outward opens the port that the neighbour calls.
        door, end, _ = call(self.customers[0], host, WEB, self.web)
        with door, end, listen(self.customers[0], host) as listener:
            caller, answer, seen = call(self.customers[1], (ADDRESS[1], 8081),
                                        (outside(host[0]), 8080), listener)
            with caller, answer:
                same(seen, (outside(ADDRESS[1]), 8081), "what the called customer sees")
                exchange(caller, answer, 128 << 10)

    def neighbours_udp(self):
        """customer to customer: UDP both ways, each sees an outside address"""
        with make_socket(self.customers[0], socket.SOCK_DGRAM, (ADDRESS[0], 5006)) as one, \
                make_socket(self.customers[1], socket.SOCK_DGRAM, (ADDRESS[1], 5007)) as two:
            ask(one, self.game, b"join", GAME, (outside(ADDRESS[0]), 5006))
            ask(two, one, b"your move", (outside(ADDRESS[0]), 5006), (outside(ADDRESS[1]), 5007))

    def neighbours_ping(self):
        """customer to customer: ping"""
        raw = [make_socket(n, socket.SOCK_RAW, (a, 0), socket.IPPROTO_ICMP)
               for n, a in zip(self.customers[:2], ADDRESS)]
        raw[0].sendto(echo(ECHO, IDENT), (WEB[0], 0))
        same(raw[0].recv(2000)[20:], echo(ECHO_REPLY, IDENT), "the server's answer")
        raw[1].sendto(echo(ECHO, IDENT), (outside(ADDRESS[0]), 0))
        answer = raw[1].recv(2000)
        same((socket.inet_ntoa(answer[12:16]), answer[20:]),
             (outside(ADDRESS[0]), echo(ECHO_REPLY, IDENT)), "the neighbour's answer")
        for sock in raw:
            sock.close()

    def no_link(self):
        """3 packets are sent to ports nobody has opened"""
        for port in (7, 9, 13):
            self.web_udp.sendto(b"knock", (outside(ADDRESS[0]), port))
        # What comes after them has overtaken none of them.
        with make_socket(self.customers[0], socket.SOCK_DGRAM, (ADDRESS[0], 5008)) as client:
            ask(client, self.web_udp, b"done?", WEB, (outside(ADDRESS[0]), 5008))

    def all(self):
        for act in (self.tcp, self.udp, self.one_port, self.stranger, self.neighbours_tcp,
                    self.neighbours_udp, self.neighbours_ping, self.no_link):
            try:
                act()
                print("good", act.__doc__, flush=True)
            except (OSError, ValueError) as error:
                print("bad", act.__doc__)
                print("   %s: %s" % (type(error).__name__, error), flush=True)


if __name__ == "__main__":
    Traffic(sys.argv[1:]).all()
