// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include "json.h"
#include "kernel.h"
#include "output.h"
#include "placeholder.h"
#include "text.h"

/* Without the module there are no instances, and nft's part is still the ruleset.
 * Any other error must not look like that: a saved ruleset would lose them.
 */
static void get_instances(struct output *o, struct instances *all)
{
	struct kernel_error error;
	int err = kernel_get_all(all, &error);

	if (err && err != -ENOENT)
		report_add(&o->program->errors, nowhere, "the aliases cannot be listed: %s",
			   error.sentence);
}

static void show_blocks(struct output *o)
{
	struct instances all;
	struct buf b = {};
	size_t i;

	o->ruleset_shown = true;
	get_instances(o, &all);
	for (i = 0; i < all.count; i++)
		text_instance(&b, "", all.at[i], false);
	buf_write(&b, o->to);
	buf_free(&b);
	instances_free(&all);
}

/* Other lines may come first, from --debug. */
static bool is_list(const char *line, size_t len)
{
	static const char start[] = "{\"nftables\": [";

	return len >= sizeof(start) - 1 && !memcmp(line, start, sizeof(start) - 1);
}

static void json_line(struct output *o, const char *line, size_t len)
{
	bool first = o->program->lists_ruleset && !o->ruleset_shown && is_list(line, len);
	struct instances all = {};
	struct buf b = {};

	if (first)
		get_instances(o, &all);
	o->ruleset_shown |= first;
	if (json_undo(&b, line, len, &all))
		buf_write(&b, o->to);
	else
		fwrite(line, 1, len, o->to);
	instances_free(&all);
	buf_free(&b);
}

static void text_line(struct output *o, const char *line, size_t len)
{
	struct buf b = {};

	if (o->program->lists_ruleset && !o->ruleset_shown)
		show_blocks(o);
	placeholder_undo(&b, line, len);
	buf_write(&b, o->to);
	buf_free(&b);
}

static void show_lines(struct output *o, bool all)
{
	size_t start = 0;

	while (start < o->line.len) {
		char *line = o->line.data + start, *end = memchr(line, '\n', o->line.len - start);
		size_t len = end ? (size_t)(end - line) + 1 : o->line.len - start;

		if (!end && !all)
			break;
		if (o->json)
			json_line(o, line, len);
		else
			text_line(o, line, len);
		start += len;
	}
	if (start)
		memmove(o->line.data, o->line.data + start, o->line.len - start);
	o->line.len -= start;
	fflush(o->to);
}

static ssize_t take(void *cookie, const char *data, size_t len)
{
	struct output *o = cookie;

	buf_add(&o->line, data, len);
	show_lines(o, false);
	return len;
}

bool output_open(struct output *o, struct program *program, bool json, FILE *to)
{
	cookie_io_functions_t functions = { .write = take };

	memset(o, 0, sizeof(*o));
	o->program = program;
	o->json = json;
	o->to = to;
	o->stream = fopencookie(o, "w", functions);
	if (o->stream)
		setvbuf(o->stream, NULL, _IOLBF, BUFSIZ);
	return o->stream;
}

void output_close(struct output *o, bool success)
{
	fclose(o->stream);
	o->stream = NULL;
	show_lines(o, true);
	if (success && !o->json && o->program->lists_ruleset && !o->ruleset_shown)
		show_blocks(o);
	fflush(o->to);
	buf_free(&o->line);
}
