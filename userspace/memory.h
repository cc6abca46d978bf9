/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that is always there (the program ends without it), and a growing buffer. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

struct buf {
	char	*data;
	size_t	len;
	size_t	size;
};

void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);

/* Room for one more element of an array that grows in powers of two. */
#define GROW(array, count)                                                                         \
	do {                                                                                       \
		if (!((count) & ((count)-1)))                                                      \
			(array) = xrealloc((array), ((count) ? (count)*2 : 1) * sizeof(*(array))); \
	} while (0)

/* The data of a buffer is always followed by a NUL that len does not count. */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_str(struct buf *b, const char *s);
void buf_fill(struct buf *b, char c, size_t count);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_write(const struct buf *b, FILE *f);
void buf_free(struct buf *b);

#endif
