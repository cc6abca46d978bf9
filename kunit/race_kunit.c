// SPDX-License-Identifier: GPL-2.0
/* Packets, housekeeping, flushes and changes of the configuration at the same
 * time, on all CPUs. KASAN, lockdep and the RCU debugging watch; at the end
 * everything adds up.
 */

#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/prandom.h>

#include "fixture.h"

#define OUT	NFT_ALIAS_OUT
#define IN	NFT_ALIAS_IN

#define SENDERS		3
#define RACERS_MAX	8
#define PACKETS		1000
/* On a slow machine fewer: the watchdog of hung tasks looks at insmod, too. */
#define SECONDS		6
/* Few enough that the senders meet at the same links and ports run short. */
#define HOSTS		8
#define PORTS		24

#define ENDPOINTS	(ALIAS_SPACES * HOSTS * PORTS)

struct race {
	struct alias_instance *inst;
	/* Inside endpoints that got an outside one. */
	DECLARE_BITMAP(opened, ENDPOINTS);
	atomic_t sending;
	struct completion sent;
	struct task_struct *thread[RACERS_MAX];
	unsigned int threads;
	atomic64_t translated[2];
	atomic64_t refused[2];
	atomic64_t bytes[2];
	atomic_t damaged;
	atomic_t untrue;
	atomic_t failed;
};

struct racer {
	struct race *race;
	unsigned int nr;
};

static struct wire random_wire(struct rnd_state *rnd)
{
	static const u8 protocols[] = { WIRE_TCP, WIRE_UDP, WIRE_ICMP };
	static const u8 flags[] = { WIRE_SYN, WIRE_ACK, WIRE_ACK, WIRE_FIN, WIRE_RST };
	u32 r = prandom_u32_state(rnd);
	u8 protocol = protocols[r % 3];

	return fixture_wire(protocol, protocol == WIRE_ICMP ? r & 8 :
			    flags[(r >> 4 & 255) % ARRAY_SIZE(flags)],
			    FIXTURE_INSIDE + (r >> 12) % HOSTS, 2000 + (r >> 16) % PORTS,
			    FIXTURE_PEER + (r >> 22 & 1), 443);
}

static unsigned int endpoint(const struct wire *w)
{
	unsigned int space = w->protocol == WIRE_TCP ? 0 : w->protocol == WIRE_UDP ? 1 : 2;

	return (space * HOSTS + w->src - FIXTURE_INSIDE) * PORTS + w->sport - 2000;
}

static unsigned int bytes_of(const struct wire *w)
{
	return WIRE_IP_BYTES + (w->protocol == WIRE_TCP ? 20 : 8) + w->payload;
}

/* Nobody else has this inside endpoint while a translation to it is on its way
 * back, so the answer may only meet its own link, or none.
 */
static void answer(struct race *race, struct wire sent, struct wire after)
{
	struct engine_result result = {};
	struct wire w = fixture_answer(after, sent.protocol == WIRE_ICMP ? 0 : WIRE_ACK);

	if (engine_send(race->inst, IN, &w, &result)) {
		atomic_inc(&race->failed);
		return;
	}
	atomic_add(result.damaged, &race->damaged);
	if (result.verdict != ALIAS_TRANSLATED) {
		atomic64_inc(&race->refused[IN]);
		return;
	}
	atomic64_inc(&race->translated[IN]);
	atomic64_add(bytes_of(&w), &race->bytes[IN]);
	/* An address of the inside, whoever's: the port may be another's by now. */
	if (result.wire.dst < FIXTURE_INSIDE || result.wire.dst >= FIXTURE_INSIDE + HOSTS)
		atomic_inc(&race->untrue);
}

static void send(struct race *race, struct rnd_state *rnd)
{
	struct engine_result result = {};
	struct wire w = random_wire(rnd);

	if (engine_send(race->inst, OUT, &w, &result)) {
		atomic_inc(&race->failed);
		return;
	}
	atomic_add(result.damaged, &race->damaged);
	if (result.verdict != ALIAS_TRANSLATED) {
		atomic64_inc(&race->refused[OUT]);
		return;
	}
	set_bit(endpoint(&w), race->opened);
	atomic64_inc(&race->translated[OUT]);
	atomic64_add(bytes_of(&w), &race->bytes[OUT]);
	answer(race, w, result.wire);
}

static int sender(void *data)
{
	struct racer *racer = data;
	unsigned long end = jiffies + SECONDS * HZ;
	struct rnd_state rnd;
	unsigned int n;

	prandom_seed_state(&rnd, 100 + racer->nr);
	for (n = 0; n < PACKETS && time_before(jiffies, end); n++) {
		send(racer->race, &rnd);
		cond_resched();
	}
	if (atomic_dec_and_test(&racer->race->sending))
		complete(&racer->race->sent);
	return 0;
}

/* As the work of the namespace does it: the only one that sweeps. */
static int sweeper(void *data)
{
	struct race *race = ((struct racer *)data)->race;

	while (!kthread_should_stop()) {
		alias_housekeeping_sweep(race->inst, 4, alias_now());
		fixture_pass(5);
		schedule_timeout_uninterruptible(1);
	}
	return 0;
}

static int flusher(void *data)
{
	struct race *race = ((struct racer *)data)->race;

	while (!kthread_should_stop()) {
		alias_instance_flush(race->inst);
		schedule_timeout_uninterruptible(HZ / 4);
	}
	return 0;
}

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
	while (!kthread_should_stop()) {
		int err;

		range.last = range.last == FIXTURE_OUTSIDE ? FIXTURE_OUTSIDE + 1 : FIXTURE_OUTSIDE;
		mutex_lock(&an->mutex);
		err = alias_instance_change(race->inst, &config, false, NULL);
		mutex_unlock(&an->mutex);
		if (err && err != -EBUSY)
			atomic_inc(&race->failed);
		schedule_timeout_uninterruptible(HZ / 20);
	}
	return 0;
}

static void start(struct kunit *test, struct race *race, int (*thread)(void *), unsigned int nr)
{
	struct racer *racer = kunit_kzalloc(test, sizeof(*racer), GFP_KERNEL);
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, racer);
	racer->race = race;
	racer->nr = nr;
	task = kthread_create(thread, racer, "alias_race/%u", nr);
	if (IS_ERR(task)) {
		KUNIT_FAIL(test, "no thread");
		if (thread == sender && atomic_dec_and_test(&race->sending))
			complete(&race->sent);
		return;
	}
	race->thread[race->threads++] = get_task_struct(task);
	wake_up_process(task);
}

static struct race *prepare(struct kunit *test, u16 port_max)
{
	struct race *race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, race);
	race->inst = fixture_instance(test, 2, 2000, port_max, ALIAS_F_SAME_PORTS);
	atomic_set(&race->sending, SENDERS);
	init_completion(&race->sent);
	return race;
}

/* The senders run to their end; then the others, who disturb them, stop. */
static void run(struct kunit *test, struct race *race, int (*const *others)(void *),
		unsigned int count)
{
	unsigned int n;

	for (n = 0; n < count; n++)
		start(test, race, others[n], 100 + n);
	for (n = 0; n < SENDERS; n++)
		start(test, race, sender, n);
	/* Interruptible only for the watchdog, which does not mind that. */
	wait_for_completion_interruptible(&race->sent);
	for (n = 0; n < race->threads; n++)
		kthread_stop_put(race->thread[n]);
	rcu_barrier();
}

static u64 sum_refused(const struct alias_counters *sum)
{
	unsigned int reason;
	u64 all = 0;

	for (reason = 0; reason < ALIAS_REASONS; reason++)
		all += sum->refused[reason];
	return all;
}

static void expect_sums(struct kunit *test, struct race *race)
{
	unsigned int dir;

	for (dir = OUT; dir <= IN; dir++) {
		struct alias_counters sum = fixture_counters(race->inst, dir);

		KUNIT_EXPECT_EQ(test, sum.packets, (u64)atomic64_read(&race->translated[dir]));
		KUNIT_EXPECT_EQ(test, sum.bytes, (u64)atomic64_read(&race->bytes[dir]));
		KUNIT_EXPECT_EQ(test, sum_refused(&sum), (u64)atomic64_read(&race->refused[dir]));
		KUNIT_EXPECT_EQ(test, sum.refused[ALIAS_FOREIGN], 0ull);
		KUNIT_EXPECT_EQ(test, sum.refused[ALIAS_MALFORMED], 0ull);
		KUNIT_EXPECT_GT(test, sum.packets, 100ull);
	}
}

static void expect_peace(struct kunit *test, struct race *race)
{
	KUNIT_EXPECT_EQ(test, atomic_read(&race->damaged), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->untrue), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->failed), 0);
	expect_sums(test, race);
	fixture_check(test, race->inst);
	alias_instance_flush(race->inst);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->inst->out.nelems), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->inst->subscribers.nelems), 0);
	fixture_check(test, race->inst);
}

static void senders_alone_open_each_link_once(struct kunit *test)
{
	struct race *race = prepare(test, 65535);
	unsigned int n, links = 0;

	run(test, race, NULL, 0);
	for (n = 0; n < ALIAS_SPACES; n++)
		links += race->inst->links[n];
	/* The clock stood still: who was translated once has one link still. */
	KUNIT_EXPECT_EQ(test, links, (unsigned int)bitmap_weight(race->opened, ENDPOINTS));
	KUNIT_EXPECT_EQ(test, fixture_refused(race->inst, IN, ALIAS_NO_LINK), 0ull);
	KUNIT_EXPECT_EQ(test, fixture_refused(race->inst, OUT, ALIAS_NO_PORT), 0ull);
	expect_peace(test, race);
}

static void senders_and_housekeeping(struct kunit *test)
{
	static int (*const others[])(void *) = { sweeper };
	struct race *race = prepare(test, 65535);

	run(test, race, others, ARRAY_SIZE(others));
	expect_peace(test, race);
}

static void senders_and_flush(struct kunit *test)
{
	static int (*const others[])(void *) = { flusher };
	struct race *race = prepare(test, 65535);

	run(test, race, others, ARRAY_SIZE(others));
	expect_peace(test, race);
}

static void everybody_at_once_with_ports_running_short(struct kunit *test)
{
	static int (*const others[])(void *) = { sweeper, flusher, changer };
	struct race *race = prepare(test, 2031);

	run(test, race, others, ARRAY_SIZE(others));
	KUNIT_EXPECT_GT(test, fixture_refused(race->inst, OUT, ALIAS_NO_PORT), 0ull);
	expect_peace(test, race);
}

static struct kunit_case race_cases[] = {
	KUNIT_CASE_SLOW(senders_alone_open_each_link_once),
	KUNIT_CASE_SLOW(senders_and_housekeeping),
	KUNIT_CASE_SLOW(senders_and_flush),
	KUNIT_CASE_SLOW(everybody_at_once_with_ports_running_short),
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
