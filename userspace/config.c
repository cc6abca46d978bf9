// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config.h"
#include "timeout.h"

struct parser {
	struct program		*program;
	const struct tokens	*t;
	size_t			i;
	struct instance		*instance;
	bool			failed;
};

bool parse_address(const char *s, uint32_t *address)
{
	struct in_addr a;

	if (inet_pton(AF_INET, s, &a) != 1)
		return false;
	*address = ntohl(a.s_addr);
	return true;
}

bool parse_number(const char *s, uint32_t max, uint32_t *number)
{
	unsigned long long n;
	char *end;

	if (!isdigit((unsigned char)*s))
		return false;
	errno = 0;
	/* Hexadecimal as well, because nft prints marks so; never octal. */
	n = strtoull(s, &end, !strncmp(s, "0x", 2) ? 16 : 10);
	if (*end || errno || n > max)
		return false;
	*number = n;
	return true;
}

static void fail_at(struct parser *p, struct place place, const char *sentence, const char *word)
{
	p->failed = true;
	report_add(&p->program->errors, place, "%s%s", sentence, word ? word : "");
}

static void skip_item(struct parser *p)
{
	unsigned int depth = 0;

	for (; p->t->at[p->i].kind != TOKEN_END; p->i++) {
		if (!depth && token_ends_command(p->t, p->i))
			return;
		depth += p->t->at[p->i].kind == TOKEN_OPEN;
		depth -= p->t->at[p->i].kind == TOKEN_CLOSE;
	}
}

/* The text of a value; "$name" is looked up among the defines seen so far. */
static char *value(struct parser *p)
{
	char *text = token_text(p->t, p->i), *found;
	const char *v;

	if (text[0] != '$')
		return text;
	v = program_value(p->program, text + 1);
	if (!v) {
		fail_at(p, token_place(p->t, p->i, p->i), "unknown variable ", text);
		free(text);
		return NULL;
	}
	found = xstrdup(v);
	free(text);
	return found;
}

static bool at_value(const struct parser *p)
{
	return p->t->at[p->i].kind == TOKEN_WORD || p->t->at[p->i].kind == TOKEN_STRING;
}

/* NULL: reported. */
static char *one_value(struct parser *p, struct place *place, const char *expected)
{
	char *text;

	*place = token_place(p->t, p->i, p->i);
	if (!at_value(p)) {
		fail_at(p, *place, "expecting ", expected);
		return NULL;
	}
	text = value(p);
	p->i += !!text;
	return text;
}

/* "A", "A-B", "A - B" and "$x" all give one string without blanks; NULL: reported. */
static char *joined_value(struct parser *p, struct place *place, const char *expected)
{
	size_t from = p->i;
	struct buf b = {};
	char *part;

	do {
		part = one_value(p, place, expected);
		if (!part) {
			buf_free(&b);
			return NULL;
		}
		buf_str(&b, part);
		free(part);
	} while (at_value(p) && ((b.len && b.data[b.len - 1] == '-') ||
				 p->t->source->given.data[p->t->at[p->i].off] == '-'));
	*place = token_place(p->t, from, p->i - 1);
	return b.data;
}

/* @known: where it stood the first time */
static bool given_twice(struct parser *p, struct place *known, struct place place,
			const char *what)
{
	if (known->source) {
		fail_at(p, place, what, " is given twice");
		return true;
	}
	*known = place;
	return false;
}

static void parse_number_item(struct parser *p)
{
	struct place *places = p->instance->places, place;
	char *text = joined_value(p, &place, "a number");

	if (!text)
		return;
	if (!given_twice(p, &places[ALIAS_A_INSTANCE_NUMBER], place, "the number") &&
	    (!parse_number(text, UINT32_MAX, &p->instance->number) || !p->instance->number))
		fail_at(p, place, "the number is from 1 to 4294967295, not ", text);
	free(text);
}

/* Splits at the separator, which is cut out; false if there is none. */
static bool split(char *text, char separator, char **rest)
{
	char *s = strchr(text, separator);

	if (!s)
		return false;
	*s = '\0';
	*rest = s + 1;
	return true;
}

static const char *parse_prefix(const char *address, const char *length, uint32_t *first,
				uint32_t *last)
{
	uint32_t bits, host;

	if (!parse_address(address, first))
		return "not an IPv4 address";
	if (!parse_number(length, 32, &bits))
		return "the length of a prefix is from 0 to 32";
	host = bits ? (uint32_t)((1ULL << (32 - bits)) - 1) : UINT32_MAX;
	if (*first & host)
		return "the address has bits outside its prefix";
	*last = *first | host;
	return NULL;
}

static const char *parse_range(char *text, uint32_t *first, uint32_t *last)
{
	char *rest;

	if (split(text, '/', &rest))
		return parse_prefix(text, rest, first, last);
	if (split(text, '-', &rest))
		return parse_address(text, first) && parse_address(rest, last) ?
		       NULL : "not a range of IPv4 addresses";
	if (!parse_address(text, first))
		return "not an IPv4 address";
	*last = *first;
	return NULL;
}

static void parse_one_address(struct parser *p)
{
	uint32_t first, last;
	struct place place;
	const char *fault;
	char *text = joined_value(p, &place, "an address");

	if (!text)
		return;
	fault = parse_range(text, &first, &last);
	if (!fault) {
		instance_add_range(p->instance, first, last, place);
		fault = instance_range_fault(p->instance);
	}
	if (fault)
		fail_at(p, place, fault, NULL);
	if (!p->instance->places[ALIAS_A_INSTANCE_RANGE].source)
		p->instance->places[ALIAS_A_INSTANCE_RANGE] = place;
	free(text);
}

static bool at_comma(const struct parser *p)
{
	const struct token *k = &p->t->at[p->i];

	return k->kind == TOKEN_OTHER && p->t->source->given.data[k->off] == ',';
}

static void skip_newlines(struct parser *p)
{
	while (p->t->at[p->i].kind == TOKEN_NEWLINE)
		p->i++;
}

/* nft lets an element list go on over several lines, with or without a last comma. */
static void parse_address_item(struct parser *p)
{
	bool braces = p->t->at[p->i].kind == TOKEN_OPEN;
	size_t before = p->program->errors.count;

	p->i += braces;
	do {
		if (braces)
			skip_newlines(p);
		if (braces && p->t->at[p->i].kind == TOKEN_CLOSE)
			break;
		parse_one_address(p);
		if (p->program->errors.count != before && !at_comma(p) && !braces)
			return;
		if (braces)
			skip_newlines(p);
		if (!at_comma(p))
			break;
		p->i++;
		skip_newlines(p);
	} while (p->t->at[p->i].kind != TOKEN_END);
	if (!braces)
		return;
	if (p->t->at[p->i].kind == TOKEN_CLOSE)
		p->i++;
	else if (p->program->errors.count == before)
		fail_at(p, token_place(p->t, p->i, p->i), "expecting ',' or '}'", NULL);
}

static void parse_ports_item(struct parser *p)
{
	struct place *places = p->instance->places, place;
	uint32_t low, high;
	char *text = joined_value(p, &place, "a range of ports"), *rest = text;

	if (!text)
		return;
	if (!split(text, '-', &rest))
		rest = text;
	if (given_twice(p, &places[ALIAS_A_INSTANCE_PORT_MIN], place, "the range of ports"))
		;
	else if (!parse_number(text, 65535, &low) || !parse_number(rest, 65535, &high))
		fail_at(p, place, "ports are numbers from 1 to 65535", NULL);
	else if (!low)
		fail_at(p, place, "port 0 cannot be used", NULL);
	else if (low > high)
		fail_at(p, place, "the range of ports is reversed", NULL);
	else {
		p->instance->port_min = low;
		p->instance->port_max = high;
	}
	places[ALIAS_A_INSTANCE_PORT_MAX] = place;
	free(text);
}

/* One of the values of mapping or filter; false: reported. */
static bool find_value(struct parser *p, enum behaviour b, const char *text, struct place place,
		       uint8_t *value)
{
	char sentence[64];

	if (behaviour_find(b, text, value))
		return true;
	snprintf(sentence, sizeof(sentence), "unknown %s, expecting %s", behaviour_name(b),
		 behaviour_values(b));
	fail_at(p, place, sentence, NULL);
	return false;
}

static char *behaviour_word(struct parser *p, struct place *place, enum behaviour b,
			    const char *what)
{
	char expected[64];

	snprintf(expected, sizeof(expected), "%s after %s", behaviour_values(b), what);
	return one_value(p, place, expected);
}

static void parse_choice(struct parser *p, enum behaviour b, uint8_t protocol)
{
	struct choice *c = &p->instance->choices[protocol_slot(protocol)][b];
	struct place place;
	char what[32], *text;
	uint8_t value;

	snprintf(what, sizeof(what), "%s %s", behaviour_name(b), protocol_name(protocol));
	text = behaviour_word(p, &place, b, what);
	if (text && find_value(p, b, text, place, &value) &&
	    !given_twice(p, &c->place, place, what)) {
		c->given = true;
		c->value = value;
	}
	free(text);
}

/* "mapping [PROTOCOL] VALUE", and the same with filter. */
static void parse_behaviour_item(struct parser *p, enum behaviour b)
{
	static const unsigned int attributes[BEHAVIOUR_COUNT] = {
		[BEHAVIOUR_MAPPING]	= ALIAS_A_INSTANCE_MAPPING,
		[BEHAVIOUR_FILTER]	= ALIAS_A_INSTANCE_FILTER,
	};
	struct place place;
	uint8_t protocol, value;
	char *text = behaviour_word(p, &place, b, behaviour_name(b));
	bool named;

	if (!text)
		return;
	named = protocol_find(text, &protocol) && protocol_slot(protocol) >= 0;
	if (named)
		parse_choice(p, b, protocol);
	else if (at_value(p) && !behaviour_find(b, text, &value))
		fail_at(p, place, "unknown protocol, expecting ", protocols_with_ports);
	else if (find_value(p, b, text, place, &value) &&
		 !given_twice(p, &p->instance->places[attributes[b]], place, behaviour_name(b)))
		p->instance->behaviour[b] = value;
	free(text);
}

/* Returns false if it is none, which has been reported. */
static bool parse_seconds(struct parser *p, struct place *place, uint32_t *seconds)
{
	char *text = one_value(p, place, "seconds or a time such as 2h4m");
	bool good = text && timeout_parse(text, seconds);

	if (text && !good)
		fail_at(p, *place, "expecting seconds or a time such as 2h4m, not ", text);
	free(text);
	return good;
}

static void parse_timeout(struct parser *p, unsigned int timeout)
{
	struct place place, *places = p->instance->places;
	struct buf sentence = {};
	uint32_t seconds;
	char what[48];

	if (!parse_seconds(p, &place, &seconds))
		return;
	snprintf(what, sizeof(what), "timeout %s", timeout_name(timeout));
	if (given_twice(p, &p->instance->timeout_places[timeout], place, what))
		return;
	if (timeout_fault(timeout, seconds, &sentence))
		fail_at(p, place, sentence.data, NULL);
	buf_free(&sentence);
	p->instance->timeouts[timeout] = seconds;
	if (!places[ALIAS_A_INSTANCE_TIMEOUTS].source)
		places[ALIAS_A_INSTANCE_TIMEOUTS] = place;
}

static bool parse_udp_port(struct parser *p, struct udp_port *entry)
{
	char *text = one_value(p, &entry->port_place, "a port");
	uint32_t port = 0;
	const char *fault;

	if (!text)
		return false;
	if (!parse_number(text, UINT16_MAX, &port))
		port = 0;
	free(text);
	fault = instance_udp_port_fault(p->instance, port);
	if (fault)
		fail_at(p, entry->port_place, fault, NULL);
	entry->port = port;
	return !fault;
}

/* "timeout udp port N SECONDS": at N. */
static void parse_udp_port_timeout(struct parser *p)
{
	struct instance *i = p->instance;
	struct udp_port entry = {};
	struct buf sentence = {};

	if (!parse_udp_port(p, &entry) || !parse_seconds(p, &entry.seconds_place, &entry.seconds))
		return;
	if (timeout_udp_port_fault(entry.port, entry.seconds, &sentence))
		fail_at(p, entry.seconds_place, sentence.data, NULL);
	buf_free(&sentence);
	i->udp_ports[i->udp_port_count++] = entry;
}

static void parse_timeout_item(struct parser *p)
{
	struct buf sentence = {};
	struct place place;
	char *name = one_value(p, &place, "the name of a timeout");
	unsigned int timeout = name ? timeout_find(name) : 0;

	if (timeout == ALIAS_A_TIMEOUT_UDP && token_is(p->t, p->i, "port")) {
		p->i++;
		parse_udp_port_timeout(p);
	} else if (timeout) {
		parse_timeout(p, timeout);
	} else if (name) {
		buf_str(&sentence, "unknown timeout, expecting ");
		timeout_list(&sentence);
		fail_at(p, place, sentence.data, NULL);
	}
	buf_free(&sentence);
	free(name);
}

/* Returns false if the word is no flag. */
static bool parse_flag(struct parser *p, size_t key)
{
	char *word = token_text(p->t, key);
	uint32_t flag = flag_find(word);

	free(word);
	if (!flag)
		return false;
	p->instance->flags |= flag;
	p->instance->places[ALIAS_A_INSTANCE_FLAGS] = token_place(p->t, key, key);
	return true;
}

static void parse_item(struct parser *p)
{
	size_t key = p->i++;

	if (token_is(p->t, key, "number"))
		parse_number_item(p);
	else if (token_is(p->t, key, "address"))
		parse_address_item(p);
	else if (token_is(p->t, key, "ports"))
		parse_ports_item(p);
	else if (token_is(p->t, key, "mapping"))
		parse_behaviour_item(p, BEHAVIOUR_MAPPING);
	else if (token_is(p->t, key, "filter"))
		parse_behaviour_item(p, BEHAVIOUR_FILTER);
	else if (token_is(p->t, key, "timeout"))
		parse_timeout_item(p);
	else if (!parse_flag(p, key)) {
		fail_at(p, token_place(p->t, key, key),
			"expecting number, address, ports, same-ports, "
			"deny-in, refresh-in, pptp, mapping, filter or timeout",
			NULL);
		p->i--;
		skip_item(p);
	}
}

static void expect_item_end(struct parser *p, size_t errors_before)
{
	if (token_ends_command(p->t, p->i))
		return;
	if (p->program->errors.count == errors_before)
		fail_at(p, token_place(p->t, p->i, p->i), "expecting newline, ';' or '}'", NULL);
	skip_item(p);
}

static void parse_items(struct parser *p)
{
	size_t before;

	for (;;) {
		while (p->t->at[p->i].kind == TOKEN_NEWLINE ||
		       p->t->at[p->i].kind == TOKEN_SEMICOLON)
			p->i++;
		if (p->t->at[p->i].kind == TOKEN_END || p->t->at[p->i].kind == TOKEN_CLOSE)
			return;
		before = p->program->errors.count;
		parse_item(p);
		expect_item_end(p, before);
	}
}

struct instance *config_parse(struct program *program, const struct tokens *t, size_t *i,
			      const char *name, struct place name_place)
{
	struct parser p = { .program = program, .t = t, .i = *i + 1, .instance = instance_new() };
	const char *fault = instance_name_fault(name);

	if (fault)
		fail_at(&p, name_place, fault, NULL);
	else if (!strcmp(name, "map"))
		fail_at(&p, name_place, "map cannot be the name of an alias: it is a word of the "
			"statement", NULL);
	else
		memcpy(p.instance->name, name, strlen(name) + 1);
	p.instance->places[ALIAS_A_INSTANCE_NAME_STR] = name_place;
	parse_items(&p);
	if (t->at[p.i].kind == TOKEN_CLOSE)
		p.i++;
	else
		fail_at(&p, token_place(t, *i, *i), "the block has no closing '}'", NULL);
	if (!p.failed && !p.instance->range_count)
		fail_at(&p, name_place, "the alias has no address", NULL);
	*i = p.i;
	if (!p.failed)
		return p.instance;
	instance_free(p.instance);
	return NULL;
}
