/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BENCH_ORDER_H
#define BENCH_ORDER_H

#include <linux/if.h>
#include <linux/types.h>

#include "flow.h"

#define BENCH_CPUS_MAX	8

/* What a run is asked to do. */
struct bench_order {
	char in[IFNAMSIZ];
	char out[IFNAMSIZ];
	int net;
	bool outward;
	bool shuffle;
	bool learn;
	bool verify;
	bool cpu_clock;
	enum bench_kind kind;
	struct bench_layout layout;
	unsigned int table;
	unsigned int cpus;
	u32 flows;
	u32 first;
	u32 skip;
	u64 packets;
	u32 slice;
	u32 ms;
};

int bench_order_parse(struct bench_order *order, char *text);

#endif /* BENCH_ORDER_H */
