// SPDX-License-Identifier: GPL-2.0
/* Hands prepared packets to the IP stack and measures how long it takes to forward
 * them: what is left out is the packets' making, devices and their drivers.
 *
 * A run is started by writing `name=value ...` to the file "run" below debugfs; the
 * answer is read from it. bench/README.md has the names.
 */

#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/etherdevice.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <net/net_namespace.h>

#include "clock.h"
#include "device.h"
#include "flow.h"
#include "inject.h"
#include "order.h"

struct run;

/* One CPU's share of it. */
struct worker {
	struct run *run;
	struct task_struct *task;
	u32 first;
	u32 flows;
	u64 packets;
	u64 sent;
	u64 ns;
	u32 *slice;
	u32 slices;
	u32 slices_max;
	int err;
	unsigned int packets_here;
	struct sk_buff *skb[BENCH_BATCH];
} ____cacheline_aligned_in_smp;

struct run {
	struct bench_order order;
	struct net_device *in;
	struct net_device *out;
	unsigned char mac[ETH_ALEN];
	struct packet_type tap;
	atomic_t right;
	atomic_t wrong;
	atomic_t changed;
	atomic_t ready;
	atomic_t left;
	bool stop;
	u64 began;
	struct completion done;
	struct worker worker[BENCH_CPUS_MAX];
};

static DEFINE_MUTEX(run_mutex);
static char answer[1024];
static struct dentry *dir;

/* --- what comes out --- */

static void look_at(struct run *run, const struct sk_buff *skb)
{
	const struct bench_order *order = &run->order;
	struct bench_endpoint near, inside, *known;
	bool same;
	u32 flow;

	if (!bench_recognise(skb, order->outward, &flow, &near) ||
	    flow - order->first >= order->flows) {
		atomic_inc(&run->wrong);
		return;
	}
	inside = bench_inside(&order->layout, flow);
	known = bench_learned(order->table, flow);
	if (near.addr != inside.addr)
		atomic_inc(&run->changed);
	if (order->learn)
		*known = near;
	/* Inward everything must reach the inside end. */
	if (!order->outward)
		known = &inside;
	same = near.addr == known->addr && near.port == known->port;
	atomic_inc(same ? &run->right : &run->wrong);
}

static int tap(struct sk_buff *skb, struct net_device *dev, struct packet_type *type,
	       struct net_device *orig_dev)
{
	if (skb->pkt_type == PACKET_OUTGOING)
		look_at(type->af_packet_priv, skb);
	kfree_skb(skb);
	return 0;
}

static u64 came_out(struct run *run)
{
	struct rtnl_link_stats64 stats;

	return dev_get_stats(run->out, &stats)->tx_packets;
}

/* --- what goes in --- */

static void next_packet(struct worker *worker, struct sk_buff *skb)
{
	struct run *run = worker->run;
	const struct bench_order *order = &run->order;
	struct bench_endpoint near, server;
	u32 n = (run->order.skip + worker->sent) % worker->flows, flow;

	flow = worker->first + (order->shuffle ? bench_shuffle(n, worker->flows) : n);
	server = bench_server(&order->layout, flow);
	if (order->outward)
		near = bench_inside(&order->layout, flow);
	else
		near = *bench_learned(order->table, flow);
	if (order->outward)
		bench_packet(skb, order->kind, true, flow, near, server);
	else
		bench_packet(skb, order->kind, false, flow, server, near);
	ether_addr_copy(skb_mac_header(skb), run->mac);
	skb->dev = run->in;
	worker->sent++;
}

/* Those that were dropped on their way are replaced. */
static bool fill_up(struct worker *worker, unsigned int count)
{
	for (; worker->packets_here < count; worker->packets_here++) {
		struct sk_buff *skb = bench_packet_alloc();

		if (!skb)
			return false;
		worker->skb[worker->packets_here] = skb;
	}
	return true;
}

static u64 now(const struct bench_order *order)
{
	return order->cpu_clock ? bench_cpu_ns() : ktime_get_ns();
}

/* What is sent comes back. */
static u64 inject(struct worker *worker, unsigned int count)
{
	const struct bench_order *order = &worker->run->order;
	struct bench_returned *returned;
	unsigned int n;
	u64 ns;

	local_bh_disable();
	returned = bench_returned();
	returned->wanted = true;
	returned->count = 0;
	ns = now(order);
	for (n = 0; n < count; n++)
		netif_receive_skb(worker->skb[n]);
	ns = now(order) - ns;
	returned->wanted = false;
	/* Of a short batch some were not used. */
	worker->packets_here -= count;
	memmove(worker->skb, worker->skb + count, worker->packets_here * sizeof(*worker->skb));
	memcpy(worker->skb + worker->packets_here, returned->skb,
	       returned->count * sizeof(*worker->skb));
	worker->packets_here += returned->count;
	local_bh_enable();
	return ns;
}

static bool is_over(const struct worker *worker)
{
	const struct run *run = worker->run;

	if (worker->sent >= worker->packets || READ_ONCE(run->stop))
		return true;
	return run->order.ms &&
	       ktime_get_ns() - run->began > run->order.ms * (u64)NSEC_PER_MSEC;
}

/* In tenths of a nanosecond for a packet. */
static void note_slice(struct worker *worker, u64 ns, u32 packets)
{
	worker->ns += ns;
	if (packets && worker->slices < worker->slices_max)
		worker->slice[worker->slices++] = min_t(u64, div_u64(ns * 10, packets), U32_MAX);
}

static void work(struct worker *worker)
{
	u32 in_slice = 0, count, n;
	u64 ns = 0;

	while (!is_over(worker)) {
		count = min_t(u64, BENCH_BATCH, worker->packets - worker->sent);
		if (!fill_up(worker, count)) {
			worker->err = -ENOMEM;
			break;
		}
		for (n = 0; n < count; n++)
			next_packet(worker, worker->skb[n]);
		ns += inject(worker, count);
		in_slice += count;
		if (in_slice >= worker->run->order.slice) {
			note_slice(worker, ns, in_slice);
			ns = 0;
			in_slice = 0;
		}
		cond_resched();
	}
	/* A piece of a slice says nothing, unless there is nothing else. */
	note_slice(worker, ns, worker->slices ? 0 : in_slice);
}

static int worker_main(void *data)
{
	struct worker *worker = data;
	struct run *run = worker->run;

	/* All begin at once, and end at once: nobody runs on alone. */
	atomic_dec(&run->ready);
	while (atomic_read(&run->ready))
		cpu_relax();
	work(worker);
	WRITE_ONCE(run->stop, true);
	if (atomic_dec_and_test(&run->left))
		complete(&run->done);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

/* --- a run --- */

static int prepare_workers(struct run *run)
{
	const struct bench_order *order = &run->order;
	unsigned int n;

	for (n = 0; n < order->cpus; n++) {
		struct worker *worker = &run->worker[n];
		u64 begin = (u64)order->flows * n / order->cpus;

		worker->run = run;
		worker->first = order->first + begin;
		worker->flows = (u64)order->flows * (n + 1) / order->cpus - begin;
		worker->packets = order->packets ? order->packets / order->cpus : U64_MAX;
		worker->slices_max = order->packets ? worker->packets / order->slice + 1 : 1 << 20;
		worker->slice = kvmalloc_array(worker->slices_max, sizeof(u32), GFP_KERNEL);
		if (!worker->slice)
			return -ENOMEM;
		/* The first CPU is for everything else. */
		worker->task = kthread_create(worker_main, worker, "bench/%u", n);
		if (IS_ERR(worker->task))
			return PTR_ERR(worker->task);
		kthread_bind(worker->task, nr_cpu_ids - 1 - n);
	}
	return 0;
}

static void free_workers(struct run *run)
{
	unsigned int n;

	for (n = 0; n < BENCH_CPUS_MAX; n++) {
		if (!IS_ERR_OR_NULL(run->worker[n].task))
			kthread_stop(run->worker[n].task);
		while (run->worker[n].packets_here)
			kfree_skb(run->worker[n].skb[--run->worker[n].packets_here]);
		kvfree(run->worker[n].slice);
	}
}

static int compare(const void *a, const void *b)
{
	u32 x = *(u32 *)a, y = *(u32 *)b;

	return x < y ? -1 : x > y;
}

static u32 part(const struct worker *worker, unsigned int percent)
{
	u32 last = worker->slices - 1;

	return worker->slices ? worker->slice[(u64)last * percent / 100] : 0;
}

static int print_worker(char *text, size_t size, struct worker *worker, unsigned int n)
{
	u32 half, mean;

	sort(worker->slice, worker->slices, sizeof(u32), compare, NULL);
	half = part(worker, 50);
	mean = worker->sent ? div64_u64(worker->ns * 10, worker->sent) : 0;
	return scnprintf(text, size,
			 " ns%u=%u.%u mean%u=%u.%u p10_%u=%u p90_%u=%u p99_%u=%u max%u=%u slices%u=%u",
			 n, half / 10, half % 10, n, mean / 10, mean % 10, n, part(worker, 10) / 10,
			 n, part(worker, 90) / 10, n, part(worker, 99) / 10,
			 n, part(worker, 100) / 10, n, worker->slices);
}

static void print_answer(struct run *run, u64 came)
{
	u64 sent = 0;
	unsigned int n;
	int len = 0;

	for (n = 0; n < run->order.cpus; n++) {
		sent += run->worker[n].sent;
		len += print_worker(answer + len, sizeof(answer) - len, &run->worker[n], n);
	}
	len += scnprintf(answer + len, sizeof(answer) - len,
			 " sent=%llu came=%llu right=%d wrong=%d changed=%d\n", sent, came,
			 atomic_read(&run->right), atomic_read(&run->wrong),
			 atomic_read(&run->changed));
}

static int start_and_wait(struct run *run)
{
	unsigned int n;
	int err;

	atomic_set(&run->ready, run->order.cpus);
	atomic_set(&run->left, run->order.cpus);
	init_completion(&run->done);
	run->began = ktime_get_ns();
	for (n = 0; n < run->order.cpus; n++)
		wake_up_process(run->worker[n].task);
	err = wait_for_completion_killable(&run->done);
	if (err) {
		WRITE_ONCE(run->stop, true);
		wait_for_completion(&run->done);
	}
	for (n = 0; !err && n < run->order.cpus; n++)
		err = run->worker[n].err;
	return err;
}

static int measure(struct run *run)
{
	const struct bench_order *order = &run->order;
	bool listens = order->learn || order->verify;
	u64 before;
	int err;

	err = bench_table_grow(order->table, order->first + order->flows);
	if (!err)
		err = prepare_workers(run);
	if (err)
		goto out;
	ether_addr_copy(run->mac, run->in->dev_addr);
	if (listens) {
		run->tap.type = htons(ETH_P_ALL);
		run->tap.dev = run->out;
		run->tap.func = tap;
		run->tap.af_packet_priv = run;
		dev_add_pack(&run->tap);
	}
	/* What an earlier run ended is freed now, not by the other CPU meanwhile. */
	rcu_barrier();
	before = came_out(run);
	err = start_and_wait(run);
	if (!err)
		print_answer(run, came_out(run) - before);
	if (listens)
		dev_remove_pack(&run->tap);
out:
	free_workers(run);
	return err;
}

/* With the devices of the namespace that the order names. */
static int carry_out(struct run *run)
{
	struct net *net = get_net_ns_by_fd(run->order.net);
	int err = -ENODEV;

	if (IS_ERR(net))
		return PTR_ERR(net);
	run->in = dev_get_by_name(net, run->order.in);
	run->out = dev_get_by_name(net, run->order.out);
	if (run->in && run->out)
		err = measure(run);
	dev_put(run->in);
	dev_put(run->out);
	put_net(net);
	return err;
}

static ssize_t run_write(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	struct run *run;
	char *copy;
	int err;

	if (len > PAGE_SIZE)
		return -E2BIG;
	copy = memdup_user_nul(text, len);
	if (IS_ERR(copy))
		return PTR_ERR(copy);
	run = kvzalloc(sizeof(*run), GFP_KERNEL);
	err = run ? bench_order_parse(&run->order, copy) : -ENOMEM;
	if (!err) {
		mutex_lock(&run_mutex);
		answer[0] = 0;
		err = carry_out(run);
		mutex_unlock(&run_mutex);
	}
	kvfree(run);
	kfree(copy);
	return err ?: len;
}

static int run_show(struct seq_file *seq, void *unused)
{
	seq_puts(seq, answer);
	return 0;
}

static int run_open(struct inode *inode, struct file *file)
{
	return single_open(file, run_show, NULL);
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = run_open,
	.read = seq_read,
	.write = run_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int __init bench_init(void)
{
	int err = bench_device_register();

	if (err)
		return err;
	dir = debugfs_create_dir("alias_bench", NULL);
	debugfs_create_file("run", 0600, dir, NULL, &run_fops);
	bench_lockwatch_init(dir);
	return 0;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	debugfs_remove(dir);
	bench_device_unregister();
	bench_tables_free();
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Packets for measuring what NAT costs");
MODULE_LICENSE("GPL");
