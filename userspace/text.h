/* SPDX-License-Identifier: GPL-2.0 */
/* Instances and links as text. */
#ifndef TEXT_H
#define TEXT_H

#include "instance.h"
#include "memory.h"

/* A block that can be loaded again; the state stands in comments. */
void text_instance(struct buf *b, const char *prefix, const struct instance *i, bool state);

/* One line in the words of conntrack(8). */
void text_link(struct buf *b, const struct link *l);
void text_range(struct buf *b, uint32_t first, uint32_t last);
void text_address(struct buf *b, uint32_t address);

#endif
