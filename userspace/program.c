// SPDX-License-Identifier: GPL-2.0
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "program.h"

void program_free(struct program *p)
{
	struct source *s;
	size_t i;

	for (i = 0; i < p->change_count; i++)
		instance_free(p->changes[i].instance);
	for (i = 0; i < p->reference_count; i++)
		free(p->references[i].name);
	for (i = 0; i < p->include_count; i++)
		free(p->includes[i].pattern);
	for (i = 0; i < p->define_count; i++) {
		free(p->defines[i].name);
		free(p->defines[i].value);
	}
	while ((s = p->sources)) {
		p->sources = s->next;
		source_free(s);
	}
	free(p->changes);
	free(p->listings);
	free(p->references);
	free(p->includes);
	free(p->defines);
	report_free(&p->errors);
	memset(p, 0, sizeof(*p));
}

struct source *program_add_source(struct program *p, struct source *s)
{
	s->next = p->sources;
	p->sources = s;
	return s;
}

struct source *program_find_source(const struct program *p, const char *name)
{
	struct source *s;

	for (s = p->sources; s; s = s->next)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

struct change *program_add_change(struct program *p, enum verb verb, const char *name,
				  struct place place)
{
	struct change *c;

	GROW(p->changes, p->change_count);
	c = &p->changes[p->change_count++];
	memset(c, 0, sizeof(*c));
	c->verb = verb;
	c->place = place;
	snprintf(c->name, sizeof(c->name), "%s", name);
	return c;
}

struct listing *program_add_listing(struct program *p, enum listing_kind kind, struct place place)
{
	struct listing *l;

	GROW(p->listings, p->listing_count);
	l = &p->listings[p->listing_count++];
	memset(l, 0, sizeof(*l));
	l->kind = kind;
	l->place = place;
	return l;
}

static bool same_statement(const struct reference *r, bool out, const char *name)
{
	if (r->out != out || !r->name != !name)
		return false;
	return !name || !strcmp(r->name, name);
}

unsigned int program_add_reference(struct program *p, bool out, const char *name,
				   struct place place)
{
	size_t i;

	for (i = 0; p->optimize && i < p->reference_count; i++)
		if (same_statement(&p->references[i], out, name))
			return i + 1;
	GROW(p->references, p->reference_count);
	p->references[p->reference_count++] = (struct reference){
		.out = out, .name = name ? xstrdup(name) : NULL, .place = place,
	};
	return p->reference_count;
}

const struct reference *program_reference(const struct program *p, unsigned int number)
{
	return number && number <= p->reference_count ? &p->references[number - 1] : NULL;
}

void program_add_include(struct program *p, const char *pattern, enum context context)
{
	GROW(p->includes, p->include_count);
	p->includes[p->include_count++] = (struct include){
		.pattern = xstrdup(pattern), .context = context,
	};
}

/* libnftables looks for the pattern below each of its include directories. */
enum context program_context(const struct program *p, const char *path)
{
	size_t i, len = strlen(path);

	for (i = 0; i < p->include_count; i++) {
		const char *pattern = p->includes[i].pattern;
		size_t skip;

		while (!strncmp(pattern, "./", 2))
			pattern += 2;
		for (skip = 0; skip < len; skip++)
			if ((!skip || path[skip - 1] == '/') &&
			    !fnmatch(pattern, path + skip, FNM_PATHNAME))
				return p->includes[i].context;
	}
	return CONTEXT_COMMANDS;
}

void program_define(struct program *p, const char *name, const char *value)
{
	GROW(p->defines, p->define_count);
	p->defines[p->define_count++] = (struct define){
		.name = xstrdup(name), .value = xstrdup(value),
	};
}

const char *program_value(const struct program *p, const char *name)
{
	size_t i;

	for (i = p->define_count; i > 0; i--)
		if (!strcmp(p->defines[i - 1].name, name))
			return p->defines[i - 1].value;
	return NULL;
}
