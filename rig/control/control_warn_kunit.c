// SPDX-License-Identifier: GPL-2.0
/* Negative control: a KUnit case that passes with a WARN turns a run red. */
#include <kunit/test.h>
#include <linux/bug.h>
#include <linux/module.h>

static void control_warns(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, WARN(true, "planted\n"));
}

static struct kunit_case control_cases[] = {
	KUNIT_CASE(control_warns),
	{}
};

static struct kunit_suite control_suite = {
	.name = "control_warn",
	.test_cases = control_cases,
};

kunit_test_suite(control_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("negative control of the test rig: warn_kunit");
