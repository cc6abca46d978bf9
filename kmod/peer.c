// SPDX-License-Identifier: GPL-2.0
/* The remote endpoints behind a link that has more than one of them.
 *
 * Most links have one peer, which stands in the link itself. Where several must
 * be told apart, because of their connections or because of a filter, each gets
 * an object, found through one hash of the instance whatever their number, and a
 * list of the link keeps them together for its end.
 */

#include <linux/jiffies.h>
#include <linux/rculist.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "guard.h"
#include "peer.h"

static struct kmem_cache *peer_cache __read_mostly;

static const struct rhashtable_params peer_params = {
	.head_offset = offsetof(struct alias_peer, node),
	.key_offset = offsetof(struct alias_peer, key),
	.key_len = sizeof_field(struct alias_peer, key),
	.automatic_shrinking = true,
};

/**
 * alias_peer_cache_create - memory for peers; once for the module
 *
 * Return: 0 or -ENOMEM
 */
int alias_peer_cache_create(void)
{
	peer_cache = kmem_cache_create("nft_alias_peer", sizeof(struct alias_peer), 0, 0, NULL);
	return peer_cache ? 0 : -ENOMEM;
}

/**
 * alias_peer_cache_destroy - the module goes
 *
 * Peers that ended may still wait for their grace period.
 */
void alias_peer_cache_destroy(void)
{
	rcu_barrier();
	kmem_cache_destroy(peer_cache);
}

/**
 * alias_peers_init - an empty table of peers
 * @inst: instance under construction
 *
 * Return: 0 or a negative error
 */
int alias_peers_init(struct alias_instance *inst)
{
	return rhashtable_init(&inst->peers, &peer_params);
}

static void peer_free(struct alias_peer *peer)
{
	alias_guard_poison(peer, sizeof(*peer));
	kmem_cache_free(peer_cache, peer);
}

static void free_left_peer(void *peer, void *unused)
{
	peer_free(peer);
}

/**
 * alias_peers_destroy - free the table, which is empty
 * @inst: instance without links, but for those set aside. May sleep.
 */
void alias_peers_destroy(struct alias_instance *inst)
{
	WARN_ONCE(atomic_read(&inst->peers.nelems) && !inst->aside,
		  "nft_alias: instance %s ends with peers\n", inst->name);
	rhashtable_free_and_destroy(&inst->peers, free_left_peer, NULL);
}

/**
 * alias_peer_find - a peer of a shared link
 * @inst: instance; the caller holds RCU or the instance's lock
 * @link: the link
 * @addr: the peer's address
 * @port: its port, or 0 for the address as a whole
 *
 * Return: the peer, which may have timed out; or NULL
 */
struct alias_peer *alias_peer_find(struct alias_instance *inst, const struct alias_link *link,
				   __be32 addr, __be16 port)
{
	const struct alias_peer_key key = { .link = link, .addr = addr, .port = port };

	return rhashtable_lookup_fast(&inst->peers, &key, peer_params);
}

/**
 * alias_peer_add - a link gets another peer
 * @inst: instance, locked
 * @link: the link, which has no such peer yet
 * @addr: the peer's address
 * @port: its port, or 0 for the address as a whole
 * @expires: jiffies, lower half
 *
 * Return: the peer, or NULL if memory is short or the link has too many
 */
struct alias_peer *alias_peer_add(struct alias_instance *inst, struct alias_link *link,
				  __be32 addr, __be16 port, u32 expires)
{
	struct alias_peer *peer;

	alias_assert_locked(inst);
	if (link->flow.nr_peers >= ALIAS_PEERS_MAX)
		return NULL;
	peer = kmem_cache_zalloc(peer_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!peer)
		return NULL;
	peer->key = (struct alias_peer_key){ .link = link, .addr = addr, .port = port };
	peer->expires = expires;
	if (rhashtable_insert_fast(&inst->peers, &peer->node, peer_params)) {
		kmem_cache_free(peer_cache, peer);
		return NULL;
	}
	hlist_add_head(&peer->by_link, &link->peers);
	WRITE_ONCE(link->flow.nr_peers, link->flow.nr_peers + 1);
	return peer;
}

static void peer_free_rcu(struct rcu_head *head)
{
	peer_free(container_of(head, struct alias_peer, rcu));
}

/**
 * alias_peer_end - a link loses a peer
 * @inst: instance, locked
 * @link: the link
 * @peer: its peer
 */
void alias_peer_end(struct alias_instance *inst, struct alias_link *link, struct alias_peer *peer)
{
	alias_assert_locked(inst);
	rhashtable_remove_fast(&inst->peers, &peer->node, peer_params);
	hlist_del(&peer->by_link);
	WRITE_ONCE(link->flow.nr_peers, link->flow.nr_peers - 1);
	call_rcu(&peer->rcu, peer_free_rcu);
}

/**
 * alias_peers_end - a link loses all its peers
 * @inst: instance, locked
 * @link: the link
 */
void alias_peers_end(struct alias_instance *inst, struct alias_link *link)
{
	struct hlist_node *next;
	struct alias_peer *peer;

	alias_assert_locked(inst);
	hlist_for_each_entry_safe(peer, next, &link->peers, by_link)
		alias_peer_end(inst, link, peer);
}

/**
 * alias_peer_prolong - a packet has shown that a peer is still there
 * @peer: the peer
 * @old: until when it lived, read before its state
 * @expires: jiffies, lower half
 *
 * As a link's, see alias_link_prolong().
 */
void alias_peer_prolong(struct alias_peer *peer, u32 old, u32 expires)
{
	if ((s32)(expires - old) > 0)
		cmpxchg(&peer->expires, old, expires + HZ - 1);
}
