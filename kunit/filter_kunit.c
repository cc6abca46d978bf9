// SPDX-License-Identifier: GPL-2.0
/* Whom a link lets in, and how long. */

#include <linux/module.h>

#include "talk.h"

/* --- filters (RFC 4787 REQ-8, RFC 5382 REQ-3) --- */

struct filter_case {
	const char *name;
	enum alias_filter filter;
	bool tcp;
	/* A peer that was sent something, its other port, somebody else. */
	bool peer, port, stranger;
};

static const struct filter_case rows[] = {
	{ "eif_udp", ALIAS_FILTER_EIF, false, true, true, true },
	{ "adf_udp", ALIAS_FILTER_ADF, false, true, true, false },
	{ "apdf_udp", ALIAS_FILTER_APDF, false, true, false, false },
	{ "eif_tcp", ALIAS_FILTER_EIF, true, true, true, true },
	{ "adf_tcp", ALIAS_FILTER_ADF, true, true, true, false },
	{ "apdf_tcp", ALIAS_FILTER_APDF, true, true, false, false },
};

static void filter_name(const struct filter_case *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(filter, rows, filter_name);

static struct wire to_peer(const struct filter_case *row, unsigned int n)
{
	return row->tcp ? tcp(WIRE_SYN, n) : udp(n);
}

/* RFC 4787 REQ-8, RFC 5382 REQ-3 */
static void the_filter_lets_in_whom_it_should(struct kunit *test)
{
	const struct filter_case *row = test->param_value;
	struct alias_instance *inst = filtering(test, row->filter);
	struct wire after;
	unsigned int n, peers;

	/* With one peer in the link itself, then with several of them. */
	for (peers = 1; peers <= 5; peers += 2) {
		for (n = 0; n < peers; n++)
			after = fixture_out(test, inst, to_peer(row, n));
		for (n = 0; n < peers; n++) {
			expect_entry(test, inst, from(after, n, after.dport, WIRE_ACK), row->peer);
			expect_entry(test, inst, from(after, n, 77, WIRE_ACK), row->port);
		}
		expect_entry(test, inst, from(after, peers, after.dport, WIRE_ACK),
			     row->stranger);
		fixture_check(test, inst);
	}
}

static void a_stricter_filter_keeps_connections_that_are_there(struct kunit *test)
{
	const struct filter_case *row = test->param_value;
	struct alias_instance *inst = plain(test);
	struct wire after;
	unsigned int n;

	for (n = 0; n < 3; n++)
		after = fixture_out(test, inst, tcp(WIRE_SYN, n));
	memset(engine_settings(inst)->filter, row->filter, ALIAS_SPACES);
	for (n = 0; n < 3; n++)
		expect_entry(test, inst, from(after, n, 443, WIRE_SYN | WIRE_ACK), true);
	fixture_sweep(inst);
	for (n = 0; n < 3; n++)
		expect_entry(test, inst, from(after, n, 443, WIRE_ACK), true);
}

static void a_permission_ends_when_its_peer_was_sent_nothing_for_long(struct kunit *test)
{
	const struct filter_case *row = test->param_value;
	struct alias_instance *inst = filtering(test, row->filter);
	struct wire after;

	if (row->tcp || row->filter == ALIAS_FILTER_EIF)
		return;
	fixture_out(test, inst, udp(0));
	after = fixture_out(test, inst, udp(1));
	fixture_pass(299);
	fixture_out(test, inst, udp(1));
	expect_entry(test, inst, from(after, 0, 5000, 0), true);
	fixture_pass(1);
	expect_entry(test, inst, from(after, 0, 5000, 0), false);
	expect_entry(test, inst, from(after, 1, 5000, 0), true);
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, link_of(test, inst, UDP, &after)->flow.nr_peers, 0u);
	expect_entry(test, inst, from(after, 1, 5000, 0), true);
	expect_entry(test, inst, from(after, 0, 5000, 0), false);
}

static void an_address_may_enter_as_long_as_any_of_its_connections(struct kunit *test)
{
	struct alias_instance *inst = filtering(test, ALIAS_FILTER_ADF);
	struct wire after = connect(test, inst, 0);

	connect(test, inst, 1);
	close(test, inst, after, 0);
	fixture_pass(200);
	fixture_sweep(inst);
	expect_entry(test, inst, from(after, 0, 77, WIRE_SYN), true);
	fixture_pass(50);
	fixture_sweep(inst);
	expect_entry(test, inst, from(after, 0, 77, WIRE_SYN), false);
	expect_entry(test, inst, from(after, 1, 77, WIRE_SYN), true);
	fixture_check(test, inst);
}

static void no_answer_could_come_back_so_nothing_goes_out(struct kunit *test)
{
	struct alias_instance *inst = filtering(test, ALIAS_FILTER_APDF);
	unsigned int n;

	for (n = 0; n < ALIAS_PEERS_MAX; n++)
		fixture_out(test, inst, udp(n));
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, udp(n), NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_NO_MEMORY), 1ull);
	fixture_out(test, inst, udp(n - 1));
}

/* With ADF a connection takes two of a link's places, of its address and of its own;
 * here one is left.
 */
static void who_could_not_be_met_may_not_enter(struct kunit *test)
{
	struct alias_instance *inst = filtering(test, ALIAS_FILTER_ADF);
	struct alias_link *link;
	struct wire after, other = tcp(WIRE_SYN, 0);
	unsigned int n;

	other.dport++;
	fixture_out(test, inst, other);
	for (n = 0; n < ALIAS_PEERS_MAX / 2 - 1; n++)
		after = fixture_out(test, inst, tcp(WIRE_SYN, n));
	link = link_of(test, inst, TCP, &after);
	KUNIT_EXPECT_EQ(test, link->flow.nr_peers, ALIAS_PEERS_MAX - 1u);
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, tcp(WIRE_SYN, n), NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_NO_MEMORY), 1ull);
	KUNIT_EXPECT_EQ(test, link->flow.nr_peers, ALIAS_PEERS_MAX - 1u);
	expect_entry(test, inst, from(after, n, 443, WIRE_SYN), false);
	expect_entry(test, inst, from(after, n - 1, 77, WIRE_SYN), true);
	fixture_check(test, inst);
}

static void what_goes_nowhere_keeps_no_link_alive(struct kunit *test)
{
	struct alias_instance *inst = filtering(test, ALIAS_FILTER_APDF);
	struct wire after;
	unsigned int n;

	for (n = 0; n < ALIAS_PEERS_MAX; n++)
		after = fixture_out(test, inst, tcp(WIRE_SYN, n));
	fixture_pass(100);
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, tcp(WIRE_SYN, n), NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, alias_link_remaining(link_of(test, inst, TCP, &after),
						   engine_clock) / HZ, 140);
	for (n = 0; n < ALIAS_PEERS_MAX; n++)
		after = fixture_out(test, inst, udp(n));
	fixture_pass(100);
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, udp(n), NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, alias_link_remaining(link_of(test, inst, UDP, &after),
						   engine_clock) / HZ, 200);
}

/* RFC 5382 REQ-3b, RFC 5597 REQ-3b: one protocol's filter is not another's. */
static void filters_are_by_protocol(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after;

	engine_settings(inst)->filter[TCP] = ALIAS_FILTER_APDF;
	after = fixture_out(test, inst, tcp(WIRE_SYN, 0));
	expect_entry(test, inst, from(after, 1, 443, WIRE_SYN), false);
	after = fixture_out(test, inst, udp(0));
	expect_entry(test, inst, from(after, 1, 443, 0), true);

	engine_settings(inst)->filter[ALIAS_SPACE_DCCP] = ALIAS_FILTER_ADF;
	after = fixture_out(test, inst, fixture_wire(WIRE_DCCP, WIRE_DCCP_REQUEST, FIXTURE_INSIDE,
						     4000, FIXTURE_PEER, 443));
	expect_entry(test, inst, from(after, 0, 77, WIRE_DCCP_REQUEST), true);
	expect_entry(test, inst, from(after, 1, 443, WIRE_DCCP_REQUEST), false);
}

static void what_is_filtered_is_dropped_with_deny_in(struct kunit *test)
{
	struct alias_instance *inst = filtering(test, ALIAS_FILTER_APDF);
	struct wire after = fixture_out(test, inst, udp(0));

	engine_settings(inst)->flags |= ALIAS_F_DENY_IN;
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, IN, from(after, 1, 5000, 0), NULL),
			ALIAS_DROP);
}

/* RFC 4787 REQ-6a, RFC 7857 section 7 */
static void inward_packets_keep_a_link_alive_if_somebody_wants_it_so(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = fixture_out(test, inst, udp(0));
	unsigned int n;

	engine_settings(inst)->flags |= ALIAS_F_REFRESH_IN;
	for (n = 0; n < 5; n++) {
		fixture_pass(299);
		fixture_in(test, inst, from(after, 9, 9, 0));
	}
	fixture_pass(301);
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, IN, from(after, 0, 5000, 0), NULL),
			ALIAS_NO_MATCH);
}

static struct kunit_case filter_cases[] = {
	KUNIT_CASE_PARAM(the_filter_lets_in_whom_it_should, filter_gen_params),
	KUNIT_CASE_PARAM(a_stricter_filter_keeps_connections_that_are_there, filter_gen_params),
	KUNIT_CASE_PARAM(a_permission_ends_when_its_peer_was_sent_nothing_for_long,
			 filter_gen_params),
	KUNIT_CASE(an_address_may_enter_as_long_as_any_of_its_connections),
	KUNIT_CASE(no_answer_could_come_back_so_nothing_goes_out),
	KUNIT_CASE(who_could_not_be_met_may_not_enter),
	KUNIT_CASE(what_goes_nowhere_keeps_no_link_alive),
	KUNIT_CASE(filters_are_by_protocol),
	KUNIT_CASE(what_is_filtered_is_dropped_with_deny_in),
	KUNIT_CASE(inward_packets_keep_a_link_alive_if_somebody_wants_it_so),
	{}
};

static struct kunit_suite filter_suite = {
	.name = "alias_filter",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.init = talk_init,
	.test_cases = filter_cases,
};

kunit_test_suite(filter_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: filters");
