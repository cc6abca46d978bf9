// SPDX-License-Identifier: GPL-2.0
/* Who is inside, and which outside address each is paired with. */

#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "guard.h"
#include "pool.h"
#include "subscriber.h"

static const struct rhashtable_params subscriber_params = {
	.head_offset = offsetof(struct alias_subscriber, node),
	.key_offset = offsetof(struct alias_subscriber, addr),
	.key_len = sizeof_field(struct alias_subscriber, addr),
	.automatic_shrinking = true,
};

/**
 * alias_subscribers_init - an empty table of subscribers
 * @inst: instance under construction
 *
 * Return: 0 or a negative error
 */
int alias_subscribers_init(struct alias_instance *inst)
{
	return rhashtable_init(&inst->subscribers, &subscriber_params);
}

/**
 * alias_subscribers_destroy - free the table, which is empty
 * @inst: instance without links. May sleep.
 */
void alias_subscribers_destroy(struct alias_instance *inst)
{
	WARN_ONCE(atomic_read(&inst->subscribers.nelems),
		  "nft_alias: instance %s ends with subscribers\n", inst->name);
	rhashtable_destroy(&inst->subscribers);
}

static struct alias_subscriber *create(struct alias_instance *inst, __be32 addr,
				       enum alias_space space)
{
	const struct alias_pool *pool = rcu_dereference_protected(inst->pool,
								  lockdep_is_held(&inst->lock));
	struct alias_subscriber *sub = kzalloc(sizeof(*sub), GFP_ATOMIC | __GFP_NOWARN);

	if (!sub)
		return NULL;
	sub->addr = addr;
	sub->address = alias_pool_choose(pool, space);
	if (rhashtable_insert_fast(&inst->subscribers, &sub->node, subscriber_params)) {
		kfree(sub);
		return NULL;
	}
	sub->address->subscribers++;
	return sub;
}

/**
 * alias_subscriber_get - the subscriber of a new link
 * @inst: instance, locked
 * @addr: inside address
 * @space: protocol of the link
 *
 * Counts the link.
 *
 * Return: NULL if memory is short
 */
struct alias_subscriber *alias_subscriber_get(struct alias_instance *inst, __be32 addr,
					      enum alias_space space)
{
	struct alias_subscriber *sub;

	alias_assert_locked(inst);
	sub = rhashtable_lookup_fast(&inst->subscribers, &addr, subscriber_params);
	if (!sub)
		sub = create(inst, addr, space);
	if (sub)
		sub->links++;
	return sub;
}

/**
 * alias_subscriber_put - a link of a subscriber has ended
 * @inst: instance, locked
 * @sub: may be freed
 */
void alias_subscriber_put(struct alias_instance *inst, struct alias_subscriber *sub)
{
	alias_assert_locked(inst);
	if (--sub->links)
		return;
	sub->address->subscribers--;
	rhashtable_remove_fast(&inst->subscribers, &sub->node, subscriber_params);
	kfree_rcu(sub, rcu);
}
