// SPDX-License-Identifier: GPL-2.0
/* A link's life on a clock that is moved by hand: how long it is used, when its
 * port rests, what wakes it, what TCP does to it; and long random histories
 * after each step of which the tables agree.
 */

#include <linux/module.h>
#include <linux/prandom.h>

#include "fixture.h"

#define OUT	NFT_ALIAS_OUT
#define IN	NFT_ALIAS_IN
#define UDP	ALIAS_SPACE_UDP
#define TCP	ALIAS_SPACE_TCP

static struct alias_instance *plain(struct kunit *test)
{
	return fixture_instance(test, 1, 1024, 65535, 0);
}

static struct wire udp(unsigned int host)
{
	return fixture_udp(FIXTURE_INSIDE + host, 4000, FIXTURE_PEER, 53);
}

static struct wire echo(void)
{
	return fixture_wire(WIRE_ICMP, WIRE_ECHO, FIXTURE_INSIDE, 77, FIXTURE_PEER, 77);
}

static struct wire tcp(u8 flags)
{
	return fixture_tcp(flags, FIXTURE_INSIDE, 4000, FIXTURE_PEER, 443);
}

static bool passes_in(struct kunit *test, struct alias_instance *inst, struct wire w)
{
	return fixture_send(test, inst, IN, w, NULL) == ALIAS_TRANSLATED;
}

static void move_clock(s32 jiffies_on)
{
	WRITE_ONCE(engine_clock, engine_clock + jiffies_on);
}

struct life {
	const char *name;
	u8 protocol;
	unsigned int seconds;
	unsigned int hold;
};

static const struct life lives[] = {
	{ "udp", WIRE_UDP, 300, 120 },
	{ "icmp", WIRE_ICMP, 60, 120 },
	{ "tcp_opening", WIRE_TCP, 240, 0 },
};

static void life_name(const struct life *life, char *desc)
{
	strscpy(desc, life->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(life, lives, life_name);

static struct wire packet_of(const struct life *life)
{
	return life->protocol == WIRE_TCP ? tcp(WIRE_SYN) :
	       life->protocol == WIRE_UDP ? udp(0) : echo();
}

static struct wire answer_of(const struct life *life, struct wire after)
{
	return fixture_answer(after, life->protocol == WIRE_TCP ? WIRE_ACK : WIRE_ECHO_REPLY);
}

/* RFC 4787 REQ-5: and not a jiffy less. */
static void it_is_used_to_the_last_jiffy(struct kunit *test)
{
	const struct life *life = test->param_value;
	struct alias_instance *inst = plain(test);
	struct wire answer;

	answer = answer_of(life, fixture_out(test, inst, packet_of(life)));
	answer.src++;	/* a stranger, who prolongs nothing */
	move_clock(life->seconds * HZ - 1);
	KUNIT_EXPECT_TRUE(test, passes_in(test, inst, answer));
	move_clock(1);
	KUNIT_EXPECT_FALSE(test, passes_in(test, inst, answer));
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, IN, ALIAS_NO_LINK), 1ull);
}

static void the_wrap_of_the_clock_changes_nothing(struct kunit *test)
{
	const struct life *life = test->param_value;
	struct alias_instance *inst = plain(test);
	struct wire answer;

	WRITE_ONCE(engine_clock, 0u - life->seconds * HZ / 2);
	answer = answer_of(life, fixture_out(test, inst, packet_of(life)));
	answer.src++;
	move_clock(life->seconds * HZ - 1);
	KUNIT_EXPECT_LT(test, engine_clock, 0x80000000u);
	KUNIT_EXPECT_TRUE(test, passes_in(test, inst, answer));
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->out.nelems), 1);
	move_clock(1 + life->hold * HZ);
	KUNIT_EXPECT_FALSE(test, passes_in(test, inst, answer));
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->out.nelems), 0);
}

/* RFC 7857 section 11: a query's mapping goes too, when the last of its sessions did. */
static void its_port_rests_and_then_is_collected(struct kunit *test)
{
	const struct life *life = test->param_value;
	struct alias_instance *inst = plain(test);

	fixture_out(test, inst, packet_of(life));
	move_clock((life->seconds + life->hold) * HZ - 1);
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->out.nelems), 1);
	fixture_check(test, inst);
	move_clock(1);
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->out.nelems), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->subscribers.nelems), 0);
	fixture_check(test, inst);
}

/* RFC 6888 REQ-8: while it rests it is nobody else's. */
static void a_resting_port_is_not_given_to_others(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 4000, 4000, ALIAS_F_SAME_PORTS);

	KUNIT_EXPECT_EQ(test, fixture_out(test, inst, udp(0)).sport, 4000);
	move_clock(300 * HZ);
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, udp(1), NULL), ALIAS_DROP);
	move_clock(120 * HZ - 1);
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, udp(1), NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_NO_PORT), 2ull);
	move_clock(1);
	KUNIT_EXPECT_EQ(test, fixture_out(test, inst, udp(1)).sport, 4000);
	fixture_check(test, inst);
}

static void its_owner_wakes_it_with_the_same_port(struct kunit *test)
{
	const struct life *life = test->param_value;
	struct alias_instance *inst = plain(test);
	struct wire before, after;

	before = fixture_out(test, inst, packet_of(life));
	move_clock((life->seconds + life->hold) * HZ - 1);
	after = fixture_out(test, inst, packet_of(life));
	KUNIT_EXPECT_EQ(test, after.sport, before.sport);
	KUNIT_EXPECT_TRUE(test, passes_in(test, inst, answer_of(life, after)));
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->out.nelems), 1);
	fixture_check(test, inst);
}

static void what_opens_nothing_wakes_nothing(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire reply = echo();

	reply.flags = WIRE_ECHO_REPLY;
	fixture_out(test, inst, echo());
	fixture_out(test, inst, tcp(WIRE_SYN));
	move_clock(240 * HZ);
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, reply, NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, tcp(WIRE_RST), NULL), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_NO_LINK), 2ull);
}

/* RFC 4787 REQ-6 */
static void outward_packets_keep_it_alive(struct kunit *test)
{
	const struct life *life = test->param_value;
	struct alias_instance *inst = plain(test);
	unsigned int n;

	for (n = 0; n < 10; n++) {
		struct wire after = fixture_out(test, inst, packet_of(life));

		move_clock(life->seconds * HZ - 1);
		after = answer_of(life, after);
		after.src++;
		KUNIT_EXPECT_TRUE(test, passes_in(test, inst, after));
	}
}

/* RFC 4787 REQ-6a, RFC 7857 section 7: strangers could hold it open for ever. */
static void inward_packets_do_not_keep_it_alive(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire answer = fixture_answer(fixture_out(test, inst, udp(0)), 0);
	unsigned int n;

	for (n = 0; n < 299; n++) {
		move_clock(HZ);
		KUNIT_EXPECT_TRUE(test, passes_in(test, inst, answer));
	}
	move_clock(HZ);
	KUNIT_EXPECT_FALSE(test, passes_in(test, inst, answer));
}

static void its_expiry_is_written_once_a_second_at_most(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = fixture_out(test, inst, udp(0));
	struct alias_link *link = fixture_link(inst, UDP, &after);
	unsigned int n, writes = 0;
	u32 expires;

	KUNIT_ASSERT_NOT_NULL(test, link);
	for (n = 0; n < 10 * HZ; n++) {
		expires = link->expires;
		move_clock(1);
		fixture_out(test, inst, udp(0));
		writes += expires != link->expires;
	}
	KUNIT_EXPECT_EQ(test, writes, 10u);
}

/* RFC 4787 REQ-5, RFC 5382 REQ-5, RFC 5508 REQ-2: not less after the last packet,
 * wherever in the second it came.
 */
static void it_lives_its_time_from_the_last_packet_on(struct kunit *test)
{
	const struct life *life = test->param_value;
	unsigned int late;

	for (late = 1; late < 2 * HZ; late += 7) {
		struct alias_instance *inst = plain(test);
		struct wire answer;

		fixture_out(test, inst, packet_of(life));
		move_clock(late);
		answer = answer_of(life, fixture_out(test, inst, packet_of(life)));
		answer.src++;
		move_clock(life->seconds * HZ - 1);
		KUNIT_EXPECT_TRUE_MSG(test, passes_in(test, inst, answer), "%u", late);
		move_clock(HZ);
		KUNIT_EXPECT_FALSE_MSG(test, passes_in(test, inst, answer), "%u", late);
	}
}

/* Clocks of CPUs differ by a tick, and packets overtake each other. */
static void a_late_refresh_does_not_shorten_its_life(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = fixture_out(test, inst, udp(0));
	struct alias_link *link = fixture_link(inst, UDP, &after);
	u32 expires;

	KUNIT_ASSERT_NOT_NULL(test, link);
	expires = link->expires;
	prolong_link(link, expires - 1);
	KUNIT_EXPECT_EQ(test, link->expires, expires);
	prolong_link(link, expires - 100 * HZ);
	KUNIT_EXPECT_EQ(test, link->expires, expires);
	/* What is written is a second ahead, for it is not written again so soon. */
	prolong_link(link, expires + 1);
	KUNIT_EXPECT_EQ(test, link->expires, expires + HZ);
	prolong_link(link, expires + HZ);
	KUNIT_EXPECT_EQ(test, link->expires, expires + HZ);
}

/* How long a TCP link lives from now on, whoever sends. */
static s32 tcp_remaining(struct alias_instance *inst, const struct wire *after)
{
	return alias_link_remaining(fixture_link(inst, TCP, after), engine_clock);
}

static struct wire establish(struct kunit *test, struct alias_instance *inst)
{
	struct wire after = fixture_out(test, inst, tcp(WIRE_SYN));

	fixture_in(test, inst, fixture_answer(after, WIRE_SYN | WIRE_ACK));
	fixture_out(test, inst, tcp(WIRE_ACK));
	KUNIT_EXPECT_EQ(test, tcp_remaining(inst, &after), 7440 * HZ);
	return after;
}

/* RFC 5382 REQ-5 */
static void tcp_established_lives_2_h_4_min(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire answer = fixture_answer(establish(test, inst), WIRE_ACK);

	move_clock(7440 * HZ - 1);
	KUNIT_EXPECT_TRUE(test, passes_in(test, inst, answer));	/* and that prolongs it */
	move_clock(7440 * HZ - 1);
	KUNIT_EXPECT_TRUE(test, passes_in(test, inst, answer));
	move_clock(7441 * HZ);
	KUNIT_EXPECT_FALSE(test, passes_in(test, inst, answer));
}

/* RFC 5382 REQ-5, RFC 7857 section 2.1 */
static void tcp_closed_on_both_sides_lives_4_min_and_is_not_prolonged(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = establish(test, inst);

	fixture_out(test, inst, tcp(WIRE_FIN | WIRE_ACK));
	KUNIT_EXPECT_EQ(test, tcp_remaining(inst, &after), 7440 * HZ);
	fixture_in(test, inst, fixture_answer(after, WIRE_FIN | WIRE_ACK));
	KUNIT_EXPECT_EQ(test, tcp_remaining(inst, &after), 240 * HZ);
	move_clock(100 * HZ);
	fixture_out(test, inst, tcp(WIRE_ACK));
	fixture_in(test, inst, fixture_answer(after, WIRE_ACK));
	KUNIT_EXPECT_EQ(test, tcp_remaining(inst, &after), 140 * HZ);
}

/* RFC 7857 section 2.3 */
static void tcp_reset_shortens_and_data_restores(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = establish(test, inst);

	fixture_in(test, inst, fixture_answer(after, WIRE_RST));
	KUNIT_EXPECT_EQ(test, tcp_remaining(inst, &after), 240 * HZ);
	move_clock(10 * HZ);
	fixture_in(test, inst, fixture_answer(after, WIRE_RST));
	KUNIT_EXPECT_EQ(test, tcp_remaining(inst, &after), 230 * HZ);
	fixture_out(test, inst, tcp(WIRE_ACK));
	KUNIT_EXPECT_EQ(test, tcp_remaining(inst, &after), 7440 * HZ);
}

static void a_stranger_does_not_touch_a_connection(struct kunit *test)
{
	static const u8 flags[] = { WIRE_RST, WIRE_FIN, WIRE_SYN, WIRE_ACK };
	struct alias_instance *inst = plain(test);
	struct wire after = establish(test, inst), forged;
	unsigned int n;

	move_clock(100 * HZ);
	for (n = 0; n < ARRAY_SIZE(flags); n++) {
		forged = fixture_answer(after, flags[n]);
		forged.src++;
		KUNIT_EXPECT_TRUE(test, passes_in(test, inst, forged));
		forged = fixture_answer(after, flags[n]);
		forged.sport++;
		KUNIT_EXPECT_TRUE(test, passes_in(test, inst, forged));
		KUNIT_EXPECT_EQ(test, tcp_remaining(inst, &after), 7340 * HZ);
	}
	/* RFC 7857 section 7.1: nor does the reset with which the inside answers. */
	forged = tcp(WIRE_RST);
	forged.dst++;
	fixture_out(test, inst, forged);
	KUNIT_EXPECT_EQ(test, tcp_remaining(inst, &after), 7340 * HZ);
}

static void a_connection_beside_another_is_not_cut_short(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = establish(test, inst), second = tcp(WIRE_SYN);

	second.dst++;
	fixture_out(test, inst, second);
	/* The first one ends; the second goes on through the same link. */
	fixture_out(test, inst, tcp(WIRE_FIN | WIRE_ACK));
	fixture_in(test, inst, fixture_answer(after, WIRE_FIN | WIRE_ACK));
	fixture_in(test, inst, fixture_answer(after, WIRE_RST));
	KUNIT_EXPECT_EQ(test, tcp_remaining(inst, &after), 7440 * HZ);
}

/* Another CPU made it shared while this one waited for the lock with a reset: that is
 * the peer's.
 */
static void what_waited_for_the_lock_does_not_reset_a_shared_link(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire after = establish(test, inst), second = tcp(WIRE_SYN);
	struct alias_link *link = fixture_link(inst, TCP, &after);

	second.dst++;
	fixture_out(test, inst, second);
	rcu_read_lock();
	advance(inst, link, &link->flow, IN, WIRE_RST, engine_clock);
	advance(inst, link, &link->flow, OUT, WIRE_FIN, engine_clock);
	advance(inst, link, &link->flow, IN, WIRE_FIN, engine_clock);
	KUNIT_EXPECT_EQ(test, (int)find_peer(inst, link, &link->flow)->state,
			(int)ALIAS_LINK_CLOSING);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, (int)link->state, (int)ALIAS_LINK_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, tcp_remaining(inst, &after), 7440 * HZ);
}

/* RFC 5382 REQ-5: not below 2 h 4 min, whatever the first peer did. */
static void a_connection_after_a_vain_attempt_lives_as_long_as_any(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire second = tcp(WIRE_SYN), after;

	fixture_out(test, inst, tcp(WIRE_SYN));	/* nobody answers */
	second.dst++;
	after = fixture_out(test, inst, second);
	fixture_in(test, inst, fixture_answer(after, WIRE_SYN | WIRE_ACK));
	second.flags = WIRE_ACK;
	fixture_out(test, inst, second);
	KUNIT_EXPECT_GE(test, tcp_remaining(inst, &after), 7440 * HZ);
}

/* One random step of an instance's history. */
static void random_step(struct kunit *test, struct alias_instance *inst, struct rnd_state *rnd)
{
	static const u8 tcp_flags[] = { WIRE_SYN, WIRE_ACK, WIRE_ACK, WIRE_FIN, WIRE_RST };
	static const u8 protocol[] = { WIRE_TCP, WIRE_UDP, WIRE_ICMP };
	u32 r = prandom_u32_state(rnd);
	u8 proto = protocol[r % 3];
	u8 flags = proto == WIRE_TCP ? tcp_flags[(r >> 4 & 15) % ARRAY_SIZE(tcp_flags)] :
				       r >> 5 & WIRE_ECHO;
	struct wire w = fixture_wire(proto, flags, FIXTURE_INSIDE + (r >> 9 & 15),
				     2000 + (r >> 13 & 31), FIXTURE_PEER, 443);

	switch (r >> 20 & 31) {
	case 0:
		move_clock((r & 0x3f) * HZ);
		break;
	case 1:
		fixture_sweep(inst);
		break;
	case 2:
		if (!(r >> 25 & 15))
			alias_instance_flush(inst);
		break;
	case 3 ... 10:
		w = fixture_answer(w, flags);
		w.dst = FIXTURE_OUTSIDE + (r & 3);
		fixture_send(test, inst, IN, w, NULL);
		break;
	default:
		fixture_send(test, inst, OUT, w, NULL);
	}
}

/* RFC 4787 REQ-3, RFC 5382 REQ-7: behind each outside port there is one link. */
static void tables_agree_after_random_histories(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 2, 2000, 2031, ALIAS_F_SAME_PORTS);
	unsigned int n, most = 0;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 7);
	for (n = 0; n < 2000; n++) {
		random_step(test, inst, &rnd);
		most = max_t(unsigned int, most, atomic_read(&inst->out.nelems));
		if (n % 40 == 0)
			fixture_check(test, inst);
	}
	/* It was a history with something in it. */
	KUNIT_EXPECT_GT(test, most, 100u);
	KUNIT_EXPECT_GT(test, fixture_refused(inst, OUT, ALIAS_NO_PORT), 0ull);
	KUNIT_EXPECT_GT(test, fixture_refused(inst, OUT, ALIAS_NO_LINK), 0ull);
	KUNIT_EXPECT_GT(test, fixture_counters(inst, IN).packets, 0ull);
	alias_instance_flush(inst);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->out.nelems), 0);
	fixture_check(test, inst);
}

static int link_init(struct kunit *test)
{
	/* Not 0, where mistakes of the wrap would hide, nor close to it. */
	WRITE_ONCE(engine_clock, 0x12345678);
	return 0;
}

static struct kunit_case link_cases[] = {
	KUNIT_CASE_PARAM(it_is_used_to_the_last_jiffy, life_gen_params),
	KUNIT_CASE_PARAM(the_wrap_of_the_clock_changes_nothing, life_gen_params),
	KUNIT_CASE_PARAM(its_port_rests_and_then_is_collected, life_gen_params),
	KUNIT_CASE(a_resting_port_is_not_given_to_others),
	KUNIT_CASE_PARAM(its_owner_wakes_it_with_the_same_port, life_gen_params),
	KUNIT_CASE(what_opens_nothing_wakes_nothing),
	KUNIT_CASE_PARAM(outward_packets_keep_it_alive, life_gen_params),
	KUNIT_CASE(inward_packets_do_not_keep_it_alive),
	KUNIT_CASE_PARAM(it_lives_its_time_from_the_last_packet_on, life_gen_params),
	KUNIT_CASE(its_expiry_is_written_once_a_second_at_most),
	KUNIT_CASE(a_late_refresh_does_not_shorten_its_life),
	KUNIT_CASE(tcp_established_lives_2_h_4_min),
	KUNIT_CASE(tcp_closed_on_both_sides_lives_4_min_and_is_not_prolonged),
	KUNIT_CASE(tcp_reset_shortens_and_data_restores),
	KUNIT_CASE(a_stranger_does_not_touch_a_connection),
	KUNIT_CASE(a_connection_beside_another_is_not_cut_short),
	KUNIT_CASE(what_waited_for_the_lock_does_not_reset_a_shared_link),
	KUNIT_CASE(a_connection_after_a_vain_attempt_lives_as_long_as_any),
	KUNIT_CASE_SLOW(tables_agree_after_random_histories),
	{}
};

static struct kunit_suite link_suite = {
	.name = "alias_link",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.init = link_init,
	.test_cases = link_cases,
};

kunit_test_suite(link_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: a link's life");
