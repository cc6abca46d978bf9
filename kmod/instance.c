// SPDX-License-Identifier: GPL-2.0
/* An instance's life and configuration. */

#include <linux/rhashtable.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/netlink.h>

#include "guard.h"
#include "instance.h"
#include "link.h"
#include "peer.h"
#include "pool.h"
#include "subscriber.h"

/* So many addresses come that nobody has used: each has ports of each protocol. */
static void add_room(struct alias_instance *inst, unsigned int addresses)
{
	unsigned int space;

	for (space = 0; space < ALIAS_SPACES; space++)
		WRITE_ONCE(inst->roomy[space], inst->roomy[space] + addresses);
}

/**
 * alias_instance_alloc - an instance that nobody knows of
 * @net: its namespace
 * @config: checked
 *
 * Return: with one reference, or NULL if memory is short
 */
struct alias_instance *alias_instance_alloc(struct net *net, const struct alias_config *config)
{
	struct alias_instance *inst = kzalloc(sizeof(*inst), GFP_KERNEL_ACCOUNT);
	struct alias_settings *settings;
	struct alias_pool *pool;

	if (!inst)
		return NULL;
	spin_lock_init(&inst->lock);
	refcount_set(&inst->refs, 1);
	atomic_set(&inst->rules, 0);
	inst->net = net;
	inst->number = config->number;
	strscpy(inst->name, config->name, sizeof(inst->name));

	settings = kmemdup(&config->settings, sizeof(*settings), GFP_KERNEL_ACCOUNT);
	if (!settings)
		goto err_instance;
	RCU_INIT_POINTER(inst->settings, settings);
	inst->counters = alloc_percpu(struct alias_counter_pair);
	if (!inst->counters)
		goto err_settings;
	pool = alias_pool_create(inst, &config->pool, NULL);
	if (!pool)
		goto err_counters;
	RCU_INIT_POINTER(inst->pool, pool);
	add_room(inst, pool->nr_addresses);
	if (alias_links_init(inst))
		goto err_pool;
	if (alias_peers_init(inst))
		goto err_links;
	if (alias_subscribers_init(inst))
		goto err_peers;
	return inst;

err_peers:
	alias_peers_destroy(inst);
err_links:
	alias_links_destroy(inst);
err_pool:
	alias_pool_destroy(pool, NULL);
err_counters:
	free_percpu(inst->counters);
err_settings:
	kfree(settings);
err_instance:
	kfree(inst);
	return NULL;
}

static void instance_free_rcu(struct rcu_head *head)
{
	struct alias_instance *inst = container_of(head, struct alias_instance, rcu);

	alias_guard_poison(inst, sizeof(*inst));
	kfree(inst);
}

/**
 * alias_instance_put - give a reference back
 * @inst: freed with the last one. May sleep.
 */
void alias_instance_put(struct alias_instance *inst)
{
	if (!refcount_dec_and_test(&inst->refs))
		return;
	alias_links_destroy(inst);
	alias_peers_destroy(inst);
	alias_subscribers_destroy(inst);
	alias_pool_destroy(rcu_dereference_protected(inst->pool, 1), NULL);
	free_percpu(inst->counters);
	kfree(rcu_dereference_protected(inst->settings, 1));
	/* Housekeeping may just have found it, and then looks at the count. */
	call_rcu(&inst->rcu, instance_free_rcu);
}

static void end_links(struct alias_instance *inst, struct alias_ports *ports, u16 port)
{
	struct alias_link *link;

	alias_assert_locked(inst);
	while ((link = alias_ports_find(ports, port))) {
		if (alias_guard_owns(inst, link))
			alias_link_end(inst, link);
		else
			alias_link_set_aside(inst, ports, port);
	}
}

/* Anew: the pool may have changed since the block was found. */
static void flush_port(struct alias_instance *inst, const struct alias_cursor *cursor, u16 port)
{
	struct alias_address *address;

	alias_lock(inst);
	address = alias_pool_find(rcu_dereference_protected(inst->pool,
							    lockdep_is_held(&inst->lock)),
				  htonl(cursor->addr));
	if (address)
		end_links(inst, &address->ports[cursor->space], port);
	alias_unlock(inst);
}

/* Return: whether there is one more; bit n of ports: its port n is taken */
static bool find_block(struct alias_instance *inst, struct alias_cursor *cursor, u64 *ports)
{
	struct alias_block *block;

	rcu_read_lock();
	block = alias_pool_next_block(rcu_dereference(inst->pool), cursor);
	*ports = block ? READ_ONCE(block->used) : 0;
	rcu_read_unlock();
	return block;
}

/**
 * alias_instance_flush - end all links
 * @inst: the instance; packets may go through it. May sleep.
 *
 * Takes the lock for one port at a time. Links made behind its back stay: a
 * flush is one pass, or traffic could keep it going for ever.
 */
void alias_instance_flush(struct alias_instance *inst)
{
	struct alias_cursor cursor = {};
	unsigned int n;
	u64 ports;

	for (; find_block(inst, &cursor, &ports); cursor.block++) {
		for (n = 0; n < ALIAS_PORTBLOCK_PORTS; n++)
			if (ports & BIT_ULL(n))
				flush_port(inst, &cursor,
					   cursor.block * ALIAS_PORTBLOCK_PORTS + n);
		cond_resched();
	}
}

/**
 * alias_instance_kill - the end of an instance that no table holds any more
 * @inst: packets that found it before are through: a grace period has passed.
 *	Gives the tables' reference back. May sleep.
 */
void alias_instance_kill(struct alias_instance *inst)
{
	alias_lock(inst);
	WRITE_ONCE(inst->dying, true);
	alias_unlock(inst);
	alias_instance_flush(inst);
	alias_instance_put(inst);
}

/* Both walk address by address, to hold the lock for a bounded time. */

static bool pool_strands(struct alias_instance *inst, const struct alias_pool *old,
			 const struct alias_pool *new)
{
	bool strands = false;
	unsigned int n;

	for (n = 0; n < old->nr_addresses && !strands; n++) {
		bool stays = alias_pool_find(new, old->address[n]->addr);

		alias_lock(inst);
		strands = alias_address_strands(old->address[n], stays ? new->config.port_min : 1,
						stays ? new->config.port_max : 0);
		/* Also those whose last link was set aside. */
		strands |= !stays && old->address[n]->subscribers;
		alias_unlock(inst);
		cond_resched();
	}
	return strands;
}

static void set_ranges(struct alias_instance *inst, const struct alias_pool *old,
		       const struct alias_pool *new)
{
	unsigned int n;

	for (n = 0; n < old->nr_addresses; n++) {
		bool stays = alias_pool_find(new, old->address[n]->addr);

		alias_lock(inst);
		alias_address_set_range(old->address[n], stays ? new->config.port_min : 1,
					stays ? new->config.port_max : 0);
		alias_unlock(inst);
		cond_resched();
	}
}

/* Links of the old mapping would not be found any more, nor calls without the switch. */
static bool mapping_strands(struct alias_instance *inst, const struct alias_settings *new)
{
	const struct alias_settings *old = alias_settings(inst);
	unsigned int space;

	for (space = 0; space < ALIAS_SPACE_CALL; space++)
		if (old->mapping[space] != new->mapping[space] && READ_ONCE(inst->links[space]))
			return true;
	return old->flags & ~new->flags & ALIAS_F_PPTP &&
	       READ_ONCE(inst->links[ALIAS_SPACE_CALL]);
}

static unsigned int count_new(const struct alias_pool *pool, const struct alias_pool *old)
{
	unsigned int n, count = 0;

	for (n = 0; n < pool->nr_addresses; n++)
		count += !alias_pool_find(old, pool->address[n]->addr);
	return count;
}

/* Both at once, or none. */
static bool swap_in(struct alias_instance *inst, struct alias_pool *pool, unsigned int new,
		    struct alias_settings *settings)
{
	bool strands;

	alias_lock(inst);
	/* Only now nobody makes a link meanwhile. */
	strands = mapping_strands(inst, settings);
	if (!strands) {
		rcu_assign_pointer(inst->pool, pool);
		rcu_assign_pointer(inst->settings, settings);
		add_room(inst, new);
	}
	alias_unlock(inst);
	return !strands;
}

/* First nothing new goes where the new pool has no place; only then it is known
 * that nothing is stranded.
 */
static bool replace(struct alias_instance *inst, struct alias_pool *pool,
		    struct alias_settings *settings)
{
	const struct alias_settings *old_settings = alias_settings(inst);
	struct alias_pool *old = rcu_dereference_protected(inst->pool,
					lockdep_is_held(&alias_net(inst->net)->mutex));

	set_ranges(inst, old, pool);
	if (pool_strands(inst, old, pool) ||
	    !swap_in(inst, pool, count_new(pool, old), settings)) {
		set_ranges(inst, old, old);
		return false;
	}
	/* Expedited: a file may change a thousand, and the mutex is held. */
	synchronize_rcu_expedited();
	alias_pool_destroy(old, pool);
	kfree(old_settings);
	return true;
}

static int refuse_strands(struct alias_instance *inst, const struct alias_settings *settings,
			  struct netlink_ext_ack *extack)
{
	if (mapping_strands(inst, settings))
		NL_SET_ERR_MSG(extack, "links use the mapping that this changes: flush first");
	else
		NL_SET_ERR_MSG(extack,
			       "links use addresses or ports that this takes away: flush first");
	return -EBUSY;
}

/**
 * alias_instance_change - give an instance another configuration
 * @inst: the instance; the caller holds its namespace's mutex
 * @config: checked, also against the other instances
 * @check_only: find out whether it can be done, and do nothing
 * @extack: takes the reason of a refusal
 *
 * No link ends by it.
 *
 * Return: 0, -EBUSY if links would be stranded or if the
 * number would change, which rules may know; -ENOMEM
 */
int alias_instance_change(struct alias_instance *inst, const struct alias_config *config,
			  bool check_only, struct netlink_ext_ack *extack)
{
	struct alias_pool *old = rcu_dereference_protected(inst->pool,
					lockdep_is_held(&alias_net(inst->net)->mutex));
	struct alias_settings *settings;
	struct alias_pool *pool;
	int err = -ENOMEM;

	lockdep_assert_held(&alias_net(inst->net)->mutex);
	if (config->number != inst->number) {
		NL_SET_ERR_MSG(extack, "the number of an alias cannot change");
		return -EBUSY;
	}
	pool = alias_pool_create(inst, &config->pool, old);
	if (!pool)
		return -ENOMEM;
	settings = kmemdup(&config->settings, sizeof(*settings), GFP_KERNEL_ACCOUNT);
	if (!settings)
		goto err_pool;
	err = 0;
	if (pool_strands(inst, old, pool) || mapping_strands(inst, settings))
		err = refuse_strands(inst, settings, extack);
	else if (!check_only && !replace(inst, pool, settings))
		err = refuse_strands(inst, settings, extack);
	else if (!check_only)
		return 0;
	kfree(settings);
err_pool:
	alias_pool_destroy(pool, old);
	return err;
}
