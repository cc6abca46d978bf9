// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "instance.h"
#include "timeout.h"

/* The kernel's defaults, so that a block shows what will be. */
#define DEFAULT_PORT_MIN	1024
#define DEFAULT_PORT_MAX	65535

/* The last of the well-known ports (RFC 4787 REQ-5a). */
#define UDP_PORT_LAST		1023

struct instance *instance_new(void)
{
	struct instance *i = xcalloc(1, sizeof(*i));
	unsigned int t;

	i->port_min = DEFAULT_PORT_MIN;
	i->port_max = DEFAULT_PORT_MAX;
	i->behaviour[BEHAVIOUR_MAPPING] = ALIAS_MAPPING_EIM;
	i->behaviour[BEHAVIOUR_FILTER] = ALIAS_FILTER_EIF;
	for (t = 0; t <= ALIAS_A_TIMEOUT_MAX; t++)
		i->timeouts[t] = timeout_default(t);
	return i;
}

void instance_free(struct instance *i)
{
	if (i)
		free(i->ranges);
	free(i);
}

void instance_add_range(struct instance *i, uint32_t first, uint32_t last, struct place place)
{
	GROW(i->ranges, i->range_count);
	i->ranges[i->range_count++] = (struct address_range){
		.first = first, .last = last, .place = place,
	};
}

const char *instance_name_fault(const char *name)
{
	if (!*name)
		return "the name of an alias cannot be empty";
	if (strlen(name) >= ALIAS_NAME_SIZE)
		return "the name of an alias has at most 31 characters";
	if (!isalpha((unsigned char)*name))
		return "the name of an alias begins with a letter";
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("_-./\\", *name))
			return "the name of an alias has letters, digits and _ - . / \\ only";
	return NULL;
}

/* 0.0.0.0/8, 127.0.0.0/8 and 224.0.0.0/3 are nobody's outside address. */
static bool reserved(const struct address_range *r)
{
	return r->first <= 0x00ffffff || (r->first <= 0x7fffffff && r->last >= 0x7f000000) ||
	       r->last >= 0xe0000000;
}

const char *instance_range_fault(const struct instance *i)
{
	const struct address_range *last = &i->ranges[i->range_count - 1], *r;
	uint64_t total = 0;

	if (last->first > last->last)
		return "the range of addresses is reversed";
	if (reserved(last))
		return "0.0.0.0/8, 127.0.0.0/8 and 224.0.0.0/3 cannot be outside addresses";
	for (r = i->ranges; r < last; r++) {
		if (last->first <= r->last && r->first <= last->last)
			return "the address is given twice";
		total += (uint64_t)r->last - r->first + 1;
	}
	total += (uint64_t)last->last - last->first + 1;
	if (total > ALIAS_ADDRESSES_MAX)
		return "an alias has at most 1024 addresses";
	return NULL;
}

bool instance_timeout_differs(const struct instance *i, unsigned int timeout)
{
	return timeout_name(timeout) && i->timeouts[timeout] != timeout_default(timeout);
}

const char *instance_udp_port_fault(const struct instance *i, uint32_t port)
{
	size_t n;

	if (!port || port > UDP_PORT_LAST)
		return "timeouts of UDP ports are for the ports 1 to 1023";
	for (n = 0; n < i->udp_port_count; n++)
		if (i->udp_ports[n].port == port)
			return "the port is given twice";
	return n < ALIAS_UDP_PORTS_MAX ? NULL : "an alias has at most 16 timeouts of UDP ports";
}

bool instance_differs(const struct instance *i, unsigned int slot, enum behaviour b)
{
	const struct choice *c = &i->choices[slot][b];

	return c->given && c->value != i->behaviour[b];
}

static const char *const flag_names[] = { "same-ports", "deny-in", "refresh-in", "pptp" };

#define FLAG_COUNT	(sizeof(flag_names) / sizeof(flag_names[0]))

const char *flag_name(unsigned int bit)
{
	return bit < FLAG_COUNT ? flag_names[bit] : NULL;
}

uint32_t flag_find(const char *name)
{
	unsigned int bit;

	for (bit = 0; bit < FLAG_COUNT; bit++)
		if (!strcmp(name, flag_names[bit]))
			return 1U << bit;
	return 0;
}

static const char *const counter_names[ALIAS_A_COUNTER_MAX + 1] = {
	[ALIAS_A_COUNTER_PACKETS]	= "packets",
	[ALIAS_A_COUNTER_BYTES]		= "bytes",
	[ALIAS_A_COUNTER_MALFORMED]	= "malformed",
	[ALIAS_A_COUNTER_FRAGMENT]	= "fragment",
	[ALIAS_A_COUNTER_PROTOCOL]	= "protocol",
	[ALIAS_A_COUNTER_ZERO_PORT]	= "zero-port",
	[ALIAS_A_COUNTER_NO_LINK]	= "no-link",
	[ALIAS_A_COUNTER_NO_PORT]	= "no-port",
	[ALIAS_A_COUNTER_NO_MEMORY]	= "no-memory",
	[ALIAS_A_COUNTER_FOREIGN]	= "foreign",
	[ALIAS_A_COUNTER_DYING]		= "dying",
	[ALIAS_A_COUNTER_CHECKSUM]	= "checksum",
	[ALIAS_A_COUNTER_FILTERED]	= "filtered",
};

const char *counter_name(unsigned int counter)
{
	return counter <= ALIAS_A_COUNTER_MAX ? counter_names[counter] : NULL;
}

const char *const link_count_names[LINK_COUNTS] = {
	"tcp", "udp", "icmp", "udplite", "sctp", "dccp", "other",
};

const char *link_state_name(uint8_t state)
{
	static const char *const names[] = {
		[ALIAS_LINK_ACTIVE]		= "ACTIVE",
		[ALIAS_LINK_OPENING]		= "OPENING",
		[ALIAS_LINK_ESTABLISHED]	= "ESTABLISHED",
		[ALIAS_LINK_FIN_OUT]		= "FIN_OUT",
		[ALIAS_LINK_FIN_IN]		= "FIN_IN",
		[ALIAS_LINK_CLOSING]		= "CLOSING",
		[ALIAS_LINK_RESET]		= "RESET",
		[ALIAS_LINK_RESTING]		= "RESTING",
	};

	return state <= ALIAS_LINK_STATE_MAX ? names[state] : "UNKNOWN";
}

int range_prefix(uint32_t first, uint32_t last)
{
	int len;

	for (len = 0; len <= 32; len++) {
		uint32_t host = len ? (uint32_t)((1ULL << (32 - len)) - 1) : UINT32_MAX;

		if (!(first & host) && last == (first | host))
			return len;
	}
	return -1;
}
