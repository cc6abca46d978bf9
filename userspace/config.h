/* SPDX-License-Identifier: GPL-2.0 */
/* The parser of alias blocks. */
#ifndef CONFIG_H
#define CONFIG_H

#include "program.h"
#include "scan.h"

/**
 * config_parse - read "{ number 5; address … }"
 * @i: index of the opening brace; becomes the token after the closing one
 *
 * Returns the instance, or NULL when something was wrong and has been
 * reported with its place. The parser goes on after an error, so that one run
 * shows all of them.
 */
struct instance *config_parse(struct program *p, const struct tokens *t, size_t *i,
			      const char *name, struct place name_place);

bool parse_address(const char *s, uint32_t *address);
bool parse_number(const char *s, uint32_t max, uint32_t *number);

#endif
