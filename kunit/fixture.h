/* SPDX-License-Identifier: GPL-2.0 */
/* Instances and packets for KUnit cases, and what must hold of them always. */
#ifndef ALIAS_KUNIT_FIXTURE_H
#define ALIAS_KUNIT_FIXTURE_H

#include <kunit/test.h>

#include "engine.h"

#define FIXTURE_OUTSIDE	0xc6336480u	/* 198.51.100.128 */
#define FIXTURE_INSIDE	0x64400001u	/* 100.64.0.1 */
#define FIXTURE_PEER	0xc0000201u	/* 192.0.2.1 */

static inline void fixture_kill(void *inst)
{
	alias_instance_kill(inst);
}

/**
 * fixture_instance - an instance that ends with the case
 * @test: the case
 * @addresses: how many outside addresses, from FIXTURE_OUTSIDE
 * @min: lowest port
 * @max: highest port
 * @flags: enum alias_instance_flags
 */
static inline struct alias_instance *fixture_instance(struct kunit *test, unsigned int addresses,
						      u16 min, u16 max, u32 flags)
{
	struct alias_instance *inst = engine_instance("fixture", FIXTURE_OUTSIDE, addresses,
						      min, max, flags);

	KUNIT_ASSERT_NOT_NULL(test, inst);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, fixture_kill, inst), 0);
	return inst;
}

static inline struct wire fixture_wire(u8 protocol, u8 flags, u32 src, u16 sport, u32 dst,
				       u16 dport)
{
	return (struct wire){
		.protocol = protocol,
		.flags = flags,
		.src = src,
		.sport = sport,
		.dst = dst,
		.dport = dport,
		.payload = 5,
	};
}

static inline struct wire fixture_udp(u32 src, u16 sport, u32 dst, u16 dport)
{
	return fixture_wire(WIRE_UDP, 0, src, sport, dst, dport);
}

static inline struct wire fixture_tcp(u8 flags, u32 src, u16 sport, u32 dst, u16 dport)
{
	return fixture_wire(WIRE_TCP, flags, src, sport, dst, dport);
}

/**
 * fixture_send - send a packet; it must arrive undamaged, whatever the verdict
 * @test: the case
 * @inst: the instance
 * @dir: which way
 * @w: the packet
 * @after: what it says afterwards, if it was translated; or NULL
 */
static inline enum alias_verdict fixture_send(struct kunit *test, struct alias_instance *inst,
					      enum nft_alias_direction dir, struct wire w,
					      struct wire *after)
{
	struct engine_result result = {};

	KUNIT_ASSERT_EQ(test, engine_send(inst, dir, &w, &result), 0);
	KUNIT_EXPECT_FALSE_MSG(test, result.damaged, "protocol %u %#x:%u -> %#x:%u", w.protocol,
			       w.src, w.sport, w.dst, w.dport);
	if (after)
		*after = result.wire;
	return result.verdict;
}

/* Outward through the instance, where it must be translated. */
static inline struct wire fixture_out(struct kunit *test, struct alias_instance *inst,
				      struct wire w)
{
	struct wire after = {};

	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, NFT_ALIAS_OUT, w, &after),
			ALIAS_TRANSLATED);
	return after;
}

static inline struct wire fixture_in(struct kunit *test, struct alias_instance *inst,
				     struct wire w)
{
	struct wire after = {};

	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, NFT_ALIAS_IN, w, &after), ALIAS_TRANSLATED);
	return after;
}

/* What an answer to a packet says. */
static inline struct wire fixture_answer(struct wire w, u8 flags)
{
	swap(w.src, w.dst);
	swap(w.sport, w.dport);
	w.flags = flags;
	return w;
}

static inline struct alias_counters fixture_counters(const struct alias_instance *inst,
						     enum nft_alias_direction dir)
{
	struct alias_counters sum;

	alias_counters_sum(inst->counters, dir, &sum);
	return sum;
}

static inline u64 fixture_refused(const struct alias_instance *inst, enum nft_alias_direction dir,
				  enum alias_reason why)
{
	return fixture_counters(inst, dir).refused[why];
}

/* The link of a translated packet, found through its outside endpoint. */
static inline struct alias_link *fixture_link(struct alias_instance *inst, enum alias_space space,
					      const struct wire *after)
{
	/* Its source is the outside endpoint, which an answer is sent to. */
	struct alias_flow flow = engine_flow(space, after, NFT_ALIAS_OUT);
	struct alias_link *link;

	rcu_read_lock();
	link = alias_link_find_in(inst, &flow);
	rcu_read_unlock();
	return link;
}

static inline struct alias_link *fixture_at(struct alias_instance *inst, enum alias_space space,
					    u16 port)
{
	struct wire w = { .src = FIXTURE_OUTSIDE, .sport = port };

	return fixture_link(inst, space, &w);
}

static inline void fixture_pass(unsigned int seconds)
{
	WRITE_ONCE(engine_clock, engine_clock + seconds * HZ);
}

/* Until a round of housekeeping has come to its end. */
static inline void fixture_sweep(struct alias_instance *inst)
{
	inst->cursor = (struct alias_cursor){};
	while (!alias_housekeeping_sweep(inst, 1024, engine_clock))
		;
}

struct fixture_census {
	unsigned int links[ALIAS_SPACES];
	unsigned int calls;
	unsigned int peers;
	unsigned int subscriber_links;
};

/* As many peers as the link says, each found by its key, none in vain. */
static inline void fixture_check_peers(struct kunit *test, struct alias_instance *inst,
				       struct alias_link *link, struct fixture_census *census)
{
	struct alias_peer *peer;
	unsigned int peers = 0;

	hlist_for_each_entry(peer, &link->peers, by_link) {
		peers++;
		KUNIT_EXPECT_PTR_EQ(test, peer,
				    alias_peer_find(inst, link, peer->key.addr, peer->key.port));
	}
	KUNIT_EXPECT_EQ(test, link->flow.nr_peers, peers);
	KUNIT_EXPECT_TRUE(test, !peers || link->flags & ALIAS_LINK_F_SHARED);
	census->peers += peers;
}

/* A call is found outward by the id that its peer has said, if it has. */
static inline void fixture_check_call(struct kunit *test, struct alias_instance *inst,
				      struct alias_link *link, struct fixture_census *census)
{
	const struct alias_flow *call = &alias_flow_link(link)->call;

	KUNIT_EXPECT_PTR_EQ(test, link, alias_link_find_flow(inst, &link->flow));
	if (!(link->flags & ALIAS_LINK_F_CALL))
		return;
	census->calls++;
	KUNIT_EXPECT_PTR_EQ(test, link, alias_link_find_out(inst, call));
	KUNIT_EXPECT_EQ(test, ntohl(call->near.addr), ntohl(link->flow.near.addr));
	KUNIT_EXPECT_EQ(test, ntohl(call->peer_addr), ntohl(link->flow.peer_addr));
}

static inline void fixture_check_link(struct kunit *test, struct alias_instance *inst,
				      struct alias_address *address, enum alias_space space,
				      unsigned int port, struct alias_link *link,
				      struct fixture_census *census)
{
	census->links[space]++;
	fixture_check_peers(test, inst, link, census);
	KUNIT_EXPECT_PTR_EQ(test, link->owner, inst);
	KUNIT_EXPECT_EQ(test, link->magic, ALIAS_LINK_MAGIC);
	KUNIT_EXPECT_EQ(test, ntohl(link->outside_addr), ntohl(address->addr));
	KUNIT_EXPECT_EQ(test, ntohs(link->outside_port), port);
	KUNIT_EXPECT_EQ(test, (unsigned int)link->flow.near.space, (unsigned int)space);
	KUNIT_EXPECT_PTR_EQ(test, link->subscriber->address, address);
	KUNIT_EXPECT_EQ(test, ntohl(link->subscriber->addr), ntohl(link->flow.near.addr));
	if (space == ALIAS_SPACE_CALL)
		fixture_check_call(test, inst, link, census);
	else
		KUNIT_EXPECT_PTR_EQ(test, link, alias_link_find_out(inst, &link->flow));
}

/* Only flows stand behind one port together. */
static inline void fixture_check_port(struct kunit *test, struct alias_instance *inst,
				      struct alias_address *address, enum alias_space space,
				      unsigned int port, struct fixture_census *census)
{
	struct alias_link *first = alias_ports_find(&address->ports[space], port), *link;

	for (link = first; link; link = alias_link_after(inst, link)) {
		fixture_check_link(test, inst, address, space, port, link, census);
		KUNIT_EXPECT_TRUE(test, link == first || link->flags & ALIAS_LINK_F_FLOW);
	}
}

static inline unsigned int fixture_check_block(struct kunit *test, struct alias_instance *inst,
					       struct alias_address *address,
					       enum alias_space space, unsigned int nr,
					       struct fixture_census *census)
{
	struct alias_block *block = block_of(&address->ports[space], nr);
	u64 slots = 0;
	unsigned int n;

	if (!block)
		return 0;
	for (n = 0; n < ALIAS_PORTBLOCK_PORTS; n++) {
		if (rcu_access_pointer(block->slot[n]))
			slots |= BIT_ULL(n);
		fixture_check_port(test, inst, address, space, nr * ALIAS_PORTBLOCK_PORTS + n,
				   census);
	}
	/* A port is taken if, and only if, a link is behind it. */
	KUNIT_EXPECT_EQ(test, block_used(&address->ports[space], nr), slots);
	KUNIT_EXPECT_NE(test, slots, 0ull);
	return hweight64(slots);
}

static inline void fixture_check_ports(struct kunit *test, struct alias_instance *inst,
				       struct alias_address *address, enum alias_space space,
				       struct fixture_census *census)
{
	struct alias_ports *ports = &address->ports[space];
	unsigned int nr, used = 0;

	for (nr = 0; nr < ALIAS_PORTBLOCKS; nr++)
		used += fixture_check_block(test, inst, address, space, nr, census);
	KUNIT_EXPECT_EQ(test, ports->used, used);
	KUNIT_EXPECT_EQ(test, ports->free, ports->max - ports->min + 1 - used);
}

static inline void fixture_check_subscribers(struct kunit *test, struct alias_instance *inst,
					     struct fixture_census *census)
{
	struct alias_pool *pool = engine_pool(inst);
	unsigned int n, paired = 0, links = 0;
	struct alias_subscriber *sub;
	struct rhashtable_iter iter;

	for (n = 0; n < pool->nr_addresses; n++)
		paired += pool->address[n]->subscribers;
	KUNIT_EXPECT_EQ(test, paired, atomic_read(&inst->subscribers.nelems));

	/* A walk may meet an entry twice while the table is being resized. */
	flush_work(&inst->subscribers.run_work);
	rhashtable_walk_enter(&inst->subscribers, &iter);
	rhashtable_walk_start(&iter);
	while ((sub = rhashtable_walk_next(&iter)))
		links += IS_ERR(sub) ? 0 : sub->links;
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	KUNIT_EXPECT_EQ(test, links, census->subscriber_links);
}

/**
 * fixture_check - the tables of an instance say the same
 * @test: the case
 * @inst: the instance; nothing goes on in it
 *
 * Each link is in its slot and in the hash, belongs to the instance, and all
 * counts equal a recount.
 */
static inline void fixture_check(struct kunit *test, struct alias_instance *inst)
{
	struct alias_pool *pool = engine_pool(inst);
	struct fixture_census census = {};
	unsigned int n, space, roomy[ALIAS_SPACES] = {};

	rcu_read_lock();
	for (n = 0; n < pool->nr_addresses; n++) {
		for (space = 0; space < ALIAS_SPACES; space++) {
			fixture_check_ports(test, inst, pool->address[n], space, &census);
			roomy[space] += !!pool->address[n]->ports[space].free;
		}
	}
	for (space = 0; space < ALIAS_SPACES; space++) {
		KUNIT_EXPECT_EQ(test, inst->roomy[space], roomy[space]);
		KUNIT_EXPECT_EQ(test, inst->links[space], census.links[space]);
		census.subscriber_links += census.links[space];
	}
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, census.subscriber_links, atomic_read(&inst->out.nelems) +
						       atomic_read(&inst->flows.nelems));
	KUNIT_EXPECT_EQ(test, census.calls, atomic_read(&inst->calls.nelems));
	KUNIT_EXPECT_EQ(test, census.peers, atomic_read(&inst->peers.nelems));
	fixture_check_subscribers(test, inst, &census);
}

static inline int fixture_suite_init(struct kunit_suite *suite)
{
	return engine_begin();
}

static inline void fixture_suite_exit(struct kunit_suite *suite)
{
	engine_end();
}

#endif /* ALIAS_KUNIT_FIXTURE_H */
