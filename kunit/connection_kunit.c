// SPDX-License-Identifier: GPL-2.0
/* A link and its peers: which connections it carries, whom it lets in, how long
 * it lives by them; and links that are for one peer only.
 *
 *	inside 100.64.0.x:4000 --- instance 198.51.100.128 --- peers 192.0.2.1 ...
 */

#include <linux/module.h>
#include <linux/prandom.h>

#include "fixture.h"

#define OUT	NFT_ALIAS_OUT
#define IN	NFT_ALIAS_IN
#define UDP	ALIAS_SPACE_UDP
#define TCP	ALIAS_SPACE_TCP

static struct alias_instance *filtering(struct kunit *test, enum alias_filter filter)
{
	struct alias_instance *inst = fixture_instance(test, 1, 1024, 65535, 0);

	memset(engine_settings(inst)->filter, filter, ALIAS_SPACES);
	return inst;
}

static struct alias_instance *plain(struct kunit *test)
{
	return filtering(test, ALIAS_FILTER_EIF);
}

/* To the n-th peer. */
static struct wire tcp(u8 flags, unsigned int n)
{
	return fixture_tcp(flags, FIXTURE_INSIDE, 4000, FIXTURE_PEER + n, 443);
}

static struct wire udp(unsigned int n)
{
	return fixture_udp(FIXTURE_INSIDE, 4000, FIXTURE_PEER + n, 5000);
}

static struct wire from(struct wire after, unsigned int n, u16 port, u8 flags)
{
	struct wire back = fixture_answer(after, flags);

	back.src = FIXTURE_PEER + n;
	back.sport = port;
	return back;
}

static void move_clock(unsigned int seconds)
{
	fixture_pass(seconds);
}

static struct alias_link *link_of(struct kunit *test, struct alias_instance *inst,
				  enum alias_space space, const struct wire *after)
{
	struct alias_link *link = fixture_link(inst, space, after);

	KUNIT_ASSERT_NOT_NULL(test, link);
	return link;
}

static s32 seconds_left(struct alias_instance *inst, const struct wire *after)
{
	return alias_link_remaining(fixture_link(inst, TCP, after), engine_clock) / (s32)HZ;
}

/* A whole opening with the n-th peer. */
static struct wire connect(struct kunit *test, struct alias_instance *inst, unsigned int n)
{
	struct wire after = fixture_out(test, inst, tcp(WIRE_SYN, n));

	fixture_in(test, inst, fixture_answer(after, WIRE_SYN | WIRE_ACK));
	fixture_out(test, inst, tcp(WIRE_ACK, n));
	return after;
}

static void close(struct kunit *test, struct alias_instance *inst, struct wire after,
		  unsigned int n)
{
	fixture_out(test, inst, tcp(WIRE_FIN | WIRE_ACK, n));
	fixture_in(test, inst, from(after, n, 443, WIRE_FIN | WIRE_ACK));
	fixture_out(test, inst, tcp(WIRE_ACK, n));
}

/* --- several connections through one mapping (RFC 5382 REQ-1) --- */

static void each_peer_of_a_shared_link_has_a_state_of_its_own(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = connect(test, inst, 0);
	struct alias_link *link = link_of(test, inst, TCP, &after);

	fixture_out(test, inst, tcp(WIRE_SYN, 1));
	KUNIT_EXPECT_EQ(test, link->flow.nr_peers, 2u);
	fixture_check(test, inst);
	/* The new one is opening, and its reset is not the old one's. */
	fixture_in(test, inst, from(after, 1, 443, WIRE_RST));
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 7440);
}

/* RFC 7857 section 2: it is the longest that counts, as long as it is there and
 * no longer.
 */
static void a_shared_link_lives_as_long_as_its_longest_connection(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = connect(test, inst, 0);

	connect(test, inst, 1);
	close(test, inst, after, 0);
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 7440);
	move_clock(1000);
	close(test, inst, after, 1);
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 240);
	move_clock(240);
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->out.nelems), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->peers.nelems), 0);
}

static void a_link_with_one_peer_left_is_no_shared_one_any_more(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = connect(test, inst, 0);
	struct alias_link *link = link_of(test, inst, TCP, &after);

	connect(test, inst, 1);
	close(test, inst, after, 0);
	move_clock(241);
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, link->flow.nr_peers, 0u);
	KUNIT_EXPECT_EQ(test, (int)(link->flags & ALIAS_LINK_F_SHARED), 0);
	KUNIT_EXPECT_EQ(test, ntohl(link->flow.peer_addr), FIXTURE_PEER + 1);
	KUNIT_EXPECT_EQ(test, ntohs(link->flow.peer_port), 443);
	KUNIT_EXPECT_EQ(test, (int)link->state, (int)ALIAS_LINK_ESTABLISHED);
	fixture_check(test, inst);
	/* And goes on as if it had always been so. */
	fixture_out(test, inst, tcp(WIRE_ACK, 1));
	fixture_in(test, inst, from(after, 1, 443, WIRE_RST));
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 240);
}

static void a_peer_that_is_silent_is_forgotten_and_the_other_stays(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = connect(test, inst, 0);
	unsigned int n;

	connect(test, inst, 1);
	for (n = 0; n < 75; n++) {
		move_clock(100);
		fixture_out(test, inst, tcp(WIRE_ACK, 1));
		fixture_sweep(inst);
	}
	KUNIT_EXPECT_EQ(test, link_of(test, inst, TCP, &after)->flow.nr_peers, 0u);
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 7440);
	fixture_check(test, inst);
}

/* RFC 5382 REQ-2: whichever side begins. */
static void a_stranger_that_is_answered_becomes_a_peer(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = connect(test, inst, 0);

	close(test, inst, after, 0);
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 240);
	fixture_in(test, inst, from(after, 7, 999, WIRE_SYN));
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 240);
	fixture_out(test, inst, fixture_tcp(WIRE_SYN | WIRE_ACK, FIXTURE_INSIDE, 4000,
					    FIXTURE_PEER + 7, 999));
	fixture_in(test, inst, from(after, 7, 999, WIRE_ACK));
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 7440);
}

/* RFC 5382 REQ-2a */
static void a_simultaneous_open_establishes(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = fixture_out(test, inst, tcp(WIRE_SYN, 0));

	fixture_in(test, inst, fixture_answer(after, WIRE_SYN));
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 7440);
	fixture_out(test, inst, tcp(WIRE_SYN | WIRE_ACK, 0));
	fixture_in(test, inst, fixture_answer(after, WIRE_SYN | WIRE_ACK));
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 7440);
}

/* RFC 6888 REQ-5: what one link takes of memory is bounded. */
static void a_link_with_too_many_peers_lives_as_if_all_were_open(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = connect(test, inst, 0);
	struct alias_link *link = link_of(test, inst, TCP, &after);
	unsigned int n;

	for (n = 1; n < ALIAS_PEERS_MAX + 5; n++)
		fixture_out(test, inst, tcp(WIRE_SYN, n));
	KUNIT_EXPECT_EQ(test, link->flow.nr_peers, (unsigned int)ALIAS_PEERS_MAX);
	close(test, inst, after, 0);
	move_clock(250);
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 7440 - 250);
	fixture_check(test, inst);
}

/* Between the moment in which a packet found its link and the lock, somebody
 * flushed: peers of a link that is gone would be met again by whatever link gets
 * its memory.
 */
static void a_link_that_has_ended_gets_no_peers(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = connect(test, inst, 0);
	struct alias_link *link = link_of(test, inst, TCP, &after);
	struct alias_flow flow = link->flow;

	flow.peer_addr = htonl(FIXTURE_PEER + 1);
	rcu_read_lock();
	alias_lock(inst);
	alias_link_end(inst, link);
	alias_unlock(inst);
	KUNIT_EXPECT_TRUE(test, meet_peer(inst, link, &flow, WIRE_SYN, engine_clock));
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->peers.nelems), 0);
	fixture_check(test, inst);
}

/* --- filters (RFC 4787 REQ-8, RFC 5382 REQ-3) --- */

struct filter_case {
	const char *name;
	enum alias_filter filter;
	bool tcp;
	/* A peer that was sent something, its other port, somebody else. */
	bool peer, port, stranger;
};

static const struct filter_case filter_cases[] = {
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

KUNIT_ARRAY_PARAM(filter, filter_cases, filter_name);

static struct wire to_peer(const struct filter_case *row, unsigned int n)
{
	return row->tcp ? tcp(WIRE_SYN, n) : udp(n);
}

static void expect_entry(struct kunit *test, struct alias_instance *inst, struct wire w, bool may)
{
	u64 before = fixture_refused(inst, IN, ALIAS_FILTERED);

	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, IN, w, NULL),
			may ? ALIAS_TRANSLATED : ALIAS_NO_MATCH);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, IN, ALIAS_FILTERED), before + !may);
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
	move_clock(299);
	fixture_out(test, inst, udp(1));
	expect_entry(test, inst, from(after, 0, 5000, 0), true);
	move_clock(1);
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
	move_clock(200);
	fixture_sweep(inst);
	expect_entry(test, inst, from(after, 0, 77, WIRE_SYN), true);
	move_clock(50);
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
		move_clock(299);
		fixture_in(test, inst, from(after, 9, 9, 0));
	}
	move_clock(301);
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, IN, from(after, 0, 5000, 0), NULL),
			ALIAS_NO_MATCH);
}

/* --- times (RFC 4787 REQ-5) --- */

/* RFC 4787 REQ-5a */
static void a_question_to_a_name_server_lives_short(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct alias_timeouts *timeouts = &engine_settings(inst)->timeouts;
	struct wire query = fixture_udp(FIXTURE_INSIDE, 4000, FIXTURE_PEER, 53), after;
	struct alias_link *link;

	timeouts->udp_port[0] = (struct alias_udp_port){ 53, 10 };
	timeouts->nr_udp_ports = 1;
	after = fixture_out(test, inst, query);
	link = link_of(test, inst, UDP, &after);
	KUNIT_EXPECT_EQ(test, alias_link_remaining(link, engine_clock), 10 * HZ);
	/* Another peer prolongs it, and a question does not cut it short again. */
	fixture_out(test, inst, udp(1));
	KUNIT_EXPECT_EQ(test, alias_link_remaining(link, engine_clock) / HZ, 300);
	fixture_out(test, inst, query);
	KUNIT_EXPECT_EQ(test, alias_link_remaining(link, engine_clock) / HZ, 300);
}

/* RFC 7857 section 2.2: opening and closing each have their own, to be chosen. */
static void times_are_the_instances_own(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after;

	engine_settings(inst)->timeouts.seconds[ALIAS_A_TIMEOUT_TCP_OPENING] = 8;
	engine_settings(inst)->timeouts.seconds[ALIAS_A_TIMEOUT_TCP_ESTABLISHED] = 9000;
	engine_settings(inst)->timeouts.seconds[ALIAS_A_TIMEOUT_TCP_CLOSING] = 300;
	after = fixture_out(test, inst, tcp(WIRE_SYN, 0));
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 8);
	after = connect(test, inst, 0);
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 9000);
	close(test, inst, after, 0);
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 300);
}

/* RFC 6888 REQ-8B */
static void a_port_rests_as_long_as_somebody_wants(struct kunit *test)
{
	struct alias_instance *inst = plain(test);

	engine_settings(inst)->timeouts.seconds[ALIAS_A_TIMEOUT_HOLD] = 0;
	fixture_out(test, inst, udp(0));
	move_clock(300);
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->out.nelems), 0);
}

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
		move_clock(299);
		for (n = 0; n < 3; n++)
			if (n != gone)
				fixture_out(test, inst, udp(n));
		move_clock(122);
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

/* --- associations and connections of SCTP and DCCP --- */

struct association {
	const char *name;
	u8 protocol;
	enum alias_space space;
	u8 open, accept, data, bye, bye_too, reset;
};

static const struct association associations[] = {
	{ "tcp", WIRE_TCP, ALIAS_SPACE_TCP, WIRE_SYN, WIRE_SYN | WIRE_ACK, WIRE_ACK,
	  WIRE_FIN | WIRE_ACK, WIRE_FIN | WIRE_ACK, WIRE_RST },
	{ "sctp", WIRE_SCTP, ALIAS_SPACE_SCTP, WIRE_SCTP_INIT, WIRE_SCTP_INIT_ACK, WIRE_SCTP_DATA,
	  WIRE_SCTP_SHUTDOWN, WIRE_SCTP_SHUTDOWN_ACK, WIRE_SCTP_ABORT },
	{ "dccp_rfc5597_req2", WIRE_DCCP, ALIAS_SPACE_DCCP, WIRE_DCCP_REQUEST, WIRE_DCCP_RESPONSE,
	  WIRE_DCCP_ACK, WIRE_DCCP_CLOSE, WIRE_DCCP_CLOSE, WIRE_DCCP_RESET },
};

static void association_name(const struct association *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(association, associations, association_name);

static struct wire chunk(const struct association *row, u8 flags)
{
	return fixture_wire(row->protocol, flags, FIXTURE_INSIDE, 4000, FIXTURE_PEER, 443);
}

static s32 left_of(struct alias_instance *inst, const struct association *row,
		   const struct wire *after)
{
	return alias_link_remaining(fixture_link(inst, row->space, after), engine_clock) /
	       (s32)HZ;
}

/* RFC 5597 REQ-2, REQ-5: the handshake, and no time below the RFC's. */
static void an_association_opens_lives_and_closes(struct kunit *test)
{
	const struct association *row = test->param_value;
	struct alias_instance *inst = plain(test);
	struct wire after = fixture_out(test, inst, chunk(row, row->open));

	KUNIT_EXPECT_EQ(test, left_of(inst, row, &after), 240);
	fixture_in(test, inst, fixture_answer(after, row->accept));
	KUNIT_EXPECT_EQ(test, left_of(inst, row, &after), 7440);
	fixture_out(test, inst, chunk(row, row->data));
	fixture_out(test, inst, chunk(row, row->bye));
	KUNIT_EXPECT_EQ(test, left_of(inst, row, &after), 7440);
	fixture_in(test, inst, fixture_answer(after, row->bye_too));
	KUNIT_EXPECT_EQ(test, left_of(inst, row, &after), 240);
	KUNIT_EXPECT_EQ(test, inst->links[row->space], 1u);
	fixture_check(test, inst);
}

/**
 * struct meeting - an opening of DCCP in which both sides begin
 * @name: of the case
 * @out: type of the first packet outward
 * @in: type of the first packet inward, which is no answer to it
 */
struct meeting {
	const char *name;
	u8 out;
	u8 in;
};

/* With RFC 5596 a server sends a DCCP-Listen ahead, which opens the way for the
 * client's DCCP-Request.
 */
static const struct meeting meetings[] = {
	{ "requests_cross", WIRE_DCCP_REQUEST, WIRE_DCCP_REQUEST },
	{ "server_inside_listens", WIRE_DCCP_LISTEN, WIRE_DCCP_REQUEST },
	{ "server_outside_listens", WIRE_DCCP_REQUEST, WIRE_DCCP_LISTEN },
};

static void meeting_name(const struct meeting *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(meeting, meetings, meeting_name);

/* RFC 5597 REQ-2: also where nobody gets in who was not sent something before. */
static void a_dccp_connection_opens_from_both_sides(struct kunit *test)
{
	const struct association *dccp = &associations[2];
	const struct meeting *row = test->param_value;
	struct alias_instance *inst = filtering(test, ALIAS_FILTER_APDF);
	struct wire after = fixture_out(test, inst, chunk(dccp, row->out));
	bool server = row->out == WIRE_DCCP_LISTEN;

	link_of(test, inst, ALIAS_SPACE_DCCP, &after);
	KUNIT_EXPECT_EQ(test, left_of(inst, dccp, &after), 240);
	expect_entry(test, inst, from(after, 1, 443, row->in), false);
	fixture_in(test, inst, fixture_answer(after, row->in));
	KUNIT_EXPECT_EQ(test, left_of(inst, dccp, &after), 7440);

	if (server)
		fixture_out(test, inst, chunk(dccp, WIRE_DCCP_RESPONSE));
	else
		fixture_in(test, inst, fixture_answer(after, WIRE_DCCP_RESPONSE));
	fixture_out(test, inst, chunk(dccp, WIRE_DCCP_ACK));
	fixture_in(test, inst, fixture_answer(after, WIRE_DCCP_ACK));
	KUNIT_EXPECT_EQ(test, left_of(inst, dccp, &after), 7440);
	KUNIT_EXPECT_EQ(test, inst->links[ALIAS_SPACE_DCCP], 1u);
	fixture_check(test, inst);
}

/* RFC 7857 section 2.3, and the same for the others */
static void a_reset_shortens_and_data_restores(struct kunit *test)
{
	const struct association *row = test->param_value;
	struct alias_instance *inst = plain(test);
	struct wire after = fixture_out(test, inst, chunk(row, row->open));

	fixture_in(test, inst, fixture_answer(after, row->accept));
	fixture_in(test, inst, fixture_answer(after, row->reset));
	KUNIT_EXPECT_EQ(test, left_of(inst, row, &after), 240);
	fixture_out(test, inst, chunk(row, row->data));
	KUNIT_EXPECT_EQ(test, left_of(inst, row, &after), 7440);
}

static void a_reset_opens_nothing(struct kunit *test)
{
	const struct association *row = test->param_value;
	struct alias_instance *inst = plain(test);

	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, chunk(row, row->reset), NULL),
			ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_NO_LINK), 1ull);
}

/* --- long random histories --- */

static struct wire random_packet(struct rnd_state *rnd)
{
	static const u8 protocol[] = { WIRE_TCP, WIRE_UDP, WIRE_ICMP, WIRE_SCTP, WIRE_ESP };
	static const u8 flags[] = { WIRE_SYN, WIRE_ACK, WIRE_ACK, WIRE_FIN, WIRE_RST };
	u32 r = prandom_u32_state(rnd), s = prandom_u32_state(rnd);
	u8 proto = protocol[r % ARRAY_SIZE(protocol)];
	struct wire w = fixture_wire(proto, flags[(r >> 8) % ARRAY_SIZE(flags)],
				     FIXTURE_INSIDE + (s & 3), 2000 + (s >> 2 & 7),
				     FIXTURE_PEER + (s >> 5 & 7), 443 + (s >> 8 & 1));

	if (proto == WIRE_ICMP)
		w.flags = r >> 8 & WIRE_ECHO;
	if (proto == WIRE_SCTP)
		w.flags = r >> 8 & 15;
	return w;
}

/* Whatever the settings are, links, peers and ports agree. */
static void random_step(struct kunit *test, struct alias_instance *inst, struct rnd_state *rnd)
{
	struct wire w = random_packet(rnd);
	u32 r = prandom_u32_state(rnd);

	switch (r % 24) {
	case 0:
		move_clock(r >> 8 & 0xff);
		break;
	case 1:
		fixture_sweep(inst);
		break;
	case 2:
		memset(engine_settings(inst)->filter, (r >> 8) % 3, ALIAS_SPACES);
		break;
	case 3 ... 9:
		w = fixture_answer(w, w.flags);
		w.dst = FIXTURE_OUTSIDE + (r >> 8 & 1);
		fixture_send(test, inst, IN, w, NULL);
		break;
	default:
		fixture_send(test, inst, OUT, w, NULL);
	}
}

struct history {
	const char *name;
	enum alias_mapping mapping;
};

static const struct history histories[] = {
	{ "eim", ALIAS_MAPPING_EIM },
	{ "edm", ALIAS_MAPPING_EDM },
};

static void history_name(const struct history *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(history, histories, history_name);

static void tables_agree_after_random_histories(struct kunit *test)
{
	const struct history *row = test->param_value;
	struct alias_instance *inst = fixture_instance(test, 2, 2000, 2007, ALIAS_F_SAME_PORTS);
	unsigned int n, peers = 0, shared = 0;
	struct rnd_state rnd;

	memset(engine_settings(inst)->mapping, row->mapping, ALIAS_SPACES);
	prandom_seed_state(&rnd, 11);
	for (n = 0; n < 2000; n++) {
		random_step(test, inst, &rnd);
		peers = max_t(unsigned int, peers, atomic_read(&inst->peers.nelems));
		shared = max_t(unsigned int, shared, inst->links[UDP]);
		if (n % 50 == 0)
			fixture_check(test, inst);
	}
	/* They were histories with something in them. */
	if (row->mapping == ALIAS_MAPPING_EIM)
		KUNIT_EXPECT_GT(test, peers, 20u);
	else	/* two addresses with eight ports each */
		KUNIT_EXPECT_GT(test, shared, 16u);
	KUNIT_EXPECT_GT(test, fixture_counters(inst, IN).packets, 0ull);
	KUNIT_EXPECT_GT(test, fixture_refused(inst, OUT, ALIAS_NO_PORT), 0ull);
	alias_instance_flush(inst);
	fixture_check(test, inst);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->peers.nelems), 0);
}

static int connection_init(struct kunit *test)
{
	WRITE_ONCE(engine_clock, 0x12345678);
	return 0;
}

static struct kunit_case connection_cases[] = {
	KUNIT_CASE(each_peer_of_a_shared_link_has_a_state_of_its_own),
	KUNIT_CASE(a_shared_link_lives_as_long_as_its_longest_connection),
	KUNIT_CASE(a_link_with_one_peer_left_is_no_shared_one_any_more),
	KUNIT_CASE(a_peer_that_is_silent_is_forgotten_and_the_other_stays),
	KUNIT_CASE(a_stranger_that_is_answered_becomes_a_peer),
	KUNIT_CASE(a_simultaneous_open_establishes),
	KUNIT_CASE(a_link_with_too_many_peers_lives_as_if_all_were_open),
	KUNIT_CASE(a_link_that_has_ended_gets_no_peers),
	KUNIT_CASE_PARAM(the_filter_lets_in_whom_it_should, filter_gen_params),
	KUNIT_CASE_PARAM(a_stricter_filter_keeps_connections_that_are_there, filter_gen_params),
	KUNIT_CASE_PARAM(a_permission_ends_when_its_peer_was_sent_nothing_for_long,
			 filter_gen_params),
	KUNIT_CASE(an_address_may_enter_as_long_as_any_of_its_connections),
	KUNIT_CASE(no_answer_could_come_back_so_nothing_goes_out),
	KUNIT_CASE(filters_are_by_protocol),
	KUNIT_CASE(what_is_filtered_is_dropped_with_deny_in),
	KUNIT_CASE(inward_packets_keep_a_link_alive_if_somebody_wants_it_so),
	KUNIT_CASE(a_question_to_a_name_server_lives_short),
	KUNIT_CASE(times_are_the_instances_own),
	KUNIT_CASE(a_port_rests_as_long_as_somebody_wants),
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
	KUNIT_CASE_PARAM(an_association_opens_lives_and_closes, association_gen_params),
	KUNIT_CASE_PARAM(a_dccp_connection_opens_from_both_sides, meeting_gen_params),
	KUNIT_CASE_PARAM(a_reset_shortens_and_data_restores, association_gen_params),
	KUNIT_CASE_PARAM(a_reset_opens_nothing, association_gen_params),
	KUNIT_CASE_PARAM(tables_agree_after_random_histories, history_gen_params),
	{}
};

static struct kunit_suite connection_suite = {
	.name = "alias_connection",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.init = connection_init,
	.test_cases = connection_cases,
};

kunit_test_suite(connection_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: a link's peers and connections");
