// SPDX-License-Identifier: GPL-2.0
/* What happens to a link that is in the wrong table, and to helpers that are
 * called without the lock, on a production kernel: lockdep is taken away here,
 * and what would be warned of is caught as text. guard_kunit.c shows the same
 * with real warnings.
 */

#include <kunit/test.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/rhashtable.h>
#include <net/net_namespace.h>

static unsigned int warnings;
static char warning[256];

#undef WARN_ONCE
#define WARN_ONCE(condition, format...) ({				\
	bool warn_ = (condition);					\
	if (warn_) {							\
		warnings++;						\
		snprintf(warning, sizeof(warning), format);		\
	}								\
	warn_;								\
})
#undef lockdep_assert_held
#define lockdep_assert_held(lock) ((void)(lock))
#undef lockdep_is_held
#define lockdep_is_held(lock) ((void)(lock), 1)

#include "fixture.h"

#define OUT	NFT_ALIAS_OUT
#define IN	NFT_ALIAS_IN
#define UDP	ALIAS_SPACE_UDP

/* Where the foreign link is planted. */
#define PORT	7000

static struct wire outward(void)
{
	return fixture_udp(FIXTURE_INSIDE, PORT, FIXTURE_PEER, 53);
}

static struct wire inward(void)
{
	return fixture_udp(FIXTURE_PEER, 53, FIXTURE_OUTSIDE, PORT);
}

static struct alias_instance *plain(struct kunit *test)
{
	return fixture_instance(test, 1, 1024, 65535, ALIAS_F_SAME_PORTS);
}

static void unlist(void *inst)
{
	struct alias_net *an = alias_net(&init_net);

	mutex_lock(&an->mutex);
	alias_registry_remove(an, inst);
	mutex_unlock(&an->mutex);
	synchronize_rcu();
	alias_instance_kill(inst);
}

/* Another instance of the namespace. */
static struct alias_instance *listed(struct kunit *test, const char *name)
{
	struct alias_net *an = alias_net(&init_net);
	struct alias_instance *inst = engine_instance(name, FIXTURE_OUTSIDE + 9, 1, 1024, 65535,
						      ALIAS_F_SAME_PORTS);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, inst);
	mutex_lock(&an->mutex);
	err = alias_registry_add(an, inst);
	mutex_unlock(&an->mutex);
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, unlist, inst), 0);
	return inst;
}

static struct alias_link *link_of(struct kunit *test, struct alias_instance *inst)
{
	struct wire after = fixture_out(test, inst, outward());
	struct alias_link *link = fixture_link(inst, UDP, &after);

	KUNIT_ASSERT_NOT_NULL(test, link);
	return link;
}

static struct alias_ports *ports_of_inst(struct alias_instance *inst)
{
	return &engine_pool(inst)->address[0]->ports[UDP];
}

static void plant_in_slot(struct kunit *test, struct alias_instance *inst, struct alias_link *link)
{
	int port;

	alias_lock(inst);
	port = alias_ports_claim(ports_of_inst(inst), PORT, true);
	if (port == PORT)
		alias_ports_publish(ports_of_inst(inst), PORT, link);
	alias_unlock(inst);
	KUNIT_ASSERT_EQ(test, port, PORT);
}

/* Gives the port of a link that was set aside back, for fixture_check(). */
static void forget_aside(struct kunit *test, struct alias_instance *inst)
{
	KUNIT_EXPECT_NULL(test, fixture_at(inst, UDP, PORT));
	KUNIT_EXPECT_EQ(test, inst->aside, 1u);
	alias_lock(inst);
	alias_ports_release(ports_of_inst(inst), PORT);
	inst->aside = 0;
	alias_unlock(inst);
}

static void a_foreign_link_in_a_slot_is_dropped_counted_and_named(struct kunit *test)
{
	struct alias_instance *inst = plain(test), *other = listed(test, "culprit");

	plant_in_slot(test, inst, link_of(test, other));
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, IN, inward(), NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, IN, ALIAS_FOREIGN), 1ull);
	KUNIT_EXPECT_EQ(test, fixture_counters(inst, IN).packets, 0ull);
	KUNIT_EXPECT_EQ(test, warnings, 1u);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(warning, "instance fixture "), "%s", warning);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(warning, " of culprit "), "%s", warning);
	/* It is gone now, and its port goes to nobody. */
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, IN, inward(), NULL), ALIAS_NO_MATCH);
	KUNIT_EXPECT_NE(test, fixture_out(test, inst, outward()).sport, PORT);
	KUNIT_EXPECT_EQ(test, warnings, 1u);
	forget_aside(test, inst);
}

/* A link that only the hash knows, as if it had been put into the wrong one. */
static struct alias_link *plant_in_hash(struct kunit *test, struct alias_instance *inst,
					struct alias_instance *owner)
{
	struct alias_link *link = kmem_cache_zalloc(link_cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, link);
	link->owner = owner;
	link->magic = ALIAS_LINK_MAGIC;
	link->flow.near.addr = htonl(FIXTURE_INSIDE);
	link->flow.near.port = htons(PORT);
	link->flow.near.space = UDP;
	link->expires = engine_clock + 300 * HZ;
	KUNIT_ASSERT_EQ(test, rhashtable_insert_fast(&inst->out, &link->node, link_params), 0);
	return link;
}

/* Set aside it is nobody's. */
static void free_planted(struct kunit *test, struct alias_instance *inst, struct alias_link *link)
{
	KUNIT_EXPECT_NE(test, rhashtable_remove_fast(&inst->out, &link->node, link_params), 0);
	KUNIT_EXPECT_EQ(test, inst->aside, 1u);
	synchronize_rcu();
	kmem_cache_free(link_cache, link);
}

static void a_foreign_link_in_the_hash_is_dropped_counted_and_named(struct kunit *test)
{
	struct alias_instance *inst = plain(test), *other = listed(test, "culprit");
	struct alias_link *link = plant_in_hash(test, inst, other);

	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, outward(), NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_FOREIGN), 1ull);
	KUNIT_EXPECT_EQ(test, fixture_counters(inst, OUT).packets, 0ull);
	KUNIT_EXPECT_EQ(test, warnings, 1u);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(warning, " of culprit "), "%s", warning);
	free_planted(test, inst, link);
	/* The subscriber is served again. */
	fixture_out(test, inst, outward());
	KUNIT_EXPECT_EQ(test, warnings, 1u);
}

static void a_foreign_link_that_appears_before_the_lock_is_seen_under_it(struct kunit *test)
{
	struct alias_instance *inst = plain(test), *other = listed(test, "culprit");
	struct alias_link *link = plant_in_hash(test, inst, other);
	struct alias_flow flow = {
		.near = { .addr = htonl(FIXTURE_INSIDE), .port = htons(PORT), .space = UDP },
		.peer_addr = htonl(FIXTURE_PEER),
	};
	enum alias_reason why = ALIAS_FINE;

	rcu_read_lock();
	alias_lock(inst);
	KUNIT_EXPECT_NULL(test, find_or_open(inst, &flow, true, engine_clock, &why));
	alias_unlock(inst);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, (int)why, (int)ALIAS_FOREIGN);
	KUNIT_EXPECT_EQ(test, warnings, 1u);
	free_planted(test, inst, link);
}

/* Somebody else writes to it between lookup and removal. Its table cannot find it then;
 * nor is it, as a plain link, taken for the larger kind, which KASAN would report.
 */
static void a_link_whose_key_is_damaged_is_taken_for_no_larger_one(struct kunit *test)
{
	struct alias_instance *inst = plain(test), *other = listed(test, "culprit");
	struct alias_link *link = plant_in_hash(test, inst, other);

	link->flow.near.port ^= htons(1);
	alias_lock(inst);
	alias_link_set_aside_out(inst, link, UDP);
	alias_unlock(inst);
	KUNIT_EXPECT_EQ(test, inst->aside, 0u);
	link->flow.near.port ^= htons(1);
	alias_lock(inst);
	alias_link_set_aside_out(inst, link, UDP);
	alias_unlock(inst);
	free_planted(test, inst, link);
}

/* A link of ours that was damaged and set aside: its memory is not freed, for it
 * is evidence; the test does it.
 */
static void free_damaged(struct kunit *test, struct alias_instance *inst, struct alias_link *link)
{
	alias_lock(inst);
	rhashtable_remove_fast(&inst->out, &link->node, link_params);
	alias_unlock(inst);
	KUNIT_EXPECT_NULL(test, fixture_at(inst, UDP, PORT));
	KUNIT_EXPECT_GE(test, inst->aside, 1u);
	synchronize_rcu();
	kmem_cache_free(link_cache, link);
}

static void every_damaged_bit_of_the_magic_is_noticed(struct kunit *test)
{
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		struct alias_instance *inst = plain(test);
		struct alias_link *link = link_of(test, inst);

		link->magic ^= BIT(bit);
		KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, outward(), NULL), ALIAS_DROP);
		KUNIT_EXPECT_EQ(test, fixture_send(test, inst, IN, inward(), NULL), ALIAS_DROP);
		KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_FOREIGN), 1ull);
		KUNIT_EXPECT_EQ(test, fixture_refused(inst, IN, ALIAS_FOREIGN), 1ull);
		KUNIT_EXPECT_EQ(test, inst->aside, 2u);
		free_damaged(test, inst, link);
	}
	KUNIT_EXPECT_EQ(test, warnings, 64u);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(warning, "magic 0xcb4e494c"), "%s", warning);
}

static void a_wild_owner_is_compared_and_never_followed(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct alias_link *link = link_of(test, inst);

	/* Somebody to compare with. */
	listed(test, "beside");
	link->owner = (void *)0xecececececececec;
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, IN, inward(), NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, outward(), NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, warnings, 2u);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(warning, "no instance of this namespace"), "%s",
				  warning);
	free_damaged(test, inst, link);
}

static void the_box_goes_on(struct kunit *test)
{
	struct alias_instance *inst = plain(test), *other = listed(test, "culprit");
	struct wire w = outward();

	plant_in_slot(test, inst, link_of(test, other));
	fixture_send(test, inst, IN, inward(), NULL);
	w.sport++;
	fixture_in(test, inst, fixture_answer(fixture_out(test, inst, w), 0));
	/* The inside port whose outside twin is blocked gets another. */
	w.sport = PORT;
	KUNIT_EXPECT_NE(test, fixture_out(test, inst, w).sport, PORT);
	fixture_in(test, other, fixture_answer(fixture_out(test, other, outward()), 0));
	forget_aside(test, inst);
	fixture_check(test, inst);
	fixture_check(test, other);
}

/* Whoever comes upon it first sets it aside; nobody frees it. */
static void expect_set_aside_by(struct kunit *test, void (*who)(struct alias_instance *inst))
{
	struct alias_instance *inst = plain(test), *other = listed(test, "culprit");
	struct alias_link *link = link_of(test, other);
	struct wire w = outward();
	unsigned int n;

	for (n = 0; n < 10; n++, w.sport++) {
		w.sport += w.sport == PORT;
		fixture_out(test, inst, w);
	}
	plant_in_slot(test, inst, link);
	fixture_pass(420);
	who(inst);
	KUNIT_EXPECT_EQ(test, inst->links[UDP], 0u);
	KUNIT_EXPECT_EQ(test, warnings, 1u);
	warnings = 0;
	forget_aside(test, inst);
	/* And its true owner still has it. */
	KUNIT_EXPECT_EQ(test, other->links[UDP], 1u);
	fixture_check(test, other);
	fixture_check(test, inst);
}

static void housekeeping_sets_a_foreign_link_aside(struct kunit *test)
{
	expect_set_aside_by(test, fixture_sweep);
}

static void a_flush_sets_a_foreign_link_aside(struct kunit *test)
{
	expect_set_aside_by(test, alias_instance_flush);
}

static void who_wants_the_port_sets_a_foreign_link_aside(struct kunit *test)
{
	struct alias_instance *inst = plain(test), *other = listed(test, "culprit");

	plant_in_slot(test, inst, link_of(test, other));
	KUNIT_EXPECT_NE(test, fixture_out(test, inst, outward()).sport, PORT);
	KUNIT_EXPECT_EQ(test, warnings, 1u);
	forget_aside(test, inst);
	fixture_check(test, inst);
}

/* Its port, its subscriber and its counts are left behind, and that is no bug
 * that the end of the instance would have to warn of.
 */
static void an_instance_ends_without_what_was_set_aside(struct kunit *test)
{
	struct alias_instance *inst = engine_instance("ends", FIXTURE_OUTSIDE, 1, 1024, 65535,
						      ALIAS_F_SAME_PORTS);
	struct alias_link *link;

	KUNIT_ASSERT_NOT_NULL(test, inst);
	link = link_of(test, inst);
	link->magic = 0;
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, outward(), NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, IN, inward(), NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, warnings, 2u);
	alias_instance_kill(inst);
	KUNIT_EXPECT_EQ(test, warnings, 2u);
	kmem_cache_free(link_cache, link);
}

static struct wire to_peer(unsigned int n)
{
	struct wire w = outward();

	w.dst += n;
	return w;
}

/* Three links behind one port, of which the second is damaged: the third cannot be
 * reached any more, but goes on sending from that port.
 */
static void a_port_whose_links_were_cut_off_is_not_given_to_others(struct kunit *test)
{
	struct alias_instance *inst = engine_instance("cut", FIXTURE_OUTSIDE, 1, 1024, 65535,
						      ALIAS_F_SAME_PORTS);
	struct alias_link *link[3];
	struct wire after, other;
	unsigned int n;

	KUNIT_ASSERT_NOT_NULL(test, inst);
	memset(engine_settings(inst)->mapping, ALIAS_MAPPING_EDM, ALIAS_SPACES);
	for (n = 0; n < ARRAY_SIZE(link); n++) {
		after = fixture_out(test, inst, to_peer(n));
		KUNIT_EXPECT_EQ(test, after.sport, PORT);
		link[n] = fixture_link(inst, UDP, &after);
		KUNIT_ASSERT_NOT_NULL(test, link[n]);
	}
	link[1]->magic = 0;
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, IN, fixture_answer(after, 0), NULL),
			ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, inst->aside, 1u);
	alias_instance_flush(inst);
	KUNIT_EXPECT_NULL(test, fixture_at(inst, UDP, PORT));
	KUNIT_EXPECT_EQ(test, ports_of_inst(inst)->used, 1u);
	other = outward();
	other.src++;
	KUNIT_EXPECT_NE(test, fixture_out(test, inst, other).sport, PORT);
	after = fixture_out(test, inst, to_peer(2));
	KUNIT_EXPECT_EQ(test, after.sport, PORT);
	alias_instance_kill(inst);
	kmem_cache_free(flow_link_cache, alias_flow_link(link[1]));
	kmem_cache_free(flow_link_cache, alias_flow_link(link[2]));
}

static void two_instances_side_by_side_raise_no_alarm(struct kunit *test)
{
	struct alias_instance *a = plain(test), *b = listed(test, "beside");
	unsigned int n;

	for (n = 0; n < 200; n++) {
		struct wire w = outward();

		w.sport += n % 20;
		w.dst = FIXTURE_OUTSIDE + 9;
		fixture_in(test, a, fixture_answer(fixture_out(test, a, w), 0));
		fixture_in(test, b, fixture_answer(fixture_out(test, b, w), 0));
		if (n % 50 == 0)
			alias_instance_flush(n % 100 ? a : b);
	}
	KUNIT_EXPECT_EQ(test, warnings, 0u);
	fixture_check(test, a);
	fixture_check(test, b);
}

/* What a helper does with the lock taken by somebody who is not us. */
static void expect_assertion(struct kunit *test, const char *helper)
{
	KUNIT_EXPECT_GE_MSG(test, warnings, 1u, "%s does not assert the lock", helper);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(warning, "instance fixture is worked on without"),
				  "%s: %s", helper, warning);
	warnings = 0;
	warning[0] = 0;
}

#define WITHOUT_LOCK(test, call) ({		\
	(call);					\
	expect_assertion((test), #call);	\
})

/* The spinlock is taken, so that nothing breaks; but not with alias_lock(), so
 * that its holder is not us.
 */
static void every_helper_asserts_that_we_hold_the_lock(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct alias_link *link = link_of(test, inst);
	struct alias_flow flow = {
		.near = { .addr = htonl(FIXTURE_INSIDE + 1), .port = htons(99), .space = UDP },
		.peer_addr = htonl(FIXTURE_PEER),
	};
	struct alias_subscriber *sub = NULL;
	struct alias_link *created = NULL;
	struct alias_peer *peer = NULL;
	enum alias_reason why;

	KUNIT_EXPECT_EQ(test, warnings, 0u);
	rcu_read_lock();
	spin_lock_bh(&inst->lock);
	WITHOUT_LOCK(test, alias_link_open(inst, link, &flow, engine_clock));
	WITHOUT_LOCK(test, alias_link_set_state(inst, link, &flow, ALIAS_LINK_ACTIVE,
						engine_clock));
	WITHOUT_LOCK(test, find_or_open(inst, &flow, true, engine_clock, &why));
	flow.near.port = htons(100);
	WITHOUT_LOCK(test, created = alias_claim_link(inst, &flow, engine_clock, &why));
	WITHOUT_LOCK(test, alias_link_end(inst, created));
	WITHOUT_LOCK(test, sub = alias_subscriber_create(inst, flow.near.addr,
							 engine_pool(inst)->address[0]));
	WITHOUT_LOCK(test, alias_subscriber_get(inst, flow.near.addr));
	sub->links--;
	WITHOUT_LOCK(test, alias_subscriber_put(inst, sub));
	WITHOUT_LOCK(test, alias_link_collect(inst, ports_of_inst(inst), 98, engine_clock));
	WITHOUT_LOCK(test, alias_peers_end(inst, link));
	WITHOUT_LOCK(test, peer = alias_peer_add(inst, link, flow.peer_addr, 0, engine_clock));
	WITHOUT_LOCK(test, alias_peer_end(inst, link, peer));
	WITHOUT_LOCK(test, alias_connections_tidy(inst, link, engine_clock));
	WITHOUT_LOCK(test, meet(inst, link, &link->flow, WIRE_ACK, engine_clock));
	WITHOUT_LOCK(test, end_links(inst, ports_of_inst(inst), 97));
	WITHOUT_LOCK(test, alias_pool_choose(engine_pool(inst), UDP));
	WITHOUT_LOCK(test, alias_ports_claim(ports_of_inst(inst), 99, true));
	WITHOUT_LOCK(test, alias_ports_publish(ports_of_inst(inst), PORT, link));
	WITHOUT_LOCK(test, alias_address_strands(engine_pool(inst)->address[0], 1, 0));
	WITHOUT_LOCK(test, alias_address_set_range(engine_pool(inst)->address[0], 1024, 65535));
	spin_unlock_bh(&inst->lock);
	rcu_read_unlock();
}

static void with_the_lock_nothing_is_asserted(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct alias_link *link = link_of(test, inst);

	alias_lock(inst);
	KUNIT_EXPECT_PTR_EQ(test, inst->holder, current);
	alias_link_set_state(inst, link, &link->flow, ALIAS_LINK_ACTIVE, engine_clock);
	alias_unlock(inst);
	KUNIT_EXPECT_NULL(test, inst->holder);
	KUNIT_EXPECT_EQ(test, warnings, 0u);
}

static int forget(struct kunit *test)
{
	warnings = 0;
	warning[0] = 0;
	return 0;
}

static struct kunit_case ownership_cases[] = {
	KUNIT_CASE(a_foreign_link_in_a_slot_is_dropped_counted_and_named),
	KUNIT_CASE(a_foreign_link_in_the_hash_is_dropped_counted_and_named),
	KUNIT_CASE(a_foreign_link_that_appears_before_the_lock_is_seen_under_it),
	KUNIT_CASE(a_link_whose_key_is_damaged_is_taken_for_no_larger_one),
	KUNIT_CASE(every_damaged_bit_of_the_magic_is_noticed),
	KUNIT_CASE(a_wild_owner_is_compared_and_never_followed),
	KUNIT_CASE(the_box_goes_on),
	KUNIT_CASE(housekeeping_sets_a_foreign_link_aside),
	KUNIT_CASE(a_flush_sets_a_foreign_link_aside),
	KUNIT_CASE(who_wants_the_port_sets_a_foreign_link_aside),
	KUNIT_CASE(an_instance_ends_without_what_was_set_aside),
	KUNIT_CASE(a_port_whose_links_were_cut_off_is_not_given_to_others),
	KUNIT_CASE(two_instances_side_by_side_raise_no_alarm),
	KUNIT_CASE(every_helper_asserts_that_we_hold_the_lock),
	KUNIT_CASE(with_the_lock_nothing_is_asserted),
	{}
};

static struct kunit_suite ownership_suite = {
	.name = "alias_ownership",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.init = forget,
	.test_cases = ownership_cases,
};

kunit_test_suite(ownership_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: ownership of links, assertions of a production kernel");
