// SPDX-License-Identifier: GPL-2.0
/* Negative control: a cache of ours that is there after the unload turns a run red. */
#include <linux/module.h>
#include <linux/slab.h>

static int __init control_init(void)
{
	return kmem_cache_create("nft_alias_control", 64, 0, 0, NULL) ? 0 : -ENOMEM;
}
module_init(control_init);

static void __exit control_exit(void)
{
}
module_exit(control_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("negative control of the test rig: cache");
