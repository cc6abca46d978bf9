// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "object.h"
#include "placeholder.h"

/* ---- JSON that the user gave ---- */

static void add_definition(struct program *p, enum verb verb, json_t *j)
{
	struct instance *i = object_read(p, j);

	if (i)
		program_add_change(p, verb, i->name, nowhere)->instance = i;
}

static void add_removal(struct program *p, enum verb verb, const json_t *j)
{
	const char *name = json_string_value(json_object_get(j, "name"));
	const char *bad = name ? instance_name_fault(name) : "it has no name";

	if (bad)
		report_add(&p->errors, nowhere, "alias %s: %s", name ? name : "?", bad);
	else
		program_add_change(p, verb, name, nowhere);
}

static void add_list(struct program *p, const json_t *what)
{
	const json_t *one = json_object_get(what, "alias");
	const char *name;
	struct listing *l;

	if (json_object_get(what, "links")) {
		l = program_add_listing(p, LIST_LINKS, nowhere);
		name = json_string_value(json_object_get(json_object_get(what, "links"), "alias"));
		snprintf(l->filter.name, sizeof(l->filter.name), "%s", name ? name : "");
	} else if (one) {
		name = json_string_value(json_object_get(one, "name"));
		l = program_add_listing(p, LIST_ALIAS, nowhere);
		snprintf(l->name, sizeof(l->name), "%s", name ? name : "");
	} else {
		program_add_listing(p, LIST_ALIASES, nowhere);
	}
}

static void check_schema(struct program *p, const json_t *metainfo)
{
	json_int_t version = json_integer_value(json_object_get(metainfo, "alias_schema_version"));

	if (version > ALIAS_SCHEMA_VERSION)
		report_add(&p->errors, nowhere,
			   "alias_schema_version %lld is newer than this program knows",
			   (long long)version);
}

/* Returns true if the command was ours and is to be taken out. */
static bool own_command(struct program *p, json_t *command)
{
	static const struct {
		const char *verb;
		enum verb is;
	} verbs[] = {
		{ "add", VERB_ADD }, { "create", VERB_CREATE },
		{ "delete", VERB_DELETE }, { "flush", VERB_FLUSH },
	};
	json_t *object = json_object_get(command, "alias"),
	       *list = json_object_get(command, "list");
	size_t i;

	if (object)
		add_definition(p, VERB_ADD, object);
	for (i = 0; !object && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		object = json_object_get(json_object_get(command, verbs[i].verb), "alias");
		if (object && verbs[i].is <= VERB_CREATE)
			add_definition(p, verbs[i].is, object);
		else if (object)
			add_removal(p, verbs[i].is, object);
	}
	if (json_object_get(list, "ruleset"))
		p->lists_ruleset = true;
	if (json_object_get(list, "aliases") || json_object_get(list, "alias") ||
	    json_object_get(list, "links")) {
		add_list(p, list);
		return true;
	}
	check_schema(p, json_object_get(command, "metainfo"));
	/* State: what a list printed can be loaded, and makes none of it. */
	return object || json_object_get(command, "link") ||
	       json_object_get(command, "alias_namespace");
}

static json_t *log_statement(bool out, const char *name)
{
	struct buf b = {};
	json_t *j;

	placeholder_write(&b, 0, out, name);
	j = json_pack("{s:{s:s}}", "log", "prefix", b.data);
	buf_free(&b);
	return j;
}

static json_t *mark_statement(json_t *value)
{
	return json_pack("{s:{s:{s:{s:s}}, s:O}}", "mangle", "key", "meta", "key", "mark", "value",
			 value);
}

/* One alias statement at index n of a rule's list; returns how many took its place. */
static size_t replace_statement(struct program *p, json_t *list, size_t n)
{
	json_t *s = json_object_get(json_array_get(list, n), "alias");
	const char *dir = json_string_value(json_object_get(s, "dir"));
	const char *name = json_string_value(json_object_get(s, "name"));
	json_t *map = json_object_get(s, "map");
	bool out = dir && !strcmp(dir, "out");
	const char *bad = name ? instance_name_fault(name) : NULL;

	if (!dir || (!out && strcmp(dir, "in")) || !name == !map || bad) {
		report_add(&p->errors, nowhere, "an alias statement has \"dir\" in or out, and "
			   "\"name\" or \"map\"%s%s", bad ? "; " : "", bad ? bad : "");
		return 1;
	}
	if (map)
		json_array_insert_new(list, n + 1, mark_statement(map));
	json_array_set_new(list, n, log_statement(out, name ? name : ""));
	return map ? 2 : 1;
}

/* Walks the whole of it: rules stand at several depths ("rule", "add", "insert", …). */
static bool replace_statements(struct program *p, json_t *j)
{
	bool found = false;
	json_t *value;
	const char *key;
	size_t n;

	if (json_is_object(j)) {
		json_object_foreach(j, key, value) {
			found |= replace_statements(p, value);
		}
	}
	for (n = 0; n < json_array_size(j); n++) {
		value = json_array_get(j, n);
		if (json_is_object(json_object_get(value, "alias"))) {
			n += replace_statement(p, j, n) - 1;
			found = true;
		} else {
			found |= replace_statements(p, value);
		}
	}
	return found;
}

static bool take_commands(struct program *p, json_t *commands)
{
	bool found = false;
	size_t n = 0;

	while (n < json_array_size(commands)) {
		if (own_command(p, json_array_get(commands, n))) {
			json_array_remove(commands, n);
			found = true;
		} else {
			n++;
		}
	}
	return found;
}

bool json_translate(struct program *program, struct source *source)
{
	json_t *root = json_loadb(source->given.data, source->given.len, 0, NULL);
	bool found;
	char *text;

	if (!root)
		return false;
	source->json = true;
	if (strcasestr(source->given.data, "\\u001f"))
		report_add(&program->errors, nowhere,
			   "the control character 0x1f cannot be used here");
	found = take_commands(program, json_object_get(root, "nftables"));
	found |= replace_statements(program, root);
	if (found) {
		text = json_dumps(root, 0);
		source_replace(source, 0, source->given.len, text, strlen(text));
		free(text);
	}
	source_finish(source);
	json_decref(root);
	return true;
}

/* ---- what libnftables printed ---- */

static json_t *alias_statement(const struct placeholder *p, json_t *map)
{
	json_t *s = json_pack("{s:s}", "dir", p->out ? "out" : "in");

	if (map)
		json_object_set(s, "map", map);
	else
		json_object_set_new(s, "name", json_stringn(p->name, p->name_len));
	return json_pack("{s:o}", "alias", s);
}

static bool undo_statements(json_t *j);

static bool undo_statement(json_t *list, size_t n)
{
	const char *prefix = json_string_value(json_object_get(
		json_object_get(json_array_get(list, n), "log"), "prefix"));
	struct placeholder p;
	json_t *value;

	if (!prefix || !placeholder_read(&p, prefix, strlen(prefix)))
		return undo_statements(json_array_get(list, n));
	if (p.name_len) {
		json_array_set_new(list, n, alias_statement(&p, NULL));
		return true;
	}
	value = json_object_get(json_object_get(json_array_get(list, n + 1), "mangle"), "value");
	if (!value)
		return false;
	json_array_set_new(list, n, alias_statement(&p, value));
	json_array_remove(list, n + 1);
	return true;
}

static bool undo_statements(json_t *j)
{
	bool found = false;
	json_t *value;
	const char *key;
	size_t n;

	if (json_is_object(j)) {
		json_object_foreach(j, key, value) {
			found |= undo_statements(value);
		}
	}
	for (n = 0; n < json_array_size(j); n++)
		found |= undo_statement(j, n);
	return found;
}

static bool insert_instances(json_t *list, const struct instances *all)
{
	size_t i, at = json_object_get(json_array_get(list, 0), "metainfo") ? 1 : 0;

	for (i = 0; all && i < all->count; i++)
		json_array_insert_new(list, at++, object_instance(all->at[i], false));
	return all && all->count;
}

bool json_undo(struct buf *b, const char *line, size_t len, const struct instances *all)
{
	json_t *root = json_loadb(line, len, JSON_DECODE_ANY, NULL), *list, *info;
	bool found;
	char *text;

	if (!root)
		return false;
	list = json_object_get(root, "nftables");
	found = list && insert_instances(list, all);
	found |= undo_statements(root);
	if (found) {
		info = json_object_get(json_array_get(list, 0), "metainfo");
		if (info)
			json_object_set_new(info, "alias_schema_version",
					    json_integer(ALIAS_SCHEMA_VERSION));
		text = json_dumps(root, JSON_ENCODE_ANY);
		buf_str(b, text);
		buf_str(b, "\n");
		free(text);
	}
	json_decref(root);
	return found;
}

/* ---- lists of our own ---- */

void json_print_list(json_t *objects, const char *nft_metainfo, FILE *f)
{
	json_t *list = nft_metainfo ? json_loads(nft_metainfo, 0, NULL) : NULL, *info;

	if (!list)
		list = json_object();
	info = json_object_get(json_array_get(json_object_get(list, "nftables"), 0), "metainfo");
	info = info ? json_incref(info) : json_pack("{s:s, s:i}", "version", NFT_VERSION,
						    "json_schema_version", 1);
	json_object_set_new(info, "alias_schema_version", json_integer(ALIAS_SCHEMA_VERSION));
	json_array_insert_new(objects, 0, json_pack("{s:o}", "metainfo", info));
	json_decref(list);
	list = json_pack("{s:O}", "nftables", objects);
	json_dumpf(list, f, 0);
	fputc('\n', f);
	json_decref(list);
}
