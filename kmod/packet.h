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
 *
 * RFC 7857 section 5: the mapping of TCP port 1000 says nothing about UDP
 * port 1000.
 */
enum alias_space {
	ALIAS_SPACE_TCP,
	ALIAS_SPACE_UDP,
	ALIAS_SPACE_ICMP,
	/* private: */
	ALIAS_SPACES
};

/**
 * struct alias_packet - what the engine needs to know of one packet
 * @skb: the packet; nothing here points into it, it may move
 * @src: source address
 * @dst: destination address
 * @sport: source port; of an ICMP query its id
 * @dport: destination port; of an ICMP query its id
 * @thoff: bytes from skb->data to the transport header
 * @thlen: bytes of the transport header that a rewrite may touch
 * @length: bytes of the IP packet, header included
 * @space: which ports these are
 * @opens: whether this packet may make a link when it goes outward
 * @error: an ICMP error: it has no ports, but quotes a packet that has
 * @tcp_flags: byte 13 of the TCP header, else 0
 */
struct alias_packet {
	struct sk_buff *skb;
	__be32 src;
	__be32 dst;
	__be16 sport;
	__be16 dport;
	unsigned int thoff;
	unsigned int thlen;
	unsigned int length;
	enum alias_space space;
	bool opens;
	bool error;
	u8 tcp_flags;
};

enum alias_reason alias_packet_parse(struct sk_buff *skb, struct alias_packet *pkt);
enum alias_reason alias_packet_parse_quoted(const struct alias_packet *error,
					    struct alias_packet *pkt);
u8 alias_space_protocol(enum alias_space space);

#endif /* ALIAS_PACKET_H */
