/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_INSTANCE_H
#define ALIAS_INSTANCE_H

#include "alias.h"
#include "pool.h"

struct netlink_ext_ack;

/**
 * struct alias_config - what an operator says of an instance
 * @name: its name
 * @number: its number, 0 for none
 * @settings: what packets ask for
 * @pool: outside addresses and ports
 */
struct alias_config {
	char name[ALIAS_NAME_SIZE];
	u32 number;
	struct alias_settings settings;
	struct alias_pool_config pool;
};

struct alias_instance *alias_instance_alloc(struct net *net, const struct alias_config *config);
int alias_instance_change(struct alias_instance *inst, const struct alias_config *config,
			  bool check_only, struct netlink_ext_ack *extack);
void alias_instance_flush(struct alias_instance *inst);
void alias_instance_kill(struct alias_instance *inst);
void alias_instance_put(struct alias_instance *inst);

#endif /* ALIAS_INSTANCE_H */
