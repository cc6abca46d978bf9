// SPDX-License-Identifier: GPL-2.0
/* Negative control: a use of an object that is freed turns a run red. */
#include <linux/module.h>
#include <linux/slab.h>

static int __init control_init(void)
{
	char *object = kmalloc(64, GFP_KERNEL);
	char *late = object;

	if (!object)
		return -ENOMEM;
	OPTIMIZER_HIDE_VAR(late);
	kfree(object);
	pr_info("control_late: %d\n", READ_ONCE(late[8]));
	return 0;
}
module_init(control_init);

static void __exit control_exit(void)
{
}
module_exit(control_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("negative control of the test rig: late");
