# SPDX-License-Identifier: GPL-2.0
"""Cases of pptp.sh."""
import os
import socket
import struct
import sys
import time

import ktap
from ktap import Failure, case, check, equal
from lab import PATIENCE, PEER, PEER2, SERVER, wait_for
from lab import Lab as PlainLab
from packet import ACK, GRE, PSH, TCP, View, describe, ip, rewritten, tcp

A, B = "100.64.0.1", "100.64.0.2"
# Nobody in the namespace inside has these: the tests play their part.
C, D = "100.64.0.11", "100.64.0.12"
OFF_A, OFF_B = "100.64.1.1", "100.64.1.2"
OUTER, OFF = "198.51.100.1", "198.51.100.2"
PORT = 1723
# Of the customers all; of the server for each.
ID = 4096

BLOCK = "alias calls { address 198.51.100.1; ports 1-65535; same-ports; pptp; }\n"
class Lab(PlainLab):
    """Where control connections of real sockets go on: their segments are no case's."""

    def send(self, outward, packets, **keywords):
        came = super().send(outward, packets, **keywords)
        return [p for p in came if p[9] != 6 or SERVER not in (View(p).src, View(p).dst)]

    def counted(self, name, **keywords):
        """Once they are quiet: an acknowledgment may be 0.2 s late."""
        def stands_still():
            before = self.alias(name)
            time.sleep(0.3)
            return self.alias(name) == before
        wait_for(stands_still, "the real connections to be quiet")
        return super().counted(name, **keywords)


RULES = BLOCK + """
alias off { address 198.51.100.2; ports 1-65535; same-ports; }
table ip cgn {
	chain in {
		type filter hook prerouting priority raw;
		iifname "extern" ip daddr 198.51.100.1 alias in calls
		iifname "extern" ip daddr 198.51.100.2 alias in off
		iifname "extern" ip daddr { 198.51.100.1, 198.51.100.2 } drop
	}
	chain out {
		type filter hook postrouting priority srcnat;
		oifname "extern" ip saddr 100.64.0.0/24 alias out calls
		oifname "extern" ip saddr 100.64.1.0/24 alias out off
	}
}
"""


# -- RFC 2637 section 2

def control(kind, body):
    return struct.pack("!HHIHH", 12 + len(body), 1, 0x1a2b3c4d, kind, 0) + body


def start(kind, result=0):
    return control(kind, struct.pack("!HBBIIHH", 0x0100, result, 0, 3, 3, 0, 1) +
                   b"name".ljust(64, b"\0") + b"vendor".ljust(64, b"\0"))


def call_request(call):
    return control(7, struct.pack("!HHIIIIHHHH", call, 1, 300, 100000000, 3, 3, 64, 0, 0, 0) +
                   bytes(128))


def call_reply(call, peer, result=1):
    return control(8, struct.pack("!HHBBHIHHI", call, peer, result, 0, 0, 100000000, 64, 0, 0))


def clear_request(call):
    return control(12, struct.pack("!HH", call, 0))


def disconnect_notify(call):
    return control(13, struct.pack("!HBBHH", call, 4, 0, 0, 0) + b"statistics".ljust(128, b"\0"))


def wan_error(peer):
    return control(14, struct.pack("!HHIIIIII", peer, 0, 1, 2, 3, 4, 5, 6))


def link_info(peer):
    return control(15, struct.pack("!HHII", peer, 0, 0xffffffff, 0xffffffff))


def echo(kind, ident):
    return control(kind, struct.pack("!I", ident) + (b"" if kind == 5 else b"\1\0\0\0"))


def data(call, content, sequence=None, ack=None):
    """RFC 2637 section 4.1: what goes over GRE."""
    flags = 0x2001 | (0x1000 if sequence is not None else 0) | (0x80 if ack is not None else 0)
    numbers = b"".join(struct.pack("!I", n) for n in (sequence, ack) if n is not None)
    return struct.pack("!HHHH", flags, 0x880b, len(content), call) + numbers + content


def receive(sock):
    """The next message."""
    got = b""
    while len(got) < 2 or len(got) < struct.unpack("!H", got[:2])[0]:
        wanted = struct.unpack("!H", got[:2])[0] if len(got) >= 2 else 2
        more = sock.recv(wanted - len(got))
        if not more:
            raise Failure("the connection ended after %d bytes" % len(got))
        got += more
    return got


def say(sender, receiver, message, arrives=None):
    sender.sendall(message)
    got = receive(receiver)
    equal(got, message if arrives is None else arrives, "message %d" % message[9])
    return got


class Call:
    """A customer's call, with its control connection and its GRE."""

    def __init__(self, lab, listener, customer, servers):
        self.customer, self.servers = customer, servers
        self.client, self.server, self.seen = lab.connect("INSIDE", (customer, 0), (SERVER, PORT),
                                                          listener)
        for sock in (self.client, self.server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        equal(self.seen[0], OUTER, "address that the server sees")
        say(self.client, self.server, start(1))
        say(self.server, self.client, start(2, 1))
        self.dial()

    def dial(self):
        request = call_request(ID)
        self.client.sendall(request)
        got = receive(self.server)
        self.outside = struct.unpack("!H", got[12:14])[0]
        equal(got, call_request(self.outside), "the request at the server")
        say(self.server, self.client, call_reply(self.servers, self.outside),
            call_reply(self.servers, ID))
        say(self.client, self.server, link_info(self.servers))

    def close(self):
        self.client.close()
        self.server.close()


calls = []
sinks = []


def raw(lab, where, address):
    """Also keeps the kernel from answering that it knows no such protocol."""
    with lab.namespace(where):
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, GRE)
    sock.bind((address, 0))
    sock.settimeout(PATIENCE)
    sinks.append(sock)
    return sock


def settle():
    """Until no acknowledgement is on its way any more."""
    time.sleep(1)


@case("two customers with one call id are told from each other at the server")
def dial(lab):
    with lab.listen("OUTSIDE", (SERVER, PORT)) as listener:
        calls.append(Call(lab, listener, A, 40))
        calls.append(Call(lab, listener, B, 41))
    equal(calls[0].outside, ID, "the first one's id outside")
    check(calls[1].outside not in (0, ID), "the second one's id outside: %d" % calls[1].outside)
    links = lab.links("-p", "gre", "calls")
    for link in links:
        check(0 < link.pop("seconds") <= 600, "seconds left")
    wanted = [{"alias": "calls", "protocol": "gre", "state": "ACTIVE",
               "inside": {"address": call.customer, "id": ID},
               "outside": {"address": OUTER, "id": call.outside},
               "peer": {"address": SERVER}} for call in calls]
    equal(sorted(links, key=str), sorted(wanted, key=str), "links")
    equal(lab.link_counts("calls"), {"tcp": 2, "other": 2}, "counts of links")


@case("GRE of both calls at once, byte for byte, counted")
def gre(lab):
    raw(lab, "OUTSIDE", SERVER)
    for call in calls:
        raw(lab, "INSIDE", call.customer)
    settle()
    shapes = [(os.urandom(size), n, n if n % 2 else None) for n, size in
              enumerate((0, 1, 2, 40, 999, 1400))]
    sent = [ip(call.customer, SERVER, GRE, data(call.servers, *shape))
            for shape in shapes for call in calls]
    with lab.counted("calls", out={"packets": len(sent), "bytes": sum(map(len, sent))}):
        lab.expect(True, sent, [rewritten(p, src=(OUTER, 0)) for p in sent], "outward")
    sent, wanted = [], []
    for content, sequence, ack in shapes:
        for call in calls:
            sent.append(ip(SERVER, OUTER, GRE, data(call.outside, content, sequence, ack)))
            came = ip(SERVER, OUTER, GRE, data(ID, content, sequence, ack))
            wanted.append(rewritten(came, dst=(call.customer, 0)))
    with lab.counted("calls", into={"packets": len(sent), "bytes": sum(map(len, sent))}):
        lab.expect(False, sent, wanted, "inward")


@case("GRE with IP options, without a sequence number, with an acknowledgement only")
def gre_shapes(lab):
    for call in calls:
        out = [ip(call.customer, SERVER, GRE, data(call.servers, b"x" * 9), options=b"\1" * 8),
               ip(call.customer, SERVER, GRE, data(call.servers, b"", None, 7))]
        lab.expect(True, out, [rewritten(p, src=(OUTER, 0)) for p in out], "outward")
        back = [ip(SERVER, OUTER, GRE, data(c, b"y" * 9), options=b"\1" * 8)
                for c in (call.outside, ID)]
        lab.expect(False, back[:1], [rewritten(back[1], dst=(call.customer, 0))], "inward")


@case("real GRE sockets: each end hears its own call")
def gre_sockets(lab):
    server, *clients = sinks
    for sock in sinks:
        sock.setblocking(False)
        try:
            while sock.recv(65536):
                pass
        except BlockingIOError:
            sock.settimeout(PATIENCE)
    for call, client in zip(calls, clients):
        content = os.urandom(500)
        client.sendto(data(call.servers, content, 1), (SERVER, 0))
        got, seen = server.recvfrom(65536)
        equal((got[20:], seen[0]), (data(call.servers, content, 1), OUTER), "at the server")
        server.sendto(data(call.outside, content[::-1], 1), (OUTER, 0))
        got, seen = client.recvfrom(65536)
        equal((got[20:], seen[0]), (data(ID, content[::-1], 1), SERVER), "at the client")


@case("a stranger's GRE, and ids that no call has, do not enter or leave")
def strangers(lab):
    settle()
    unknown = next(n for n in range(5000, 5004) if n != calls[1].outside)
    back = [ip("203.0.113.2", OUTER, GRE, data(ID, b"who is it", 1)),
            ip(PEER, OUTER, GRE, data(calls[1].outside, b"who is it", 1)),
            ip(SERVER, OUTER, GRE, data(unknown, b"which call", 1)),
            ip(SERVER, OUTER, GRE, data(0, b"which call", 1))]
    with lab.counted("calls", into={"no-link": len(back)}):
        lab.expect(False, back, [], "inward")
    out = [ip(A, SERVER, GRE, data(calls[1].servers, b"of B's call", 1)),
           ip(B, SERVER, GRE, data(calls[0].servers, b"of A's call", 1)),
           ip(C, SERVER, GRE, data(calls[0].servers, b"of no call", 1)),
           ip(A, PEER, GRE, data(calls[0].servers, b"to another", 1))]
    with lab.counted("calls", out={"no-link": len(out)}):
        lab.expect(True, out, [], "outward")


@case("other GRE is mapped by the addresses as before")
def other_gre(lab):
    for flags in (0x2000, 0x3001, 0x0001):
        content = struct.pack("!HHHH", flags, 0x6558 if flags == 0x2000 else 0x0800, 1, ID)
        sent = ip(C, PEER2, GRE, content)
        lab.expect(True, [sent], [rewritten(sent, src=(OUTER, 0))], "outward")
        back = ip(PEER2, OUTER, GRE, content)
        lab.expect(False, [back], [rewritten(back, dst=(C, 0))], "inward")


@case("echo, errors, clearing and disconnecting on the control connections")
def messages(_lab):
    for call in calls:
        say(call.client, call.server, echo(5, 0x01020304))
        say(call.server, call.client, echo(6, 0x01020304))
        say(call.server, call.client, wan_error(call.outside), wan_error(ID))
        say(call.client, call.server, clear_request(ID), clear_request(call.outside))
        say(call.server, call.client, disconnect_notify(call.servers))
        # Not what RFC 2637 section 2.13 wants, but what many servers say.
        say(call.server, call.client, disconnect_notify(call.outside), disconnect_notify(ID))


@case("a call made again on the same connection, checksums computed by the senders")
def again(lab):
    for where in ("INSIDE", "OUTSIDE"):
        lab.offload(where, "eth0", checksum=0)
    for call in calls:
        before = call.outside
        call.servers += 10
        call.dial()
        equal(call.outside, before, "id outside")
        sent = ip(call.customer, SERVER, GRE, data(call.servers, b"again", 1))
        lab.expect(True, [sent], [rewritten(sent, src=(OUTER, 0))], "outward")
    for where in ("INSIDE", "OUTSIDE"):
        lab.offload(where, "eth0", checksum=1)


def segment(src, dst, content, **keywords):
    ports = (PORT, 3000) if src in (PEER, PEER2) else (3000, PORT)
    return tcp(src, ports[0], dst, ports[1], content, flags=ACK | PSH, **keywords)


def to_server(customer, port, content, **keywords):
    """What arrives there."""
    return rewritten(segment(customer, PEER, content, **keywords), src=(OUTER, port))


def opened(lab, customer, server):
    """A customer's outside TCP port and call id."""
    came, = lab.out(segment(customer, PEER, call_request(ID)))
    view = View(came)
    outside = struct.unpack("!H", view.data[12:14])[0]
    equal(describe(came), describe(to_server(customer, view.sport, call_request(outside))),
          "the request")
    back = tcp(PEER, PORT, OUTER, view.sport, call_reply(server, outside))
    wanted = tcp(PEER, PORT, OUTER, view.sport, call_reply(server, ID))
    lab.expect(False, [back], [rewritten(wanted, dst=(customer, 3000))], "the reply")
    return view.sport, outside


@case("control messages byte for byte, with their checksums")
def exact(lab):
    opened(lab, C, 77)
    port, outside = opened(lab, D, 78)
    for options in (b"", b"\1" * 12):
        for message in (echo(5, 1), link_info(78), clear_request(9999), start(1),
                        call_reply(ID, ID), wan_error(ID), control(10, struct.pack("!HHI", ID, ID, 0))):
            lab.expect(True, [segment(D, PEER, message, options=options)],
                       [to_server(D, port, message, options=options)], "outward")
        lab.expect(True, [segment(D, PEER, clear_request(ID), options=options)],
                   [to_server(D, port, clear_request(outside), options=options)], "outward")
    for sent, arrives in ((echo(6, 1), echo(6, 1)), (wan_error(outside), wan_error(ID)),
                          (disconnect_notify(78), disconnect_notify(78)),
                          (disconnect_notify(outside), disconnect_notify(ID)),
                          (call_reply(0, outside, 2), call_reply(0, ID, 2)),
                          (call_request(outside), call_request(outside))):
        back = tcp(PEER, PORT, OUTER, port, sent)
        lab.expect(False, [back], [rewritten(tcp(PEER, PORT, OUTER, port, arrives),
                                             dst=(D, 3000))], "inward")


@case("several messages in one packet are all translated")
def several(lab):
    port, outside = opened(lab, D, 78)
    sent = echo(5, 1) + clear_request(ID) + call_request(ID)
    arrives = echo(5, 1) + clear_request(outside) + call_request(outside)
    lab.expect(True, [segment(D, PEER, sent)], [to_server(D, port, arrives)], "outward")


@case("what is no message passes untouched")
def no_message(lab):
    port, _ = opened(lab, D, 78)
    good = call_request(ID)
    bad = [good[:size] for size in (0, 1, 7)]
    bad += [good[:4] + b"\x1a\x2b\x3c\x4e" + good[8:], good[:2] + b"\0\2" + good[4:],
            good[:8] + b"\7\0" + good[10:], b"x" + good, os.urandom(168)]
    lab.expect(True, [segment(D, PEER, content) for content in bad],
               [to_server(D, port, content) for content in bad], "outward")


@case("half a message, and one behind eight others, is dropped and counted")
def half_message(lab):
    opened(lab, D, 78)
    good = call_request(ID)
    echo = good[:1] + b"\x10" + good[2:8] + b"\0\5" + good[10:16]
    bad = [good[:size] for size in (8, 11, 12, 13, 14, 16, 100, 167)]
    bad += [b"\0\0" + good[2:], b"\0\xa7" + good[2:], b"\xff\xff" + good[2:],
            echo + good[:100], 8 * echo + good]
    with lab.counted("calls", out={"malformed": len(bad)}):
        lab.expect(True, [segment(D, PEER, content) for content in bad], [], "outward")


@case("a wrong checksum stays wrong by the same difference")
def wrong(lab):
    port, outside = opened(lab, D, 78)
    for error in (1, 0xff, 0x8000):
        right = View(segment(D, PEER, call_request(ID))).check
        sent = segment(D, PEER, call_request(ID), check=(right + error) % 0xffff)
        right = View(segment(D, PEER, call_request(outside))).check
        wanted = segment(D, PEER, call_request(outside), check=(right + error) % 0xffff)
        lab.expect(True, [sent], [rewritten(wanted, src=(OUTER, port))], "outward")


@case("the switch cannot be turned off while there are calls")
def busy(lab):
    done = lab.nft("-f", "-", text=BLOCK.replace("pptp; ", ""), check=False)
    check(done.returncode and "flush first" in done.stderr, "exit %d: %s" % (done.returncode,
                                                                             done.stderr))
    check("\tpptp\n" in lab.nft("list", "alias", "calls").stdout, "the block without pptp")
    equal(lab.alias("calls")["flags"], ["same-ports", "pptp"], "flags")


@case("flush ends calls")
def flush(lab):
    settle()
    lab.flush("calls")
    equal(lab.link_counts("calls"), {}, "counts of links")
    with lab.counted("calls", into={"no-link": 2}, out={"no-link": 2}):
        lab.expect(False, [ip(SERVER, OUTER, GRE, data(call.outside, b"late", 1))
                           for call in calls], [], "inward")
        lab.expect(True, [ip(call.customer, SERVER, GRE, data(call.servers, b"late", 1))
                          for call in calls], [], "outward")
    for call in calls:
        call.close()


@case("with the switch off the first customer's GRE passes by addresses, the second's is refused")
def off(lab):
    for customer in (OFF_A, OFF_B):
        came, = lab.out(segment(customer, PEER, call_request(ID)))
        equal((View(came).src, View(came).protocol), (OFF, TCP), "the control connection")
        equal(View(came).data, call_request(ID), "the request")
    first = ip(OFF_A, PEER, GRE, data(40, b"A", 1))
    lab.expect(True, [first], [rewritten(first, src=(OFF, 0))], "outward")
    back = ip(PEER, OFF, GRE, data(9999, b"any id", 1))
    lab.expect(False, [back], [rewritten(back, dst=(OFF_A, 0))], "inward")
    with lab.counted("off", out={"no-port": 1}):
        lab.expect(True, [ip(OFF_B, PEER, GRE, data(41, b"B", 1))], [], "outward")


if __name__ == "__main__":
    rig = Lab()
    rig.rules(RULES)
    sys.exit(ktap.run(rig))
