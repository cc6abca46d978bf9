/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_TIMEOUT_H
#define ALIAS_TIMEOUT_H

#include <linux/build_bug.h>
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
u32 alias_timeout_hold_seconds(const struct alias_timeouts *timeouts, enum alias_space space);

/* In line, as each packet asks. */
static inline u32 alias_timeout_udp_seconds(const struct alias_timeouts *timeouts, u16 peer_port)
{
	unsigned int n;

	for (n = 0; n < timeouts->nr_udp_ports; n++)
		if (timeouts->udp_port[n].port == peer_port)
			return timeouts->udp_port[n].seconds;
	return timeouts->seconds[ALIAS_A_TIMEOUT_UDP];
}

/* A half-closed connection may stay so for as long as an open one (RFC 7857
 * section 2.1): only the second FIN makes it transitory.
 */
static inline u32 alias_timeout_connection_seconds(const struct alias_timeouts *timeouts,
						   enum alias_timeout_attributes opening,
						   enum alias_link_state state)
{
	BUILD_BUG_ON(ALIAS_A_TIMEOUT_TCP_CLOSING - ALIAS_A_TIMEOUT_TCP_OPENING != 2);
	BUILD_BUG_ON(ALIAS_A_TIMEOUT_SCTP_CLOSING - ALIAS_A_TIMEOUT_SCTP_OPENING != 2);
	BUILD_BUG_ON(ALIAS_A_TIMEOUT_DCCP_CLOSING - ALIAS_A_TIMEOUT_DCCP_OPENING != 2);

	switch (state) {
	case ALIAS_LINK_OPENING:
		return timeouts->seconds[opening];
	case ALIAS_LINK_ESTABLISHED:
	case ALIAS_LINK_FIN_OUT:
	case ALIAS_LINK_FIN_IN:
		return timeouts->seconds[opening + 1];
	default:
		return timeouts->seconds[opening + 2];
	}
}

/**
 * alias_timeout_seconds - life of a link without traffic
 * @timeouts: of its instance
 * @space: its protocol
 * @state: its state, where connections are tracked
 * @peer_port: port of the peer that the packet goes to, host byte order; or 0
 *
 * Return: seconds
 */
static inline u32 alias_timeout_seconds(const struct alias_timeouts *timeouts,
					enum alias_space space, enum alias_link_state state,
					u16 peer_port)
{
	switch (space) {
	case ALIAS_SPACE_TCP:
		return alias_timeout_connection_seconds(timeouts,
							ALIAS_A_TIMEOUT_TCP_OPENING, state);
	case ALIAS_SPACE_SCTP:
		return alias_timeout_connection_seconds(timeouts,
							ALIAS_A_TIMEOUT_SCTP_OPENING, state);
	case ALIAS_SPACE_DCCP:
		return alias_timeout_connection_seconds(timeouts,
							ALIAS_A_TIMEOUT_DCCP_OPENING, state);
	case ALIAS_SPACE_UDP:
		return alias_timeout_udp_seconds(timeouts, peer_port);
	case ALIAS_SPACE_UDPLITE:
		return timeouts->seconds[ALIAS_A_TIMEOUT_UDPLITE];
	case ALIAS_SPACE_ICMP:
		return timeouts->seconds[ALIAS_A_TIMEOUT_ICMP];
	default:
		return timeouts->seconds[ALIAS_A_TIMEOUT_OTHER];
	}
}

#endif /* ALIAS_TIMEOUT_H */
