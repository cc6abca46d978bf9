// SPDX-License-Identifier: GPL-2.0
/* Housekeeping collects what is over, nothing else, and in slices. */

#include <linux/module.h>
#include <linux/prandom.h>

#include "fixture.h"

/* One UDP link in each of so many blocks: the inside port is kept. */
static struct alias_instance *in_blocks(struct kunit *test, unsigned int blocks)
{
	struct alias_instance *inst = fixture_instance(test, 1, 1024, 65535, ALIAS_F_SAME_PORTS);
	unsigned int n;

	for (n = 0; n < blocks; n++)
		fixture_out(test, inst, fixture_udp(FIXTURE_INSIDE + n % 50, 1024 + n * 64,
						    FIXTURE_PEER, 53));
	KUNIT_ASSERT_EQ(test, inst->links[ALIAS_SPACE_UDP], blocks);
	return inst;
}

static unsigned int left(const struct alias_instance *inst)
{
	return inst->links[ALIAS_SPACE_UDP];
}

static void nothing_live_or_resting_is_collected(struct kunit *test)
{
	struct alias_instance *inst = in_blocks(test, 100);

	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, left(inst), 100u);
	fixture_pass(419);
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, left(inst), 100u);
	fixture_pass(1);
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, left(inst), 0u);
	fixture_check(test, inst);
}

static void a_slice_looks_at_so_many_blocks_and_no_more(struct kunit *test)
{
	struct alias_instance *inst = in_blocks(test, 100);
	unsigned int n;

	fixture_pass(420);
	for (n = 1; n <= 14; n++) {
		KUNIT_EXPECT_FALSE(test, alias_housekeeping_sweep(inst, 7, engine_clock));
		KUNIT_EXPECT_EQ(test, left(inst), 100 - n * 7);
	}
	KUNIT_EXPECT_TRUE(test, alias_housekeeping_sweep(inst, 7, engine_clock));
	KUNIT_EXPECT_EQ(test, left(inst), 0u);
	fixture_check(test, inst);
}

static void live_blocks_count_towards_the_slice(struct kunit *test)
{
	struct alias_instance *inst = in_blocks(test, 100);
	unsigned int n;

	for (n = 0; n < 14; n++)
		KUNIT_EXPECT_FALSE(test, alias_housekeeping_sweep(inst, 7, engine_clock));
	KUNIT_EXPECT_TRUE(test, alias_housekeeping_sweep(inst, 7, engine_clock));
	KUNIT_EXPECT_EQ(test, left(inst), 100u);
}

static void a_round_ends_and_the_next_begins_at_the_beginning(struct kunit *test)
{
	struct alias_instance *inst = in_blocks(test, 10);

	KUNIT_EXPECT_FALSE(test, alias_housekeeping_sweep(inst, 10, engine_clock));
	KUNIT_EXPECT_TRUE(test, alias_housekeeping_sweep(inst, 1, engine_clock));
	fixture_pass(420);
	KUNIT_EXPECT_FALSE(test, alias_housekeeping_sweep(inst, 1, engine_clock));
	KUNIT_EXPECT_EQ(test, left(inst), 9u);
	KUNIT_EXPECT_NULL(test, fixture_at(inst, ALIAS_SPACE_UDP, 1024));
}

static void an_empty_instance_is_a_whole_round(struct kunit *test)
{
	struct alias_instance *inst = in_blocks(test, 0);

	KUNIT_EXPECT_TRUE(test, alias_housekeeping_sweep(inst, 1, engine_clock));
}

static void a_round_of_a_large_instance_takes_eight_ticks(struct kunit *test)
{
	struct alias_instance *inst = in_blocks(test, 240);
	unsigned int ticks = 1;

	KUNIT_EXPECT_EQ(test, sweep_size(inst), 30u);
	while (!alias_housekeeping_sweep(inst, sweep_size(inst), engine_clock))
		ticks++;
	KUNIT_EXPECT_GE(test, ticks, 8u);
	KUNIT_EXPECT_LE(test, ticks, 9u);
}

static void a_small_instance_is_swept_in_one_tick(struct kunit *test)
{
	struct alias_instance *inst = in_blocks(test, 10);

	KUNIT_EXPECT_TRUE(test, alias_housekeeping_sweep(inst, sweep_size(inst), engine_clock));
}

static void only_the_dead_of_a_mixed_block_are_collected(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 1024, 65535, ALIAS_F_SAME_PORTS);
	unsigned int n;

	for (n = 0; n < 64; n++)
		fixture_out(test, inst, fixture_udp(FIXTURE_INSIDE, 1024 + n, FIXTURE_PEER, 53));
	fixture_pass(200);
	for (n = 0; n < 64; n += 3)
		fixture_out(test, inst, fixture_udp(FIXTURE_INSIDE, 1024 + n, FIXTURE_PEER, 53));
	fixture_pass(220);
	fixture_sweep(inst);
	for (n = 0; n < 64; n++)
		KUNIT_EXPECT_EQ(test, !!fixture_at(inst, ALIAS_SPACE_UDP, 1024 + n), n % 3 == 0);
	fixture_check(test, inst);
}

static void the_round_survives_a_change_of_the_pool(struct kunit *test)
{
	struct alias_instance *inst = in_blocks(test, 100);
	struct alias_range range[] = { { FIXTURE_OUTSIDE - 9, FIXTURE_OUTSIDE + 9 } };
	struct alias_config config = { .pool = { 1024, 65535, 1, range } };

	fixture_pass(420);
	KUNIT_EXPECT_FALSE(test, alias_housekeeping_sweep(inst, 50, engine_clock));
	mutex_lock(&alias_net(&init_net)->mutex);
	KUNIT_EXPECT_EQ(test, alias_instance_change(inst, &config, false, NULL), 0);
	mutex_unlock(&alias_net(&init_net)->mutex);
	KUNIT_EXPECT_TRUE(test, alias_housekeeping_sweep(inst, 51, engine_clock));
	KUNIT_EXPECT_EQ(test, left(inst), 0u);
	fixture_check(test, inst);
}

/* The work itself, on the real clock of the workqueue: it finds the instances of
 * its namespace.
 */
static void the_work_collects_by_itself(struct kunit *test)
{
	struct alias_net *an = alias_net(&init_net);
	struct alias_instance *inst = in_blocks(test, 10);
	unsigned long end = jiffies + 30 * HZ;
	unsigned int links;

	mutex_lock(&an->mutex);
	KUNIT_EXPECT_EQ(test, alias_registry_add(an, inst), 0);
	mutex_unlock(&an->mutex);
	fixture_pass(420);
	do {
		schedule_timeout_uninterruptible(HZ / 10);
		links = READ_ONCE(inst->links[ALIAS_SPACE_UDP]);
	} while (links && time_before(jiffies, end));
	KUNIT_EXPECT_EQ(test, links, 0u);
	mutex_lock(&an->mutex);
	alias_registry_remove(an, inst);
	mutex_unlock(&an->mutex);
	synchronize_rcu();
}

static int housekeeping_test_init(struct kunit *test)
{
	WRITE_ONCE(engine_clock, 0x12345678);
	return 0;
}

static struct kunit_case housekeeping_cases[] = {
	KUNIT_CASE(nothing_live_or_resting_is_collected),
	KUNIT_CASE(a_slice_looks_at_so_many_blocks_and_no_more),
	KUNIT_CASE(live_blocks_count_towards_the_slice),
	KUNIT_CASE(a_round_ends_and_the_next_begins_at_the_beginning),
	KUNIT_CASE(an_empty_instance_is_a_whole_round),
	KUNIT_CASE(a_round_of_a_large_instance_takes_eight_ticks),
	KUNIT_CASE(a_small_instance_is_swept_in_one_tick),
	KUNIT_CASE(only_the_dead_of_a_mixed_block_are_collected),
	KUNIT_CASE(the_round_survives_a_change_of_the_pool),
	KUNIT_CASE(the_work_collects_by_itself),
	{}
};

static struct kunit_suite housekeeping_suite = {
	.name = "alias_housekeeping",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.init = housekeeping_test_init,
	.test_cases = housekeeping_cases,
};

kunit_test_suite(housekeeping_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: housekeeping");
