// SPDX-License-Identifier: GPL-2.0
/* Negative controls: each case provokes a real report of the kernel, and says so
 * in the log, for the rig's search of the log:
 *
 *	rig: splat expected: REGEX
 *	...			the report
 *	rig: splat over
 *
 * Only reports after which the kernel goes on watching stand here; lockdep's
 * own and KASAN's, after which it is off, are in control_nesting.c and
 * control_kasan.c.
 */

#include <linux/module.h>

#include "fixture.h"

#define UDP	ALIAS_SPACE_UDP
#define PORT	7000

static void announce(const char *regex)
{
	pr_info("rig: splat expected: %s\n", regex);
}

static void end_announcement(void)
{
	pr_info("rig: splat over\n");
}

static struct wire outward(void)
{
	return fixture_udp(FIXTURE_INSIDE, PORT, FIXTURE_PEER, 53);
}

static struct alias_instance *plain(struct kunit *test)
{
	return fixture_instance(test, 1, 1024, 65535, ALIAS_F_SAME_PORTS);
}

static void a_foreign_link_is_warned_of_once(struct kunit *test)
{
	struct alias_link *links[5];
	struct alias_instance *inst = plain(test);
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(links); n++) {
		struct wire w = outward(), after;

		w.sport += n;
		after = fixture_out(test, inst, w);
		links[n] = fixture_link(inst, UDP, &after);
		KUNIT_ASSERT_NOT_NULL(test, links[n]);
		links[n]->owner = (void *)0x5a5a5a5a5a5a5a5a;
		if (!n)
			announce("nft_alias: instance fixture .* holds link .* of no instance");
		KUNIT_EXPECT_EQ(test, fixture_send(test, inst, NFT_ALIAS_OUT, w, NULL), ALIAS_DROP);
		/* The others outside the announcement: a second warning fails the run. */
		if (!n)
			end_announcement();
		KUNIT_EXPECT_EQ(test, fixture_send(test, inst, NFT_ALIAS_IN,
						   fixture_answer(after, 0), NULL), ALIAS_DROP);
	}
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, NFT_ALIAS_OUT, ALIAS_FOREIGN), 5ull);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, NFT_ALIAS_IN, ALIAS_FOREIGN), 5ull);
	KUNIT_EXPECT_EQ(test, inst->aside, 10u);
	synchronize_rcu();
	for (n = 0; n < ARRAY_SIZE(links); n++)
		kmem_cache_free(link_cache, links[n]);
}

static void a_helper_without_the_lock_is_reported_by_lockdep(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = fixture_out(test, inst, outward());
	struct alias_link *link = fixture_link(inst, UDP, &after);

	KUNIT_ASSERT_NOT_NULL(test, link);
	/* Where it stands depends on what the compiler inlines. */
	announce("WARNING: .*/guard[.]h:");
	rcu_read_lock();
	alias_link_set_state(inst, link, &link->flow, ALIAS_LINK_ACTIVE, engine_clock);
	rcu_read_unlock();
	end_announcement();
}

/* Without lockdep's line, as on a production kernel: the lock is taken, but
 * past alias_lock().
 */
static void a_helper_without_alias_lock_is_reported_by_the_holder(struct kunit *test)
{
	struct alias_instance *inst = plain(test);

	announce("nft_alias: instance fixture is worked on without its lock");
	spin_lock_bh(&inst->lock);
	end_links(inst, &engine_pool(inst)->address[0]->ports[UDP], 1);
	spin_unlock_bh(&inst->lock);
	end_announcement();
}

static struct kunit_case guard_cases[] = {
	KUNIT_CASE(a_foreign_link_is_warned_of_once),
	/* In this order: the holder's is a WARN_ONCE(), which lockdep's case uses up. */
	KUNIT_CASE(a_helper_without_alias_lock_is_reported_by_the_holder),
	KUNIT_CASE(a_helper_without_the_lock_is_reported_by_lockdep),
	{}
};

static struct kunit_suite guard_suite = {
	.name = "alias_guard",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = guard_cases,
};

kunit_test_suite(guard_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: the guards fire");
