# SPDX-License-Identifier: GPL-2.0
"""Cases of netlink.sh."""
import contextlib
import ctypes
import errno
import os
import socket
import sys

import genl
import ktap
from genl import (A_CHECK, A_INSTANCE, A_NAME, CREATE, DEL, DUMP, DUMP_INTR, EXCL, F_ACK, FLUSH,
                  GET, GET_LINKS, GET_NAMESPACE, I_FILTER, I_FLAGS, I_MAPPING, I_NAME, I_NUMBER,
                  I_PORT_MAX, I_PORT_MIN, I_PROTOCOL, I_RANGE, I_TIMEOUTS, I_UDP_PORT, NEW,
                  P_FILTER, P_MAPPING, P_NUMBER, R_FIRST, R_LAST, T_DCCP_CLOSING,
                  T_DCCP_ESTABLISHED, T_DCCP_OPENING, T_HOLD, T_ICMP, T_OTHER, T_SCTP_CLOSING,
                  T_SCTP_ESTABLISHED, T_SCTP_OPENING, T_TCP_CLOSING, T_TCP_ESTABLISHED,
                  T_TCP_OPENING, T_UDP, T_UDPLITE, U_NUMBER, U_SECONDS, Genl, Refused, address,
                  addresses, attr, instance, nest, string, u8, u16, u32)
from ktap import Failure, case, check, equal
from lab import PEER, Lab
from packet import SYN, tcp, udp

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
RULES = """
table ip cgn {
	chain out {
		type filter hook postrouting priority srcnat;
		oifname "extern" ip saddr 100.64.0.0/16 alias out map ip saddr map {
			100.64.0.11 : 1, 100.64.0.12 : 2, 100.64.0.13 : 3 }
	}
}
"""
BASE = "198.51.100."


def everything(net):
    return [(e.command, e.data) for e in net.dump(GET)]


def refuse(net, number, words, command, data=b"", flags=F_ACK, **keywords):
    """The request fails with this errno and these words, and changes nothing."""
    before = everything(net)
    try:
        net.request(command, data, flags, **keywords)
    except Refused as refusal:
        equal(refusal.errno, number, "errno for %r (%s)" % (words, refusal))
        if words is not None:
            check(words in (refusal.text or ""), "%r is not in %r" % (words, refusal.text))
        if words in OF_ATTRIBUTES:
            check(refusal.offset in range(20, 20 + len(data)),
                  "%r points to no attribute: %r" % (words, refusal.offset))
        equal(everything(net), before, "instances after the refusal")
        return refusal
    raise Failure("accepted: command %d, %s" % (command, data.hex()))


def create(net, name, *rest, flags=CREATE | EXCL):
    net.request(NEW, instance(name, *rest), F_ACK | flags)


def clear(net):
    for event in net.dump(GET):
        net.request(DEL, string(A_NAME, event.instance[I_NAME]))


# RFC 6888 REQ-10
@case("an instance is created, shown as it was made, and deleted")
def life(lab, net):
    create(net, "a", BASE + "1", addresses(BASE + "4", BASE + "7"), u32(I_NUMBER, 9),
           u16(I_PORT_MIN, 2000), u16(I_PORT_MAX, 3000), u32(I_FLAGS, 3), u8(I_MAPPING, 0),
           u8(I_FILTER, 0))
    shown, = net.request(GET, string(A_NAME, "a"))
    fields = shown.instance
    equal((fields[I_NAME], fields[I_NUMBER], fields[I_RANGE], fields[I_PORT_MIN],
           fields[I_PORT_MAX], fields[I_FLAGS]),
          ("a", 9, [(BASE + "1", BASE + "1"), (BASE + "4", BASE + "7")], 2000, 3000, 3), "shown")
    net.request(DEL, string(A_NAME, "a"))
    refuse(net, errno.ENOENT, "there is no alias of this name", GET, string(A_NAME, "a"))


@case("defaults are said: ports 1024 to 65535, no flags, no number")
def defaults(lab, net):
    create(net, "x" * 31, BASE + "1")
    fields = net.request(GET, string(A_NAME, "x" * 31))[0].instance
    equal((fields.get(I_NUMBER), fields[I_PORT_MIN], fields[I_PORT_MAX], fields[I_FLAGS]),
          (None, 1024, 65535, 0), "defaults")
    net.request(DEL, string(A_NAME, "x" * 31))


@case("CREATE and EXCL mean what they mean elsewhere")
def create_flags(lab, net):
    refuse(net, errno.ENOENT, "there is no alias of this name", NEW, instance("a", BASE + "1"))
    create(net, "a", BASE + "1")
    refuse(net, errno.EEXIST, "an alias of this name exists", NEW, instance("a", BASE + "1"),
           F_ACK | CREATE | EXCL)
    net.request(NEW, instance("a", BASE + "2"), F_ACK)
    net.request(NEW, instance("a", BASE + "3"), F_ACK | CREATE)
    equal(net.request(GET, string(A_NAME, "a"))[0].instance[I_RANGE], [(BASE + "3", BASE + "3")],
          "addresses after two changes")


# What the RFCs allow, or what makes sense where they are silent.
FLOORS = {
    T_TCP_OPENING: 8, T_TCP_ESTABLISHED: 7440, T_TCP_CLOSING: 240, T_UDP: 120, T_ICMP: 60,
    T_UDPLITE: 120, T_SCTP_OPENING: 8, T_SCTP_ESTABLISHED: 7440, T_SCTP_CLOSING: 240,
    T_DCCP_OPENING: 240, T_DCCP_ESTABLISHED: 7440, T_DCCP_CLOSING: 240, T_OTHER: 120, T_HOLD: 0,
}


# What the kernel itself says of attributes, of 6.1 and of later ones.
UNKNOWN, UNSUPPORTED = "Unknown attribute type", "Unsupported attribute"
LENGTH, LEFTOVER = "invalid attribute length", "bytes leftover after parsing attributes"
RANGE, RESERVED, NO_NEST = "integer out of range", "reserved bit set", "NLA_F_NESTED is missing"
POLICY = "Attribute failed policy validation"
# These are said of any attribute: where it stands makes them clear.
OF_ATTRIBUTES = UNKNOWN, LENGTH, RANGE, RESERVED, NO_NEST, POLICY

BAD = [
    # errno, words, what is wrong: attributes beside a good name
    (errno.EINVAL, "an alias needs an address", []),
    (errno.EINVAL, UNKNOWN, [BASE + "9", attr(60, b"1234")]),
    (errno.EINVAL, UNKNOWN, [BASE + "9", attr(0x3fff, b"1234")]),
    (errno.EINVAL, LENGTH, [BASE + "9", attr(I_NUMBER, b"12")]),
    (errno.EINVAL, LENGTH, [BASE + "9", attr(I_NUMBER, b"12345678")]),
    (errno.ERANGE, RANGE, [BASE + "9", u32(I_NUMBER, 0)]),
    (errno.EINVAL, LENGTH, [BASE + "9", attr(I_PORT_MIN, b"1")]),
    (errno.EINVAL, LENGTH, [BASE + "9", attr(I_PORT_MAX, b"123")]),
    (errno.ERANGE, RANGE, [BASE + "9", u16(I_PORT_MIN, 0)]),
    (errno.ERANGE, RANGE, [BASE + "9", u16(I_PORT_MAX, 0)]),
    (errno.ERANGE, "the lowest port is above the highest",
     [BASE + "9", u16(I_PORT_MIN, 3000), u16(I_PORT_MAX, 2999)]),
    (errno.ERANGE, "the lowest port is above the highest", [BASE + "9", u16(I_PORT_MAX, 1023)]),
    (errno.EINVAL, RESERVED, [BASE + "9", u32(I_FLAGS, 16)]),
    (errno.EINVAL, RESERVED, [BASE + "9", u32(I_FLAGS, 0x80000000)]),
    (errno.ERANGE, RANGE, [BASE + "9", u8(I_MAPPING, 2)]),
    (errno.ERANGE, RANGE, [BASE + "9", u8(I_FILTER, 255)]),
    (errno.ERANGE, RANGE, [BASE + "9", u8(I_FILTER, 3)]),
    (errno.EINVAL, "only TCP, UDP, ICMP, UDP-Lite, SCTP and DCCP differ",
     [BASE + "9", nest(I_PROTOCOL)]),
    (errno.EINVAL, "only TCP, UDP, ICMP, UDP-Lite, SCTP and DCCP differ",
     [BASE + "9", nest(I_PROTOCOL, u8(P_NUMBER, 50), u8(P_FILTER, 1))]),
    (errno.EINVAL, "only TCP, UDP, ICMP, UDP-Lite, SCTP and DCCP differ",
     [BASE + "9", nest(I_PROTOCOL, u8(P_NUMBER, 47), u8(P_FILTER, 1))]),
    (errno.EINVAL, "the same protocol is given twice",
     [BASE + "9", nest(I_PROTOCOL, u8(P_NUMBER, 6)), nest(I_PROTOCOL, u8(P_NUMBER, 6))]),
    (errno.ERANGE, RANGE, [BASE + "9", nest(I_PROTOCOL, u8(P_NUMBER, 6), u8(P_MAPPING, 2))]),
    (errno.ERANGE, RANGE, [BASE + "9", nest(I_PROTOCOL, u8(P_NUMBER, 6), u8(P_FILTER, 3))]),
    (errno.EINVAL, UNKNOWN, [BASE + "9", nest(I_PROTOCOL, u8(P_NUMBER, 6), u8(4, 0))]),
    (errno.EINVAL, UNKNOWN, [BASE + "9", nest(I_TIMEOUTS, u32(15, 600))]),
    (errno.EINVAL, LENGTH, [BASE + "9", nest(I_TIMEOUTS, u8(T_UDP, 200))]),
    (errno.ERANGE, "a timeout is at most 604800 s",
     [BASE + "9", nest(I_TIMEOUTS, u32(T_HOLD, 604801))]),
    (errno.EINVAL, "a UDP port needs a number and a time",
     [BASE + "9", nest(I_UDP_PORT, u16(U_NUMBER, 53))]),
    (errno.ERANGE, RANGE, [BASE + "9", nest(I_UDP_PORT, u16(U_NUMBER, 1024), u32(U_SECONDS, 9))]),
    (errno.ERANGE, RANGE, [BASE + "9", nest(I_UDP_PORT, u16(U_NUMBER, 0), u32(U_SECONDS, 9))]),
    (errno.ERANGE, "the time of a UDP port is from 1 to 604800 s",
     [BASE + "9", nest(I_UDP_PORT, u16(U_NUMBER, 53), u32(U_SECONDS, 0))]),
    (errno.EINVAL, "the same UDP port is given twice",
     [BASE + "9"] + [nest(I_UDP_PORT, u16(U_NUMBER, 53), u32(U_SECONDS, 9))] * 2),
    (errno.E2BIG, "at most 16 UDP ports have a time",
     [BASE + "9"] + [nest(I_UDP_PORT, u16(U_NUMBER, n), u32(U_SECONDS, 9))
                     for n in range(1, 18)]),
    (errno.EINVAL, NO_NEST, [attr(I_RANGE, address(R_FIRST, BASE + "9"))]),
    (errno.EINVAL, "an address range needs a first address", [nest(I_RANGE)]),
    (errno.EINVAL, "an address range needs a first address",
     [nest(I_RANGE, address(R_LAST, BASE + "9"))]),
    (errno.EINVAL, LENGTH, [nest(I_RANGE, attr(R_FIRST, b"12"))]),
    (errno.EINVAL, UNKNOWN, [nest(I_RANGE, address(R_FIRST, BASE + "9"), attr(9, b""))]),
    (errno.EINVAL, "the first address of a range is above the last",
     [addresses(BASE + "9", BASE + "8")]),
    (errno.EINVAL, "the same address is given twice", [BASE + "9", BASE + "9"]),
    (errno.EINVAL, "the same address is given twice",
     [addresses(BASE + "16", BASE + "31"), addresses(BASE + "8", BASE + "16")]),
    (errno.E2BIG, "an alias has at most 1024 addresses", [addresses("10.0.0.0", "10.0.4.0")]),
    (errno.E2BIG, "an alias has at most 1024 addresses", [addresses("1.0.0.0", "126.0.0.0")]),
    (errno.EINVAL, "not an address that the outside can answer to", ["0.0.0.0"]),
    (errno.EINVAL, "not an address that the outside can answer to", ["127.0.0.1"]),
    (errno.EINVAL, "not an address that the outside can answer to", ["224.0.0.1"]),
    (errno.EINVAL, "not an address that the outside can answer to", ["255.255.255.255"]),
    (errno.EINVAL, "not an address that the outside can answer to",
     [addresses("126.255.255.255", "128.0.0.0")]),
    (errno.EEXIST, "another alias has this number", [BASE + "9", u32(I_NUMBER, 5)]),
    (errno.EADDRINUSE, "an address belongs to another alias", [BASE + "200"]),
    (errno.EADDRINUSE, "an address belongs to another alias",
     [BASE + "9", addresses(BASE + "150", BASE + "201")]),
]


@case("each faulty configuration has its own error, for a new instance and for a change")
def bad_configurations(lab, net):
    clear(net)
    create(net, "other", addresses(BASE + "200", BASE + "210"), u32(I_NUMBER, 5))
    create(net, "mine", BASE + "1")
    for number, words, rest in BAD:
        for name, flags in (("new", CREATE | EXCL), ("mine", 0), ("mine", CREATE)):
            refuse(net, number, words, NEW, instance(name, *rest), F_ACK | flags)


# RFC 5508 REQ-2, RFC 5597 REQ-5, REQ-5a, RFC 7857 section 2.2
@case("every time has a floor, a ceiling and a sentence (RFC 4787 REQ-5, RFC 5382 REQ-5)")
def floors(lab, net):
    for timeout, floor in FLOORS.items():
        for seconds in (floor, 604800):
            create(net, "mine", BASE + "1", nest(I_TIMEOUTS, u32(timeout, seconds)), flags=CREATE)
            shown = net.request(GET, string(A_NAME, "mine"))[0].instance[I_TIMEOUTS]
            equal(shown[timeout], seconds, "timeout %d" % timeout)
        if floor:
            refuse(net, errno.ERANGE, "is at least %d s" % floor, NEW,
                   instance("mine", BASE + "1", nest(I_TIMEOUTS, u32(timeout, floor - 1))))
        refuse(net, errno.ERANGE, "a timeout is at most 604800 s", NEW,
               instance("mine", BASE + "1", nest(I_TIMEOUTS, u32(timeout, 604801))))


# RFC 4787 REQ-5c
@case("what is not said gets the RFCs' defaults, and all of it is shown")
def defaults(lab, net):
    create(net, "mine", BASE + "1", flags=CREATE)
    shown = net.request(GET, string(A_NAME, "mine"))[0].instance
    equal(shown[I_TIMEOUTS],
          {T_TCP_OPENING: 240, T_TCP_ESTABLISHED: 7440, T_TCP_CLOSING: 240, T_UDP: 300,
           T_ICMP: 60, T_UDPLITE: 300, T_SCTP_OPENING: 240, T_SCTP_ESTABLISHED: 7440,
           T_SCTP_CLOSING: 240, T_DCCP_OPENING: 240, T_DCCP_ESTABLISHED: 7440,
           T_DCCP_CLOSING: 240, T_OTHER: 600, T_HOLD: 120}, "timeouts")
    equal((shown[I_MAPPING], shown[I_FILTER], shown[I_PROTOCOL], shown[I_UDP_PORT]),
          (0, 0, [], []), "mapping, filter, protocols, ports")


@case("mapping and filter: for all protocols, and for one of them (RFC 5382 REQ-3)")
def behaviours(lab, net):
    create(net, "mine", BASE + "1", u8(I_MAPPING, 1), u8(I_FILTER, 2),
           nest(I_PROTOCOL, u8(P_NUMBER, 17), u8(P_MAPPING, 0)),
           nest(I_PROTOCOL, u8(P_NUMBER, 1), u8(P_FILTER, 1)),
           nest(I_UDP_PORT, u16(U_NUMBER, 53), u32(U_SECONDS, 10)),
           nest(I_UDP_PORT, u16(U_NUMBER, 123), u32(U_SECONDS, 1)), flags=CREATE)
    shown = net.request(GET, string(A_NAME, "mine"))[0].instance
    equal((shown[I_MAPPING], shown[I_FILTER]), (1, 2), "for all")
    equal(shown[I_PROTOCOL], [{P_NUMBER: 17, P_MAPPING: 0, P_FILTER: 2},
                              {P_NUMBER: 1, P_MAPPING: 1, P_FILTER: 1}], "for one")
    equal(shown[I_UDP_PORT], [{U_NUMBER: 53, U_SECONDS: 10}, {U_NUMBER: 123, U_SECONDS: 1}],
          "UDP ports")
    create(net, "mine", BASE + "1", flags=CREATE)


@case("each faulty name has its own error")
def bad_names(lab, net):
    sentence = "a name begins with a letter"
    for name in ("", "1a", "-a", "a b", "a;b", "a\"b", "a\x01", "\u00e9", "a*"):
        refuse(net, errno.EINVAL, sentence, NEW, instance(name, BASE + "9"), F_ACK | CREATE)
    for length in (32, 33, 255, 4000):
        refuse(net, errno.EINVAL, POLICY, NEW, instance("x" * length, BASE + "9"), F_ACK | CREATE)
        for command in (DEL, FLUSH, GET):
            refuse(net, errno.EINVAL, POLICY, command, string(A_NAME, "x" * length))
        for command in (GET, GET_LINKS):
            refuse(net, errno.EINVAL, None, command, string(A_NAME, "x" * length), DUMP)
    # Not terminated, and empty
    for payload in (b"abc", b""):
        refuse(net, errno.EINVAL, POLICY, NEW,
               nest(A_INSTANCE, attr(I_NAME, payload), addresses(BASE + "9")), F_ACK | CREATE)
    refuse(net, errno.EINVAL, "an alias needs a name", NEW,
           nest(A_INSTANCE, addresses(BASE + "9")), F_ACK | CREATE)
    refuse(net, errno.EINVAL, "no alias is described", NEW, b"", F_ACK | CREATE)
    for command in (DEL, FLUSH, GET):
        refuse(net, errno.EINVAL, "no alias is named", command)
        refuse(net, errno.ENOENT, "there is no alias of this name", command,
               string(A_NAME, "nobody"))


@case("attributes that a command does not know are refused")
def unknown_attributes(lab, net):
    for command in (NEW, DEL, FLUSH, GET, GET_NAMESPACE):
        good = {NEW: instance("mine", BASE + "1"), GET_NAMESPACE: b""}.get(
            command, string(A_NAME, "mine"))
        for extra in (attr(6, b""), attr(9, b"1234"), attr(100, b"")):
            refuse(net, errno.EINVAL, UNKNOWN, command, good + extra)
        for extra in (b"\4\0", b"\1\2\3", attr(A_NAME, b"mine\0", length=200),
                      attr(A_NAME, length=3)):
            refuse(net, errno.EINVAL, LEFTOVER, command, good + extra)
    refuse(net, errno.EINVAL, UNKNOWN, GET_NAMESPACE, string(A_NAME, "mine"))
    refuse(net, errno.EINVAL, UNSUPPORTED, GET_NAMESPACE, instance("mine", BASE + "1"))
    refuse(net, errno.EINVAL, UNKNOWN, GET, string(A_NAME, "mine") + attr(A_CHECK))
    refuse(net, errno.EINVAL, NO_NEST, NEW, attr(A_INSTANCE, instance("mine", BASE + "1")[4:]))
    refuse(net, errno.ERANGE, POLICY, NEW, instance("mine", BASE + "1") + attr(A_CHECK, b"1"))
    # Of commands that are not there genetlink says nothing but the errno.
    for command in (7, 8, 255, GET_LINKS):
        refuse(net, errno.EOPNOTSUPP, None, command)
    # Genetlink of 6.1 passes no sentence on from where a dump begins.
    silent = os.environ.get("NFT_ALIAS_KERNEL", "").endswith("6.1")
    refuse(net, errno.ENOENT, None if silent else "there is no alias of this name", GET_LINKS,
           string(A_NAME, "nobody"), DUMP)
    refuse(net, errno.EINVAL, None if silent else "a dump shows all aliases: name none", GET,
           string(A_NAME, "mine"), DUMP)
    for command in (GET, GET_LINKS):
        refuse(net, errno.EINVAL, None, command, attr(9, b"1234"), DUMP)


@case("a good message cut off at every byte is refused, or says less and is right")
def every_truncation(lab, net):
    body = instance("cut", BASE + "9", addresses(BASE + "11", BASE + "12"), u32(I_NUMBER, 7),
                    u16(I_PORT_MIN, 2000)) + attr(A_CHECK)
    whole = 16 + 4 + len(body)
    net.request(NEW, body, F_ACK | CREATE)
    before = everything(net)
    accepted = []
    for cut in range(16, whole):
        try:
            net.request(NEW, body, F_ACK | CREATE, cut=cut)
            accepted.append(cut)
        except Refused:
            pass
    # Without its last attribute, the flag "check", it is a good message: it
    # creates, and that is all that happened.
    equal(accepted, [whole - 4], "lengths that were accepted")
    equal(len(everything(net)), len(before) + 1, "instances")
    net.request(DEL, string(A_NAME, "cut"))
    equal(everything(net), before, "instances after it was deleted")


@case("ALIAS_A_CHECK finds the errors and changes nothing")
def check_only(lab, net):
    before = everything(net)
    flag = attr(A_CHECK)
    net.request(NEW, instance("new", BASE + "9") + flag, F_ACK | CREATE)
    net.request(NEW, instance("mine", BASE + "9", u16(I_PORT_MIN, 5)) + flag, F_ACK)
    net.request(DEL, string(A_NAME, "mine") + flag)
    equal(everything(net), before, "instances")
    refuse(net, errno.EADDRINUSE, "an address belongs to another alias", NEW,
           instance("new", BASE + "200") + flag, F_ACK | CREATE)
    refuse(net, errno.ENOENT, "there is no alias of this name", DEL,
           string(A_NAME, "nobody") + flag)


@case("a change keeps links; one that would strand them is refused")
def change(lab, net):
    clear(net)
    create(net, "one", addresses(BASE + "1", BASE + "2"), u32(I_NUMBER, 1), u32(I_FLAGS, 1))
    lab.rules(RULES)
    lab.out(udp("100.64.0.11", 5000, PEER, 53), tcp("100.64.0.11", 6000, PEER, 80, flags=SYN))
    links = [dict(e.link, **{str(genl.L_SECONDS): 0}) for e in net.dump(GET_LINKS)]
    equal(len(links), 2, "links")
    home = links[0][genl.L_OUT_ADDR]
    away = BASE + ("2" if home.endswith("1") else "1")

    def now():
        return [(e.link[genl.L_OUT_ADDR], e.link[genl.L_OUT_PORT]) for e in net.dump(GET_LINKS)]

    kept = now()
    for rest in ([home], [home, BASE + "9"], [addresses(BASE + "0", BASE + "20")],
                 [home, u16(I_PORT_MIN, 5000), u16(I_PORT_MAX, 6000)],
                 [home, u16(I_PORT_MIN, 1)], [addresses(BASE + "1", BASE + "2")]):
        net.request(NEW, instance("one", u32(I_NUMBER, 1), u32(I_FLAGS, 1), *rest), F_ACK)
        equal(now(), kept, "links after a change")
    for rest in ([away], [BASE + "9"], [home, u16(I_PORT_MIN, 5001)],
                 [home, u16(I_PORT_MAX, 5999)], [away, BASE + "77"]):
        for flag in (b"", attr(A_CHECK)):
            refuse(net, errno.EBUSY, "links use addresses or ports", NEW,
                   instance("one", u32(I_NUMBER, 1), *rest) + flag)
        equal(now(), kept, "links after a refused change")
    for number in ([], [u32(I_NUMBER, 2)]):
        refuse(net, errno.EBUSY, "the number of an alias cannot change", NEW,
               instance("one", home, *number))
    net.request(FLUSH, string(A_NAME, "one"))
    equal(now(), [], "links after the flush")
    net.request(NEW, instance("one", BASE + "9", u32(I_NUMBER, 1)), F_ACK)
    came = lab.out(udp("100.64.0.11", 5000, PEER, 53))
    equal(socket.inet_ntoa(came[0][12:16]), BASE + "9", "the new address")


# RFC 6888 REQ-3
@case("a dump of 400 instances, some of 128 ranges, is complete and without doubles")
def many_instances(lab, net):
    clear(net)
    wanted = {}
    for n in range(400):
        ranges = 128 if n % 100 == 7 else 1
        create(net, "many%d" % n, u32(I_NUMBER, n + 1),
               *["10.%d.%d.%d" % (n // 256, n % 256, 2 * r) for r in range(ranges)])
        wanted["many%d" % n] = ranges
    found = [e.instance for e in net.dump(GET)]
    equal(len(found), 400, "instances")
    equal({f[I_NAME]: len(f[I_RANGE]) for f in found}, wanted, "names and ranges")


@case("a change in the middle of a dump is told by NLM_F_DUMP_INTR, one before is not")
def interrupted(lab, net):
    equal(any(e.flags & DUMP_INTR for e in net.dump(GET)), False, "quiet dump")
    net.send(GET, b"", DUMP)
    first = list(net.messages())
    check(first and first[-1][0] != genl.NLMSG_DONE, "the dump fits one datagram")
    with contextlib.closing(Genl()) as other:
        other.request(DEL, string(A_NAME, "many399"))
    check(any(e.flags & DUMP_INTR for e in net.receive()), "no NLM_F_DUMP_INTR in the rest")
    clear(net)
    equal(net.dump(GET), [], "instances after all were deleted")


@case("a dump of 3000 links of three instances is complete, in order, without doubles")
def many_links(lab, net):
    for n in (1, 2, 3):
        create(net, "one%d" % n, BASE + "%d" % n, u32(I_NUMBER, n), u32(I_FLAGS, 1))
    wanted = set()
    packets = []
    for n in (1, 2, 3):
        for port in range(2000, 3000):
            build = udp if port % 2 else tcp
            packets.append(build("100.64.0.%d" % (10 + n), port, PEER, 80))
            wanted.add(("one%d" % n, 17 if port % 2 else 6, "100.64.0.%d" % (10 + n), port,
                        BASE + str(n), port, PEER, 80))
    for at in range(0, 3000, 250):
        equal(len(lab.out(*packets[at:at + 250])), 250, "packets outside")

    def listed(data=b""):
        return [tuple(e.link[k] for k in (genl.L_INSTANCE, genl.L_PROTOCOL, genl.L_IN_ADDR,
                                          genl.L_IN_PORT, genl.L_OUT_ADDR, genl.L_OUT_PORT,
                                          genl.L_PEER_ADDR, genl.L_PEER_PORT))
                for e in net.dump(GET_LINKS, data)]

    found = listed()
    equal(len(found), 3000, "links")
    equal(set(found), wanted, "links")
    order = [(f[0], socket.inet_aton(f[4]), f[1], f[5]) for f in found]
    equal(order, sorted(order), "order")
    equal(set(listed(string(A_NAME, "one2"))), {w for w in wanted if w[0] == "one2"},
          "links of one instance")


@case("a link that ends while its dump runs is not shown twice, and no other is lost")
def links_interrupted(lab, net):
    net.send(GET_LINKS, b"", DUMP)
    first = [genl.Event(payload[0], flags, payload[4:])
             for kind, flags, _, payload in net.messages() if kind > 16]
    with contextlib.closing(Genl()) as other:
        other.request(FLUSH, string(A_NAME, "one1"))
        other.request(FLUSH, string(A_NAME, "one3"))
    links = [e.link for e in first + net.receive()]
    keys = [(f[genl.L_PROTOCOL], f[genl.L_OUT_ADDR], f[genl.L_OUT_PORT]) for f in links]
    equal(len(keys), len(set(keys)), "links, each once")
    equal(len([f for f in links if f[genl.L_INSTANCE] == "one2"]), 1000, "links that stayed")
    lab.nft("flush", "ruleset")
    clear(net)


@case("each change of an instance sends one event")
def events(lab, net):
    with contextlib.closing(Genl()) as listener:
        listener.join()
        create(net, "one", BASE + "1")
        net.request(NEW, instance("one", BASE + "2"), F_ACK)
        with contextlib.suppress(Refused):
            net.request(NEW, instance("one"), F_ACK)
        net.request(NEW, instance("one", BASE + "3") + attr(A_CHECK), F_ACK)
        net.request(FLUSH, string(A_NAME, "one"))
        net.request(DEL, string(A_NAME, "one") + attr(A_CHECK))
        net.request(DEL, string(A_NAME, "one"))
        create(net, "end", BASE + "9")
        got = [listener.event() for _ in range(5)]
    equal([(e.command, e.instance[I_NAME], e.instance[I_RANGE][0][0]) for e in got],
          [(NEW, "one", BASE + "1"), (NEW, "one", BASE + "2"), (FLUSH, "one", BASE + "2"),
           (DEL, "one", BASE + "2"), (NEW, "end", BASE + "9")], "events")
    clear(net)


def in_child(work):
    """Runs work() in a child process, with its exceptions as the result."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            text = work() or "fine"
        except BaseException as error:  # all of it is the result
            text = "%s: %s" % (type(error).__name__, error)
        os.write(writer, text.encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(pid, 0)
    with os.fdopen(reader) as pipe:
        return pipe.read()


def unshare(flags):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare")


def expect_eperm(net):
    for command, data, flags in ((NEW, instance("u", BASE + "9"), F_ACK | CREATE),
                                 (DEL, string(A_NAME, "one"), F_ACK),
                                 (FLUSH, string(A_NAME, "one"), F_ACK),
                                 (GET, string(A_NAME, "one"), F_ACK), (GET, b"", DUMP),
                                 (GET_LINKS, b"", DUMP), (GET_NAMESPACE, b"", F_ACK)):
        try:
            net.request(command, data, flags)
        except Refused as refusal:
            if refusal.errno != errno.EPERM:
                raise
            continue
        raise Failure("command %d was allowed" % command)
    try:
        net.join()
    except PermissionError:
        return
    raise Failure("it may listen to events")


@case("a user without CAP_NET_ADMIN in the namespace's owner is refused every command, and events")
def unprivileged(lab, net):
    create(net, "one", BASE + "1")
    before = everything(net)

    def plain_user():
        os.setuid(65534)
        expect_eperm(Genl())

    def root_of_another_user_namespace():
        os.setuid(65534)
        unshare(CLONE_NEWUSER)
        expect_eperm(Genl())

    equal(in_child(plain_user), "fine", "user nobody")
    equal(in_child(root_of_another_user_namespace), "fine", "root of a user namespace")
    equal(everything(net), before, "instances")
    clear(net)


@case("root of an own user and network namespace may, and sees only its own")
def own_namespace(lab, net):
    create(net, "one", BASE + "1", u32(I_NUMBER, 1))

    def root_there():
        os.setuid(65534)
        unshare(CLONE_NEWUSER | CLONE_NEWNET)
        own = Genl()
        own.join()
        equal(own.dump(GET), [], "instances at the beginning")
        create(own, "one", BASE + "1", u32(I_NUMBER, 1))
        equal(len(own.dump(GET)), 1, "instances")
        own.request(DEL, string(A_NAME, "one"))

    before = everything(net)
    equal(in_child(root_there), "fine", "root of an own network namespace")
    equal(everything(net), before, "instances outside")
    clear(net)


if __name__ == "__main__":
    rig = Lab()
    sys.exit(ktap.run(rig, Genl()))
