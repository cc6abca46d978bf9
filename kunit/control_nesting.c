// SPDX-License-Identifier: GPL-2.0
/* Negative control: takes the locks of two instances at once. lockdep must
 * report "possible recursive locking detected", for all instances' locks are of
 * one class. It turns itself off then, so this module needs a boot of its own.
 * Loading it ends with EAGAIN on purpose.
 */

#include <linux/module.h>

#include "engine.h"

static void nest(struct alias_instance *outer, struct alias_instance *inner)
{
	alias_lock(outer);
	alias_lock(inner);
	alias_unlock(inner);
	alias_unlock(outer);
}

static int __init control_init(void)
{
	struct alias_instance *a, *b;
	int err = engine_begin();

	if (err)
		return err;
	a = engine_instance("a", 0xc6336480, 1, 1024, 65535, 0);
	b = engine_instance("b", 0xc6336481, 1, 1024, 65535, 0);
	if (a && b)
		nest(a, b);
	if (a)
		alias_instance_kill(a);
	if (b)
		alias_instance_kill(b);
	engine_end();
	return a && b ? -EAGAIN : -ENOMEM;
}

module_init(control_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Negative control: nested locks of two instances");
