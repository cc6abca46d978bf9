/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The transaction: what the program changes in the kernel, around nft's batch.
 *
 *   prepare    foresee what all of it leads to, check it, and create what rules
 *              of the batch may name
 *   (nft sends its batch)
 *   commit     change what existed, then flush and delete; if something fails,
 *              roll back
 *   roll back  undo what was done, the last first
 */
#ifndef PLAN_H
#define PLAN_H

#include "kernel.h"
#include "nlswap.h"
#include "program.h"

/* What cannot be undone comes last. */
enum stage {
	STAGE_CREATE,	/* before the batch */
	STAGE_CHANGE,	/* of what exists */
	STAGE_END,	/* flushes, deletions, and new ones of a name that was deleted */
};

struct step {
	struct change		*change;
	enum stage		stage;
	const struct instance	*before;	/* what had the name, NULL: nothing */
};

struct plan {
	struct program		*program;
	bool			dry;		/* --check */
	bool			prepared;
	struct instances	known;		/* before the first change */
	struct step		*steps;		/* in the order of execution */
	size_t			step_count;
};

/**
 * plan_prepare - the part before nft's batch
 * @rules: the rules of the batch, NULL if there is none
 *
 * Returns 0, or a negative errno after it reported errors and rolled back. Only
 * the first call does something: an optimised file is sent twice.
 */
int plan_prepare(struct plan *plan, const struct swap *rules);

/* Returns 0, or a negative errno after it reported errors and rolled back. */
int plan_commit(struct plan *plan);
void plan_roll_back(struct plan *plan);
void plan_free(struct plan *plan);

#endif
