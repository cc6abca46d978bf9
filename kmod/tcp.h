/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_TCP_H
#define ALIAS_TCP_H

#include <linux/types.h>
#include <linux/netfilter/nft_alias.h>

#include "packet.h"

enum alias_link_state alias_tcp_next(enum alias_link_state state, enum nft_alias_direction dir,
				     u8 flags);

#endif /* ALIAS_TCP_H */
