/* SPDX-License-Identifier: GPL-2.0 */
/* The JSON of nft with alias objects and alias statements in it, both ways. */
#ifndef JSON_H
#define JSON_H

#include <jansson.h>
#include "kernel.h"
#include "program.h"

#define ALIAS_SCHEMA_VERSION	1

/**
 * json_translate - as translate(), for JSON
 *
 * Returns false if the text is not JSON; then nothing was done.
 */
bool json_translate(struct program *program, struct source *source);

/**
 * json_undo - one line that libnftables printed, with alias statements put back
 * @all: instances to show first, or NULL
 *
 * Returns false if there was nothing of ours: the line stays as it is.
 */
bool json_undo(struct buf *b, const char *line, size_t len, const struct instances *all);

/* Print a list of our own: metainfo first. */
void json_print_list(json_t *objects, const char *nft_metainfo, FILE *f);

#endif
