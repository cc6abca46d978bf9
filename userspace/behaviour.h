/* SPDX-License-Identifier: GPL-2.0 */
/* How outside ports are given and who may send to them: RFC 4787's two behaviours, by name. */
#ifndef BEHAVIOUR_H
#define BEHAVIOUR_H

#include <stdbool.h>
#include <stdint.h>

enum behaviour {
	BEHAVIOUR_MAPPING,
	BEHAVIOUR_FILTER,
	BEHAVIOUR_COUNT
};

const char *behaviour_name(enum behaviour b);
const char *behaviour_value_name(enum behaviour b, uint8_t value);
bool behaviour_find(enum behaviour b, const char *name, uint8_t *value);

/* The names of its values, for sentences. */
const char *behaviour_values(enum behaviour b);

#endif
