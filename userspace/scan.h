/* SPDX-License-Identifier: GPL-2.0 */
/* Words of nft's grammar, coarse: enough to find commands, blocks and statements. */
#ifndef SCAN_H
#define SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include "source.h"

enum token_kind {
	TOKEN_END,
	TOKEN_NEWLINE,
	TOKEN_SEMICOLON,
	TOKEN_OPEN,		/* { */
	TOKEN_CLOSE,		/* } */
	TOKEN_WORD,
	TOKEN_STRING,		/* off and len include the quotes */
	TOKEN_OTHER,		/* one character */
};

struct token {
	enum token_kind	kind;
	size_t		off;
	size_t		len;
};

struct tokens {
	const struct source *source;
	struct token	*at;
	size_t		count;	/* the last one is TOKEN_END */
};

void tokens_scan(struct tokens *t, const struct source *source);
void tokens_free(struct tokens *t);
bool token_is(const struct tokens *t, size_t i, const char *word);
bool token_ends_command(const struct tokens *t, size_t i);
char *token_text(const struct tokens *t, size_t i);
struct place token_place(const struct tokens *t, size_t from, size_t to);

#endif
