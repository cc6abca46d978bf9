/* SPDX-License-Identifier: GPL-2.0 */
/* libnftables' error text speaks of the translated text; the user sees his own. */
#ifndef ERRORS_H
#define ERRORS_H

#include <stdio.h>
#include "intercept.h"

void errors_print(const struct intercept *i, const char *text, FILE *f);

#endif
