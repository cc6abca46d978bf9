/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_TCP_H
#define ALIAS_TCP_H

#include <linux/types.h>
#include <linux/netfilter/nft_alias.h>

/* The flags of a TCP header's byte 13 that matter here. */
#define ALIAS_TCP_FIN	0x01
#define ALIAS_TCP_SYN	0x02
#define ALIAS_TCP_RST	0x04

enum alias_link_state alias_tcp_next(enum alias_link_state state, enum nft_alias_direction dir,
				     u8 flags);

#endif /* ALIAS_TCP_H */
