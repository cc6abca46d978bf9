/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_CALL_H
#define ALIAS_CALL_H

#include "alias.h"

int alias_calls_init(struct alias_instance *inst);
void alias_calls_destroy(struct alias_instance *inst);

struct alias_link *alias_call_find(struct alias_instance *inst, const struct alias_flow *flow);
bool alias_call_learn(struct alias_instance *inst, struct alias_link *link, __be16 id);
void alias_call_forget(struct alias_instance *inst, struct alias_link *link);
bool alias_call_hide(struct alias_instance *inst, struct alias_link *link);

#endif /* ALIAS_CALL_H */
