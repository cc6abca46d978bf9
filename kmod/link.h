/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_LINK_H
#define ALIAS_LINK_H

#include <linux/jiffies.h>

#include "alias.h"
#include "guard.h"

struct alias_ports;

int alias_link_cache_create(void);
void alias_link_cache_destroy(void);

int alias_links_init(struct alias_instance *inst);
void alias_links_destroy(struct alias_instance *inst);

struct alias_link *alias_link_find_out(struct alias_instance *inst, const struct alias_flow *flow);
struct alias_link *alias_link_find_flow(struct alias_instance *inst, const struct alias_flow *flow);
struct alias_link *alias_link_find_in(struct alias_instance *inst, const struct alias_flow *flow);
struct alias_link *alias_link_first(struct alias_instance *inst, const struct alias_ports *ports,
				    u16 port);
struct alias_link *alias_link_next(struct alias_instance *inst, const struct alias_link *link);
struct alias_link *alias_link_after(const struct alias_instance *inst,
				    const struct alias_link *link);
bool alias_link_has_peer(const struct alias_link *link, const struct alias_flow *flow);

bool alias_link_is_flow(const struct alias_instance *inst, enum alias_space space);

struct alias_link *alias_link_make(struct alias_instance *inst, const struct alias_flow *flow,
				   struct alias_subscriber *sub, u16 port, u32 now);
void alias_link_end(struct alias_instance *inst, struct alias_link *link);
void alias_link_collect(struct alias_instance *inst, struct alias_ports *ports, u16 port, u32 now);
void alias_link_set_aside(struct alias_instance *inst, struct alias_ports *ports, u16 port);
void alias_link_set_aside_out(struct alias_instance *inst, struct alias_link *link,
			      enum alias_space space);
void alias_link_set_aside_in(struct alias_instance *inst, const struct alias_flow *flow);

void alias_link_open(struct alias_instance *inst, struct alias_link *link,
		     const struct alias_flow *flow, u32 now);
void alias_link_set_state(struct alias_instance *inst, struct alias_link *link,
			  const struct alias_flow *flow, enum alias_link_state state, u32 now);
unsigned int alias_link_hold(const struct alias_instance *inst, const struct alias_link *link);

/**
 * alias_flow_of - which of our endpoints a packet is about, and which peer
 * @pkt: the packet
 * @dir: outward its source is ours, inward its destination
 *
 * Return: the flow
 */
static inline struct alias_flow alias_flow_of(const struct alias_packet *pkt,
					      enum nft_alias_direction dir)
{
	bool out = dir == NFT_ALIAS_OUT;
	struct alias_flow flow = {
		.near = {
			.addr = out ? pkt->src : pkt->dst,
			.port = out ? pkt->sport : pkt->dport,
			.space = pkt->space,
		},
		.peer_addr = out ? pkt->dst : pkt->src,
	};

	if (alias_space_has_peer_ports(pkt->space))
		flow.peer_port = out ? pkt->dport : pkt->sport;
	return flow;
}

/**
 * alias_now - the clock of links: jiffies, lower half
 *
 * Return: jiffies, which wrap
 */
static inline u32 alias_now(void)
{
	return (u32)jiffies;
}

/**
 * alias_link_remaining - time until a link times out
 * @link: the link
 * @now: alias_now()
 *
 * Return: jiffies; 0 or less if it has
 */
static inline s32 alias_link_remaining(const struct alias_link *link, u32 now)
{
	return (s32)(READ_ONCE(link->expires) - now);
}

/**
 * alias_link_is_live - whether packets may use a link
 * @link: the link
 * @now: alias_now()
 *
 * Return: whether it has not timed out
 */
static inline bool alias_link_is_live(const struct alias_link *link, u32 now)
{
	return alias_link_remaining(link, now) > 0;
}

/**
 * alias_link_is_over - whether a link's port may be given to others
 * @inst: its instance; the caller holds RCU or its lock
 * @link: the link
 * @now: alias_now()
 *
 * Return: whether the rest after its timeout has passed, too
 */
static inline bool alias_link_is_over(const struct alias_instance *inst,
				      const struct alias_link *link, u32 now)
{
	return alias_link_remaining(link, now) + (s32)alias_link_hold(inst, link) <= 0;
}

/**
 * alias_link_life - how long a link lives from a packet on
 * @inst: its instance; the caller holds RCU or its lock
 * @flow: of the packet
 * @state: state of the connection, where there are connections
 *
 * Return: jiffies
 */
static inline u32 alias_link_life(const struct alias_instance *inst, const struct alias_flow *flow,
				  enum alias_link_state state)
{
	return alias_timeout_seconds(&alias_settings(inst)->timeouts, flow->near.space, state,
				     ntohs(flow->peer_port)) * HZ;
}

/**
 * alias_link_prolong - a packet has shown that a link is in use
 * @link: the link
 * @old: until when it lived, read (smp_load_acquire) before the state that says how
 *	long it shall live
 * @expires: jiffies, lower half: it lives until then at least
 *
 * Without the lock, by every packet: so the line is written at most once a
 * second, for a second ahead, or it would travel from CPU to CPU with each
 * packet. The RFCs say how long a link lives at least. If anybody has set the time
 * since @old was read, that one counts: with a state it may have become shorter.
 */
static inline void alias_link_prolong(struct alias_link *link, u32 old, u32 expires)
{
	if ((s32)(expires - old) > 0)
		cmpxchg(&link->expires, old, expires + HZ - 1);
}

#endif /* ALIAS_LINK_H */
