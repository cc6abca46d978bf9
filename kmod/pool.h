/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_POOL_H
#define ALIAS_POOL_H

#include <linux/bitmap.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "alias.h"
#include "packet.h"
#include "portblock.h"

/**
 * struct alias_block - 64 consecutive ports of an outside address
 * @used: bit n: port n of the block is taken
 * @slot: the link behind each port; NULL also for a taken port, for the moment
 *	between claiming it and publishing the link
 * @rcu: readers walk slots without the lock
 */
struct alias_block {
	u64 used;
	struct alias_link __rcu *slot[ALIAS_PORTBLOCK_PORTS];
	struct rcu_head rcu;
};

/**
 * struct alias_blocks - where the links of a protocol stand
 * @block: NULL where none of the 64 ports is taken
 */
struct alias_blocks {
	struct alias_block __rcu *block[ALIAS_PORTBLOCKS];
};

/**
 * struct alias_ports - the ports of an outside address for one protocol
 * @instance: whose lock protects them
 * @blocks: NULL until the first link of a protocol that few use
 * @full: bit n: block n has no free port within @min and @max
 * @used: ports taken
 * @free: ports that may still be taken: makes a refusal O(1)
 * @min: lowest port to give
 * @max: highest; below @min if the address is given up
 */
struct alias_ports {
	struct alias_instance *instance;
	struct alias_blocks __rcu *blocks;
	DECLARE_BITMAP(full, ALIAS_PORTBLOCKS);
	unsigned int used;
	unsigned int free;
	u16 min;
	u16 max;
};

/**
 * struct alias_address - one outside address
 * @addr: the address
 * @subscribers: inside addresses that are paired with it
 * @ports: for each protocol
 */
struct alias_address {
	__be32 addr;
	unsigned int subscribers;
	struct alias_ports ports[ALIAS_SPACES];
};

/**
 * struct alias_range - consecutive outside addresses
 * @first: host byte order
 * @last: host byte order, not below @first
 */
struct alias_range {
	u32 first;
	u32 last;
};

/**
 * struct alias_pool_config - what an operator says of a pool
 * @port_min: lowest port, not 0
 * @port_max: highest port, not below @port_min
 * @nr_ranges: entries of @range
 * @range: sorted, not overlapping
 */
struct alias_pool_config {
	u16 port_min;
	u16 port_max;
	unsigned int nr_ranges;
	struct alias_range *range;
};

/**
 * struct alias_pool - the outside addresses of an instance
 * @instance: the instance
 * @config: what it was made from; @config.range is its own copy
 * @base: for each range, the place of its first address in @address
 * @nr_addresses: entries of @address
 * @address: in ascending order
 *
 * Never changed once published, but for what the addresses hold. A change of
 * the configuration makes a new pool, which takes over the addresses that stay.
 */
struct alias_pool {
	struct alias_instance *instance;
	struct alias_pool_config config;
	unsigned int *base;
	unsigned int nr_addresses;
	struct alias_address **address;
};

struct alias_pool *alias_pool_create(struct alias_instance *inst,
				     const struct alias_pool_config *config,
				     const struct alias_pool *old);
void alias_pool_destroy(struct alias_pool *pool, const struct alias_pool *keep);
unsigned int alias_pool_range_size(const struct alias_pool_config *config);

struct alias_address *alias_pool_find(const struct alias_pool *pool, __be32 addr);
struct alias_address *alias_pool_choose(const struct alias_pool *pool, enum alias_space space);
struct alias_block *alias_pool_next_block(const struct alias_pool *pool,
					  struct alias_cursor *cursor);

unsigned int alias_address_count_outside(const struct alias_address *address, u16 min, u16 max);
void alias_address_set_range(struct alias_address *address, u16 min, u16 max);
int alias_ports_claim(struct alias_ports *ports, u16 want, bool only_want);
void alias_ports_release(struct alias_ports *ports, u16 port);
void alias_ports_publish(struct alias_ports *ports, u16 port, struct alias_link *link);
struct alias_link *alias_ports_find(const struct alias_ports *ports, u16 port);

#endif /* ALIAS_POOL_H */
