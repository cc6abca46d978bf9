/* SPDX-License-Identifier: GPL-2.0 */
/* What the aliases will be after each change of a text, without asking the kernel. */
#ifndef FORECAST_H
#define FORECAST_H

#include "kernel.h"
#include "program.h"

/* Points into what it was started with and into the changes; it owns neither. */
struct forecast {
	const struct instance	**at;
	size_t			count;
};

void forecast_start(struct forecast *f, const struct instances *known);
void forecast_free(struct forecast *f);
const struct instance *forecast_find(const struct forecast *f, const char *name);

/**
 * forecast_change - go on to what is after a change
 *
 * Returns 0, or a negative errno after it reported, in the kernel's words, why
 * the kernel would refuse the change then. Links are not known here.
 */
int forecast_change(struct forecast *f, const struct change *c, struct report *errors);

/* The first range of an instance that another one has as well, or NULL. */
const struct address_range *forecast_taken(const struct instance *i, const struct instance *other);

#endif
