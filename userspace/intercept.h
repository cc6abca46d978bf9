/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The gates between libnftables and the world. This program defines sendmsg(),
 * mnl_socket_recvfrom(), fopen() and strerror() itself; the dynamic linker
 * gives libnftables these instead of the real ones.
 */
#ifndef INTERCEPT_H
#define INTERCEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "nlswap.h"
#include "program.h"

/* Something that libnftables was told to have failed, with our sentence for it. */
struct refusal {
	struct place	place;		/* source NULL: libnftables' own place stays */
	char		*sentence;	/* NULL: it has been reported already, say nothing */
};

struct intercept {
	struct program	*program;
	bool		json;

	/* Called before the first batch goes out, with the rewritten rules; a
	 * negative errno stops it (what was wrong has been reported).
	 */
	int		(*before_batch)(const struct swap *rules, void *data);
	void		*data;

	struct swap	sent;
	bool		talked;		/* netlink was used: the texts have been read */
	bool		batch_sent;
	bool		leads_astray;	/* the batch has alias, and a jump was refused */
	struct buf	pending;	/* received, rewritten, not yet delivered */
	struct refusal	*refusals;
	size_t		refusal_count;
};

void intercept_start(struct intercept *i);

/* Returns false if received messages could not be delivered. */
bool intercept_stop(struct intercept *i);
void intercept_free(struct intercept *i);

/* Translate a text once and remember it under its name. */
struct source *intercept_translate(struct intercept *i, const char *name, enum source_kind kind,
				   const void *text, size_t len);

/* A file that holds what was made of the source. */
int intercept_open_made(const struct source *s);

/* Where the alias statement works. */
extern const char intercept_hooks[];

/* The refusal that a line of libnftables came from. */
const struct refusal *intercept_find_refusal(const struct intercept *i, const char *sentence,
					     size_t len);

#endif
