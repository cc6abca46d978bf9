/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_CLAIM_H
#define ALIAS_CLAIM_H

#include "alias.h"

struct alias_link *alias_claim_link(struct alias_instance *inst, const struct alias_flow *flow,
				    u32 now, enum alias_reason *why);

#endif /* ALIAS_CLAIM_H */
