# SPDX-License-Identifier: GPL-2.0
"""IPv4 packets byte by byte: built, and rewritten as a NAT ought to.

Nothing here is taken from the code under test. Checksums are computed in full,
where the module updates them, so that the two can only agree if both are right.
"""
import socket
import struct

TCP, UDP, ICMP = 6, 17, 1
DCCP, GRE, ESP, SCTP, UDPLITE = 33, 47, 50, 132, 136
FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
ECHO_REPLY, UNREACHABLE, ECHO = 0, 3, 8
# Where the checksum stands in each transport header.
CHECK_OFFSET = {TCP: 16, UDP: 6, ICMP: 2, UDPLITE: 6, DCCP: 6}
# Types of chunks and packets.
DATA, INIT, INIT_ACK, ABORT, SHUTDOWN, SHUTDOWN_ACK = 0, 1, 2, 6, 7, 8
REQUEST, RESPONSE, DCCP_DATA, DCCP_ACK, CLOSE, DCCP_RESET = 0, 1, 2, 3, 6, 7
SYNC, LISTEN = 8, 10
# Of the field with a fragment's offset.
DONT_FRAGMENT, MORE_FRAGMENTS, OFFSET = 0x4000, 0x2000, 0x1fff


def fold(total):
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def ones_sum(data):
    if len(data) % 2:
        data += b"\0"
    return fold(sum(struct.unpack("!%dH" % (len(data) // 2), data)))


def checksum(data):
    return 0xffff - ones_sum(data)


def pseudo(src, dst, protocol, length):
    return socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack("!HH", protocol, length)


def _crc_of_byte(crc):
    for _ in range(8):
        crc = crc >> 1 ^ 0x82f63b78 if crc & 1 else crc >> 1
    return crc


_CRC = [_crc_of_byte(byte) for byte in range(256)]


def crc32c(data):
    """As in the appendix of RFC 4960."""
    crc = 0xffffffff
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 255]
    return crc ^ 0xffffffff


def covered(protocol, segment):
    """What the checksum covers: RFC 3828 and RFC 4340 let senders leave out data."""
    length = len(segment)
    if protocol == UDPLITE:
        length = struct.unpack("!H", segment[4:6])[0] or length
    if protocol == DCCP and segment[5] & 15:
        length = min(length, segment[4] * 4 + (segment[5] & 15) * 4 - 4)
    return segment[:length]


def transport_checksum(src, dst, protocol, segment):
    """The right checksum of a segment, whatever its own field says."""
    at = CHECK_OFFSET[protocol]
    length = len(segment)
    segment = covered(protocol, segment[:at] + b"\0\0" + segment[at + 2:])
    if protocol != ICMP:
        segment = pseudo(src, dst, protocol, length) + segment
    check = checksum(segment)
    return 0xffff if protocol in (UDP, UDPLITE) and not check else check


def sctp_checksum(segment):
    return crc32c(segment[:8] + b"\0\0\0\0" + segment[12:])


def ip(src, dst, protocol, payload, *, tos=0, ttl=64, ident=0x1234, options=b"",
       fragment=0x4000, version=4, ihl=None, length=None, check=None):
    """An IPv4 packet; ihl, length and check may lie."""
    words = 5 + len(options) // 4 if ihl is None else ihl
    total = 20 + len(options) + len(payload) if length is None else length
    header = struct.pack("!BBHHHBBH4s4s", version << 4 | words, tos, total & 0xffff, ident,
                         fragment, ttl, protocol, 0, socket.inet_aton(src),
                         socket.inet_aton(dst)) + options
    # The sum covers what the header says is the header.
    covered = (header + payload)[:words * 4] if words >= 5 else header
    right = checksum(covered) if check is None else check
    return header[:10] + struct.pack("!H", right) + header[12:] + payload


def udp_segment(src, dst, sport, dport, data=b"", *, length=None, check=None):
    segment = struct.pack("!HHHH", sport, dport, 8 + len(data) if length is None else length, 0)
    segment += data
    if check is None:
        check = transport_checksum(src, dst, UDP, segment)
    return segment[:6] + struct.pack("!H", check) + segment[8:]


def tcp_segment(src, dst, sport, dport, data=b"", *, flags=ACK, seq=1000, ack=2000,
                window=8192, doff=None, options=b"", check=None):
    words = 5 + len(options) // 4 if doff is None else doff
    segment = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, words << 4, flags, window, 0, 0)
    segment += options + data
    if check is None:
        check = transport_checksum(src, dst, TCP, segment)
    return segment[:16] + struct.pack("!H", check) + segment[18:]


def icmp_segment(kind, ident, seq=1, data=b"", *, code=0, check=None):
    segment = struct.pack("!BBHHH", kind, code, 0, ident, seq) + data
    if check is None:
        check = checksum(segment)
    return segment[:2] + struct.pack("!H", check) + segment[4:]


def udplite_segment(src, dst, sport, dport, data=b"", *, coverage=0, check=None):
    segment = struct.pack("!HHHH", sport, dport, coverage, 0) + data
    if check is None:
        check = transport_checksum(src, dst, UDPLITE, segment)
    return segment[:6] + struct.pack("!H", check) + segment[8:]


def dccp_segment(src, dst, sport, dport, data=b"", *, kind=REQUEST, coverage=0, check=None):
    """With the 48-bit sequence numbers and a service code or acknowledgement."""
    segment = struct.pack("!HHBBHBBHI", sport, dport, 6, coverage, 0, kind << 1 | 1, 0, 1, 2)
    segment += struct.pack("!II", 0x52545041, 7) + data
    if check is None:
        check = transport_checksum(src, dst, DCCP, segment)
    return segment[:6] + struct.pack("!H", check) + segment[8:]


def sctp_segment(sport, dport, data=b"", *, kind=INIT, tag=0x01020304, check=None):
    segment = struct.pack("!HHII", sport, dport, tag, 0)
    segment += struct.pack("!BBH", kind, 0, 4 + len(data)) + data
    if check is None:
        check = sctp_checksum(segment)
    return segment[:8] + struct.pack("<I", check) + segment[12:]


def _split(keywords):
    """Those of ip() and those of the transport."""
    own = {k: v for k, v in keywords.items() if k.startswith("ip_")}
    return ({k[3:]: v for k, v in own.items()},
            {k: v for k, v in keywords.items() if k not in own})


def udp(src, sport, dst, dport, data=b"", **keywords):
    outer, inner = _split(keywords)
    return ip(src, dst, UDP, udp_segment(src, dst, sport, dport, data, **inner), **outer)


def tcp(src, sport, dst, dport, data=b"", **keywords):
    outer, inner = _split(keywords)
    return ip(src, dst, TCP, tcp_segment(src, dst, sport, dport, data, **inner), **outer)


def echo(src, dst, ident, seq=1, data=b"", *, kind=ECHO, **keywords):
    outer, inner = _split(keywords)
    return ip(src, dst, ICMP, icmp_segment(kind, ident, seq, data, **inner), **outer)


def udplite(src, sport, dst, dport, data=b"", **keywords):
    outer, inner = _split(keywords)
    return ip(src, dst, UDPLITE, udplite_segment(src, dst, sport, dport, data, **inner), **outer)


def dccp(src, sport, dst, dport, data=b"", **keywords):
    outer, inner = _split(keywords)
    return ip(src, dst, DCCP, dccp_segment(src, dst, sport, dport, data, **inner), **outer)


def sctp(src, sport, dst, dport, data=b"", **keywords):
    outer, inner = _split(keywords)
    return ip(src, dst, SCTP, sctp_segment(sport, dport, data, **inner), **outer)


class View:
    """The fields of a packet that the tests ask for."""

    def __init__(self, packet):
        self.raw = packet
        self.hlen = (packet[0] & 15) * 4
        self.ttl, self.protocol = packet[8], packet[9]
        self.src, self.dst = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
        self.ident, self.fragment = struct.unpack("!HH", packet[4:8])
        self.segment = packet[self.hlen:struct.unpack("!H", packet[2:4])[0]]
        self.sport = self.dport = None
        if self.protocol in (TCP, UDP, UDPLITE, DCCP, SCTP):
            self.sport, self.dport = struct.unpack("!HH", self.segment[:4])
        elif self.protocol == ICMP:
            self.sport = self.dport = struct.unpack("!H", self.segment[4:6])[0]

    @property
    def data(self):
        if self.protocol == TCP:
            return self.segment[(self.segment[12] >> 4) * 4:]
        return self.segment[8:]

    @property
    def check(self):
        at = CHECK_OFFSET[self.protocol]
        return struct.unpack("!H", self.segment[at:at + 2])[0]

    @property
    def sctp_check(self):
        return struct.unpack("<I", self.segment[8:12])[0]

    @property
    def right_check(self):
        return transport_checksum(self.src, self.dst, self.protocol, self.segment)

    def __str__(self):
        return "%s:%s > %s:%s protocol %d ttl %d %s" % (
            self.src, self.sport, self.dst, self.dport, self.protocol, self.ttl, self.raw.hex())


def describe(packet):
    try:
        return str(View(packet))
    except (IndexError, struct.error):
        return packet.hex()


def rewritten(packet, *, src=None, dst=None, hops=1):
    """What a NAT and so many routers make of a packet.

    src and dst are (address, port or ICMP id) or None. A wrong checksum stays
    wrong by the same difference, and UDP's "none" stays none.
    """
    before = View(packet)
    address = {12: src, 16: dst}
    header = bytearray(packet[:before.hlen])
    segment = bytearray(before.segment)
    for at, end in address.items():
        if end is None:
            continue
        header[at:at + 4] = socket.inet_aton(end[0])
        if before.sport is not None:
            where = 4 if before.protocol == ICMP else {12: 0, 16: 2}[at]
            segment[where:where + 2] = struct.pack("!H", end[1])
    header[8] -= hops
    header[10:12] = b"\0\0"
    header[10:12] = struct.pack("!H", checksum(bytes(header)))
    if before.protocol == SCTP:
        error = before.sctp_check ^ sctp_checksum(before.segment)
        segment[8:12] = struct.pack("<I", sctp_checksum(bytes(segment)) ^ error)
    elif before.sport is not None and not (before.protocol == UDP and before.check == 0):
        error = (before.check - before.right_check) % 0xffff
        after = transport_checksum(socket.inet_ntoa(bytes(header[12:16])),
                                   socket.inet_ntoa(bytes(header[16:20])),
                                   before.protocol, bytes(segment))
        at = CHECK_OFFSET[before.protocol]
        segment[at:at + 2] = struct.pack("!H", after if not error else fold(after + error))
    return bytes(header) + bytes(segment)


# --- fragments ---------------------------------------------------------------

def _later_options(options):
    """Those that RFC 791 wants in every fragment; nothing in the place of others."""
    kept, at = b"", 0
    while at < len(options):
        kind = options[at]
        length = 1 if kind in (0, 1) else options[at + 1]
        kept += options[at:at + length] if kind & 0x80 else b"\1" * length
        at += length
    return kept


def _headed(header, payload, word):
    """A packet with this header, its length, offset field and checksum put right."""
    header = bytearray(header)
    header[2:4] = struct.pack("!H", len(header) + len(payload))
    header[6:8] = struct.pack("!H", word)
    header[10:12] = b"\0\0"
    header[10:12] = struct.pack("!H", checksum(bytes(header)))
    return bytes(header) + payload


def fragment(packet, start, end, more, flags=0):
    """Bytes start to end of what a packet carries; start is a multiple of 8."""
    hlen = (packet[0] & 15) * 4
    header, payload = packet[:hlen], packet[hlen:]
    if start:
        header = header[:20] + _later_options(header[20:])
    return _headed(header, payload[start:end], flags | (MORE_FRAGMENTS if more else 0) | start // 8)


def fragments(packet, size):
    """Cuts a packet into fragments that carry so many bytes, a multiple of 8."""
    length = len(packet) - (packet[0] & 15) * 4
    return [fragment(packet, at, min(at + size, length), at + size < length)
            for at in range(0, length, size)]


def reassembled(pieces):
    """The packet that fragments make up, which must come in order and fit."""
    first, payload = pieces[0], b""
    hlen = (first[0] & 15) * 4
    for piece in pieces:
        word, = struct.unpack("!H", piece[6:8])
        if checksum(piece[:hlen]) or len(piece) != struct.unpack("!H", piece[2:4])[0]:
            raise ValueError("checksum or length of a fragment: " + piece.hex())
        if (piece[:2], piece[4:6], piece[8:10], piece[12:20]) != \
                (first[:2], first[4:6], first[8:10], first[12:20]):
            raise ValueError("head of a fragment: " + piece.hex())
        if (word & OFFSET) * 8 != len(payload) or \
                bool(word & MORE_FRAGMENTS) != (piece is not pieces[-1]):
            raise ValueError("a fragment does not fit behind %d bytes: %s" %
                             (len(payload), piece.hex()))
        payload += piece[hlen:]
    return _headed(first[:hlen], payload, struct.unpack("!H", first[6:8])[0] & DONT_FRAGMENT)


def put_together(pieces):
    """The packets that fragments of several make up, in the order of their first ones."""
    groups = {}
    for piece in pieces:
        groups.setdefault((piece[4:6], piece[9], piece[12:20]), []).append(piece)
    return [reassembled(group) for group in groups.values()]
