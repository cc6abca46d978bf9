// SPDX-License-Identifier: GPL-2.0
/* Long random histories of an instance: of mappings and connections beside a model
 * that is as simple as can be, packet by packet; and of everything else beside the
 * tables' own agreement.
 */

#include <linux/module.h>
#include <linux/prandom.h>

#include "../kmod/peer.h"
/* So few that random packets find out what happens to one more. */
#undef ALIAS_PEERS_MAX
#define ALIAS_PEERS_MAX 8

#include "model.h"
#include "talk.h"

#define STEPS	2500

#define HOSTS	2
#define PORTS	2

#define EVENT(name)	BIT(MODEL_ ## name)
/* What happens in every history. */
#define ALWAYS	(EVENT(OPENS) | EVENT(WAKES) | EVENT(NOTHING_TO_RESET) | EVENT(ENTERS) | \
		 EVENT(NO_MAPPING) | EVENT(MAPPING_CUT_SHORT) | EVENT(RESTS) | EVENT(MAPPING_OVER))
/* What happens where one mapping is for all peers. */
#define SHARED	(EVENT(MEETS) | EVENT(STRANGER_RESET) | EVENT(PEER_CUT_SHORT) | EVENT(PEER_OVER))

/**
 * struct course - what histories are like
 * @name: of the case
 * @mapping: of all protocols
 * @filter: of all protocols
 * @flags: of the instance
 * @peers: addresses of peers, with two ports each
 * @lazy: housekeeping comes only when time has passed, not after each packet
 * @events: what must happen, and nothing else
 */
struct course {
	const char *name;
	enum alias_mapping mapping;
	enum alias_filter filter;
	u32 flags;
	unsigned int peers;
	bool lazy;
	u32 events;
};

static const struct course courses[] = {
	{ "eif", ALIAS_MAPPING_EIM, ALIAS_FILTER_EIF, 0, 2, true,
	  ALWAYS | SHARED | EVENT(STRANGER_ENTERS) },
	{ "adf", ALIAS_MAPPING_EIM, ALIAS_FILTER_ADF, 0, 2, true,
	  ALWAYS | SHARED | EVENT(STRANGER_ENTERS) | EVENT(FILTERED) },
	{ "apdf", ALIAS_MAPPING_EIM, ALIAS_FILTER_APDF, 0, 2, true,
	  ALWAYS | SHARED | EVENT(FILTERED) },
	{ "eif_crowded", ALIAS_MAPPING_EIM, ALIAS_FILTER_EIF, 0, 6, false,
	  ALWAYS | SHARED | EVENT(STRANGER_ENTERS) | EVENT(UNTRACKED) },
	{ "adf_full", ALIAS_MAPPING_EIM, ALIAS_FILTER_ADF, 0, 6, false,
	  ALWAYS | SHARED | EVENT(STRANGER_ENTERS) | EVENT(FILTERED) | EVENT(FULL) },
	{ "apdf_full", ALIAS_MAPPING_EIM, ALIAS_FILTER_APDF, 0, 6, false,
	  ALWAYS | SHARED | EVENT(FILTERED) | EVENT(FULL) },
	{ "eif_refresh_in", ALIAS_MAPPING_EIM, ALIAS_FILTER_EIF, ALIAS_F_REFRESH_IN, 2, true,
	  ALWAYS | SHARED | EVENT(STRANGER_ENTERS) | EVENT(REFRESHES) },
	{ "adf_refresh_in", ALIAS_MAPPING_EIM, ALIAS_FILTER_ADF, ALIAS_F_REFRESH_IN, 2, true,
	  ALWAYS | SHARED | EVENT(STRANGER_ENTERS) | EVENT(FILTERED) | EVENT(REFRESHES) },
	{ "edm", ALIAS_MAPPING_EDM, ALIAS_FILTER_EIF, 0, 6, true, ALWAYS },
	{ "edm_refresh_in", ALIAS_MAPPING_EDM, ALIAS_FILTER_APDF, ALIAS_F_REFRESH_IN, 6, true,
	  ALWAYS | EVENT(REFRESHES) },
};

static void course_name(const struct course *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(course, courses, course_name);

struct history {
	struct kunit *test;
	const struct course *course;
	struct alias_instance *inst;
	struct model *model;
	/* Of the last packet. */
	struct model_mapping *mapping;
	struct rnd_state rnd;
	unsigned int seed;
	unsigned int step;
	/* Nothing happened since housekeeping was here. */
	bool tidy;
};

static void expect(struct history *h, bool good, const char *what)
{
	if (!good)
		KUNIT_FAIL(h->test, "seed %u step %u: %s\n", h->seed, h->step, what);
}

#define EXPECT(h, condition)	expect(h, condition, #condition)

static unsigned int draw(struct history *h, unsigned int below)
{
	return (prandom_u32_state(&h->rnd) >> 8) % below;
}

static enum alias_space space_of(u8 protocol)
{
	return protocol == WIRE_TCP ? TCP : UDP;
}

/* --- what the engine has, beside what the model has --- */

static struct alias_link *engine_link(struct history *h, const struct model_mapping *mapping)
{
	const struct wire after = {
		.src = mapping->outside,
		.sport = mapping->outside_port,
		.dst = mapping->peer[0].addr,
		.dport = mapping->peer[0].port,
	};

	return fixture_link(h->inst, space_of(mapping->protocol), &after);
}

/* Late by less than a second; and if one of several connections was cut short,
 * housekeeping is yet to find that out.
 */
static bool is_about(const struct history *h, u32 expires, u32 until)
{
	s32 late = expires - engine_clock - (s32)(until - h->model->now) * HZ;

	return late >= 0 && (late < HZ || !h->tidy);
}

static void compare_peer(struct history *h, struct alias_link *link, const struct model_peer *peer)
{
	enum alias_link_state state = tcp_model_state(&peer->tcp);
	struct alias_peer *found;

	if (!(link->flags & ALIAS_LINK_F_SHARED)) {
		EXPECT(h, ntohl(link->flow.peer_addr) == peer->addr);
		EXPECT(h, ntohs(link->flow.peer_port) == peer->port);
		EXPECT(h, link->state == state);
		return;
	}
	rcu_read_lock();
	found = alias_peer_find(h->inst, link, htonl(peer->addr), htons(peer->port));
	EXPECT(h, found);
	EXPECT(h, !found || found->state == state);
	EXPECT(h, !found || is_about(h, found->expires, peer->until));
	rcu_read_unlock();
}

static void compare_mapping(struct history *h, const struct model_mapping *mapping)
{
	struct alias_link *link = engine_link(h, mapping);
	unsigned int n;

	EXPECT(h, link);
	if (!link)
		return;
	EXPECT(h, ntohl(link->flow.near.addr) == mapping->inside);
	EXPECT(h, ntohs(link->flow.near.port) == mapping->inside_port);
	EXPECT(h, is_about(h, link->expires, model_until(mapping)));
	if (mapping->protocol != WIRE_TCP)
		return;
	for (n = 0; n < mapping->peers; n++)
		if (model_is_live(h->model, &mapping->peer[n]))
			compare_peer(h, link, &mapping->peer[n]);
}

static void compare_all(struct history *h)
{
	unsigned int n, links[ALIAS_SPACES] = {};

	for (n = 0; n < MODEL_MAPPINGS; n++) {
		struct model_mapping *mapping = &h->model->mapping[n];

		if (!mapping->protocol)
			continue;
		compare_mapping(h, mapping);
		links[space_of(mapping->protocol)]++;
	}
	EXPECT(h, h->inst->links[TCP] == links[TCP]);
	EXPECT(h, h->inst->links[UDP] == links[UDP]);
}

/* --- packets --- */

/* What it chose stays, is nobody else's for this peer, and a subscriber has one
 * address for all.
 */
static void learn_outside(struct history *h, struct model_mapping *mapping,
			  const struct wire *after)
{
	unsigned int n;
	bool taken;

	if (mapping->outside) {
		EXPECT(h, mapping->outside == after->src);
		EXPECT(h, mapping->outside_port == after->sport);
		return;
	}
	for (n = 0; n < MODEL_MAPPINGS; n++) {
		const struct model_mapping *other = &h->model->mapping[n];

		if (!other->outside)
			continue;
		EXPECT(h, other->inside != mapping->inside || other->outside == after->src);
		taken = other->protocol == mapping->protocol && other->outside == after->src &&
			other->outside_port == after->sport &&
			model_is_for_peer(h->model, other, after->dst, after->dport);
		EXPECT(h, !taken);
	}
	mapping->outside = after->src;
	mapping->outside_port = after->sport;
}

static void outward(struct history *h, const struct wire *w)
{
	static const enum alias_reason reasons[] = {
		[MODEL_NOTHING] = ALIAS_NO_LINK,
		[MODEL_HAS_NO_ROOM] = ALIAS_NO_MEMORY,
	};
	enum model_verdict expected = model_out(h->model, w, &h->mapping);
	u64 before = fixture_refused(h->inst, OUT, reasons[expected]);
	struct wire after;
	enum alias_verdict verdict = fixture_send(h->test, h->inst, OUT, *w, &after);

	if (expected != MODEL_PASSES) {
		EXPECT(h, verdict == ALIAS_DROP);
		EXPECT(h, fixture_refused(h->inst, OUT, reasons[expected]) == before + 1);
		return;
	}
	EXPECT(h, verdict == ALIAS_TRANSLATED);
	if (verdict == ALIAS_TRANSLATED)
		learn_outside(h, h->mapping, &after);
}

static void inward(struct history *h, const struct wire *w)
{
	static const enum alias_reason reasons[] = {
		[MODEL_NOTHING] = ALIAS_NO_LINK,
		[MODEL_REFUSES_PEER] = ALIAS_FILTERED,
	};
	enum model_verdict expected = model_in(h->model, w, &h->mapping);
	u64 before = fixture_refused(h->inst, IN, reasons[expected]);
	struct wire after;
	enum alias_verdict verdict = fixture_send(h->test, h->inst, IN, *w, &after);

	if (expected != MODEL_PASSES) {
		EXPECT(h, verdict == ALIAS_NO_MATCH);
		EXPECT(h, fixture_refused(h->inst, IN, reasons[expected]) == before + 1);
		return;
	}
	EXPECT(h, verdict == ALIAS_TRANSLATED);
	EXPECT(h, verdict != ALIAS_TRANSLATED || (after.dst == h->mapping->inside &&
						  after.dport == h->mapping->inside_port));
}

/* One connection is busier than all others, so that it comes to every state however
 * many there are.
 */
static struct wire random_outward(struct history *h)
{
	u8 flags = tcp_model_flags(&h->rnd), protocol = draw(h, 3) ? WIRE_TCP : WIRE_UDP;

	if (!draw(h, 3))
		return fixture_tcp(flags, FIXTURE_INSIDE, 2000, FIXTURE_PEER, 443);
	return fixture_wire(protocol, protocol == WIRE_TCP ? flags : 0,
			    FIXTURE_INSIDE + draw(h, HOSTS), 2000 + draw(h, PORTS),
			    FIXTURE_PEER + draw(h, h->course->peers), draw(h, 2) ? 443 : 53);
}

/* To a mapping, if there is one, and sometimes from somebody else. */
static struct wire random_inward(struct history *h)
{
	struct wire w = random_outward(h);
	const struct model_mapping *mapping = model_of_inside(h->model, &w);

	w = fixture_answer(w, w.flags);
	w.dst = mapping ? mapping->outside : FIXTURE_OUTSIDE + draw(h, 2);
	w.dport = mapping ? mapping->outside_port : w.dport;
	if (!draw(h, 4))
		w.src = FIXTURE_PEER + draw(h, h->course->peers);
	return w;
}

static void pass_time(struct history *h)
{
	static const unsigned int seconds[] = { 10, 10, 10, 10, 20, 50, 120, 250, 370, 3000, 7450 };
	unsigned int passed = seconds[draw(h, ARRAY_SIZE(seconds))];

	model_pass(h->model, passed);
	fixture_pass(passed);
}

/* Housekeeping comes to this one only. */
static void tidy_up(struct history *h, const struct model_mapping *mapping)
{
	struct alias_link *link = engine_link(h, mapping);

	if (!link)
		return;
	alias_lock(h->inst);
	alias_connections_tidy(h->inst, link, engine_clock);
	alias_unlock(h->inst);
}

static void step(struct history *h)
{
	unsigned int what = draw(h, 24);
	struct wire w;

	h->tidy = !h->course->lazy || what < 2;
	if (!what) {
		pass_time(h);
	} else if (what % 2) {
		w = random_outward(h);
		outward(h, &w);
	} else {
		w = random_inward(h);
		inward(h, &w);
	}
	/* A packet changes no other mapping, or it will be found out later. */
	if (what < 2) {
		fixture_sweep(h->inst);
		compare_all(h);
	} else if (h->mapping && h->mapping->outside) {
		if (h->tidy)
			tidy_up(h, h->mapping);
		compare_mapping(h, h->mapping);
	}
}

/* --- whether there was anything in it --- */

static void expect_events(struct kunit *test, const struct course *course,
			  const struct model *model)
{
	unsigned int n;

	for (n = 0; n < MODEL_EVENTS; n++)
		KUNIT_EXPECT_EQ_MSG(test, model->seen[n] > 0, !!(course->events & BIT(n)),
				    "event %u happened %u times", n, model->seen[n]);
}

/* Every kind of packet, both ways, in every state. */
static void expect_transitions(struct kunit *test, const struct model *model)
{
	static const enum alias_link_state states[] = {
		ALIAS_LINK_OPENING, ALIAS_LINK_ESTABLISHED, ALIAS_LINK_FIN_OUT,
		ALIAS_LINK_FIN_IN, ALIAS_LINK_CLOSING, ALIAS_LINK_RESET,
	};
	unsigned int n, dir, kind;

	for (n = 0; n < ARRAY_SIZE(states); n++)
		for (dir = OUT; dir <= IN; dir++)
			for (kind = 0; kind < KINDS; kind++)
				KUNIT_EXPECT_GT_MSG(test, model->tracked[states[n]][dir][kind], 0u,
						    "state %u, way %u, kind %u", states[n], dir,
						    kind);
}

static void set_up(struct history *h, struct alias_instance *inst, unsigned int seed)
{
	struct alias_settings *settings = engine_settings(inst);
	u32 *seconds = settings->timeouts.seconds;

	/* What has been seen stays: it is counted over all seeds. */
	memset(h->model->mapping, 0, sizeof(h->model->mapping));
	h->model->dependent = h->course->mapping == ALIAS_MAPPING_EDM;
	h->model->filter = h->course->filter;
	h->model->refresh_in = h->course->flags & ALIAS_F_REFRESH_IN;
	h->model->room = ALIAS_PEERS_MAX;
	memset(settings->mapping, h->course->mapping, ALIAS_SPACES);
	memset(settings->filter, h->course->filter, ALIAS_SPACES);
	seconds[ALIAS_A_TIMEOUT_TCP_OPENING] = MODEL_OPENING;
	seconds[ALIAS_A_TIMEOUT_TCP_ESTABLISHED] = MODEL_ESTABLISHED;
	seconds[ALIAS_A_TIMEOUT_TCP_CLOSING] = MODEL_CLOSING;
	seconds[ALIAS_A_TIMEOUT_UDP] = MODEL_UDP;
	seconds[ALIAS_A_TIMEOUT_HOLD] = MODEL_HOLD;
	settings->timeouts.udp_port[0] = (struct alias_udp_port){ 53, MODEL_UDP_53 };
	settings->timeouts.nr_udp_ports = 1;
	h->inst = inst;
	h->seed = seed;
	prandom_seed_state(&h->rnd, seed);
}

static void tell(struct history *h)
{
	/* One that went wrong says nothing new from there on. */
	for (h->step = 0; h->step < STEPS && !READ_ONCE(h->test->status); h->step++) {
		step(h);
		if (h->step % 1000 == 0)
			fixture_check(h->test, h->inst);
	}
	fixture_check(h->test, h->inst);
}

/* RFC 7857 section 2.1: each state of TCP, and what passes and lives by it. */
static void packets_do_what_the_model_says(struct kunit *test)
{
	static const unsigned int seeds[] = { 4787, 5382 };
	unsigned int n;
	struct history *h = kunit_kzalloc(test, sizeof(*h), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, h);
	h->test = test;
	h->course = test->param_value;
	h->model = kunit_kzalloc(test, sizeof(*h->model), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, h->model);
	for (n = 0; n < ARRAY_SIZE(seeds); n++) {
		kunit_info(test, "%s: seed %u\n", h->course->name, seeds[n]);
		set_up(h, fixture_instance(test, 2, 2000, 2063,
					   ALIAS_F_SAME_PORTS | h->course->flags), seeds[n]);
		tell(h);
	}
	expect_events(test, h->course, h->model);
	expect_transitions(test, h->model);
}

/* --- everything else --- */

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
		fixture_pass(r >> 8 & 0xff);
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

struct tale {
	const char *name;
	enum alias_mapping mapping;
};

static const struct tale tales[] = {
	{ "eim", ALIAS_MAPPING_EIM },
	{ "edm", ALIAS_MAPPING_EDM },
};

static void tale_name(const struct tale *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(tale, tales, tale_name);

static void tables_agree_after_random_histories(struct kunit *test)
{
	const struct tale *row = test->param_value;
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

static struct kunit_case history_cases[] = {
	KUNIT_CASE_PARAM(packets_do_what_the_model_says, course_gen_params),
	KUNIT_CASE_PARAM(tables_agree_after_random_histories, tale_gen_params),
	{}
};

static struct kunit_suite history_suite = {
	.name = "alias_history",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.init = talk_init,
	.test_cases = history_cases,
};

kunit_test_suite(history_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: random histories");
