/* SPDX-License-Identifier: GPL-2.0 */
/* Instances and links as JSON objects, and instances out of them. */
#ifndef OBJECT_H
#define OBJECT_H

#include <jansson.h>
#include "program.h"

json_t *object_instance(const struct instance *i, bool state);
json_t *object_link(const struct link *l);

/* NULL: something was wrong and has been reported. */
struct instance *object_read(struct program *p, json_t *j);

#endif
