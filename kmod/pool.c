// SPDX-License-Identifier: GPL-2.0
/* The outside addresses of an instance and the ports on them.
 *
 * An outside endpoint has at most one link (RFC 4787 REQ-3), so inward no hash
 * is needed: address -> block of ports -> slot. The same block holds the bitmap
 * that says which ports are taken.
 *
 * Everything that changes ports is called with the instance's lock held.
 */

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "guard.h"
#include "pool.h"

static struct alias_block *block_of(const struct alias_ports *ports, unsigned int block)
{
	const struct alias_blocks *blocks =
		rcu_dereference_check(ports->blocks, lockdep_is_held(&ports->instance->lock));

	if (!blocks)
		return NULL;
	return rcu_dereference_check(blocks->block[block],
				     lockdep_is_held(&ports->instance->lock));
}

static u64 block_used(const struct alias_ports *ports, unsigned int block)
{
	const struct alias_block *b = block_of(ports, block);

	return b ? b->used : 0;
}

static void update_full(struct alias_ports *ports, unsigned int block)
{
	u64 usable = alias_portblock_usable(block, ports->min, ports->max);

	__assign_bit(block, ports->full, !(usable & ~block_used(ports, block)));
}

/* What stands in the part of the port where there is none is a protocol's number,
 * which the range of ports does not mean.
 */
static struct alias_range ports_range(enum alias_space space, u16 min, u16 max)
{
	if (space == ALIAS_SPACE_OTHER && min <= max)
		return (struct alias_range){ .first = 0, .last = U8_MAX };
	return (struct alias_range){ .first = min, .last = max };
}

/* Behind a port whose link was set aside there is none, and nobody waits for it. */
static unsigned int count_links(const struct alias_ports *ports, unsigned int block, u64 which)
{
	const struct alias_block *b = block_of(ports, block);
	unsigned int n, count = 0;

	for (n = 0; b && b->used & which && n < ALIAS_PORTBLOCK_PORTS; n++)
		count += which & BIT_ULL(n) && rcu_access_pointer(b->slot[n]);
	return count;
}

/**
 * alias_address_count_outside - ports with links that lie outside a range
 * @address: the address; the caller holds its instance's lock
 * @min: lowest port
 * @max: highest port; below @min: the range is empty
 *
 * Return: how many, of all protocols
 */
unsigned int alias_address_count_outside(const struct alias_address *address, u16 min, u16 max)
{
	unsigned int space, block, count = 0;

	alias_assert_locked(address->ports[0].instance);
	for (space = 0; space < ALIAS_SPACES; space++) {
		struct alias_range range = ports_range(space, min, max);

		if (!address->ports[space].used)
			continue;
		for (block = 0; block < ALIAS_PORTBLOCKS; block++)
			count += count_links(&address->ports[space], block,
					     ~alias_portblock_usable(block, range.first,
								     range.last));
	}
	return count;
}

static void ports_set_range(struct alias_ports *ports, u16 min, u16 max)
{
	unsigned int block;

	ports->min = min;
	ports->max = max;
	ports->free = max < min ? 0 : max - min + 1;
	for (block = 0; block < ALIAS_PORTBLOCKS; block++) {
		ports->free -= hweight64(block_used(ports, block) &
					 alias_portblock_usable(block, min, max));
		update_full(ports, block);
	}
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

	alias_assert_locked(address->ports[0].instance);
	for (space = 0; space < ALIAS_SPACES; space++) {
		struct alias_range range = ports_range(space, min, max);

		ports_set_range(&address->ports[space], range.first, range.last);
	}
}

static int block_without_full(const struct alias_ports *ports, unsigned int after)
{
	unsigned int block = find_next_zero_bit(ports->full, ALIAS_PORTBLOCKS, after + 1);

	if (block < ALIAS_PORTBLOCKS)
		return block;
	block = find_first_zero_bit(ports->full, ALIAS_PORTBLOCKS);
	return block < ALIAS_PORTBLOCKS ? block : -1;
}

static int find_free(const struct alias_ports *ports, u16 start)
{
	int block = start / ALIAS_PORTBLOCK_PORTS;
	unsigned int from = start % ALIAS_PORTBLOCK_PORTS;
	int bit;

	bit = alias_portblock_find(block_used(ports, block),
				   alias_portblock_usable(block, ports->min, ports->max), from);
	if (bit >= 0)
		return block * ALIAS_PORTBLOCK_PORTS + bit;

	block = block_without_full(ports, block);
	if (block < 0)
		return -ENOSPC;
	bit = alias_portblock_find(block_used(ports, block),
				   alias_portblock_usable(block, ports->min, ports->max), from);
	return bit < 0 ? -ENOSPC : block * ALIAS_PORTBLOCK_PORTS + bit;
}

static bool is_free(const struct alias_ports *ports, u16 port)
{
	unsigned int block = port / ALIAS_PORTBLOCK_PORTS;
	u64 free = alias_portblock_usable(block, ports->min, ports->max) &
		   ~block_used(ports, block);

	return free & BIT_ULL(port % ALIAS_PORTBLOCK_PORTS);
}

static struct alias_blocks *blocks_get(struct alias_ports *ports)
{
	struct alias_blocks *blocks =
		rcu_dereference_protected(ports->blocks, lockdep_is_held(&ports->instance->lock));

	if (blocks)
		return blocks;
	blocks = kzalloc(sizeof(*blocks), GFP_ATOMIC | __GFP_NOWARN);
	rcu_assign_pointer(ports->blocks, blocks);
	return blocks;
}

static struct alias_block *block_get(struct alias_ports *ports, unsigned int block)
{
	struct alias_blocks *blocks = blocks_get(ports);
	struct alias_block *b = block_of(ports, block);

	if (!blocks || b)
		return b;
	b = kzalloc(sizeof(*b), GFP_ATOMIC | __GFP_NOWARN);
	if (b)
		rcu_assign_pointer(blocks->block[block], b);
	return b;
}

/**
 * alias_ports_claim - take a free port
 * @ports: the ports; the caller holds the instance's lock
 * @want: the port to take, if @only_want
 * @only_want: take @want or nothing; else any port, a random one (RFC 6056):
 *	a random start and from there the next free one
 *
 * Return: the port in host byte order, -ENOSPC if there is none, -ENOMEM
 */
int alias_ports_claim(struct alias_ports *ports, u16 want, bool only_want)
{
	struct alias_block *block;
	int port;

	alias_assert_locked(ports->instance);
	if (!ports->free)
		return -ENOSPC;
	if (only_want)
		port = is_free(ports, want) ? want : -ENOSPC;
	else
		port = find_free(ports, ports->min +
				 get_random_u32_below(ports->max - ports->min + 1));
	if (port < 0)
		return port;

	block = block_get(ports, port / ALIAS_PORTBLOCK_PORTS);
	if (!block)
		return -ENOMEM;
	block->used |= BIT_ULL(port % ALIAS_PORTBLOCK_PORTS);
	WRITE_ONCE(ports->used, ports->used + 1);
	ports->free--;
	update_full(ports, port / ALIAS_PORTBLOCK_PORTS);
	return port;
}

/**
 * alias_ports_publish - let inward packets to a port find their link
 * @ports: the ports; the caller holds the instance's lock
 * @port: a claimed port
 * @link: complete, or NULL to hide it again
 */
void alias_ports_publish(struct alias_ports *ports, u16 port, struct alias_link *link)
{
	struct alias_block *block = block_of(ports, port / ALIAS_PORTBLOCK_PORTS);

	alias_assert_locked(ports->instance);
	rcu_assign_pointer(block->slot[port % ALIAS_PORTBLOCK_PORTS], link);
}

/**
 * alias_ports_release - give a port back
 * @ports: the ports; the caller holds the instance's lock
 * @port: a claimed port that has no link any more
 */
void alias_ports_release(struct alias_ports *ports, u16 port)
{
	unsigned int nr = port / ALIAS_PORTBLOCK_PORTS;
	struct alias_block *block = block_of(ports, nr);

	alias_assert_locked(ports->instance);
	block->used &= ~BIT_ULL(port % ALIAS_PORTBLOCK_PORTS);
	WRITE_ONCE(ports->used, ports->used - 1);
	if (port >= ports->min && port <= ports->max)
		ports->free++;
	if (!block->used) {
		RCU_INIT_POINTER(blocks_get(ports)->block[nr], NULL);
		kfree_rcu(block, rcu);
	}
	update_full(ports, nr);
}

/**
 * alias_ports_find - the link behind a port
 * @ports: the ports; the caller holds RCU or the instance's lock
 * @port: host byte order
 *
 * Return: the link, or NULL
 */
struct alias_link *alias_ports_find(const struct alias_ports *ports, u16 port)
{
	struct alias_block *block = block_of(ports, port / ALIAS_PORTBLOCK_PORTS);

	if (!block)
		return NULL;
	return rcu_dereference_check(block->slot[port % ALIAS_PORTBLOCK_PORTS],
				     lockdep_is_held(&ports->instance->lock));
}

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
	return address->ports[space].free ? address : first_not_full(pool, space);
}

static struct alias_block *next_in_ports(const struct alias_ports *ports,
					 struct alias_cursor *cursor)
{
	struct alias_block *block;

	if (!READ_ONCE(ports->used))
		return NULL;
	for (; cursor->block < ALIAS_PORTBLOCKS; cursor->block++) {
		block = block_of(ports, cursor->block);
		if (block)
			return block;
	}
	return NULL;
}

static struct alias_block *next_in_address(const struct alias_address *address,
					   struct alias_cursor *cursor)
{
	struct alias_block *block;

	for (; cursor->space < ALIAS_SPACES; cursor->space++) {
		block = next_in_ports(&address->ports[cursor->space], cursor);
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
	struct alias_pool *pool = kzalloc(sizeof(*pool), GFP_KERNEL_ACCOUNT);

	if (!pool)
		return NULL;
	pool->instance = inst;
	pool->config = *config;
	pool->config.range = kmemdup(config->range, sizeof(*config->range) * config->nr_ranges,
				     GFP_KERNEL_ACCOUNT);
	pool->base = kcalloc(config->nr_ranges, sizeof(*pool->base), GFP_KERNEL_ACCOUNT);
	pool->nr_addresses = alias_pool_range_size(config);
	pool->address = kvcalloc(pool->nr_addresses, sizeof(struct alias_address *),
				 GFP_KERNEL_ACCOUNT);
	if (pool->config.range && pool->base && pool->address)
		return pool;

	pool->nr_addresses = 0;
	alias_pool_destroy(pool, NULL);
	return NULL;
}

static bool is_common(enum alias_space space)
{
	return space == ALIAS_SPACE_TCP || space == ALIAS_SPACE_UDP || space == ALIAS_SPACE_ICMP;
}

/* Memory for the protocols that every subscriber uses is taken now, where there
 * is time to wait for it; for the others with the first packet.
 */
static bool ports_init(struct alias_ports *ports, enum alias_space space,
		       struct alias_instance *inst, const struct alias_pool_config *config)
{
	struct alias_range range = ports_range(space, config->port_min, config->port_max);
	unsigned int block;

	ports->instance = inst;
	ports->min = range.first;
	ports->max = range.last;
	ports->free = range.last - range.first + 1;
	for (block = 0; block < ALIAS_PORTBLOCKS; block++)
		if (!alias_portblock_usable(block, range.first, range.last))
			__set_bit(block, ports->full);
	if (!is_common(space))
		return true;
	RCU_INIT_POINTER(ports->blocks, kzalloc(sizeof(struct alias_blocks), GFP_KERNEL_ACCOUNT));
	return rcu_access_pointer(ports->blocks);
}

/* Where links were set aside their ports are still taken. */
static void ports_destroy(struct alias_ports *ports, __be32 addr)
{
	struct alias_blocks *blocks = rcu_dereference_protected(ports->blocks, true);
	unsigned int block;

	WARN_ONCE(ports->used && !ports->instance->aside, "nft_alias: %pI4 is freed with links\n",
		  &addr);
	for (block = 0; ports->used && block < ALIAS_PORTBLOCKS; block++)
		kfree(rcu_dereference_protected(blocks->block[block], true));
	kfree(blocks);
}

static void address_destroy(struct alias_address *address)
{
	unsigned int space;

	for (space = 0; space < ALIAS_SPACES; space++)
		ports_destroy(&address->ports[space], address->addr);
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
		if (!ports_init(&address->ports[space], space, inst, config)) {
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
	kvfree(pool->address);
	kfree(pool->base);
	kfree(pool->config.range);
	kfree(pool);
}
