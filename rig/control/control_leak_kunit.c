// SPDX-License-Identifier: GPL-2.0
/* Negative control: a KUnit case that loses memory turns a run red. */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/slab.h>

static void control_loses(struct kunit *test)
{
	int i;

	/* Several, as a stale word on a stack can make one look owned. */
	for (i = 0; i < 8; i++) {
		char *object = kmalloc(200, GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(object);
		KUNIT_ASSERT_NOT_NULL(test, object);
	}
}

static struct kunit_case control_cases[] = {
	KUNIT_CASE(control_loses),
	{}
};

static struct kunit_suite control_suite = {
	.name = "control_leak",
	.test_cases = control_cases,
};

kunit_test_suite(control_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("negative control of the test rig: leak_kunit");
