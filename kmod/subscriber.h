/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_SUBSCRIBER_H
#define ALIAS_SUBSCRIBER_H

#include <linux/rcupdate.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

#include "packet.h"

struct alias_address;
struct alias_instance;

/**
 * struct alias_subscriber - an inside address that has links
 * @node: in the instance's subscribers
 * @addr: inside address
 * @links: its links, of all protocols
 * @address: its outside address: the same for all of them (paired pooling,
 *	RFC 6888 REQ-2)
 * @rcu: readers find it without the lock
 *
 * @addr and @address never change; the rest is protected by the instance's lock.
 */
struct alias_subscriber {
	struct rhash_head node;
	__be32 addr;
	unsigned int links;
	struct alias_address *address;
	struct rcu_head rcu;
};

int alias_subscribers_init(struct alias_instance *inst);
void alias_subscribers_destroy(struct alias_instance *inst);
struct alias_subscriber *alias_subscriber_find(struct alias_instance *inst, __be32 addr);
struct alias_subscriber *alias_subscriber_get(struct alias_instance *inst, __be32 addr);
struct alias_subscriber *alias_subscriber_create(struct alias_instance *inst, __be32 addr,
						 struct alias_address *address);
void alias_subscriber_put(struct alias_instance *inst, struct alias_subscriber *sub);

#endif /* ALIAS_SUBSCRIBER_H */
