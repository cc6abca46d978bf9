// SPDX-License-Identifier: GPL-2.0
/* The mapping table of an instance: find, make, end.
 *
 * A link is found outward by its inside endpoint, whatever the destination
 * (RFC 4787 REQ-1), through a hash; inward by its outside endpoint, through the
 * pool's slots. With endpoint-dependent mapping, and for protocols without
 * ports, a link is for one peer only: it is found through another hash, by the
 * peer as well, and links with different peers may share an outside port. So is a
 * call of PPTP, but for its own outward packets, see call.c; and it shares no id.
 *
 * It is used until it times out, then rests: invisible, but its
 * port is not given to others yet. An outward packet of the same inside
 * endpoint wakes it, with the same outside port.
 */

#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "call.h"
#include "guard.h"
#include "link.h"
#include "peer.h"
#include "pool.h"
#include "subscriber.h"
#include "timeout.h"

static struct kmem_cache *link_cache __read_mostly;
static struct kmem_cache *flow_link_cache __read_mostly;

/* Own comparisons: rhashtable's calls memcmp(), which costs more than all the rest of
 * a lookup.
 */
static int compare_near(struct rhashtable_compare_arg *arg, const void *object)
{
	const struct alias_link *link = object;

	return !alias_endpoints_equal(&link->flow.near, arg->key);
}

static int compare_flow(struct rhashtable_compare_arg *arg, const void *object)
{
	const struct alias_link *link = object;

	return !alias_flows_equal(&link->flow, arg->key);
}

/* Neither table shrinks: the evening's links come again the next evening, and opening
 * them is a third dearer while a worker moves them from table to table.
 */
static const struct rhashtable_params link_params = {
	.head_offset = offsetof(struct alias_link, node),
	.key_offset = offsetof(struct alias_link, flow.near),
	.key_len = sizeof_field(struct alias_link, flow.near),
	.obj_cmpfn = compare_near,
};

static const struct rhashtable_params flow_params = {
	.head_offset = offsetof(struct alias_link, node),
	.key_offset = offsetof(struct alias_link, flow),
	.key_len = sizeof_field(struct alias_link, flow),
	.obj_cmpfn = compare_flow,
};

/**
 * alias_link_cache_create - memory for links; once for the module
 *
 * Return: 0 or -ENOMEM
 */
int alias_link_cache_create(void)
{
	BUILD_BUG_ON(sizeof(struct alias_link) > 64);
	BUILD_BUG_ON(sizeof(struct alias_flow_link) > 128);
	BUILD_BUG_ON(sizeof(struct alias_endpoint) != 8);
	BUILD_BUG_ON(sizeof(struct alias_flow) != 16);

	link_cache = kmem_cache_create("nft_alias_link", sizeof(struct alias_link), 0,
				       SLAB_HWCACHE_ALIGN, NULL);
	flow_link_cache = kmem_cache_create("nft_alias_flow", sizeof(struct alias_flow_link), 0,
					    SLAB_HWCACHE_ALIGN, NULL);
	if (link_cache && flow_link_cache)
		return 0;
	kmem_cache_destroy(link_cache);
	kmem_cache_destroy(flow_link_cache);
	return -ENOMEM;
}

/**
 * alias_link_cache_destroy - the module goes
 *
 * Links that ended may still wait for their grace period.
 */
void alias_link_cache_destroy(void)
{
	rcu_barrier();
	kmem_cache_destroy(link_cache);
	kmem_cache_destroy(flow_link_cache);
}

/**
 * alias_links_init - empty tables of links
 * @inst: instance under construction
 *
 * Return: 0 or a negative error
 */
int alias_links_init(struct alias_instance *inst)
{
	int err;

	err = rhashtable_init(&inst->out, &link_params);
	if (err)
		return err;
	err = rhashtable_init(&inst->flows, &flow_params);
	if (err)
		goto err_out;
	err = alias_calls_init(inst);
	if (err)
		goto err_flows;
	return 0;

err_flows:
	rhashtable_destroy(&inst->flows);
err_out:
	rhashtable_destroy(&inst->out);
	return err;
}

/**
 * alias_links_destroy - free the tables, which are empty
 * @inst: instance that nobody can reach. May sleep.
 */
void alias_links_destroy(struct alias_instance *inst)
{
	int left = atomic_read(&inst->out.nelems) + atomic_read(&inst->flows.nelems);

	WARN_ONCE(left && !inst->aside, "nft_alias: instance %s ends with links\n", inst->name);
	rhashtable_destroy(&inst->out);
	rhashtable_destroy(&inst->flows);
	alias_calls_destroy(inst);
}

/**
 * alias_link_hold - how long a link's port rests after the link timed out
 * @inst: its instance; the caller holds RCU or its lock
 * @link: the link
 *
 * Return: jiffies
 */
unsigned int alias_link_hold(const struct alias_instance *inst, const struct alias_link *link)
{
	return alias_timeout_hold_seconds(&alias_settings(inst)->timeouts,
					  link->flow.near.space) * HZ;
}

/**
 * alias_link_is_flow - whether links of a protocol are for one peer only
 * @inst: their instance; the caller holds RCU or its lock
 * @space: the protocol
 *
 * Without ports there is nothing that two subscribers' packets to one peer could
 * be told apart by, so the peer is part of the mapping.
 *
 * Return: whether they will have ALIAS_LINK_F_FLOW
 */
bool alias_link_is_flow(const struct alias_instance *inst, enum alias_space space)
{
	return alias_settings(inst)->mapping[space] == ALIAS_MAPPING_EDM ||
	       space >= ALIAS_SPACE_CALL;
}

/**
 * alias_link_find_flow - the link of an inside endpoint that is for one peer only
 * @inst: instance; the caller holds RCU or the instance's lock
 * @flow: the inside endpoint, of a call with the id that the inside gave it; and
 *	the peer
 *
 * The link may have timed out, and the caller must ask alias_guard_owns().
 *
 * Return: the link, or NULL
 */
struct alias_link *alias_link_find_flow(struct alias_instance *inst, const struct alias_flow *flow)
{
	return rhashtable_lookup_fast(&inst->flows, flow, flow_params);
}

/**
 * alias_link_find_out - the link of an outward packet
 * @inst: instance; the caller holds RCU or the instance's lock
 * @flow: the inside endpoint, and the peer it talks to
 *
 * The link may have timed out, and the caller must ask alias_guard_owns().
 *
 * Return: the link, or NULL
 */
struct alias_link *alias_link_find_out(struct alias_instance *inst, const struct alias_flow *flow)
{
	if (!alias_link_is_flow(inst, flow->near.space))
		return rhashtable_lookup_fast(&inst->out, &flow->near, link_params);
	if (flow->near.space == ALIAS_SPACE_CALL)
		return alias_call_find(inst, flow);
	return alias_link_find_flow(inst, flow);
}

/**
 * alias_link_has_peer - whether a flow is with the peer that stands in a link
 * @link: the link
 * @flow: the flow
 *
 * Return: true if address and port are the same
 */
bool alias_link_has_peer(const struct alias_link *link, const struct alias_flow *flow)
{
	return READ_ONCE(link->flow.peer_addr) == flow->peer_addr &&
	       READ_ONCE(link->flow.peer_port) == flow->peer_port;
}

static bool is_flow(const struct alias_link *link)
{
	return READ_ONCE(link->flags) & ALIAS_LINK_F_FLOW;
}

/**
 * alias_link_after - what stands next behind the same outside port
 * @inst: instance; the caller holds RCU or the instance's lock
 * @link: a link of the instance's own
 *
 * Return: a link of which nothing is known yet, or NULL
 */
struct alias_link *alias_link_after(const struct alias_instance *inst,
				    const struct alias_link *link)
{
	return is_flow(link) ? rcu_dereference_check(alias_flow_link(link)->next,
						     lockdep_is_held(&inst->lock)) : NULL;
}

/**
 * alias_link_find_in - the link of an outside endpoint
 * @inst: instance; the caller holds RCU or the instance's lock
 * @flow: the outside endpoint, and the peer that sends to it
 *
 * The link may have timed out, and the caller must ask alias_guard_owns().
 *
 * Return: the link, or NULL
 */
struct alias_link *alias_link_find_in(struct alias_instance *inst, const struct alias_flow *flow)
{
	const struct alias_pool *pool = rcu_dereference_check(inst->pool,
							      lockdep_is_held(&inst->lock));
	struct alias_address *address = alias_pool_find(pool, flow->near.addr);
	struct alias_link *link;

	if (!address)
		return NULL;
	link = alias_ports_find(&address->ports[flow->near.space], ntohs(flow->near.port));
	/* Of a damaged link nothing is believed, not even what comes next. */
	while (link && alias_guard_is_owner(inst, link) && is_flow(link) &&
	       !alias_link_has_peer(link, flow))
		link = alias_link_after(inst, link);
	return link;
}

/**
 * alias_link_first - the first link behind an outside port
 * @inst: instance; the caller holds RCU or the instance's lock
 * @ports: the ports
 * @port: the port, host byte order
 *
 * Return: a link that is the instance's own, or NULL
 */
struct alias_link *alias_link_first(struct alias_instance *inst, const struct alias_ports *ports,
				    u16 port)
{
	struct alias_link *link = alias_ports_find(ports, port);

	return link && alias_guard_is_owner(inst, link) ? link : NULL;
}

/**
 * alias_link_next - the next link behind the same outside port
 * @inst: instance; the caller holds RCU or the instance's lock
 * @link: one of alias_link_first() or this
 *
 * Return: a link that is the instance's own, or NULL
 */
struct alias_link *alias_link_next(struct alias_instance *inst, const struct alias_link *link)
{
	struct alias_link *next = alias_link_after(inst, link);

	return next && alias_guard_is_owner(inst, next) ? next : NULL;
}

static struct alias_ports *ports_of(const struct alias_link *link)
{
	return &link->subscriber->address->ports[link->flow.near.space];
}

/**
 * alias_link_collect - end the links behind a port that are over
 * @inst: instance, locked
 * @ports: the ports
 * @port: the port, host byte order
 * @now: alias_now()
 *
 * Also sets aside what is not the instance's own.
 */
void alias_link_collect(struct alias_instance *inst, struct alias_ports *ports, u16 port, u32 now)
{
	struct alias_link *link, *next;

	alias_assert_locked(inst);
	for (link = alias_ports_find(ports, port); link; link = next) {
		if (!alias_guard_owns(inst, link)) {
			alias_link_set_aside(inst, ports, port);
			return;
		}
		next = alias_link_after(inst, link);
		if (alias_link_is_over(inst, link, now))
			alias_link_end(inst, link);
	}
}

static int hash(struct alias_instance *inst, struct alias_link *link)
{
	if (is_flow(link))
		return rhashtable_insert_fast(&inst->flows, &link->node, flow_params);
	return rhashtable_insert_fast(&inst->out, &link->node, link_params);
}

static int unhash(struct alias_instance *inst, struct alias_link *link)
{
	if (is_flow(link))
		return rhashtable_remove_fast(&inst->flows, &link->node, flow_params);
	return rhashtable_remove_fast(&inst->out, &link->node, link_params);
}

/* What stands behind a link is damaged: it and all behind it are out of reach, but
 * may still be found outward, and so keep their port.
 */
static void cut_behind(struct alias_instance *inst, struct alias_link *link)
{
	rcu_assign_pointer(alias_flow_link(link)->next, NULL);
	WRITE_ONCE(link->flags, link->flags | ALIAS_LINK_F_CUT);
	WRITE_ONCE(inst->aside, inst->aside + 1);
}

/* At the end of those that share the port, so that a dump that goes on in the
 * middle of them shows none twice.
 */
static void show(struct alias_instance *inst, struct alias_ports *ports, struct alias_link *link)
{
	u16 port = ntohs(link->outside_port);
	struct alias_link *last = NULL, *next;

	/* One for all peers has its port alone: what stood there need not be fetched. */
	if (is_flow(link))
		last = alias_link_first(inst, ports, port);
	if (!last) {
		alias_ports_publish(ports, port, link);
		return;
	}
	while ((next = alias_link_next(inst, last)))
		last = next;
	if (alias_link_after(inst, last))
		cut_behind(inst, last);
	rcu_assign_pointer(alias_flow_link(last)->next, link);
}

static void inherit_cut(struct alias_instance *inst, const struct alias_link *from,
			struct alias_link *to)
{
	if (from->flags & ALIAS_LINK_F_CUT && alias_guard_is_owner(inst, to))
		WRITE_ONCE(to->flags, to->flags | ALIAS_LINK_F_CUT);
}

/* The port is free again when the last of those that share it goes. */
static void hide(struct alias_instance *inst, struct alias_ports *ports, struct alias_link *link)
{
	u16 port = ntohs(link->outside_port);
	struct alias_link *before = alias_link_first(inst, ports, port);
	struct alias_link *next = alias_link_after(inst, link);

	if (before != link) {
		while (before && alias_link_after(inst, before) != link)
			before = alias_link_next(inst, before);
		if (before) {
			rcu_assign_pointer(alias_flow_link(before)->next, next);
			inherit_cut(inst, link, before);
		}
		return;
	}
	alias_ports_publish(ports, port, next);
	if (next)
		inherit_cut(inst, link, next);
	else if (!(link->flags & ALIAS_LINK_F_CUT))
		alias_ports_release(ports, port);
}

static struct alias_link *link_alloc(struct alias_instance *inst, const struct alias_flow *flow,
				     struct alias_subscriber *sub, u16 port)
{
	bool for_flow = alias_link_is_flow(inst, flow->near.space);
	struct alias_link *link = kmem_cache_zalloc(for_flow ? flow_link_cache : link_cache,
						    GFP_ATOMIC | __GFP_NOWARN);

	if (!link)
		return NULL;
	link->owner = inst;
	link->magic = ALIAS_LINK_MAGIC;
	link->flow = *flow;
	link->outside_addr = sub->address->addr;
	link->outside_port = htons(port);
	link->subscriber = sub;
	if (for_flow)
		link->flags = ALIAS_LINK_F_FLOW;
	return link;
}

/**
 * alias_link_make - a link on a port that was claimed for it
 * @inst: instance, locked
 * @flow: the inside endpoint, and the peer it talks to
 * @sub: the subscriber, who counts it
 * @port: outside port, host byte order
 * @now: alias_now()
 *
 * It is published, complete, for both directions.
 *
 * Return: the link, or NULL if memory is short
 */
struct alias_link *alias_link_make(struct alias_instance *inst, const struct alias_flow *flow,
				   struct alias_subscriber *sub, u16 port, u32 now)
{
	enum alias_space space = flow->near.space;
	struct alias_link *link;

	alias_assert_locked(inst);
	link = link_alloc(inst, flow, sub, port);
	if (!link)
		return NULL;
	alias_link_open(inst, link, flow, now);
	if (hash(inst, link)) {
		kmem_cache_free(is_flow(link) ? flow_link_cache : link_cache, link);
		return NULL;
	}
	show(inst, ports_of(link), link);
	WRITE_ONCE(inst->links[space], inst->links[space] + 1);
	return link;
}

static void link_free_rcu(struct rcu_head *head)
{
	struct alias_link *link = container_of(head, struct alias_link, rcu);

	alias_guard_poison(link, sizeof(*link));
	kmem_cache_free(link_cache, link);
}

static void flow_link_free_rcu(struct rcu_head *head)
{
	struct alias_flow_link *link = container_of(head, struct alias_flow_link, link.rcu);

	alias_guard_poison(link, sizeof(*link));
	kmem_cache_free(flow_link_cache, link);
}

/**
 * alias_link_end - take a link out of its tables and free it
 * @inst: instance, locked; the caller has asked alias_guard_owns()
 * @link: readers may still use it until the grace period is over
 */
void alias_link_end(struct alias_instance *inst, struct alias_link *link)
{
	enum alias_space space = link->flow.near.space;

	alias_assert_locked(inst);
	alias_call_forget(inst, link);
	WRITE_ONCE(link->flags, link->flags | ALIAS_LINK_F_ENDED);
	unhash(inst, link);
	alias_peers_end(inst, link);
	hide(inst, ports_of(link), link);
	alias_subscriber_put(inst, link->subscriber);
	WRITE_ONCE(inst->links[space], inst->links[space] - 1);
	call_rcu(&link->rcu, is_flow(link) ? flow_link_free_rcu : link_free_rcu);
}

/**
 * alias_link_set_aside - hide a link that is damaged or not ours from inward packets
 * @inst: instance, locked
 * @ports: where it stands
 * @port: its port, which may have other links before it
 *
 * It is evidence, so it is neither freed nor written to, and nothing that it
 * says of its subscriber and its address, or of what comes behind it, is
 * believed. The port stays taken.
 */
void alias_link_set_aside(struct alias_instance *inst, struct alias_ports *ports, u16 port)
{
	struct alias_link *last = alias_link_first(inst, ports, port), *next;

	alias_assert_locked(inst);
	if (last) {
		while ((next = alias_link_next(inst, last)))
			last = next;
		if (is_flow(last))
			cut_behind(inst, last);
		return;
	}
	alias_ports_publish(ports, port, NULL);
	WRITE_ONCE(inst->aside, inst->aside + 1);
}

/**
 * alias_link_set_aside_in - the same, for who does not hold the lock
 * @inst: instance, not locked; the caller holds RCU
 * @flow: outside endpoint, whose link was found not to be the instance's
 */
void alias_link_set_aside_in(struct alias_instance *inst, const struct alias_flow *flow)
{
	struct alias_address *address;
	struct alias_link *link;

	alias_lock(inst);
	link = alias_link_find_in(inst, flow);
	if (link && !alias_guard_is_owner(inst, link)) {
		address = alias_pool_find(rcu_dereference(inst->pool), flow->near.addr);
		alias_link_set_aside(inst, &address->ports[flow->near.space],
				     ntohs(flow->near.port));
	}
	alias_unlock(inst);
}

/**
 * alias_link_set_aside_out - hide a link that is damaged or not ours from outward packets
 * @inst: instance, locked
 * @link: found by its inside endpoint
 * @space: protocol of the packet that found it
 */
void alias_link_set_aside_out(struct alias_instance *inst, struct alias_link *link,
			      enum alias_space space)
{
	bool found;

	alias_assert_locked(inst);
	/* Whether it is a struct alias_flow_link, which is larger, says the table in
	 * which it was found: all that it says itself may be damaged.
	 */
	if (!alias_link_is_flow(inst, space)) {
		found = !rhashtable_remove_fast(&inst->out, &link->node, link_params);
	} else {
		found = space == ALIAS_SPACE_CALL && alias_call_hide(inst, link);
		found |= !rhashtable_remove_fast(&inst->flows, &link->node, flow_params);
	}
	if (found)
		WRITE_ONCE(inst->aside, inst->aside + 1);
}

/**
 * alias_link_set_state - a connection has gone on
 * @inst: instance, locked
 * @link: its link
 * @flow: of the packet that did it
 * @state: new state, whose timeout begins now
 * @now: alias_now()
 */
void alias_link_set_state(struct alias_instance *inst, struct alias_link *link,
			  const struct alias_flow *flow, enum alias_link_state state, u32 now)
{
	alias_assert_locked(inst);
	WRITE_ONCE(link->state, state);
	/* Pairs with who reads the time and then the state, to prolong it. */
	smp_store_release(&link->expires, now + alias_link_life(inst, flow, state));
}

/**
 * alias_link_open - begin, or begin again, with a peer
 * @inst: instance, locked
 * @link: new, or timed out, or with all its connections ended
 * @flow: of the outward packet
 * @now: alias_now()
 */
void alias_link_open(struct alias_instance *inst, struct alias_link *link,
		     const struct alias_flow *flow, u32 now)
{
	alias_assert_locked(inst);
	alias_peers_end(inst, link);
	WRITE_ONCE(link->flow.peer_addr, flow->peer_addr);
	WRITE_ONCE(link->flow.peer_port, flow->peer_port);
	WRITE_ONCE(link->flags, link->flags &
		   (ALIAS_LINK_F_FLOW | ALIAS_LINK_F_CALL | ALIAS_LINK_F_CUT));
	alias_link_set_state(inst, link, flow, alias_space_has_connections(flow->near.space) ?
			     ALIAS_LINK_OPENING : ALIAS_LINK_ACTIVE, now);
}
