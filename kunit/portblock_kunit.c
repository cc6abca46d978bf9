// SPDX-License-Identifier: GPL-2.0
/* Blocks of ports: a table of the borders, and an oracle that tries each bit. */

#include <kunit/test.h>
#include <linux/module.h>
#include <linux/prandom.h>

#include "../kmod/portblock.c"

struct range_case {
	const char *name;
	unsigned int block;
	u16 min;
	u16 max;
	u64 usable;
};

static const struct range_case range_cases[] = {
	{ "all_ports_block_0", 0, 0, 65535, ~0ull },
	{ "all_ports_last_block", 1023, 0, 65535, ~0ull },
	{ "port_0_left_out", 0, 1, 65535, ~1ull },
	{ "last_port_alone", 1023, 65535, 65535, 1ull << 63 },
	{ "first_port_of_block_alone", 16, 1024, 1024, 1ull },
	{ "range_below_block", 17, 1024, 1087, 0 },
	{ "range_above_block", 15, 1024, 1087, 0 },
	{ "range_is_block", 16, 1024, 1087, ~0ull },
	{ "range_ends_in_block", 16, 1, 1025, 3ull },
	{ "range_begins_in_block", 16, 1086, 65535, 3ull << 62 },
	{ "range_within_block", 16, 1028, 1031, 0xf0ull },
	{ "reversed_is_empty", 16, 1087, 1024, 0 },
	{ "given_up_address", 0, 1, 0, 0 },
};

static void range_name(const struct range_case *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(range, range_cases, range_name);

static void usable_ports_at_the_borders(struct kunit *test)
{
	const struct range_case *row = test->param_value;

	KUNIT_EXPECT_EQ(test, alias_portblock_usable(row->block, row->min, row->max), row->usable);
}

static u64 oracle_usable(unsigned int block, u16 min, u16 max)
{
	unsigned int n;
	u64 usable = 0;

	for (n = 0; n < 64; n++)
		if (block * 64 + n >= min && block * 64 + n <= max)
			usable |= 1ull << n;
	return usable;
}

static void usable_ports_as_counted_one_by_one(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int n;

	prandom_seed_state(&rnd, 1);
	for (n = 0; n < 20000; n++) {
		unsigned int block = prandom_u32_state(&rnd) % 1024;
		u16 near = block * 64 + prandom_u32_state(&rnd) % 64;
		u16 min = n & 1 ? near : prandom_u32_state(&rnd);
		u16 max = n & 2 ? near : prandom_u32_state(&rnd);

		KUNIT_ASSERT_EQ_MSG(test, alias_portblock_usable(block, min, max),
				    oracle_usable(block, min, max), "block %u, %u-%u", block, min,
				    max);
	}
}

static int oracle_find(u64 used, u64 usable, unsigned int start)
{
	unsigned int n;

	for (n = 0; n < 64; n++) {
		unsigned int bit = (start + n) % 64;

		if (usable >> bit & 1 && !(used >> bit & 1))
			return bit;
	}
	return -1;
}

static void free_port_as_searched_one_by_one(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int n, start;

	prandom_seed_state(&rnd, 2);
	for (n = 0; n < 1000; n++) {
		u64 used = (u64)prandom_u32_state(&rnd) << 32 | prandom_u32_state(&rnd);
		u64 usable = (u64)prandom_u32_state(&rnd) << 32 | prandom_u32_state(&rnd);

		if (n & 1)	/* nearly full */
			used |= (u64)prandom_u32_state(&rnd) << 32 | prandom_u32_state(&rnd);
		for (start = 0; start < 64; start++)
			KUNIT_ASSERT_EQ_MSG(test, alias_portblock_find(used, usable, start),
					    oracle_find(used, usable, start),
					    "used %llx usable %llx start %u", used, usable, start);
	}
}

static void the_only_free_port_is_found_from_everywhere(struct kunit *test)
{
	unsigned int bit, start;

	for (bit = 0; bit < 64; bit++)
		for (start = 0; start < 64; start++)
			KUNIT_ASSERT_EQ(test, alias_portblock_find(~(1ull << bit), ~0ull, start),
					(int)bit);
}

static void a_full_block_has_none(struct kunit *test)
{
	unsigned int start;

	for (start = 0; start < 64; start++) {
		KUNIT_EXPECT_EQ(test, alias_portblock_find(~0ull, ~0ull, start), -1);
		KUNIT_EXPECT_EQ(test, alias_portblock_find(0, 0, start), -1);
		KUNIT_EXPECT_EQ(test, alias_portblock_find(0xf0, 0xf0, start), -1);
	}
}

static struct kunit_case portblock_cases[] = {
	KUNIT_CASE_PARAM(usable_ports_at_the_borders, range_gen_params),
	KUNIT_CASE(usable_ports_as_counted_one_by_one),
	KUNIT_CASE(free_port_as_searched_one_by_one),
	KUNIT_CASE(the_only_free_port_is_found_from_everywhere),
	KUNIT_CASE(a_full_block_has_none),
	{}
};

static struct kunit_suite portblock_suite = {
	.name = "alias_portblock",
	.test_cases = portblock_cases,
};

kunit_test_suite(portblock_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: blocks of ports");
