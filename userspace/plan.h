/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The transaction: what the program changes in the kernel, around nft's batch.
 *
 *   prepare    check every change and create what rules of the batch may name
 *   (nft sends its batch)
 *   commit     the changes of what existed, flushes and deletions, as written
 *   roll back  instead of commit: delete what prepare created
 */
#ifndef PLAN_H
#define PLAN_H

#include "kernel.h"
#include "nlswap.h"
#include "program.h"

struct plan {
	struct program		*program;
	bool			dry;		/* --check */
	bool			prepared;
	struct instances	known;
};

/**
 * plan_prepare - the part before nft's batch
 * @rules: the rules of the batch, NULL if there is none
 *
 * Returns 0, or a negative errno after it reported errors and rolled back. Only
 * the first call does something: an optimised file is sent twice.
 */
int plan_prepare(struct plan *plan, const struct swap *rules);
int plan_commit(struct plan *plan);
void plan_roll_back(struct plan *plan);
void plan_free(struct plan *plan);

#endif
