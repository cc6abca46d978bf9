// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "forecast.h"
#include "plan.h"

static int report_kernel(struct plan *plan, const struct kernel_error *error)
{
	report_add(&plan->program->errors, error->place, "%s", error->sentence);
	return -error->error;
}

static void find_taken(const struct plan *plan, const struct change *c, struct kernel_error *error)
{
	const struct address_range *range;
	size_t n, len = strlen(error->sentence);

	for (n = 0; n < plan->known.count; n++) {
		const struct instance *other = plan->known.at[n];

		range = strcmp(c->name, other->name) ? forecast_taken(c->instance, other) : NULL;
		if (!range)
			continue;
		error->place = range->place;
		snprintf(error->sentence + len, sizeof(error->sentence) - len, ": %s", other->name);
		return;
	}
}

static bool follows(const struct plan *plan, const struct change *later, enum verb verb)
{
	const struct change *c;

	for (c = plan->program->changes; c < later; c++)
		if (c->verb == verb && !strcmp(c->name, later->name))
			return true;
	return false;
}

/* A flush cannot be undone, so it comes last and frees nothing for this text. */
static void explain_flush(const struct plan *plan, const struct change *c,
			  struct kernel_error *error)
{
	size_t len = strlen(error->sentence);

	if (error->error == EBUSY && follows(plan, c, VERB_FLUSH))
		snprintf(error->sentence + len, sizeof(error->sentence) - len,
			 ", in a command of its own");
}

/* Where the kernel does not point at an attribute, its error number often does. */
static int report_definition(struct plan *plan, const struct change *c, struct kernel_error *error)
{
	const struct place *number = &c->instance->places[ALIAS_A_INSTANCE_NUMBER];
	bool whole = error->place.source == c->place.source && error->place.off == c->place.off;

	if (whole && error->error == EADDRINUSE)
		find_taken(plan, c, error);
	else if (whole && error->error == EEXIST && number->source)
		error->place = *number;
	explain_flush(plan, c, error);
	return report_kernel(plan, error);
}

static int report(struct plan *plan, struct place place, int err, const char *what,
		  const char *name)
{
	report_add(&plan->program->errors, place, "%s %s", what, name);
	return err;
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

static bool will_exist(const struct plan *plan, const char *name)
{
	const struct change *c = plan->program->changes;
	size_t i;

	for (i = 0; i < plan->program->change_count; i++)
		if (c[i].instance && !strcmp(c[i].name, name))
			return true;
	return instances_find(&plan->known, name);
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

static enum stage stage_of(const struct plan *plan, const struct forecast *f,
			   const struct change *c)
{
	if (!c->instance || follows(plan, c, VERB_DELETE))
		return STAGE_END;
	return forecast_find(f, c->name) ? STAGE_CHANGE : STAGE_CREATE;
}

static int forecast_as_written(struct plan *plan, struct step *written)
{
	struct program *p = plan->program;
	struct forecast f;
	size_t i;
	int err = 0;

	forecast_start(&f, &plan->known);
	for (i = 0; !err && i < p->change_count; i++) {
		struct change *c = &p->changes[i];

		written[i] = (struct step){ .change = c, .stage = stage_of(plan, &f, c) };
		err = forecast_change(&f, c, &p->errors);
	}
	forecast_free(&f);
	return err;
}

static void order_steps(struct plan *plan, const struct step *written)
{
	enum stage stage;
	size_t i;

	plan->steps = xcalloc(plan->program->change_count, sizeof(*plan->steps));
	for (stage = STAGE_CREATE; stage <= STAGE_END; stage++)
		for (i = 0; i < plan->program->change_count; i++)
			if (written[i].stage == stage)
				plan->steps[plan->step_count++] = written[i];
}

/* The kernel sees the steps in this order, so they have to be right in this one too. */
static int forecast_as_executed(struct plan *plan)
{
	struct forecast f;
	size_t i;
	int err = 0;

	forecast_start(&f, &plan->known);
	for (i = 0; !err && i < plan->step_count; i++) {
		struct step *s = &plan->steps[i];

		s->before = forecast_find(&f, s->change->name);
		err = forecast_change(&f, s->change, &plan->program->errors);
	}
	forecast_free(&f);
	return err;
}

static int make_steps(struct plan *plan)
{
	struct step *written = xcalloc(plan->program->change_count, sizeof(*written));
	int err = forecast_as_written(plan, written);

	if (!err) {
		order_steps(plan, written);
		err = forecast_as_executed(plan);
	}
	free(written);
	return err;
}

/* Without a rule that names it nobody can need it yet, so that a check leaves no trace. */
static bool check_only(const struct plan *plan, const struct step *s, const struct swap *rules)
{
	return plan->dry && !rules_name(rules, s->change->name);
}

static int check_definition(struct plan *plan, const struct step *s, const struct swap *rules)
{
	enum kernel_new how = s->stage == STAGE_CREATE ? KERNEL_CREATE : KERNEL_CHANGE;
	const struct change *c = s->change;
	struct kernel_error error;

	if (s->stage == STAGE_CREATE && !check_only(plan, s, rules))
		return 0;
	/* What this text makes itself the kernel cannot check yet. */
	if (s->stage != STAGE_CREATE && !instances_find(&plan->known, c->name))
		return 0;
	if (!kernel_new(c->instance, how, true, &error))
		return 0;
	return report_definition(plan, c, &error);
}

/* Refused as well if only the batch would remove the rules that name it: should
 * one of them stay, the batch could not be taken back any more.
 */
static int check_deletion(struct plan *plan, const struct change *c, const struct swap *rules)
{
	struct kernel_error error;

	if (rules_name(rules, c->name))
		return report(plan, c->place, -EBUSY, "rules added here use the alias", c->name);
	if (!instances_find(&plan->known, c->name))
		return 0;
	if (!kernel_delete(c->name, true, c->place, &error))
		return 0;
	return report_kernel(plan, &error);
}

/* What the forecast cannot know: links, and rules that name an alias. */
static int check_step(struct plan *plan, const struct step *s, const struct swap *rules)
{
	if (s->change->verb == VERB_DELETE)
		return check_deletion(plan, s->change, rules);
	/* After a deletion there are no links; the kernel would still see those of now. */
	if (s->stage == STAGE_END)
		return 0;
	return check_definition(plan, s, rules);
}

static int perform(const struct step *s, struct kernel_error *error)
{
	struct change *c = s->change;
	int err;

	if (c->instance)
		err = kernel_new(c->instance,
				 s->before ? KERNEL_CREATE_OR_CHANGE : KERNEL_CREATE, false, error);
	else if (c->verb == VERB_FLUSH)
		err = kernel_flush(c->name, c->place, error);
	else
		err = kernel_delete(c->name, false, c->place, error);
	c->done = !err;
	return err;
}

static int perform_or_report(struct plan *plan, const struct step *s)
{
	struct kernel_error error;

	if (!perform(s, &error))
		return 0;
	if (s->change->instance)
		return report_definition(plan, s->change, &error);
	return report_kernel(plan, &error);
}

static int create_all(struct plan *plan, const struct swap *rules)
{
	int err = 0;
	size_t i;

	for (i = 0; !err && i < plan->step_count; i++) {
		const struct step *s = &plan->steps[i];

		if (s->stage == STAGE_CREATE && !check_only(plan, s, rules))
			err = perform_or_report(plan, s);
	}
	return err;
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
	if (!err)
		err = make_steps(plan);
	for (i = 0; !err && i < plan->step_count; i++)
		err = check_step(plan, &plan->steps[i], rules);
	return err ? err : create_all(plan, rules);
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

int plan_commit(struct plan *plan)
{
	int err = 0;
	size_t i;

	for (i = 0; !err && i < plan->step_count; i++)
		if (!plan->steps[i].change->done)
			err = perform_or_report(plan, &plan->steps[i]);
	if (err)
		plan_roll_back(plan);
	return err;
}

static int undo(const struct step *s, struct kernel_error *error)
{
	struct change *c = s->change;

	c->done = false;
	if (c->verb == VERB_FLUSH)
		return 0;
	if (s->before)
		return kernel_new(s->before, KERNEL_CREATE_OR_CHANGE, false, error);
	return kernel_delete(c->name, false, c->place, error);
}

void plan_roll_back(struct plan *plan)
{
	struct kernel_error error;
	size_t i;

	for (i = plan->step_count; i > 0; i--) {
		const struct step *s = &plan->steps[i - 1];
		const struct change *c = s->change;

		if (!c->done)
			continue;
		if (undo(s, &error))
			report_add(&plan->program->errors, c->place,
				   "the alias %s cannot be taken back: %s", c->name,
				   error.sentence);
		else if (!c->instance)
			report_add(&plan->program->errors, c->place,
				   "the links of the alias %s have ended already", c->name);
	}
}

void plan_free(struct plan *plan)
{
	instances_free(&plan->known);
	free(plan->steps);
}
