// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include "monitor.h"
#include "object.h"
#include "text.h"

struct watch {
	bool			json;
	struct instances	known;
};

static void print_text(const char *event, const struct instance *i, bool whole)
{
	struct buf b = {};

	buf_printf(&b, "%s ", event);
	if (whole)
		text_instance(&b, "", i, false);
	else
		buf_printf(&b, "alias %s\n", i->name);
	fputs(b.data, stdout);
	buf_free(&b);
}

static void print_json(const char *event, const struct instance *i, bool whole)
{
	json_t *j = whole ? object_instance(i, false) :
			    json_pack("{s:{s:s}}", "alias", "name", i->name);

	j = json_pack("{s:o}", event, j);
	json_dumpf(j, stdout, 0);
	fputc('\n', stdout);
	json_decref(j);
}

/* The kernel says NEW for both: what was known before has been changed. */
static const char *event_name(struct watch *w, uint8_t command, const char *name)
{
	switch (command) {
	case ALIAS_CMD_NEW:
		if (instances_find(&w->known, name))
			return "change";
		instances_add(&w->known, name);
		return "add";
	case ALIAS_CMD_DEL:
		instances_remove(&w->known, name);
		return "delete";
	default:
		return "flush";
	}
}

static void print_event(uint8_t command, const struct instance *i, void *data)
{
	struct watch *w = data;
	const char *event = event_name(w, command, i->name);

	if (w->json)
		print_json(event, i, command == ALIAS_CMD_NEW);
	else
		print_text(event, i, command == ALIAS_CMD_NEW);
	fflush(stdout);
}

int monitor_aliases(bool json, struct kernel_error *error)
{
	struct watch w = { .json = json };
	int err = kernel_monitor(&w.known, print_event, &w, error);

	instances_free(&w.known);
	return err;
}
