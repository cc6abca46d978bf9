// SPDX-License-Identifier: GPL-2.0
/* Collects links that are over, in slices.
 *
 * Nothing depends on it being quick: packets ask a link itself whether it is
 * live, and who wants a certain port finds out whether that is only waiting for
 * us. So it looks at each block once in about ALIAS_SWEEP_TICKS, without the
 * lock, and takes the lock for one port at a time, if there is something behind
 * it.
 */

#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "connection.h"
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

/* Whether the links behind one port are over, or shared ones, of which nobody
 * else notices that their peers are gone.
 */
static bool needs_care(struct alias_instance *inst, struct alias_link *link, u32 now)
{
	for (; link; link = alias_link_after(inst, link)) {
		if (!alias_guard_is_owner(inst, link) || alias_link_is_over(inst, link, now) ||
		    READ_ONCE(link->flags) & ALIAS_LINK_F_SHARED)
			return true;
	}
	return false;
}

/* Return: bit n is set if port n of the block needs care */
static u64 ports_to_care_for(struct alias_instance *inst, const struct alias_block *block,
			     u32 now)
{
	unsigned int n;
	u64 ports = 0;

	for (n = 0; n < ALIAS_PORTBLOCK_PORTS; n++)
		if (needs_care(inst, rcu_dereference(block->slot[n]), now))
			ports |= BIT_ULL(n);
	return ports;
}

/* Anew: the pool may have changed since the block was looked at. */
static void care_for_port(struct alias_instance *inst, const struct alias_cursor *cursor,
			  u16 port, u32 now)
{
	struct alias_address *address;
	struct alias_link *link;

	alias_lock(inst);
	address = alias_pool_find(rcu_dereference_protected(inst->pool,
							    lockdep_is_held(&inst->lock)),
				  htonl(cursor->addr));
	if (address) {
		struct alias_ports *ports = &address->ports[cursor->space];

		/* No flow is shared, so a shared link is alone behind its port. */
		link = alias_link_first(inst, ports, port);
		if (link)
			alias_connections_tidy(inst, link, now);
		alias_link_collect(inst, ports, port, now);
	}
	alias_unlock(inst);
}

static void care_for_block(struct alias_instance *inst, const struct alias_cursor *cursor,
			   u64 ports, u32 now)
{
	unsigned int n;

	for (n = 0; n < ALIAS_PORTBLOCK_PORTS; n++)
		if (ports & BIT_ULL(n))
			care_for_port(inst, cursor, cursor->block * ALIAS_PORTBLOCK_PORTS + n,
				      now);
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
	u64 ports;

	while (blocks--) {
		rcu_read_lock();
		block = alias_pool_next_block(rcu_dereference(inst->pool), &inst->cursor);
		ports = block ? ports_to_care_for(inst, block, now) : 0;
		/* The round's end is known only here: the block may be gone now. */
		if (!block)
			inst->cursor = (struct alias_cursor){};
		rcu_read_unlock();
		if (!block)
			return true;
		care_for_block(inst, &inst->cursor, ports, now);
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
