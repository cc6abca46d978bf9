// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "memory.h"

static void *must(void *p)
{
	if (!p) {
		fputs("nft-alias: out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	return must(calloc(n, size));
}

void *xrealloc(void *p, size_t size)
{
	return must(realloc(p, size));
}

char *xstrdup(const char *s)
{
	return must(strdup(s));
}

char *xstrndup(const char *s, size_t len)
{
	return must(strndup(s, len));
}

static void buf_reserve(struct buf *b, size_t more)
{
	size_t need = b->len + more + 1;

	if (need <= b->size)
		return;
	b->size = need < 64 ? 64 : need * 2;
	b->data = xrealloc(b->data, b->size);
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	buf_reserve(b, len);
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_fill(struct buf *b, char c, size_t count)
{
	buf_reserve(b, count);
	memset(b->data + b->len, c, count);
	b->len += count;
	b->data[b->len] = '\0';
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (len <= 0)
		return;
	buf_reserve(b, len);
	va_start(ap, format);
	vsnprintf(b->data + b->len, len + 1, format, ap);
	va_end(ap);
	b->len += len;
}

void buf_write(const struct buf *b, FILE *f)
{
	if (b->len)
		fwrite(b->data, 1, b->len, f);
}

void buf_free(struct buf *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}
