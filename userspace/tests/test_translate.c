// SPDX-License-Identifier: GPL-2.0
/* Text to placeholders, and the way back to the user's columns. */
#include <stdlib.h>
#include <string.h>
#include "ktap.h"
#include "placeholder.h"
#include "translate.h"

#define M PLACEHOLDER_MAGIC

struct made {
	struct program	program;
	struct source	*source;
};

static void run_in(struct made *m, const char *text, enum context context)
{
	memset(m, 0, sizeof(*m));
	m->source = program_add_source(&m->program, source_new("t.nft", SOURCE_FILE, text,
							       strlen(text)));
	translate(&m->program, m->source, context);
}

static void run(struct made *m, const char *text)
{
	run_in(m, text, CONTEXT_COMMANDS);
}

static void expect(const char *text, const char *wanted, const char *name)
{
	struct made m;

	run(&m, text);
	CHECK_TEXT(m.source->made.data, wanted, name);
	CHECK_NUMBER(m.program.errors.count, 0, name);
	program_free(&m.program);
}

static void untouched(const char *text, const char *name)
{
	expect(text, text, name);
}

static void statements(void)
{
	expect("table ip t {\n chain c {\n  ip daddr 1.2.3.4 alias in p7\n }\n}\n",
	       "table ip t {\n chain c {\n  ip daddr 1.2.3.4 log prefix \"" M "1:in:p7\"\n }\n}\n",
	       "statement in a chain block");
	expect("add rule ip t c alias out p7 accept",
	       "add rule ip t c log prefix \"" M "1:out:p7\" accept", "statement of add rule");
	expect("ip t c alias out p7", "ip t c log prefix \"" M "1:out:p7\"",
	       "rule without verb and without the word rule");
	expect("add rule t c alias out map ip saddr & 255.255.255.224 map @pool_of",
	       "add rule t c log prefix \"" M
	       "1:out:\" meta mark set ip saddr & 255.255.255.224 map "
	       "@pool_of",
	       "map form");
	expect("insert rule ip t c index 0 alias in map ip daddr map { 1.2.3.4 : 5 }",
	       "insert rule ip t c index 0 log prefix \"" M "1:in:\" meta mark set ip daddr map "
	       "{ 1.2.3.4 : 5 }", "map form inward with an anonymous map");
	expect("table ip t { chain c { jump { alias in a; }; alias in \"b\"; }; }",
	       "table ip t { chain c { jump { log prefix \"" M "1:in:a\"; }; log prefix \"" M
	       "2:in:b\"; }; }", "anonymous chain, quoted name, numbers go up");
	expect("add chain ip t c { type filter hook input priority 0; }; add rule ip t c alias in $P",
	       "add chain ip t c { type filter hook input priority 0; }; add rule ip t c log prefix \"" M
	       "1:in:$P\"",
	       "a variable as name");
	expect("add rule ip t c alias \\\n in \\\n p7 drop\n",
	       "add rule ip t c log prefix \"" M "1:in:p7\" \\\n \\\n drop\n",
	       "continued lines keep their number");
	expect("add rule ip alias in alias in in",
	       "add rule ip alias in log prefix \"" M "1:in:in\"",
	       "table alias, chain in, instance in");
}

static void nothing_of_ours(void)
{
	untouched("", "empty text");
	untouched(
		"table ip alias {\n chain alias {\n  jump alias\n }\n set alias { type ipv4_addr; }\n}\n",
		"alias as the name of table, chain and set");
	untouched("add rule ip alias in ip saddr 1.2.3.4 drop", "table alias, chain in");
	untouched("add rule alias out accept", "table alias, chain out, no family");
	untouched("alias in ip saddr 1.2.3.4 drop", "the same without a verb");
	untouched("add chain ip alias in { type filter hook input priority 0; }",
		  "chain in of table alias");
	untouched("add counter ip alias in packets 0 bytes 0", "counter in of table alias");
	untouched("rename chain ip alias in newname", "rename");
	untouched("delete rule ip alias in handle 5", "delete rule");
	untouched("table ip t { chain c { log prefix \"alias in x\"; # alias in y\n }; }",
		  "in strings and comments");
	untouched(
		"table ip t { chain c { log prefix \"alias:in:x\"; comment \"alias out map\"; }; }",
		"a log prefix that looks like an older placeholder");
	untouched("add rule ip t c ip saddr @alias drop\nadd element ip t alias { 1.2.3.4 }\n",
		  "set alias");
	untouched("define alias = 5\nadd rule ip t c meta mark set $alias\n", "variable alias");
	untouched("flush ruleset; list tables; describe alias", "other commands");
	untouched("}\n", "a brace too many");
	untouched("table ip t {\n chain c {\n  accept", "a text that ends early");
	untouched("table ip t { # alias x { }\n}", "a block in a comment");
}

static void blocks(void)
{
	struct made m;

	run(&m, "alias p7 { number 5; address 1.2.3.4; }\ntable ip t { }\n");
	CHECK_TEXT(m.source->made.data, "                                       \ntable ip t { }\n",
		   "a block becomes blanks");
	CHECK_NUMBER(m.program.change_count, 1, "one change");
	CHECK_NUMBER(m.program.changes[0].verb, VERB_ADD, "a block means add");
	CHECK_NUMBER(m.program.changes[0].instance->number, 5, "its number");
	program_free(&m.program);

	run(&m,
	    "create alias a {\n address 9.9.9.9\n}\ndelete alias b; flush alias c\nlist aliases\n"
	    "list alias d\nmonitor aliases\nlist ruleset\n");
	CHECK_TEXT(
		m.source->made.data,
		"                \n                \n \n"
		"              ;              \n            \n            \n               \nlist ruleset\n",
		"commands become blanks, line by line");
	CHECK_NUMBER(m.program.change_count, 3, "three changes");
	CHECK_NUMBER(m.program.changes[0].verb, VERB_CREATE, "create");
	CHECK_NUMBER(m.program.changes[1].verb, VERB_DELETE, "delete");
	CHECK_NUMBER(m.program.changes[2].verb, VERB_FLUSH, "flush");
	CHECK_TEXT(m.program.changes[2].name, "c", "name of the flushed one");
	CHECK_NUMBER(m.program.listing_count, 3, "three lists");
	CHECK(m.program.lists_ruleset, "list ruleset is noticed");
	program_free(&m.program);

	run(&m, "list ruleset ip6");
	CHECK(!m.program.lists_ruleset, "the ruleset of ip6 has no instances");
	program_free(&m.program);
}

static void errors(void)
{
	static const struct {
		const char *text, *sentence;
		size_t off, len;
	} cases[] = {
		{ "table t { chain c { alias in\n }; }",
		  "alias in needs the name of an alias or a map", 20, 8 },
		{ "add rule t c alias out 9x", "the name of an alias begins with a letter", 23, 2 },
		{ "add rule t c alias in a:b",
		  "the name of an alias has letters, digits and _ - . / \\ only", 22, 3 },
		{ "add rule t c alias in abcdefghijklmnopqrstuvwxyz123456",
		  "the name of an alias has at most 31 characters", 22, 32 },
		{ "add alias", "expecting the name of an alias", 0, 9 },
		{ "alias p7 address 1.2.3.4", "expecting '{' after the name of the alias", 0, 8 },
		{ "delete alias", "expecting the name of an alias", 7, 5 },
		{ "delete alias 5", "the name of an alias begins with a letter", 13, 1 },
		{ "flush alias a b", "expecting newline or ';' after the name", 14, 1 },
		{ "list aliases now", "expecting newline or ';' after the command", 13, 3 },
		{ "list links --sport 0", "expecting a port", 19, 1 },
		{ "list links -x 5",
		  "unknown filter of list links, expecting -p, -s, -d, -n, -g, --sport or "
		  "--dport",
		  11, 2 },
		{ "list links -s", "expecting an IPv4 address or prefix", 11, 2 },
		{ "list links a b", "only one alias can be named", 13, 1 },
		{ "add table t; \x1f"
		  "alias:",
		  "the control character 0x1f cannot be used here", 13, 1 },
		{ "alias a { address 1.2.3.4; } table t",
		  "expecting newline or ';' after the block", 29, 5 },
	};
	struct made m;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		run(&m, cases[i].text);
		CHECK_NUMBER(m.program.errors.count, 1, cases[i].text);
		if (m.program.errors.count) {
			CHECK_TEXT(m.program.errors.lines[0].sentence, cases[i].sentence,
				   "its sentence");
			CHECK_NUMBER(m.program.errors.lines[0].place.off, cases[i].off,
				     "its place");
			CHECK_NUMBER(m.program.errors.lines[0].place.len, cases[i].len,
				     "its length");
		}
		program_free(&m.program);
	}
}

static void columns(void)
{
	const char *text = "x\nadd rule t c alias in p7 drop\n";
	unsigned int line, column;
	struct made m;
	size_t made;

	run(&m, text);
	made = strstr(m.source->made.data, "drop") - m.source->made.data;
	CHECK_NUMBER(source_given(m.source, made, false), strstr(text, "drop") - text,
		     "behind a placeholder");
	made = strstr(m.source->made.data, "prefix") - m.source->made.data;
	CHECK_NUMBER(source_given(m.source, made, false), strstr(text, "alias") - text,
		     "inside: first byte of the statement");
	CHECK_NUMBER(source_given(m.source, made, true), strstr(text, "p7") + 1 - text,
		     "inside: last byte of the statement");
	CHECK_NUMBER(source_given(m.source, 1, false), 1, "before a placeholder");
	CHECK_NUMBER(source_given(m.source, 100000, false), strlen(text), "past the end");
	source_position(m.source, strstr(text, "alias") - text, &line, &column);
	CHECK_NUMBER(line, 2, "line");
	CHECK_NUMBER(column, 14, "column");
	program_free(&m.program);
}

static void contexts(void)
{
	struct made m;

	run_in(&m, "ip saddr 1.2.3.4 alias in a\nalias in b\n", CONTEXT_CHAIN);
	CHECK_TEXT(m.source->made.data,
		   "ip saddr 1.2.3.4 log prefix \"" M "1:in:a\"\nlog prefix \"" M "2:in:b\"\n",
		   "a file included in a chain");
	program_free(&m.program);
	run_in(&m, "chain c { alias in a; }\n", CONTEXT_TABLE);
	CHECK_TEXT(m.source->made.data, "chain c { log prefix \"" M "1:in:a\"; }\n",
		   "a file included in a table");
	program_free(&m.program);
	run(&m,
	    "include \"top.nft\"\ntable t {\n include \"./d/*.nft\"\n chain c {\n  include \"r.nft\"\n }\n}\n");
	CHECK_NUMBER(program_context(&m.program, "/etc/top.nft"), CONTEXT_COMMANDS,
		     "include of commands");
	CHECK_NUMBER(program_context(&m.program, "./d/a.nft"), CONTEXT_TABLE, "include of chains");
	CHECK_NUMBER(program_context(&m.program, "/etc/d/a.nft"), CONTEXT_TABLE,
		     "… in an include path");
	CHECK_NUMBER(program_context(&m.program, "/etc/nft/r.nft"), CONTEXT_CHAIN,
		     "include of rules");
	program_free(&m.program);
}

static void optimize(void)
{
	struct made m;
	const char *text =
		"add rule t c alias in a\nadd rule t c alias in a\nadd rule t c alias in b\n";

	memset(&m, 0, sizeof(m));
	m.program.optimize = true;
	m.source = program_add_source(&m.program, source_new("t", SOURCE_FILE, text, strlen(text)));
	translate(&m.program, m.source, CONTEXT_COMMANDS);
	CHECK_TEXT(m.source->made.data,
		   "add rule t c log prefix \"" M "1:in:a\"\nadd rule t c log prefix \"" M
		   "1:in:a\"\nadd rule t c log prefix \"" M "2:in:b\"\n",
		   "equal statements stay equal for the optimiser");
	program_free(&m.program);
}

static void undo(const char *text, const char *wanted, const char *name)
{
	struct buf b = {};

	placeholder_undo(&b, text, strlen(text));
	CHECK_TEXT(b.data, wanted, name);
	buf_free(&b);
}

static void printed(void)
{
	undo("\t\tip daddr 1.2.3.4 log prefix \"" M "0:in:p7\" accept # handle 5\n",
	     "\t\tip daddr 1.2.3.4 alias in p7 accept # handle 5\n", "a printed statement");
	undo("log prefix \"" M "12:out:\" meta mark set ip saddr map @m",
	     "alias out map ip saddr map @m", "a printed map");
	undo("log prefix \"a\" log prefix \"" M "1:in:x\" log prefix \"alias:in:x\"",
	     "log prefix \"a\" alias in x log prefix \"alias:in:x\"", "a genuine log stays");
	undo("  [ log prefix " M "3:in:p7 level 4 ]\n", "  [ alias in p7 level 4 ]\n",
	     "debug output");
	undo("", "", "nothing");
}

int main(void)
{
	ktap_begin();
	statements();
	nothing_of_ours();
	blocks();
	errors();
	columns();
	contexts();
	optimize();
	printed();
	return ktap_end();
}
