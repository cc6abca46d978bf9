// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "scan.h"

static void add(struct tokens *t, enum token_kind kind, size_t off, size_t len)
{
	GROW(t->at, t->count);
	t->at[t->count++] = (struct token){ .kind = kind, .off = off, .len = len };
}

static enum token_kind single(char c)
{
	switch (c) {
	case '\n':
		return TOKEN_NEWLINE;
	case ';':
		return TOKEN_SEMICOLON;
	case '{':
		return TOKEN_OPEN;
	case '}':
		return TOKEN_CLOSE;
	default:
		return TOKEN_OTHER;
	}
}

static bool in_word(const char *s)
{
	return *s && !isspace((unsigned char)*s) && !strchr(";{},()[]=!<>&|^#\"", *s) &&
	       !(s[0] == '\\' && s[1] == '\n');
}

static size_t string_len(const char *s)
{
	const char *end = strchr(s + 1, '"');

	return end ? (size_t)(end - s) + 1 : strlen(s);
}

void tokens_scan(struct tokens *t, const struct source *source)
{
	const char *text = source->given.data;
	size_t i = 0, start;

	memset(t, 0, sizeof(*t));
	t->source = source;
	while (i < source->given.len) {
		start = i;
		if (text[i] == '#') {
			i += strcspn(text + i, "\n");
		} else if (text[i] == '\\' && text[i + 1] == '\n') {
			i += 2;
		} else if (text[i] == '\0' ||
			   (isspace((unsigned char)text[i]) && text[i] != '\n')) {
			i++;
		} else if (text[i] == '"') {
			i += string_len(text + i);
			add(t, TOKEN_STRING, start, i - start);
		} else if (in_word(text + i)) {
			while (in_word(text + i))
				i++;
			add(t, TOKEN_WORD, start, i - start);
		} else {
			add(t, single(text[i++]), start, 1);
		}
	}
	add(t, TOKEN_END, source->given.len, 0);
}

void tokens_free(struct tokens *t)
{
	free(t->at);
	memset(t, 0, sizeof(*t));
}

bool token_is(const struct tokens *t, size_t i, const char *word)
{
	return i < t->count && t->at[i].kind == TOKEN_WORD && t->at[i].len == strlen(word) &&
	       !memcmp(t->source->given.data + t->at[i].off, word, t->at[i].len);
}

bool token_ends_command(const struct tokens *t, size_t i)
{
	return t->at[i].kind == TOKEN_END || t->at[i].kind == TOKEN_NEWLINE ||
	       t->at[i].kind == TOKEN_SEMICOLON || t->at[i].kind == TOKEN_CLOSE;
}

char *token_text(const struct tokens *t, size_t i)
{
	const struct token *k = &t->at[i];
	const char *s = t->source->given.data + k->off;
	bool closed = k->kind == TOKEN_STRING && k->len > 1 && s[k->len - 1] == '"';

	if (k->kind == TOKEN_STRING)
		return xstrndup(s + 1, k->len - (closed ? 2 : 1));
	return xstrndup(s, k->len);
}

struct place token_place(const struct tokens *t, size_t from, size_t to)
{
	size_t start = t->at[from].off;

	return (struct place){
		.source = t->source,
		.off = start,
		.len = t->at[to].off + t->at[to].len - start,
	};
}
