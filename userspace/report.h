/* SPDX-License-Identifier: GPL-2.0 */
/* Errors with their place in the user's text, printed the way nft prints its own. */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>
#include "source.h"

struct report_line {
	struct place	place;		/* source NULL: nowhere in particular */
	char		*sentence;
};

struct report {
	struct report_line	*lines;
	size_t			count;
};

void report_add(struct report *r, struct place place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void report_print(const struct report *r, FILE *f);
void report_free(struct report *r);

/* One error: "FILE:LINE:COL-COL: Error: sentence", the line, the carets. */
void report_print_one(struct place place, const char *sentence, FILE *f);

#endif
