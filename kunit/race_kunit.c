// SPDX-License-Identifier: GPL-2.0
/* Packets, housekeeping, flushes and changes of the configuration at the same
 * time, on all CPUs; with links that are for all peers, and with links for one
 * peer, many of which share an outside port. KASAN, lockdep and the RCU debugging
 * watch.
 */

#include <linux/module.h>

#include "race.h"

/* Few enough that the senders meet at the same links and ports run short. */
#define HOSTS		8
#define PORTS		24
#define PEERS		8
#define ADDRESSES	2

static struct wire random_wire(struct rnd_state *rnd)
{
	static const u8 protocols[] = { WIRE_TCP, WIRE_UDP, WIRE_ICMP };
	static const u8 flags[] = { WIRE_SYN, WIRE_ACK, WIRE_ACK, WIRE_FIN, WIRE_RST };
	u32 r = prandom_u32_state(rnd);
	u8 protocol = protocols[r % 3];

	return fixture_wire(protocol, protocol == WIRE_ICMP ? r & 8 :
			    flags[(r >> 4 & 255) % ARRAY_SIZE(flags)],
			    FIXTURE_INSIDE + (r >> 12) % HOSTS, 2000 + (r >> 16) % PORTS,
			    FIXTURE_PEER + (r >> 22) % PEERS, 443);
}

/* What has a link of its own. */
static unsigned int number_of(const struct race *race, const struct wire *w)
{
	unsigned int space = w->protocol == WIRE_TCP ? 0 : w->protocol == WIRE_UDP ? 1 : 2;
	unsigned int n = (space * HOSTS + w->src - FIXTURE_INSIDE) * PORTS + w->sport - 2000;

	BUILD_BUG_ON(3 * HOSTS * PORTS * PEERS > RACE_OPENED_MAX);
	return race->mapping == ALIAS_MAPPING_EDM ? n * PEERS + w->dst - FIXTURE_PEER : n;
}

static unsigned int bytes_of(const struct wire *w)
{
	return WIRE_IP_BYTES + (w->protocol == WIRE_TCP ? 20 : 8) + w->payload;
}

static bool pass(struct race *race, struct alias_instance *inst, enum nft_alias_direction dir,
		 const struct wire *w, struct wire *after)
{
	struct engine_result result = {};

	if (engine_send(inst, dir, w, &result)) {
		atomic_inc(&race->failed);
		return false;
	}
	*after = result.wire;
	return race_count(race, dir, result.verdict, result.damaged, bytes_of(w));
}

/* If links end meanwhile, the port may be another subscriber's by now. */
static void answer(struct race *race, struct alias_instance *inst, const struct wire *sent,
		   struct wire after)
{
	struct wire w = fixture_answer(after, sent->protocol == WIRE_ICMP ? 0 : WIRE_ACK);

	if (!pass(race, inst, IN, &w, &after)) {
		race_expect(race, !race->exact);
		return;
	}
	race_expect(race, after.dst >= FIXTURE_INSIDE && after.dst < FIXTURE_INSIDE + HOSTS);
	if (race->exact)
		race_expect(race, after.dst == sent->src && after.dport == sent->sport);
}

static void send(struct race *race, struct alias_instance *inst, struct rnd_state *rnd)
{
	struct wire w = random_wire(rnd), after;

	if (!pass(race, inst, OUT, &w, &after))
		return;
	set_bit(number_of(race, &w), race->opened);
	answer(race, inst, &w, after);
}

/* --- who disturbs them --- */

/* Between two configurations, one of which takes half of the addresses away and
 * is refused while links are on them.
 */
static int changer(void *data)
{
	struct race *race = ((struct racer *)data)->race;
	struct alias_net *an = alias_net(&init_net);
	struct alias_range range = { FIXTURE_OUTSIDE, FIXTURE_OUTSIDE };
	struct alias_config config = {
		.settings.flags = ALIAS_F_SAME_PORTS,
		.pool = { 2000, 2031, 1, &range },
	};

	alias_timeouts_default(&config.settings.timeouts);
	memset(config.settings.mapping, race->mapping, ALIAS_SPACES);
	while (!kthread_should_stop()) {
		int err;

		range.last = range.last == FIXTURE_OUTSIDE ? FIXTURE_OUTSIDE + 1 : FIXTURE_OUTSIDE;
		mutex_lock(&an->mutex);
		err = alias_instance_change(race_instance(race), &config, false, NULL);
		mutex_unlock(&an->mutex);
		if (err && err != -EBUSY)
			atomic_inc(&race->failed);
		schedule_timeout_uninterruptible(HZ / 20);
	}
	return 0;
}

/* As a dump does: whatever stands behind a port has that port, and ends. */
static void look_at_port(struct race *race, struct alias_instance *inst, unsigned int n, u16 port)
{
	const struct alias_pool *pool = rcu_dereference(inst->pool);
	struct alias_link *link;
	unsigned int links = 0;

	if (n >= pool->nr_addresses)
		return;
	link = alias_link_first(inst, &pool->address[n]->ports[ALIAS_SPACE_UDP], port);
	for (; link; link = alias_link_next(inst, link)) {
		race_expect(race, ntohs(link->outside_port) == port);
		/* Of some that ended meanwhile the next ones, too. */
		if (++links > 16 * ALIAS_SHARERS_MAX)
			break;
	}
	race_expect(race, links <= 16 * ALIAS_SHARERS_MAX);
	if (links > 1)
		WRITE_ONCE(race->shared, true);
}

static int looker(void *data)
{
	struct race *race = ((struct racer *)data)->race;
	unsigned int n, port;

	while (!kthread_should_stop()) {
		for (n = 0; n < ADDRESSES; n++) {
			for (port = 2000; port < 2032; port++) {
				rcu_read_lock();
				look_at_port(race, race_instance(race), n, port);
				rcu_read_unlock();
			}
		}
		schedule_timeout_uninterruptible(1);
	}
	return 0;
}

/* --- the races --- */

static struct race *prepare(struct kunit *test, enum alias_mapping mapping, u16 port_max)
{
	struct alias_instance *inst = fixture_instance(test, ADDRESSES, 2000, port_max,
						       ALIAS_F_SAME_PORTS);
	struct race *race = race_prepare(test, inst, send);

	memset(engine_settings(inst)->mapping, mapping, ALIAS_SPACES);
	race->mapping = mapping;
	return race;
}

struct way {
	const char *name;
	enum alias_mapping mapping;
};

static const struct way ways[] = {
	{ "eim", ALIAS_MAPPING_EIM },
	{ "edm", ALIAS_MAPPING_EDM },
};

static void way_name(const struct way *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(way, ways, way_name);

/* The clock stands still: who was translated once has one link still. */
static void expect_one_link_each(struct kunit *test, struct race *race)
{
	struct alias_instance *inst = race_instance(race);
	unsigned int n, links = 0;

	for (n = 0; n < ALIAS_SPACES; n++)
		links += inst->links[n];
	KUNIT_EXPECT_EQ(test, links, (unsigned int)bitmap_weight(race->opened, RACE_OPENED_MAX));
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, IN, ALIAS_NO_LINK), 0ull);
}

static void expect_sharing(struct kunit *test, const struct race *race)
{
	KUNIT_EXPECT_EQ(test, race->shared, race->mapping == ALIAS_MAPPING_EDM);
}

static void senders_alone_open_each_link_once(struct kunit *test)
{
	const struct way *row = test->param_value;
	struct race *race = prepare(test, row->mapping, 65535);

	race->exact = true;
	race_run(test, race, NULL, 0);
	expect_one_link_each(test, race);
	KUNIT_EXPECT_EQ(test, fixture_refused(race_instance(race), OUT, ALIAS_NO_PORT), 0ull);
	race_expect_sums(test, race);
	race_expect_peace(test, race);
}

/* A port has links to several peers, and each of these gets through to its own. */
static void senders_alone_share_ports(struct kunit *test)
{
	static int (*const others[])(void *) = { looker };
	struct race *race = prepare(test, ALIAS_MAPPING_EDM, 2007);

	race->exact = true;
	race_run(test, race, others, ARRAY_SIZE(others));
	expect_one_link_each(test, race);
	KUNIT_EXPECT_GT(test, race_instance(race)->links[ALIAS_SPACE_UDP], ADDRESSES * 8u);
	KUNIT_EXPECT_GT(test, fixture_refused(race_instance(race), OUT, ALIAS_NO_PORT), 0ull);
	race_expect_sums(test, race);
	race_expect_peace(test, race);
}

/* Packets of all senders, while somebody looks and another one does his work. */
static void senders_beside(struct kunit *test, int (*other)(void *))
{
	int (*const others[])(void *) = { other, looker };
	const struct way *row = test->param_value;
	struct race *race = prepare(test, row->mapping, 65535);

	race_run(test, race, others, ARRAY_SIZE(others));
	expect_sharing(test, race);
	race_expect_sums(test, race);
	race_expect_peace(test, race);
}

static void senders_and_housekeeping(struct kunit *test)
{
	senders_beside(test, race_sweeper);
}

static void senders_and_flush(struct kunit *test)
{
	senders_beside(test, race_flusher);
}

static void everybody_at_once_with_ports_running_short(struct kunit *test)
{
	static int (*const others[])(void *) = { race_sweeper, race_flusher, changer, looker };
	const struct way *row = test->param_value;
	struct race *race = prepare(test, row->mapping, 2031);

	race_run(test, race, others, ARRAY_SIZE(others));
	expect_sharing(test, race);
	if (row->mapping == ALIAS_MAPPING_EIM)
		KUNIT_EXPECT_GT(test, fixture_refused(race_instance(race), OUT, ALIAS_NO_PORT),
				0ull);
	race_expect_sums(test, race);
	race_expect_peace(test, race);
}

#define SLOW	{ .speed = KUNIT_SPEED_SLOW }

static struct kunit_case race_cases[] = {
	KUNIT_CASE_PARAM_ATTR(senders_alone_open_each_link_once, way_gen_params, SLOW),
	KUNIT_CASE_SLOW(senders_alone_share_ports),
	KUNIT_CASE_PARAM_ATTR(senders_and_housekeeping, way_gen_params, SLOW),
	KUNIT_CASE_PARAM_ATTR(senders_and_flush, way_gen_params, SLOW),
	KUNIT_CASE_PARAM_ATTR(everybody_at_once_with_ports_running_short, way_gen_params, SLOW),
	{}
};

static struct kunit_suite race_suite = {
	.name = "alias_race",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = race_cases,
};

kunit_test_suite(race_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: everything at the same time");
