/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_PORTS_H
#define ALIAS_PORTS_H

#include <linux/bitmap.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "alias.h"
#include "packet.h"
#include "portblock.h"

/**
 * struct alias_block - 64 consecutive ports of an outside address
 * @slot: the link behind each port; NULL also for a taken port: for the moment between
 *	claiming it and publishing the link, and for good if its link was set aside
 * @used: bit n: port n is taken. At least one is. Also read without the lock.
 * @rcu: readers walk slots without the lock
 */
struct alias_block {
	struct alias_link __rcu *slot[ALIAS_PORTBLOCK_PORTS];
	u64 used;
	struct rcu_head rcu;
};

/**
 * struct alias_blocks - where the links of a protocol stand
 * @block: NULL where none of the 64 ports is taken
 *
 * Nothing else for each block: of an address that few use this is nearly all there is.
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
 * @free: ports that may still be taken: makes a refusal O(1). Also read without the lock.
 * @min: lowest port to give
 * @max: highest; below @min if the address is given up
 * @space: their protocol
 */
struct alias_ports {
	struct alias_instance *instance;
	struct alias_blocks __rcu *blocks;
	DECLARE_BITMAP(full, ALIAS_PORTBLOCKS);
	unsigned int used;
	unsigned int free;
	u16 min;
	u16 max;
	u8 space;
};

int alias_ports_cache_create(void);
void alias_ports_cache_destroy(void);

bool alias_ports_init(struct alias_ports *ports, enum alias_space space,
		      struct alias_instance *inst, u16 min, u16 max);
void alias_ports_destroy(struct alias_ports *ports, __be32 addr);
void alias_ports_set_range(struct alias_ports *ports, u16 min, u16 max);
bool alias_ports_strand(const struct alias_ports *ports, u16 min, u16 max);
struct alias_block *alias_ports_next_block(const struct alias_ports *ports, u16 *block);

int alias_ports_claim(struct alias_ports *ports, u16 want, bool only_want);
void alias_ports_release(struct alias_ports *ports, u16 port);
void alias_ports_publish(struct alias_ports *ports, u16 port, struct alias_link *link);
struct alias_link *alias_ports_find(const struct alias_ports *ports, u16 port);

#endif /* ALIAS_PORTS_H */
