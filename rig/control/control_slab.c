// SPDX-License-Identifier: GPL-2.0
/* Negative control: an object left in a cache at unload turns a run red. */
#include <linux/module.h>
#include <linux/slab.h>

static struct kmem_cache *control_cache;
static void *control_object;

static int __init control_init(void)
{
	control_cache = kmem_cache_create("control_slab", 64, 0, 0, NULL);
	if (!control_cache)
		return -ENOMEM;
	control_object = kmem_cache_alloc(control_cache, GFP_KERNEL);
	if (!control_object) {
		kmem_cache_destroy(control_cache);
		return -ENOMEM;
	}
	return 0;
}
module_init(control_init);

static void __exit control_exit(void)
{
	kmem_cache_destroy(control_cache);
}
module_exit(control_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("negative control of the test rig: slab");
