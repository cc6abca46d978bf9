/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_ICMP_H
#define ALIAS_ICMP_H

#include "alias.h"

enum alias_reason alias_icmp_error_out(struct alias_instance *inst, struct alias_packet *error,
				       u32 now);
enum alias_reason alias_icmp_error_in(struct alias_instance *inst, struct alias_packet *error,
				      u32 now);

#endif /* ALIAS_ICMP_H */
