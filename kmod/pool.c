// SPDX-License-Identifier: GPL-2.0
/* The outside addresses of an instance.
 *
 * An outside endpoint has at most one link (RFC 4787 REQ-3), so inward no hash
 * is needed: address -> block of ports -> slot.
 */

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "guard.h"
#include "pool.h"

/* The first range whose end is not below addr, or nr_ranges. */
static unsigned int range_at_or_after(const struct alias_pool *pool, u32 addr)
{
	unsigned int low = 0, high = pool->config.nr_ranges;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (pool->config.range[mid].last < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/**
 * alias_pool_find - one of the pool's addresses
 * @pool: the pool
 * @addr: the address
 *
 * Return: NULL if the pool does not have it
 */
struct alias_address *alias_pool_find(const struct alias_pool *pool, __be32 addr)
{
	u32 host = ntohl(addr);
	unsigned int r = range_at_or_after(pool, host);

	if (r == pool->config.nr_ranges || pool->config.range[r].first > host)
		return NULL;
	return pool->address[pool->base[r] + host - pool->config.range[r].first];
}

/**
 * alias_address_strands - whether a range leaves links outside
 * @address: the address; the caller holds its instance's lock
 * @min: lowest port
 * @max: highest port; below @min: the range is empty
 *
 * Return: true if a port outside the range has a link, of whatever protocol
 */
bool alias_address_strands(const struct alias_address *address, u16 min, u16 max)
{
	unsigned int space;

	for (space = 0; space < ALIAS_SPACES; space++)
		if (alias_ports_strand(&address->ports[space], min, max))
			return true;
	return false;
}

/**
 * alias_address_set_range - which ports of an address may be given from now on
 * @address: the address; the caller holds its instance's lock
 * @min: lowest port
 * @max: highest port; below @min: none
 */
void alias_address_set_range(struct alias_address *address, u16 min, u16 max)
{
	unsigned int space;

	for (space = 0; space < ALIAS_SPACES; space++)
		alias_ports_set_range(&address->ports[space], min, max);
}

/* Fewer subscribers is better; an address without a free port is no choice. */
static struct alias_address *better(struct alias_address *a, struct alias_address *b,
				    enum alias_space space)
{
	if (!a->ports[space].free)
		return b;
	if (!b->ports[space].free)
		return a;
	return b->subscribers < a->subscribers ? b : a;
}

/* Looks at so many addresses for one that is not full: the time is bounded, and
 * of a pool so full that this is not enough little is left anyway.
 */
#define ALIAS_CHOOSE_TRIES	32

static struct alias_address *first_not_full(const struct alias_pool *pool, enum alias_space space)
{
	unsigned int tries = min_t(unsigned int, pool->nr_addresses, ALIAS_CHOOSE_TRIES);
	unsigned int n = get_random_u32_below(pool->nr_addresses);

	while (--tries && !pool->address[n]->ports[space].free)
		n = (n + 1) % pool->nr_addresses;
	return pool->address[n];
}

/**
 * alias_pool_choose - an outside address for a new subscriber
 * @pool: the pool; the caller holds the instance's lock
 * @space: protocol of its first link
 *
 * The better of two random addresses: nearly as even as the best of all, and
 * it takes the same time whatever the size of the pool.
 *
 * Return: never NULL, but the address may be full if most are
 */
struct alias_address *alias_pool_choose(const struct alias_pool *pool, enum alias_space space)
{
	unsigned int n = pool->nr_addresses;
	struct alias_address *address;

	alias_assert_locked(pool->instance);
	address = better(pool->address[get_random_u32_below(n)],
			 pool->address[get_random_u32_below(n)], space);
	if (address->ports[space].free || !pool->instance->roomy[space])
		return address;
	return first_not_full(pool, space);
}

static struct alias_block *next_in_address(const struct alias_address *address,
					   struct alias_cursor *cursor)
{
	struct alias_block *block;

	for (; cursor->space < ALIAS_SPACES; cursor->space++) {
		block = alias_ports_next_block(&address->ports[cursor->space],
					       &cursor->block);
		if (block)
			return block;
		cursor->block = 0;
	}
	return NULL;
}

/**
 * alias_pool_next_block - walk over the blocks that hold links
 * @pool: the pool; the caller holds RCU or the instance's lock
 * @cursor: where to look first; zero for the beginning. Afterwards the place of
 *	the block: the caller adds 1 to @cursor->block to go on.
 *
 * Return: NULL at the end
 */
struct alias_block *alias_pool_next_block(const struct alias_pool *pool,
					  struct alias_cursor *cursor)
{
	unsigned int r = range_at_or_after(pool, cursor->addr);
	struct alias_block *block;
	u64 addr = cursor->addr;

	for (; r < pool->config.nr_ranges; r++) {
		const struct alias_range *range = &pool->config.range[r];

		addr = max_t(u64, addr, range->first);
		for (; addr <= range->last; addr++) {
			if (addr != cursor->addr)
				*cursor = (struct alias_cursor){ .addr = addr };
			block = next_in_address(pool->address[pool->base[r] + addr - range->first],
						cursor);
			if (block)
				return block;
		}
	}
	return NULL;
}

/**
 * alias_pool_range_size - how many addresses a configuration has
 * @config: its ranges do not overlap
 *
 * Return: the number
 */
unsigned int alias_pool_range_size(const struct alias_pool_config *config)
{
	u64 total = 0;
	unsigned int r;

	for (r = 0; r < config->nr_ranges; r++)
		total += (u64)config->range[r].last - config->range[r].first + 1;
	return min_t(u64, total, UINT_MAX);
}

static struct alias_pool *pool_alloc(struct alias_instance *inst,
				     const struct alias_pool_config *config)
{
	unsigned int addresses = alias_pool_range_size(config);
	size_t ranges = array_size(config->nr_ranges, sizeof(*config->range));
	struct alias_pool *pool;

	/* All in one piece: of a small pool an inward packet reads one cache line, not four. */
	pool = kvzalloc(size_add(size_add(struct_size(pool, address, addresses), ranges),
				 array_size(config->nr_ranges, sizeof(*pool->base))),
			GFP_KERNEL_ACCOUNT);
	if (!pool)
		return NULL;
	pool->instance = inst;
	pool->config = *config;
	pool->nr_addresses = addresses;
	pool->config.range = (struct alias_range *)&pool->address[addresses];
	memcpy(pool->config.range, config->range, ranges);
	pool->base = (unsigned int *)&pool->config.range[config->nr_ranges];
	return pool;
}

static void address_destroy(struct alias_address *address)
{
	unsigned int space;

	for (space = 0; space < ALIAS_SPACES; space++)
		alias_ports_destroy(&address->ports[space], address->addr);
	alias_guard_poison(address, sizeof(*address));
	kfree(address);
}

static struct alias_address *address_create(struct alias_instance *inst, u32 host,
					    const struct alias_pool_config *config)
{
	struct alias_address *address = kzalloc(sizeof(*address), GFP_KERNEL_ACCOUNT);
	unsigned int space;

	if (!address)
		return NULL;
	address->addr = htonl(host);
	for (space = 0; space < ALIAS_SPACES; space++) {
		if (!alias_ports_init(&address->ports[space], space, inst, config->port_min,
				      config->port_max)) {
			address_destroy(address);
			return NULL;
		}
	}
	return address;
}

/**
 * alias_pool_create - a pool for a configuration
 * @inst: whose pool it is
 * @config: checked
 * @old: pool whose addresses are taken over where @config names them too, or
 *	NULL. Until the new pool is published both hold them.
 *
 * Return: NULL if memory is short
 */
struct alias_pool *alias_pool_create(struct alias_instance *inst,
				     const struct alias_pool_config *config,
				     const struct alias_pool *old)
{
	struct alias_pool *pool = pool_alloc(inst, config);
	unsigned int r, n = 0;

	if (!pool)
		return NULL;
	for (r = 0; r < config->nr_ranges; r++) {
		u64 host;

		pool->base[r] = n;
		for (host = config->range[r].first; host <= config->range[r].last; host++) {
			pool->address[n] = old ? alias_pool_find(old, htonl(host)) : NULL;
			if (!pool->address[n])
				pool->address[n] = address_create(inst, host, config);
			if (!pool->address[n++])
				goto err_destroy;
			cond_resched();
		}
	}
	return pool;

err_destroy:
	alias_pool_destroy(pool, old);
	return NULL;
}

/**
 * alias_pool_destroy - free a pool that nobody can reach
 * @pool: the pool
 * @keep: pool that keeps the addresses they share, or NULL
 *
 * Also takes a pool whose creation failed half-way.
 */
void alias_pool_destroy(struct alias_pool *pool, const struct alias_pool *keep)
{
	unsigned int n;

	for (n = 0; n < pool->nr_addresses; n++)
		if (pool->address[n] && !(keep && alias_pool_find(keep, pool->address[n]->addr)))
			address_destroy(pool->address[n]);
	kvfree(pool);
}
