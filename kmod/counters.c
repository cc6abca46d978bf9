// SPDX-License-Identifier: GPL-2.0
/* Per-CPU counters, read as one. */

#include <linux/cpumask.h>
#include <linux/string.h>

#include "counters.h"

/**
 * alias_counters_sum - add up all CPUs
 * @pcpu: the counters of an instance
 * @dir: which direction
 * @sum: result
 */
void alias_counters_sum(const struct alias_counter_pair __percpu *pcpu,
			enum nft_alias_direction dir, struct alias_counters *sum)
{
	unsigned int reason;
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct alias_counters *one = &per_cpu_ptr(pcpu, cpu)->way[dir];

		sum->packets += READ_ONCE(one->packets);
		sum->bytes += READ_ONCE(one->bytes);
		for (reason = 0; reason < ALIAS_REASONS; reason++)
			sum->refused[reason] += READ_ONCE(one->refused[reason]);
	}
}
