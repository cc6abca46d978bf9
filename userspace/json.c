// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config.h"
#include "json.h"
#include "placeholder.h"
#include "text.h"

/* ---- the model as JSON ---- */

static json_t *address(uint32_t a)
{
	struct buf b = {};
	json_t *j;

	text_address(&b, a);
	j = json_string(b.data);
	buf_free(&b);
	return j;
}

static json_t *range(const struct address_range *r)
{
	int prefix = range_prefix(r->first, r->last);

	if (r->first == r->last)
		return address(r->first);
	if (prefix >= 0)
		return json_pack("{s:{s:o, s:i}}", "prefix", "addr", address(r->first), "len",
				 prefix);
	return json_pack("{s:[o, o]}", "range", address(r->first), address(r->last));
}

static json_t *counters(const uint64_t *counter)
{
	json_t *j = json_object();
	unsigned int c;

	for (c = 0; c <= ALIAS_A_COUNTER_MAX; c++)
		if (counter_name(c))
			json_object_set_new(j, counter_name(c), json_integer(counter[c]));
	return j;
}

static json_t *flags(uint32_t set)
{
	json_t *j = json_array();

	if (set & ALIAS_F_SAME_PORTS)
		json_array_append_new(j, json_string("same-ports"));
	if (set & ALIAS_F_DENY_IN)
		json_array_append_new(j, json_string("deny-in"));
	return j;
}

static void add_state(json_t *j, const struct instance *i)
{
	json_object_set_new(j, "rules", json_integer(i->rules));
	json_object_set_new(j, "subscribers", json_integer(i->subscribers));
	json_object_set_new(j, "links", json_pack("{s:I, s:I, s:I}",
						  "tcp", (json_int_t)i->links_tcp,
						  "udp", (json_int_t)i->links_udp,
						  "icmp", (json_int_t)i->links_icmp));
	json_object_set_new(j, "out", counters(i->out));
	json_object_set_new(j, "in", counters(i->in));
}

json_t *json_instance(const struct instance *i, bool state)
{
	json_t *j = json_pack("{s:s}", "name", i->name), *addresses = json_array();
	size_t n;

	if (i->number)
		json_object_set_new(j, "number", json_integer(i->number));
	for (n = 0; n < i->range_count; n++)
		json_array_append_new(addresses, range(&i->ranges[n]));
	json_object_set_new(j, "address", addresses);
	json_object_set_new(j, "ports", json_pack("[i, i]", i->port_min, i->port_max));
	json_object_set_new(j, "flags", flags(i->flags));
	json_object_set_new(j, "mapping", json_string(mapping_name(i->mapping)));
	json_object_set_new(j, "filter", json_string(filter_name(i->filter)));
	if (state)
		add_state(j, i);
	return json_pack("{s:o}", "alias", j);
}

static json_t *endpoint(const struct link *l, uint32_t a, uint16_t port)
{
	json_t *j = json_pack("{s:o}", "address", address(a));

	json_object_set_new(j, l->protocol == IPPROTO_ICMP ? "id" : "port", json_integer(port));
	return j;
}

static json_t *protocol(uint8_t number)
{
	switch (number) {
	case IPPROTO_TCP:
		return json_string("tcp");
	case IPPROTO_UDP:
		return json_string("udp");
	case IPPROTO_ICMP:
		return json_string("icmp");
	default:
		return json_integer(number);
	}
}

json_t *json_link(const struct link *l)
{
	json_t *peer = l->protocol == IPPROTO_ICMP ?
			       json_pack("{s:o}", "address", address(l->peer)) :
			       endpoint(l, l->peer, l->peer_port);

	return json_pack("{s:{s:s, s:o, s:s, s:I, s:o, s:o, s:o}}", "link", "alias", l->instance,
			 "protocol", protocol(l->protocol), "state", link_state_name(l->state),
			 "seconds", (json_int_t)l->seconds,
			 "inside", endpoint(l, l->inside, l->inside_port),
			 "outside", endpoint(l, l->outside, l->outside_port), "peer", peer);
}

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

/* ---- JSON into the model ---- */

static bool fault(struct program *p, const char *name, const char *sentence)
{
	report_add(&p->errors, nowhere, "alias %s: %s", name, sentence);
	return false;
}

static bool read_range(const json_t *j, uint32_t *first, uint32_t *last)
{
	const json_t *r = json_object_get(j, "range"), *p = json_object_get(j, "prefix");
	const char *a = json_string_value(j), *b = NULL;
	json_int_t len = 32;
	uint32_t host;

	if (r) {
		a = json_string_value(json_array_get(r, 0));
		b = json_string_value(json_array_get(r, 1));
		return a && b && json_array_size(r) == 2 && parse_address(a, first) &&
		       parse_address(b, last);
	}
	if (p) {
		a = json_string_value(json_object_get(p, "addr"));
		if (!json_is_integer(json_object_get(p, "len")))
			return false;
		len = json_integer_value(json_object_get(p, "len"));
	}
	if (!a || !parse_address(a, first) || len < 0 || len > 32)
		return false;
	host = len ? (uint32_t)((1ULL << (32 - len)) - 1) : UINT32_MAX;
	*last = *first | host;
	return !(*first & host);
}

static bool read_addresses(struct program *p, struct instance *i, const json_t *j)
{
	const char *bad;
	uint32_t first, last;
	size_t n, count = json_is_array(j) ? json_array_size(j) : 1;

	for (n = 0; n < count; n++) {
		if (!read_range(json_is_array(j) ? json_array_get(j, n) : j, &first, &last))
			return fault(p, i->name, "an address is a string, a range or a prefix");
		instance_add_range(i, first, last, nowhere);
		bad = instance_range_fault(i);
		if (bad)
			return fault(p, i->name, bad);
	}
	return true;
}

static bool read_ports(struct program *p, struct instance *i, const json_t *j)
{
	json_int_t low = json_integer_value(json_array_get(j, 0));
	json_int_t high = json_integer_value(json_array_get(j, 1));

	if (json_array_size(j) != 2 || low < 1 || high > 65535)
		return fault(p, i->name, "ports are two numbers from 1 to 65535");
	if (low > high)
		return fault(p, i->name, "the range of ports is reversed");
	i->port_min = low;
	i->port_max = high;
	return true;
}

static bool read_flags(struct program *p, struct instance *i, const json_t *j)
{
	size_t n;

	for (n = 0; n < json_array_size(j); n++) {
		const char *flag = json_string_value(json_array_get(j, n));

		if (flag && !strcmp(flag, "same-ports"))
			i->flags |= ALIAS_F_SAME_PORTS;
		else if (flag && !strcmp(flag, "deny-in"))
			i->flags |= ALIAS_F_DENY_IN;
		else
			return fault(p, i->name, "flags are same-ports and deny-in");
	}
	return json_is_array(j) || fault(p, i->name, "flags are a list");
}

static bool read_word(struct program *p, struct instance *i, const char *key, const json_t *j,
		      const char *known)
{
	const char *word = json_string_value(j);
	char sentence[128];

	if (word && !strcmp(word, known))
		return true;
	snprintf(sentence, sizeof(sentence), "%s %.40s is not available, only %s", key,
		 word ? word : "of this kind", known);
	return fault(p, i->name, sentence);
}

/* State that a list printed may come back; it says nothing about the configuration. */
static bool is_state(const char *key)
{
	return !strcmp(key, "name") || !strcmp(key, "rules") || !strcmp(key, "subscribers") ||
	       !strcmp(key, "links") || !strcmp(key, "out") || !strcmp(key, "in");
}

static bool read_key(struct program *p, struct instance *i, const char *key, const json_t *j)
{
	char sentence[96];

	if (!strcmp(key, "number")) {
		json_int_t n = json_integer_value(j);

		i->number = n;
		return (n > 0 && n <= UINT32_MAX) ||
		       fault(p, i->name, "the number is from 1 to 4294967295");
	}
	if (!strcmp(key, "address"))
		return read_addresses(p, i, j);
	if (!strcmp(key, "ports"))
		return read_ports(p, i, j);
	if (!strcmp(key, "flags"))
		return read_flags(p, i, j);
	if (!strcmp(key, "mapping"))
		return read_word(p, i, key, j, "eim");
	if (!strcmp(key, "filter"))
		return read_word(p, i, key, j, "eif");
	if (is_state(key))
		return true;
	snprintf(sentence, sizeof(sentence), "unknown key \"%.40s\"", key);
	return fault(p, i->name, sentence);
}

static struct instance *read_instance(struct program *p, json_t *j)
{
	const char *name = json_string_value(json_object_get(j, "name")), *bad, *key;
	struct instance *i;
	bool good = true;
	json_t *value;

	bad = !name ? "it has no name" : !strcmp(name, "map") ? "map cannot be its name" :
	      instance_name_fault(name);
	if (bad) {
		fault(p, name ? name : "?", bad);
		return NULL;
	}
	i = instance_new();
	snprintf(i->name, sizeof(i->name), "%s", name);
	json_object_foreach(j, key, value) {
		good = read_key(p, i, key, value) && good;
	}
	if (good && !i->range_count)
		good = fault(p, name, "the alias has no address");
	if (good)
		return i;
	instance_free(i);
	return NULL;
}

static void add_definition(struct program *p, enum verb verb, json_t *j)
{
	struct instance *i = read_instance(p, j);

	if (i)
		program_add_change(p, verb, i->name, nowhere)->instance = i;
}

static void add_removal(struct program *p, enum verb verb, const json_t *j)
{
	const char *name = json_string_value(json_object_get(j, "name"));
	const char *bad = name ? instance_name_fault(name) : "it has no name";

	if (bad)
		fault(p, name ? name : "?", bad);
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
		json_array_insert_new(list, at++, json_instance(all->at[i], false));
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
