/* SPDX-License-Identifier: GPL-2.0 */
/* The model on the wire: netlink attributes of instances and links, both ways. */
#ifndef WIRE_H
#define WIRE_H

#include <libmnl/libmnl.h>
#include "instance.h"

/* Which attribute of a request came from which place of the text, so that the
 * offset in the kernel's extended acknowledgment leads back to it.
 */
struct wire_place {
	uint32_t	off;
	struct place	place;
};

struct wire_places {
	struct wire_place	*at;
	size_t			count;
};

void wire_put_instance(struct nlmsghdr *nlh, const struct instance *i, struct wire_places *places);
struct place wire_find_place(const struct wire_places *places, uint32_t off,
			     struct place otherwise);
void wire_free_places(struct wire_places *places);

/* NULL or false: the message is not what the interface promises. */
struct instance *wire_get_instance(const struct nlattr *nest);
bool wire_get_link(const struct nlattr *nest, struct link *l);
bool wire_get_namespace(const struct nlattr *nest, uint64_t *out, uint64_t *in);

#endif
