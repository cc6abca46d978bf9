// SPDX-License-Identifier: GPL-2.0
/* Negative control: a read past the end of an object turns a run red. */
#include <linux/module.h>
#include <linux/slab.h>

static int __init control_init(void)
{
	char *object = kmalloc(13, GFP_KERNEL);
	size_t size = 13;

	if (!object)
		return -ENOMEM;
	/* The compiler must not see that this is out of bounds. */
	OPTIMIZER_HIDE_VAR(size);
	pr_info("control_overrun: %d\n", READ_ONCE(object[size]));
	kfree(object);
	return 0;
}
module_init(control_init);

static void __exit control_exit(void)
{
}
module_exit(control_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("negative control of the test rig: overrun");
