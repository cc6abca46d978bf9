// SPDX-License-Identifier: GPL-2.0
/* TCP states: a table of every transition, and a second model of a connection
 * that random packets must not be able to tell from the first.
 */

#include <kunit/test.h>
#include <linux/module.h>
#include <linux/prandom.h>

#include "../kmod/tcp.c"
#include "tcp_model.h"

#define OUT	NFT_ALIAS_OUT
#define IN	NFT_ALIAS_IN

#define O	ALIAS_LINK_OPENING
#define E	ALIAS_LINK_ESTABLISHED
#define FO	ALIAS_LINK_FIN_OUT
#define FI	ALIAS_LINK_FIN_IN
#define C	ALIAS_LINK_CLOSING
#define R	ALIAS_LINK_RESET

struct transition {
	const char *name;
	enum alias_link_state from;
	enum alias_link_state to[2][KINDS];
};

/* RFC 7857 section 2.1 with RFC 6146 section 3.5.2.2 behind it.
 *				  DATA FIN SYN SYN+FIN RST
 */
static const struct transition transitions[] = {
	{ "opening", O,		{ { O, O, O, O, O }, { E, FI, E, FI, O } } },
	{ "established", E,	{ { E, FO, E, FO, R }, { E, FI, E, FI, R } } },
	{ "fin_out", FO,	{ { FO, FO, O, O, R }, { FO, C, FO, C, R } } },
	{ "fin_in", FI,		{ { FI, C, O, O, R }, { FI, FI, FI, FI, R } } },
	{ "closing", C,		{ { C, C, O, O, C }, { C, C, C, C, C } } },
	{ "reset", R,		{ { E, FO, O, O, R }, { E, FI, R, R, R } } },
};

static void transition_name(const struct transition *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(transition, transitions, transition_name);

/* RFC 5382 REQ-2, RFC 7857 section 2.1 */
static void every_flag_byte_leads_where_the_table_says(struct kunit *test)
{
	const struct transition *row = test->param_value;
	unsigned int dir, flags;

	for (dir = OUT; dir <= IN; dir++)
		for (flags = 0; flags < 256; flags++)
			KUNIT_EXPECT_EQ_MSG(test, (int)alias_tcp_next(row->from, dir, flags),
					    (int)row->to[dir][kind_of(flags)],
					    "%s, flags %#x", dir == OUT ? "out" : "in", flags);
}

/* RFC 5382 REQ-2, RFC 7857 section 2.1: no sequence of packets leads out of the table. */
static void random_connections_follow_the_model(struct kunit *test)
{
	unsigned int visits[ALIAS_LINK_STATE_MAX + 1] = {};
	unsigned int connection, packet, n;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 3);
	for (connection = 0; connection < 2000; connection++) {
		enum alias_link_state state = O;
		struct tcp_model model = {};

		for (packet = 0; packet < 40; packet++) {
			u8 flags = tcp_model_flags(&rnd);
			enum nft_alias_direction dir = prandom_u32_state(&rnd) & 1 ? IN : OUT;

			state = alias_tcp_next(state, dir, flags);
			tcp_model_packet(&model, dir, flags);
			KUNIT_ASSERT_EQ_MSG(test, (int)state, (int)tcp_model_state(&model),
					    "connection %u packet %u", connection, packet);
			visits[state]++;
		}
	}
	for (n = 0; n < ARRAY_SIZE(transitions); n++)
		KUNIT_EXPECT_GT_MSG(test, visits[transitions[n].from], 100u, "%s",
				    transitions[n].name);
}

struct story_packet {
	enum nft_alias_direction dir;
	u8 flags;
	enum alias_link_state then;
};

static void tell(struct kunit *test, const struct story_packet *story, unsigned int packets)
{
	enum alias_link_state state = O;
	unsigned int n;

	for (n = 0; n < packets; n++) {
		state = alias_tcp_next(state, story[n].dir, story[n].flags);
		KUNIT_EXPECT_EQ_MSG(test, (int)state, (int)story[n].then, "packet %u", n);
	}
}

static void a_whole_connection(struct kunit *test)
{
	static const struct story_packet story[] = {
		{ OUT, 0x02, O }, { OUT, 0x02, O }, { IN, 0x12, E }, { OUT, 0x10, E },
		{ OUT, 0x18, E }, { IN, 0x18, E }, { OUT, 0x11, FO }, { IN, 0x10, FO },
		{ IN, 0x18, FO }, { IN, 0x11, C }, { OUT, 0x10, C },
	};

	tell(test, story, ARRAY_SIZE(story));
}

static void the_same_port_is_opened_again(struct kunit *test)
{
	static const struct story_packet story[] = {
		{ IN, 0x12, E }, { IN, 0x11, FI }, { OUT, 0x11, C }, { OUT, 0x02, O },
		{ IN, 0x12, E },
	};

	tell(test, story, ARRAY_SIZE(story));
}

static void data_after_a_forged_reset_shows_life(struct kunit *test)
{
	static const struct story_packet story[] = {
		{ IN, 0x12, E }, { IN, 0x04, R }, { OUT, 0x18, E },
		{ OUT, 0x04, R }, { IN, 0x18, E },
	};

	tell(test, story, ARRAY_SIZE(story));
}

static void a_syn_from_outside_does_not_revive(struct kunit *test)
{
	static const struct story_packet story[] = {
		{ IN, 0x12, E }, { IN, 0x04, R }, { IN, 0x02, R },
		{ OUT, 0x11, FO }, { IN, 0x11, C }, { IN, 0x02, C },
	};

	tell(test, story, ARRAY_SIZE(story));
}

/* RFC 6146 section 3.5.2.2: or a late retransmission would keep it for hours. */
static void a_reset_after_the_end_changes_nothing(struct kunit *test)
{
	static const struct story_packet story[] = {
		{ IN, 0x12, E }, { OUT, 0x11, FO }, { IN, 0x11, C }, { OUT, 0x04, C },
		{ IN, 0x18, C }, { IN, 0x04, C }, { OUT, 0x10, C },
	};

	tell(test, story, ARRAY_SIZE(story));
}

static void a_repeated_fin_closes_one_half_only(struct kunit *test)
{
	static const struct story_packet story[] = {
		{ IN, 0x12, E }, { OUT, 0x11, FO }, { OUT, 0x11, FO }, { OUT, 0x11, FO },
	};

	tell(test, story, ARRAY_SIZE(story));
}

static struct kunit_case tcp_cases[] = {
	KUNIT_CASE_PARAM(every_flag_byte_leads_where_the_table_says, transition_gen_params),
	KUNIT_CASE(random_connections_follow_the_model),
	KUNIT_CASE(a_whole_connection),
	KUNIT_CASE(the_same_port_is_opened_again),
	KUNIT_CASE(data_after_a_forged_reset_shows_life),
	KUNIT_CASE(a_syn_from_outside_does_not_revive),
	KUNIT_CASE(a_reset_after_the_end_changes_nothing),
	KUNIT_CASE(a_repeated_fin_closes_one_half_only),
	{}
};

static struct kunit_suite tcp_suite = {
	.name = "alias_tcp",
	.test_cases = tcp_cases,
};

kunit_test_suite(tcp_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: TCP states");
