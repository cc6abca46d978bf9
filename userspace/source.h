/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A source is one text that the user gave (a file, standard input, the command
 * line) together with what libnftables gets to read in its place, and the map
 * between the two. A place is a stretch of the user's own text.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include "memory.h"

enum source_kind {
	SOURCE_FILE,
	SOURCE_STDIN,
	SOURCE_COMMAND_LINE,
};

/* One replaced stretch: [given, given + given_len) of the user's text became
 * [made, made + made_len). Lines are never joined or split by an edit.
 */
struct edit {
	size_t	given, given_len;
	size_t	made, made_len;
};

struct source {
	struct source	*next;
	char		*name;
	enum source_kind kind;
	bool		json;
	struct buf	given;
	struct buf	made;
	struct edit	*edits;
	size_t		edit_count;
	size_t		copied;		/* bytes of given that made has covered */
};

struct place {
	const struct source *source;
	size_t		off;
	size_t		len;
};

/* The place of what stands in no text. */
extern const struct place nowhere;

struct source *source_new(const char *name, enum source_kind kind, const void *text, size_t len);
void source_free(struct source *s);

/**
 * source_replace - put other text in the place of a stretch
 *
 * Stretches come in ascending order. source_finish() copies the rest.
 */
void source_replace(struct source *s, size_t off, size_t len, const char *text, size_t text_len);
void source_finish(struct source *s);

/* The user's offset for an offset in the made text; an offset within an edit
 * becomes the first (or, with @last, the last) byte of what was replaced.
 */
size_t source_given(const struct source *s, size_t made, bool last);

/* Lines and columns count from 1. */
void source_position(const struct source *s, size_t off, unsigned int *line, unsigned int *column);
size_t text_line_start(const struct buf *text, unsigned int line);
size_t text_line_len(const struct buf *text, size_t start);

#endif
