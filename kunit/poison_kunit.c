// SPDX-License-Identifier: GPL-2.0
/* Freed memory is recognisable, and readers are let go first. What the code
 * under test gives back is looked at in the last moment in which it still may
 * be, between poison and free.
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

static void seen_cache_free(struct kmem_cache *cache, void *object);
static void seen_kfree(const void *object);

#define kmem_cache_free(cache, object) seen_cache_free((cache), (object))
#define kfree(object) seen_kfree(object)
#include "fixture.h"
#undef kmem_cache_free
#undef kfree

static atomic_t links_freed;
static atomic_t flow_links_freed;
static atomic_t peers_freed;
static atomic_t blocks_freed;
static atomic_t watched_freed;
static atomic_t not_poisoned;
static const void *watched;
static size_t watched_bytes;

static bool is_poisoned(const void *object, size_t bytes)
{
	return !memchr_inv(object, 0xec, bytes);
}

static void look(atomic_t *freed, const void *object, size_t bytes)
{
	atomic_inc(freed);
	if (!is_poisoned(object, bytes))
		atomic_inc(&not_poisoned);
}

static void seen_cache_free(struct kmem_cache *cache, void *object)
{
	if (cache == link_cache)
		look(&links_freed, object, sizeof(struct alias_link));
	if (cache == flow_link_cache)
		look(&flow_links_freed, object, sizeof(struct alias_flow_link));
	if (cache == peer_cache)
		look(&peers_freed, object, sizeof(struct alias_peer));
	if (cache == block_cache)
		look(&blocks_freed, object, sizeof(struct alias_block));
	kmem_cache_free(cache, object);
}

static void seen_kfree(const void *object)
{
	if (object && object == READ_ONCE(watched))
		look(&watched_freed, object, watched_bytes);
	kfree(object);
}

static void watch(const void *object, size_t bytes)
{
	watched_bytes = bytes;
	WRITE_ONCE(watched, object);
}

/* What waits for its grace period is freed now; all that was freed was poisoned. */
static void expect_poisoned(struct kunit *test)
{
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, atomic_read(&not_poisoned), 0);
}

static struct wire udp(u16 port)
{
	return fixture_udp(FIXTURE_INSIDE, port, FIXTURE_PEER, 53);
}

static void a_reader_keeps_its_link_whole_until_it_is_done(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 1024, 65535, 0);
	struct wire after = fixture_out(test, inst, udp(1));
	struct alias_flow flow = engine_flow(ALIAS_SPACE_UDP, &after, NFT_ALIAS_OUT);
	struct alias_link *link;

	rcu_read_lock();
	link = alias_link_find_in(inst, &flow);
	KUNIT_EXPECT_NOT_NULL(test, link);
	alias_lock(inst);
	alias_link_end(inst, link);
	alias_unlock(inst);
	mdelay(50);	/* a grace period would fit in many times */
	KUNIT_EXPECT_EQ(test, atomic_read(&links_freed), 0);
	KUNIT_EXPECT_TRUE(test, alias_guard_owns(inst, link));
	KUNIT_EXPECT_EQ(test, ntohl(link->flow.near.addr), FIXTURE_INSIDE);
	KUNIT_EXPECT_EQ(test, ntohs(link->outside_port), after.sport);
	KUNIT_EXPECT_NULL(test, alias_link_find_in(inst, &flow));
	rcu_read_unlock();
	expect_poisoned(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&links_freed), 1);
}

static void every_link_of_a_flush_is_poisoned(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 1024, 65535, 0);
	unsigned int n;

	for (n = 1; n <= 300; n++)
		fixture_out(test, inst, udp(n));
	alias_instance_flush(inst);
	expect_poisoned(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&links_freed), 300);
}

static void collected_links_are_poisoned(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 1024, 65535, 0);
	unsigned int n;

	for (n = 1; n <= 30; n++)
		fixture_out(test, inst, udp(n));
	fixture_pass(420);
	fixture_sweep(inst);
	expect_poisoned(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&links_freed), 30);
}

static void links_for_one_peer_and_peers_of_a_link_are_poisoned(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 1024, 65535, 0);
	unsigned int n;

	engine_settings(inst)->mapping[ALIAS_SPACE_UDP] = ALIAS_MAPPING_EDM;
	for (n = 1; n <= 3; n++) {
		fixture_out(test, inst,
			    fixture_tcp(WIRE_SYN, FIXTURE_INSIDE, 1, FIXTURE_PEER + n, 80));
		fixture_out(test, inst, fixture_udp(FIXTURE_INSIDE, 1, FIXTURE_PEER + n, 53));
	}
	alias_instance_flush(inst);
	expect_poisoned(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&links_freed), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&peers_freed), 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&flow_links_freed), 3);
}

static void an_address_is_poisoned(struct kunit *test)
{
	struct alias_instance *inst = engine_instance("x", FIXTURE_OUTSIDE, 1, 1024, 65535, 0);

	KUNIT_ASSERT_NOT_NULL(test, inst);
	watch(engine_pool(inst)->address[0], sizeof(struct alias_address));
	alias_instance_kill(inst);
	KUNIT_EXPECT_EQ(test, atomic_read(&watched_freed), 1);
	expect_poisoned(test);
}

static void a_block_and_a_subscriber_go_with_the_last_link_and_are_poisoned(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 1024, 1087, 0);
	struct alias_ports *ports = &engine_pool(inst)->address[0]->ports[ALIAS_SPACE_UDP];
	const struct alias_subscriber *sub;
	unsigned int port;

	fixture_out(test, inst, udp(1));
	fixture_out(test, inst, udp(2));
	rcu_read_lock();
	sub = alias_subscriber_find(inst, htonl(FIXTURE_INSIDE));
	KUNIT_EXPECT_NOT_NULL(test, sub);
	watch(sub, sizeof(*sub));
	alias_lock(inst);
	for (port = 1024; port <= 1087; port++)
		end_links(inst, ports, port);
	alias_unlock(inst);
	mdelay(50);	/* a grace period would fit in many times */
	KUNIT_EXPECT_EQ(test, atomic_read(&blocks_freed), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&watched_freed), 0);
	rcu_read_unlock();
	expect_poisoned(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&blocks_freed), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&watched_freed), 1);
}

static void an_instance_is_poisoned_after_the_grace_period(struct kunit *test)
{
	struct alias_instance *inst = engine_instance("x", FIXTURE_OUTSIDE, 1, 1024, 65535, 0);

	KUNIT_ASSERT_NOT_NULL(test, inst);
	watch(inst, sizeof(*inst));
	refcount_inc(&inst->refs);
	alias_instance_kill(inst);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, atomic_read(&watched_freed), 0);
	alias_instance_put(inst);
	expect_poisoned(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&watched_freed), 1);
}

static void the_poison_is_no_magic_no_owner_and_no_pointer(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 1024, 65535, 0);
	struct alias_link *link = kunit_kzalloc(test, sizeof(*link), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, link);
	alias_guard_poison(link, sizeof(*link));
	KUNIT_EXPECT_TRUE(test, is_poisoned(link, sizeof(*link)));
	KUNIT_EXPECT_NE(test, link->magic, ALIAS_LINK_MAGIC);
	KUNIT_EXPECT_PTR_NE(test, link->owner, inst);
	/* Not canonical: following it faults at once. */
	KUNIT_EXPECT_NE(test, (s64)(unsigned long)link->owner >> 47, 0ll);
	KUNIT_EXPECT_NE(test, (s64)(unsigned long)link->owner >> 47, -1ll);
}

static int poison_init(struct kunit *test)
{
	/* Links of the case before. */
	rcu_barrier();
	atomic_set(&links_freed, 0);
	atomic_set(&flow_links_freed, 0);
	atomic_set(&peers_freed, 0);
	atomic_set(&blocks_freed, 0);
	atomic_set(&watched_freed, 0);
	atomic_set(&not_poisoned, 0);
	watch(NULL, 0);
	return 0;
}

static struct kunit_case poison_cases[] = {
	KUNIT_CASE(a_reader_keeps_its_link_whole_until_it_is_done),
	KUNIT_CASE(every_link_of_a_flush_is_poisoned),
	KUNIT_CASE(collected_links_are_poisoned),
	KUNIT_CASE(links_for_one_peer_and_peers_of_a_link_are_poisoned),
	KUNIT_CASE(an_address_is_poisoned),
	KUNIT_CASE(a_block_and_a_subscriber_go_with_the_last_link_and_are_poisoned),
	KUNIT_CASE(an_instance_is_poisoned_after_the_grace_period),
	KUNIT_CASE(the_poison_is_no_magic_no_owner_and_no_pointer),
	{}
};

static struct kunit_suite poison_suite = {
	.name = "alias_poison",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.init = poison_init,
	.test_cases = poison_cases,
};

kunit_test_suite(poison_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: freed memory is recognisable");
