// SPDX-License-Identifier: GPL-2.0
/* How long a link lives unused. Pure logic; the numbers are in the header. */

#include "timeout.h"

/**
 * alias_timeout_seconds - life of a link without traffic
 * @space: its protocol
 * @state: its state, for TCP
 *
 * A half-closed connection may stay so for as long as an open one (RFC 7857
 * section 2.1): only the second FIN makes it transitory.
 *
 * Return: seconds
 */
unsigned int alias_timeout_seconds(enum alias_space space, enum alias_link_state state)
{
	switch (space) {
	case ALIAS_SPACE_UDP:
		return ALIAS_UDP_SECONDS;
	case ALIAS_SPACE_ICMP:
		return ALIAS_ICMP_SECONDS;
	default:
		break;
	}

	switch (state) {
	case ALIAS_LINK_ESTABLISHED:
	case ALIAS_LINK_FIN_OUT:
	case ALIAS_LINK_FIN_IN:
		return ALIAS_TCP_ESTABLISHED_SECONDS;
	default:
		return ALIAS_TCP_TRANSITORY_SECONDS;
	}
}

/**
 * alias_timeout_hold_seconds - rest of a port after its link timed out
 * @space: its protocol
 *
 * Return: seconds
 */
unsigned int alias_timeout_hold_seconds(enum alias_space space)
{
	return space == ALIAS_SPACE_TCP ? 0 : ALIAS_PORT_HOLD_SECONDS;
}
