/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rules on the wire: placeholders become the kernel's alias expression on the
 * way out and expressions become placeholders on the way in. All other
 * messages, attributes and expressions keep every byte.
 */
#ifndef NLSWAP_H
#define NLSWAP_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include "instance.h"
#include "memory.h"

/* An alias expression in a rewritten rule: [off, off + len) of the message. */
struct swap_alias {
	uint32_t	off, len;
	unsigned int	reference;
	bool		out;
	char		name[ALIAS_NAME_SIZE];	/* empty: the map form */
};

/* A stretch of the rewritten message that was copied from the original. */
struct swap_copy {
	uint32_t	to, from, len;
};

struct swap_rule {
	uint32_t		seq;
	struct swap_alias	*aliases;
	size_t			alias_count;
	struct swap_copy	*copies;
	size_t			copy_count;
};

struct swap {
	struct buf		out;
	struct swap_rule	*rules;		/* those with an alias expression */
	size_t			rule_count;
	const char		*fault;		/* why a rewrite was not possible */
};

/**
 * swap_outgoing - rewrite the messages of one buffer, append them to s->out
 *
 * Returns 0 or a negative errno: -EMSGSIZE if a rule becomes longer than an
 * attribute can be, -EPROTO for a placeholder that is not whole, -EBADMSG for
 * messages that are not well formed.
 */
int swap_outgoing(struct swap *s, const void *messages, size_t len);

/* The other way, for one message; the same errors. */
int swap_incoming(struct swap *s, const struct nlmsghdr *nlh);

void swap_free(struct swap *s);
const struct swap_rule *swap_find_rule(const struct swap *s, uint32_t seq);

/* The alias expression that holds an offset of the rewritten message. */
const struct swap_alias *swap_find_alias(const struct swap_rule *r, uint32_t off);

/* The offset in the original message; 0 if it has no counterpart there. */
uint32_t swap_original_offset(const struct swap_rule *r, uint32_t off);

#endif
