// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "report.h"

void report_add(struct report *r, struct place place, const char *format, ...)
{
	char sentence[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(sentence, sizeof(sentence), format, ap);
	va_end(ap);
	GROW(r->lines, r->count);
	r->lines[r->count++] = (struct report_line){
		.place = place, .sentence = xstrdup(sentence),
	};
}

static void print_carets(const char *line, size_t before, size_t len, FILE *f)
{
	size_t i;

	/* A tab stays a tab, so that the carets stand below the text. */
	for (i = 0; i < before; i++)
		fputc(line[i] == '\t' ? '\t' : ' ', f);
	for (i = 0; i < len; i++)
		fputc('^', f);
	fputc('\n', f);
}

void report_print_one(struct place place, const char *sentence, FILE *f)
{
	unsigned int line, column;
	size_t start, line_len, len;
	const struct buf *text;

	if (!place.source) {
		fprintf(f, "Error: %s\n", sentence);
		return;
	}
	text = &place.source->given;
	source_position(place.source, place.off, &line, &column);
	start = place.off - (column - 1);
	line_len = text_line_len(text, start);
	len = place.len ? place.len : 1;
	if (len > line_len - (column - 1))
		len = line_len - (column - 1);
	if (!len)
		len = 1;
	if (place.source->kind != SOURCE_COMMAND_LINE)
		fprintf(f, "%s:%u:%u-%zu: ", place.source->name, line, column, column + len - 1);
	fprintf(f, "Error: %s\n%.*s\n", sentence, (int)line_len, text->data + start);
	print_carets(text->data + start, column - 1, len, f);
}

void report_print(const struct report *r, FILE *f)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		report_print_one(r->lines[i].place, r->lines[i].sentence, f);
}

void report_free(struct report *r)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		free(r->lines[i].sentence);
	free(r->lines);
	memset(r, 0, sizeof(*r));
}
