/* SPDX-License-Identifier: GPL-2.0 */
/* What libnftables prints goes through here line by line, so that monitoring is live. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stdio.h>
#include "memory.h"
#include "program.h"

struct output {
	FILE			*stream;	/* for libnftables */
	FILE			*to;
	struct buf		line;		/* not complete yet */
	struct program		*program;	/* what cannot be shown is reported there */
	bool			json;
	bool			ruleset_shown;	/* the alias blocks before nft's ruleset */
};

bool output_open(struct output *o, struct program *program, bool json, FILE *to);

/* @success: nft's commands worked, so a ruleset without a line has been shown as well. */
void output_close(struct output *o, bool success);

#endif
