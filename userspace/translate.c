// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "config.h"
#include "placeholder.h"
#include "scan.h"
#include "translate.h"

struct walk {
	struct program	*program;
	struct source	*source;
	struct tokens	t;
	size_t		i;
};

static bool is_word(const struct walk *w, size_t i, const char *word)
{
	return token_is(&w->t, i, word);
}

static bool is_kind(const struct walk *w, size_t i, enum token_kind kind)
{
	return i < w->t.count && w->t.at[i].kind == kind;
}

static bool is_name(const struct walk *w, size_t i)
{
	return is_kind(w, i, TOKEN_WORD) || is_kind(w, i, TOKEN_STRING);
}

static bool is_one_of(const struct walk *w, size_t i, const char *const *words)
{
	for (; *words; words++)
		if (is_word(w, i, *words))
			return true;
	return false;
}

/* Blanks instead of tokens [from, to): columns and lines stay what they were. */
static void blank(struct walk *w, size_t from, size_t to)
{
	size_t off = w->t.at[from].off, i;
	size_t end = w->t.at[to - 1].off + w->t.at[to - 1].len;
	char *spaces = xstrndup(w->source->given.data + off, end - off);

	for (i = 0; i < end - off; i++)
		if (spaces[i] != '\n')
			spaces[i] = ' ';
	source_replace(w->source, off, end - off, spaces, end - off);
	free(spaces);
}

/* To the separator that ends the command; braces and what is in them belong to it. */
static void skip_command(struct walk *w)
{
	unsigned int depth = 0;

	for (; !is_kind(w, w->i, TOKEN_END); w->i++) {
		if (!depth && token_ends_command(&w->t, w->i))
			return;
		depth += is_kind(w, w->i, TOKEN_OPEN);
		depth -= is_kind(w, w->i, TOKEN_CLOSE);
	}
}

static void expect_end(struct walk *w, const char *after)
{
	if (token_ends_command(&w->t, w->i))
		return;
	report_add(&w->program->errors, token_place(&w->t, w->i, w->i),
		   "expecting newline or ';' after %s", after);
	skip_command(w);
}

/* The backslash-newlines inside what is replaced are put behind it: the lines keep their number. */
static void replace_statement(struct walk *w, size_t from, size_t to, struct buf *text)
{
	struct place place = token_place(&w->t, from, to);
	const char *s = w->source->given.data + place.off;
	size_t i;

	for (i = 0; i < place.len; i++)
		if (s[i] == '\n')
			buf_str(text, " \\\n");
	source_replace(w->source, place.off, place.len, text->data, text->len);
}

/* What has been reported already must not make nft complain as well. */
static void drop_statement(struct walk *w, size_t from, size_t to)
{
	struct buf text = {};

	buf_str(&text, "counter");
	replace_statement(w, from, to, &text);
	buf_free(&text);
}

static bool good_statement_name(struct walk *w, size_t i, const char *name)
{
	const char *fault;

	/* libnftables puts the value of a variable into a log prefix by itself. */
	if (name[0] == '$')
		return true;
	fault = instance_name_fault(name);
	if (fault)
		report_add(&w->program->errors, token_place(&w->t, i, i), "%s", fault);
	return !fault;
}

/* "alias in|out NAME" or "alias in|out map": w->i is at "alias". */
static void statement(struct walk *w)
{
	size_t from = w->i, to = from + 2;
	bool out = is_word(w, from + 1, "out"), map = is_word(w, to, "map");
	struct buf text = {};
	unsigned int number;
	char *name;

	if (!is_name(w, to)) {
		report_add(&w->program->errors, token_place(&w->t, from, from + 1),
			   "alias %s needs the name of an alias or a map", out ? "out" : "in");
		w->i = to;
		drop_statement(w, from, from + 1);
		return;
	}
	name = token_text(&w->t, to);
	w->i = to + 1;
	if (!map && !good_statement_name(w, to, name)) {
		drop_statement(w, from, to);
		free(name);
		return;
	}
	number = program_add_reference(w->program, out, map ? NULL : name,
				       token_place(&w->t, from, to));
	buf_str(&text, "log prefix \"");
	placeholder_write(&text, number, out, map ? "" : name);
	buf_str(&text, map ? "\" meta mark set" : "\"");
	replace_statement(w, from, to, &text);
	buf_free(&text);
	free(name);
}

static void note_include(struct walk *w, enum context context)
{
	char *pattern;

	if (!is_name(w, w->i + 1))
		return;
	pattern = token_text(&w->t, w->i + 1);
	program_add_include(w->program, pattern, context);
	free(pattern);
}

static bool at_statement(const struct walk *w)
{
	return is_word(w, w->i, "alias") &&
	       (is_word(w, w->i + 1, "in") || is_word(w, w->i + 1, "out"));
}

/* Statements up to the end of the command: one rule. */
static void rule_body(struct walk *w)
{
	unsigned int depth = 0;

	while (!is_kind(w, w->i, TOKEN_END)) {
		if (!depth && token_ends_command(&w->t, w->i))
			return;
		if (at_statement(w)) {
			statement(w);
			continue;
		}
		depth += is_kind(w, w->i, TOKEN_OPEN);
		depth -= is_kind(w, w->i, TOKEN_CLOSE);
		w->i++;
	}
}

static void skip_separators(struct walk *w)
{
	while (is_kind(w, w->i, TOKEN_NEWLINE) || is_kind(w, w->i, TOKEN_SEMICOLON))
		w->i++;
}

/* Rules one after the other up to the closing brace or the end of the text. */
static void chain_body(struct walk *w)
{
	for (;;) {
		skip_separators(w);
		if (is_kind(w, w->i, TOKEN_END) || is_kind(w, w->i, TOKEN_CLOSE))
			return;
		if (is_word(w, w->i, "include"))
			note_include(w, CONTEXT_CHAIN);
		rule_body(w);
	}
}

static void chain_block(struct walk *w)
{
	w->i++;
	chain_body(w);
	w->i += is_kind(w, w->i, TOKEN_CLOSE);
}

/* To the command's opening brace; false if it has none. */
static bool find_block(struct walk *w)
{
	while (!token_ends_command(&w->t, w->i) && !is_kind(w, w->i, TOKEN_OPEN))
		w->i++;
	return is_kind(w, w->i, TOKEN_OPEN);
}

static void chain_command(struct walk *w)
{
	if (find_block(w))
		chain_block(w);
	skip_command(w);
}

static void define_command(struct walk *w)
{
	char *name, *value;

	/* Values of several words are for rules; a block takes the simple ones. */
	if (is_name(w, w->i + 1) && is_kind(w, w->i + 2, TOKEN_OTHER) && is_name(w, w->i + 3) &&
	    token_ends_command(&w->t, w->i + 4)) {
		name = token_text(&w->t, w->i + 1);
		value = token_text(&w->t, w->i + 3);
		program_define(w->program, name, value);
		free(name);
		free(value);
	}
	skip_command(w);
}

static void table_body(struct walk *w)
{
	for (;;) {
		skip_separators(w);
		if (is_kind(w, w->i, TOKEN_END) || is_kind(w, w->i, TOKEN_CLOSE))
			return;
		if (is_word(w, w->i, "include"))
			note_include(w, CONTEXT_TABLE);
		if (is_word(w, w->i, "chain"))
			chain_command(w);
		else if (is_word(w, w->i, "define") || is_word(w, w->i, "redefine"))
			define_command(w);
		else
			skip_command(w);
	}
}

static void table_command(struct walk *w)
{
	if (find_block(w)) {
		w->i++;
		table_body(w);
		w->i += is_kind(w, w->i, TOKEN_CLOSE);
	}
	skip_command(w);
}

/* "[family] TABLE CHAIN [position N] statements": the first words are names, not statements. */
static void rule_command(struct walk *w)
{
	static const char *const families[] = {
		"ip", "ip6", "inet", "arp", "bridge", "netdev", NULL
	};
	unsigned int names;

	w->i += is_one_of(w, w->i, families);
	for (names = 0; names < 2 && is_name(w, w->i); names++)
		w->i++;
	rule_body(w);
}

/* A block: w->i is at its first word, name at its name, the brace follows. */
static void alias_block(struct walk *w, enum verb verb, size_t name)
{
	size_t from = w->i, i = name + 1;
	char *text = token_text(&w->t, name);
	struct place place = token_place(&w->t, name, name);
	struct instance *instance = config_parse(w->program, &w->t, &i, text, place);

	if (instance)
		program_add_change(w->program, verb, text, place)->instance = instance;
	free(text);
	w->i = i;
	blank(w, from, w->i);
	expect_end(w, "the block");
}

/* Without its brace it is a slip of ours only where nft has no meaning for the words:
 * "add alias in ip saddr 1.2.3.4" is a rule in the table alias.
 */
static bool block_without_brace(const struct walk *w, size_t name)
{
	static const char *const keys[] = {
		"number", "address", "ports", "same-ports", "deny-in", "refresh-in", "pptp",
		"mapping", "filter", "timeout", NULL,
	};

	return token_ends_command(&w->t, name) || token_ends_command(&w->t, name + 1) ||
	       is_one_of(w, name + 1, keys);
}

static bool alias_definition(struct walk *w, enum verb verb, size_t name)
{
	size_t from = w->i;

	if (is_name(w, name) && is_kind(w, name + 1, TOKEN_OPEN)) {
		alias_block(w, verb, name);
		return true;
	}
	if (!block_without_brace(w, name))
		return false;
	report_add(&w->program->errors,
		   token_place(&w->t, from, is_name(w, name) ? name : name - 1),
		   is_name(w, name) ? "expecting '{' after the name of the alias" :
				      "expecting the name of an alias");
	skip_command(w);
	blank(w, from, w->i);
	return true;
}

/* The name of a command that takes one: NULL if it is missing or bad, and reported. */
static char *command_name(struct walk *w)
{
	const char *fault;
	char *name;

	if (!is_name(w, w->i)) {
		report_add(&w->program->errors, token_place(&w->t, w->i - 1, w->i - 1),
			   "expecting the name of an alias");
		return NULL;
	}
	name = token_text(&w->t, w->i);
	fault = instance_name_fault(name);
	if (fault) {
		report_add(&w->program->errors, token_place(&w->t, w->i, w->i), "%s", fault);
		free(name);
		return NULL;
	}
	w->i++;
	return name;
}

static void change_command(struct walk *w, enum verb verb)
{
	size_t from = w->i;
	char *name;

	w->i += 2;
	name = command_name(w);
	if (name)
		program_add_change(w->program, verb, name, token_place(&w->t, w->i - 1, w->i - 1));
	else
		skip_command(w);
	free(name);
	expect_end(w, "the name");
	blank(w, from, w->i);
}

static void list_command(struct walk *w)
{
	size_t from = w->i;
	bool aliases = is_word(w, from + 1, "aliases"), links = is_word(w, from + 1, "links");
	struct place place = token_place(&w->t, from, from + 1);
	struct listing *l;
	char *name;

	w->i += 2;
	if (links) {
		l = program_add_listing(w->program, LIST_LINKS, place);
		if (!links_parse(&l->filter, &w->t, &w->i, &w->program->errors))
			skip_command(w);
	} else if (aliases) {
		program_add_listing(w->program, LIST_ALIASES, place);
	} else {
		name = command_name(w);
		if (name) {
			l = program_add_listing(w->program, LIST_ALIAS,
						token_place(&w->t, w->i - 1, w->i - 1));
			memcpy(l->name, name, strlen(name) + 1);
		} else {
			skip_command(w);
		}
		free(name);
	}
	expect_end(w, links ? "the filters" : "the command");
	blank(w, from, w->i);
}

static void monitor_command(struct walk *w)
{
	size_t from = w->i;

	program_add_listing(w->program, MONITOR_ALIASES, token_place(&w->t, from, from + 1));
	w->i += 2;
	expect_end(w, "monitor aliases");
	blank(w, from, w->i);
}

/* The instances belong to the ruleset of the families whose rules can name them. */
static void note_list_ruleset(struct walk *w)
{
	if (token_ends_command(&w->t, w->i + 2) || is_word(w, w->i + 2, "ip") ||
	    is_word(w, w->i + 2, "inet"))
		w->program->lists_ruleset = true;
}

/* Objects of nft that hold no rules. */
static bool is_other_object(const struct walk *w, size_t i)
{
	static const char *const objects[] = {
		"set", "map", "element", "flowtable", "counter", "quota", "ct", "limit", "secmark",
		"synproxy", NULL,
	};

	return is_one_of(w, i, objects);
}

/* What stands behind add, create, insert, replace, or behind no verb at all. */
static void object_command(struct walk *w)
{
	if (is_word(w, w->i, "table")) {
		table_command(w);
	} else if (is_word(w, w->i, "chain")) {
		chain_command(w);
	} else if (is_other_object(w, w->i)) {
		skip_command(w);
	} else {
		w->i += is_word(w, w->i, "rule");
		rule_command(w);
	}
}

/* Commands of nft that hold no rule. */
static bool is_other_verb(const struct walk *w, size_t i)
{
	static const char *const verbs[] = {
		"delete", "destroy", "list", "reset", "flush", "rename", "import", "export",
		"monitor", "describe", "get", "undefine", NULL,
	};

	return is_one_of(w, i, verbs);
}

static bool is_list_of_ours(const struct walk *w)
{
	return is_word(w, w->i, "list") &&
	       (is_word(w, w->i + 1, "aliases") || is_word(w, w->i + 1, "links") ||
		is_word(w, w->i + 1, "alias"));
}

/* Returns false if the command is not one of ours. */
static bool own_command(struct walk *w)
{
	bool object = is_word(w, w->i + 1, "alias");

	if (is_word(w, w->i, "alias"))
		return alias_definition(w, VERB_ADD, w->i + 1);
	if (object && is_word(w, w->i, "add"))
		return alias_definition(w, VERB_ADD, w->i + 2);
	if (object && is_word(w, w->i, "create"))
		return alias_definition(w, VERB_CREATE, w->i + 2);
	if (object && is_word(w, w->i, "delete"))
		return change_command(w, VERB_DELETE), true;
	if (object && is_word(w, w->i, "flush"))
		return change_command(w, VERB_FLUSH), true;
	if (is_list_of_ours(w))
		return list_command(w), true;
	if (is_word(w, w->i, "monitor") && is_word(w, w->i + 1, "aliases"))
		return monitor_command(w), true;
	return false;
}

static void command(struct walk *w)
{
	static const char *const adding[] = { "add", "create", "insert", "replace", NULL };

	if (own_command(w))
		return;
	if (is_word(w, w->i, "list") && is_word(w, w->i + 1, "ruleset"))
		note_list_ruleset(w);
	if (is_word(w, w->i, "include"))
		note_include(w, CONTEXT_COMMANDS);
	if (is_word(w, w->i, "define") || is_word(w, w->i, "redefine")) {
		define_command(w);
	} else if (is_other_verb(w, w->i) || is_word(w, w->i, "include")) {
		skip_command(w);
	} else {
		w->i += is_one_of(w, w->i, adding);
		object_command(w);
	}
}

static void commands(struct walk *w)
{
	for (;;) {
		skip_separators(w);
		if (is_kind(w, w->i, TOKEN_END))
			return;
		/* A brace too many: nft will say so. */
		if (is_kind(w, w->i, TOKEN_CLOSE))
			w->i++;
		else
			command(w);
	}
}

static void body(struct walk *w, enum context context)
{
	/* After an unexpected brace nothing is certain; nft reports it. */
	for (; !is_kind(w, w->i, TOKEN_END); w->i++) {
		if (context == CONTEXT_CHAIN)
			chain_body(w);
		else
			table_body(w);
		if (is_kind(w, w->i, TOKEN_END))
			return;
	}
}

static bool refuse_magic(struct program *program, struct source *source)
{
	const char *found = memmem(source->given.data, source->given.len, PLACEHOLDER_MAGIC,
				   strlen(PLACEHOLDER_MAGIC));

	if (!found)
		return false;
	report_add(&program->errors, (struct place){
			.source = source, .off = found - source->given.data, .len = 1,
		   }, "the control character 0x1f cannot be used here");
	return true;
}

void translate(struct program *program, struct source *source, enum context context)
{
	struct walk w = { .program = program, .source = source };

	if (!refuse_magic(program, source)) {
		tokens_scan(&w.t, source);
		if (context == CONTEXT_COMMANDS)
			commands(&w);
		else
			body(&w, context);
		tokens_free(&w.t);
	}
	source_finish(source);
}
