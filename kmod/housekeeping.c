// SPDX-License-Identifier: GPL-2.0
/* Collects links that are over, in slices.
 *
 * Nothing depends on it being quick: packets ask a link itself whether it is
 * live, and who wants a certain port finds out whether that is only waiting for
 * us. So it looks at each block once in about ALIAS_SWEEP_TICKS, without the
 * lock, and takes the lock for one block at a time, if there is something in it.
 */

#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "guard.h"
#include "housekeeping.h"
#include "instance.h"
#include "link.h"
#include "pool.h"

#define ALIAS_TICK_JIFFIES	HZ
/* A whole round of an instance takes so many ticks, which is how late a port
 * may be back: little beside the shortest timeout of 60 s.
 */
#define ALIAS_SWEEP_TICKS	8
/* Below this a round is one tick: not worth spreading. */
#define ALIAS_SWEEP_BLOCKS_MIN	16

static struct workqueue_struct *housekeeping_wq;

static bool block_has_any_over(struct alias_instance *inst, const struct alias_block *block,
			       u32 now)
{
	unsigned int n;

	for (n = 0; n < ALIAS_PORTBLOCK_PORTS; n++) {
		struct alias_link *link = rcu_dereference(block->slot[n]);

		if (link && (!alias_guard_is_owner(inst, link) || alias_link_is_over(link, now)))
			return true;
	}
	return false;
}

static void collect_block(struct alias_instance *inst, const struct alias_cursor *cursor, u32 now)
{
	unsigned int port = cursor->block * ALIAS_PORTBLOCK_PORTS;
	unsigned int end = port + ALIAS_PORTBLOCK_PORTS;
	struct alias_address *address;
	struct alias_link *link;

	alias_lock(inst);
	/* Anew: the pool may have changed since the block was looked at. */
	address = alias_pool_find(rcu_dereference_protected(inst->pool,
							    lockdep_is_held(&inst->lock)),
				  htonl(cursor->addr));
	for (; address && port < end; port++) {
		struct alias_ports *ports = &address->ports[cursor->space];

		link = alias_ports_find(ports, port);
		if (!link)
			continue;
		if (!alias_guard_owns(inst, link))
			alias_link_set_aside(inst, ports, port);
		else if (alias_link_is_over(link, now))
			alias_link_end(inst, link);
	}
	alias_unlock(inst);
}

/**
 * alias_housekeeping_sweep - look at some of an instance's blocks
 * @inst: the instance; only one sweep of an instance at a time
 * @blocks: how many
 * @now: alias_now()
 *
 * May sleep.
 *
 * Return: whether a round has come to its end
 */
bool alias_housekeeping_sweep(struct alias_instance *inst, unsigned int blocks, u32 now)
{
	struct alias_block *block;
	bool any;

	while (blocks--) {
		rcu_read_lock();
		block = alias_pool_next_block(rcu_dereference(inst->pool), &inst->cursor);
		any = block && block_has_any_over(inst, block, now);
		/* The round's end is known only here: the block may be gone now. */
		if (!block)
			inst->cursor = (struct alias_cursor){};
		rcu_read_unlock();
		if (!block)
			return true;
		if (any)
			collect_block(inst, &inst->cursor, now);
		inst->cursor.block++;
		cond_resched();
	}
	return false;
}

static unsigned int sweep_size(struct alias_instance *inst)
{
	unsigned int space, links = 0;

	/* In the worst case every link is alone in its block. */
	for (space = 0; space < ALIAS_SPACES; space++)
		links += READ_ONCE(inst->links[space]);
	return max_t(unsigned int, links / ALIAS_SWEEP_TICKS, ALIAS_SWEEP_BLOCKS_MIN);
}

/* The instance after @id, with a reference, so that it may be worked on without
 * RCU; its id, not the pointer, leads on to the next.
 */
static struct alias_instance *next_instance(struct alias_net *an, unsigned long *id)
{
	struct alias_instance *inst;

	rcu_read_lock();
	do {
		inst = xa_find_after(&an->ids, id, ULONG_MAX, XA_PRESENT);
	} while (inst && !refcount_inc_not_zero(&inst->refs));
	rcu_read_unlock();
	return inst;
}

static void housekeeping(struct work_struct *work)
{
	struct alias_net *an = container_of(work, struct alias_net, housekeeping.work);
	struct alias_instance *inst;
	unsigned long id = 0;

	while ((inst = next_instance(an, &id))) {
		alias_housekeeping_sweep(inst, sweep_size(inst), alias_now());
		alias_instance_put(inst);
	}
	queue_delayed_work(housekeeping_wq, &an->housekeeping, ALIAS_TICK_JIFFIES);
}

/**
 * alias_housekeeping_start - begin with a namespace
 * @an: it has no instances yet
 */
void alias_housekeeping_start(struct alias_net *an)
{
	INIT_DELAYED_WORK(&an->housekeeping, housekeeping);
	queue_delayed_work(housekeeping_wq, &an->housekeeping, ALIAS_TICK_JIFFIES);
}

/**
 * alias_housekeeping_stop - wait until it leaves a namespace alone
 * @an: its instances are still there
 */
void alias_housekeeping_stop(struct alias_net *an)
{
	/* Also when the work queues itself again at this moment. */
	cancel_delayed_work_sync(&an->housekeeping);
}

/**
 * alias_housekeeping_init - before the first namespace
 *
 * Return: 0 or -ENOMEM
 */
int alias_housekeeping_init(void)
{
	housekeeping_wq = alloc_workqueue("nft_alias", WQ_UNBOUND, 0);
	return housekeeping_wq ? 0 : -ENOMEM;
}

/**
 * alias_housekeeping_exit - after the last namespace
 */
void alias_housekeeping_exit(void)
{
	destroy_workqueue(housekeeping_wq);
}
