// SPDX-License-Identifier: GPL-2.0
/* The states of a TCP connection as a NAT sees them. Pure logic. */

#include "tcp.h"

static enum alias_link_state next_on_fin(enum alias_link_state state, enum nft_alias_direction dir)
{
	enum alias_link_state mine = dir == NFT_ALIAS_OUT ? ALIAS_LINK_FIN_OUT : ALIAS_LINK_FIN_IN;

	switch (state) {
	case ALIAS_LINK_FIN_OUT:
	case ALIAS_LINK_FIN_IN:
		return state == mine ? state : ALIAS_LINK_CLOSING;
	case ALIAS_LINK_CLOSING:
		return state;
	default:
		return mine;
	}
}

/* Where no connection is up, or both sides have said good-bye, there is nothing
 * to reset, and nothing that later data could bring back.
 */
static enum alias_link_state next_on_reset(enum alias_link_state state)
{
	if (state == ALIAS_LINK_OPENING || state == ALIAS_LINK_CLOSING)
		return state;
	return ALIAS_LINK_RESET;
}

/**
 * alias_tcp_next - the state after a packet (RFC 7857 section 2.1)
 * @state: before; one of the TCP states of enum alias_link_state
 * @dir: which way the packet goes
 * @flags: byte 13 of its header
 *
 * A reset only shortens the timeout: data that follows shows that the
 * connection lives, and that the reset was forged (RFC 7857 section 2.3). It is
 * the connection's by addresses and ports. Whether its sequence number is, too,
 * nobody asks: each packet would have to write to the link what is expected next,
 * and all that who guessed the ports could win is the end of a connection in which
 * nobody then speaks for 4 minutes.
 *
 * Return: the state
 */
enum alias_link_state alias_tcp_next(enum alias_link_state state, enum nft_alias_direction dir,
				     u8 flags)
{
	if (flags & ALIAS_TCP_RST)
		return next_on_reset(state);

	switch (state) {
	case ALIAS_LINK_OPENING:
		if (dir == NFT_ALIAS_OUT)
			return state;
		return flags & ALIAS_TCP_FIN ? next_on_fin(state, dir) : ALIAS_LINK_ESTABLISHED;
	case ALIAS_LINK_CLOSING:
		return flags & ALIAS_TCP_SYN && dir == NFT_ALIAS_OUT ? ALIAS_LINK_OPENING : state;
	case ALIAS_LINK_RESET:
		if (flags & ALIAS_TCP_SYN)
			return dir == NFT_ALIAS_OUT ? ALIAS_LINK_OPENING : state;
		fallthrough;
	case ALIAS_LINK_ESTABLISHED:
		return flags & ALIAS_TCP_FIN ? next_on_fin(state, dir) : ALIAS_LINK_ESTABLISHED;
	default:
		/* The inside has forgotten its half of the old connection. */
		if (flags & ALIAS_TCP_SYN && dir == NFT_ALIAS_OUT)
			return ALIAS_LINK_OPENING;
		return flags & ALIAS_TCP_FIN ? next_on_fin(state, dir) : state;
	}
}
