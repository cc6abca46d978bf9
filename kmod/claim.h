/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_CLAIM_H
#define ALIAS_CLAIM_H

#include "alias.h"

bool alias_claim_is_hopeless(struct alias_instance *inst, const struct alias_flow *flow, u32 now);
struct alias_link *alias_claim_link(struct alias_instance *inst, const struct alias_flow *flow,
				    u32 now, enum alias_reason *why);

#endif /* ALIAS_CLAIM_H */
