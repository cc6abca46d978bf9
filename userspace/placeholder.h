/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The statement that libnftables sees where the user wrote an alias statement:
 * a log prefix. It begins with a control character, so that nobody has it by
 * accident; text that contains the magic is refused before it gets here.
 *
 *   log prefix "<magic>12:in:pool7"                      alias in pool7
 *   log prefix "<magic>13:out:" meta mark set EXPR       alias out map EXPR
 *
 * The number tells which statement of the text it was (0: none), for errors.
 */
#ifndef PLACEHOLDER_H
#define PLACEHOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include "memory.h"

#define PLACEHOLDER_MAGIC	"\x1f" "alias:"

struct placeholder {
	unsigned int	reference;
	bool		out;
	const char	*name;		/* not terminated; empty in the map form */
	size_t		name_len;
};

/* The prefix itself, without quotes. */
void placeholder_write(struct buf *b, unsigned int reference, bool out, const char *name);
bool placeholder_read(struct placeholder *p, const char *prefix, size_t len);

/* Put the alias statements back into a text that libnftables printed. */
void placeholder_undo(struct buf *b, const char *text, size_t len);

#endif
