// SPDX-License-Identifier: GPL-2.0
/* No timeout is below what the RFCs allow. */

#include <kunit/test.h>
#include <linux/module.h>

#include "../kmod/timeout.c"

static struct alias_timeouts usual;

static int timeout_init(struct kunit *test)
{
	alias_timeouts_default(&usual);
	return 0;
}

struct floor_case {
	const char *name;
	enum alias_space space;
	enum alias_link_state state;
	unsigned int floor;
};

static const struct floor_case floor_cases[] = {
	/* RFC 4787 REQ-5c: the default 5 minutes or more */
	{ "udp_rfc4787_req5", ALIAS_SPACE_UDP, ALIAS_LINK_ACTIVE, 300 },
	/* RFC 5382 REQ-5: established 2 h 4 min, transitory 4 min; RFC 7857 section 2.2
	 * lets an operator choose less for the opening
	 */
	{ "tcp_established_rfc5382_req5", ALIAS_SPACE_TCP, ALIAS_LINK_ESTABLISHED, 7440 },
	{ "tcp_opening_rfc5382_req5", ALIAS_SPACE_TCP, ALIAS_LINK_OPENING, 240 },
	{ "tcp_closing_rfc5382_req5", ALIAS_SPACE_TCP, ALIAS_LINK_CLOSING, 240 },
	{ "tcp_reset_rfc7857_2_3", ALIAS_SPACE_TCP, ALIAS_LINK_RESET, 240 },
	/* half-closed is established: data may flow one way for hours */
	{ "tcp_fin_out_rfc7857_2_1", ALIAS_SPACE_TCP, ALIAS_LINK_FIN_OUT, 7440 },
	{ "tcp_fin_in_rfc7857_2_1", ALIAS_SPACE_TCP, ALIAS_LINK_FIN_IN, 7440 },
	/* RFC 5508 REQ-2 */
	{ "icmp_rfc5508_req2", ALIAS_SPACE_ICMP, ALIAS_LINK_ACTIVE, 60 },
};

static void floor_name(const struct floor_case *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(floor, floor_cases, floor_name);

/* RFC 5382 REQ-5, RFC 5508 REQ-2 */
static void life_is_not_below_the_floor(struct kunit *test)
{
	const struct floor_case *row = test->param_value;

	KUNIT_EXPECT_GE(test, alias_timeout_seconds(&usual, row->space, row->state, 0), row->floor);
}

/* RFC 4787 REQ-5c: the promised defaults, not merely the floors. */
static void life_is_the_documented_default(struct kunit *test)
{
	const struct floor_case *row = test->param_value;

	KUNIT_EXPECT_EQ(test, alias_timeout_seconds(&usual, row->space, row->state, 0), row->floor);
}

static void a_port_rests_120_s_but_for_tcp(struct kunit *test)
{
	/* RFC 6888 REQ-8, REQ-8A: the exception is what is tracked, as TCP */
	KUNIT_EXPECT_GE(test, alias_timeout_hold_seconds(&usual, ALIAS_SPACE_UDP), 120u);
	KUNIT_EXPECT_GE(test, alias_timeout_hold_seconds(&usual, ALIAS_SPACE_ICMP), 120u);
	KUNIT_EXPECT_EQ(test, alias_timeout_hold_seconds(&usual, ALIAS_SPACE_TCP), 0u);
}

static void every_sum_of_times_fits_the_clock(struct kunit *test)
{
	unsigned int space, state;

	/* Also the longest that anybody can ask for. */
	KUNIT_EXPECT_LT(test, 2ull * ALIAS_TIMEOUT_SECONDS_MAX * HZ, (u64)S32_MAX);

	/* Times are compared as signed 32-bit jiffies. */
	for (space = 0; space < ALIAS_SPACES; space++)
		for (state = 0; state <= ALIAS_LINK_STATE_MAX; state++)
			KUNIT_EXPECT_LT(test,
					((u64)alias_timeout_seconds(&usual, space, state, 0) +
					 alias_timeout_hold_seconds(&usual, space)) * HZ,
					(u64)S32_MAX);
}

static struct kunit_case timeout_cases[] = {
	KUNIT_CASE_PARAM(life_is_not_below_the_floor, floor_gen_params),
	KUNIT_CASE_PARAM(life_is_the_documented_default, floor_gen_params),
	KUNIT_CASE(a_port_rests_120_s_but_for_tcp),
	KUNIT_CASE(every_sum_of_times_fits_the_clock),
	{}
};

static struct kunit_suite timeout_suite = {
	.name = "alias_timeout",
	.init = timeout_init,
	.test_cases = timeout_cases,
};

kunit_test_suite(timeout_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: timeouts");
