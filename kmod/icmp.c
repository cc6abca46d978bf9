// SPDX-License-Identifier: GPL-2.0
/* ICMP errors and the packets they quote.
 *
 *	| IP | ICMP | quoted IP | 8 bytes or more of its transport | the rest
 *
 *   outward: the quoted packet was delivered through a link: its destination is
 *	      the link's inside endpoint, and becomes the outside one. So does the
 *	      error's source, whoever sent it: a router inside has no address that
 *	      may be seen outside (RFC 5508 REQ-5).
 *   inward:  the quoted packet was sent through a link: its source is the outside
 *	      endpoint, and becomes the inside one, as does the error's destination
 *	      (RFC 5508 REQ-4).
 *
 * Anyone can send an error and few can be asked who they are: no error opens,
 * refreshes, changes or ends a link (RFC 5508 REQ-6), and it passes whoever sends
 * it (RFC 4787 REQ-12).
 */

#include <linux/icmp.h>
#include <linux/ip.h>
#include <uapi/linux/dccp.h>
#include <linux/sctp.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>

#include "alias.h"
#include "guard.h"
#include "icmp.h"
#include "link.h"
#include "packet.h"
#include "pptp.h"
#include "rewrite.h"

/* RFC 5508 REQ-3. What the device is to compute is not there yet. What a device
 * calls verified is TCP or UDP, so its word is not taken; errors are rare.
 */
static bool error_sum_is_right(const struct alias_packet *error)
{
	const struct sk_buff *skb = error->skb;
	unsigned int end = skb_network_offset(skb) + error->length;

	if (skb->ip_summed == CHECKSUM_PARTIAL)
		return true;
	return !csum_fold(skb_checksum(skb, error->thoff, end - error->thoff, 0));
}

static enum alias_reason parse_error(const struct alias_instance *inst,
				     const struct alias_packet *error, struct alias_packet *quoted)
{
	enum alias_reason why;

	if (!error_sum_is_right(error))
		return ALIAS_CHECKSUM;
	why = alias_packet_parse_quoted(error, quoted);
	if (why != ALIAS_FINE)
		return why;
	/* Or it would go to whoever has other GRE with that peer. */
	if (alias_pptp_is_on(inst) && alias_pptp_is_call(quoted))
		return ALIAS_NO_LINK;
	/* An error goes to who sent the quoted packet. One that does not is forged,
	 * to pass rules that look at its destination only.
	 */
	return error->dst == quoted->src ? ALIAS_FINE : ALIAS_NO_LINK;
}

/* Find again under the lock, for another CPU may have come upon it as well. */
static void set_aside_delivered(struct alias_instance *inst, const struct alias_flow *flow)
{
	struct alias_link *link;

	alias_lock(inst);
	link = alias_link_find_out(inst, flow);
	if (link && !alias_guard_owns(inst, link))
		alias_link_set_aside_out(inst, link, flow->near.space);
	alias_unlock(inst);
}

/* The link through which the quoted packet was delivered. */
static struct alias_link *link_of_delivered(struct alias_instance *inst,
					    const struct alias_packet *quoted, u32 now,
					    enum alias_reason *why)
{
	struct alias_flow flow = alias_flow_of(quoted, NFT_ALIAS_IN);
	struct alias_link *link = alias_link_find_out(inst, &flow);

	*why = ALIAS_NO_LINK;
	if (!link)
		return NULL;
	if (unlikely(!alias_guard_is_owner(inst, link))) {
		set_aside_delivered(inst, &flow);
		*why = ALIAS_FOREIGN;
		return NULL;
	}
	return alias_link_is_live(link, now) ? link : NULL;
}

/* The link through which the quoted packet was sent. */
static struct alias_link *link_of_sent(struct alias_instance *inst,
				       const struct alias_packet *quoted, u32 now,
				       enum alias_reason *why)
{
	struct alias_flow flow = alias_flow_of(quoted, NFT_ALIAS_OUT);
	struct alias_link *link = alias_link_find_in(inst, &flow);

	*why = ALIAS_NO_LINK;
	if (!link)
		return NULL;
	if (unlikely(!alias_guard_owns(inst, link))) {
		alias_link_set_aside_in(inst, &flow);
		*why = ALIAS_FOREIGN;
		return NULL;
	}
	return alias_link_is_live(link, now) ? link : NULL;
}

/**
 * struct quote - a quoted packet that may be written to
 * @skb: the error
 * @sum: the error's own checksum, which covers every byte of the quote
 * @iph: quoted IP header
 * @th: quoted transport header
 * @pkt: what was read of it
 * @source: whether its source or its destination changes
 */
struct quote {
	struct sk_buff *skb;
	__sum16 *sum;
	struct iphdr *iph;
	void *th;
	const struct alias_packet *pkt;
	bool source;
};

/* Each word is changed in the error's sum as well: the rest of the error, such as
 * the extensions of RFC 4884, need not be looked at (RFC 5508 REQ-3d).
 */
static void quote_put16(const struct quote *quote, __be16 *word, __be16 value)
{
	inet_proto_csum_replace2(quote->sum, quote->skb, *word, value, false);
	*word = value;
}

static void quote_put32(const struct quote *quote, __be32 *word, __be32 value)
{
	inet_proto_csum_replace4(quote->sum, quote->skb, *word, value, false);
	*word = value;
}

static void quote_put_sum(const struct quote *quote, __sum16 *sum, __sum16 value)
{
	quote_put16(quote, (__force __be16 *)sum, (__force __be16)value);
}

static __be16 *quoted_port(const struct quote *quote)
{
	__be16 *ports = quote->th;

	if (quote->pkt->space == ALIAS_SPACE_ICMP)
		return &((struct icmphdr *)quote->th)->un.echo.id;
	return quote->source ? &ports[0] : &ports[1];
}

/* NULL if it is cut off, or if the sender computed none. SCTP's is none of these. */
static __sum16 *quoted_sum(const struct quote *quote)
{
	struct dccp_hdr *dccph = quote->th;
	struct icmphdr *icmph = quote->th;
	struct tcphdr *tcph = quote->th;
	struct udphdr *udph = quote->th;

	switch (quote->pkt->space) {
	case ALIAS_SPACE_TCP:
		return quote->pkt->thlen < offsetofend(struct tcphdr, check) ? NULL : &tcph->check;
	case ALIAS_SPACE_UDP:
	case ALIAS_SPACE_UDPLITE:
		return udph->check ? &udph->check : NULL;
	case ALIAS_SPACE_DCCP:
		return &dccph->dccph_checksum;
	case ALIAS_SPACE_ICMP:
		return &icmph->checksum;
	default:
		return NULL;
	}
}

/* Not verified (RFC 5508 REQ-3c): most of what it covers is not there. */
static void rewrite_quoted_sum(const struct quote *quote, __be32 old_addr, __be32 addr,
			       __be16 port)
{
	__sum16 *sum = quoted_sum(quote);
	__sum16 value;

	if (!sum)
		return;
	value = *sum;
	/* ICMP has no pseudo header: the addresses are not in its sum. */
	if (quote->pkt->space != ALIAS_SPACE_ICMP)
		csum_replace4(&value, old_addr, addr);
	csum_replace2(&value, *quoted_port(quote), port);
	if (!value && (quote->pkt->space == ALIAS_SPACE_UDP ||
		       quote->pkt->space == ALIAS_SPACE_UDPLITE))
		value = CSUM_MANGLED_0;
	quote_put_sum(quote, sum, value);
}

/* Behind the bytes that every error quotes. The addresses are not in it. */
static void rewrite_quoted_crc(const struct quote *quote, __be16 port)
{
	struct sctphdr *sctph = quote->th;
	__le32 change;

	if (quote->pkt->thlen < sizeof(*sctph))
		return;
	change = alias_rewrite_crc(*quoted_port(quote), port, quote->source,
				   quote->pkt->length - quote->pkt->hlen);
	quote_put32(quote, (__force __be32 *)&sctph->checksum,
		    (__force __be32)(sctph->checksum ^ change));
}

static void rewrite_quote(const struct quote *quote, __be32 addr, __be16 port)
{
	__be32 *field = quote->source ? &quote->iph->saddr : &quote->iph->daddr;
	__sum16 value = quote->iph->check;

	if (quote->pkt->space == ALIAS_SPACE_SCTP)
		rewrite_quoted_crc(quote, port);
	else
		rewrite_quoted_sum(quote, *field, addr, port);
	if (quote->pkt->space != ALIAS_SPACE_OTHER)
		quote_put16(quote, quoted_port(quote), port);
	csum_replace4(&value, *field, addr);
	quote_put_sum(quote, &quote->iph->check, value);
	quote_put32(quote, field, addr);
}

static void rewrite_outer(struct iphdr *iph, __be32 *field, __be32 addr)
{
	csum_replace4(&iph->check, *field, addr);
	*field = addr;
}

/* The quoted source goes with the error's destination, and the other way round:
 * they are the same end. Returns false if memory is short.
 */
static bool rewrite_error(const struct alias_packet *error, const struct alias_packet *quoted,
			  bool source, __be32 addr, __be16 port)
{
	struct sk_buff *skb = error->skb;
	struct quote quote = { .skb = skb, .pkt = quoted, .source = source };
	struct icmphdr *icmph;
	struct iphdr *iph;

	/* Others may share the data: a capture, who is told of the error as well. */
	if (skb_ensure_writable(skb, quoted->thoff + quoted->thlen))
		return false;

	icmph = (void *)skb->data + error->thoff;
	quote.sum = &icmph->checksum;
	quote.iph = (void *)(icmph + 1);
	quote.th = skb->data + quoted->thoff;
	rewrite_quote(&quote, addr, port);

	iph = ip_hdr(skb);
	rewrite_outer(iph, source ? &iph->daddr : &iph->saddr, addr);
	return true;
}

/**
 * alias_icmp_error_out - translate an error about a packet that was delivered
 * @inst: the instance; the caller holds RCU and no instance's lock
 * @error: parsed
 * @now: alias_now()
 *
 * Return: ALIAS_FINE, or why it could not be; the packet is unchanged then
 */
enum alias_reason alias_icmp_error_out(struct alias_instance *inst, struct alias_packet *error,
				       u32 now)
{
	struct alias_packet quoted;
	struct alias_link *link;
	enum alias_reason why;

	why = parse_error(inst, error, &quoted);
	if (why != ALIAS_FINE)
		return why;
	link = link_of_delivered(inst, &quoted, now, &why);
	if (!link)
		return why;
	if (!rewrite_error(error, &quoted, false, link->outside_addr, link->outside_port))
		return ALIAS_NO_MEMORY;
	return ALIAS_FINE;
}

/**
 * alias_icmp_error_in - translate an error about a packet that was sent
 * @inst: the instance; the caller holds RCU and no instance's lock
 * @error: parsed
 * @now: alias_now()
 *
 * Return: ALIAS_FINE, or why it could not be; the packet is unchanged then
 */
enum alias_reason alias_icmp_error_in(struct alias_instance *inst, struct alias_packet *error,
				      u32 now)
{
	struct alias_packet quoted;
	struct alias_link *link;
	enum alias_reason why;

	why = parse_error(inst, error, &quoted);
	if (why != ALIAS_FINE)
		return why;
	link = link_of_sent(inst, &quoted, now, &why);
	if (!link)
		return why;
	if (!rewrite_error(error, &quoted, true, link->flow.near.addr,
			   link->flow.near.port))
		return ALIAS_NO_MEMORY;
	return ALIAS_FINE;
}
