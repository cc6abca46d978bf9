// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "source.h"

const struct place nowhere;

struct source *source_new(const char *name, enum source_kind kind, const void *text, size_t len)
{
	struct source *s = xcalloc(1, sizeof(*s));

	s->name = xstrdup(name);
	s->kind = kind;
	buf_add(&s->given, text, len);
	return s;
}

void source_free(struct source *s)
{
	if (!s)
		return;
	free(s->name);
	free(s->edits);
	buf_free(&s->given);
	buf_free(&s->made);
	free(s);
}

void source_replace(struct source *s, size_t off, size_t len, const char *text, size_t text_len)
{
	struct edit *e;

	buf_add(&s->made, s->given.data + s->copied, off - s->copied);
	GROW(s->edits, s->edit_count);
	e = &s->edits[s->edit_count++];
	e->given = off;
	e->given_len = len;
	e->made = s->made.len;
	e->made_len = text_len;
	buf_add(&s->made, text, text_len);
	s->copied = off + len;
}

void source_finish(struct source *s)
{
	buf_add(&s->made, s->given.data + s->copied, s->given.len - s->copied);
	s->copied = s->given.len;
}

size_t source_given(const struct source *s, size_t made, bool last)
{
	ptrdiff_t shift = 0;
	size_t i;

	for (i = 0; i < s->edit_count; i++) {
		const struct edit *e = &s->edits[i];

		if (made < e->made)
			break;
		if (made < e->made + e->made_len)
			return last && e->given_len ? e->given + e->given_len - 1 : e->given;
		shift = (ptrdiff_t)(e->given + e->given_len) - (ptrdiff_t)(e->made + e->made_len);
	}
	made += shift;
	return made < s->given.len ? made : s->given.len;
}

void source_position(const struct source *s, size_t off, unsigned int *line, unsigned int *column)
{
	size_t i, start = 0;

	*line = 1;
	for (i = 0; i < off && i < s->given.len; i++) {
		if (s->given.data[i] != '\n')
			continue;
		(*line)++;
		start = i + 1;
	}
	*column = off - start + 1;
}

size_t text_line_start(const struct buf *text, unsigned int line)
{
	size_t i;

	for (i = 0; line > 1 && i < text->len; i++)
		if (text->data[i] == '\n')
			line--;
	return i;
}

size_t text_line_len(const struct buf *text, size_t start)
{
	const char *end;

	if (start >= text->len)
		return 0;
	end = memchr(text->data + start, '\n', text->len - start);
	return end ? (size_t)(end - (text->data + start)) : text->len - start;
}
