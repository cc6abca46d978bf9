/* SPDX-License-Identifier: GPL-2.0 */
/* Transport: generic netlink over libmnl, with extended acknowledgments. */
#ifndef GENL_H
#define GENL_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

struct genl {
	struct mnl_socket	*socket;
	uint32_t		seq;
	uint16_t		family;
	uint8_t			version;
	uint32_t		group;		/* multicast group, 0: none */
};

struct genl_error {
	int		error;			/* positive errno */
	uint32_t	off;			/* of the bad attribute, 0: unknown */
	char		sentence[256];		/* the kernel's own, else strerror's */
};

/* Largest request and largest answer. */
#define GENL_BUFFER	(128 * 1024)

/**
 * genl_open - open a socket and look the family up
 *
 * Returns 0 or a negative errno: -ENOENT if the kernel has no such family,
 * even after it tried to load a module for it.
 */
int genl_open(struct genl *g, const char *family, const char *group);
void genl_close(struct genl *g);

struct nlmsghdr *genl_request(struct genl *g, void *buffer, uint8_t command, uint16_t flags);

/**
 * genl_talk - send one request and read everything that answers it
 *
 * Returns 0 or a negative errno, then @error has the details. -EINTR: the dump
 * was disturbed by a change, ask again.
 */
int genl_talk(struct genl *g, struct nlmsghdr *request, mnl_cb_t callback, void *data,
	      struct genl_error *error);

/* Join the multicast group; genl_listen() then calls back for each event, for ever. */
int genl_subscribe(struct genl *g);
int genl_listen(struct genl *g, mnl_cb_t callback, void *data);

#endif
