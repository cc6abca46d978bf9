/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_PORTBLOCK_H
#define ALIAS_PORTBLOCK_H

#include <linux/types.h>

/* One machine word of ports: a block is searched with a single instruction. */
#define ALIAS_PORTBLOCK_PORTS	64
#define ALIAS_PORTBLOCKS	(65536 / ALIAS_PORTBLOCK_PORTS)

u64 alias_portblock_usable(unsigned int block, u16 min, u16 max);
int alias_portblock_find(u64 used, u64 usable, unsigned int start);

#endif /* ALIAS_PORTBLOCK_H */
