// SPDX-License-Identifier: GPL-2.0
/* The ports of one outside address for one protocol: which are taken, and the links
 * behind them.
 *
 * Everything that changes them is called with the instance's lock held.
 */

#include <linux/random.h>
#include <linux/slab.h>

#include "guard.h"
#include "ports.h"

/* A block is a little more than 512 bytes, for which kmalloc() would take 1024. */
static struct kmem_cache *block_cache __read_mostly;

/**
 * alias_ports_cache_create - memory for blocks; once for the module
 *
 * Return: 0 or -ENOMEM
 */
int alias_ports_cache_create(void)
{
	block_cache = kmem_cache_create("nft_alias_block", sizeof(struct alias_block), 0,
					SLAB_HWCACHE_ALIGN, NULL);
	return block_cache ? 0 : -ENOMEM;
}

/**
 * alias_ports_cache_destroy - the module goes
 *
 * Blocks that were given back may still wait for their grace period.
 */
void alias_ports_cache_destroy(void)
{
	rcu_barrier();
	kmem_cache_destroy(block_cache);
}

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
static void adapt_range(enum alias_space space, u16 *min, u16 *max)
{
	if (space != ALIAS_SPACE_OTHER || *min > *max)
		return;
	*min = 0;
	*max = U8_MAX;
}

/* Behind a port whose link was set aside there is none, and nobody waits for it. */
static bool has_link(const struct alias_ports *ports, unsigned int block, u64 which)
{
	const struct alias_block *b = which ? block_of(ports, block) : NULL;
	unsigned int n;

	for (n = 0; b && n < ALIAS_PORTBLOCK_PORTS; n++)
		if (which & BIT_ULL(n) && rcu_access_pointer(b->slot[n]))
			return true;
	return false;
}

/**
 * alias_ports_strand - whether a range leaves links outside
 * @ports: the ports; the caller holds the instance's lock
 * @min: lowest port
 * @max: highest port; below @min: the range is empty
 *
 * Ends with the first: the lock is held meanwhile.
 *
 * Return: true if a port outside the range has a link
 */
bool alias_ports_strand(const struct alias_ports *ports, u16 min, u16 max)
{
	unsigned int block;

	alias_assert_locked(ports->instance);
	adapt_range(ports->space, &min, &max);
	for (block = 0; ports->used && block < ALIAS_PORTBLOCKS; block++)
		if (has_link(ports, block, ~alias_portblock_usable(block, min, max)))
			return true;
	return false;
}

static void set_free(struct alias_ports *ports, unsigned int free)
{
	unsigned int *roomy = &ports->instance->roomy[ports->space];

	if (!free != !ports->free)
		WRITE_ONCE(*roomy, free ? *roomy + 1 : *roomy - 1);
	WRITE_ONCE(ports->free, free);
}

/**
 * alias_ports_set_range - which ports may be given from now on
 * @ports: the ports; the caller holds the instance's lock
 * @min: lowest port
 * @max: highest port; below @min: none
 *
 * Reads only the blocks of which it changes something: the lock is held meanwhile.
 */
void alias_ports_set_range(struct alias_ports *ports, u16 min, u16 max)
{
	unsigned int block, free = ports->free;

	alias_assert_locked(ports->instance);
	adapt_range(ports->space, &min, &max);
	if (min == ports->min && max == ports->max)
		return;
	for (block = 0; block < ALIAS_PORTBLOCKS; block++) {
		u64 before = alias_portblock_usable(block, ports->min, ports->max);
		u64 after = alias_portblock_usable(block, min, max);
		u64 used;

		if (before == after)
			continue;
		used = block_used(ports, block);
		free += hweight64(after & ~used) - hweight64(before & ~used);
		__assign_bit(block, ports->full, !(after & ~used));
	}
	ports->min = min;
	ports->max = max;
	set_free(ports, free);
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
	b = kmem_cache_zalloc(block_cache, GFP_ATOMIC | __GFP_NOWARN);
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
	WRITE_ONCE(block->used, block->used | BIT_ULL(port % ALIAS_PORTBLOCK_PORTS));
	WRITE_ONCE(ports->used, ports->used + 1);
	set_free(ports, ports->free - 1);
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

static void block_free(struct alias_block *block)
{
	alias_guard_poison(block, sizeof(*block));
	kmem_cache_free(block_cache, block);
}

static void block_free_rcu(struct rcu_head *head)
{
	block_free(container_of(head, struct alias_block, rcu));
}

/**
 * alias_ports_release - give a port back
 * @ports: the ports; the caller holds the instance's lock
 * @port: a claimed port that has no link any more
 */
void alias_ports_release(struct alias_ports *ports, u16 port)
{
	struct alias_blocks *blocks = blocks_get(ports);
	unsigned int nr = port / ALIAS_PORTBLOCK_PORTS;
	struct alias_block *block = block_of(ports, nr);

	alias_assert_locked(ports->instance);
	WRITE_ONCE(block->used, block->used & ~BIT_ULL(port % ALIAS_PORTBLOCK_PORTS));
	WRITE_ONCE(ports->used, ports->used - 1);
	if (port >= ports->min && port <= ports->max)
		set_free(ports, ports->free + 1);
	if (!block->used) {
		RCU_INIT_POINTER(blocks->block[nr], NULL);
		call_rcu(&block->rcu, block_free_rcu);
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

/**
 * alias_ports_next_block - the next block that holds links
 * @ports: the ports; the caller holds RCU or the instance's lock
 * @block: where to look first; afterwards the block's number
 *
 * Return: NULL at the end
 */
struct alias_block *alias_ports_next_block(const struct alias_ports *ports, u16 *block)
{
	struct alias_block *b;

	if (!READ_ONCE(ports->used))
		return NULL;
	for (; *block < ALIAS_PORTBLOCKS; ++*block) {
		b = block_of(ports, *block);
		if (b)
			return b;
	}
	return NULL;
}

static bool is_common(enum alias_space space)
{
	return space == ALIAS_SPACE_TCP || space == ALIAS_SPACE_UDP || space == ALIAS_SPACE_ICMP;
}

/**
 * alias_ports_init - all of them free
 * @ports: zeroed
 * @space: their protocol
 * @inst: whose they are
 * @min: lowest port to give
 * @max: highest
 *
 * Who lets packets use them adds them to alias_instance.roomy.
 *
 * Memory for the protocols that every subscriber uses is taken now, where there
 * is time to wait for it; for the others with the first packet. May sleep.
 *
 * Return: false if memory is short
 */
bool alias_ports_init(struct alias_ports *ports, enum alias_space space,
		      struct alias_instance *inst, u16 min, u16 max)
{
	unsigned int block;

	adapt_range(space, &min, &max);
	ports->instance = inst;
	ports->space = space;
	ports->min = min;
	ports->max = max;
	ports->free = max - min + 1;
	for (block = 0; block < ALIAS_PORTBLOCKS; block++)
		if (!alias_portblock_usable(block, min, max))
			__set_bit(block, ports->full);
	if (!is_common(space))
		return true;
	RCU_INIT_POINTER(ports->blocks, kzalloc(sizeof(struct alias_blocks), GFP_KERNEL_ACCOUNT));
	return rcu_access_pointer(ports->blocks);
}

/**
 * alias_ports_destroy - free what they stand in
 * @ports: without links, but for those set aside, whose ports are still taken
 * @addr: their address
 */
void alias_ports_destroy(struct alias_ports *ports, __be32 addr)
{
	struct alias_blocks *blocks = rcu_dereference_protected(ports->blocks, true);
	struct alias_block *b;
	unsigned int block;

	WARN_ONCE(ports->used && !ports->instance->aside, "nft_alias: %pI4 is freed with links\n",
		  &addr);
	for (block = 0; ports->used && block < ALIAS_PORTBLOCKS; block++) {
		b = rcu_dereference_protected(blocks->block[block], true);
		if (b)
			block_free(b);
	}
	if (blocks)
		alias_guard_poison(blocks, sizeof(*blocks));
	kfree(blocks);
}
