// SPDX-License-Identifier: GPL-2.0
/* An instance's life and configuration. */

#include <linux/rhashtable.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/netlink.h>

#include "guard.h"
#include "instance.h"
#include "link.h"
#include "pool.h"
#include "subscriber.h"

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
	struct alias_pool *pool;

	if (!inst)
		return NULL;
	spin_lock_init(&inst->lock);
	refcount_set(&inst->refs, 1);
	atomic_set(&inst->rules, 0);
	inst->net = net;
	inst->number = config->number;
	inst->flags = config->flags;
	strscpy(inst->name, config->name, sizeof(inst->name));

	inst->counters = alloc_percpu(struct alias_counter_pair);
	if (!inst->counters)
		goto err_instance;
	pool = alias_pool_create(inst, &config->pool, NULL);
	if (!pool)
		goto err_counters;
	RCU_INIT_POINTER(inst->pool, pool);
	if (alias_links_init(inst))
		goto err_pool;
	if (alias_subscribers_init(inst))
		goto err_links;
	return inst;

err_links:
	alias_links_destroy(inst);
err_pool:
	alias_pool_destroy(pool, NULL);
err_counters:
	free_percpu(inst->counters);
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
	alias_subscribers_destroy(inst);
	alias_pool_destroy(rcu_dereference_protected(inst->pool, 1), NULL);
	free_percpu(inst->counters);
	/* Housekeeping may just have found it, and then looks at the count. */
	call_rcu(&inst->rcu, instance_free_rcu);
}

static void flush_block(struct alias_instance *inst, const struct alias_pool *pool,
			struct alias_cursor *cursor)
{
	struct alias_block *block = alias_pool_next_block(pool, cursor);
	struct alias_address *address;
	struct alias_link *link;
	unsigned int n, port;

	alias_assert_locked(inst);
	if (!block)
		return;
	address = alias_pool_find(pool, htonl(cursor->addr));
	port = cursor->block * ALIAS_PORTBLOCK_PORTS;
	for (n = 0; n < ALIAS_PORTBLOCK_PORTS; n++) {
		link = alias_ports_find(&address->ports[cursor->space], port + n);
		if (!link)
			continue;
		if (alias_guard_owns(inst, link))
			alias_link_end(inst, link);
		else
			alias_link_set_aside(inst, &address->ports[cursor->space], port + n);
	}
}

/**
 * alias_instance_flush - end all links
 * @inst: the instance; packets may go through it. May sleep.
 *
 * Takes the lock for one block at a time. Links made behind its back stay: a
 * flush is one pass, or traffic could keep it going for ever.
 */
void alias_instance_flush(struct alias_instance *inst)
{
	struct alias_cursor cursor = {};
	struct alias_block *block;

	do {
		alias_lock(inst);
		flush_block(inst, rcu_dereference_protected(inst->pool,
							    lockdep_is_held(&inst->lock)),
			    &cursor);
		cursor.block++;
		alias_unlock(inst);
		cond_resched();

		rcu_read_lock();
		block = alias_pool_next_block(rcu_dereference(inst->pool), &cursor);
		rcu_read_unlock();
	} while (block);
}

/**
 * alias_instance_kill - the end of an instance that no table holds any more
 * @inst: packets that found it before are through: a grace period has passed.
 *	Gives the tables' reference back. May sleep.
 */
void alias_instance_kill(struct alias_instance *inst)
{
	alias_lock(inst);
	inst->dying = true;
	alias_unlock(inst);
	alias_instance_flush(inst);
	alias_instance_put(inst);
}

/* Both walk address by address, to hold the lock for a bounded time. */

static unsigned int count_stranded(struct alias_instance *inst, const struct alias_pool *old,
				   const struct alias_pool *new)
{
	unsigned int n, stranded = 0;

	for (n = 0; n < old->nr_addresses; n++) {
		bool stays = alias_pool_find(new, old->address[n]->addr);

		alias_lock(inst);
		stranded += alias_address_count_outside(old->address[n],
							stays ? new->config.port_min : 1,
							stays ? new->config.port_max : 0);
		alias_unlock(inst);
		cond_resched();
	}
	return stranded;
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

/* First nothing new goes where the new pool has no place; only then it is known
 * that nothing is stranded.
 */
static bool replace_pool(struct alias_instance *inst, struct alias_pool *old,
			 struct alias_pool *new)
{
	set_ranges(inst, old, new);
	if (count_stranded(inst, old, new)) {
		set_ranges(inst, old, old);
		return false;
	}
	alias_lock(inst);
	rcu_assign_pointer(inst->pool, new);
	alias_unlock(inst);
	synchronize_rcu();
	alias_pool_destroy(old, new);
	return true;
}

static int change_pool(struct alias_instance *inst, const struct alias_pool_config *config,
		       bool check_only, struct netlink_ext_ack *extack)
{
	struct alias_pool *old = rcu_dereference_protected(inst->pool,
					lockdep_is_held(&alias_net(inst->net)->mutex));
	struct alias_pool *new = alias_pool_create(inst, config, old);
	bool strands;

	if (!new)
		return -ENOMEM;
	strands = count_stranded(inst, old, new);
	if (!strands && !check_only) {
		if (replace_pool(inst, old, new))
			return 0;
		strands = true;
	}
	alias_pool_destroy(new, old);
	if (!strands)
		return 0;
	NL_SET_ERR_MSG(extack, "links use addresses or ports that this takes away: flush first");
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
	int err;

	lockdep_assert_held(&alias_net(inst->net)->mutex);
	if (config->number != inst->number) {
		NL_SET_ERR_MSG(extack, "the number of an alias cannot change");
		return -EBUSY;
	}
	err = change_pool(inst, &config->pool, check_only, extack);
	if (!err && !check_only)
		WRITE_ONCE(inst->flags, config->flags);
	return err;
}
