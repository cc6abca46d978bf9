// SPDX-License-Identifier: GPL-2.0
/* Configurations from netlink attributes that may say anything: each mistake has
 * its own error and its own sentence.
 */

#include <kunit/test.h>
#include <linux/module.h>

#include "../kmod/counters.c"
#include "../kmod/registry.c"
#include "../kmod/guard.c"
#include "../kmod/portblock.c"
#include "../kmod/ports.c"
#include "../kmod/pool.c"
#include "../kmod/timeout.c"
#include "../kmod/packet.c"
#include "../kmod/config.c"

unsigned int alias_net_id;

#define A(a, b, c, d)	((a) << 24 | (b) << 16 | (c) << 8 | (d))

/* Attributes as a row: what is 0 or NULL is left out, -1 is a 0 that is sent. */
struct row {
	const char *label;
	const char *name;
	s64 number;
	s32 min;
	s32 max;
	u32 range[3][2];
	int err;
	const char *sentence;
};

#define GOOD	.name = "pool7", .range = { { A(198, 51, 100, 1), A(198, 51, 100, 9) } }

static const struct row rows[] = {
	{ "minimal", GOOD },
	{ "one_address", .name = "a", .range = { { A(1, 2, 3, 4) } } },
	{ "all_said", GOOD, .number = 135, .min = 1, .max = 65535 },
	{ "one_port", GOOD, .min = 5000, .max = 5000 },
	{ "highest_number", GOOD, .number = U32_MAX },
	{ "longest_name", .name = "a23456789012345678901234567890b",
	  .range = { { A(1, 2, 3, 4) } } },
	{ "letters_of_names", .name = "Z9_-./\\", .range = { { A(1, 2, 3, 4) } } },
	{ "unsorted_ranges", .name = "a",
	  .range = { { 0x05000000, 0x05000004 }, { 0x01000000, 0x01000001 },
		     { 0xdf000000, 0xdf000000 } } },
	{ "neighbours", .name = "a", .range = { { 0x01000000, 0x01000003 },
						{ 0x01000004, 0x01000007 } } },
	{ "1024_addresses", .name = "a", .range = { { 0x01000000, 0x010003ff } } },
	{ "last_before_loopback", .name = "a", .range = { { A(126, 255, 255, 255) } } },
	{ "last_before_multicast", .name = "a", .range = { { A(223, 255, 255, 255) } } },
	{ "no_name", .range = { { A(1, 2, 3, 4) } }, .err = -EINVAL, .sentence = "needs a name" },
	{ "empty_name", .name = "", .range = { { A(1, 2, 3, 4) } }, .err = -EINVAL,
	  .sentence = "begins with a letter" },
	{ "digit_first", .name = "7a", .range = { { A(1, 2, 3, 4) } }, .err = -EINVAL,
	  .sentence = "begins with a letter" },
	{ "blank_in_name", .name = "a b", .range = { { A(1, 2, 3, 4) } }, .err = -EINVAL,
	  .sentence = "begins with a letter" },
	{ "newline_in_name", .name = "ab\n", .range = { { A(1, 2, 3, 4) } }, .err = -EINVAL,
	  .sentence = "begins with a letter" },
	{ "utf8_in_name", .name = "a\xc3\xa4", .range = { { A(1, 2, 3, 4) } }, .err = -EINVAL,
	  .sentence = "begins with a letter" },
	{ "name_too_long", .name = "a234567890123456789012345678901b",
	  .range = { { A(1, 2, 3, 4) } }, .err = -EINVAL, .sentence = "" },
	{ "number_0", GOOD, .number = -1, .err = -ERANGE, .sentence = "" },
	{ "port_0", GOOD, .min = -1, .err = -ERANGE, .sentence = "" },
	{ "ports_reversed", GOOD, .min = 2000, .max = 1999, .err = -ERANGE,
	  .sentence = "above the highest" },
	{ "max_below_default_min", GOOD, .max = 1000, .err = -ERANGE,
	  .sentence = "above the highest" },
	{ "no_address", .name = "a", .err = -EINVAL, .sentence = "needs an address" },
	{ "reversed_range", .name = "a", .range = { { 0x01000002, 0x01000001 } }, .err = -EINVAL,
	  .sentence = "is above the last" },
	{ "overlap", .name = "a", .range = { { 0x01000000, 0x01000003 },
					     { 0x01000003, 0x01000007 } },
	  .err = -EINVAL, .sentence = "given twice" },
	{ "range_in_range", .name = "a", .range = { { 0x01000002 }, { 0x01000000, 0x01000007 } },
	  .err = -EINVAL, .sentence = "given twice" },
	{ "1025_addresses", .name = "a", .range = { { 0x01000000, 0x01000400 } }, .err = -E2BIG,
	  .sentence = "at most 1024" },
	{ "half_the_internet", .name = "a", .range = { { 0x01000000, 0x7effffff } }, .err = -E2BIG,
	  .sentence = "at most 1024" },
	{ "this_network", .name = "a", .range = { { 0x00000001, 0x00000001 } }, .err = -EINVAL,
	  .sentence = "outside can answer" },
	{ "into_loopback", .name = "a", .range = { { 0x7effffff, 0x7f000000 } }, .err = -EINVAL,
	  .sentence = "outside can answer" },
	{ "around_loopback", .name = "a", .range = { { 0x7e000000, 0x80000000 } }, .err = -EINVAL,
	  .sentence = "outside can answer" },
	{ "multicast", .name = "a", .range = { { A(224, 0, 0, 0) } }, .err = -EINVAL,
	  .sentence = "outside can answer" },
	{ "broadcast", .name = "a", .range = { { 0xffffffff, 0xffffffff } }, .err = -EINVAL,
	  .sentence = "outside can answer" },
};

static void row_label(const struct row *row, char *desc)
{
	strscpy(desc, row->label, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(row, rows, row_label);

static int put_ranges(struct sk_buff *msg, const struct row *row)
{
	struct nlattr *nest;
	unsigned int n;
	int err = 0;

	for (n = 0; n < ARRAY_SIZE(row->range) && row->range[n][0]; n++) {
		nest = nla_nest_start(msg, ALIAS_A_INSTANCE_RANGE);
		err |= nla_put_be32(msg, ALIAS_A_RANGE_FIRST, htonl(row->range[n][0]));
		if (row->range[n][1])
			err |= nla_put_be32(msg, ALIAS_A_RANGE_LAST, htonl(row->range[n][1]));
		nla_nest_end(msg, nest);
	}
	return err;
}

static int put_row(struct sk_buff *msg, const struct row *row)
{
	int err = put_ranges(msg, row);

	if (row->name)
		err |= nla_put_string(msg, ALIAS_A_INSTANCE_NAME_STR, row->name);
	if (row->number)
		err |= nla_put_u32(msg, ALIAS_A_INSTANCE_NUMBER, max_t(s64, row->number, 0));
	if (row->min)
		err |= nla_put_u16(msg, ALIAS_A_INSTANCE_PORT_MIN, max(row->min, 0));
	if (row->max)
		err |= nla_put_u16(msg, ALIAS_A_INSTANCE_PORT_MAX, max(row->max, 0));
	return err;
}

/* Parses what was put into the nest that begins @msg. */
static int parse(struct sk_buff *msg, struct alias_config *config, struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[ALIAS_A_MAX + 1] = {};
	struct genl_info info = { .attrs = attrs, .extack = extack };

	if (msg)
		attrs[ALIAS_A_INSTANCE] = (struct nlattr *)msg->data;
	return alias_config_parse(&info, config);
}

static void free_msg(void *msg)
{
	kfree_skb(msg);
}

static struct sk_buff *message(struct kunit *test)
{
	struct sk_buff *msg = alloc_skb(4096, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_msg, msg), 0);
	return msg;
}

static void expect_ports(struct kunit *test, const struct row *row,
			 const struct alias_pool_config *pool)
{
	unsigned int n;

	KUNIT_EXPECT_EQ(test, pool->port_min, row->min ? row->min : 1024);
	KUNIT_EXPECT_EQ(test, pool->port_max, row->max ? row->max : 65535);
	for (n = 0; n < pool->nr_ranges; n++) {
		KUNIT_EXPECT_LE(test, pool->range[n].first, pool->range[n].last);
		if (n)
			KUNIT_EXPECT_GT(test, pool->range[n].first, pool->range[n - 1].last);
	}
}

static void each_configuration_is_taken_or_refused_with_its_sentence(struct kunit *test)
{
	const struct row *row = test->param_value;
	struct sk_buff *msg = message(test);
	struct nlattr *nest = nla_nest_start(msg, ALIAS_A_INSTANCE);
	struct netlink_ext_ack extack = {};
	struct alias_config config;

	KUNIT_ASSERT_EQ(test, put_row(msg, row), 0);
	nla_nest_end(msg, nest);
	KUNIT_EXPECT_EQ(test, parse(msg, &config, &extack), row->err);
	if (row->err) {
		KUNIT_EXPECT_NOT_NULL(test, extack._msg);
		if (extack._msg)
			KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(extack._msg, row->sentence), "%s",
						  extack._msg);
	} else {
		KUNIT_EXPECT_NULL(test, extack._msg);
		KUNIT_EXPECT_STREQ(test, config.name, row->name);
		KUNIT_EXPECT_EQ(test, config.number, (u32)row->number);
		expect_ports(test, row, &config.pool);
	}
	alias_config_release(&config);
}

/* A raw attribute after a good name and a good range. */
struct wrong {
	const char *label;
	int type;
	int length;
	u8 byte;
};

static const struct wrong wrongs[] = {
	{ "unknown_attribute", ALIAS_A_INSTANCE_MAX + 1, 4 },
	{ "answers_only_attribute", ALIAS_A_INSTANCE_RULES, 4 },
	{ "short_number", ALIAS_A_INSTANCE_NUMBER, 3, 1 },
	{ "long_number", ALIAS_A_INSTANCE_NUMBER, 8, 1 },
	{ "long_port", ALIAS_A_INSTANCE_PORT_MIN, 4, 1 },
	{ "empty_port", ALIAS_A_INSTANCE_PORT_MAX, 0 },
	{ "unknown_flag", ALIAS_A_INSTANCE_FLAGS, 4, 0x80 },
	{ "unknown_mapping", ALIAS_A_INSTANCE_MAPPING, 1, ALIAS_MAPPING_MAX + 1 },
	{ "unknown_filter", ALIAS_A_INSTANCE_FILTER, 1, ALIAS_FILTER_MAX + 1 },
	{ "range_is_no_nest", ALIAS_A_INSTANCE_RANGE, 8 },
	{ "range_is_empty", ALIAS_A_INSTANCE_RANGE | NLA_F_NESTED, 0 },
	{ "range_of_garbage", ALIAS_A_INSTANCE_RANGE | NLA_F_NESTED, 8, 0xff },
};

static void wrong_label(const struct wrong *wrong, char *desc)
{
	strscpy(desc, wrong->label, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(wrong, wrongs, wrong_label);

static void a_wrong_attribute_is_refused(struct kunit *test)
{
	static const struct row good = { "", GOOD };
	const struct wrong *wrong = test->param_value;
	struct sk_buff *msg = message(test);
	struct nlattr *nest = nla_nest_start(msg, ALIAS_A_INSTANCE), *attr;
	struct netlink_ext_ack extack = {};
	struct alias_config config;

	KUNIT_ASSERT_EQ(test, put_row(msg, &good), 0);
	attr = nla_reserve(msg, wrong->type, wrong->length);
	KUNIT_ASSERT_NOT_NULL(test, attr);
	memset(nla_data(attr), wrong->byte, wrong->length);
	nla_nest_end(msg, nest);
	KUNIT_EXPECT_LT(test, parse(msg, &config, &extack), 0);
	KUNIT_EXPECT_NOT_NULL(test, extack._msg);
	alias_config_release(&config);
}

static void no_description_is_refused(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	struct alias_config config;

	KUNIT_EXPECT_EQ(test, parse(NULL, &config, &extack), -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, extack._msg);
	alias_config_release(&config);
}

static bool naive_overlap(const struct alias_pool_config *a, const struct alias_pool_config *b)
{
	unsigned int i, j;

	for (i = 0; i < a->nr_ranges; i++)
		for (j = 0; j < b->nr_ranges; j++)
			if (a->range[i].first <= b->range[j].last &&
			    b->range[j].first <= a->range[i].last)
				return true;
	return false;
}

/* Sorted, without overlaps, from a bit per address. */
static void ranges_of_bits(u32 bits, struct alias_pool_config *pool)
{
	unsigned int n;

	pool->nr_ranges = 0;
	for (n = 0; n < 32; n++) {
		if (!(bits >> n & 1))
			continue;
		if (pool->nr_ranges && pool->range[pool->nr_ranges - 1].last == n - 1)
			pool->range[pool->nr_ranges - 1].last = n;
		else
			pool->range[pool->nr_ranges++] = (struct alias_range){ n, n };
	}
}

static void overlaps_of_two_pools_as_compared_one_by_one(struct kunit *test)
{
	struct alias_range range_a[16], range_b[16];
	struct alias_pool_config a = { .range = range_a }, b = { .range = range_b };
	unsigned int n, overlaps = 0, bits_a, bits_b;

	for (n = 0; n < 20000; n++) {
		bits_a = n * 0x9e3779b9u & (n * 0x85ebca6bu >> 3);
		bits_b = n * 0xc2b2ae35u & (n * 0x27d4eb2fu >> 2) & (n * 0x165667b1u >> 5);
		ranges_of_bits(bits_a, &a);
		ranges_of_bits(bits_b, &b);
		KUNIT_ASSERT_EQ(test, naive_overlap(&a, &b), !!(bits_a & bits_b));
		KUNIT_ASSERT_EQ(test, pools_overlap(&a, &b), !!(bits_a & bits_b));
		overlaps += !!(bits_a & bits_b);
	}
	KUNIT_EXPECT_GT(test, overlaps, 1000u);
	KUNIT_EXPECT_LT(test, overlaps, 19000u);
}

static struct kunit_case config_cases[] = {
	KUNIT_CASE_PARAM(each_configuration_is_taken_or_refused_with_its_sentence, row_gen_params),
	KUNIT_CASE_PARAM(a_wrong_attribute_is_refused, wrong_gen_params),
	KUNIT_CASE(no_description_is_refused),
	KUNIT_CASE(overlaps_of_two_pools_as_compared_one_by_one),
	{}
};

static struct kunit_suite config_suite = {
	.name = "alias_config",
	.test_cases = config_cases,
};

kunit_test_suite(config_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: configurations from netlink attributes");
