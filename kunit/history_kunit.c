// SPDX-License-Identifier: GPL-2.0
/* Long random histories of an instance. */

#include <linux/module.h>
#include <linux/prandom.h>

#include "talk.h"

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
