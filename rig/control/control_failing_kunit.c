// SPDX-License-Identifier: GPL-2.0
/* Negative control: a failing case turns a KUnit run red. */
#include <kunit/test.h>
#include <linux/module.h>

static void control_fails(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 1, 2);
}

static void control_passes(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 1, 1);
}

static struct kunit_case control_cases[] = {
	KUNIT_CASE(control_fails),
	KUNIT_CASE(control_passes),
	{}
};

static struct kunit_suite control_suite = {
	.name = "control_failing",
	.test_cases = control_cases,
};

kunit_test_suite(control_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("negative control of the test rig: failing_kunit");
