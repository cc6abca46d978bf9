/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_TRANSLATE_H
#define ALIAS_TRANSLATE_H

#include <linux/types.h>

struct alias_instance;
struct sk_buff;

/**
 * enum alias_verdict - what the rule does with a packet
 * @ALIAS_TRANSLATED: the rule goes on
 * @ALIAS_NO_MATCH: the rule does not match; the packet is unchanged
 * @ALIAS_DROP: the packet goes no further
 */
enum alias_verdict {
	ALIAS_TRANSLATED,
	ALIAS_NO_MATCH,
	ALIAS_DROP,
};

enum alias_verdict alias_out(struct alias_instance *inst, struct sk_buff *skb);
enum alias_verdict alias_in(struct alias_instance *inst, struct sk_buff *skb);

#endif /* ALIAS_TRANSLATE_H */
