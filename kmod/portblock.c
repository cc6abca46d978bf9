// SPDX-License-Identifier: GPL-2.0
/* Blocks of 64 ports as words of bits. Pure arithmetic, no kernel state. */

#include <linux/bits.h>
#include <linux/bitops.h>
#include <linux/minmax.h>

#include "portblock.h"

/**
 * alias_portblock_usable - which ports of a block lie in a range
 * @block: number of the block: port / ALIAS_PORTBLOCK_PORTS
 * @min: lowest port of the range
 * @max: highest port; a range with @max < @min is empty
 *
 * Return: bit n is set if port @block * 64 + n is in the range
 */
u64 alias_portblock_usable(unsigned int block, u16 min, u16 max)
{
	unsigned int first = block * ALIAS_PORTBLOCK_PORTS;
	unsigned int last = first + ALIAS_PORTBLOCK_PORTS - 1;

	if (max < min || max < first || min > last)
		return 0;
	return GENMASK_ULL(min_t(unsigned int, max, last) - first,
			   max_t(unsigned int, min, first) - first);
}

/**
 * alias_portblock_find - a free port of a block
 * @used: ports in use
 * @usable: ports that may be used
 * @start: bit to begin at, below 64; the search wraps
 *
 * Return: the bit, or -1 if none is free
 */
int alias_portblock_find(u64 used, u64 usable, unsigned int start)
{
	u64 free = usable & ~used;
	u64 above = free & GENMASK_ULL(ALIAS_PORTBLOCK_PORTS - 1, start);

	if (!free)
		return -1;
	return __ffs64(above ? above : free);
}
