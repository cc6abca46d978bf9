// SPDX-License-Identifier: GPL-2.0
/* The mapping table of an instance: find, create, end.
 *
 * A link is found outward by its inside endpoint, whatever the destination
 * (RFC 4787 REQ-1), through a hash; inward by its outside endpoint, through the
 * pool's slots. It is used until it times out, then rests: invisible, but its
 * port is not given to others yet. An outward packet of the same inside
 * endpoint wakes it, with the same outside port.
 */

#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "guard.h"
#include "link.h"
#include "pool.h"
#include "subscriber.h"
#include "timeout.h"

static struct kmem_cache *link_cache __read_mostly;

static const struct rhashtable_params link_params = {
	.head_offset = offsetof(struct alias_link, node),
	.key_offset = offsetof(struct alias_link, inside),
	.key_len = sizeof_field(struct alias_link, inside),
	.automatic_shrinking = true,
};

/**
 * alias_link_cache_create - memory for links; once for the module
 *
 * Return: 0 or -ENOMEM
 */
int alias_link_cache_create(void)
{
	BUILD_BUG_ON(offsetofend(struct alias_link, peer_port) > 64);
	BUILD_BUG_ON(sizeof(struct alias_endpoint) != 8);

	link_cache = kmem_cache_create("nft_alias_link", sizeof(struct alias_link), 0,
				       SLAB_HWCACHE_ALIGN, NULL);
	return link_cache ? 0 : -ENOMEM;
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
}

/**
 * alias_links_init - an empty table of links
 * @inst: instance under construction
 *
 * Return: 0 or a negative error
 */
int alias_links_init(struct alias_instance *inst)
{
	return rhashtable_init(&inst->out, &link_params);
}

/**
 * alias_links_destroy - free the table, which is empty
 * @inst: instance that nobody can reach. May sleep.
 */
void alias_links_destroy(struct alias_instance *inst)
{
	WARN_ONCE(atomic_read(&inst->out.nelems) && !inst->aside,
		  "nft_alias: instance %s ends with links\n", inst->name);
	rhashtable_destroy(&inst->out);
}

/**
 * alias_link_hold - how long a link's port rests after the link timed out
 * @link: the link
 *
 * Return: jiffies
 */
unsigned int alias_link_hold(const struct alias_link *link)
{
	return alias_timeout_hold_seconds(link->inside.space) * HZ;
}

/**
 * alias_link_find_out - the link of an inside endpoint
 * @inst: instance; the caller holds RCU or the instance's lock
 * @space: protocol
 * @addr: inside address
 * @port: inside port
 *
 * The link may have timed out, and the caller must ask alias_guard_owns().
 *
 * Return: the link, or NULL
 */
struct alias_link *alias_link_find_out(struct alias_instance *inst, enum alias_space space,
				       __be32 addr, __be16 port)
{
	const struct alias_endpoint inside = { .addr = addr, .port = port, .space = space };

	return rhashtable_lookup_fast(&inst->out, &inside, link_params);
}

/**
 * alias_link_find_in - the link of an outside endpoint
 * @inst: instance; the caller holds RCU
 * @space: protocol
 * @addr: outside address
 * @port: outside port
 *
 * The link may have timed out, and the caller must ask alias_guard_owns().
 *
 * Return: the link, or NULL
 */
struct alias_link *alias_link_find_in(struct alias_instance *inst, enum alias_space space,
				      __be32 addr, __be16 port)
{
	struct alias_address *address = alias_pool_find(rcu_dereference(inst->pool), addr);

	return address ? alias_ports_find(&address->ports[space], ntohs(port)) : NULL;
}

static struct alias_ports *ports_of(const struct alias_link *link)
{
	return &link->subscriber->address->ports[link->inside.space];
}

/* A link that timed out but was not collected yet must not keep its port from
 * a subscriber who prefers just this one.
 */
static void end_if_over(struct alias_instance *inst, struct alias_ports *ports, u16 port, u32 now)
{
	struct alias_link *link = alias_ports_find(ports, port);

	if (!link)
		return;
	if (!alias_guard_owns(inst, link))
		alias_link_set_aside(inst, ports, port);
	else if (alias_link_is_over(link, now))
		alias_link_end(inst, link);
}

static int claim_port(struct alias_instance *inst, struct alias_ports *ports, u16 inside, u32 now)
{
	int port;

	if (!(READ_ONCE(inst->flags) & ALIAS_F_SAME_PORTS))
		return alias_ports_claim(ports, 0, false);

	end_if_over(inst, ports, inside, now);
	port = alias_ports_claim(ports, inside, true);
	return port == -ENOSPC ? alias_ports_claim(ports, 0, false) : port;
}

static struct alias_link *link_alloc(struct alias_instance *inst, const struct alias_packet *pkt,
				     struct alias_subscriber *sub, int port)
{
	struct alias_link *link = kmem_cache_zalloc(link_cache, GFP_ATOMIC | __GFP_NOWARN);

	if (!link)
		return NULL;
	link->owner = inst;
	link->magic = ALIAS_LINK_MAGIC;
	link->inside = (struct alias_endpoint){
		.addr = pkt->src,
		.port = pkt->sport,
		.space = pkt->space,
	};
	link->outside_addr = sub->address->addr;
	link->outside_port = htons(port);
	link->subscriber = sub;
	return link;
}

/**
 * alias_link_create - a link for an outward packet that has none
 * @inst: instance, locked
 * @pkt: the packet
 * @now: alias_now()
 * @why: set if there can be none
 *
 * The claim of the port in its bitmap is what decides who gets it; only then
 * the link is published, complete, for both directions. A new subscriber is
 * made after the claim, so that a refusal costs no memory.
 *
 * Return: the link, or NULL
 */
struct alias_link *alias_link_create(struct alias_instance *inst, const struct alias_packet *pkt,
				     u32 now, enum alias_reason *why)
{
	struct alias_subscriber *sub;
	struct alias_address *address;
	struct alias_ports *ports;
	struct alias_link *link;
	int port;

	alias_assert_locked(inst);
	sub = alias_subscriber_get(inst, pkt->src);
	address = sub ? sub->address :
			alias_pool_choose(rcu_dereference_protected(inst->pool,
								    lockdep_is_held(&inst->lock)),
					  pkt->space);
	ports = &address->ports[pkt->space];
	port = claim_port(inst, ports, ntohs(pkt->sport), now);
	*why = port == -ENOSPC ? ALIAS_NO_PORT : ALIAS_NO_MEMORY;
	if (port < 0)
		goto err_subscriber;
	if (!sub)
		sub = alias_subscriber_create(inst, pkt->src, address);
	if (!sub)
		goto err_port;

	link = link_alloc(inst, pkt, sub, port);
	if (!link)
		goto err_port;
	alias_link_open(inst, link, pkt, now);
	if (rhashtable_insert_fast(&inst->out, &link->node, link_params))
		goto err_link;
	alias_ports_publish(ports, port, link);
	WRITE_ONCE(inst->links[pkt->space], inst->links[pkt->space] + 1);
	return link;

err_link:
	kmem_cache_free(link_cache, link);
err_port:
	alias_ports_release(ports, port);
err_subscriber:
	if (sub)
		alias_subscriber_put(inst, sub);
	return NULL;
}

static void link_free_rcu(struct rcu_head *head)
{
	struct alias_link *link = container_of(head, struct alias_link, rcu);

	alias_guard_poison(link, sizeof(*link));
	kmem_cache_free(link_cache, link);
}

/**
 * alias_link_end - take a link out of its tables and free it
 * @inst: instance, locked; the caller has asked alias_guard_owns()
 * @link: readers may still use it until the grace period is over
 */
void alias_link_end(struct alias_instance *inst, struct alias_link *link)
{
	struct alias_ports *ports = ports_of(link);
	u16 port = ntohs(link->outside_port);

	alias_assert_locked(inst);
	rhashtable_remove_fast(&inst->out, &link->node, link_params);
	alias_ports_publish(ports, port, NULL);
	alias_ports_release(ports, port);
	alias_subscriber_put(inst, link->subscriber);
	WRITE_ONCE(inst->links[link->inside.space], inst->links[link->inside.space] - 1);
	call_rcu(&link->rcu, link_free_rcu);
}

/**
 * alias_link_set_aside - hide a link that is damaged or not ours from inward packets
 * @inst: instance, locked
 * @ports: where it stands
 * @port: its slot
 *
 * It is evidence, so it is neither freed nor written to, and nothing that it
 * says of its subscriber and its address is believed. The port stays taken.
 */
void alias_link_set_aside(struct alias_instance *inst, struct alias_ports *ports, u16 port)
{
	alias_assert_locked(inst);
	alias_ports_publish(ports, port, NULL);
	inst->aside++;
}

/**
 * alias_link_set_aside_in - the same, for who does not hold the lock
 * @inst: instance, not locked; the caller holds RCU
 * @space: protocol
 * @addr: outside address
 * @port: outside port, whose link was found not to be the instance's
 */
void alias_link_set_aside_in(struct alias_instance *inst, enum alias_space space, __be32 addr,
			     __be16 port)
{
	struct alias_address *address;
	struct alias_link *link;

	alias_lock(inst);
	address = alias_pool_find(rcu_dereference(inst->pool), addr);
	link = address ? alias_ports_find(&address->ports[space], ntohs(port)) : NULL;
	if (link && !alias_guard_is_owner(inst, link))
		alias_link_set_aside(inst, &address->ports[space], ntohs(port));
	alias_unlock(inst);
}

/**
 * alias_link_set_aside_out - hide a link that is damaged or not ours from outward packets
 * @inst: instance, locked
 * @link: found by its inside endpoint
 */
void alias_link_set_aside_out(struct alias_instance *inst, struct alias_link *link)
{
	alias_assert_locked(inst);
	if (!rhashtable_remove_fast(&inst->out, &link->node, link_params))
		inst->aside++;
}

/**
 * alias_link_refresh - a packet has shown that a link is in use
 * @link: the link
 * @now: alias_now()
 *
 * Without the lock, by every packet: so the line is written at most once a
 * second, or it would travel from CPU to CPU with each packet.
 */
void alias_link_refresh(struct alias_link *link, u32 now)
{
	u32 old = READ_ONCE(link->expires);
	u32 expires = now + alias_timeout_seconds(link->inside.space,
						  READ_ONCE(link->state)) * HZ;

	/* If the state and with it the timeout changed since, that one counts. */
	if ((s32)(expires - old) >= HZ)
		cmpxchg(&link->expires, old, expires);
}

/**
 * alias_link_set_state - a TCP connection has gone on
 * @inst: instance, locked
 * @link: its link
 * @state: new state, whose timeout begins now
 * @now: alias_now()
 */
void alias_link_set_state(struct alias_instance *inst, struct alias_link *link,
			  enum alias_link_state state, u32 now)
{
	alias_assert_locked(inst);
	WRITE_ONCE(link->state, state);
	WRITE_ONCE(link->expires, now + alias_timeout_seconds(link->inside.space, state) * HZ);
}

/**
 * alias_link_open - begin, or begin again, with the peer of a packet
 * @inst: instance, locked
 * @link: new, or timed out, or with all its connections ended
 * @pkt: outward packet
 * @now: alias_now()
 */
void alias_link_open(struct alias_instance *inst, struct alias_link *link,
		     const struct alias_packet *pkt, u32 now)
{
	alias_assert_locked(inst);
	WRITE_ONCE(link->peer_addr, pkt->dst);
	WRITE_ONCE(link->peer_port, pkt->dport);
	WRITE_ONCE(link->flags, 0);
	alias_link_set_state(inst, link,
			     pkt->space == ALIAS_SPACE_TCP ? ALIAS_LINK_OPENING : ALIAS_LINK_ACTIVE,
			     now);
}
