// SPDX-License-Identifier: GPL-2.0
/* Negative control: memory without an owner turns a run red. */
#include <linux/module.h>
#include <linux/slab.h>

static int __init control_init(void)
{
	int i;

	/* Several, as a stale word on a stack can make one look owned. */
	for (i = 0; i < 8; i++) {
		char *object = kmalloc(200, GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(object);
		if (!object)
			return -ENOMEM;
	}
	return 0;
}
module_init(control_init);

static void __exit control_exit(void)
{
}
module_exit(control_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("negative control of the test rig: leak");
