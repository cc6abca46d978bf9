/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What everything works on: the namespace, the instance, the link; and the
 * locks. Data only: what is done with it stands in the files of those names.
 */
#ifndef ALIAS_H
#define ALIAS_H

#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <linux/netfilter/nft_alias.h>
#include <net/netns/generic.h>

#include "counters.h"
#include "packet.h"
#include "timeout.h"

struct alias_pool;
struct alias_subscriber;
struct net;

/* Locking
 *
 * alias_net.mutex	protects: the tables of instances of a namespace,
 *			alias_net.generation and .defrag_users, changes of
 *			alias_instance.settings and .pool. Process context.
 * alias_instance.lock	protects: everything about the links of one instance:
 *			.out, .flows, .calls, .peers, .subscribers, .roomy,
 *			.links, .dying, the slots, blocks and counts in .pool's
 *			addresses. Who replaces .settings or .pool holds it as
 *			well. Softirqs take it.
 *
 * Order (outer first), and who creates each edge:
 *   nftables' commit mutex
 *     alias_net.mutex		nft_alias_init()
 *       alias_instance.lock	alias_instance_change(), alias_instance_flush()
 *         rhashtable's bucket locks	alias_link_make(), alias_link_end(),
 *					alias_call_learn()
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
 * struct alias_cursor - a place in the walk over all blocks of a pool
 * @addr: outside address, host byte order
 * @space: protocol
 * @block: block
 *
 * A place, not a pointer: it stays good when the pool changes in between.
 */
struct alias_cursor {
	u32 addr;
	u16 space;
	u16 block;
};

/**
 * struct alias_endpoint - an address and a port of one protocol
 * @addr: address
 * @port: port, ICMP id or call id
 * @space: enum alias_space
 *
 * A hash key: without padding.
 */
struct alias_endpoint {
	__be32 addr;
	__be16 port;
	u16 space;
};

/**
 * struct alias_flow - one of our endpoints and the peer it talks to
 * @near: outward the inside endpoint, inward the outside one
 * @peer_addr: address of the peer
 * @peer_port: its port, 0 where peers have none
 * @nr_peers: 0 in a hash key, and so in a struct alias_flow_link; else entries of
 *	alias_link.peers
 */
struct alias_flow {
	struct alias_endpoint near;
	__be32 peer_addr;
	__be16 peer_port;
	u16 nr_peers;
};

static inline bool alias_endpoints_equal(const struct alias_endpoint *a,
					 const struct alias_endpoint *b)
{
	return a->addr == b->addr && a->port == b->port && a->space == b->space;
}

static inline bool alias_flows_equal(const struct alias_flow *a, const struct alias_flow *b)
{
	return alias_endpoints_equal(&a->near, &b->near) && a->peer_addr == b->peer_addr &&
	       a->peer_port == b->peer_port;
}

/* Each peer has a struct alias_peer, and those say how the link is; else the
 * link has only the peer that stands in it.
 */
#define ALIAS_LINK_F_SHARED	BIT(0)
/* Some connection could not get one, so the link lives as if it were open. */
#define ALIAS_LINK_F_CROWDED	BIT(1)
/* For one peer only: endpoint-dependent mapping, or a protocol without ports. It
 * is a struct alias_flow_link.
 */
#define ALIAS_LINK_F_FLOW	BIT(2)
/* Out of all tables: who still holds it must add nothing to it. */
#define ALIAS_LINK_F_ENDED	BIT(3)
/* In the table of calls: the peer has said which id it gave the call. */
#define ALIAS_LINK_F_CALL	BIT(4)
/* What stood behind it was set aside: their port is never given to others. */
#define ALIAS_LINK_F_CUT	BIT(5)

/**
 * struct alias_link - the mapping of an inside endpoint to an outside one
 * @node: in the instance's table of inside endpoints, or of flows
 * @owner: its instance, from birth to death; compared, never followed
 * @magic: ALIAS_LINK_MAGIC
 * @expires: jiffies, lower half; moves at most once a second
 * @flow: inside endpoint, and the peer that the inside opened the link for
 * @outside_addr: outside address
 * @outside_port: outside port, ICMP id or call id
 * @state: enum alias_link_state, without ALIAS_LINK_RESTING, which @expires says
 * @flags: ALIAS_LINK_F_*
 * @subscriber: whose it is
 * @peers: of a shared link
 * @rcu: for the grace period
 *
 * One cache line, for there are millions of them, and a packet of an established
 * flow touches no other. What no reader looks at without the lock gives its place
 * to @rcu when the link ends. The line is full: what more a packet may want, as a
 * route that was found, is reached through @subscriber, who has a line of his own.
 *
 * Endpoints and owner never change. @expires is written without the lock by
 * packets and judged by housekeeping under it; @state, @flags and the peer are
 * written under the lock.
 */
struct alias_link {
	struct rhash_head node;
	struct alias_instance *owner;
	u32 magic;
	u32 expires;
	struct alias_flow flow;
	__be32 outside_addr;
	__be16 outside_port;
	u8 state;
	u8 flags;
	union {
		struct {
			struct alias_subscriber *subscriber;
			struct hlist_head peers;
		};
		struct rcu_head rcu;
	};
};

/**
 * struct alias_flow_link - a link for one peer only
 * @link: with ALIAS_LINK_F_FLOW; its peer never changes
 * @next: the next link behind the same outside port, one of these too
 * @call: of a call: what its outward packets say, which carry the peer's id. Only
 *	that changes, under the lock.
 * @call_node: in the instance's table of calls
 */
struct alias_flow_link {
	struct alias_link link;
	struct alias_link __rcu *next;
	struct alias_flow call;
	struct rhash_head call_node;
};

static inline struct alias_flow_link *alias_flow_link(const struct alias_link *link)
{
	return container_of(link, struct alias_flow_link, link);
}

/**
 * struct alias_settings - what an operator may change while packets flow
 * @flags: enum alias_instance_flags
 * @mapping: enum alias_mapping, by protocol
 * @filter: enum alias_filter, by protocol
 * @timeouts: lives of unused links
 */
struct alias_settings {
	u32 flags;
	u8 mapping[ALIAS_SPACES];
	u8 filter[ALIAS_SPACES];
	struct alias_timeouts timeouts;
};

/**
 * struct alias_instance - one NAT: its addresses, its tables, its lock
 * @settings: what an operator may change
 * @pool: outside addresses, and through them the links by outside endpoint
 * @counters: what became of the packets
 * @dying: no link may be made any more
 * @refused: when a link was last refused for want of a port, jiffies, lower half. A hint,
 *	read without the lock.
 * @out: links by inside endpoint
 * @flows: links by inside endpoint and peer
 * @calls: of these the calls, by inside address, peer and the peer's id
 * @peers: peers of shared links, by link and address and port
 * @lock: see above; only alias_lock() and alias_unlock() touch it
 * @holder: the task that holds @lock or was interrupted by who holds it. The
 *	assertions of a production kernel look at it, lockdep being absent there.
 * @subscribers: inside addresses that have links
 * @links: links per protocol, resting ones included
 * @aside: links that were found damaged or of another instance, taken out of
 *	this one's tables and left as evidence; what they leave behind is no bug
 * @cursor: where housekeeping goes on; only housekeeping touches it
 * @refs: 1 for the namespace's tables, 1 for each rule that names it, 1 for
 *	housekeeping while it is at it
 * @rules: rules that name it: those of the present ruleset and those that a
 *	transaction in progress adds
 * @net: its namespace; only for those who know that the namespace lives
 * @id: position in dumps, never used again for another instance in a hurry
 * @number: for maps, 0 if it has none
 * @roomy: addresses that have a free port, per protocol. Also read without the lock.
 * @by_name: in alias_net.names
 * @rcu: for housekeeping, which finds instances without the mutex
 * @name: NUL-terminated
 */
struct alias_instance {
	/* What every packet reads, beginning with the table's pointer: one line. */
	struct alias_settings __rcu *settings;
	struct alias_pool __rcu *pool;
	struct alias_counter_pair __percpu *counters;
	bool dying;
	u32 refused;
	struct rhashtable out;
	struct rhashtable flows;
	struct rhashtable calls;
	struct rhashtable peers;

	spinlock_t lock ____cacheline_aligned_in_smp;
	const struct task_struct *holder;
	struct rhashtable subscribers;
	unsigned int links[ALIAS_SPACES];
	unsigned int aside;

	struct alias_cursor cursor;
	refcount_t refs;
	atomic_t rules;
	struct net *net;
	u32 id;
	u32 number;
	/* Apart from what each new link writes: refusals read it. */
	unsigned int roomy[ALIAS_SPACES];
	struct hlist_node by_name;
	struct rcu_head rcu;
	char name[ALIAS_NAME_SIZE];
};

/* 64 chains: a thousand instances are found within 16 comparisons, and names
 * are looked up only when rules and instances change.
 */
#define ALIAS_NAMES_BITS	6

/**
 * struct alias_strays - packets that reached no instance, on one CPU
 * @way: indexed by enum nft_alias_direction
 */
struct alias_strays {
	u64 way[NFT_ALIAS_DIR_MAX + 1];
};

/**
 * struct alias_net - the instances of a network namespace
 * @mutex: see the comment on locking above
 * @ids: every instance; the order of dumps
 * @numbers: those that have a number; packets look here under RCU
 * @names: every instance
 * @last_id: where the search for a free id begins
 * @generation: changes with every change of the above
 * @strays: packets whose map gave a number that no instance has
 * @housekeeping: the work that collects links
 * @defrag_users: rules that need whole packets, see defrag.c
 * @net: back pointer
 */
struct alias_net {
	struct mutex mutex; /* see above */
	struct xarray ids;
	struct xarray numbers;
	DECLARE_HASHTABLE(names, ALIAS_NAMES_BITS);
	u32 last_id;
	unsigned int generation;
	struct alias_strays __percpu *strays;
	struct delayed_work housekeeping;
	unsigned int defrag_users;
	struct net *net;
};

extern unsigned int alias_net_id;

static inline struct alias_net *alias_net(const struct net *net)
{
	return net_generic(net, alias_net_id);
}

#endif /* ALIAS_H */
