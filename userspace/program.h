/* SPDX-License-Identifier: GPL-2.0 */
/* What the texts of one run ask for beyond what nft does itself, in the order written. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "instance.h"
#include "links.h"
#include "report.h"
#include "source.h"

enum verb {
	VERB_ADD,
	VERB_CREATE,
	VERB_DELETE,
	VERB_FLUSH,
};

struct change {
	enum verb	verb;
	char		name[ALIAS_NAME_SIZE];
	struct instance	*instance;	/* add and create only */
	struct place	place;
	bool		done;		/* the kernel has it */
};

enum listing_kind {
	LIST_ALIASES,
	LIST_ALIAS,
	LIST_LINKS,
	MONITOR_ALIASES,
};

struct listing {
	enum listing_kind	kind;
	char			name[ALIAS_NAME_SIZE];
	struct link_filter	filter;
	struct place		place;
};

/* An alias statement in a rule. */
struct reference {
	bool		out;
	char		*name;		/* may be a variable; NULL in the map form */
	struct place	place;
};

/* Rules of an included file stand where its include statement stood. */
enum context {
	CONTEXT_COMMANDS,
	CONTEXT_TABLE,
	CONTEXT_CHAIN,
};

struct include {
	char		*pattern;
	enum context	context;
};

struct define {
	char		*name;
	char		*value;
};

struct program {
	struct source		*sources;
	struct report		errors;
	struct change		*changes;
	size_t			change_count;
	struct listing		*listings;
	size_t			listing_count;
	struct reference	*references;
	size_t			reference_count;
	struct include		*includes;
	size_t			include_count;
	struct define		*defines;
	size_t			define_count;
	bool			lists_ruleset;
	bool			optimize;	/* equal statements must stay equal */
};

void program_free(struct program *p);
struct source *program_add_source(struct program *p, struct source *s);
struct source *program_find_source(const struct program *p, const char *name);
struct change *program_add_change(struct program *p, enum verb verb, const char *name,
				  struct place place);
struct listing *program_add_listing(struct program *p, enum listing_kind kind, struct place place);

/* Returns the number that placeholders carry: index + 1. */
unsigned int program_add_reference(struct program *p, bool out, const char *name,
				   struct place place);
const struct reference *program_reference(const struct program *p, unsigned int number);
void program_add_include(struct program *p, const char *pattern, enum context context);
enum context program_context(const struct program *p, const char *path);
void program_define(struct program *p, const char *name, const char *value);
const char *program_value(const struct program *p, const char *name);

#endif
