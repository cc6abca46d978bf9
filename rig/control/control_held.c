// SPDX-License-Identifier: GPL-2.0
/* Negative control: a reference to the module that nobody gives back turns a run red. */
#include <linux/module.h>

static int __init control_init(void)
{
	return try_module_get(THIS_MODULE) ? 0 : -ENODEV;
}
module_init(control_init);

static void __exit control_exit(void)
{
}
module_exit(control_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("negative control of the test rig: held");
