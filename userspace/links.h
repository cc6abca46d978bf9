/* SPDX-License-Identifier: GPL-2.0 */
/* "list links": the filters, with conntrack(8)'s letters and long names. */
#ifndef LINKS_H
#define LINKS_H

#include "instance.h"
#include "report.h"
#include "scan.h"

struct subnet {
	bool		given;
	uint32_t	address, mask;
};

struct link_filter {
	char		name[ALIAS_NAME_SIZE];	/* of the instance; empty: all */
	bool		has_protocol;
	uint8_t		protocol;
	struct subnet	inside, inside_again, peer, outside;	/* -s -g -d -n */
	uint16_t	inside_port, peer_port;			/* 0: any */
	struct place	name_place;
};

/**
 * links_parse - read the words after "list links"
 *
 * Returns false if one was wrong and has been reported. @i becomes the token
 * after the last word.
 */
bool links_parse(struct link_filter *f, const struct tokens *t, size_t *i, struct report *errors);
bool links_match(const struct link_filter *f, const struct link *l);

#endif
