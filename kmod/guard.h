/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_GUARD_H
#define ALIAS_GUARD_H

#include <linux/bug.h>
#include <linux/lockdep.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "alias.h"

/* "LINK" to whoever reads a dump, and no pointer or address of anybody. */
#define ALIAS_LINK_MAGIC	0x4b4e494c
/* What packets reach reads 0xecec… once it is freed, links, peers, subscribers, blocks,
 * addresses, instances: recognisable, and no canonical pointer.
 */
#define ALIAS_POISON_BYTE	0xec

void alias_guard_report(struct alias_instance *inst, struct alias_link *link);
void alias_guard_poison(void *memory, size_t bytes);

/**
 * alias_guard_is_owner - the check itself, silent
 * @inst: the instance whose table it was found in
 * @link: the link; only its hot line is read
 *
 * Return: false if the link must not be used
 */
static inline bool alias_guard_is_owner(const struct alias_instance *inst,
					const struct alias_link *link)
{
	return READ_ONCE(link->owner) == inst && READ_ONCE(link->magic) == ALIAS_LINK_MAGIC;
}

/**
 * alias_guard_owns - whether a link that a table gave belongs there
 * @inst: the instance whose table it was found in
 * @link: the link; only its hot line is read
 *
 * The one check that would have ended the outage: the entry that panicked the
 * box was healthy, but another instance's.
 *
 * Return: false if the link must not be used
 */
static inline bool alias_guard_owns(struct alias_instance *inst, struct alias_link *link)
{
	if (likely(alias_guard_is_owner(inst, link)))
		return true;
	alias_guard_report(inst, link);
	return false;
}

/**
 * alias_lock - take an instance's lock
 * @inst: the instance; the caller holds no other instance's lock
 */
static inline void alias_lock(struct alias_instance *inst) __acquires(&inst->lock)
{
	spin_lock_bh(&inst->lock);
	WRITE_ONCE(inst->holder, current);
}

/**
 * alias_unlock - release an instance's lock
 * @inst: the instance
 */
static inline void alias_unlock(struct alias_instance *inst) __releases(&inst->lock)
{
	WRITE_ONCE(inst->holder, NULL);
	spin_unlock_bh(&inst->lock);
}

/**
 * alias_assert_locked - complain unless the caller holds the instance's lock
 * @inst: the instance
 *
 * lockdep is exact but absent from production kernels, where the ancestor's
 * assertions were compiled away; the second line works there.
 */
static inline void alias_assert_locked(struct alias_instance *inst) __must_hold(&inst->lock)
{
	lockdep_assert_held(&inst->lock);
	WARN_ONCE(READ_ONCE(inst->holder) != current,
		  "nft_alias: instance %s is worked on without its lock\n", inst->name);
}

/**
 * alias_settings - what the operator of an instance wants
 * @inst: the instance; the caller holds RCU, its lock or its namespace's mutex
 *
 * Return: good as long as that is held
 */
static inline const struct alias_settings *alias_settings(const struct alias_instance *inst)
{
	return rcu_dereference_check(inst->settings, lockdep_is_held(&inst->lock) ||
				     lockdep_is_held(&alias_net(inst->net)->mutex));
}

#endif /* ALIAS_GUARD_H */
