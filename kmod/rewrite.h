/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_REWRITE_H
#define ALIAS_REWRITE_H

#include <linux/types.h>

struct alias_packet;

__le32 alias_rewrite_crc(__be16 old_port, __be16 port, bool source, unsigned int length);
bool alias_rewrite_source(struct alias_packet *pkt, __be32 addr, __be16 port);
bool alias_rewrite_destination(struct alias_packet *pkt, __be32 addr, __be16 port);

#endif /* ALIAS_REWRITE_H */
