// SPDX-License-Identifier: GPL-2.0
/* Incomplete packets give way when the kernel's memory for them is full, while others
 * are completed and others' time is over.
 */

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/prandom.h>
#include <net/net_namespace.h>

#include "../kmod/defrag.c"
#include "skb.h"

#define LIMIT		(64 << 10)
#define RACE_LIMIT	(32 << 10)
#define PUT_MAX		5000
#define PIECE		8
#define RACERS		3
#define RACE_ROUNDS	20000
#define RACE_SECONDS	6

/* What the namespace of this machine has of incomplete packets is the test's meanwhile. */
static struct fqdir *store;
static long limit_before;
static int time_before_test;
static int dist_before;

static int suite_init(struct kunit_suite *suite)
{
	store = init_net.ipv4.fqdir;
	limit_before = store->high_thresh;
	time_before_test = store->timeout;
	dist_before = store->max_dist;
	return 0;
}

/* Frees wait for a grace period, but what they count does not. */
static void empty(void)
{
	unsigned int n;

	store->high_thresh = 1;
	rcu_read_lock();
	for (n = 0; n < PUT_MAX && frag_mem_limit(store); n++)
		make_room(&init_net);
	rcu_read_unlock();
}

static void suite_exit(struct kunit_suite *suite)
{
	store->high_thresh = limit_before;
	store->timeout = time_before_test;
	store->max_dist = dist_before;
}

static int case_init(struct kunit *test)
{
	store->high_thresh = LIMIT;
	store->timeout = 30 * HZ;
	/* Everything here has one source. */
	store->max_dist = 0;
	return 0;
}

static void case_exit(struct kunit *test)
{
	empty();
	KUNIT_EXPECT_EQ(test, frag_mem_limit(store), 0l);
}

static struct sk_buff *make_piece(u16 id, bool last)
{
	struct {
		struct iphdr ip;
		u8 content[PIECE];
	} packet = {
		.ip = {
			.version = 4,
			.ihl = 5,
			.tot_len = htons(sizeof(packet)),
			.id = htons(id),
			.frag_off = last ? htons(PIECE / 8) : htons(IP_MF),
			.ttl = 64,
			.protocol = IPPROTO_UDP,
			.saddr = htonl(0x64400001),
			.daddr = htonl(0xc0000201),
		},
	};
	struct sk_buff *skb = skb_make((u8 *)&packet, sizeof(packet), sizeof(packet));

	if (!skb)
		return NULL;
	skb->dev = init_net.loopback_dev;
	skb->tstamp = ktime_get();
	return skb;
}

static void come_in(struct sk_buff *skb)
{
	const struct nf_hook_state state = { .net = &init_net };

	rcu_read_lock();
	before_defrag(NULL, skb, &state);
	rcu_read_unlock();
}

/* Return: 0 if that made a packet, -EINPROGRESS if one waits for more, -ENOMEM if it was refused */
static int put(u16 id, bool last, bool with_room)
{
	struct sk_buff *skb = make_piece(id, last);
	int err;

	if (!skb)
		return -ENOBUFS;
	local_bh_disable();
	if (with_room)
		come_in(skb);
	err = ip_defrag(&init_net, skb, IP_DEFRAG_CONNTRACK_IN);
	local_bh_enable();
	if (!err)
		kfree_skb(skb);
	return err;
}

/* Return: how many it took */
static unsigned int fill(struct kunit *test)
{
	unsigned int n;
	int err = 0;

	for (n = 0; n < PUT_MAX; n++) {
		err = put(n, n & 1, false);
		if (err)
			err = err == -EINPROGRESS ? 0 : err;
		if (err)
			break;
	}
	KUNIT_ASSERT_EQ(test, err, -ENOMEM);
	KUNIT_ASSERT_GT(test, n, 20u);
	return n;
}

static u64 failures(void)
{
	return snmp_fold_field(init_net.mib.ip_statistics, IPSTATS_MIB_REASMFAILS);
}

static void nothing_gives_way_while_there_is_room(struct kunit *test)
{
	u64 before = failures();

	KUNIT_EXPECT_EQ(test, put(1, false, true), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, put(2, false, true), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, put(1, true, true), 0);
	KUNIT_EXPECT_EQ(test, put(2, true, true), 0);
	KUNIT_EXPECT_EQ(test, failures() - before, 0ull);
}

/* RFC 4787 REQ-14a; the first part is what the kernel does alone. */
static void a_full_store_refuses_until_room_is_made(struct kunit *test)
{
	unsigned int count = fill(test), n;
	u64 before = failures();

	for (n = 0; n < 10; n++) {
		KUNIT_EXPECT_EQ(test, put(count + n, false, true), -EINPROGRESS);
		KUNIT_EXPECT_EQ(test, put(count + n, true, true), 0);
	}
	KUNIT_EXPECT_GT(test, failures() - before, (u64)count / 10);
	KUNIT_EXPECT_LE(test, frag_mem_limit(store), (long)LIMIT - LIMIT / 8 + 4096);
}

static void the_first_fragments_tick_counts_then_the_last_ones_time(struct kunit *test)
{
	struct inet_frag_queue *a = kunit_kzalloc(test, sizeof(*a), GFP_KERNEL);
	struct inet_frag_queue *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, b);
	a->timer.expires = ULONG_MAX;
	b->timer.expires = 0;
	a->stamp = 2;
	b->stamp = 1;
	KUNIT_EXPECT_PTR_EQ(test, older(a, b), a);
	KUNIT_EXPECT_PTR_EQ(test, older(b, a), a);
	a->timer.expires = 0;
	KUNIT_EXPECT_PTR_EQ(test, older(a, b), b);
	KUNIT_EXPECT_PTR_EQ(test, older(b, a), b);
	/* Just being made */
	b->stamp = 0;
	KUNIT_EXPECT_PTR_EQ(test, older(a, b), a);
	KUNIT_EXPECT_PTR_EQ(test, older(b, a), a);
	KUNIT_EXPECT_PTR_EQ(test, older(NULL, b), b);
	KUNIT_EXPECT_PTR_EQ(test, older(a, NULL), a);
}

static void a_fragment_gets_a_time_that_has_come_and_a_packet_none(struct kunit *test)
{
	struct sk_buff *skb = make_piece(1, false);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb->tstamp = 0;
	come_in(skb);
	KUNIT_EXPECT_GT(test, skb->tstamp, (ktime_t)0);
	KUNIT_EXPECT_LE(test, skb->tstamp, ktime_get());
	skb->tstamp = 5;
	come_in(skb);
	KUNIT_EXPECT_EQ(test, skb->tstamp, (ktime_t)5);
	skb->tstamp = 0;
	ip_hdr(skb)->frag_off = 0;
	come_in(skb);
	KUNIT_EXPECT_EQ(test, skb->tstamp, (ktime_t)0);
	kfree_skb(skb);
}

/* Of a store's worth half as many others come: 6 in 1000 of a store's packets are then new
 * ones that went, by the arithmetic, and 106 if any might have to go.
 */
static void what_gives_way_is_old(struct kunit *test)
{
	unsigned int count, whole = 0, n;
	u64 before;

	store->high_thresh = 16 * LIMIT;
	count = fill(test);
	before = failures();
	for (n = 0; n < count / 2; n++)
		KUNIT_EXPECT_EQ(test, put(count + n, false, true), -EINPROGRESS);
	KUNIT_EXPECT_GE(test, failures() - before, (u64)count / 2);
	for (n = 0; n < count / 2; n++)
		whole += !put(count + n, true, true);
	KUNIT_EXPECT_GT_MSG(test, whole, count / 2 - count / 25, "of %u", count / 2);
	kunit_info(test, "%u of %u", whole, count / 2);
}

static void a_limit_that_is_lowered_is_reached_by_the_packets_that_come(struct kunit *test)
{
	unsigned int count = fill(test), n;

	store->high_thresh = LIMIT / 4;
	for (n = 0; n < count; n++)
		put(count + n, false, true);
	KUNIT_EXPECT_LE(test, frag_mem_limit(store), (long)LIMIT / 4 - LIMIT / 32 + 4096);
}

static void no_room_is_made_where_nothing_may_be_kept(struct kunit *test)
{
	u64 before;

	KUNIT_EXPECT_EQ(test, put(1, false, true), -EINPROGRESS);
	store->high_thresh = 0;
	before = failures();
	KUNIT_EXPECT_EQ(test, put(2, false, true), -ENOMEM);
	KUNIT_EXPECT_EQ(test, failures() - before, 1ull);
	store->high_thresh = LIMIT;
	KUNIT_EXPECT_EQ(test, put(1, true, true), 0);
}

/* --- all at once --- */

struct race {
	atomic_t racing;
	struct completion over;
	atomic_t whole;
	atomic_t twice;
	atomic_t refused;
};

struct racer {
	struct race *race;
	struct rnd_state rnd;
};

/* Few ids: all threads put pieces to the same packets. */
static int racer(void *data)
{
	struct racer *me = data;
	struct race *race = me->race;
	unsigned long end = jiffies + RACE_SECONDS * HZ;
	unsigned int n;
	u32 dice;
	int err;

	for (n = 0; n < RACE_ROUNDS && time_before(jiffies, end); n++) {
		dice = prandom_u32_state(&me->rnd);
		err = put(dice % 64, dice >> 16 & 1, true);
		if (!err)
			atomic_inc(&race->whole);
		else if (err == -ENOMEM)
			atomic_inc(&race->refused);
		else if (err != -EINPROGRESS)
			atomic_inc(&race->twice);
		if (!(dice >> 20))
			msleep(20);
		cond_resched();
	}
	if (atomic_dec_and_test(&race->racing))
		complete(&race->over);
	return 0;
}

static void packets_give_way_are_completed_and_time_out_at_once(struct kunit *test)
{
	struct racer *all = kunit_kcalloc(test, RACERS, sizeof(*all), GFP_KERNEL);
	struct race *race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	struct task_struct *task[RACERS];
	u64 before = failures();
	unsigned int n;

	KUNIT_ASSERT_NOT_NULL(test, all);
	KUNIT_ASSERT_NOT_NULL(test, race);
	store->high_thresh = RACE_LIMIT;
	store->timeout = HZ / 10;
	atomic_set(&race->racing, RACERS);
	init_completion(&race->over);
	for (n = 0; n < RACERS; n++) {
		all[n].race = race;
		prandom_seed_state(&all[n].rnd, n);
		task[n] = kthread_create(racer, &all[n], "alias_race/%u", n);
		KUNIT_ASSERT_FALSE(test, IS_ERR(task[n]));
		get_task_struct(task[n]);
	}
	for (n = 0; n < RACERS; n++)
		wake_up_process(task[n]);
	wait_for_completion_interruptible(&race->over);
	for (n = 0; n < RACERS; n++)
		kthread_stop_put(task[n]);
	KUNIT_EXPECT_GT(test, atomic_read(&race->whole), 50);
	KUNIT_EXPECT_GT(test, failures() - before, 100ull);
	/* Others add to the store between the look and the kernel's. */
	KUNIT_EXPECT_EQ(test, atomic_read(&race->refused), 0);
	kunit_info(test, "%d whole, %llu gave way or timed out, %d came twice",
		   atomic_read(&race->whole), failures() - before, atomic_read(&race->twice));
}

static struct kunit_case defrag_cases[] = {
	KUNIT_CASE(nothing_gives_way_while_there_is_room),
	KUNIT_CASE_SLOW(a_full_store_refuses_until_room_is_made),
	KUNIT_CASE(the_first_fragments_tick_counts_then_the_last_ones_time),
	KUNIT_CASE(a_fragment_gets_a_time_that_has_come_and_a_packet_none),
	KUNIT_CASE_SLOW(what_gives_way_is_old),
	KUNIT_CASE_SLOW(a_limit_that_is_lowered_is_reached_by_the_packets_that_come),
	KUNIT_CASE_SLOW(no_room_is_made_where_nothing_may_be_kept),
	KUNIT_CASE_SLOW(packets_give_way_are_completed_and_time_out_at_once),
	{}
};

static struct kunit_suite defrag_suite = {
	.name = "alias_defrag",
	.suite_init = suite_init,
	.suite_exit = suite_exit,
	.init = case_init,
	.exit = case_exit,
	.test_cases = defrag_cases,
};

kunit_test_suite(defrag_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: memory for fragments");
