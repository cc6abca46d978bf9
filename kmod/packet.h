/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_PACKET_H
#define ALIAS_PACKET_H

#include <linux/skbuff.h>
#include <linux/types.h>

#include "counters.h"

/**
 * enum alias_space - the kinds of ports: each protocol has its own 65536
 * @ALIAS_SPACE_TCP: TCP ports
 * @ALIAS_SPACE_UDP: UDP ports
 * @ALIAS_SPACE_ICMP: ids of ICMP queries
 * @ALIAS_SPACE_UDPLITE: UDP-Lite ports
 * @ALIAS_SPACE_SCTP: SCTP ports
 * @ALIAS_SPACE_DCCP: DCCP ports
 * @ALIAS_SPACE_CALL: ids of PPTP calls
 * @ALIAS_SPACE_OTHER: everything else: the protocol's own number in the part of
 *	the port
 *
 * RFC 7857 section 5: the mapping of TCP port 1000 says nothing about UDP
 * port 1000. From ALIAS_SPACE_CALL on peers are part of the mapping, whatever an
 * operator says of the others.
 */
enum alias_space {
	ALIAS_SPACE_TCP,
	ALIAS_SPACE_UDP,
	ALIAS_SPACE_ICMP,
	ALIAS_SPACE_UDPLITE,
	ALIAS_SPACE_SCTP,
	ALIAS_SPACE_DCCP,
	ALIAS_SPACE_CALL,
	ALIAS_SPACE_OTHER,
	/* private: */
	ALIAS_SPACES
};

/**
 * struct alias_packet - what the engine needs to know of one packet
 * @skb: the packet; nothing here points into it, it may move
 * @src: source address
 * @dst: destination address
 * @sport: source port; of an ICMP query its id, of a packet of a call the id that
 *	it carries, of a protocol without ports its number
 * @dport: destination port; of all but ports the same as @sport
 * @thoff: bytes from skb->data to the transport header
 * @length: bytes of the IP packet, header included
 * @hlen: bytes of the IP header
 * @thlen: bytes of the transport header that a rewrite may touch
 * @space: enum alias_space: which ports these are
 * @tcp_flags: byte 13 of the TCP header, or the flags of TCP that come closest
 *	to what the packet means to an SCTP or DCCP connection, else 0
 * @opens: whether this packet may make a link when it goes outward
 * @error: an ICMP error: it has no ports, but quotes a packet that has
 * @control: whether it may carry messages of PPTP, see alias_pptp_recognise()
 *
 * Five words: compilers clear more than that with an instruction that takes as long
 * as finding a link. They do so twice, as kernels have stacks zeroed by default.
 */
struct alias_packet {
	struct sk_buff *skb;
	__be32 src;
	__be32 dst;
	__be16 sport;
	__be16 dport;
	unsigned int thoff;
	unsigned int length;
	u8 hlen;
	u8 thlen;
	u8 space;
	u8 tcp_flags;
	bool opens;
	bool error;
	bool control;
};

/* The flags of a TCP header's byte 13 that matter here. */
#define ALIAS_TCP_FIN	0x01
#define ALIAS_TCP_SYN	0x02
#define ALIAS_TCP_RST	0x04
#define ALIAS_TCP_ACK	0x10

/**
 * alias_space_has_connections - whether a protocol says where a connection ends
 * @space: the protocol
 *
 * Return: true for those whose states are tracked
 */
static inline bool alias_space_has_connections(enum alias_space space)
{
	return space == ALIAS_SPACE_TCP || space == ALIAS_SPACE_SCTP || space == ALIAS_SPACE_DCCP;
}

/**
 * alias_space_has_peer_ports - whether a peer has a port beside its address
 * @space: the protocol
 *
 * Return: false where one id, or nothing, stands for both ends
 */
static inline bool alias_space_has_peer_ports(enum alias_space space)
{
	return space != ALIAS_SPACE_ICMP && space < ALIAS_SPACE_CALL;
}

enum alias_reason alias_packet_parse(struct sk_buff *skb, struct alias_packet *pkt);
int alias_space_of_protocol(u8 protocol);
u8 alias_space_protocol(enum alias_space space, __be16 port);
enum alias_reason alias_packet_parse_quoted(const struct alias_packet *error,
					    struct alias_packet *pkt);

#endif /* ALIAS_PACKET_H */
