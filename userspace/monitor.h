/* SPDX-License-Identifier: GPL-2.0 */
/* "monitor aliases": events of instances as they come. */
#ifndef MONITOR_H
#define MONITOR_H

#include <stdbool.h>
#include "kernel.h"

/* Returns only with an error. */
int monitor_aliases(bool json, struct kernel_error *error);

#endif
