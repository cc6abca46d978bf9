/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_CONFIG_H
#define ALIAS_CONFIG_H

#include "instance.h"

struct alias_net;
struct genl_info;

extern const struct nla_policy alias_instance_policy[ALIAS_A_INSTANCE_MAX + 1];

int alias_config_parse(struct genl_info *info, struct alias_config *config);
int alias_config_check_others(struct alias_net *an, const struct alias_instance *self,
			      const struct alias_config *config, struct genl_info *info);
void alias_config_release(struct alias_config *config);

#endif /* ALIAS_CONFIG_H */
