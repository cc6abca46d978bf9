// SPDX-License-Identifier: GPL-2.0
/* A link and the connections it carries: a state for each peer, and how long the
 * link lives by them.
 */

#include <linux/module.h>

#include "talk.h"

static s32 seconds_left(struct alias_instance *inst, const struct wire *after)
{
	return alias_link_remaining(fixture_link(inst, TCP, after), engine_clock) / (s32)HZ;
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
	fixture_pass(1000);
	close(test, inst, after, 1);
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 240);
	fixture_pass(240);
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
	fixture_pass(241);
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
		fixture_pass(100);
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
	fixture_pass(250);
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 7440 - 250);
	fixture_check(test, inst);
}

/* RFC 7857 section 7.1: it may answer what nobody inside wanted. Of a link's only
 * peer, and of one of several.
 */
static void a_reset_keeps_no_attempt_alive(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after;
	unsigned int n, peers;

	for (peers = 1; peers <= 3; peers++) {
		for (n = 0; n < peers; n++)
			after = fixture_out(test, inst, tcp(WIRE_SYN, n));
		fixture_pass(100);
		for (n = 0; n < peers; n++) {
			fixture_out(test, inst, tcp(WIRE_RST, n));
			fixture_out(test, inst, tcp(WIRE_RST | WIRE_ACK, n));
			fixture_in(test, inst, from(after, n, 443, WIRE_RST));
		}
		fixture_sweep(inst);
		KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 140);
		fixture_pass(141);
	}
}

/* Memory was too short to tell its peers apart. */
static void the_end_of_one_connection_is_not_that_of_a_crowded_link(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = connect(test, inst, 0);
	struct alias_link *link = link_of(test, inst, TCP, &after);

	link->flags |= ALIAS_LINK_F_CROWDED;
	fixture_pass(100);
	fixture_out(test, inst, tcp(WIRE_RST, 0));
	fixture_out(test, inst, tcp(WIRE_RST, 0));
	fixture_in(test, inst, from(after, 0, 443, WIRE_RST));
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 7340);
	fixture_out(test, inst, tcp(WIRE_ACK, 0));
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 7440);
	close(test, inst, after, 0);
	fixture_pass(100);
	/* Said again after the end. */
	close(test, inst, after, 0);
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 7340);
	KUNIT_EXPECT_EQ(test, (int)link->state, (int)ALIAS_LINK_CLOSING);
}

/* RFC 5382 REQ-5: its last packets may come again for 4 minutes. */
static void a_connection_that_is_over_keeps_its_time_beside_a_new_one(struct kunit *test)
{
	struct alias_instance *inst = filtering(test, ALIAS_FILTER_APDF);
	struct wire after = connect(test, inst, 0);

	engine_settings(inst)->timeouts.seconds[ALIAS_A_TIMEOUT_TCP_OPENING] = 8;
	close(test, inst, after, 0);
	fixture_out(test, inst, tcp(WIRE_SYN, 1));
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 240);
	fixture_pass(239);
	fixture_sweep(inst);
	fixture_in(test, inst, from(after, 0, 443, WIRE_FIN | WIRE_ACK));
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 1);
}

/* RFC 7857 section 2.3: data shows that the reset was forged, also after the inside
 * has gone on to somebody else.
 */
static void a_forged_reset_does_not_shut_out_a_peer(struct kunit *test)
{
	struct alias_instance *inst = filtering(test, ALIAS_FILTER_APDF);
	struct wire after = connect(test, inst, 0);

	fixture_in(test, inst, from(after, 0, 443, WIRE_RST));
	fixture_out(test, inst, tcp(WIRE_SYN, 1));
	fixture_in(test, inst, from(after, 0, 443, WIRE_ACK));
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 7440);
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

/* --- what happens between a packet's look at its link and the lock --- */

static struct alias_flow flow_with(const struct alias_link *link, unsigned int n)
{
	struct alias_flow flow = link->flow;

	flow.peer_addr = htonl(FIXTURE_PEER + n);
	return flow;
}

/* Housekeeping, in the moment that the case is about. */
static void only_one_is_left(struct kunit *test, struct alias_instance *inst,
			     struct alias_link *link)
{
	alias_lock(inst);
	alias_connections_tidy(inst, link, engine_clock);
	alias_unlock(inst);
	KUNIT_ASSERT_FALSE(test, is_shared(link));
}

/* Two peers, of which the first has closed and the other one was never answered
 * and is out of time.
 */
static struct alias_link *closed_beside_another(struct kunit *test, struct alias_instance *inst)
{
	struct wire after = connect(test, inst, 0);

	fixture_out(test, inst, tcp(WIRE_SYN, 1));
	fixture_pass(200);
	close(test, inst, after, 0);
	fixture_pass(41);
	return link_of(test, inst, TCP, &after);
}

static void a_new_syn_counts_when_the_link_is_unshared_meanwhile(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct alias_link *link = closed_beside_another(test, inst);
	struct alias_flow flow = flow_with(link, 0);
	struct alias_peer *peer;

	rcu_read_lock();
	peer = find_peer(inst, link, &flow);
	KUNIT_ASSERT_NOT_NULL(test, peer);
	only_one_is_left(test, inst, link);
	KUNIT_EXPECT_EQ(test, (int)link->state, (int)ALIAS_LINK_CLOSING);
	track_peer(inst, link, peer, &flow, OUT, WIRE_SYN, engine_clock);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, (int)link->state, (int)ALIAS_LINK_OPENING);
	KUNIT_EXPECT_EQ(test, alias_link_remaining(link, engine_clock), 240 * HZ);
	fixture_check(test, inst);
}

static void a_new_syn_counts_when_the_link_is_shared_meanwhile(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = connect(test, inst, 0);
	struct alias_link *link = link_of(test, inst, TCP, &after);
	struct alias_flow flow = flow_with(link, 0);
	struct alias_peer *peer;

	close(test, inst, after, 0);
	fixture_out(test, inst, tcp(WIRE_SYN, 1));
	KUNIT_ASSERT_TRUE(test, is_shared(link));
	rcu_read_lock();
	track_link(inst, link, &flow, OUT, WIRE_SYN, engine_clock);
	peer = find_peer(inst, link, &flow);
	KUNIT_ASSERT_NOT_NULL(test, peer);
	KUNIT_EXPECT_EQ(test, (int)peer->state, (int)ALIAS_LINK_OPENING);
	rcu_read_unlock();
	fixture_check(test, inst);
}

/* The peer was found, or it was not found any more. */
static void a_fin_counts_when_the_link_is_unshared_meanwhile(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = connect(test, inst, 0);
	struct alias_link *link = link_of(test, inst, TCP, &after);
	struct alias_flow flow = flow_with(link, 0);
	struct alias_peer *peer;

	fixture_out(test, inst, tcp(WIRE_SYN, 1));
	fixture_pass(241);
	rcu_read_lock();
	peer = find_peer(inst, link, &flow);
	KUNIT_ASSERT_NOT_NULL(test, peer);
	only_one_is_left(test, inst, link);
	track_peer(inst, link, peer, &flow, OUT, WIRE_FIN | WIRE_ACK, engine_clock);
	KUNIT_EXPECT_EQ(test, (int)link->state, (int)ALIAS_LINK_FIN_OUT);
	enter_shared(inst, link, NULL, &flow, WIRE_FIN | WIRE_ACK, engine_clock);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, (int)link->state, (int)ALIAS_LINK_CLOSING);
	KUNIT_EXPECT_EQ(test, alias_link_remaining(link, engine_clock), 240 * HZ);
	fixture_check(test, inst);
}

/* Of two packets to a new peer the other one was first. */
static void who_meets_a_peer_that_is_known_meanwhile_goes_on_with_it(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = connect(test, inst, 0);
	struct alias_link *link = link_of(test, inst, TCP, &after);
	struct alias_flow flow = flow_with(link, 1);
	struct alias_peer *peer;

	connect(test, inst, 1);
	rcu_read_lock();
	KUNIT_EXPECT_TRUE(test, meet_peer(inst, link, &flow, WIRE_FIN | WIRE_ACK, engine_clock));
	peer = find_peer(inst, link, &flow);
	KUNIT_ASSERT_NOT_NULL(test, peer);
	KUNIT_EXPECT_EQ(test, (int)peer->state, (int)ALIAS_LINK_FIN_OUT);
	KUNIT_EXPECT_EQ(test, link->flow.nr_peers, 2u);
	rcu_read_unlock();
	fixture_check(test, inst);
}

static void who_meets_the_only_peer_goes_on_with_it(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct alias_link *link = closed_beside_another(test, inst);
	struct alias_flow flow = flow_with(link, 0);

	rcu_read_lock();
	only_one_is_left(test, inst, link);
	KUNIT_EXPECT_TRUE(test, meet_peer(inst, link, &flow, WIRE_SYN, engine_clock));
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, (int)link->state, (int)ALIAS_LINK_OPENING);
	KUNIT_EXPECT_EQ(test, alias_link_remaining(link, engine_clock), 240 * HZ);
	fixture_check(test, inst);
}

/* Housekeeping has asked how long they live, and then packets prolong them. */
static void what_a_packet_prolongs_while_housekeeping_looks_stays_so(struct kunit *test)
{
	struct alias_instance *inst = filtering(test, ALIAS_FILTER_ADF);
	struct wire after = connect(test, inst, 0);
	struct alias_link *link = link_of(test, inst, TCP, &after);
	struct alias_flow flow = flow_with(link, 0);
	struct alias_peer *address;

	connect(test, inst, 1);
	rcu_read_lock();
	address = alias_peer_find(inst, link, flow.peer_addr, 0);
	KUNIT_ASSERT_NOT_NULL(test, address);
	alias_lock(inst);
	settle_addresses(inst, link, engine_clock);
	/* The answers of a moment ago, when both were at their end. */
	address->longest = engine_clock;
	set_addresses(inst, link);
	settle_link(link, NULL, engine_clock);
	alias_unlock(inst);
	KUNIT_EXPECT_GE(test, (s32)(address->expires - engine_clock), 7440 * HZ);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 7440);
	expect_entry(test, inst, from(after, 0, 444, WIRE_SYN), true);
	fixture_check(test, inst);
}

/* A packet has read the state of its link, or its peer, which then closes. */
static void a_packet_from_before_the_end_does_not_undo_it(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = connect(test, inst, 0);
	struct alias_link *link = link_of(test, inst, TCP, &after);
	struct alias_flow flow = flow_with(link, 0);
	u32 old = link->expires;
	struct alias_peer *peer;

	fixture_pass(10);
	close(test, inst, after, 0);
	alias_link_prolong(link, old, engine_clock + 7440 * HZ);
	KUNIT_EXPECT_EQ(test, seconds_left(inst, &after), 240);

	connect(test, inst, 0);
	connect(test, inst, 1);
	rcu_read_lock();
	peer = find_peer(inst, link, &flow);
	rcu_read_unlock();
	KUNIT_ASSERT_NOT_NULL(test, peer);
	old = peer->expires;
	fixture_pass(10);
	close(test, inst, after, 0);
	alias_peer_prolong(peer, old, engine_clock + 7440 * HZ);
	KUNIT_EXPECT_EQ(test, (s32)(peer->expires - engine_clock), 240 * HZ);
	fixture_check(test, inst);
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

/* RFC 6888 REQ-8 */
static void a_port_rests_as_long_as_somebody_wants(struct kunit *test)
{
	struct alias_instance *inst = plain(test);

	engine_settings(inst)->timeouts.seconds[ALIAS_A_TIMEOUT_HOLD] = 0;
	fixture_out(test, inst, udp(0));
	fixture_pass(300);
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->out.nelems), 0);
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

static struct kunit_case connection_cases[] = {
	KUNIT_CASE(each_peer_of_a_shared_link_has_a_state_of_its_own),
	KUNIT_CASE(a_shared_link_lives_as_long_as_its_longest_connection),
	KUNIT_CASE(a_link_with_one_peer_left_is_no_shared_one_any_more),
	KUNIT_CASE(a_peer_that_is_silent_is_forgotten_and_the_other_stays),
	KUNIT_CASE(a_stranger_that_is_answered_becomes_a_peer),
	KUNIT_CASE(a_simultaneous_open_establishes),
	KUNIT_CASE(a_link_with_too_many_peers_lives_as_if_all_were_open),
	KUNIT_CASE(a_reset_keeps_no_attempt_alive),
	KUNIT_CASE(the_end_of_one_connection_is_not_that_of_a_crowded_link),
	KUNIT_CASE(a_connection_that_is_over_keeps_its_time_beside_a_new_one),
	KUNIT_CASE(a_forged_reset_does_not_shut_out_a_peer),
	KUNIT_CASE(a_link_that_has_ended_gets_no_peers),
	KUNIT_CASE(a_new_syn_counts_when_the_link_is_unshared_meanwhile),
	KUNIT_CASE(a_new_syn_counts_when_the_link_is_shared_meanwhile),
	KUNIT_CASE(a_fin_counts_when_the_link_is_unshared_meanwhile),
	KUNIT_CASE(who_meets_a_peer_that_is_known_meanwhile_goes_on_with_it),
	KUNIT_CASE(who_meets_the_only_peer_goes_on_with_it),
	KUNIT_CASE(what_a_packet_prolongs_while_housekeeping_looks_stays_so),
	KUNIT_CASE(a_packet_from_before_the_end_does_not_undo_it),
	KUNIT_CASE(a_question_to_a_name_server_lives_short),
	KUNIT_CASE(times_are_the_instances_own),
	KUNIT_CASE(a_port_rests_as_long_as_somebody_wants),
	KUNIT_CASE_PARAM(an_association_opens_lives_and_closes, association_gen_params),
	KUNIT_CASE_PARAM(a_dccp_connection_opens_from_both_sides, meeting_gen_params),
	KUNIT_CASE_PARAM(a_reset_shortens_and_data_restores, association_gen_params),
	KUNIT_CASE_PARAM(a_reset_opens_nothing, association_gen_params),
	{}
};

static struct kunit_suite connection_suite = {
	.name = "alias_connection",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.init = talk_init,
	.test_cases = connection_cases,
};

kunit_test_suite(connection_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: a link's connections");
