/* SPDX-License-Identifier: GPL-2.0 */
/* Checks that print KTAP lines; a failed one prints where and what. */
#ifndef KTAP_H
#define KTAP_H

#include <stdbool.h>
#include <stddef.h>

void ktap_begin(void);
void ktap_check(bool good, const char *name, const char *file, int line);
void ktap_text(const char *got, const char *wanted, const char *name, const char *file, int line);
void ktap_number(long long got, long long wanted, const char *name, const char *file, int line);
int ktap_end(void);

#define CHECK(condition, name)		ktap_check(condition, name, __FILE__, __LINE__)
#define CHECK_TEXT(got, wanted, name)	ktap_text(got, wanted, name, __FILE__, __LINE__)
#define CHECK_NUMBER(got, wanted, name)	ktap_number(got, wanted, name, __FILE__, __LINE__)

#endif
