/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_PPTP_H
#define ALIAS_PPTP_H

#include "alias.h"
#include "guard.h"

bool alias_pptp_is_call(const struct alias_packet *quoted);
void alias_pptp_recognise(struct alias_packet *pkt, enum nft_alias_direction dir);
enum alias_reason alias_pptp_out(struct alias_instance *inst, const struct alias_packet *pkt,
				 u32 now);
enum alias_reason alias_pptp_in(struct alias_instance *inst, const struct alias_packet *pkt,
				__be32 inside, u32 now);

/**
 * alias_pptp_is_on - whether an operator wants PPTP to be translated
 * @inst: the instance; the caller holds RCU
 *
 * All that it costs the packets of others, on a line they read anyway.
 *
 * Return: whether the switch is on
 */
static inline bool alias_pptp_is_on(const struct alias_instance *inst)
{
	return unlikely(alias_settings(inst)->flags & ALIAS_F_PPTP);
}

#endif /* ALIAS_PPTP_H */
