# SPDX-License-Identifier: GPL-2.0
"""Rules with the expression "alias", by hand: what neither nft nor the tool would say."""
import socket
import struct

from genl import (CREATE, DUMP, F_ACK, NLMSG_DONE, NLMSG_ERROR, REQUEST, Refused, attr, nest,
                  string)

NETLINK_NETFILTER = 12
NEWRULE, GETRULE, DELRULE, BEGIN, END = 0xa06, 0xa07, 0xa08, 0x10, 0x11
APPEND = 0x800
NFPROTO_IPV4, SUBSYSTEM = 2, 10

RULE_TABLE, RULE_CHAIN, RULE_EXPRESSIONS = 1, 2, 4
LIST_ELEM = 1
EXPR_NAME, EXPR_DATA = 1, 2
IMMEDIATE_DREG, IMMEDIATE_DATA, DATA_VALUE = 1, 2, 1
DIR, NAME, SREG = 1, 2, 3
OUT, IN = 0, 1


def be32(kind, value):
    return attr(kind, struct.pack("!I", value))


def direction(value):
    return be32(DIR, value)


def name(text):
    return string(NAME, text)


def register(number):
    return be32(SREG, number)


def alias(*attributes):
    """The expression with these attributes, whatever they are."""
    return nest(LIST_ELEM, string(EXPR_NAME, "alias"), nest(EXPR_DATA, *attributes))


def immediate(number, value):
    """Loads four bytes, of which others ask for their register."""
    data = nest(IMMEDIATE_DATA, attr(DATA_VALUE, struct.pack("=I", value)))
    return nest(LIST_ELEM, string(EXPR_NAME, "immediate"),
                nest(EXPR_DATA, be32(IMMEDIATE_DREG, number), data))


class Batch:
    """Changes of nftables, as short as they can be."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.sock.settimeout(10)

    @staticmethod
    def message(kind, flags, data=b""):
        family, subsystem = (NFPROTO_IPV4, 0) if kind >> 8 else (0, SUBSYSTEM)
        body = struct.pack("!BBH", family, 0, subsystem) + data
        return struct.pack("=IHHII", 16 + len(body), kind, flags | REQUEST, kind, 0) + body

    def change(self, kind, flags, data):
        """Sends one change and waits for the answer."""
        self.sock.send(self.message(BEGIN, 0) + self.message(kind, flags | F_ACK, data) +
                       self.message(END, 0))
        answer = self.sock.recv(1 << 16)
        number = -struct.unpack("=i", answer[16:20])[0]
        if number:
            raise Refused(number, None, None)

    def add_rule(self, table, chain, *expressions):
        self.change(NEWRULE, CREATE | APPEND,
                    string(RULE_TABLE, table) + string(RULE_CHAIN, chain) +
                    nest(RULE_EXPRESSIONS, *expressions))

    def empty_chain(self, table, chain):
        """On a new socket: an answer for which there was no memory may come late."""
        self.sock.close()
        self.__init__()
        self.change(DELRULE, 0, string(RULE_TABLE, table) + string(RULE_CHAIN, chain))

    def rules(self):
        """All rules of the family, as the kernel says them."""
        self.sock.send(self.message(GETRULE, DUMP))
        rules = []
        while True:
            data = self.sock.recv(1 << 20)
            while len(data) >= 16:
                size, kind = struct.unpack("=IH", data[:6])
                if kind in (NLMSG_DONE, NLMSG_ERROR):
                    return rules
                # Behind the header comes the generation, which each batch moves.
                rules.append(data[20:size])
                data = data[(size + 3) & ~3:]
