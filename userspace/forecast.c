// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "forecast.h"

static void add(struct forecast *f, const struct instance *i)
{
	GROW(f->at, f->count);
	f->at[f->count++] = i;
}

void forecast_start(struct forecast *f, const struct instances *known)
{
	size_t n;

	memset(f, 0, sizeof(*f));
	for (n = 0; n < known->count; n++)
		add(f, known->at[n]);
}

void forecast_free(struct forecast *f)
{
	free(f->at);
	memset(f, 0, sizeof(*f));
}

static const struct instance **find(const struct forecast *f, const char *name)
{
	size_t n;

	for (n = 0; n < f->count; n++)
		if (!strcmp(f->at[n]->name, name))
			return &f->at[n];
	return NULL;
}

const struct instance *forecast_find(const struct forecast *f, const char *name)
{
	const struct instance **found = find(f, name);

	return found ? *found : NULL;
}

const struct address_range *forecast_taken(const struct instance *i, const struct instance *other)
{
	size_t n, k;

	for (n = 0; n < i->range_count; n++)
		for (k = 0; k < other->range_count; k++)
			if (i->ranges[n].first <= other->ranges[k].last &&
			    other->ranges[k].first <= i->ranges[n].last)
				return &i->ranges[n];
	return NULL;
}

/* What stands in no text of its own is reported at the name. */
static int refuse(struct report *errors, const struct change *c, struct place place, int err,
		  const char *sentence, const char *name)
{
	report_add(errors, place.source ? place : c->place, "%s%s", sentence, name);
	return err;
}

/* In the kernel's order: see alias_config_check_others() there. */
static int check_others(const struct forecast *f, const struct change *c,
			const struct instance *self, struct report *errors)
{
	const struct instance *i = c->instance, *other;
	const struct address_range *range;
	size_t n;

	for (n = 0; n < f->count; n++) {
		other = f->at[n];
		if (other == self)
			continue;
		if (i->number && i->number == other->number)
			return refuse(errors, c, i->places[ALIAS_A_INSTANCE_NUMBER], -EEXIST,
				      "another alias has this number: ", other->name);
		range = forecast_taken(i, other);
		if (range)
			return refuse(errors, c, range->place, -EADDRINUSE,
				      "an address belongs to another alias: ", other->name);
	}
	return 0;
}

static int define(struct forecast *f, const struct change *c, struct report *errors)
{
	const struct instance **old = find(f, c->name), *i = c->instance;
	int err;

	if (old && c->verb == VERB_CREATE) {
		report_add(errors, c->place, "the alias %s exists already", c->name);
		return -EEXIST;
	}
	err = check_others(f, c, old ? *old : NULL, errors);
	if (err)
		return err;
	if (old && (*old)->number != i->number)
		return refuse(errors, c, i->places[ALIAS_A_INSTANCE_NUMBER], -EBUSY,
			      "the number of an alias cannot change", "");
	if (old)
		*old = i;
	else
		add(f, i);
	return 0;
}

int forecast_change(struct forecast *f, const struct change *c, struct report *errors)
{
	const struct instance **old;

	if (c->instance)
		return define(f, c, errors);
	old = find(f, c->name);
	if (!old)
		return refuse(errors, c, c->place, -ENOENT, "no such alias ", c->name);
	if (c->verb == VERB_DELETE)
		*old = f->at[--f->count];
	return 0;
}
