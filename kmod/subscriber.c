// SPDX-License-Identifier: GPL-2.0
/* Who is inside, and which outside address each is paired with. */

#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "guard.h"
#include "pool.h"
#include "subscriber.h"

static int compare(struct rhashtable_compare_arg *arg, const void *object)
{
	const struct alias_subscriber *sub = object;

	return sub->addr != *(const __be32 *)arg->key;
}

static const struct rhashtable_params subscriber_params = {
	.head_offset = offsetof(struct alias_subscriber, node),
	.key_offset = offsetof(struct alias_subscriber, addr),
	.key_len = sizeof_field(struct alias_subscriber, addr),
	.obj_cmpfn = compare,
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

static void subscriber_free(struct alias_subscriber *sub)
{
	alias_guard_poison(sub, sizeof(*sub));
	kfree(sub);
}

static void free_left(void *sub, void *unused)
{
	subscriber_free(sub);
}

/**
 * alias_subscribers_destroy - free the table, which is empty
 * @inst: instance without links, but for those set aside. May sleep.
 */
void alias_subscribers_destroy(struct alias_instance *inst)
{
	WARN_ONCE(atomic_read(&inst->subscribers.nelems) && !inst->aside,
		  "nft_alias: instance %s ends with subscribers\n", inst->name);
	rhashtable_free_and_destroy(&inst->subscribers, free_left, NULL);
}

/**
 * alias_subscriber_find - who has an inside address
 * @inst: instance; the caller holds RCU or the instance's lock
 * @addr: inside address
 *
 * Return: NULL if it has no links
 */
struct alias_subscriber *alias_subscriber_find(struct alias_instance *inst, __be32 addr)
{
	return rhashtable_lookup_fast(&inst->subscribers, &addr, subscriber_params);
}

/**
 * alias_subscriber_get - the subscriber of a new link
 * @inst: instance, locked
 * @addr: inside address
 *
 * Counts the link.
 *
 * Return: NULL if this is the first link of that address
 */
struct alias_subscriber *alias_subscriber_get(struct alias_instance *inst, __be32 addr)
{
	struct alias_subscriber *sub;

	alias_assert_locked(inst);
	sub = alias_subscriber_find(inst, addr);
	if (sub)
		sub->links++;
	return sub;
}

/**
 * alias_subscriber_create - an inside address opens its first link
 * @inst: instance, locked; it has no subscriber of this address
 * @addr: inside address
 * @address: outside address of all its links
 *
 * Counts the link.
 *
 * Return: NULL if memory is short
 */
struct alias_subscriber *alias_subscriber_create(struct alias_instance *inst, __be32 addr,
						 struct alias_address *address)
{
	struct alias_subscriber *sub = kzalloc(sizeof(*sub), GFP_ATOMIC | __GFP_NOWARN);

	alias_assert_locked(inst);
	if (!sub)
		return NULL;
	sub->addr = addr;
	sub->address = address;
	sub->links = 1;
	if (rhashtable_insert_fast(&inst->subscribers, &sub->node, subscriber_params)) {
		kfree(sub);
		return NULL;
	}
	address->subscribers++;
	return sub;
}

static void subscriber_free_rcu(struct rcu_head *head)
{
	subscriber_free(container_of(head, struct alias_subscriber, rcu));
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
	call_rcu(&sub->rcu, subscriber_free_rcu);
}
