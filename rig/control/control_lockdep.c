// SPDX-License-Identifier: GPL-2.0
/* Negative control: two locks taken in both orders turn a run red. */
#include <linux/module.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(control_a);
static DEFINE_SPINLOCK(control_b);

static int __init control_init(void)
{
	spin_lock(&control_a);
	spin_lock(&control_b);
	spin_unlock(&control_b);
	spin_unlock(&control_a);

	spin_lock(&control_b);
	spin_lock(&control_a);
	spin_unlock(&control_a);
	spin_unlock(&control_b);
	return 0;
}
module_init(control_init);

static void __exit control_exit(void)
{
}
module_exit(control_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("negative control of the test rig: lockdep");
