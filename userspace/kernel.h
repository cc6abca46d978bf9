/* SPDX-License-Identifier: GPL-2.0 */
/* The commands of the kernel's family nft_alias. */
#ifndef KERNEL_H
#define KERNEL_H

#include "genl.h"
#include "instance.h"
#include "wire.h"

struct kernel_error {
	int		error;		/* positive errno, 0: none */
	char		sentence[256];
	struct place	place;		/* of the attribute or of the whole */
};

struct instances {
	struct instance	**at;
	size_t		count;
};

enum kernel_new {
	KERNEL_CREATE,		/* must not exist */
	KERNEL_CHANGE,		/* must exist */
	KERNEL_CREATE_OR_CHANGE,
};

/* The one connection of this program; opened when first used. -ENOENT: no module. */
int kernel_open(void);
void kernel_close(void);
extern const char kernel_no_module[];

/* All return 0 or a negative errno and fill in @error; @check: do nothing but check. */
int kernel_new(const struct instance *i, enum kernel_new how, bool check,
	       struct kernel_error *error);
int kernel_delete(const char *name, bool check, struct place place, struct kernel_error *error);
int kernel_flush(const char *name, struct place place, struct kernel_error *error);
int kernel_get(const char *name, struct instance **i, struct kernel_error *error);
int kernel_get_all(struct instances *all, struct kernel_error *error);
int kernel_links(const char *name, struct link **links, size_t *count, struct kernel_error *error);
int kernel_namespace(uint64_t *out, uint64_t *in, struct kernel_error *error);

typedef void (*kernel_event)(uint8_t command, const struct instance *i, void *data);

/**
 * kernel_monitor - call back for each event of an instance until something breaks
 * @known: the instances there are, read after the events began to be collected
 */
int kernel_monitor(struct instances *known, kernel_event event, void *data,
		   struct kernel_error *error);

/* Both take a copy of the name only. */
void instances_add(struct instances *all, const char *name);
void instances_remove(struct instances *all, const char *name);
void instances_free(struct instances *all);
const struct instance *instances_find(const struct instances *all, const char *name);

#endif
