/* SPDX-License-Identifier: GPL-2.0 */
/* Threads that do things to an instance at the same time, on all CPUs: senders,
 * and others that disturb them. At the end everything adds up.
 */
#ifndef ALIAS_KUNIT_RACE_H
#define ALIAS_KUNIT_RACE_H

#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/prandom.h>

#include "fixture.h"

#define OUT	NFT_ALIAS_OUT
#define IN	NFT_ALIAS_IN

#define SENDERS		3
#define RACERS_MAX	8
#define PACKETS		1000
/* On a slow machine fewer: the watchdog of hung tasks looks at insmod, too. */
#define SECONDS		4
/* Outward packets */
#define RACE_BETWEEN_FLUSHES	400
/* Inside endpoints that got an outside one, as the senders number them. */
#define RACE_OPENED_MAX	8192

/**
 * struct race - what all threads know
 * @inst: the instance; who works on it holds a reference, as a rule does
 * @send: how a sender sends
 * @mapping: of all protocols
 * @exact: nothing ends meanwhile, so each answer must come to who is asked
 * @opened: what was translated at least once
 * @shared: somebody has seen several links behind one port
 * @replaced: instances that ended meanwhile
 */
struct race {
	struct alias_instance __rcu *inst;
	void (*send)(struct race *race, struct alias_instance *inst, struct rnd_state *rnd);
	enum alias_mapping mapping;
	bool exact;
	DECLARE_BITMAP(opened, RACE_OPENED_MAX);
	bool shared;
	unsigned int replaced;
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

/* For who knows that it is not replaced. */
static inline struct alias_instance *race_instance(const struct race *race)
{
	return rcu_dereference_protected(race->inst, 1);
}

static inline struct alias_instance *race_hold(struct race *race)
{
	struct alias_instance *inst;

	rcu_read_lock();
	do {
		inst = rcu_dereference(race->inst);
	} while (!refcount_inc_not_zero(&inst->refs));
	rcu_read_unlock();
	return inst;
}

/* Return: whether it was translated */
static inline bool race_count(struct race *race, enum nft_alias_direction dir,
			      enum alias_verdict verdict, bool damaged, unsigned int bytes)
{
	atomic_add(damaged, &race->damaged);
	if (verdict != ALIAS_TRANSLATED) {
		atomic64_inc(&race->refused[dir]);
		return false;
	}
	atomic64_inc(&race->translated[dir]);
	atomic64_add(bytes, &race->bytes[dir]);
	return true;
}

static inline void race_expect(struct race *race, bool good)
{
	if (!good)
		atomic_inc(&race->untrue);
}

/* --- threads --- */

static inline int race_sender(void *data)
{
	struct racer *racer = data;
	struct race *race = racer->race;
	unsigned long end = jiffies + SECONDS * HZ;
	struct alias_instance *inst;
	struct rnd_state rnd;
	unsigned int n;

	prandom_seed_state(&rnd, 100 + racer->nr);
	for (n = 0; n < PACKETS && time_before(jiffies, end); n++) {
		inst = race_hold(race);
		race->send(race, inst, &rnd);
		alias_instance_put(inst);
		cond_resched();
	}
	if (atomic_dec_and_test(&race->sending))
		complete(&race->sent);
	return 0;
}

/* As the work of the namespace does it: the only one that sweeps. */
static inline int race_sweeper(void *data)
{
	struct race *race = ((struct racer *)data)->race;
	struct alias_instance *inst;

	while (!kthread_should_stop()) {
		inst = race_hold(race);
		alias_housekeeping_sweep(inst, 4, alias_now());
		alias_instance_put(inst);
		fixture_pass(5);
		schedule_timeout_uninterruptible(1);
	}
	return 0;
}

static inline s64 race_handled(struct race *race)
{
	return atomic64_read(&race->translated[OUT]) + atomic64_read(&race->refused[OUT]);
}

/* After so many packets, not so much time: on a slow machine as well links must come
 * together between two flushes.
 */
static inline int race_flusher(void *data)
{
	struct race *race = ((struct racer *)data)->race;
	struct alias_instance *inst;
	s64 flushed = -RACE_BETWEEN_FLUSHES;

	while (!kthread_should_stop()) {
		if (race_handled(race) - flushed >= RACE_BETWEEN_FLUSHES) {
			flushed = race_handled(race);
			inst = race_hold(race);
			alias_instance_flush(inst);
			alias_instance_put(inst);
		}
		schedule_timeout_uninterruptible(1);
	}
	return 0;
}

static inline void race_start(struct kunit *test, struct race *race, int (*thread)(void *),
			      unsigned int nr)
{
	struct racer *racer = kunit_kzalloc(test, sizeof(*racer), GFP_KERNEL);
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, racer);
	racer->race = race;
	racer->nr = nr;
	task = kthread_create(thread, racer, "alias_race/%u", nr);
	if (IS_ERR(task)) {
		KUNIT_FAIL(test, "no thread");
		if (thread == race_sender && atomic_dec_and_test(&race->sending))
			complete(&race->sent);
		return;
	}
	race->thread[race->threads++] = get_task_struct(task);
	wake_up_process(task);
}

/**
 * race_prepare - a race that has not begun
 * @test: the case
 * @inst: its instance
 * @send: how a sender sends
 */
static inline struct race *
race_prepare(struct kunit *test, struct alias_instance *inst,
	     void (*send)(struct race *race, struct alias_instance *inst, struct rnd_state *rnd))
{
	struct race *race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, race);
	RCU_INIT_POINTER(race->inst, inst);
	race->send = send;
	atomic_set(&race->sending, SENDERS);
	init_completion(&race->sent);
	return race;
}

/* The senders run to their end; then the others, who disturb them, stop. */
static inline void race_run(struct kunit *test, struct race *race, int (*const *others)(void *),
			    unsigned int count)
{
	unsigned int n;

	for (n = 0; n < count; n++)
		race_start(test, race, others[n], 100 + n);
	for (n = 0; n < SENDERS; n++)
		race_start(test, race, race_sender, n);
	/* Interruptible only for the watchdog, which does not mind that. */
	wait_for_completion_interruptible(&race->sent);
	for (n = 0; n < race->threads; n++)
		kthread_stop_put(race->thread[n]);
	rcu_barrier();
}

/* --- what is left --- */

static inline u64 race_sum_refused(const struct alias_counters *sum)
{
	unsigned int reason;
	u64 all = 0;

	for (reason = 0; reason < ALIAS_REASONS; reason++)
		all += sum->refused[reason];
	return all;
}

static inline void race_expect_sums(struct kunit *test, struct race *race)
{
	unsigned int dir;

	for (dir = OUT; dir <= IN; dir++) {
		struct alias_counters sum = fixture_counters(race_instance(race), dir);

		KUNIT_EXPECT_EQ(test, sum.packets, (u64)atomic64_read(&race->translated[dir]));
		KUNIT_EXPECT_EQ(test, sum.bytes, (u64)atomic64_read(&race->bytes[dir]));
		KUNIT_EXPECT_EQ(test, race_sum_refused(&sum),
				(u64)atomic64_read(&race->refused[dir]));
	}
}

static inline void race_expect_peace(struct kunit *test, struct race *race)
{
	struct alias_instance *inst = race_instance(race);
	unsigned int dir;

	KUNIT_EXPECT_EQ(test, atomic_read(&race->damaged), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->untrue), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->failed), 0);
	for (dir = OUT; dir <= IN; dir++) {
		KUNIT_EXPECT_EQ(test, fixture_refused(inst, dir, ALIAS_FOREIGN), 0ull);
		KUNIT_EXPECT_EQ(test, fixture_refused(inst, dir, ALIAS_MALFORMED), 0ull);
		KUNIT_EXPECT_GT(test, atomic64_read(&race->translated[dir]), 100ll);
	}
	fixture_check(test, inst);
	alias_instance_flush(inst);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->out.nelems), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->flows.nelems), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->calls.nelems), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->subscribers.nelems), 0);
	fixture_check(test, inst);
}

#endif /* ALIAS_KUNIT_RACE_H */
