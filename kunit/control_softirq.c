// SPDX-License-Identifier: GPL-2.0
/* Negative control: takes the lock of an instance where a softirq may come, and takes it
 * in one. lockdep must report "inconsistent lock state": that needs its hooks at each
 * turning on and off of interrupts. It turns itself off then, so this module needs a boot
 * of its own. Loading it ends with EAGAIN on purpose.
 */

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/timer.h>

#include "engine.h"

struct visit {
	struct timer_list timer;
	struct alias_instance *inst;
};

static void visit_in_softirq(struct timer_list *timer)
{
	struct visit *visit = container_of(timer, struct visit, timer);

	spin_lock(&visit->inst->lock);
	spin_unlock(&visit->inst->lock);
}

static void visit_twice(struct alias_instance *inst)
{
	static struct visit visit;

	visit.inst = inst;
	spin_lock(&inst->lock);
	spin_unlock(&inst->lock);
	timer_setup(&visit.timer, visit_in_softirq, 0);
	mod_timer(&visit.timer, jiffies + 1);
	/* Time for it to come */
	msleep(100);
	timer_shutdown_sync(&visit.timer);
}

static int __init control_init(void)
{
	struct alias_instance *inst;
	int err = engine_begin();

	if (err)
		return err;
	inst = engine_instance("softirq", 0xc6336480, 1, 1024, 65535, 0);
	if (inst) {
		visit_twice(inst);
		alias_instance_kill(inst);
	}
	engine_end();
	return inst ? -EAGAIN : -ENOMEM;
}

module_init(control_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Negative control: a lock that softirqs take, taken where they may come");
