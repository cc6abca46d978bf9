/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_CONNECTION_H
#define ALIAS_CONNECTION_H

#include "alias.h"

bool alias_connection_out(struct alias_instance *inst, struct alias_link *link,
			  const struct alias_flow *flow, u8 tcp_flags, u32 now);
void alias_connection_in(struct alias_instance *inst, struct alias_link *link,
			 const struct alias_flow *flow, u8 tcp_flags, u32 now);
bool alias_connection_may_enter(struct alias_instance *inst, const struct alias_link *link,
				const struct alias_flow *flow, u32 now);
void alias_connections_tidy(struct alias_instance *inst, struct alias_link *link, u32 now);

#endif /* ALIAS_CONNECTION_H */
