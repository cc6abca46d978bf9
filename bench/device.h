/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BENCH_DEVICE_H
#define BENCH_DEVICE_H

#include <linux/skbuff.h>

/* As many packets as a device's poll hands up at once. */
#define BENCH_BATCH	64

/**
 * struct bench_returned - packets that a CPU sent, for who injected them
 * @wanted: whether somebody takes them; else they are freed
 * @count: entries of @skb
 * @skb: the packets
 */
struct bench_returned {
	bool wanted;
	unsigned int count;
	struct sk_buff *skb[BENCH_BATCH];
};

struct bench_returned *bench_returned(void);
int bench_device_register(void);
void bench_device_unregister(void);

#endif /* BENCH_DEVICE_H */
