# SPDX-License-Identifier: GPL-2.0
"""The generic netlink family nft_alias, by hand.

The tests say things that no library would: every attribute is made here from
bytes, and the answers are taken apart again.
"""
import socket
import struct

NETLINK_GENERIC, SOL_NETLINK = 16, 270
ADD_MEMBERSHIP, CAP_ACK, EXT_ACK, GET_STRICT_CHK = 1, 10, 11, 12
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
NLMSG_ERROR, NLMSG_DONE = 2, 3
REQUEST, MULTI, F_ACK, DUMP_INTR, EXCL, CREATE, DUMP = 1, 2, 4, 16, 0x200, 0x400, 0x300
ACK_CAPPED, ACK_TLVS = 0x100, 0x200
NESTED = 0x8000

NEW, DEL, GET, FLUSH, GET_LINKS, GET_NAMESPACE = range(1, 7)
A_INSTANCE, A_NAME, A_CHECK, A_LINK, A_NAMESPACE = range(1, 6)
(I_NAME, I_NUMBER, I_RANGE, I_PORT_MIN, I_PORT_MAX, I_FLAGS, I_MAPPING, I_FILTER, I_PROTOCOL,
 I_TIMEOUTS, I_UDP_PORT, I_RULES, I_SUBSCRIBERS, I_TCP, I_UDP, I_ICMP, I_UDPLITE, I_SCTP, I_DCCP,
 I_OTHER, I_ASIDE, I_OUT, I_IN) = range(1, 24)
R_FIRST, R_LAST = 1, 2
P_NUMBER, P_MAPPING, P_FILTER = 1, 2, 3
(T_TCP_OPENING, T_TCP_ESTABLISHED, T_TCP_CLOSING, T_UDP, T_ICMP, T_UDPLITE, T_SCTP_OPENING,
 T_SCTP_ESTABLISHED, T_SCTP_CLOSING, T_DCCP_OPENING, T_DCCP_ESTABLISHED, T_DCCP_CLOSING, T_OTHER,
 T_HOLD) = range(1, 15)
U_NUMBER, U_SECONDS = 1, 2
(L_INSTANCE, L_PROTOCOL, L_STATE, L_IN_ADDR, L_IN_PORT, L_OUT_ADDR, L_OUT_PORT, L_PEER_ADDR,
 L_PEER_PORT, L_SECONDS) = range(1, 11)
COUNTERS = {1: "packets", 2: "bytes", 3: "malformed", 4: "fragment", 5: "protocol",
            6: "zero-port", 7: "no-link", 8: "no-port", 9: "no-memory", 10: "foreign",
            11: "dying", 12: "checksum", 13: "filtered"}


class Refused(Exception):
    """The kernel's answer to a request it did not like."""

    def __init__(self, errno, text, offset):
        super().__init__("errno %d %r offset %r" % (errno, text, offset))
        self.errno, self.text, self.offset = errno, text, offset


def attr(kind, payload=b"", *, length=None):
    """One attribute, padded; length may lie."""
    size = 4 + len(payload) if length is None else length
    return struct.pack("=HH", size, kind) + payload + b"\0" * (-len(payload) % 4)


def nest(kind, *inner):
    return attr(kind | NESTED, b"".join(inner))


def string(kind, text):
    return attr(kind, (text.encode() if isinstance(text, str) else text) + b"\0")


def u8(kind, value):
    return attr(kind, struct.pack("=B", value))


def u16(kind, value):
    return attr(kind, struct.pack("=H", value))


def u32(kind, value):
    return attr(kind, struct.pack("=I", value))


def address(kind, text):
    return attr(kind, socket.inet_aton(text))


def addresses(first, last=None):
    inner = [address(R_FIRST, first)]
    if last:
        inner.append(address(R_LAST, last))
    return nest(I_RANGE, *inner)


def instance(name, *rest):
    """ALIAS_A_INSTANCE; rest are attributes, or texts as addresses."""
    return nest(A_INSTANCE, string(I_NAME, name),
                *[addresses(r) if isinstance(r, str) else r for r in rest])


def attributes(data):
    """(type, payload) of each attribute, flags taken off."""
    while len(data) >= 4:
        size, kind = struct.unpack("=HH", data[:4])
        if size < 4:
            raise ValueError("attribute shorter than its header")
        yield kind & 0x3fff, data[4:size]
        data = data[(size + 3) & ~3:]


def integer(payload):
    return int.from_bytes(payload, "little")


class Event:
    """An answer: command, message flags and attributes."""

    def __init__(self, command, flags, data):
        self.command, self.flags, self.data = command, flags, data

    def get(self, kind):
        for k, payload in attributes(self.data):
            if k == kind:
                return payload
        return None

    @property
    def instance(self):
        """Of an instance's message: its attributes; ranges and the like are lists."""
        fields, ranges = {I_PROTOCOL: [], I_UDP_PORT: []}, []
        for kind, payload in attributes(self.get(A_INSTANCE)):
            if kind == I_RANGE:
                ends = dict(attributes(payload))
                ranges.append((socket.inet_ntoa(ends[R_FIRST]), socket.inet_ntoa(ends[R_LAST])))
            elif kind == I_NAME:
                fields[kind] = payload.rstrip(b"\0").decode()
            elif kind in (I_OUT, I_IN):
                fields[kind] = {COUNTERS[k]: integer(v) for k, v in attributes(payload)
                                if k in COUNTERS}
            elif kind in (I_PROTOCOL, I_UDP_PORT):
                fields[kind].append({k: integer(v) for k, v in attributes(payload)})
            elif kind == I_TIMEOUTS:
                fields[kind] = {k: integer(v) for k, v in attributes(payload)}
            else:
                fields[kind] = integer(payload)
        fields[I_RANGE] = ranges
        return fields

    @property
    def link(self):
        fields = {}
        for kind, payload in attributes(self.get(A_LINK)):
            if kind in (L_IN_ADDR, L_OUT_ADDR, L_PEER_ADDR):
                fields[kind] = socket.inet_ntoa(payload)
            elif kind in (L_IN_PORT, L_OUT_PORT, L_PEER_PORT):
                fields[kind] = int.from_bytes(payload, "big")
            elif kind == L_INSTANCE:
                fields[kind] = payload.rstrip(b"\0").decode()
            else:
                fields[kind] = integer(payload)
        return fields


class Genl:
    """A socket for the family, in the namespace that is current now."""

    def __init__(self, timeout=20):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        for option in (CAP_ACK, EXT_ACK):
            self.sock.setsockopt(SOL_NETLINK, option, 1)
        self.sock.settimeout(timeout)
        self.sock.bind((0, 0))
        self.sequence = 0
        # Something changed while the last dump was read.
        self.interrupted = False
        self.family, self.groups = self._resolve()

    def close(self):
        self.sock.close()

    def _resolve(self):
        self.family = GENL_ID_CTRL
        answer = self.request(CTRL_CMD_GETFAMILY, string(2, "nft_alias"))[0]
        groups = {}
        for _, group in attributes(answer.get(7)):
            fields = dict(attributes(group))
            groups[fields[1].rstrip(b"\0").decode()] = integer(fields[2])
        return struct.unpack("=H", answer.get(1))[0], groups

    def send(self, command, data=b"", flags=F_ACK, *, cut=None, version=1):
        """One request; cut sends only so many bytes of it, saying so in its length."""
        self.sequence += 1
        self.interrupted = False
        body = struct.pack("=BBH", command, version, 0) + data
        message = struct.pack("=IHHII", 16 + len(body), self.family, flags | REQUEST,
                              self.sequence, 0) + body
        if cut is not None:
            message = struct.pack("=I", cut) + message[4:cut]
        self.sock.send(message)

    def messages(self):
        """The messages of one datagram: (type, flags, sequence, payload)."""
        data = self.sock.recv(1 << 20)
        while len(data) >= 16:
            size, kind, flags, sequence, _ = struct.unpack("=IHHII", data[:16])
            yield kind, flags, sequence, data[16:size]
            data = data[(size + 3) & ~3:]

    @staticmethod
    def _refusal(flags, payload):
        errno = -struct.unpack("=i", payload[:4])[0]
        text = offset = None
        if flags & ACK_TLVS:
            at = 20
            if not flags & ACK_CAPPED:
                at = 4 + struct.unpack("=I", payload[4:8])[0]
            fields = dict(attributes(payload[at:]))
            text = fields[1].rstrip(b"\0").decode() if 1 in fields else None
            offset = integer(fields[2]) if 2 in fields else None
        return errno, text, offset

    def receive(self):
        """All answers to the last request. Raises Refused."""
        answers = []
        while True:
            for kind, flags, sequence, payload in self.messages():
                if sequence != self.sequence:
                    continue
                self.interrupted |= bool(flags & DUMP_INTR)
                if kind == NLMSG_ERROR:
                    errno, text, offset = self._refusal(flags, payload)
                    if errno:
                        raise Refused(errno, text, offset)
                    return answers
                if kind == NLMSG_DONE:
                    errno = -struct.unpack("=i", payload[:4])[0]
                    if errno > 0:
                        raise Refused(errno, None, None)
                    return answers
                answers.append(Event(payload[0], flags, payload[4:]))

    def request(self, command, data=b"", flags=F_ACK, **keywords):
        self.send(command, data, flags, **keywords)
        return self.receive()

    def dump(self, command, data=b""):
        return self.request(command, data, DUMP)

    def join(self, group="instances"):
        self.sock.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, self.groups[group])

    def event(self):
        """The next multicast message."""
        for _, flags, _, payload in self.messages():
            return Event(payload[0], flags, payload[4:])
        raise ValueError("empty datagram")
