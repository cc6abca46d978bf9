// SPDX-License-Identifier: GPL-2.0
/* Which port a new link gets, and who is refused without the lock. */

#include <linux/module.h>
#include <linux/prandom.h>

#include "fixture.h"

#define UDP	ALIAS_SPACE_UDP
#define PORTS	8

static struct wire from_inside(unsigned int sub, u16 port)
{
	return fixture_udp(FIXTURE_INSIDE + sub, port, FIXTURE_PEER, 53);
}

/* Whether a packet is refused before anyone takes the lock. */
static bool asked(struct alias_instance *inst, unsigned int sub, u16 port)
{
	struct wire w = from_inside(sub, port);
	struct alias_flow flow = engine_flow(UDP, &w, NFT_ALIAS_OUT);
	bool hopeless;

	rcu_read_lock();
	hopeless = alias_claim_is_hopeless(inst, &flow, engine_clock);
	rcu_read_unlock();
	return hopeless;
}

/* And whether it would be if someone had just been refused. */
static bool is_hopeless(struct alias_instance *inst, unsigned int sub, u16 port)
{
	WRITE_ONCE(inst->refused, engine_clock);
	return asked(inst, sub, port);
}

/* Subscribers from @sub on, until no port of any address is left. */
static void use_up(struct kunit *test, struct alias_instance *inst, unsigned int addresses)
{
	unsigned int n;

	for (n = 0; n < addresses * PORTS; n++)
		fixture_out(test, inst, from_inside(n, 2000 + n % PORTS));
}

static void who_has_used_up_all_ports_is_refused_without_the_lock(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 2, 2000, 2000 + PORTS - 1, 0);

	KUNIT_EXPECT_FALSE(test, is_hopeless(inst, 0, 1));
	use_up(test, inst, 2);
	KUNIT_EXPECT_TRUE(test, is_hopeless(inst, 0, 1));
	/* Somebody new, too */
	KUNIT_EXPECT_TRUE(test, is_hopeless(inst, 100, 1));
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, NFT_ALIAS_OUT, from_inside(100, 1), NULL),
			ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, NFT_ALIAS_OUT, ALIAS_NO_PORT), 1ull);
	/* A dying instance has another answer. */
	WRITE_ONCE(inst->dying, true);
	KUNIT_EXPECT_FALSE(test, is_hopeless(inst, 0, 1));
	WRITE_ONCE(inst->dying, false);
}

/* The first takes the lock, the others of the next second do not. */
static void only_after_a_refusal_is_the_question_asked(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 2000, 2000 + PORTS - 1, 0);

	fixture_pass(10);
	use_up(test, inst, 1);
	KUNIT_EXPECT_FALSE(test, asked(inst, 100, 1));
	fixture_send(test, inst, NFT_ALIAS_OUT, from_inside(100, 1), NULL);
	KUNIT_EXPECT_TRUE(test, asked(inst, 100, 1));
	fixture_pass(1);
	KUNIT_EXPECT_TRUE(test, asked(inst, 100, 1));
	fixture_pass(1);
	KUNIT_EXPECT_FALSE(test, asked(inst, 100, 1));
}

static void an_address_with_a_port_left_is_hope_for_who_is_new(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 2, 2000, 2000 + PORTS - 1, 0);

	use_up(test, inst, 2);
	fixture_pass(1);
	alias_lock(inst);
	alias_link_end(inst, fixture_at(inst, UDP, 2003));
	alias_unlock(inst);
	KUNIT_EXPECT_FALSE(test, is_hopeless(inst, 100, 1));
	fixture_out(test, inst, from_inside(100, 1));
	KUNIT_EXPECT_TRUE(test, is_hopeless(inst, 101, 1));
	fixture_check(test, inst);
}

static void a_port_that_is_over_is_hope_for_who_wants_it(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 2000, 2000 + PORTS - 1,
						       ALIAS_F_SAME_PORTS);

	use_up(test, inst, 1);
	KUNIT_EXPECT_TRUE(test, is_hopeless(inst, 100, 2003));
	/* Over, and not collected */
	fixture_pass(3600);
	KUNIT_EXPECT_FALSE(test, is_hopeless(inst, 100, 2003));
	KUNIT_EXPECT_EQ(test, fixture_out(test, inst, from_inside(100, 2003)).sport, 2003);
	KUNIT_EXPECT_TRUE(test, is_hopeless(inst, 101, 2003));
	fixture_check(test, inst);
}

static void links_that_share_ports_are_not_judged_early(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 2000, 2000 + PORTS - 1, 0);

	engine_settings(inst)->mapping[UDP] = ALIAS_MAPPING_EDM;
	use_up(test, inst, 1);
	KUNIT_EXPECT_FALSE(test, is_hopeless(inst, 100, 1));
}

static void a_large_pool_is_known_to_be_full(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 30, 2000, 2000 + PORTS - 1, 0);

	use_up(test, inst, 30);
	KUNIT_EXPECT_TRUE(test, is_hopeless(inst, 1000, 1));
	alias_instance_flush(inst);
	KUNIT_EXPECT_FALSE(test, is_hopeless(inst, 1000, 1));
	fixture_check(test, inst);
}

static void of_a_large_pool_the_lock_decides_who_has_the_same_port(struct kunit *test)
{
	const unsigned int addresses = ALIAS_HOPELESS_ADDRESSES + 1;
	struct alias_instance *inst = fixture_instance(test, addresses, 2000, 2000 + PORTS - 1,
						       ALIAS_F_SAME_PORTS);

	use_up(test, inst, addresses);
	KUNIT_EXPECT_FALSE(test, is_hopeless(inst, 1000, 1));
	KUNIT_EXPECT_TRUE(test, is_hopeless(inst, 0, 2000));
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, NFT_ALIAS_OUT, from_inside(1000, 1), NULL),
			ALIAS_DROP);
}

/* Who has a link, live or resting, is not asked. */
static bool is_refused_early(struct kunit *test, struct alias_instance *inst, unsigned int sub,
			     u16 port)
{
	struct wire w = from_inside(sub, port);
	struct alias_flow flow = engine_flow(UDP, &w, NFT_ALIAS_OUT);
	enum alias_reason why = ALIAS_FINE;
	struct alias_link *link;
	bool known;

	rcu_read_lock();
	known = alias_link_find_out(inst, &flow);
	rcu_read_unlock();
	if (known || !is_hopeless(inst, sub, port))
		return false;
	alias_lock(inst);
	link = alias_claim_link(inst, &flow, engine_clock, &why);
	alias_unlock(inst);
	KUNIT_ASSERT_NULL(test, link);
	KUNIT_ASSERT_EQ(test, why, ALIAS_NO_PORT);
	return true;
}

static void try_everybody(struct kunit *test, u32 flags)
{
	struct alias_instance *inst = fixture_instance(test, 2, 2000, 2000 + PORTS - 1, flags);
	unsigned int n, early = 0, late = 0, opened = 0;
	struct rnd_state dice;

	prandom_seed_state(&dice, 20);
	for (n = 0; n < 5000; n++) {
		unsigned int sub = prandom_u32_state(&dice) % 12;
		u16 port = 1998 + prandom_u32_state(&dice) % (PORTS + 4);
		bool refused = is_refused_early(test, inst, sub, port);

		early += refused;
		if (fixture_send(test, inst, NFT_ALIAS_OUT, from_inside(sub, port), NULL) ==
		    ALIAS_TRANSLATED)
			opened++;
		else
			late += !refused;
		fixture_pass(prandom_u32_state(&dice) % 40);
		if (!(prandom_u32_state(&dice) % 64))
			fixture_sweep(inst);
	}
	kunit_info(test, "%u refused early, %u under the lock, %u pass\n", early, late, opened);
	KUNIT_EXPECT_GT(test, early, 100u);
	KUNIT_EXPECT_GT(test, opened, 1000u);
	fixture_check(test, inst);
}

static void nobody_is_refused_early_who_would_get_a_port(struct kunit *test)
{
	try_everybody(test, 0);
}

static void nobody_is_refused_early_who_would_get_the_same_port(struct kunit *test)
{
	try_everybody(test, ALIAS_F_SAME_PORTS);
}

static struct kunit_case claim_cases[] = {
	KUNIT_CASE(who_has_used_up_all_ports_is_refused_without_the_lock),
	KUNIT_CASE(only_after_a_refusal_is_the_question_asked),
	KUNIT_CASE(an_address_with_a_port_left_is_hope_for_who_is_new),
	KUNIT_CASE(a_port_that_is_over_is_hope_for_who_wants_it),
	KUNIT_CASE(links_that_share_ports_are_not_judged_early),
	KUNIT_CASE(a_large_pool_is_known_to_be_full),
	KUNIT_CASE(of_a_large_pool_the_lock_decides_who_has_the_same_port),
	KUNIT_CASE_SLOW(nobody_is_refused_early_who_would_get_a_port),
	KUNIT_CASE_SLOW(nobody_is_refused_early_who_would_get_the_same_port),
	{}
};

static struct kunit_suite claim_suite = {
	.name = "alias_claim",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = claim_cases,
};

kunit_test_suite(claim_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: which port a new link gets");
