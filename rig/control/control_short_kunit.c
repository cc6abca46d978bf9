// SPDX-License-Identifier: GPL-2.0
/* Negative control: a suite that ends before its last case turns a run red. */
#include <linux/module.h>

static int __init control_init(void)
{
	pr_info("    1..2\n");
	pr_info("    ok 1 control_first\n");
	pr_info("ok 1 control_short\n");
	return 0;
}
module_init(control_init);

static void __exit control_exit(void)
{
}
module_exit(control_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("negative control of the test rig: short_kunit");
