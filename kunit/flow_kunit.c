// SPDX-License-Identifier: GPL-2.0
/* Links that are for one peer only: endpoint-dependent mapping, and protocols
 * without ports.
 */

#include <linux/module.h>

#include "talk.h"

/* --- links for one peer (RFC 4787 section 4.1, RFC 7857 section 3) --- */

static struct alias_instance *dependent(struct kunit *test, u16 min, u16 max, u32 flags)
{
	struct alias_instance *inst = fixture_instance(test, 1, min, max, flags);

	memset(engine_settings(inst)->mapping, ALIAS_MAPPING_EDM, ALIAS_SPACES);
	return inst;
}

static void each_destination_has_a_mapping_of_its_own(struct kunit *test)
{
	struct alias_instance *inst = dependent(test, 1024, 65535, 0);
	struct wire a = fixture_out(test, inst, udp(0)), b = fixture_out(test, inst, udp(1));

	KUNIT_EXPECT_NE(test, a.sport, b.sport);
	KUNIT_EXPECT_EQ(test, inst->links[UDP], 2u);
	KUNIT_EXPECT_EQ(test, fixture_out(test, inst, udp(0)).sport, a.sport);
	KUNIT_EXPECT_EQ(test, fixture_in(test, inst, fixture_answer(b, 0)).dport, 4000);
	fixture_check(test, inst);
}

static void only_the_destination_may_answer(struct kunit *test)
{
	struct alias_instance *inst = dependent(test, 1024, 65535, 0);
	struct wire after = fixture_out(test, inst, udp(0));

	fixture_in(test, inst, from(after, 0, 5000, 0));
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, IN, from(after, 0, 5001, 0), NULL),
			ALIAS_NO_MATCH);
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, IN, from(after, 1, 5000, 0), NULL),
			ALIAS_NO_MATCH);
}

/* RFC 7857 section 3 */
static void different_destinations_share_a_port(struct kunit *test)
{
	struct alias_instance *inst = dependent(test, 3000, 3000, 0);
	struct wire *after = kunit_kcalloc(test, ALIAS_SHARERS_MAX, sizeof(*after), GFP_KERNEL);
	struct wire w;
	unsigned int n;

	KUNIT_ASSERT_NOT_NULL(test, after);
	for (n = 0; n < ALIAS_SHARERS_MAX; n++) {
		w = fixture_udp(FIXTURE_INSIDE + n, 4000, FIXTURE_PEER + n, 5000);
		after[n] = fixture_out(test, inst, w);
		KUNIT_EXPECT_EQ(test, after[n].sport, 3000);
	}
	fixture_check(test, inst);
	for (n = 0; n < ALIAS_SHARERS_MAX; n++)
		KUNIT_EXPECT_EQ(test, fixture_in(test, inst, fixture_answer(after[n], 0)).dst,
				FIXTURE_INSIDE + n);
	/* One too many, and one to a destination that is taken. */
	w = fixture_udp(FIXTURE_INSIDE, 4001, FIXTURE_PEER + n, 5000);
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, w, NULL), ALIAS_DROP);
	w.dst = FIXTURE_PEER;
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, w, NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_NO_PORT), 2ull);
	alias_instance_flush(inst);
	KUNIT_EXPECT_EQ(test, inst->links[UDP], 0u);
	fixture_check(test, inst);
}

static void one_of_those_that_share_a_port_goes_alone(struct kunit *test)
{
	struct alias_instance *inst = dependent(test, 3000, 3000, 0);
	struct wire after[3];
	unsigned int n, gone;

	for (gone = 0; gone < 3; gone++) {
		for (n = 0; n < 3; n++)
			after[n] = fixture_out(test, inst, udp(n));
		fixture_pass(299);
		for (n = 0; n < 3; n++)
			if (n != gone)
				fixture_out(test, inst, udp(n));
		fixture_pass(122);
		for (n = 0; n < 3; n++)
			if (n != gone)
				fixture_out(test, inst, udp(n));
		fixture_sweep(inst);
		KUNIT_EXPECT_EQ(test, inst->links[UDP], 2u);
		for (n = 0; n < 3; n++)
			KUNIT_EXPECT_EQ(test, fixture_send(test, inst, IN,
							   fixture_answer(after[n], 0), NULL),
					n == gone ? ALIAS_NO_MATCH : ALIAS_TRANSLATED);
		fixture_check(test, inst);
	}
}

static void same_ports_are_kept_where_destinations_differ(struct kunit *test)
{
	struct alias_instance *inst = dependent(test, 1024, 65535, ALIAS_F_SAME_PORTS);
	struct wire w = udp(0);

	KUNIT_EXPECT_EQ(test, fixture_out(test, inst, w).sport, 4000);
	w.src++;
	KUNIT_EXPECT_NE(test, fixture_out(test, inst, w).sport, 4000);
	w.dst++;
	KUNIT_EXPECT_EQ(test, fixture_out(test, inst, w).sport, 4000);
	fixture_check(test, inst);
}

static void flows_and_links_do_not_share_ports(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 3000, 3000, 0);

	engine_settings(inst)->mapping[TCP] = ALIAS_MAPPING_EDM;
	fixture_out(test, inst, udp(0));
	fixture_out(test, inst, tcp(WIRE_SYN, 0));
	fixture_out(test, inst, tcp(WIRE_SYN, 1));
	KUNIT_EXPECT_EQ(test, inst->links[TCP], 2u);
	KUNIT_EXPECT_EQ(test, inst->links[UDP], 1u);
	engine_settings(inst)->mapping[TCP] = ALIAS_MAPPING_EIM;
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, tcp(WIRE_SYN, 2), NULL), ALIAS_DROP);
	fixture_sweep(inst);
	engine_settings(inst)->mapping[TCP] = ALIAS_MAPPING_EDM;
	fixture_check(test, inst);
}

/* RFC 4787 REQ-11: how full it is makes no difference to what it does. */
static void a_full_address_makes_no_flows_of_links(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 3000, 3001, 0);
	unsigned int n;

	for (n = 0; n < 2; n++)
		fixture_out(test, inst, fixture_udp(FIXTURE_INSIDE, 4000 + n, FIXTURE_PEER, 53));
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT,
					   fixture_udp(FIXTURE_INSIDE, 4002, FIXTURE_PEER + 9, 53),
					   NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_NO_PORT), 1ull);
}

/* --- protocols without ports --- */

static struct wire esp(unsigned int host, unsigned int peer)
{
	return fixture_wire(WIRE_ESP, 0, FIXTURE_INSIDE + host, 0, FIXTURE_PEER + peer, 0);
}

static void a_protocol_without_ports_is_mapped_by_addresses(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 1024, 65535, 0);
	struct wire a = fixture_out(test, inst, esp(0, 0)), b = fixture_out(test, inst, esp(1, 1));

	KUNIT_EXPECT_EQ(test, a.src, FIXTURE_OUTSIDE);
	KUNIT_EXPECT_EQ(test, b.src, FIXTURE_OUTSIDE);
	KUNIT_EXPECT_EQ(test, fixture_in(test, inst, fixture_answer(a, 0)).dst, FIXTURE_INSIDE);
	KUNIT_EXPECT_EQ(test, fixture_in(test, inst, fixture_answer(b, 0)).dst,
			FIXTURE_INSIDE + 1);
	fixture_check(test, inst);
}

static void two_subscribers_to_one_peer_cannot_be_told_apart(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 1024, 65535, 0);

	fixture_out(test, inst, esp(0, 0));
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, esp(1, 0), NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_NO_PORT), 1ull);
	/* Another protocol is another thing. */
	fixture_out(test, inst, fixture_wire(47, 0, FIXTURE_INSIDE + 1, 0, FIXTURE_PEER, 0));
	fixture_check(test, inst);
}

static void nobody_takes_a_protocol_from_all_others(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 1024, 65535, 0);
	unsigned int n;

	for (n = 0; n < ALIAS_SHARES_MAX; n++)
		fixture_out(test, inst, esp(0, n));
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, esp(0, n), NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_NO_PORT), 1ull);
	fixture_out(test, inst, esp(1, n));
	fixture_check(test, inst);
}

static struct kunit_case flow_cases[] = {
	KUNIT_CASE(each_destination_has_a_mapping_of_its_own),
	KUNIT_CASE(only_the_destination_may_answer),
	KUNIT_CASE(different_destinations_share_a_port),
	KUNIT_CASE(one_of_those_that_share_a_port_goes_alone),
	KUNIT_CASE(same_ports_are_kept_where_destinations_differ),
	KUNIT_CASE(flows_and_links_do_not_share_ports),
	KUNIT_CASE(a_full_address_makes_no_flows_of_links),
	KUNIT_CASE(a_protocol_without_ports_is_mapped_by_addresses),
	KUNIT_CASE(two_subscribers_to_one_peer_cannot_be_told_apart),
	KUNIT_CASE(nobody_takes_a_protocol_from_all_others),
	{}
};

static struct kunit_suite flow_suite = {
	.name = "alias_flow",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.init = talk_init,
	.test_cases = flow_cases,
};

kunit_test_suite(flow_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: links for one peer");
