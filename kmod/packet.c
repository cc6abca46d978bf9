// SPDX-License-Identifier: GPL-2.0
/* From an skb, which the net may have filled with lies, to a plain struct. */

#include <uapi/linux/dccp.h>
#include <linux/icmp.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/sctp.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>

#include "packet.h"

/* The checksum is the last field a rewrite touches: bytes up to its end. */
#define ALIAS_TCP_REWRITE_BYTES	offsetofend(struct tcphdr, check)
#define ALIAS_UDP_REWRITE_BYTES	sizeof(struct udphdr)
#define ALIAS_ICMP_REWRITE_BYTES sizeof(struct icmphdr)
#define ALIAS_SCTP_REWRITE_BYTES sizeof(struct sctphdr)
#define ALIAS_DCCP_REWRITE_BYTES offsetofend(struct dccp_hdr, dccph_checksum)

/* RFC 5596: opens the path for a REQUEST that will come inward. */
#define ALIAS_DCCP_PKT_LISTEN	10

/* Byte 13 of the TCP header holds the flags. */
#define ALIAS_TCP_FLAGS_OFFSET	13

static const u8 space_protocols[ALIAS_SPACES] = {
	[ALIAS_SPACE_TCP] = IPPROTO_TCP,
	[ALIAS_SPACE_UDP] = IPPROTO_UDP,
	[ALIAS_SPACE_ICMP] = IPPROTO_ICMP,
	[ALIAS_SPACE_UDPLITE] = IPPROTO_UDPLITE,
	[ALIAS_SPACE_SCTP] = IPPROTO_SCTP,
	[ALIAS_SPACE_DCCP] = IPPROTO_DCCP,
	[ALIAS_SPACE_CALL] = IPPROTO_GRE,
};

/* RFC 792: so much of the transport header does every error quote. The ports or
 * the id are in it.
 */
#define ALIAS_QUOTED_BYTES	8

/**
 * alias_space_of_protocol - the space of a protocol that has ports
 * @protocol: an IPPROTO_* number
 *
 * Return: enum alias_space, or -1 for all other protocols
 */
int alias_space_of_protocol(u8 protocol)
{
	unsigned int space;

	for (space = 0; space < ALIAS_SPACE_CALL; space++)
		if (space_protocols[space] == protocol)
			return space;
	return -1;
}

/**
 * alias_space_protocol - the IP protocol of an endpoint
 * @space: its space
 * @port: its port
 *
 * Return: an IPPROTO_* number
 */
u8 alias_space_protocol(enum alias_space space, __be16 port)
{
	return space == ALIAS_SPACE_OTHER ? ntohs(port) : space_protocols[space];
}

static enum alias_reason parse_ports(struct alias_packet *pkt, __be16 sport, __be16 dport)
{
	if (!sport || !dport)
		return ALIAS_ZERO_PORT;
	pkt->sport = sport;
	pkt->dport = dport;
	return ALIAS_FINE;
}

static enum alias_reason parse_tcp(struct alias_packet *pkt, unsigned int payload)
{
	const struct tcphdr *tcph;
	struct tcphdr buf;

	if (payload < sizeof(buf))
		return ALIAS_MALFORMED;
	tcph = skb_header_pointer(pkt->skb, pkt->thoff, sizeof(buf), &buf);
	if (!tcph || tcph->doff * 4 < sizeof(buf) || tcph->doff * 4 > payload)
		return ALIAS_MALFORMED;

	pkt->space = ALIAS_SPACE_TCP;
	pkt->thlen = ALIAS_TCP_REWRITE_BYTES;
	pkt->tcp_flags = ((const u8 *)tcph)[ALIAS_TCP_FLAGS_OFFSET];
	/* A reset belongs to a connection; without a link there is none. */
	pkt->opens = !tcph->rst;
	return parse_ports(pkt, tcph->source, tcph->dest);
}

static enum alias_reason parse_udp(struct alias_packet *pkt, unsigned int payload)
{
	const struct udphdr *udph;
	struct udphdr buf;

	if (payload < sizeof(buf))
		return ALIAS_MALFORMED;
	udph = skb_header_pointer(pkt->skb, pkt->thoff, sizeof(buf), &buf);
	if (!udph || ntohs(udph->len) < sizeof(buf) || ntohs(udph->len) > payload)
		return ALIAS_MALFORMED;

	pkt->space = ALIAS_SPACE_UDP;
	pkt->thlen = ALIAS_UDP_REWRITE_BYTES;
	pkt->opens = true;
	return parse_ports(pkt, udph->source, udph->dest);
}

/* RFC 3828: what UDP calls the length says here how much the checksum covers;
 * 0 is all.
 */
static enum alias_reason parse_udplite(struct alias_packet *pkt, unsigned int payload)
{
	const struct udphdr *udph;
	struct udphdr buf;
	unsigned int covered;

	if (payload < sizeof(buf))
		return ALIAS_MALFORMED;
	udph = skb_header_pointer(pkt->skb, pkt->thoff, sizeof(buf), &buf);
	if (!udph)
		return ALIAS_MALFORMED;
	covered = ntohs(udph->len);
	if (covered && (covered < sizeof(buf) || covered > payload))
		return ALIAS_MALFORMED;

	pkt->space = ALIAS_SPACE_UDPLITE;
	pkt->thlen = ALIAS_UDP_REWRITE_BYTES;
	pkt->opens = true;
	return parse_ports(pkt, udph->source, udph->dest);
}

/* The first chunk tells what becomes of the association: those that matter are
 * never bundled behind others, but for an ABORT, which ends nothing at once.
 */
static u8 sctp_flags(u8 chunk)
{
	switch (chunk) {
	case SCTP_CID_INIT:
		return ALIAS_TCP_SYN;
	case SCTP_CID_INIT_ACK:
		return ALIAS_TCP_SYN | ALIAS_TCP_ACK;
	case SCTP_CID_SHUTDOWN:
	case SCTP_CID_SHUTDOWN_ACK:
		return ALIAS_TCP_FIN | ALIAS_TCP_ACK;
	case SCTP_CID_ABORT:
		return ALIAS_TCP_RST;
	default:
		return ALIAS_TCP_ACK;
	}
}

static enum alias_reason parse_sctp(struct alias_packet *pkt, unsigned int payload)
{
	struct {
		struct sctphdr common;
		struct sctp_chunkhdr chunk;
	} buf;
	typeof(buf) *sctph;

	if (payload < sizeof(buf))
		return ALIAS_MALFORMED;
	sctph = skb_header_pointer(pkt->skb, pkt->thoff, sizeof(buf), &buf);
	if (!sctph)
		return ALIAS_MALFORMED;

	pkt->space = ALIAS_SPACE_SCTP;
	pkt->thlen = ALIAS_SCTP_REWRITE_BYTES;
	pkt->tcp_flags = sctp_flags(sctph->chunk.type);
	pkt->opens = !(pkt->tcp_flags & ALIAS_TCP_RST);
	return parse_ports(pkt, sctph->common.source, sctph->common.dest);
}

static u8 dccp_flags(u8 type)
{
	switch (type) {
	case DCCP_PKT_REQUEST:
	case ALIAS_DCCP_PKT_LISTEN:
		return ALIAS_TCP_SYN;
	case DCCP_PKT_RESPONSE:
		return ALIAS_TCP_SYN | ALIAS_TCP_ACK;
	case DCCP_PKT_CLOSEREQ:
	case DCCP_PKT_CLOSE:
		return ALIAS_TCP_FIN | ALIAS_TCP_ACK;
	case DCCP_PKT_RESET:
		return ALIAS_TCP_RST;
	default:
		return ALIAS_TCP_ACK;
	}
}

static enum alias_reason parse_dccp(struct alias_packet *pkt, unsigned int payload)
{
	const struct dccp_hdr *dccph;
	struct dccp_hdr buf;

	if (payload < sizeof(buf))
		return ALIAS_MALFORMED;
	dccph = skb_header_pointer(pkt->skb, pkt->thoff, sizeof(buf), &buf);
	if (!dccph || dccph->dccph_doff * 4 < sizeof(buf) || dccph->dccph_doff * 4 > payload)
		return ALIAS_MALFORMED;

	pkt->space = ALIAS_SPACE_DCCP;
	pkt->thlen = ALIAS_DCCP_REWRITE_BYTES;
	pkt->tcp_flags = dccp_flags(dccph->dccph_type);
	pkt->opens = !(pkt->tcp_flags & ALIAS_TCP_RST);
	return parse_ports(pkt, dccph->dccph_sport, dccph->dccph_dport);
}

/* No ports: told apart by the addresses of both ends only (ESP, GRE, …). */
static enum alias_reason parse_other(struct alias_packet *pkt, u8 protocol)
{
	pkt->space = ALIAS_SPACE_OTHER;
	pkt->opens = true;
	pkt->sport = htons(protocol);
	pkt->dport = htons(protocol);
	return ALIAS_FINE;
}

/* RFC 5508 REQ-1: queries are mapped by their id, which takes the part of both
 * ports. Unlike a port, 0 is a good id. REQ-10 names the errors.
 */
static enum alias_reason parse_icmp(struct alias_packet *pkt, unsigned int payload)
{
	const struct icmphdr *icmph;
	struct icmphdr buf;

	if (payload < sizeof(buf))
		return ALIAS_MALFORMED;
	icmph = skb_header_pointer(pkt->skb, pkt->thoff, sizeof(buf), &buf);
	if (!icmph)
		return ALIAS_MALFORMED;

	pkt->thlen = ALIAS_ICMP_REWRITE_BYTES;
	switch (icmph->type) {
	case ICMP_ECHO:
	case ICMP_TIMESTAMP:
		pkt->opens = true;
		fallthrough;
	case ICMP_ECHOREPLY:
	case ICMP_TIMESTAMPREPLY:
		pkt->space = ALIAS_SPACE_ICMP;
		pkt->sport = icmph->un.echo.id;
		pkt->dport = icmph->un.echo.id;
		return ALIAS_FINE;
	case ICMP_DEST_UNREACH:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETERPROB:
		pkt->error = true;
		return ALIAS_FINE;
	default:
		return ALIAS_PROTOCOL;
	}
}

/* A TCP packet put together by GRO may exceed the 16 bits of the field, which
 * then says 0.
 */
static unsigned int total_length(const struct sk_buff *skb, const struct iphdr *iph,
				 unsigned int nhoff)
{
	unsigned int length = ntohs(iph->tot_len);

	if (!length && skb_is_gso(skb) && skb_is_gso_tcp(skb))
		return skb->len - nhoff;
	return length;
}

/**
 * alias_packet_parse - read addresses and ports of an IPv4 packet
 * @skb: packet with its network header set; not changed
 * @pkt: filled in
 *
 * ip_rcv() has looked at the IP header of what came from the net, but nobody
 * has of what a raw socket made, so nothing is taken on trust here.
 *
 * Return: ALIAS_FINE, or why the packet cannot be translated
 */
enum alias_reason alias_packet_parse(struct sk_buff *skb, struct alias_packet *pkt)
{
	unsigned int nhoff = skb_network_offset(skb);
	unsigned int hlen, length;
	const struct iphdr *iph;
	struct iphdr buf;

	iph = skb_header_pointer(skb, nhoff, sizeof(buf), &buf);
	if (!iph || iph->version != 4)
		return ALIAS_MALFORMED;
	hlen = iph->ihl * 4;
	length = total_length(skb, iph, nhoff);
	if (hlen < sizeof(*iph) || length < hlen || length > skb->len - nhoff)
		return ALIAS_MALFORMED;
	if (ip_is_fragment(iph))
		return ALIAS_FRAGMENT;

	*pkt = (struct alias_packet){
		.skb = skb,
		.src = iph->saddr,
		.dst = iph->daddr,
		.hlen = hlen,
		.thoff = nhoff + hlen,
		.length = length,
	};

	switch (iph->protocol) {
	case IPPROTO_TCP:
		return parse_tcp(pkt, length - hlen);
	case IPPROTO_UDP:
		return parse_udp(pkt, length - hlen);
	case IPPROTO_ICMP:
		return parse_icmp(pkt, length - hlen);
	case IPPROTO_UDPLITE:
		return parse_udplite(pkt, length - hlen);
	case IPPROTO_SCTP:
		return parse_sctp(pkt, length - hlen);
	case IPPROTO_DCCP:
		return parse_dccp(pkt, length - hlen);
	default:
		return parse_other(pkt, iph->protocol);
	}
}

/* Nothing is asked of the header that it can only say of a whole packet. */
static enum alias_reason parse_quoted_transport(struct alias_packet *pkt, u8 protocol,
						unsigned int bytes)
{
	enum alias_reason why;
	const __be16 *ports;
	__be16 buf[2];

	switch (protocol) {
	case IPPROTO_TCP:
		pkt->space = ALIAS_SPACE_TCP;
		pkt->thlen = bytes < ALIAS_TCP_REWRITE_BYTES ? ALIAS_QUOTED_BYTES :
							       ALIAS_TCP_REWRITE_BYTES;
		break;
	case IPPROTO_SCTP:
		pkt->space = ALIAS_SPACE_SCTP;
		pkt->thlen = !pkt->length || bytes < ALIAS_SCTP_REWRITE_BYTES ?
				     ALIAS_QUOTED_BYTES : ALIAS_SCTP_REWRITE_BYTES;
		break;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
		pkt->space = alias_space_of_protocol(protocol);
		pkt->thlen = ALIAS_QUOTED_BYTES;
		break;
	case IPPROTO_ICMP:
		why = parse_icmp(pkt, bytes);
		/* Of an error no error is made (RFC 1122 section 3.2.2). */
		return pkt->error ? ALIAS_PROTOCOL : why;
	default:
		return parse_other(pkt, protocol);
	}
	ports = skb_header_pointer(pkt->skb, pkt->thoff, sizeof(buf), buf);
	return ports ? parse_ports(pkt, ports[0], ports[1]) : ALIAS_MALFORMED;
}

/* How much of a quoted packet is there: what its header says, or less. Behind it
 * may be padding and extensions (RFC 4884). 0 is what total_length() speaks of.
 */
static unsigned int quoted_length(const struct iphdr *iph, unsigned int bytes)
{
	unsigned int length = ntohs(iph->tot_len);

	return length && length < bytes ? length : bytes;
}

/**
 * alias_packet_parse_quoted - read addresses and ports of the packet that an error quotes
 * @error: the error, as alias_packet_parse() found it; not changed
 * @pkt: filled in, but for @tcp_flags. @length is that of the whole packet, 0 if it
 *	is not known: a fragment does not say. @thlen says how far the transport
 *	header may be rewritten: to the end of its checksum, or as far as RFC 792 has
 *	it quoted if the sum is cut off, or depends on a length that is not known.
 *
 * The quote begins as a packet does, with options or without, and ends anywhere
 * behind its first 8 bytes of transport. A first fragment has its ports, later
 * ones not.
 *
 * Return: ALIAS_FINE, or why the error cannot be translated
 */
enum alias_reason alias_packet_parse_quoted(const struct alias_packet *error,
					    struct alias_packet *pkt)
{
	unsigned int nhoff = error->thoff + sizeof(struct icmphdr);
	unsigned int end = skb_network_offset(error->skb) + error->length;
	unsigned int hlen, length;
	const struct iphdr *iph;
	struct iphdr buf;

	if (end < nhoff + sizeof(buf))
		return ALIAS_MALFORMED;
	iph = skb_header_pointer(error->skb, nhoff, sizeof(buf), &buf);
	if (!iph || iph->version != 4)
		return ALIAS_MALFORMED;
	hlen = iph->ihl * 4;
	length = quoted_length(iph, end - nhoff);
	if (hlen < sizeof(*iph) || length < hlen + ALIAS_QUOTED_BYTES)
		return ALIAS_MALFORMED;
	/* RFC 5508 REQ-3a */
	if (csum_fold(skb_checksum(error->skb, nhoff, hlen, 0)))
		return ALIAS_CHECKSUM;
	if (iph->frag_off & htons(IP_OFFSET))
		return ALIAS_FRAGMENT;

	*pkt = (struct alias_packet){
		.skb = error->skb,
		.src = iph->saddr,
		.dst = iph->daddr,
		.hlen = hlen,
		.thoff = nhoff + hlen,
		.length = ip_is_fragment(iph) ? 0 : ntohs(iph->tot_len),
	};
	return parse_quoted_transport(pkt, iph->protocol, length - hlen);
}
