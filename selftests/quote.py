# SPDX-License-Identifier: GPL-2.0
"""ICMP errors and the packets they quote.

What should come of an error is built anew, as the same error about the other
view of the packet: nothing is taken from the code under test.
"""
import struct

from packet import ICMP, UNREACHABLE, View, checksum, icmp_segment, ip, rewritten

TIME_EXCEEDED, PARAMETER_PROBLEM = 11, 12
FRAGMENTATION_NEEDED = 4
# Instances by the prefix of a subscriber, as a source and as quoted (README).
POOL_MAPS = """\
	map pool_of { type ipv4_addr : mark; elements = { 100.64.0.0 : 7, 100.64.1.0 : 8 }; }
	map pool_of_quoted {
		typeof @th,192,32 : meta mark
		elements = { 0x64400000 : 7, 0x64400100 : 8 }
	}
"""
# RFC 4884 section 4.3: a packet is quoted so far, zeros added, before extensions.
EXTENDED = 128
# RFC 4884 section 7, RFC 4950: a header with its checksum, and an MPLS label.
MPLS = bytes.fromhex("2000") + struct.pack("!H", checksum(bytes.fromhex("20000000000801010000a101"))) \
    + bytes.fromhex("000801010000a101")


def error(src, dst, quoted, kind=UNREACHABLE, code=3, *, kept=None, rest=0, extension=b"",
          check=None, **outer):
    """An error about a packet, of which so many bytes are quoted; rest is what
    bytes 6 and 7 say, such as an MTU."""
    quote = quoted[:kept]
    words = 0
    if extension:
        quote = quote[:EXTENDED].ljust(EXTENDED, b"\0") + extension
        words = EXTENDED // 4
    segment = icmp_segment(kind, words, rest, quote, code=code, check=check)
    return ip(src, dst, ICMP, segment, **{key[3:]: value for key, value in outer.items()})


def pair(ends, seen, quoted, *, source=None, destination=None, hops=1, ip_ttl=64, **what):
    """An error from and to ends, and what a NAT and so many routers make of it:
    from and to seen, about a packet whose source or destination is another."""
    other = rewritten(quoted, src=source, dst=destination, hops=0)
    return (error(*ends, quoted, ip_ttl=ip_ttl, **what),
            error(*seen, other, ip_ttl=ip_ttl - hops, **what))


class Error(View):
    """The fields of an error that the tests ask for."""

    def __init__(self, data):
        super().__init__(data)
        self.kind, self.code = self.segment[:2]
        self.rest, = struct.unpack("!H", self.segment[6:8])
        self.quote = self.segment[8:]
