/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_POOL_H
#define ALIAS_POOL_H

#include <linux/types.h>

#include "alias.h"
#include "ports.h"

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
 * @config: what it was made from; @config.range is its own copy, behind @address
 * @base: for each range, the place of its first address in @address; behind that
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
	struct alias_address *address[];
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

bool alias_address_strands(const struct alias_address *address, u16 min, u16 max);
void alias_address_set_range(struct alias_address *address, u16 min, u16 max);

#endif /* ALIAS_POOL_H */
