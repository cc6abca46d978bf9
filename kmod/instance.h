/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_INSTANCE_H
#define ALIAS_INSTANCE_H

#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/netfilter/nft_alias.h>

#include "counters.h"
#include "packet.h"
#include "pool.h"

struct net;
struct netlink_ext_ack;

/* Locking
 *
 * alias_net.mutex	protects: the tables of instances of a namespace,
 *			alias_net.generation, changes of alias_instance.flags
 *			and .pool. Process context.
 * alias_instance.lock	protects: everything about the links of one instance:
 *			.out, .subscribers, .links, .dying, the slots, blocks
 *			and counts in .pool's addresses. Softirqs take it.
 *
 * Order (outer first), and who creates each edge:
 *   nftables' commit mutex
 *     alias_net.mutex		nft_alias_init()
 *       alias_instance.lock	alias_instance_change(), alias_instance_flush()
 *         rhashtable's bucket locks	alias_link_create(), alias_link_end()
 *
 * Nobody takes the locks of two instances: a packet from customer to customer
 * passes two instances one after the other. All locks of instances are of one
 * lockdep class, so that nesting them is reported.
 *
 * Readers of links hold RCU only. A link found so may have ended since; its
 * memory stays until the grace period is over, and its endpoints never change
 * while it lives.
 */

/**
 * struct alias_instance - one NAT: its addresses, its tables, its lock
 * @out: links by inside endpoint
 * @pool: outside addresses, and through them the links by outside endpoint
 * @counters: what became of the packets
 * @flags: enum alias_instance_flags
 * @dying: no link may be made any more
 * @lock: see above; only alias_lock() and alias_unlock() touch it
 * @holder: the task that holds @lock or was interrupted by who holds it. The
 *	assertions of a production kernel look at it, lockdep being absent there.
 * @subscribers: inside addresses that have links
 * @links: links per protocol, resting ones included
 * @cursor: where housekeeping goes on; only housekeeping touches it
 * @refs: 1 for the namespace's tables, 1 for each rule that names it, 1 for
 *	housekeeping while it is at it
 * @rules: rules that name it: those of the present ruleset and those that a
 *	transaction in progress adds
 * @net: its namespace; only for those who know that the namespace lives
 * @id: position in dumps, never used again for another instance in a hurry
 * @number: for maps, 0 if it has none
 * @by_name: in alias_net.names
 * @rcu: for housekeeping, which finds instances without the mutex
 * @name: NUL-terminated
 */
struct alias_instance {
	struct rhashtable out;
	struct alias_pool __rcu *pool;
	struct alias_counter_pair __percpu *counters;
	u32 flags;
	bool dying;

	spinlock_t lock ____cacheline_aligned_in_smp;
	const struct task_struct *holder;
	struct rhashtable subscribers;
	unsigned int links[ALIAS_SPACES];

	struct alias_cursor cursor;
	refcount_t refs;
	atomic_t rules;
	struct net *net;
	u32 id;
	u32 number;
	struct hlist_node by_name;
	struct rcu_head rcu;
	char name[ALIAS_NAME_SIZE];
};

/**
 * struct alias_config - what an operator says of an instance
 * @name: its name
 * @number: its number, 0 for none
 * @flags: enum alias_instance_flags
 * @pool: outside addresses and ports
 */
struct alias_config {
	char name[ALIAS_NAME_SIZE];
	u32 number;
	u32 flags;
	struct alias_pool_config pool;
};

struct alias_instance *alias_instance_alloc(struct net *net, const struct alias_config *config);
int alias_instance_change(struct alias_instance *inst, const struct alias_config *config,
			  bool check_only, struct netlink_ext_ack *extack);
void alias_instance_flush(struct alias_instance *inst);
void alias_instance_kill(struct alias_instance *inst);
void alias_instance_put(struct alias_instance *inst);

#endif /* ALIAS_INSTANCE_H */
