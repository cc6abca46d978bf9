// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include "protocol.h"

static const struct {
	const char	*name;
	uint8_t		number;
} protocols[] = {
	{ "tcp",	IPPROTO_TCP },
	{ "udp",	IPPROTO_UDP },
	{ "icmp",	IPPROTO_ICMP },
	{ "udplite",	IPPROTO_UDPLITE },
	{ "sctp",	IPPROTO_SCTP },
	{ "dccp",	IPPROTO_DCCP },
	{ "gre",	IPPROTO_GRE },
	{ "esp",	IPPROTO_ESP },
	{ "ah",		IPPROTO_AH },
};

#define PROTOCOL_COUNT	(sizeof(protocols) / sizeof(protocols[0]))

const char protocols_with_ports[] = "tcp, udp, icmp, udplite, sctp or dccp";

const char *protocol_name(uint8_t number)
{
	size_t i;

	for (i = 0; i < PROTOCOL_COUNT; i++)
		if (protocols[i].number == number)
			return protocols[i].name;
	return NULL;
}

bool protocol_find(const char *name, uint8_t *number)
{
	size_t i;

	for (i = 0; i < PROTOCOL_COUNT; i++) {
		if (strcmp(name, protocols[i].name))
			continue;
		*number = protocols[i].number;
		return true;
	}
	return false;
}

int protocol_slot(uint8_t number)
{
	int i;

	for (i = 0; i < PROTOCOLS_WITH_PORTS; i++)
		if (protocols[i].number == number)
			return i;
	return -1;
}

uint8_t protocol_of_slot(unsigned int slot)
{
	return protocols[slot].number;
}
