// SPDX-License-Identifier: GPL-2.0
/* What makes damage visible: ownership, poison. */

#include <linux/rcupdate.h>
#include <linux/string.h>

#include "alias.h"
#include "guard.h"

/* The owner a damaged link points to may be any address, so it is compared with
 * the instances that exist and never followed.
 */
static const char *owner_name(struct alias_instance *inst, const struct alias_instance *owner)
{
	struct alias_net *an = alias_net(inst->net);
	struct alias_instance *other;
	unsigned long id;

	xa_for_each(&an->ids, id, other)
		if (other == owner)
			return other->name;
	return "no instance of this namespace";
}

/**
 * alias_guard_report - a table held a link that is not its own
 * @inst: whose table it was
 * @link: the link; it is left as it is, as evidence
 *
 * Says it once: the box goes on forwarding, and the counter
 * "foreign" tells how often it happened.
 */
void alias_guard_report(struct alias_instance *inst, struct alias_link *link)
{
	const struct alias_instance *owner = READ_ONCE(link->owner);

	/* For the name of the other one, which may be going. */
	rcu_read_lock();
	WARN_ONCE(1, "nft_alias: instance %s (%p) holds link %p of %s (%p), magic %#x\n",
		  inst->name, inst, link, owner_name(inst, owner), owner, READ_ONCE(link->magic));
	rcu_read_unlock();
}

/**
 * alias_guard_poison - make freed memory recognisable
 * @memory: nobody can reach it any more: its grace period is over
 * @bytes: size
 */
void alias_guard_poison(void *memory, size_t bytes)
{
	memset(memory, ALIAS_POISON_BYTE, bytes);
}
