// SPDX-License-Identifier: GPL-2.0
/* Negative control: what each detector of the sanitizer kernel that needs nothing of
 * ours must report: a look at what RCU protects without its lock, sleep with a lock
 * held, a shift that is too far, a timer that is set up while it runs, a list that is
 * damaged. The first report turns lockdep off, so this module needs a boot of its own.
 * Loading it ends with EAGAIN on purpose.
 */

#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

static int value;
static int __rcu *protected = (int __rcu __force *)&value;
static DEFINE_SPINLOCK(lock);
static LIST_HEAD(list);
static LIST_HEAD(entry);
static struct timer_list timer;
static unsigned int distance = 32;

/* "suspicious RCU usage" */
static void look_without_lock(void)
{
	pr_info("%d\n", *rcu_dereference(protected));
}

/* "sleeping function called from invalid context" */
static void sleep_with_lock(void)
{
	spin_lock(&lock);
	might_sleep();
	spin_unlock(&lock);
}

/* "UBSAN: shift-out-of-bounds" */
static void shift_too_far(void)
{
	pr_info("%d\n", 1 << READ_ONCE(distance));
}

static void never(struct timer_list *t)
{
}

/* "ODEBUG: init active": the second one, by its report, stops the timer. */
static void set_up_while_it_runs(void)
{
	timer_setup(&timer, never, 0);
	mod_timer(&timer, jiffies + 3600 * HZ);
	timer_setup(&timer, never, 0);
}

/* "list_add corruption" */
static void damage_list(void)
{
	list.next = &entry;
	list_add(&entry, &list);
}

static int __init control_init(void)
{
	look_without_lock();
	sleep_with_lock();
	shift_too_far();
	set_up_while_it_runs();
	damage_list();
	return -EAGAIN;
}

module_init(control_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Negative control: the kernel's own detectors");
