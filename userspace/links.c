// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config.h"
#include "links.h"
#include "protocol.h"

static bool set_protocol(struct link_filter *f, const char *text)
{
	uint32_t number;

	f->has_protocol = true;
	if (protocol_find(text, &f->protocol))
		return true;
	if (!parse_number(text, 255, &number))
		return false;
	f->protocol = number;
	return true;
}

static bool set_subnet(struct subnet *s, const char *text)
{
	char *copy = xstrdup(text), *slash = strchr(copy, '/');
	uint32_t bits = 32;
	bool good;

	if (slash)
		*slash = '\0';
	good = parse_address(copy, &s->address) && (!slash || parse_number(slash + 1, 32, &bits));
	free(copy);
	s->given = true;
	s->mask = bits ? ~(uint32_t)((1ULL << (32 - bits)) - 1) : 0;
	return good;
}

static bool set_port(uint16_t *port, const char *text)
{
	uint32_t number;

	if (!parse_number(text, 65535, &number) || !number)
		return false;
	*port = number;
	return true;
}

static const struct {
	const char	*letter, *word, *takes;
} options[] = {
	{ "-p", "--proto",	"a protocol: tcp, udp, icmp, udplite, sctp, dccp, "
				"gre, esp, ah or a number" },
	{ "-s", "--orig-src",	"an IPv4 address or prefix" },
	{ "-d", "--orig-dst",	"an IPv4 address or prefix" },
	{ "-n", "--src-nat",	"an IPv4 address or prefix" },
	{ "-g", "--dst-nat",	"an IPv4 address or prefix" },
	{ NULL, "--sport",	"a port" },
	{ NULL, "--dport",	"a port" },
};

#define OPTION_COUNT	(sizeof(options) / sizeof(options[0]))

static bool set_option(struct link_filter *f, size_t option, const char *text)
{
	switch (option) {
	case 0:
		return set_protocol(f, text);
	case 1:
		return set_subnet(&f->inside, text);
	case 2:
		return set_subnet(&f->peer, text);
	case 3:
		return set_subnet(&f->outside, text);
	case 4:
		return set_subnet(&f->inside_again, text);
	case 5:
		return set_port(&f->inside_port, text);
	default:
		return set_port(&f->peer_port, text);
	}
}

static size_t find_option(const char *word)
{
	size_t i;

	for (i = 0; i < OPTION_COUNT; i++)
		if (!strcmp(word, options[i].word) ||
		    (options[i].letter && !strcmp(word, options[i].letter)))
			break;
	return i;
}

/* "--proto=tcp" as well as "--proto tcp"; the tokens of the first are "--proto", "=", "tcp". */
static bool parse_option(struct link_filter *f, const struct tokens *t, size_t *i,
			 struct report *errors)
{
	char *word = token_text(t, *i), *text;
	size_t option = find_option(word), at = *i + 1;
	bool good;

	free(word);
	if (option == OPTION_COUNT) {
		report_add(errors, token_place(t, *i, *i),
			   "unknown filter of list links, expecting "
			   "-p, -s, -d, -n, -g, --sport or --dport");
		return false;
	}
	if (t->at[at].kind == TOKEN_OTHER && t->source->given.data[t->at[at].off] == '=')
		at++;
	if (t->at[at].kind != TOKEN_WORD) {
		report_add(errors, token_place(t, *i, *i), "expecting %s", options[option].takes);
		return false;
	}
	text = token_text(t, at);
	good = set_option(f, option, text);
	free(text);
	if (!good)
		report_add(errors, token_place(t, at, at), "expecting %s", options[option].takes);
	*i = at + 1;
	return good;
}

static bool parse_name(struct link_filter *f, const struct tokens *t, size_t *i,
		       struct report *errors)
{
	char *name = token_text(t, *i);
	const char *fault = f->name[0] ? "only one alias can be named" : instance_name_fault(name);

	if (fault)
		report_add(errors, token_place(t, *i, *i), "%s", fault);
	else
		snprintf(f->name, sizeof(f->name), "%s", name);
	f->name_place = token_place(t, *i, *i);
	free(name);
	(*i)++;
	return !fault;
}

bool links_parse(struct link_filter *f, const struct tokens *t, size_t *i, struct report *errors)
{
	memset(f, 0, sizeof(*f));
	while (!token_ends_command(t, *i)) {
		bool option = t->source->given.data[t->at[*i].off] == '-';

		if (!(option ? parse_option(f, t, i, errors) : parse_name(f, t, i, errors)))
			return false;
	}
	return true;
}

static bool within(const struct subnet *s, uint32_t address)
{
	return !s->given || (address & s->mask) == (s->address & s->mask);
}

bool links_match(const struct link_filter *f, const struct link *l)
{
	if (f->name[0] && strcmp(f->name, l->instance))
		return false;
	if (f->has_protocol && f->protocol != l->protocol)
		return false;
	/* A port that a link does not have is 0, and so never the one asked for. */
	if ((f->inside_port && f->inside_port != l->inside_port) ||
	    (f->peer_port && f->peer_port != l->peer_port))
		return false;
	return within(&f->inside, l->inside) && within(&f->inside_again, l->inside) &&
	       within(&f->peer, l->peer) && within(&f->outside, l->outside);
}
