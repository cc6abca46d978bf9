/* SPDX-License-Identifier: GPL-2.0 */
/* The user's text becomes text that libnftables understands; what it cannot is put aside. */
#ifndef TRANSLATE_H
#define TRANSLATE_H

#include "program.h"

/**
 * translate - fill in source->made
 * @context: where the text stands, for included files
 *
 * Alias statements of rules become placeholders; alias blocks and commands
 * become blanks of the same size and entries of the program. Everything else
 * stays as it is, byte by byte. Errors are added to program->errors.
 */
void translate(struct program *program, struct source *source, enum context context);

#endif
