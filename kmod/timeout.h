/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_TIMEOUT_H
#define ALIAS_TIMEOUT_H

#include <linux/types.h>
#include <linux/netfilter/nft_alias.h>

#include "packet.h"

/**
 * struct alias_udp_port - a shorter life for UDP links to one port
 * @port: the peer's port, host byte order
 * @seconds: the life
 */
struct alias_udp_port {
	u16 port;
	u32 seconds;
};

/**
 * struct alias_timeouts - how long links live unused
 * @nr_udp_ports: entries of @udp_port
 * @seconds: indexed by enum alias_timeout_attributes
 * @udp_port: UDP ports whose links live shorter, in no order: there are few
 */
struct alias_timeouts {
	unsigned int nr_udp_ports;
	u32 seconds[ALIAS_A_TIMEOUT_MAX + 1];
	struct alias_udp_port udp_port[ALIAS_UDP_PORTS_MAX];
};

void alias_timeouts_default(struct alias_timeouts *timeouts);
const char *alias_timeout_fault(enum alias_timeout_attributes timeout, u32 seconds);
u32 alias_timeout_seconds(const struct alias_timeouts *timeouts, enum alias_space space,
			  enum alias_link_state state, u16 peer_port);
u32 alias_timeout_hold_seconds(const struct alias_timeouts *timeouts, enum alias_space space);

#endif /* ALIAS_TIMEOUT_H */
