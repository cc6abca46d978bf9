// SPDX-License-Identifier: GPL-2.0
/* The flows of the bench: their endpoints, their packets, and what was learned of
 * how they look outside.
 *
 * A packet says which flow it is of: UDP in the payload, TCP in its sequence
 * numbers, so that whoever sees it behind the NAT can tell.
 */

#include <linux/etherdevice.h>
#include <linux/hash.h>
#include <linux/ip.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>

#include "flow.h"

#define INSIDE_NET	0x64400000	/* 100.64.0.0/10 */
#define PREFIX_SIZE	32
#define SERVER_NET	0xcb007000	/* 203.0.112.0/22 */
#define EPHEMERAL	32768
/* A UDP packet of 64 bytes on the wire, but for its check sum. */
#define UDP_PAYLOAD	18

/**
 * bench_inside - the subscriber's end of a flow
 * @layout: how many flows each has
 * @flow: number of the flow
 *
 * Return: no two flows have the same
 */
struct bench_endpoint bench_inside(const struct bench_layout *layout, u32 flow)
{
	u32 sub = flow / layout->per_sub;
	u32 n = flow % layout->per_sub;
	u32 addr = INSIDE_NET + sub / layout->per_prefix * PREFIX_SIZE +
		   sub % layout->per_prefix;

	return (struct bench_endpoint){
		.addr = htonl(addr),
		/* Anywhere in the range, and for each n another one. */
		.port = htons(EPHEMERAL + ((n * 20011 + hash_32(sub, 15)) & (EPHEMERAL - 1))),
	};
}

/**
 * bench_server - the other end of a flow
 * @layout: which servers there are
 * @flow: number of the flow
 *
 * Return: address and port of one of the servers
 */
struct bench_endpoint bench_server(const struct bench_layout *layout, u32 flow)
{
	return (struct bench_endpoint){
		.addr = htonl(SERVER_NET + hash_32(flow, 10) % layout->servers),
		.port = htons(layout->port),
	};
}

/* A Feistel network of @bits each side: a permutation that takes no memory. */
static u32 permute(u32 n, unsigned int bits)
{
	u32 mask = BIT(bits) - 1, left = n >> bits, right = n & mask;
	unsigned int round;

	for (round = 0; round < 4; round++) {
		u32 next = left ^ (hash_32(right + round * 0x9e3779b9, 32) >> 7 & mask);

		left = right;
		right = next;
	}
	return left << bits | right;
}

/**
 * bench_shuffle - a permutation of the flows
 * @n: from 0
 * @flows: how many there are
 *
 * Return: for each @n below @flows another one
 */
u32 bench_shuffle(u32 n, u32 flows)
{
	unsigned int bits = flows > 1 ? (ilog2(flows - 1) + 2) / 2 : 1;

	do {
		n = permute(n, bits);
	} while (n >= flows);
	return n;
}

static void put_udp(struct sk_buff *skb, u32 flow, struct bench_endpoint src,
		    struct bench_endpoint dst)
{
	struct udphdr *udph = skb_put_zero(skb, sizeof(*udph) + UDP_PAYLOAD);
	unsigned int len = sizeof(*udph) + UDP_PAYLOAD;

	udph->source = src.port;
	udph->dest = dst.port;
	udph->len = htons(len);
	*(u32 *)(udph + 1) = flow;
	udph->check = csum_tcpudp_magic(src.addr, dst.addr, len, IPPROTO_UDP,
					csum_partial(udph, len, 0));
	if (!udph->check)
		udph->check = CSUM_MANGLED_0;
}

static void put_tcp(struct sk_buff *skb, enum bench_kind kind, bool outward, u32 flow,
		    struct bench_endpoint src, struct bench_endpoint dst)
{
	struct tcphdr *tcph = skb_put_zero(skb, sizeof(*tcph));
	u32 mine = outward ? flow : ~flow, other = outward ? ~flow : flow;

	tcph->source = src.port;
	tcph->dest = dst.port;
	tcph->doff = sizeof(*tcph) / 4;
	tcph->window = htons(64240);
	tcph->syn = kind == BENCH_SYN || kind == BENCH_SYNACK;
	tcph->ack = kind != BENCH_SYN;
	tcph->seq = htonl(mine + !tcph->syn);
	tcph->ack_seq = tcph->ack ? htonl(other + 1) : 0;
	tcph->check = csum_tcpudp_magic(src.addr, dst.addr, sizeof(*tcph), IPPROTO_TCP,
					csum_partial(tcph, sizeof(*tcph), 0));
}

/* The packet's own memory goes with it, and comes back with it. */
#define BUFFER_SIZE	2048
/* Stands before everything in it, where no header comes to. */
#define BUFFER_MAGIC	0x62656e6368626e63ULL

/**
 * bench_packet_alloc - an empty packet, for bench_packet()
 *
 * Return: NULL if memory is short
 */
struct sk_buff *bench_packet_alloc(void)
{
	void *buffer = netdev_alloc_frag(BUFFER_SIZE);
	struct sk_buff *skb;

	if (!buffer)
		return NULL;
	*(u64 *)buffer = BUFFER_MAGIC;
	skb = build_skb(buffer, BUFFER_SIZE);
	if (!skb)
		skb_free_frag(buffer);
	return skb;
}

/**
 * bench_packet_is_ours - whether a packet that is sent is one that was injected
 * @skb: the box may also send packets of its own
 *
 * Return: true if it may be used again
 */
bool bench_packet_is_ours(const struct sk_buff *skb)
{
	return skb->head_frag && !skb_cloned(skb) &&
	       skb_end_offset(skb) == SKB_WITH_OVERHEAD(BUFFER_SIZE) &&
	       *(u64 *)skb->head == BUFFER_MAGIC;
}

/**
 * bench_packet - a packet as a device hands it up
 * @skb: from bench_packet_alloc(), or sent and given back
 * @kind: which of the flow's
 * @outward: from the inside to its server; else the other way
 * @flow: number of the flow
 * @src: source
 * @dst: destination
 *
 * Return: @skb, without its device
 */
struct sk_buff *bench_packet(struct sk_buff *skb, enum bench_kind kind, bool outward, u32 flow,
			     struct bench_endpoint src, struct bench_endpoint dst)
{
	struct iphdr *iph;

	memset(skb, 0, offsetof(struct sk_buff, tail));
	build_skb_around(skb, skb->head, BUFFER_SIZE);

	skb_reserve(skb, NET_SKB_PAD + NET_IP_ALIGN);
	skb_reset_mac_header(skb);
	eth_zero_addr(skb_put(skb, ETH_ALEN));
	eth_zero_addr(skb_put(skb, ETH_ALEN));
	*(__be16 *)skb_put(skb, 2) = htons(ETH_P_IP);
	skb_pull(skb, ETH_HLEN);
	skb_reset_network_header(skb);

	iph = skb_put_zero(skb, sizeof(*iph));
	if (kind == BENCH_UDP)
		put_udp(skb, flow, src, dst);
	else
		put_tcp(skb, kind, outward, flow, src, dst);
	iph->version = 4;
	iph->ihl = 5;
	iph->tot_len = htons(skb->len);
	iph->frag_off = htons(IP_DF);
	iph->ttl = 64;
	iph->protocol = kind == BENCH_UDP ? IPPROTO_UDP : IPPROTO_TCP;
	iph->saddr = src.addr;
	iph->daddr = dst.addr;
	iph->check = ip_fast_csum(iph, iph->ihl);

	skb->protocol = htons(ETH_P_IP);
	skb->pkt_type = PACKET_HOST;
	/* As devices do that look at check sums themselves. */
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return skb;
}

/**
 * bench_recognise - which flow a packet on its way out belongs to
 * @skb: sent by the box
 * @outward: which way it was injected
 * @flow: set to the number of the flow
 * @near: set to the end that a NAT translates: outward the source
 *
 * Return: false if it is no packet of the bench
 */
bool bench_recognise(const struct sk_buff *skb, bool outward, u32 *flow,
		     struct bench_endpoint *near)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct udphdr *udph = (void *)iph + sizeof(*iph);
	const struct tcphdr *tcph = (void *)udph;

	if (skb->protocol != htons(ETH_P_IP) || iph->ihl != 5)
		return false;
	if (iph->protocol == IPPROTO_UDP)
		*flow = *(u32 *)(udph + 1);
	else if (iph->protocol == IPPROTO_TCP)
		*flow = outward ? ntohl(tcph->seq) - !tcph->syn : ntohl(tcph->ack_seq) - 1;
	else
		return false;
	near->addr = outward ? iph->saddr : iph->daddr;
	/* Where the ports are all protocols agree. */
	near->port = outward ? udph->source : udph->dest;
	return true;
}

/* --- what was learned --- */

/* In pieces that the page allocator has, as a vmalloc of this size is slow to map
 * under user-mode Linux.
 */
#define PIECE_ORDER	6
#define PIECE_FLOWS	(PAGE_SIZE << PIECE_ORDER >> 3)
#define PIECES		256

static struct bench_endpoint *learned[BENCH_TABLES][PIECES];

/**
 * bench_table_grow - room to learn
 * @table: which table
 * @flows: so many; what was learned stays
 *
 * Return: 0, -E2BIG or -ENOMEM
 */
int bench_table_grow(unsigned int table, u32 flows)
{
	unsigned int n;

	if (table >= BENCH_TABLES || flows > PIECES * PIECE_FLOWS)
		return -E2BIG;
	for (n = 0; n * PIECE_FLOWS < flows; n++) {
		if (learned[table][n])
			continue;
		learned[table][n] = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, PIECE_ORDER);
		if (!learned[table][n])
			return -ENOMEM;
	}
	return 0;
}

/**
 * bench_learned - how a flow looks outside
 * @table: grown before
 * @flow: number of the flow
 *
 * Return: where it stands
 */
struct bench_endpoint *bench_learned(unsigned int table, u32 flow)
{
	BUILD_BUG_ON(sizeof(struct bench_endpoint) != 8);
	return &learned[table][flow / PIECE_FLOWS][flow % PIECE_FLOWS];
}

/**
 * bench_tables_free - forget everything
 */
void bench_tables_free(void)
{
	unsigned int table, n;

	for (table = 0; table < BENCH_TABLES; table++) {
		for (n = 0; n < PIECES; n++) {
			free_pages((unsigned long)learned[table][n], PIECE_ORDER);
			learned[table][n] = NULL;
		}
	}
}
