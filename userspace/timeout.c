// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <linux/netfilter/nft_alias.h>
#include <stdlib.h>
#include <string.h>
#include "timeout.h"

/* The kernel's defaults and floors, and who asks for the floors. */
static const struct {
	const char	*name;
	uint32_t	usual, floor;
	const char	*reason;
} timeouts[ALIAS_A_TIMEOUT_MAX + 1] = {
	[ALIAS_A_TIMEOUT_TCP_OPENING] = { "tcp-opening", 240, 8, "RFC 7857 section 2.2" },
	[ALIAS_A_TIMEOUT_TCP_ESTABLISHED] = { "tcp-established", 7440, 7440, "RFC 5382 REQ-5" },
	[ALIAS_A_TIMEOUT_TCP_CLOSING] = { "tcp-closing", 240, 240, "RFC 5382 REQ-5" },
	[ALIAS_A_TIMEOUT_UDP] = { "udp", 300, 120, "RFC 4787 REQ-5" },
	[ALIAS_A_TIMEOUT_ICMP] = { "icmp", 60, 60, "RFC 5508 REQ-2" },
	[ALIAS_A_TIMEOUT_UDPLITE] = { "udplite", 300, 120, "RFC 4787 REQ-5" },
	[ALIAS_A_TIMEOUT_SCTP_OPENING] = { "sctp-opening", 240, 8, "as TCP: RFC 7857 section 2.2" },
	[ALIAS_A_TIMEOUT_SCTP_ESTABLISHED] = { "sctp-established", 7440, 7440,
					       "as TCP: RFC 5382 REQ-5" },
	[ALIAS_A_TIMEOUT_SCTP_CLOSING] = { "sctp-closing", 240, 240, "as TCP: RFC 5382 REQ-5" },
	[ALIAS_A_TIMEOUT_DCCP_OPENING] = { "dccp-opening", 240, 240, "RFC 5597 REQ-5" },
	[ALIAS_A_TIMEOUT_DCCP_ESTABLISHED] = { "dccp-established", 7440, 7440, "RFC 5597 REQ-5" },
	[ALIAS_A_TIMEOUT_DCCP_CLOSING] = { "dccp-closing", 240, 240, "RFC 5597 REQ-5" },
	[ALIAS_A_TIMEOUT_OTHER] = { "other", 600, 120, NULL },
	[ALIAS_A_TIMEOUT_HOLD] = { "hold", 120, 0, NULL },
};

const char *timeout_name(unsigned int timeout)
{
	return timeout <= ALIAS_A_TIMEOUT_MAX ? timeouts[timeout].name : NULL;
}

uint32_t timeout_default(unsigned int timeout)
{
	return timeouts[timeout].usual;
}

unsigned int timeout_find(const char *name)
{
	unsigned int t;

	for (t = 0; t <= ALIAS_A_TIMEOUT_MAX; t++)
		if (timeouts[t].name && !strcmp(name, timeouts[t].name))
			return t;
	return 0;
}

void timeout_list(struct buf *b)
{
	const char *separator = "";
	unsigned int t;

	for (t = 0; t <= ALIAS_A_TIMEOUT_MAX; t++) {
		if (!timeouts[t].name)
			continue;
		buf_printf(b, "%s%s", separator, timeouts[t].name);
		separator = t + 1 < ALIAS_A_TIMEOUT_MAX ? ", " : " or ";
	}
}

/* Each unit at most once and the longer ones first, as in nft. */
bool timeout_parse(const char *text, uint32_t *seconds)
{
	static const uint32_t units[] = { 86400, 3600, 60, 1 };
	static const char letters[] = "dhms";
	const char *unit = letters, *s;
	unsigned long long n;
	uint64_t sum = 0;
	char *end;

	for (s = text; *s; s = end + 1) {
		if (!isdigit((unsigned char)*s))
			return false;
		n = strtoull(s, &end, 10);
		if (n > UINT32_MAX)
			n = UINT32_MAX;
		/* Without a unit it stands alone. */
		if (!*end && s == text) {
			*seconds = n;
			return true;
		}
		unit = *end ? strchr(unit, *end) : NULL;
		if (!unit)
			return false;
		sum += n * units[unit++ - letters];
	}
	*seconds = sum > UINT32_MAX ? UINT32_MAX : sum;
	return s != text;
}

bool timeout_fault(unsigned int timeout, uint32_t seconds, struct buf *sentence)
{
	const char *name = timeouts[timeout].name, *reason = timeouts[timeout].reason;

	if (seconds < timeouts[timeout].floor)
		buf_printf(sentence, "timeout %s is at least %u s%s%s%s", name,
			   timeouts[timeout].floor, reason ? " (" : "", reason ? reason : "",
			   reason ? ")" : "");
	else if (seconds > ALIAS_TIMEOUT_SECONDS_MAX)
		buf_printf(sentence, "timeout %s is at most %u s", name, ALIAS_TIMEOUT_SECONDS_MAX);
	return sentence->len;
}

bool timeout_udp_port_fault(uint16_t port, uint32_t seconds, struct buf *sentence)
{
	if (!seconds || seconds > ALIAS_TIMEOUT_SECONDS_MAX)
		buf_printf(sentence, "timeout udp port %u is from 1 to %u s", port,
			   ALIAS_TIMEOUT_SECONDS_MAX);
	return sentence->len;
}
