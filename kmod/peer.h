/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_PEER_H
#define ALIAS_PEER_H

#include <linux/rhashtable-types.h>
#include <linux/types.h>

#include "alias.h"

/* Peers of one link that are told apart. A link ends with all of them, under
 * the lock: what that takes is bounded by this.
 */
#define ALIAS_PEERS_MAX	512

/**
 * struct alias_peer_key - a remote endpoint seen through a link
 * @link: the link; compared, never followed
 * @addr: the peer's address
 * @port: its port; 0 stands for all ports of the address
 * @zero: a hash key has no padding
 */
struct alias_peer_key {
	const struct alias_link *link;
	__be32 addr;
	__be16 port;
	u16 zero;
};

/**
 * struct alias_peer - a peer of a shared link
 * @node: in the instance's table of peers
 * @key: which peer of which link
 * @expires: jiffies, lower half: until then it may send, or its connection lives
 * @state: enum alias_link_state of its connection, where there are connections
 * @longest: of an address, while housekeeping looks for its longest connection
 * @by_link: in alias_link.peers
 * @rcu: for the grace period
 */
struct alias_peer {
	struct rhash_head node;
	struct alias_peer_key key;
	u32 expires;
	u8 state;
	u32 longest;
	struct hlist_node by_link;
	struct rcu_head rcu;
};

int alias_peer_cache_create(void);
void alias_peer_cache_destroy(void);
int alias_peers_init(struct alias_instance *inst);
void alias_peers_destroy(struct alias_instance *inst);

struct alias_peer *alias_peer_find(struct alias_instance *inst, const struct alias_link *link,
				   __be32 addr, __be16 port);
struct alias_peer *alias_peer_add(struct alias_instance *inst, struct alias_link *link,
				  __be32 addr, __be16 port, u32 expires);
void alias_peer_end(struct alias_instance *inst, struct alias_link *link, struct alias_peer *peer);
void alias_peers_end(struct alias_instance *inst, struct alias_link *link);
void alias_peer_prolong(struct alias_peer *peer, u32 old, u32 expires);

#endif /* ALIAS_PEER_H */
