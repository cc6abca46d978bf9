// SPDX-License-Identifier: GPL-2.0
/* The packet's way, from skb to skb, through real instances.
 *
 *	inside 100.64.0.x --- instance 198.51.100.128.. --- peers 192.0.2.x
 */

#include <linux/module.h>

#include "fixture.h"

#define OUT	NFT_ALIAS_OUT
#define IN	NFT_ALIAS_IN

struct protocol {
	const char *name;
	u8 protocol;
	u8 flags;	/* of a packet that opens */
	u8 answer;	/* of one that answers it */
	enum alias_space space;
};

static const struct protocol protocols[] = {
	{ "tcp", WIRE_TCP, WIRE_SYN, WIRE_SYN | WIRE_ACK, ALIAS_SPACE_TCP },
	{ "udp", WIRE_UDP, 0, 0, ALIAS_SPACE_UDP },
	{ "icmp", WIRE_ICMP, WIRE_ECHO, WIRE_ECHO_REPLY, ALIAS_SPACE_ICMP },
	{ "udplite", WIRE_UDPLITE, 0, 0, ALIAS_SPACE_UDPLITE },
	{ "sctp", WIRE_SCTP, WIRE_SCTP_INIT, WIRE_SCTP_INIT_ACK, ALIAS_SPACE_SCTP },
	{ "dccp", WIRE_DCCP, WIRE_DCCP_REQUEST, WIRE_DCCP_RESPONSE, ALIAS_SPACE_DCCP },
};

static void protocol_name(const struct protocol *protocol, char *desc)
{
	strscpy(desc, protocol->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(protocol, protocols, protocol_name);

/* Those with two ports; an echo's one id cannot name a customer's customer. */
static const void *port_protocol_gen_params(const void *prev, char *desc)
{
	const struct protocol *next = prev ? (const struct protocol *)prev + 1 : protocols;

	if (next < protocols + ARRAY_SIZE(protocols) && next->space == ALIAS_SPACE_ICMP)
		next++;
	if (next >= protocols + ARRAY_SIZE(protocols))
		return NULL;
	protocol_name(next, desc);
	return next;
}

static struct alias_instance *plain(struct kunit *test)
{
	return fixture_instance(test, 1, 1024, 65535, 0);
}

static struct wire opening(const struct protocol *p, unsigned int host, u16 port)
{
	return fixture_wire(p->protocol, p->flags, FIXTURE_INSIDE + host, port, FIXTURE_PEER,
			    p->protocol == WIRE_ICMP ? port : 443);
}

static void outward_gets_an_outside_source(struct kunit *test)
{
	const struct protocol *p = test->param_value;
	struct alias_instance *inst = plain(test);
	struct wire w = opening(p, 0, 40000), after;

	after = fixture_out(test, inst, w);
	KUNIT_EXPECT_EQ(test, after.src, FIXTURE_OUTSIDE);
	KUNIT_EXPECT_GE(test, after.sport, 1024);
	KUNIT_EXPECT_EQ(test, after.dst, w.dst);
	if (p->protocol != WIRE_ICMP)
		KUNIT_EXPECT_EQ(test, after.dport, w.dport);
	KUNIT_EXPECT_EQ(test, inst->links[p->space], 1u);
	fixture_check(test, inst);
}

static void an_answer_reaches_the_inside(struct kunit *test)
{
	const struct protocol *p = test->param_value;
	struct alias_instance *inst = plain(test);
	struct wire w = opening(p, 0, 40000), back;

	back = fixture_in(test, inst, fixture_answer(fixture_out(test, inst, w), p->answer));
	KUNIT_EXPECT_EQ(test, back.dst, w.src);
	KUNIT_EXPECT_EQ(test, back.dport, w.sport);
	KUNIT_EXPECT_EQ(test, back.src, w.dst);
	if (p->protocol != WIRE_ICMP)
		KUNIT_EXPECT_EQ(test, back.sport, w.dport);
}

/* RFC 4787 REQ-1, RFC 5597 REQ-1: for each protocol */
static void one_mapping_whatever_the_destination(struct kunit *test)
{
	const struct protocol *p = test->param_value;
	struct alias_instance *inst = plain(test);
	struct wire w = opening(p, 0, 40000), first, other;
	unsigned int n;

	first = fixture_out(test, inst, w);
	for (n = 1; n < 20; n++) {
		w.dst = FIXTURE_PEER + n;
		other = fixture_out(test, inst, w);
		KUNIT_EXPECT_EQ(test, other.src, first.src);
		KUNIT_EXPECT_EQ(test, other.sport, first.sport);
	}
	KUNIT_EXPECT_EQ(test, inst->links[p->space], 1u);
	fixture_check(test, inst);
}

/* RFC 4787 REQ-8: endpoint-independent filtering */
static void strangers_may_send_inward(struct kunit *test)
{
	const struct protocol *p = test->param_value;
	struct alias_instance *inst = plain(test);
	struct wire w = opening(p, 0, 40000), stranger;

	stranger = fixture_answer(fixture_out(test, inst, w), p->answer);
	stranger.src = FIXTURE_PEER + 99;
	stranger = fixture_in(test, inst, stranger);
	KUNIT_EXPECT_EQ(test, stranger.dst, w.src);
	KUNIT_EXPECT_EQ(test, stranger.dport, w.sport);
}

/* RFC 5597 REQ-7: for each protocol, no outside port has two owners. */
static void each_inside_endpoint_has_its_own_port(struct kunit *test)
{
	const struct protocol *p = test->param_value;
	struct alias_instance *inst = plain(test);
	unsigned long *seen = kunit_kzalloc(test, 65536 / 8, GFP_KERNEL);
	unsigned int n;

	KUNIT_ASSERT_NOT_NULL(test, seen);
	for (n = 0; n < 140; n++) {
		struct wire after = fixture_out(test, inst, opening(p, n % 7, 2000 + n / 7));

		KUNIT_ASSERT_FALSE(test, __test_and_set_bit(after.sport, seen));
	}
	KUNIT_EXPECT_EQ(test, inst->links[p->space], 140u);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->subscribers.nelems), 7);
	fixture_check(test, inst);
}

static void same_ports_keeps_the_port(struct kunit *test)
{
	const struct protocol *p = test->param_value;
	struct alias_instance *inst = fixture_instance(test, 1, 1024, 65535, ALIAS_F_SAME_PORTS);
	struct wire mine, other;

	mine = fixture_out(test, inst, opening(p, 0, 40000));
	KUNIT_EXPECT_EQ(test, mine.sport, 40000);
	other = fixture_out(test, inst, opening(p, 1, 40000));
	KUNIT_EXPECT_NE(test, other.sport, 40000);
	KUNIT_EXPECT_GE(test, other.sport, 1024);
	/* Below the range: any other port. */
	other = fixture_out(test, inst, opening(p, 2, 80));
	KUNIT_EXPECT_GE(test, other.sport, 1024);
	fixture_check(test, inst);
}

static void a_port_kept_past_its_time_is_given_to_who_prefers_it(struct kunit *test)
{
	const struct protocol *p = test->param_value;
	struct alias_instance *inst = fixture_instance(test, 1, 1024, 65535, ALIAS_F_SAME_PORTS);

	fixture_out(test, inst, opening(p, 0, 40000));
	fixture_pass(alias_timeout_seconds(&engine_settings(inst)->timeouts, p->space,
					   ALIAS_LINK_OPENING, 443) +
		     alias_timeout_hold_seconds(&engine_settings(inst)->timeouts, p->space));
	KUNIT_EXPECT_EQ(test, fixture_out(test, inst, opening(p, 1, 40000)).sport, 40000);
	KUNIT_EXPECT_EQ(test, inst->links[p->space], 1u);
	fixture_check(test, inst);
}

/* RFC 6888 REQ-2 */
static void a_subscriber_has_one_outside_address(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 16, 1024, 65535, 0);
	unsigned int host, n, used = 0;
	u32 outside[40] = {};

	for (n = 0; n < 400; n++) {
		struct wire after = fixture_out(test, inst, opening(&protocols[n % 3], n % 40,
								    2000 + n));

		host = n % 40;
		if (!outside[host])
			outside[host] = after.src;
		KUNIT_EXPECT_EQ(test, after.src, outside[host]);
		KUNIT_EXPECT_GE(test, after.src, FIXTURE_OUTSIDE);
		KUNIT_EXPECT_LT(test, after.src, FIXTURE_OUTSIDE + 16);
	}
	for (n = 0; n < 16; n++)
		used += engine_pool(inst)->address[n]->subscribers > 0;
	KUNIT_EXPECT_GT(test, used, 8u);
	fixture_check(test, inst);
}

/* RFC 7857 section 5 */
static void protocols_do_not_share_ports(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 1024, 65535, ALIAS_F_SAME_PORTS);
	struct wire after;
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(protocols); n++) {
		after = fixture_out(test, inst, opening(&protocols[n], 0, 5000));
		KUNIT_EXPECT_EQ(test, after.sport, 5000);
	}
	for (n = 0; n < ALIAS_SPACE_CALL; n++)
		KUNIT_EXPECT_EQ(test, inst->links[n], 1u);
	fixture_check(test, inst);
}

/* RFC 5382 REQ-4, RFC 5597 REQ-4: the engine does not answer, and leaves the packet
 * as it was to the next rule.
 */
static void inward_without_a_link_does_not_match(struct kunit *test)
{
	const struct protocol *p = test->param_value;
	struct alias_instance *inst = plain(test);
	struct wire w = fixture_wire(p->protocol, p->flags, FIXTURE_PEER, 443, FIXTURE_OUTSIDE,
				     4000);

	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, IN, w, NULL), ALIAS_NO_MATCH);
	w.dst = FIXTURE_OUTSIDE + 77;	/* not ours at all */
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, IN, w, NULL), ALIAS_NO_MATCH);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, IN, ALIAS_NO_LINK), 2ull);
	KUNIT_EXPECT_EQ(test, fixture_counters(inst, IN).packets, 0ull);
}

/* RFC 5382 REQ-4a, RFC 5597 REQ-4 */
static void inward_without_a_link_is_dropped_by_deny_in(struct kunit *test)
{
	const struct protocol *p = test->param_value;
	struct alias_instance *inst = fixture_instance(test, 1, 1024, 65535, ALIAS_F_DENY_IN);
	struct wire w = fixture_wire(p->protocol, p->flags, FIXTURE_PEER, 443, FIXTURE_OUTSIDE,
				     4000);

	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, IN, w, NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, IN, ALIAS_NO_LINK), 1ull);
}

/* Damage to a good packet, and what it must be counted as. */
struct refusal {
	const char *name;
	struct wire wire;
	enum alias_reason why;
	u8 offset;
	u8 value;
	u8 cut;
};

#define FROM_TO .src = FIXTURE_INSIDE, .dst = FIXTURE_PEER, .sport = 40000, .dport = 443

static const struct refusal refusals[] = {
	{ "version_6", { WIRE_UDP, FROM_TO }, ALIAS_MALFORMED, 0, 0x65, 0 },
	{ "ihl_4", { WIRE_UDP, FROM_TO }, ALIAS_MALFORMED, 0, 0x44, 0 },
	{ "total_length_lies", { WIRE_UDP, FROM_TO }, ALIAS_MALFORMED, 3, 29, 0 },
	{ "cut_in_ip", { WIRE_UDP, FROM_TO }, ALIAS_MALFORMED, 8, 64, 19 },
	{ "cut_in_udp", { WIRE_UDP, FROM_TO }, ALIAS_MALFORMED, 8, 64, 27 },
	{ "udp_length_lies", { WIRE_UDP, FROM_TO }, ALIAS_MALFORMED, 25, 9, 0 },
	{ "data_offset_lies", { WIRE_TCP, WIRE_SYN, FROM_TO }, ALIAS_MALFORMED, 32, 0x60, 0 },
	{ "first_fragment", { WIRE_UDP, FROM_TO }, ALIAS_FRAGMENT, 6, 0x20, 0 },
	{ "later_fragment", { WIRE_TCP, FROM_TO }, ALIAS_FRAGMENT, 7, 1, 0 },
	{ "sctp_without_a_chunk", { WIRE_SCTP, FROM_TO }, ALIAS_MALFORMED, 8, 64, 35 },
	{ "sctp_abort_alone", { WIRE_SCTP, WIRE_SCTP_ABORT, FROM_TO }, ALIAS_NO_LINK, 8, 64, 0 },
	{ "source_quench", { WIRE_ICMP, 4, FROM_TO }, ALIAS_PROTOCOL, 8, 64, 0 },
	{ "error_that_quotes_nothing", { WIRE_ICMP, 3, FROM_TO }, ALIAS_MALFORMED, 8, 64, 0 },
	{ "timestamp_reply_alone", { WIRE_ICMP, 14, FROM_TO }, ALIAS_NO_LINK, 8, 64, 0 },
	{ "udp_from_0", { WIRE_UDP, .src = 1, .dst = 2, .dport = 9 }, ALIAS_ZERO_PORT, 8, 64, 0 },
	{ "tcp_to_0", { WIRE_TCP, WIRE_SYN, .src = 1, .dst = 2, .sport = 9 }, ALIAS_ZERO_PORT,
	  8, 64, 0 },
	{ "tcp_reset_alone", { WIRE_TCP, WIRE_RST, FROM_TO }, ALIAS_NO_LINK, 8, 64, 0 },
	{ "echo_reply_alone", { WIRE_ICMP, WIRE_ECHO_REPLY, FROM_TO }, ALIAS_NO_LINK, 8, 64, 0 },
};

static void refusal_name(const struct refusal *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refusal, refusals, refusal_name);

static void expect_only(struct kunit *test, const struct alias_instance *inst,
			enum nft_alias_direction dir, enum alias_reason why)
{
	struct alias_counters sum = fixture_counters(inst, dir);
	unsigned int reason;

	KUNIT_EXPECT_EQ(test, sum.packets, 0ull);
	KUNIT_EXPECT_EQ(test, sum.bytes, 0ull);
	for (reason = 0; reason < ALIAS_REASONS; reason++)
		KUNIT_EXPECT_EQ_MSG(test, sum.refused[reason], reason == why ? 1ull : 0ull,
				    "reason %u", reason);
}

static void a_refusal_is_counted_once_under_its_name(struct kunit *test)
{
	const struct refusal *row = test->param_value;
	struct alias_instance *inst = plain(test);
	struct engine_result result = {};
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int length = wire_write(bytes, &row->wire);

	bytes[row->offset] = row->value;
	length = row->cut ? row->cut : length;
	KUNIT_ASSERT_EQ(test, engine_send_bytes(inst, OUT, bytes, length, &result), 0);
	KUNIT_EXPECT_EQ(test, result.verdict, ALIAS_DROP);
	KUNIT_EXPECT_FALSE(test, result.damaged);
	KUNIT_ASSERT_EQ(test, engine_send_bytes(inst, IN, bytes, length, &result), 0);
	KUNIT_EXPECT_EQ(test, result.verdict, ALIAS_NO_MATCH);
	KUNIT_EXPECT_FALSE(test, result.damaged);
	expect_only(test, inst, OUT, row->why);
	expect_only(test, inst, IN, row->why);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->out.nelems), 0);
}

static void bytes_are_those_of_the_ip_packet(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire w = fixture_udp(FIXTURE_INSIDE, 1, FIXTURE_PEER, 2);
	struct alias_counters sum;
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int length = wire_write(bytes, &w), n;
	struct engine_result result = {};

	/* Padded, as a short packet from an Ethernet is. */
	for (n = 0; n < 3; n++)
		KUNIT_ASSERT_EQ(test, engine_send_bytes(inst, OUT, bytes, 60, &result), 0);
	sum = fixture_counters(inst, OUT);
	KUNIT_EXPECT_EQ(test, sum.packets, 3ull);
	KUNIT_EXPECT_EQ(test, sum.bytes, 3ull * length);
}

static void the_last_port_is_given_and_no_live_link_evicted(struct kunit *test)
{
	const struct protocol *p = test->param_value;
	struct alias_instance *inst = fixture_instance(test, 1, 2000, 2003, 0);
	unsigned int n;

	for (n = 0; n < 4; n++)
		fixture_out(test, inst, opening(p, n, 5000));
	for (n = 4; n < 8; n++)
		KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, opening(p, n, 5000), NULL),
				ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_NO_PORT), 4ull);
	for (n = 0; n < 4; n++)
		fixture_out(test, inst, opening(p, n, 5000));
	/* A refused subscriber leaves nothing behind. */
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->subscribers.nelems), 4);
	fixture_check(test, inst);
}

/* Customer to customer: two instances, one after the other, and the answer. Each sees
 * the outside address and port of the other: RFC 4787 REQ-9, REQ-9a, RFC 5382 REQ-8,
 * REQ-8a, RFC 5597 REQ-8, REQ-8a.
 */
static void hairpin_through_two_instances(struct kunit *test)
{
	const struct protocol *p = test->param_value;
	struct alias_instance *a = plain(test), *b;
	struct wire there, back, w = opening(p, 0, 40000), server = opening(p, 1, 5000);
	u16 outside_port;
	u32 outside_b = FIXTURE_OUTSIDE + 50;

	b = engine_instance("other", outside_b, 1, 1024, 65535, ALIAS_F_SAME_PORTS);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, fixture_kill, b), 0);
	fixture_out(test, b, server);	/* the other customer's port is open */

	w.dst = outside_b;
	w.dport = 5000;
	there = fixture_out(test, a, w);
	outside_port = there.sport;
	there = fixture_in(test, b, there);
	KUNIT_EXPECT_EQ(test, there.src, FIXTURE_OUTSIDE);
	KUNIT_EXPECT_EQ(test, there.sport, outside_port);
	KUNIT_EXPECT_EQ(test, there.dst, server.src);
	back = fixture_out(test, b, fixture_answer(there, p->answer));
	KUNIT_EXPECT_EQ(test, back.src, outside_b);
	back = fixture_in(test, a, back);
	KUNIT_EXPECT_EQ(test, back.dst, w.src);
	KUNIT_EXPECT_EQ(test, back.dport, w.sport);
	KUNIT_EXPECT_EQ(test, back.src, outside_b);
	KUNIT_EXPECT_EQ(test, back.sport, 5000);
	fixture_check(test, a);
	fixture_check(test, b);
}

static void a_dying_instance_opens_nothing_but_serves_what_lives(struct kunit *test)
{
	const struct protocol *p = test->param_value;
	struct alias_instance *inst = plain(test);
	struct wire after = fixture_out(test, inst, opening(p, 0, 40000));

	inst->dying = true;
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, opening(p, 1, 40000), NULL),
			ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_DYING), 1ull);
	fixture_out(test, inst, opening(p, 0, 40000));
	fixture_in(test, inst, fixture_answer(after, p->answer));
	/* Nor does it wake what timed out. */
	fixture_pass(alias_timeout_seconds(&engine_settings(inst)->timeouts, p->space,
					   ALIAS_LINK_ESTABLISHED, 443));
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, opening(p, 0, 40000), NULL),
			ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_DYING), 2ull);
}

/* Sends a packet whose @nth allocation under the lock fails. */
static enum alias_verdict send_failing(struct kunit *test, struct alias_instance *inst,
				       const struct wire *w, unsigned int nth, bool *failed)
{
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int length = wire_write(bytes, w);
	struct sk_buff *skb = skb_make(bytes, length, length);
	enum alias_verdict verdict;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	rcu_read_lock();
	current->fail_nth = nth;
	verdict = alias_out(inst, skb);
	*failed = !current->fail_nth;
	current->fail_nth = 0;
	rcu_read_unlock();
	kfree_skb(skb);
	return verdict;
}

/* Fails each allocation of a new flow once. Return: how many packets that cost */
static unsigned int fail_each(struct kunit *test, struct alias_instance *inst,
			      const struct wire *w)
{
	unsigned int nth, refused = 0;
	bool failed = true;

	for (nth = 1; failed && nth < 50; nth++) {
		/* kmemleak allocates as well, but has a reserve. */
		if (send_failing(test, inst, w, nth, &failed) == ALIAS_TRANSLATED) {
			KUNIT_EXPECT_EQ(test, inst->links[ALIAS_SPACE_UDP], 1u);
			alias_instance_flush(inst);
			continue;
		}
		refused++;
		KUNIT_EXPECT_EQ(test, inst->links[ALIAS_SPACE_UDP], 0u);
		KUNIT_EXPECT_EQ(test, atomic_read(&inst->subscribers.nelems), 0);
		fixture_check(test, inst);
	}
	KUNIT_EXPECT_FALSE(test, failed);
	return refused;
}

static unsigned int told(struct alias_instance *inst, unsigned int refusals)
{
	unsigned int count = 0;

	while (refusals--)
		count += may_tell(inst);
	return count;
}

static void so_many_are_told_of_a_refusal_in_a_tick_and_no_more(struct kunit *test)
{
	struct alias_instance *inst = plain(test), *other = plain(test);
	unsigned int first, others, again, next;

	/* What is counted is of one CPU. */
	preempt_disable();
	first = told(inst, 3);
	again = told(inst, 1000);
	others = told(other, 1000);
	engine_clock++;
	next = told(inst, 1000);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, first, 3u);
	KUNIT_EXPECT_EQ(test, first + again, (unsigned int)ALIAS_TOLD_PER_TICK);
	KUNIT_EXPECT_EQ(test, others, (unsigned int)ALIAS_TOLD_PER_TICK);
	KUNIT_EXPECT_EQ(test, next, (unsigned int)ALIAS_TOLD_PER_TICK);
}

/* A slab that needs a page just then counts it as one more allocation, in one round
 * and not in the next: one of ours is passed over, or the page is one packet more that
 * is refused. Then all is done again.
 */
static void short_of_memory_a_packet_is_dropped_and_nothing_stays(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire w = fixture_udp(FIXTURE_INSIDE, 4000, FIXTURE_PEER, 53);
	unsigned int tries, now = 0, refused = 0;

	for (tries = 0; now != 3 && tries < 20; tries++) {
		now = fail_each(test, inst, &w);
		refused += now;
	}
	/* the subscriber, the block, the link */
	KUNIT_EXPECT_EQ(test, now, 3u);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_NO_MEMORY), (u64)refused);
	fixture_check(test, inst);
}

static struct kunit_case translate_cases[] = {
	KUNIT_CASE_PARAM(outward_gets_an_outside_source, protocol_gen_params),
	KUNIT_CASE_PARAM(an_answer_reaches_the_inside, protocol_gen_params),
	KUNIT_CASE_PARAM(one_mapping_whatever_the_destination, protocol_gen_params),
	KUNIT_CASE_PARAM(strangers_may_send_inward, protocol_gen_params),
	KUNIT_CASE_PARAM(each_inside_endpoint_has_its_own_port, protocol_gen_params),
	KUNIT_CASE_PARAM(same_ports_keeps_the_port, protocol_gen_params),
	KUNIT_CASE_PARAM(a_port_kept_past_its_time_is_given_to_who_prefers_it,
			 protocol_gen_params),
	KUNIT_CASE(a_subscriber_has_one_outside_address),
	KUNIT_CASE(protocols_do_not_share_ports),
	KUNIT_CASE_PARAM(inward_without_a_link_does_not_match, protocol_gen_params),
	KUNIT_CASE_PARAM(inward_without_a_link_is_dropped_by_deny_in, protocol_gen_params),
	KUNIT_CASE_PARAM(a_refusal_is_counted_once_under_its_name, refusal_gen_params),
	KUNIT_CASE(bytes_are_those_of_the_ip_packet),
	KUNIT_CASE_PARAM(the_last_port_is_given_and_no_live_link_evicted, protocol_gen_params),
	KUNIT_CASE_PARAM(hairpin_through_two_instances, port_protocol_gen_params),
	KUNIT_CASE_PARAM(a_dying_instance_opens_nothing_but_serves_what_lives,
			 protocol_gen_params),
	KUNIT_CASE(so_many_are_told_of_a_refusal_in_a_tick_and_no_more),
	KUNIT_CASE(short_of_memory_a_packet_is_dropped_and_nothing_stays),
	{}
};

static struct kunit_suite translate_suite = {
	.name = "alias_translate",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = translate_cases,
};

kunit_test_suite(translate_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: the packet's way");
