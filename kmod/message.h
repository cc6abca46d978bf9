/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_MESSAGE_H
#define ALIAS_MESSAGE_H

#include <linux/types.h>

struct alias_instance;
struct alias_link;
struct alias_net;
struct sk_buff;

int alias_message_instance(struct sk_buff *msg, struct alias_instance *inst);
int alias_message_link(struct sk_buff *msg, const struct alias_instance *inst,
		       const struct alias_link *link, u32 now);
int alias_message_namespace(struct sk_buff *msg, const struct alias_net *an);

#endif /* ALIAS_MESSAGE_H */
