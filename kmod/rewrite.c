// SPDX-License-Identifier: GPL-2.0
/* Addresses, ports and checksums of an skb.
 *
 * Checksums are updated, not computed: a packet that came in damaged goes out
 * as damaged, and its receiver can tell (RFC 5508 REQ-3c asks the same of the
 * inside of errors). The kernel's helpers know CHECKSUM_PARTIAL, where the
 * field holds the sum of the pseudo header only, and CHECKSUM_COMPLETE. The
 * segments of a GSO packet get their ports from its first header.
 */

#include <uapi/linux/dccp.h>
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/sctp.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/pptp.h>

#include "compat.h"
#include "packet.h"
#include "rewrite.h"

/* One endpoint of a packet, before and after; and what that adds to a sum of it. */
struct rewrite {
	__be32 old_addr;
	__be32 new_addr;
	__be16 old_port;
	__be16 new_port;
	__wsum addr_difference;
};

static __wsum addr_difference(__be32 before, __be32 after)
{
	return csum_sub((__force __wsum)after, (__force __wsum)before);
}

static __wsum port_difference(const struct rewrite *rw)
{
	return csum_sub(csum_unfold((__force __sum16)rw->new_port),
			csum_unfold((__force __sum16)rw->old_port));
}

static void sum_add(__sum16 *sum, __wsum difference)
{
	*sum = csum_fold(csum_add(~csum_unfold(*sum), difference));
}

/* RFC 1624, addresses and ports in one step, where the field holds the whole sum and the
 * device has none of its own; the kernel's helpers know all other cases.
 */
static void sum_update(struct sk_buff *skb, __sum16 *sum, const struct rewrite *rw)
{
	if (likely(skb->ip_summed == CHECKSUM_NONE || skb->ip_summed == CHECKSUM_UNNECESSARY)) {
		sum_add(sum, csum_add(rw->addr_difference, port_difference(rw)));
		return;
	}
	inet_proto_csum_replace4(sum, skb, rw->old_addr, rw->new_addr, true);
	inet_proto_csum_replace2(sum, skb, rw->old_port, rw->new_port, false);
}

static __be16 *rewrite_tcp(struct sk_buff *skb, struct tcphdr *tcph, const struct rewrite *rw,
			   bool source)
{
	sum_update(skb, &tcph->check, rw);
	return source ? &tcph->source : &tcph->dest;
}

static __be16 *rewrite_udp(struct sk_buff *skb, struct udphdr *udph, const struct rewrite *rw,
			   bool source)
{
	/* RFC 768: 0 means that the sender computed none, and none it stays. The
	 * sum of a pseudo header is never 0: with CHECKSUM_PARTIAL it is a
	 * tunnel's, whose inner packet waits for its sum.
	 */
	if (udph->check) {
		sum_update(skb, &udph->check, rw);
		if (!udph->check)
			udph->check = CSUM_MANGLED_0;
	} else if (skb->ip_summed == CHECKSUM_COMPLETE) {
		/* Nothing in the packet makes up for what changes. */
		skb->ip_summed = CHECKSUM_NONE;
	}
	return source ? &udph->source : &udph->dest;
}

static __be16 *rewrite_icmp(struct sk_buff *skb, struct icmphdr *icmph, const struct rewrite *rw)
{
	/* No pseudo header: the addresses are not in the sum. */
	inet_proto_csum_replace2(&icmph->checksum, skb, rw->old_port, rw->new_port, false);
	return &icmph->un.echo.id;
}

/**
 * alias_rewrite_crc - what an SCTP packet's checksum changes by
 * @old_port: one of its ports
 * @port: what it becomes
 * @source: whether that is the source port
 * @length: bytes of the packet without its IP header
 *
 * CRC32c is linear: the sum of a packet with other ports is its old sum plus
 * that of the difference, which is zero but for these four bytes. So the payload
 * need not be read, nor be there, and a damaged packet stays damaged.
 *
 * Return: to be added (xor) to the checksum
 */
__le32 alias_rewrite_crc(__be16 old_port, __be16 port, bool source, unsigned int length)
{
	__be16 difference[2] = {};
	u32 crc;

	difference[!source] = old_port ^ port;
	crc = alias_compat_crc32c(0, (u8 *)difference, sizeof(difference));
	return cpu_to_le32(alias_compat_crc32c_shift(crc, length - sizeof(difference)));
}

static __be16 *rewrite_sctp(const struct alias_packet *pkt, struct sctphdr *sctph,
			    const struct rewrite *rw, bool source)
{
	__be16 *port = source ? &sctph->source : &sctph->dest;

	/* Not summed yet: whoever sends it will. */
	if (pkt->skb->ip_summed == CHECKSUM_PARTIAL)
		return port;
	sctph->checksum ^= alias_rewrite_crc(rw->old_port, rw->new_port, source,
					     pkt->length - pkt->hlen);
	/* What the device summed was the packet before. */
	if (pkt->skb->ip_summed == CHECKSUM_COMPLETE)
		pkt->skb->ip_summed = CHECKSUM_NONE;
	return port;
}

static __be16 *rewrite_dccp(struct sk_buff *skb, struct dccp_hdr *dccph, const struct rewrite *rw,
			    bool source)
{
	sum_update(skb, &dccph->dccph_checksum, rw);
	return source ? &dccph->dccph_sport : &dccph->dccph_dport;
}

/* RFC 2637 section 4.1: a packet has the id that its receiver gave the call, and no
 * checksum. Outward that is the peer's.
 */
static __be16 *rewrite_call(struct sk_buff *skb, struct pptp_gre_header *gre, bool source)
{
	if (source)
		return NULL;
	/* What the device summed was the packet before. */
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	return &gre->call_id;
}

/* Where the port stands whose checksum was just brought up to date; NULL if the
 * protocol has none.
 */
static __be16 *rewrite_transport(const struct alias_packet *pkt, const struct rewrite *rw,
				 bool source)
{
	void *th = pkt->skb->data + pkt->thoff;

	switch (pkt->space) {
	case ALIAS_SPACE_TCP:
		return rewrite_tcp(pkt->skb, th, rw, source);
	case ALIAS_SPACE_UDP:
	case ALIAS_SPACE_UDPLITE:
		return rewrite_udp(pkt->skb, th, rw, source);
	case ALIAS_SPACE_ICMP:
		return rewrite_icmp(pkt->skb, th, rw);
	case ALIAS_SPACE_SCTP:
		return rewrite_sctp(pkt, th, rw, source);
	case ALIAS_SPACE_DCCP:
		return rewrite_dccp(pkt->skb, th, rw, source);
	case ALIAS_SPACE_CALL:
		return rewrite_call(pkt->skb, th, source);
	default:
		return NULL;
	}
}

static bool rewrite(struct alias_packet *pkt, const struct rewrite *rw, bool source)
{
	struct sk_buff *skb = pkt->skb;
	struct iphdr *iph;
	__be16 *port;

	/* Others may share the data: a capture, a retransmission queue. */
	if (skb_ensure_writable(skb, pkt->thoff + pkt->thlen))
		return false;

	port = rewrite_transport(pkt, rw, source);
	if (port)
		*port = rw->new_port;

	iph = ip_hdr(skb);
	sum_add(&iph->check, rw->addr_difference);
	if (source)
		iph->saddr = rw->new_addr;
	else
		iph->daddr = rw->new_addr;
	return true;
}

/**
 * alias_rewrite_source - give a packet another source
 * @pkt: parsed packet
 * @addr: new source address
 * @port: new source port or ICMP id; a call's is not in its outward packets
 *
 * Return: false if memory is short; the packet is unchanged then
 */
bool alias_rewrite_source(struct alias_packet *pkt, __be32 addr, __be16 port)
{
	const struct rewrite rw = { pkt->src, addr, pkt->sport, port,
				    addr_difference(pkt->src, addr) };

	return rewrite(pkt, &rw, true);
}

/**
 * alias_rewrite_destination - give a packet another destination
 * @pkt: parsed packet
 * @addr: new destination address
 * @port: new destination port, ICMP id or call id
 *
 * Return: false if memory is short; the packet is unchanged then
 */
bool alias_rewrite_destination(struct alias_packet *pkt, __be32 addr, __be16 port)
{
	const struct rewrite rw = { pkt->dst, addr, pkt->dport, port,
				    addr_difference(pkt->dst, addr) };

	return rewrite(pkt, &rw, false);
}
