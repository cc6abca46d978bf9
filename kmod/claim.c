// SPDX-License-Identifier: GPL-2.0
/* Which outside address and port a new link gets.
 *
 * All links of a subscriber have one address (RFC 6888 REQ-2). The port is the
 * inside one if that is wanted and free, else a random one; where links are for
 * one peer only and none is free, one that links with other peers have.
 */

#include <linux/random.h>

#include "claim.h"
#include "guard.h"
#include "link.h"
#include "pool.h"
#include "subscriber.h"

/* So many links may share an outside port: the search among them, inward, is
 * bounded by it.
 */
#define ALIAS_SHARERS_MAX	64
/* And so many of them one subscriber has, where there is but one port for all. */
#define ALIAS_SHARES_MAX	16
/* So many ports are tried for one that can be shared, when none is free. */
#define ALIAS_SHARE_TRIES	8

/* For a new subscriber who wants just one port so many addresses are looked at without
 * the lock: with more of them the lock is cheaper.
 */
#define ALIAS_HOPELESS_ADDRESSES 8

/* So long after a refusal others are expected, which shall not take the lock. */
#define ALIAS_HOPE_JIFFIES	HZ

/* Links with other peers are behind it, and there is room for one more. */
static bool can_share(struct alias_instance *inst, const struct alias_ports *ports, u16 port,
		      const struct alias_flow *flow)
{
	struct alias_link *link = alias_link_first(inst, ports, port);
	unsigned int sharers = 0, own = 0;

	if (!link || !(link->flags & ALIAS_LINK_F_FLOW))
		return false;
	for (; link; link = alias_link_next(inst, link)) {
		own += link->flow.near.addr == flow->near.addr;
		if (alias_link_has_peer(link, flow) || ++sharers >= ALIAS_SHARERS_MAX)
			return false;
	}
	return flow->near.space != ALIAS_SPACE_OTHER || own < ALIAS_SHARES_MAX;
}

/* RFC 7857 section 3: ports may overlap where destinations differ. */
static int find_shared(struct alias_instance *inst, const struct alias_ports *ports,
		       const struct alias_flow *flow)
{
	unsigned int tries = ALIAS_SHARE_TRIES;

	while (ports->min <= ports->max && tries--) {
		u16 port = ports->min + get_random_u32_below(ports->max - ports->min + 1);

		if (can_share(inst, ports, port, flow))
			return port;
	}
	return -ENOSPC;
}

/* The one port that will do, or -ENOSPC. A link on it that timed out but was not
 * collected yet must not keep it from a subscriber who prefers just this one.
 */
static int claim_only(struct alias_instance *inst, struct alias_ports *ports,
		      const struct alias_flow *flow, bool share, u32 now)
{
	u16 port = ntohs(flow->near.port);

	alias_link_collect(inst, ports, port, now);
	if (share && can_share(inst, ports, port, flow))
		return port;
	return alias_ports_claim(ports, port, true);
}

static int claim_any(struct alias_instance *inst, struct alias_ports *ports,
		     const struct alias_flow *flow, bool share)
{
	int port = alias_ports_claim(ports, 0, false);

	return port == -ENOSPC && share ? find_shared(inst, ports, flow) : port;
}

static bool wants_same_port(const struct alias_instance *inst, enum alias_space space)
{
	return alias_settings(inst)->flags & ALIAS_F_SAME_PORTS || space >= ALIAS_SPACE_CALL;
}

static int claim_port(struct alias_instance *inst, struct alias_ports *ports,
		      const struct alias_flow *flow, u32 now)
{
	bool share = alias_link_is_flow(inst, flow->near.space) &&
		     flow->near.space != ALIAS_SPACE_CALL;
	int port = -ENOSPC;

	if (wants_same_port(inst, flow->near.space))
		port = claim_only(inst, ports, flow, share, now);
	if (port != -ENOSPC || flow->near.space == ALIAS_SPACE_OTHER)
		return port;
	return claim_any(inst, ports, flow, share);
}

static struct alias_address *choose_address(struct alias_instance *inst,
					    const struct alias_subscriber *sub,
					    enum alias_space space)
{
	if (sub)
		return sub->address;
	return alias_pool_choose(rcu_dereference_protected(inst->pool,
							   lockdep_is_held(&inst->lock)), space);
}

/* claim_only() would collect what is over there. */
static bool keeps_port(struct alias_instance *inst, const struct alias_ports *ports, u16 port,
		       u32 now)
{
	const struct alias_link *link = alias_link_first(inst, ports, port);

	return link && !alias_link_is_over(inst, link, now);
}

static bool has_nothing_for(struct alias_instance *inst, const struct alias_address *address,
			    const struct alias_flow *flow, u32 now)
{
	const struct alias_ports *ports = &address->ports[flow->near.space];

	if (READ_ONCE(ports->free))
		return false;
	return !wants_same_port(inst, flow->near.space) ||
	       keeps_port(inst, ports, ntohs(flow->near.port), now);
}

static bool nobody_has(struct alias_instance *inst, const struct alias_flow *flow, u32 now)
{
	const struct alias_pool *pool = rcu_dereference(inst->pool);
	unsigned int n;

	if (READ_ONCE(inst->roomy[flow->near.space]))
		return false;
	if (!wants_same_port(inst, flow->near.space))
		return true;
	if (pool->nr_addresses > ALIAS_HOPELESS_ADDRESSES)
		return false;
	for (n = 0; n < pool->nr_addresses; n++)
		if (!has_nothing_for(inst, pool->address[n], flow, now))
			return false;
	return true;
}

/**
 * alias_claim_is_hopeless - whether a new link would be refused anyway
 * @inst: instance; the caller holds RCU
 * @flow: the inside endpoint, and the peer it talks to
 * @now: alias_now()
 *
 * Without the lock: who has used up an address shall not take the time of all who
 * share the instance. If in doubt the answer is no, and alias_claim_link() decides: so
 * it does once in a while in any case.
 *
 * Return: true if no address that it could have has a port
 */
bool alias_claim_is_hopeless(struct alias_instance *inst, const struct alias_flow *flow, u32 now)
{
	const struct alias_subscriber *sub;

	/* Who opens links pays for this question only while it may be of use. */
	if (now - READ_ONCE(inst->refused) > ALIAS_HOPE_JIFFIES)
		return false;
	/* Such links may share ports. */
	if (alias_link_is_flow(inst, flow->near.space) || READ_ONCE(inst->dying))
		return false;
	sub = alias_subscriber_find(inst, flow->near.addr);
	return sub ? has_nothing_for(inst, sub->address, flow, now) : nobody_has(inst, flow, now);
}

static void give_back(struct alias_instance *inst, struct alias_ports *ports, int port)
{
	/* Claimed for itself, not shared with others. */
	if (!alias_ports_find(ports, port))
		alias_ports_release(ports, port);
}

/**
 * alias_claim_link - a link for an outward packet that has none
 * @inst: instance, locked
 * @flow: the inside endpoint, and the peer it talks to
 * @now: alias_now()
 * @why: set if there can be none
 *
 * The claim of the port in its bitmap is what decides who gets it; only then
 * the link is published, complete, for both directions. A new subscriber is
 * made after the claim, so that a refusal costs no memory.
 *
 * Return: the link, or NULL
 */
struct alias_link *alias_claim_link(struct alias_instance *inst, const struct alias_flow *flow,
				    u32 now, enum alias_reason *why)
{
	struct alias_subscriber *sub;
	struct alias_address *address;
	struct alias_ports *ports;
	struct alias_link *link;
	int port;

	alias_assert_locked(inst);
	sub = alias_subscriber_get(inst, flow->near.addr);
	address = choose_address(inst, sub, flow->near.space);
	ports = &address->ports[flow->near.space];
	port = claim_port(inst, ports, flow, now);
	*why = port == -ENOSPC ? ALIAS_NO_PORT : ALIAS_NO_MEMORY;
	if (port == -ENOSPC)
		WRITE_ONCE(inst->refused, now);
	if (port < 0)
		goto err_subscriber;
	if (!sub)
		sub = alias_subscriber_create(inst, flow->near.addr, address);
	if (!sub)
		goto err_port;

	link = alias_link_make(inst, flow, sub, port, now);
	if (link)
		return link;

err_port:
	give_back(inst, ports, port);
err_subscriber:
	if (sub)
		alias_subscriber_put(inst, sub);
	return NULL;
}
