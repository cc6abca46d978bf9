// SPDX-License-Identifier: GPL-2.0
/* How long locks are held, of a module that was built with lockwatch.h. */

#include <linux/debugfs.h>
#include <linux/kernel_stat.h>
#include <linux/log2.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>

#define BENCH_LOCKWATCH_SELF
#include "clock.h"
#include "inject.h"
#include "lockwatch.h"

/* Who holds a lock has softirqs off, so a CPU holds one at most. Interrupts come all the
 * same, and their time is not what a hold is judged by.
 */
struct lockwatch {
	u64 since;
	unsigned long interrupts;
	u64 longest;
	u64 longest_disturbed;
	u64 total;
	u64 count[40];	/* by the logarithm of the time in ns */
};

static DEFINE_PER_CPU(struct lockwatch, lockwatch);

/**
 * bench_lock_taken - the calling CPU has a lock now
 */
void bench_lock_taken(void)
{
	__this_cpu_write(lockwatch.interrupts, __this_cpu_read(kstat.irqs_sum));
	__this_cpu_write(lockwatch.since, bench_cpu_ns());
}
EXPORT_SYMBOL_GPL(bench_lock_taken);

/**
 * bench_lock_released - it is about to release it
 */
void bench_lock_released(void)
{
	struct lockwatch *watch = this_cpu_ptr(&lockwatch);
	u64 held = bench_cpu_ns() - watch->since;

	if (watch->interrupts == __this_cpu_read(kstat.irqs_sum))
		watch->longest = max(watch->longest, held);
	else
		watch->longest_disturbed = max(watch->longest_disturbed, held);
	watch->total += held;
	watch->count[min_t(int, ilog2(held | 1), ARRAY_SIZE(watch->count) - 1)]++;
}
EXPORT_SYMBOL_GPL(bench_lock_released);

static int locks_show(struct seq_file *seq, void *unused)
{
	struct lockwatch sum = {};
	unsigned int n, cpu;

	for_each_possible_cpu(cpu) {
		const struct lockwatch *watch = per_cpu_ptr(&lockwatch, cpu);

		sum.longest = max(sum.longest, watch->longest);
		sum.longest_disturbed = max(sum.longest_disturbed, watch->longest_disturbed);
		sum.total += watch->total;
		for (n = 0; n < ARRAY_SIZE(sum.count); n++)
			sum.count[n] += watch->count[n];
	}
	seq_printf(seq, "longest=%llu disturbed=%llu total=%llu", sum.longest,
		   sum.longest_disturbed, sum.total);
	for (n = 0; n < ARRAY_SIZE(sum.count); n++)
		if (sum.count[n])
			seq_printf(seq, " below_%llu=%llu", 2ULL << n, sum.count[n]);
	seq_putc(seq, '\n');
	return 0;
}

static int locks_open(struct inode *inode, struct file *file)
{
	return single_open(file, locks_show, NULL);
}

/* Writing begins anew. */
static ssize_t locks_write(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(&lockwatch, cpu), 0, sizeof(lockwatch));
	return len;
}

static const struct file_operations locks_fops = {
	.owner = THIS_MODULE,
	.open = locks_open,
	.read = seq_read,
	.write = locks_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/**
 * bench_lockwatch_init - show the times
 * @dir: in the file "locks" there
 */
void bench_lockwatch_init(struct dentry *dir)
{
	debugfs_create_file("locks", 0600, dir, NULL, &locks_fops);
}
