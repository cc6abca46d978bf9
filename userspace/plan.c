// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "plan.h"

static int report_kernel(struct plan *plan, const struct kernel_error *error)
{
	report_add(&plan->program->errors, error->place, "%s", error->sentence);
	return -error->error;
}

/* The first range of the change that another instance has as well, and whose it is. */
static const struct address_range *taken_range(const struct change *c, const struct instance *other)
{
	size_t i, k;

	if (!strcmp(c->name, other->name))
		return NULL;
	for (i = 0; i < c->instance->range_count; i++)
		for (k = 0; k < other->range_count; k++)
			if (c->instance->ranges[i].first <= other->ranges[k].last &&
			    other->ranges[k].first <= c->instance->ranges[i].last)
				return &c->instance->ranges[i];
	return NULL;
}

/* The instances of the kernel, then those that this text has created. */
static const struct instance *nth_instance(const struct plan *plan, size_t n)
{
	const struct change *c = plan->program->changes;
	size_t i;

	if (n < plan->known.count)
		return plan->known.at[n];
	n -= plan->known.count;
	for (i = 0; i < plan->program->change_count; i++)
		if (c[i].created && !n--)
			return c[i].instance;
	return NULL;
}

static void find_taken(const struct plan *plan, const struct change *c, struct kernel_error *error)
{
	const struct address_range *range;
	const struct instance *other;
	size_t n, len = strlen(error->sentence);

	for (n = 0; (other = nth_instance(plan, n)); n++) {
		range = taken_range(c, other);
		if (!range)
			continue;
		error->place = range->place;
		snprintf(error->sentence + len, sizeof(error->sentence) - len, ": %s", other->name);
		return;
	}
}

/* Where the kernel does not point at an attribute, its error number often does. */
static int report_definition(struct plan *plan, const struct change *c, struct kernel_error *error)
{
	const struct instance *known = instances_find(&plan->known, c->name);
	const struct place *number = &c->instance->places[ALIAS_A_INSTANCE_NUMBER];
	bool whole = error->place.source == c->place.source && error->place.off == c->place.off;

	if (whole && error->error == EADDRINUSE)
		find_taken(plan, c, error);
	else if (whole && number->source &&
		 (error->error == EEXIST ||
		  (error->error == EBUSY && known && known->number != c->instance->number)))
		error->place = *number;
	return report_kernel(plan, error);
}

static int report(struct plan *plan, struct place place, int err, const char *what,
		  const char *name)
{
	report_add(&plan->program->errors, place, "%s %s", what, name);
	return err;
}

/* A deletion earlier in the text that has not been carried out yet. */
static bool deletion_pending(const struct plan *plan, const struct change *before)
{
	const struct change *c;
	bool pending = false;

	for (c = plan->program->changes; c < before; c++)
		if (!strcmp(c->name, before->name))
			pending = c->verb == VERB_DELETE;
	return pending;
}

static bool is_known(const struct plan *plan, const char *name)
{
	return instances_find(&plan->known, name);
}

static int prepare_creation(struct plan *plan, struct change *c, const struct swap *rules)
{
	/* Without rules nobody can need it yet, so that a check leaves no trace. */
	bool check = plan->dry && !rules;
	struct kernel_error error;

	if (kernel_new(c->instance, KERNEL_CREATE, check, &error))
		return report_definition(plan, c, &error);
	c->created = !check;
	instances_add(&plan->known, c->name);
	return 0;
}

static int prepare_definition(struct plan *plan, struct change *c, const struct swap *rules)
{
	struct kernel_error error;

	if (deletion_pending(plan, c))
		return 0;
	if (!is_known(plan, c->name))
		return prepare_creation(plan, c, rules);
	if (c->verb == VERB_CREATE) {
		report_add(&plan->program->errors, c->place, "the alias %s exists already",
			   c->name);
		return -EEXIST;
	}
	/* What this check run did not really create cannot be checked a second time. */
	if (plan->dry && !rules)
		return 0;
	if (kernel_new(c->instance, KERNEL_CHANGE, true, &error))
		return report_definition(plan, c, &error);
	return 0;
}

static bool rules_name(const struct swap *rules, const char *name)
{
	size_t r, a;

	for (r = 0; rules && r < rules->rule_count; r++)
		for (a = 0; a < rules->rules[r].alias_count; a++)
			if (!strcmp(rules->rules[r].aliases[a].name, name))
				return true;
	return false;
}

/* Refused as well if only the batch would remove the rules that name it: should
 * one of them stay, the batch could not be taken back any more.
 */
static int prepare_removal(struct plan *plan, struct change *c, const struct swap *rules)
{
	struct kernel_error error;

	if (!is_known(plan, c->name) || deletion_pending(plan, c))
		return report(plan, c->place, -ENOENT, "no such alias", c->name);
	if (c->verb == VERB_FLUSH)
		return 0;
	if (rules_name(rules, c->name))
		return report(plan, c->place, -EBUSY, "rules added here use the alias", c->name);
	if (!kernel_delete(c->name, true, c->place, &error))
		return 0;
	return report_kernel(plan, &error);
}

static int prepare_change(struct plan *plan, struct change *c, const struct swap *rules)
{
	if (c->verb == VERB_ADD || c->verb == VERB_CREATE)
		return prepare_definition(plan, c, rules);
	return prepare_removal(plan, c, rules);
}

static bool will_exist(const struct plan *plan, const char *name)
{
	const struct change *c = plan->program->changes;
	size_t i;

	for (i = 0; i < plan->program->change_count; i++)
		if (c[i].instance && !strcmp(c[i].name, name))
			return true;
	return is_known(plan, name);
}

static int check_references(struct plan *plan, const struct swap *rules)
{
	size_t before = plan->program->errors.count, r, a;

	for (r = 0; r < rules->rule_count; r++) {
		for (a = 0; a < rules->rules[r].alias_count; a++) {
			const struct swap_alias *alias = &rules->rules[r].aliases[a];
			const struct reference *ref = program_reference(plan->program,
									alias->reference);

			if (alias->name[0] && !will_exist(plan, alias->name))
				report(plan, ref ? ref->place : nowhere, -ENOENT,
				       "no such alias", alias->name);
		}
	}
	return plan->program->errors.count == before ? 0 : -ENOENT;
}

/* Where to say that the module is missing: at the first word that needs it. */
static struct place first_place(const struct plan *plan)
{
	if (plan->program->change_count)
		return plan->program->changes[0].place;
	if (plan->program->reference_count)
		return plan->program->references[0].place;
	return nowhere;
}

static int prepare_all(struct plan *plan, const struct swap *rules)
{
	struct kernel_error error;
	size_t i;
	int err;

	if (kernel_get_all(&plan->known, &error)) {
		error.place = first_place(plan);
		return report_kernel(plan, &error);
	}
	err = rules ? check_references(plan, rules) : 0;
	for (i = 0; !err && i < plan->program->change_count; i++)
		err = prepare_change(plan, &plan->program->changes[i], rules);
	return err;
}

int plan_prepare(struct plan *plan, const struct swap *rules)
{
	int err;

	if (plan->program->errors.count)
		return -ECANCELED;
	if (plan->prepared)
		return 0;
	plan->prepared = true;
	if (!plan->program->change_count && (!rules || !rules->rule_count))
		return 0;
	err = prepare_all(plan, rules);
	if (err)
		plan_roll_back(plan);
	return err;
}

static int commit_change(struct change *c, struct kernel_error *error)
{
	switch (c->verb) {
	case VERB_ADD:
		return c->created ? 0 :
				    kernel_new(c->instance, KERNEL_CREATE_OR_CHANGE, false, error);
	case VERB_CREATE:
		return c->created ? 0 : kernel_new(c->instance, KERNEL_CREATE, false, error);
	case VERB_FLUSH:
		return kernel_flush(c->name, c->place, error);
	default:
		return kernel_delete(c->name, false, c->place, error);
	}
}

int plan_commit(struct plan *plan)
{
	struct kernel_error error;
	size_t i;

	for (i = 0; i < plan->program->change_count; i++) {
		struct change *c = &plan->program->changes[i];

		if (commit_change(c, &error))
			return report_kernel(plan, &error);
		c->done = true;
	}
	return 0;
}

void plan_roll_back(struct plan *plan)
{
	struct kernel_error error;
	size_t i;

	for (i = plan->program->change_count; i > 0; i--) {
		struct change *c = &plan->program->changes[i - 1];

		if (!c->created)
			continue;
		c->created = false;
		if (kernel_delete(c->name, false, c->place, &error))
			report_add(&plan->program->errors, c->place,
				   "the alias %s cannot be taken back: %s", c->name,
				   error.sentence);
	}
}

void plan_free(struct plan *plan)
{
	instances_free(&plan->known);
}
