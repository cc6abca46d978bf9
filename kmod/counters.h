/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_COUNTERS_H
#define ALIAS_COUNTERS_H

#include <linux/percpu.h>
#include <linux/types.h>
#include <linux/netfilter/nft_alias.h>

/**
 * enum alias_reason - why a packet was not translated
 * @ALIAS_FINE: it can be
 * @ALIAS_MALFORMED: these and the others are explained at enum
 * @ALIAS_FRAGMENT: alias_counter_attributes, in the same order
 * @ALIAS_PROTOCOL: same
 * @ALIAS_ZERO_PORT: same
 * @ALIAS_NO_LINK: same
 * @ALIAS_NO_PORT: same
 * @ALIAS_NO_MEMORY: same
 * @ALIAS_FOREIGN: same
 * @ALIAS_DYING: same
 * @ALIAS_CHECKSUM: same
 * @ALIAS_FILTERED: same
 */
enum alias_reason {
	ALIAS_FINE,
	ALIAS_MALFORMED,
	ALIAS_FRAGMENT,
	ALIAS_PROTOCOL,
	ALIAS_ZERO_PORT,
	ALIAS_NO_LINK,
	ALIAS_NO_PORT,
	ALIAS_NO_MEMORY,
	ALIAS_FOREIGN,
	ALIAS_DYING,
	ALIAS_CHECKSUM,
	ALIAS_FILTERED,
	/* private: */
	ALIAS_REASONS
};

/**
 * struct alias_counters - what became of the packets that went one way
 * @packets: translated
 * @bytes: of these, IP header included
 * @refused: not translated, by reason; index ALIAS_FINE is unused
 *
 * Per CPU. this_cpu operations are safe against softirqs of the same CPU, and
 * on 64-bit machines a reader never sees half a value.
 */
struct alias_counters {
	u64 packets;
	u64 bytes;
	u64 refused[ALIAS_REASONS];
};

/**
 * struct alias_counter_pair - both directions of an instance, on one CPU
 * @way: indexed by enum nft_alias_direction
 * @tick: jiffies, lower half, of the last refusal that a sender was told of
 * @told: how many in that tick
 */
struct alias_counter_pair {
	struct alias_counters way[NFT_ALIAS_DIR_MAX + 1];
	u32 tick;
	u32 told;
};

void alias_counters_sum(const struct alias_counter_pair __percpu *pcpu,
			enum nft_alias_direction dir, struct alias_counters *sum);

#endif /* ALIAS_COUNTERS_H */
