// SPDX-License-Identifier: GPL-2.0
/* An instance's life: change of its configuration, flush, end. */

#include <linux/module.h>

#include "fixture.h"

#define OUT	NFT_ALIAS_OUT
#define IN	NFT_ALIAS_IN

struct plan {
	struct alias_range range[2];
	struct alias_config config;
};

static struct alias_config *plan(struct plan *plan, u32 first, u32 last, u16 min, u16 max)
{
	plan->range[0] = (struct alias_range){ first, last };
	plan->config = (struct alias_config){
		.name = "fixture",
		.pool = { min, max, 1, plan->range },
	};
	alias_timeouts_default(&plan->config.settings.timeouts);
	return &plan->config;
}

static int change(struct alias_instance *inst, const struct alias_config *config, bool check_only)
{
	struct alias_net *an = alias_net(&init_net);
	struct netlink_ext_ack extack = {};
	int err;

	mutex_lock(&an->mutex);
	err = alias_instance_change(inst, config, check_only, &extack);
	mutex_unlock(&an->mutex);
	/* A refusal comes with a sentence, success without. */
	return err == -EBUSY && !extack._msg ? -EPROTO : !err && extack._msg ? -EPROTO : err;
}

static struct wire udp(unsigned int host, u16 port)
{
	return fixture_udp(FIXTURE_INSIDE + host, port, FIXTURE_PEER, 53);
}

static struct alias_instance *with_links(struct kunit *test, unsigned int addresses,
					 unsigned int links)
{
	struct alias_instance *inst = fixture_instance(test, addresses, 1024, 65535,
						       ALIAS_F_SAME_PORTS);
	unsigned int n;

	for (n = 0; n < links; n++)
		fixture_out(test, inst, udp(n, 2000 + n));
	return inst;
}

static void a_wider_configuration_keeps_every_link(struct kunit *test)
{
	struct alias_instance *inst = with_links(test, 4, 100);
	struct wire *before = kunit_kcalloc(test, 100, sizeof(*before), GFP_KERNEL);
	struct plan p;
	unsigned int n;

	KUNIT_ASSERT_NOT_NULL(test, before);
	for (n = 0; n < 100; n++)
		before[n] = fixture_out(test, inst, udp(n, 2000 + n));
	KUNIT_EXPECT_EQ(test, change(inst, plan(&p, FIXTURE_OUTSIDE - 2, FIXTURE_OUTSIDE + 9, 1,
						65535), false), 0);
	KUNIT_EXPECT_EQ(test, engine_pool(inst)->nr_addresses, 12u);
	for (n = 0; n < 100; n++) {
		struct wire after = fixture_out(test, inst, udp(n, 2000 + n));

		KUNIT_EXPECT_EQ(test, after.src, before[n].src);
		KUNIT_EXPECT_EQ(test, after.sport, before[n].sport);
		fixture_in(test, inst, fixture_answer(after, 0));
	}
	fixture_check(test, inst);
}

static void a_change_gives_the_flags_of_the_new_configuration(struct kunit *test)
{
	struct alias_instance *inst = with_links(test, 1, 1);
	struct plan p;

	plan(&p, FIXTURE_OUTSIDE, FIXTURE_OUTSIDE, 1024, 65535)->settings.flags =
		ALIAS_F_DENY_IN;
	KUNIT_EXPECT_EQ(test, change(inst, &p.config, true), 0);
	KUNIT_EXPECT_EQ(test, engine_settings(inst)->flags, (u32)ALIAS_F_SAME_PORTS);
	KUNIT_EXPECT_EQ(test, change(inst, &p.config, false), 0);
	KUNIT_EXPECT_EQ(test, engine_settings(inst)->flags, (u32)ALIAS_F_DENY_IN);
}

struct strand {
	const char *name;
	u32 first;
	u32 last;
	u16 min;
	u16 max;
	int err;
};

/* With one link, on the only address, at port 2000. */
static const struct strand strands[] = {
	{ "address_goes", FIXTURE_OUTSIDE + 1, FIXTURE_OUTSIDE + 1, 1024, 65535, -EBUSY },
	{ "port_below_range", FIXTURE_OUTSIDE, FIXTURE_OUTSIDE, 2001, 65535, -EBUSY },
	{ "port_above_range", FIXTURE_OUTSIDE, FIXTURE_OUTSIDE, 1024, 1999, -EBUSY },
	{ "port_is_lowest", FIXTURE_OUTSIDE, FIXTURE_OUTSIDE, 2000, 65535, 0 },
	{ "port_is_highest", FIXTURE_OUTSIDE, FIXTURE_OUTSIDE, 1024, 2000, 0 },
	{ "port_is_all", FIXTURE_OUTSIDE, FIXTURE_OUTSIDE, 2000, 2000, 0 },
};

static void strand_name(const struct strand *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(strand, strands, strand_name);

static void a_change_that_strands_a_link_is_refused(struct kunit *test)
{
	const struct strand *row = test->param_value;
	struct alias_instance *inst = with_links(test, 1, 1);
	struct alias_pool *before = engine_pool(inst);
	struct plan p;

	plan(&p, row->first, row->last, row->min, row->max);
	KUNIT_EXPECT_EQ(test, change(inst, &p.config, true), row->err);
	KUNIT_EXPECT_PTR_EQ(test, engine_pool(inst), before);
	KUNIT_EXPECT_EQ(test, change(inst, &p.config, false), row->err);
	if (row->err)
		KUNIT_EXPECT_PTR_EQ(test, engine_pool(inst), before);
	else
		KUNIT_EXPECT_PTR_NE(test, engine_pool(inst), before);
	KUNIT_EXPECT_EQ(test, fixture_out(test, inst, udp(0, 2000)).sport, 2000);
	fixture_check(test, inst);

	/* What was refused left the range as it was. */
	if (row->err)
		KUNIT_EXPECT_EQ(test, fixture_out(test, inst, udp(1, 1024)).sport, 1024);
	fixture_check(test, inst);
}

static void links_of_every_protocol_are_stranded(struct kunit *test)
{
	static const u8 protocol[] = { WIRE_TCP, WIRE_UDP, WIRE_ICMP };
	struct plan p;
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(protocol); n++) {
		struct alias_instance *inst = with_links(test, 1, 0);
		u8 flags = protocol[n] == WIRE_TCP ? WIRE_SYN : WIRE_ECHO;

		fixture_out(test, inst, fixture_wire(protocol[n], flags, FIXTURE_INSIDE, 2000,
						     FIXTURE_PEER, 2000));
		plan(&p, FIXTURE_OUTSIDE, FIXTURE_OUTSIDE, 3000, 4000);
		KUNIT_EXPECT_EQ(test, change(inst, &p.config, false), -EBUSY);
		alias_instance_flush(inst);
		KUNIT_EXPECT_EQ(test, change(inst, &p.config, false), 0);
		fixture_check(test, inst);
	}
}

/* The outside address of an instance without links can be exchanged, and a
 * subscriber who comes back gets a new one.
 */
/* Ports 2000 to 2003 of two addresses, all taken; it grows and shrinks. */
static void a_full_pool_knows_what_a_change_brings(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 2, 2000, 2003, 0);
	unsigned int *roomy = &inst->roomy[ALIAS_SPACE_UDP];
	struct plan p;
	unsigned int n;

	for (n = 0; n < 8; n++)
		fixture_out(test, inst, udp(n, 1));
	KUNIT_EXPECT_EQ(test, *roomy, 0u);
	/* Refused, and undone */
	KUNIT_EXPECT_EQ(test, change(inst, plan(&p, FIXTURE_OUTSIDE + 1, FIXTURE_OUTSIDE + 2,
						2000, 2003), false), -EBUSY);
	KUNIT_EXPECT_EQ(test, *roomy, 0u);
	KUNIT_EXPECT_EQ(test, change(inst, plan(&p, FIXTURE_OUTSIDE, FIXTURE_OUTSIDE + 2, 2000,
						2003), true), 0);
	KUNIT_EXPECT_EQ(test, *roomy, 0u);
	KUNIT_EXPECT_EQ(test, change(inst, plan(&p, FIXTURE_OUTSIDE, FIXTURE_OUTSIDE + 2, 2000,
						2003), false), 0);
	KUNIT_EXPECT_EQ(test, *roomy, 1u);
	fixture_check(test, inst);
	KUNIT_EXPECT_EQ(test, change(inst, plan(&p, FIXTURE_OUTSIDE, FIXTURE_OUTSIDE + 1, 2000,
						2003), false), 0);
	KUNIT_EXPECT_EQ(test, *roomy, 0u);
	fixture_check(test, inst);
	/* A wider range, by a port each */
	KUNIT_EXPECT_EQ(test, change(inst, plan(&p, FIXTURE_OUTSIDE, FIXTURE_OUTSIDE + 1, 2000,
						2004), false), 0);
	KUNIT_EXPECT_EQ(test, *roomy, 2u);
	fixture_check(test, inst);
}

static void an_unused_address_goes(struct kunit *test)
{
	struct alias_instance *inst = with_links(test, 1, 5);
	struct plan p;

	alias_instance_flush(inst);
	KUNIT_EXPECT_EQ(test, change(inst, plan(&p, FIXTURE_OUTSIDE + 7, FIXTURE_OUTSIDE + 8, 5000,
						5001), false), 0);
	KUNIT_EXPECT_GE(test, fixture_out(test, inst, udp(0, 2000)).src, FIXTURE_OUTSIDE + 7);
	fixture_check(test, inst);
}

static void the_number_cannot_change(struct kunit *test)
{
	struct alias_instance *inst = with_links(test, 1, 0);
	struct plan p;

	plan(&p, FIXTURE_OUTSIDE, FIXTURE_OUTSIDE, 1024, 65535)->number = 7;
	KUNIT_EXPECT_EQ(test, change(inst, &p.config, true), -EBUSY);
	KUNIT_EXPECT_EQ(test, change(inst, &p.config, false), -EBUSY);
}

/* A packet opened a link after the first look, before the range was closed. */
static void a_link_that_came_meanwhile_stops_the_change_half_way(struct kunit *test)
{
	struct alias_instance *inst = with_links(test, 2, 4);
	struct alias_net *an = alias_net(&init_net);
	struct alias_pool *old = engine_pool(inst), *new;
	struct plan p;

	plan(&p, FIXTURE_OUTSIDE, FIXTURE_OUTSIDE + 1, 1024, 1030);
	new = alias_pool_create(inst, &p.config.pool, old);
	KUNIT_ASSERT_NOT_NULL(test, new);
	mutex_lock(&an->mutex);
	KUNIT_EXPECT_FALSE(test, replace(inst, new, &p.config.settings));
	mutex_unlock(&an->mutex);
	alias_pool_destroy(new, old);
	KUNIT_EXPECT_PTR_EQ(test, engine_pool(inst), old);
	KUNIT_EXPECT_EQ(test, fixture_out(test, inst, udp(9, 50000)).sport, 50000);
	fixture_check(test, inst);
}

static void a_flush_ends_all_links_and_counts_stay(struct kunit *test)
{
	struct alias_instance *inst = with_links(test, 4, 500);
	struct wire after;
	unsigned int n;

	fixture_out(test, inst, fixture_wire(WIRE_ICMP, WIRE_ECHO, 1, 1, 2, 1));
	after = fixture_out(test, inst, fixture_tcp(WIRE_SYN, 1, 5, 2, 6));
	alias_instance_flush(inst);
	for (n = 0; n < ALIAS_SPACES; n++)
		KUNIT_EXPECT_EQ(test, inst->links[n], 0u);
	KUNIT_EXPECT_EQ(test, fixture_counters(inst, OUT).packets, 502ull);
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, IN, fixture_answer(after, WIRE_ACK), NULL),
			ALIAS_NO_MATCH);
	fixture_check(test, inst);
	/* It goes on as before. */
	fixture_out(test, inst, udp(3, 3));
	fixture_check(test, inst);
}

static void a_flush_of_nothing_does_nothing(struct kunit *test)
{
	struct alias_instance *inst = with_links(test, 4, 0);

	alias_instance_flush(inst);
	fixture_check(test, inst);
}

static void a_rules_reference_outlives_the_kill(struct kunit *test)
{
	struct alias_instance *inst = engine_instance("rule", FIXTURE_OUTSIDE, 1, 1024, 65535, 0);

	KUNIT_ASSERT_NOT_NULL(test, inst);
	refcount_inc(&inst->refs);	/* as a rule takes it */
	fixture_out(test, inst, udp(0, 1));
	alias_instance_kill(inst);
	/* In memory, empty, and closed to new links. */
	KUNIT_EXPECT_EQ(test, refcount_read(&inst->refs), 1u);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->out.nelems), 0);
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, udp(0, 1), NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_DYING), 1ull);
	alias_instance_put(inst);
}

static void instances_are_found_by_name_number_and_order(struct kunit *test)
{
	struct alias_net *an = alias_net(&init_net);
	struct alias_instance *a, *b;
	unsigned int generation;

	a = engine_instance("a", FIXTURE_OUTSIDE, 1, 1024, 65535, 0);
	b = engine_instance("b", FIXTURE_OUTSIDE + 1, 1, 1024, 65535, 0);
	KUNIT_ASSERT_TRUE(test, a && b);
	b->number = 9;
	mutex_lock(&an->mutex);
	generation = an->generation;
	KUNIT_EXPECT_EQ(test, alias_registry_add(an, a), 0);
	KUNIT_EXPECT_EQ(test, alias_registry_add(an, b), 0);
	KUNIT_EXPECT_PTR_EQ(test, alias_registry_find(an, "a"), a);
	KUNIT_EXPECT_PTR_EQ(test, alias_registry_find(an, "b"), b);
	KUNIT_EXPECT_NULL(test, alias_registry_find(an, "c"));
	KUNIT_EXPECT_PTR_EQ(test, alias_registry_find_number(an, 9), b);
	KUNIT_EXPECT_NULL(test, alias_registry_find_number(an, 0));
	KUNIT_EXPECT_LT(test, a->id, b->id);
	KUNIT_EXPECT_EQ(test, an->generation, generation + 2);
	alias_registry_remove(an, b);
	KUNIT_EXPECT_NULL(test, alias_registry_find(an, "b"));
	KUNIT_EXPECT_NULL(test, alias_registry_find_number(an, 9));
	an->generation = UINT_MAX;
	alias_registry_remove(an, a);
	/* 0 would say that nobody counts. */
	KUNIT_EXPECT_EQ(test, an->generation, 1u);
	mutex_unlock(&an->mutex);
	synchronize_rcu();
	alias_instance_kill(a);
	alias_instance_kill(b);
}

static struct kunit_case instance_cases[] = {
	KUNIT_CASE(a_wider_configuration_keeps_every_link),
	KUNIT_CASE(a_change_gives_the_flags_of_the_new_configuration),
	KUNIT_CASE_PARAM(a_change_that_strands_a_link_is_refused, strand_gen_params),
	KUNIT_CASE(links_of_every_protocol_are_stranded),
	KUNIT_CASE(a_full_pool_knows_what_a_change_brings),
	KUNIT_CASE(an_unused_address_goes),
	KUNIT_CASE(a_link_that_came_meanwhile_stops_the_change_half_way),
	KUNIT_CASE(the_number_cannot_change),
	KUNIT_CASE(a_flush_ends_all_links_and_counts_stay),
	KUNIT_CASE(a_flush_of_nothing_does_nothing),
	KUNIT_CASE(a_rules_reference_outlives_the_kill),
	KUNIT_CASE(instances_are_found_by_name_number_and_order),
	{}
};

static struct kunit_suite instance_suite = {
	.name = "alias_instance",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = instance_cases,
};

kunit_test_suite(instance_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: an instance's life");
