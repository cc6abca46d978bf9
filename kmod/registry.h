/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_REGISTRY_H
#define ALIAS_REGISTRY_H

#include "alias.h"

struct alias_instance *alias_registry_find(struct alias_net *an, const char *name);
struct alias_instance *alias_registry_find_number(struct alias_net *an, u32 number);
int alias_registry_add(struct alias_net *an, struct alias_instance *inst);
void alias_registry_remove(struct alias_net *an, struct alias_instance *inst);
void alias_registry_changed(struct alias_net *an);

#endif /* ALIAS_REGISTRY_H */
