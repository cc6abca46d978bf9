// SPDX-License-Identifier: GPL-2.0
/* What a run is asked to do, as words. */

#include <linux/kernel.h>
#include <linux/string.h>

#include "order.h"

static int parse_kind(struct bench_order *order, const char *value)
{
	static const char * const kinds[] = { "udp", "syn", "synack", "ack" };
	int kind = match_string(kinds, ARRAY_SIZE(kinds), value);

	if (kind < 0)
		return -EINVAL;
	order->kind = kind;
	return 0;
}

static int parse_word(struct bench_order *order, const char *name, const char *value)
{
	u32 number;

	if (!strcmp(name, "in"))
		return strscpy(order->in, value, IFNAMSIZ) < 0 ? -EINVAL : 0;
	if (!strcmp(name, "out"))
		return strscpy(order->out, value, IFNAMSIZ) < 0 ? -EINVAL : 0;
	if (!strcmp(name, "kind"))
		return parse_kind(order, value);
	if (!strcmp(name, "packets"))
		return kstrtou64(value, 0, &order->packets);
	if (kstrtou32(value, 0, &number))
		return -EINVAL;
	if (!strcmp(name, "net"))
		order->net = number;
	else if (!strcmp(name, "outward"))
		order->outward = number;
	else if (!strcmp(name, "shuffle"))
		order->shuffle = number;
	else if (!strcmp(name, "learn"))
		order->learn = number;
	else if (!strcmp(name, "verify"))
		order->verify = number;
	else if (!strcmp(name, "cpu_clock"))
		order->cpu_clock = number;
	else if (!strcmp(name, "per_sub"))
		order->layout.per_sub = number;
	else if (!strcmp(name, "per_prefix"))
		order->layout.per_prefix = number;
	else if (!strcmp(name, "servers"))
		order->layout.servers = number;
	else if (!strcmp(name, "skip"))
		order->skip = number;
	else if (!strcmp(name, "port"))
		order->layout.port = number;
	else if (!strcmp(name, "table"))
		order->table = number;
	else if (!strcmp(name, "cpus"))
		order->cpus = number;
	else if (!strcmp(name, "flows"))
		order->flows = number;
	else if (!strcmp(name, "first"))
		order->first = number;
	else if (!strcmp(name, "slice"))
		order->slice = number;
	else if (!strcmp(name, "ms"))
		order->ms = number;
	else
		return -EINVAL;
	return 0;
}

static bool is_sensible(const struct bench_order *order)
{
	const struct bench_layout *layout = &order->layout;

	return layout->per_sub && layout->per_prefix && layout->servers &&
	       layout->servers <= 1024 && order->slice &&
	       order->cpus && order->cpus <= min_t(unsigned int, nr_cpu_ids, BENCH_CPUS_MAX) &&
	       order->flows >= order->cpus && (order->packets || order->ms);
}

/**
 * bench_order_parse - read what a run is asked to do
 * @order: filled, with what is not said at its default
 * @text: `name=value ...`, which is cut into its words
 *
 * Return: 0 or -EINVAL
 */
int bench_order_parse(struct bench_order *order, char *text)
{
	char *word, *name;

	*order = (struct bench_order){
		.net = -1, .outward = true, .shuffle = true, .cpus = 1, .slice = 1024,
		.layout = { .per_sub = 64, .per_prefix = 32, .servers = 1024,
			    .port = 443 },
	};
	while ((word = strsep(&text, "\n "))) {
		if (!*word)
			continue;
		name = strsep(&word, "=");
		if (!word || parse_word(order, name, word)) {
			pr_err("bench: not understood: %s\n", name);
			return -EINVAL;
		}
	}
	return is_sensible(order) ? 0 : -EINVAL;
}
