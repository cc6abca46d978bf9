/* SPDX-License-Identifier: GPL-2.0 */
/* The model: an instance as the user configures it and as the kernel shows it, and a link. */
#ifndef INSTANCE_H
#define INSTANCE_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/netfilter/nft_alias.h>
#include "behaviour.h"
#include "protocol.h"
#include "source.h"

/* Addresses are in host order here and in network order on the wire. */
struct address_range {
	uint32_t	first, last;
	struct place	place;
};

/* What one protocol has in the place of the instance's own. */
struct choice {
	bool		given;
	uint8_t		value;
	struct place	place;
};

/* A shorter life of UDP links to one port. */
struct udp_port {
	uint16_t	port;
	uint32_t	seconds;
	struct place	port_place, seconds_place;
};

/* Counts of links, in the order of ALIAS_A_INSTANCE_LINKS_TCP and those that follow it. */
#define LINK_COUNTS	(ALIAS_A_INSTANCE_LINKS_OTHER - ALIAS_A_INSTANCE_LINKS_TCP + 1)

struct instance {
	char			name[ALIAS_NAME_SIZE];
	uint32_t		number;		/* 0: none */
	struct address_range	*ranges;
	size_t			range_count;
	uint16_t		port_min, port_max;
	uint32_t		flags;
	uint8_t			behaviour[BEHAVIOUR_COUNT];
	struct choice		choices[PROTOCOLS_WITH_PORTS][BEHAVIOUR_COUNT];

	uint32_t		timeouts[ALIAS_A_TIMEOUT_MAX + 1];
	struct place		timeout_places[ALIAS_A_TIMEOUT_MAX + 1];
	struct udp_port		udp_ports[ALIAS_UDP_PORTS_MAX];
	size_t			udp_port_count;

	/* In answers of the kernel only. */
	uint32_t		rules, subscribers, aside;
	uint32_t		links[LINK_COUNTS];
	uint64_t		out[ALIAS_A_COUNTER_MAX + 1];
	uint64_t		in[ALIAS_A_COUNTER_MAX + 1];

	/* Where each attribute stands in the user's text, by ALIAS_A_INSTANCE_*. */
	struct place		places[ALIAS_A_INSTANCE_MAX + 1];
};

struct link {
	char		instance[ALIAS_NAME_SIZE];
	uint8_t		protocol;
	uint8_t		state;
	uint32_t	inside, outside, peer;
	bool		has_ports;	/* identifiers in the case of ICMP and GRE */
	uint16_t	inside_port, outside_port, peer_port;
	uint32_t	seconds;
	uint32_t	peers;		/* 0: not said */
};

struct instance *instance_new(void);
void instance_free(struct instance *i);
void instance_add_range(struct instance *i, uint32_t first, uint32_t last, struct place place);

/* A sentence that says what is wrong with a name, NULL if it is good. */
const char *instance_name_fault(const char *name);

/* What is wrong with the last range added, NULL if nothing is. */
const char *instance_range_fault(const struct instance *i);

/* Whether a number is a timeout and has not its default. */
bool instance_timeout_differs(const struct instance *i, unsigned int timeout);

/* What is wrong with one more UDP port, NULL if nothing is. */
const char *instance_udp_port_fault(const struct instance *i, uint32_t port);

/* Whether a protocol's behaviour is not that of the others. */
bool instance_differs(const struct instance *i, unsigned int slot, enum behaviour b);

/* The name of the flag 1 << bit, NULL behind the last one; and the flag of a name, 0: none. */
const char *flag_name(unsigned int bit);
uint32_t flag_find(const char *name);

/* Name of a counter, ALIAS_A_COUNTER_*; NULL for numbers that are no counter. */
const char *counter_name(unsigned int counter);
extern const char *const link_count_names[LINK_COUNTS];
const char *link_state_name(uint8_t state);

/* Length of the prefix that a range is exactly, -1 if it is none. */
int range_prefix(uint32_t first, uint32_t last);

#endif
