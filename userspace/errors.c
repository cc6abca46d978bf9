// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "errors.h"
#include "placeholder.h"

struct stretch {
	const char	*s;
	size_t		len;
};

/* "NAME:LINE:COLUMN-COLUMN: rest"; without a place it is the command line. */
struct header {
	const struct source	*source;
	bool			placed;
	unsigned int		line, first, last;
	struct stretch		rest;
};

static struct stretch next_line(const char **text)
{
	size_t len = strcspn(*text, "\n");
	struct stretch line = { .s = *text, .len = len };

	*text += len + ((*text)[len] == '\n');
	return line;
}

static bool is_carets(struct stretch line)
{
	size_t i;

	for (i = 0; i < line.len; i++)
		if (!strchr(" \t^~", line.s[i]))
			return false;
	return line.len && (memchr(line.s, '^', line.len) || memchr(line.s, '~', line.len));
}

static const struct source *command_line(const struct program *p)
{
	const struct source *s;

	for (s = p->sources; s; s = s->next)
		if (s->kind == SOURCE_COMMAND_LINE)
			return s;
	return NULL;
}

static bool begins(struct stretch line, const char *with)
{
	return line.len >= strlen(with) && !memcmp(line.s, with, strlen(with));
}

/* File names may hold colons, so the known names are tried instead of splitting. */
static bool read_header(const struct program *p, struct stretch line, struct header *h)
{
	const struct source *s;
	size_t n;
	int used;

	memset(h, 0, sizeof(*h));
	if (begins(line, "Error: ") || begins(line, "Warning: ")) {
		h->source = command_line(p);
		h->rest = line;
		return h->source;
	}
	for (s = p->sources; s; s = s->next) {
		n = strlen(s->name);
		if (line.len <= n || memcmp(line.s, s->name, n))
			continue;
		if (sscanf(line.s + n, ":%u:%u-%u:%n", &h->line, &h->first, &h->last, &used) != 3)
			continue;
		h->source = s;
		h->placed = true;
		h->rest = (struct stretch){ .s = line.s + n + used, .len = line.len - n - used };
		return true;
	}
	return false;
}

/* Where the quoted line begins in the made text; false if it cannot be told. */
static bool find_quoted(const struct header *h, struct stretch quoted, size_t *start)
{
	const struct buf *made = &h->source->made;

	if (h->placed) {
		*start = text_line_start(made, h->line);
		return *start < made->len;
	}
	for (*start = 0; *start < made->len; *start += text_line_len(made, *start) + 1)
		if (text_line_len(made, *start) == quoted.len &&
		    !memcmp(made->data + *start, quoted.s, quoted.len))
			return true;
	return false;
}

static size_t line_begin(const struct source *s, size_t off)
{
	unsigned int line, column;

	source_position(s, off, &line, &column);
	return off - (column - 1);
}

/* The carets, each moved to where its character came from. */
static void move_carets(const struct source *s, size_t made, size_t given, struct stretch carets,
			struct buf *out)
{
	size_t len = text_line_len(&s->given, given), i, n, first, last, end = 0;
	struct buf b = {};

	for (i = 0; i < len + 1; i++)
		buf_fill(&b, i < len && s->given.data[given + i] == '\t' ? '\t' : ' ', 1);
	for (i = 0; i < carets.len; i++) {
		if (carets.s[i] != '^' && carets.s[i] != '~')
			continue;
		first = source_given(s, made + i, false);
		last = source_given(s, made + i, true);
		for (n = first; n <= last && n - given <= len; n++) {
			b.data[n - given] = carets.s[i];
			if (n - given + 1 > end)
				end = n - given + 1;
		}
	}
	buf_add(out, b.data, end);
	buf_free(&b);
}

static void print_mapped(const struct header *h, size_t made, struct stretch carets, FILE *f)
{
	const struct source *s = h->source;
	size_t given = line_begin(s, source_given(s, made, false));
	struct buf b = {};

	if (h->placed) {
		size_t first = source_given(s, made + h->first - 1, false);
		size_t last = source_given(s, made + h->last - 1, true);

		buf_printf(&b, "%s:%u:%zu-%zu:", s->name, h->line, first - given + 1,
			   last - given + 1);
	}
	placeholder_undo(&b, h->rest.s, h->rest.len);
	/* The optimiser names a place and quotes nothing. */
	if (carets.len) {
		buf_printf(&b, "\n%.*s\n", (int)text_line_len(&s->given, given),
			   s->given.data + given);
		move_carets(s, made, given, carets, &b);
	}
	fprintf(f, "%s\n", b.data);
	buf_free(&b);
}

static void print_plain(struct stretch line, const char *instead, FILE *f)
{
	const char *mark = memchr(line.s, '\x1f', line.len);
	struct buf b = {};

	if (instead && mark) {
		buf_add(&b, line.s, mark - line.s);
		buf_str(&b, instead);
	} else {
		placeholder_undo(&b, line.s, line.len);
	}
	fprintf(f, "%s\n", b.data ? b.data : "");
	buf_free(&b);
}

/* Returns where to go on. */
static const char *print_error(const struct intercept *i, const char *text, FILE *f)
{
	const char *after_header, *after_quote, *after_carets;
	struct stretch line, quoted = {}, carets = {};
	const struct refusal *refusal;
	struct header h;
	bool quotes;
	size_t made;

	line = next_line(&text);
	after_header = after_quote = text;
	if (*after_quote)
		quoted = next_line(&after_quote);
	after_carets = after_quote;
	if (*after_carets)
		carets = next_line(&after_carets);
	quotes = is_carets(carets);
	refusal = intercept_find_refusal(i, line.s, line.len);
	if (refusal && (!refusal->sentence || refusal->place.source)) {
		if (refusal->sentence)
			report_print_one(refusal->place, refusal->sentence, f);
		return quotes ? after_carets : after_header;
	}
	if (!refusal && read_header(i->program, line, &h) && (quotes || h.placed) &&
	    h.source->edit_count && !h.source->json && find_quoted(&h, quoted, &made)) {
		print_mapped(&h, made, quotes ? carets : (struct stretch){ .len = 0 }, f);
		return quotes ? after_carets : after_header;
	}
	print_plain(line, refusal ? refusal->sentence : NULL, f);
	return after_header;
}

void errors_print(const struct intercept *i, const char *text, FILE *f)
{
	while (*text)
		text = print_error(i, text, f);
	if (i->leads_astray)
		fprintf(f, "Note: packets would come this way to statements of other chains: %s\n",
			intercept_hooks);
}
