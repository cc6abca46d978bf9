// SPDX-License-Identifier: GPL-2.0
/* Negative control: a warning of the compiler at W=1, and one of sparse. */
#include <linux/module.h>
#include <linux/types.h>

/* No prototype: W=1 */
int control_warnings(__be16 port);

int control_without_prototype(int port)
{
	return port;
}

/* Byte order: sparse */
int control_warnings(__be16 port)
{
	return port + 1;
}

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("negative control of the test rig: warnings");
