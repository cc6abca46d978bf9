// SPDX-License-Identifier: GPL-2.0
/* What the aliases will be: each change against those before it, and no further. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "forecast.h"
#include "ktap.h"
#include "translate.h"

static const char KNOWN[] = "alias a { number 1; address 192.0.2.1, 192.0.2.16/28; }\n"
			    "alias b { number 2; address 192.0.2.2; }\n"
			    "alias c { address 192.0.2.3; }\n";

static struct program before, program;
static struct forecast forecast;

static void read_text(struct program *p, const char *text)
{
	struct source *s = source_new("t.nft", SOURCE_FILE, text, strlen(text));

	program_free(p);
	translate(p, program_add_source(p, s), CONTEXT_COMMANDS);
}

/* Returns the number of changes that went well before the first that did not. */
static size_t run(const char *text)
{
	struct instances known = {};
	size_t i;

	forecast_free(&forecast);
	read_text(&before, KNOWN);
	read_text(&program, text);
	for (i = 0; i < before.change_count; i++) {
		GROW(known.at, known.count);
		known.at[known.count++] = before.changes[i].instance;
	}
	forecast_start(&forecast, &known);
	free(known.at);
	for (i = 0; i < program.change_count; i++)
		if (forecast_change(&forecast, &program.changes[i], &program.errors))
			break;
	return i;
}

static void good(const char *text)
{
	size_t done = run(text);

	CHECK(done && done == program.change_count && !program.errors.count, text);
}

/* @at: what is pointed at; the last change of the text is the bad one. */
static void bad(const char *text, const char *at, const char *sentence)
{
	size_t done = run(text);
	const struct report_line *l = program.errors.lines;

	CHECK_NUMBER(done, program.change_count - 1, text);
	CHECK_NUMBER(program.errors.count, 1, "one error");
	if (program.errors.count != 1)
		return;
	CHECK_TEXT(l->sentence, sentence, "its sentence");
	CHECK(l->place.len == strlen(at) && !strncmp(text + l->place.off, at, l->place.len),
	      "its place");
}

static void addresses(void)
{
	static const char taken[] = "an address belongs to another alias: ";
	char sentence[64];

	snprintf(sentence, sizeof(sentence), "%sa", taken);
	bad("alias d { address 192.0.2.9, 192.0.2.31; }", "192.0.2.31", sentence);
	bad("alias d { address 192.0.2.4, 192.0.2.8-192.0.3.0; }", "192.0.2.8-192.0.3.0", sentence);
	bad("alias b { number 2; address 192.0.2.2, 192.0.2.1; }", "192.0.2.1", sentence);
	snprintf(sentence, sizeof(sentence), "%sd", taken);
	bad("alias d { address 192.0.2.9; }; alias c { address 192.0.2.9; }", "192.0.2.9",
	    sentence);
	bad("delete alias a; alias d { address 192.0.2.1; }; alias a { address 192.0.2.1; }",
	    "192.0.2.1", sentence);
	good("alias d { address 192.0.2.15, 192.0.2.32; }");
	good("alias a { number 1; address 192.0.2.20; }; alias d { address 192.0.2.1; }");
	good("delete alias a; alias d { number 1; address 192.0.2.1; }");
	good("alias a { number 1; address 192.0.2.1; }; alias a { number 1; address 192.0.2.5; }");
}

static void numbers(void)
{
	static const char fixed[] = "the number of an alias cannot change";

	bad("alias d { number 2; address 192.0.2.9; }", "2", "another alias has this number: b");
	bad("delete alias a; alias a { number 2; address 192.0.2.1; }", "2",
	    "another alias has this number: b");
	bad("alias d { number 4; address 192.0.2.8; }\nalias e { number 4; address 192.0.2.9; }",
	    "4", "another alias has this number: d");
	bad("alias a { number 3; address 192.0.2.1; }", "3", fixed);
	bad("alias c { number 3; address 192.0.2.3; }", "3", fixed);
	bad("alias a { address 192.0.2.1; }", "a", fixed);
	bad("alias d { address 192.0.2.9; }; alias d { number 4; address 192.0.2.9; }", "4", fixed);
	good("alias d { address 192.0.2.8; }; alias e { address 192.0.2.9; }");
	good("delete alias b; alias a { number 1; address 192.0.2.2; }");
	good("delete alias a; alias a { number 3; address 192.0.2.1; }");
}

static void names(void)
{
	bad("create alias a { number 1; address 192.0.2.1; }", "a", "the alias a exists already");
	bad("alias d { address 192.0.2.9; }; create alias d { address 192.0.2.9; }", "d",
	    "the alias d exists already");
	bad("delete alias d", "d", "no such alias d");
	bad("flush alias d", "d", "no such alias d");
	bad("delete alias a; flush alias a", "a", "no such alias a");
	bad("delete alias a; delete alias a", "a", "no such alias a");
	good("delete alias a; create alias a { address 192.0.2.1; }; flush alias a");
	good("alias d { address 192.0.2.9; }; delete alias d; create alias d { address 192.0.2.9; }");
	run("delete alias b; alias d { address 192.0.2.9; }");
	CHECK_NUMBER(forecast.count, 3, "as many as before");
	CHECK(!forecast_find(&forecast, "b"), "b is gone");
	CHECK(forecast_find(&forecast, "d") == program.changes[1].instance, "d is there");
	CHECK(forecast_find(&forecast, "c") == before.changes[2].instance, "c is what it was");
}

int main(void)
{
	ktap_begin();
	addresses();
	numbers();
	names();
	forecast_free(&forecast);
	program_free(&before);
	program_free(&program);
	return ktap_end();
}
