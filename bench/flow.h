/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BENCH_FLOW_H
#define BENCH_FLOW_H

#include <linux/skbuff.h>
#include <linux/types.h>

/* What was learned is kept apart for so many configurations. */
#define BENCH_TABLES	8

/**
 * enum bench_kind - the packets of a flow
 * @BENCH_UDP: a datagram
 * @BENCH_SYN: opens a TCP connection
 * @BENCH_SYNACK: answers it
 * @BENCH_ACK: of an established one, without payload
 */
enum bench_kind {
	BENCH_UDP,
	BENCH_SYN,
	BENCH_SYNACK,
	BENCH_ACK,
};

/**
 * struct bench_endpoint - address and port, as in packets
 * @addr: address; 0 if nothing was learned
 * @port: port
 */
struct bench_endpoint {
	__be32 addr;
	__be16 port;
};

/**
 * struct bench_layout - which endpoints the flows have
 * @per_sub: flows of a subscriber
 * @per_prefix: subscribers of each /27 of 100.64.0.0/10
 * @servers: how many there are, at most 1024
 * @port: of all servers
 */
struct bench_layout {
	u32 per_sub;
	u32 per_prefix;
	u32 servers;
	u16 port;
};

struct bench_endpoint bench_inside(const struct bench_layout *layout, u32 flow);
struct bench_endpoint bench_server(const struct bench_layout *layout, u32 flow);
u32 bench_shuffle(u32 n, u32 flows);

struct sk_buff *bench_packet_alloc(void);
bool bench_packet_is_ours(const struct sk_buff *skb);
struct sk_buff *bench_packet(struct sk_buff *skb, enum bench_kind kind, bool outward, u32 flow,
			     struct bench_endpoint src, struct bench_endpoint dst);
bool bench_recognise(const struct sk_buff *skb, bool outward, u32 *flow,
		     struct bench_endpoint *near);

int bench_table_grow(unsigned int table, u32 flows);
struct bench_endpoint *bench_learned(unsigned int table, u32 flow);
void bench_tables_free(void);

#endif /* BENCH_FLOW_H */
