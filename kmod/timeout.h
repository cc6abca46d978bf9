/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_TIMEOUT_H
#define ALIAS_TIMEOUT_H

#include <linux/types.h>
#include <linux/netfilter/nft_alias.h>

#include "packet.h"

/* RFC 5382 REQ-5: established not below 2 h 4 min, transitory not below 4 min. */
#define ALIAS_TCP_ESTABLISHED_SECONDS	7440
#define ALIAS_TCP_TRANSITORY_SECONDS	240
/* RFC 4787 REQ-5c: 5 minutes or more by default. */
#define ALIAS_UDP_SECONDS		300
/* RFC 5508 REQ-2: not below 60. */
#define ALIAS_ICMP_SECONDS		60
/* RFC 6888 REQ-8: a freed port goes to nobody else for 120 s, or the next
 * owner gets the last one's packets. Not for TCP, whose states are tracked
 * (REQ-8 A).
 */
#define ALIAS_PORT_HOLD_SECONDS		120

unsigned int alias_timeout_seconds(enum alias_space space, enum alias_link_state state);
unsigned int alias_timeout_hold_seconds(enum alias_space space);

#endif /* ALIAS_TIMEOUT_H */
