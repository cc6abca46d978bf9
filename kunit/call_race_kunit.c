// SPDX-License-Identifier: GPL-2.0
/* Calls of PPTP, made by messages and used by packets, while housekeeping, flushes
 * and the ends of whole instances take them away, on all CPUs.
 */

#include <linux/module.h>

#include "race.h"

#define CALL	ALIAS_SPACE_CALL

#define CLIENTS	4
#define IDS	6
#define SERVER	FIXTURE_PEER
/* Where a message has its fields. */
#define AT_ID		12
#define AT_PEER_ID	14
#define AT_RESULT	16

#define CALL_REQUEST	7
#define CALL_REPLY	8

struct packet {
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int length;
};

static u8 *payload(struct packet *p)
{
	return wire_transport(p->bytes) + 20;
}

static void write_message(struct packet *p, struct wire w, u16 type, u16 id, u16 peer_id)
{
	u8 *m;

	w.payload = type == CALL_REQUEST ? 168 : 32;
	p->length = wire_write(p->bytes, &w);
	m = payload(p);
	wire_put16(m, w.payload);
	wire_put16(m + 2, 1);
	wire_put32(m + 4, 0x1a2b3c4d);
	wire_put16(m + 8, type);
	wire_put16(m + 10, 0);
	wire_put16(m + AT_ID, id);
	wire_put16(m + AT_PEER_ID, peer_id);
	m[AT_RESULT] = 1;
	wire_seal(p->bytes, false);
}

static void write_gre(struct packet *p, u32 src, u32 dst, u16 id)
{
	const struct wire w = { .protocol = WIRE_GRE, .src = src, .dst = dst, .payload = 40 };
	u8 *g;

	p->length = wire_write(p->bytes, &w);
	g = wire_transport(p->bytes);
	wire_put32(g, 0x3001880b);
	wire_put16(g + 4, 28);
	wire_put16(g + 6, id);
}

/* Return: whether it was translated, and then @p is what came out */
static bool pass(struct race *race, struct alias_instance *inst, enum nft_alias_direction dir,
		 struct packet *p)
{
	struct sk_buff *skb = skb_make(p->bytes, p->length, p->length);
	enum alias_verdict verdict;
	u8 after[WIRE_BYTES_MAX];
	bool damaged;

	if (!skb) {
		atomic_inc(&race->failed);
		return false;
	}
	rcu_read_lock();
	verdict = dir == OUT ? alias_out(inst, skb) : alias_in(inst, skb);
	rcu_read_unlock();
	skb_copy_bits(skb, 0, after, p->length);
	kfree_skb(skb);
	damaged = engine_is_damaged(after, p->bytes, p->length, verdict == ALIAS_TRANSLATED);
	memcpy(p->bytes, after, p->length);
	return race_count(race, dir, verdict, damaged, p->length);
}

/* --- what a client does --- */

struct call {
	unsigned int client;
	u16 id;
	u16 servers_id;
	u32 outside;
	u16 outside_port;
	u16 outside_id;
};

/* Alone each call has an id of the server's for itself; else servers give the same
 * ones again all the time.
 */
static struct call random_call(const struct race *race, struct rnd_state *rnd)
{
	u32 r = prandom_u32_state(rnd);
	struct call call = { .client = (r >> 8) % CLIENTS, .id = 1 + (r >> 16) % IDS };

	call.servers_id = 100 + (race->exact ? call.client * IDS + call.id : r >> 24 & 3);
	return call;
}

static bool send_request(struct race *race, struct alias_instance *inst, struct call *call)
{
	struct packet p;

	write_message(&p, fixture_tcp(WIRE_ACK, FIXTURE_INSIDE + call->client, 4000, SERVER, 1723),
		      CALL_REQUEST, call->id, 0);
	if (!pass(race, inst, OUT, &p))
		return false;
	call->outside = wire_get32(p.bytes + 12);
	call->outside_port = wire_get16(wire_transport(p.bytes));
	call->outside_id = wire_get16(payload(&p) + AT_ID);
	return true;
}

/* The connection may be another client's by now, to whom the call means nothing. */
static bool hear_reply(struct race *race, struct alias_instance *inst, const struct call *call)
{
	struct packet p;
	u16 id;

	write_message(&p, fixture_tcp(WIRE_ACK, SERVER, 1723, call->outside, call->outside_port),
		      CALL_REPLY, call->servers_id, call->outside_id);
	if (!pass(race, inst, IN, &p))
		return false;
	id = wire_get16(payload(&p) + AT_PEER_ID);
	race_expect(race, id == call->outside_id || (id >= 1 && id <= IDS));
	if (race->exact)
		race_expect(race, id == call->id);
	return true;
}

static bool data_out(struct race *race, struct alias_instance *inst, const struct call *call)
{
	struct packet p;

	write_gre(&p, FIXTURE_INSIDE + call->client, SERVER, call->servers_id);
	if (!pass(race, inst, OUT, &p))
		return false;
	race_expect(race, wire_get32(p.bytes + 12) - FIXTURE_OUTSIDE < 2);
	race_expect(race, wire_get16(wire_transport(p.bytes) + 6) == call->servers_id);
	return true;
}

static bool data_in(struct race *race, struct alias_instance *inst, const struct call *call)
{
	unsigned int client;
	struct packet p;
	u16 id;

	write_gre(&p, SERVER, call->outside, call->outside_id);
	if (!pass(race, inst, IN, &p))
		return false;
	client = wire_get32(p.bytes + 16) - FIXTURE_INSIDE;
	id = wire_get16(wire_transport(p.bytes) + 6);
	race_expect(race, client < CLIENTS && id >= 1 && id <= IDS);
	if (race->exact)
		race_expect(race, client == call->client && id == call->id);
	return true;
}

static void dial(struct race *race, struct alias_instance *inst, struct rnd_state *rnd)
{
	struct call call = random_call(race, rnd);

	if (!send_request(race, inst, &call))
		return;
	set_bit(call.client * IDS + call.id, race->opened);
	race_expect(race, hear_reply(race, inst, &call) || !race->exact);
	race_expect(race, data_out(race, inst, &call) || !race->exact);
	race_expect(race, data_in(race, inst, &call) || !race->exact);
}

/* --- the races --- */

static struct alias_instance *translating(u16 max)
{
	return engine_instance("calls", FIXTURE_OUTSIDE, 2, 2000, max,
			       ALIAS_F_SAME_PORTS | ALIAS_F_PPTP);
}

/* An operator deletes it, and makes another one with the same addresses. */
static int replacer(void *data)
{
	struct race *race = ((struct racer *)data)->race;
	struct alias_instance *old, *new;

	while (!kthread_should_stop()) {
		schedule_timeout_uninterruptible(HZ / 20);
		new = translating(2007);
		if (!new) {
			atomic_inc(&race->failed);
			continue;
		}
		old = race_instance(race);
		rcu_assign_pointer(race->inst, new);
		synchronize_rcu();
		alias_instance_kill(old);
		race->replaced++;
	}
	return 0;
}

static struct race *prepare(struct kunit *test, u16 max)
{
	struct alias_instance *inst = translating(max);

	KUNIT_ASSERT_NOT_NULL(test, inst);
	return race_prepare(test, inst, dial);
}

static void finish(struct kunit *test, struct race *race)
{
	race_expect_peace(test, race);
	alias_instance_kill(race_instance(race));
}

static void clients_alone_make_each_call_once(struct kunit *test)
{
	struct race *race = prepare(test, 65535);
	struct alias_instance *inst = race_instance(race);

	race->exact = true;
	race_run(test, race, NULL, 0);
	KUNIT_EXPECT_EQ(test, inst->links[CALL],
			(unsigned int)bitmap_weight(race->opened, RACE_OPENED_MAX));
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->calls.nelems), (int)inst->links[CALL]);
	KUNIT_EXPECT_EQ(test, atomic64_read(&race->refused[OUT]), 0ll);
	KUNIT_EXPECT_EQ(test, atomic64_read(&race->refused[IN]), 0ll);
	race_expect_sums(test, race);
	finish(test, race);
}

static void clients_and_housekeeping_and_flush_with_ids_running_short(struct kunit *test)
{
	static int (*const others[])(void *) = { race_sweeper, race_flusher };
	struct race *race = prepare(test, 2007);

	race_run(test, race, others, ARRAY_SIZE(others));
	KUNIT_EXPECT_GT(test, fixture_refused(race_instance(race), OUT, ALIAS_NO_PORT), 0ull);
	KUNIT_EXPECT_GT(test, fixture_refused(race_instance(race), OUT, ALIAS_NO_LINK), 0ull);
	race_expect_sums(test, race);
	finish(test, race);
}

/* Who still holds one that was deleted finds it empty, and makes no more calls. */
static void clients_while_instances_are_deleted(struct kunit *test)
{
	static int (*const others[])(void *) = { race_sweeper, race_flusher, replacer };
	struct race *race = prepare(test, 2007);

	race_run(test, race, others, ARRAY_SIZE(others));
	KUNIT_EXPECT_GT(test, race->replaced, 2u);
	finish(test, race);
}

static struct kunit_case call_race_cases[] = {
	KUNIT_CASE_SLOW(clients_alone_make_each_call_once),
	KUNIT_CASE_SLOW(clients_and_housekeeping_and_flush_with_ids_running_short),
	KUNIT_CASE_SLOW(clients_while_instances_are_deleted),
	{}
};

static struct kunit_suite call_race_suite = {
	.name = "alias_call_race",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = call_race_cases,
};

kunit_test_suite(call_race_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: calls of PPTP, everything at the same time");
