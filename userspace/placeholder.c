// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "placeholder.h"

#define MAGIC_LEN	(sizeof(PLACEHOLDER_MAGIC) - 1)

void placeholder_write(struct buf *b, unsigned int reference, bool out, const char *name)
{
	buf_printf(b, PLACEHOLDER_MAGIC "%u:%s:%s", reference, out ? "out" : "in", name);
}

bool placeholder_read(struct placeholder *p, const char *prefix, size_t len)
{
	const char *s = prefix + MAGIC_LEN, *end = prefix + len;

	if (len < MAGIC_LEN || memcmp(prefix, PLACEHOLDER_MAGIC, MAGIC_LEN))
		return false;
	p->reference = 0;
	while (s < end && *s >= '0' && *s <= '9')
		p->reference = p->reference * 10 + (*s++ - '0');
	if (end - s >= 4 && !memcmp(s, ":in:", 4)) {
		p->out = false;
		s += 4;
	} else if (end - s >= 5 && !memcmp(s, ":out:", 5)) {
		p->out = true;
		s += 5;
	} else {
		return false;
	}
	p->name = s;
	p->name_len = end - s;
	return true;
}

/* What stands before and after the magic when libnftables prints a statement,
 * and when it prints the expression (--debug=netlink).
 */
static const struct {
	const char *before, *map_after;
	char after;
} shapes[] = {
	{ "log prefix \"", " meta mark set ", '"' },
	{ "log prefix ", "", ' ' },
};

/* Returns the length of the statement that begins at text, 0 if there is none. */
static size_t undo_one(struct buf *b, const char *text, size_t len)
{
	size_t i, before, map;

	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct placeholder p;
		const char *end;

		before = strlen(shapes[i].before);
		if (len < before || memcmp(text, shapes[i].before, before))
			continue;
		end = memchr(text + before, shapes[i].after, len - before);
		if (!end || !placeholder_read(&p, text + before, end - text - before))
			continue;
		buf_printf(b, "alias %s ", p.out ? "out" : "in");
		end += shapes[i].after == '"';
		if (p.name_len) {
			buf_add(b, p.name, p.name_len);
			return end - text;
		}
		map = strlen(shapes[i].map_after);
		buf_str(b, shapes[i].after == '"' ? "map " : "map");
		if (len - (end - text) >= map && !memcmp(end, shapes[i].map_after, map))
			end += map;
		return end - text;
	}
	return 0;
}

void placeholder_undo(struct buf *b, const char *text, size_t len)
{
	size_t i = 0, used;

	if (!memmem(text, len, PLACEHOLDER_MAGIC, MAGIC_LEN)) {
		buf_add(b, text, len);
		return;
	}
	while (i < len) {
		used = undo_one(b, text + i, len - i);
		if (!used)
			buf_add(b, text + i, 1);
		i += used ? used : 1;
	}
}
