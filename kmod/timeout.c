// SPDX-License-Identifier: GPL-2.0
/* How long a link lives unused. Pure logic. */

#include <linux/string.h>

#include "timeout.h"

/* What an operator may choose. The sentence says what is wrong with less. */
struct timeout_rule {
	u32 usual;
	u32 least;
	const char *fault;
};

static const struct timeout_rule rules[ALIAS_A_TIMEOUT_MAX + 1] = {
	/* RFC 7857 section 2.2 lets it be below 4 minutes. A SYN is sent at 0, 1,
	 * 3 and 7 s (RFC 6298), and all of these are one attempt.
	 */
	[ALIAS_A_TIMEOUT_TCP_OPENING] = { 240, 8, "timeout tcp-opening is at least 8 s" },
	[ALIAS_A_TIMEOUT_TCP_ESTABLISHED] = {
		7440, 7440, "timeout tcp-established is at least 7440 s (RFC 5382 REQ-5)" },
	[ALIAS_A_TIMEOUT_TCP_CLOSING] = {
		240, 240, "timeout tcp-closing is at least 240 s (RFC 5382 REQ-5)" },
	/* RFC 4787 REQ-5c: 5 minutes or more by default. */
	[ALIAS_A_TIMEOUT_UDP] = { 300, 120, "timeout udp is at least 120 s (RFC 4787 REQ-5)" },
	[ALIAS_A_TIMEOUT_ICMP] = { 60, 60, "timeout icmp is at least 60 s (RFC 5508 REQ-2)" },
	[ALIAS_A_TIMEOUT_UDPLITE] = {
		300, 120, "timeout udplite is at least 120 s (RFC 4787 REQ-5)" },
	[ALIAS_A_TIMEOUT_SCTP_OPENING] = { 240, 8, "timeout sctp-opening is at least 8 s" },
	[ALIAS_A_TIMEOUT_SCTP_ESTABLISHED] = {
		7440, 7440, "timeout sctp-established is at least 7440 s" },
	[ALIAS_A_TIMEOUT_SCTP_CLOSING] = { 240, 240, "timeout sctp-closing is at least 240 s" },
	[ALIAS_A_TIMEOUT_DCCP_OPENING] = {
		240, 240, "timeout dccp-opening is at least 240 s (RFC 5597 REQ-5)" },
	[ALIAS_A_TIMEOUT_DCCP_ESTABLISHED] = {
		7440, 7440, "timeout dccp-established is at least 7440 s (RFC 5597 REQ-5)" },
	[ALIAS_A_TIMEOUT_DCCP_CLOSING] = {
		240, 240, "timeout dccp-closing is at least 240 s (RFC 5597 REQ-5)" },
	[ALIAS_A_TIMEOUT_OTHER] = { 600, 120, "timeout other is at least 120 s" },
	/* RFC 6888 REQ-8: a freed port goes to nobody else for 120 s, or the next
	 * owner gets the last one's packets; and it must be configurable.
	 */
	[ALIAS_A_TIMEOUT_HOLD] = { 120, 0, NULL },
};

/**
 * alias_timeouts_default - the times of an instance whose operator said nothing
 * @timeouts: filled in
 */
void alias_timeouts_default(struct alias_timeouts *timeouts)
{
	unsigned int n;

	memset(timeouts, 0, sizeof(*timeouts));
	for (n = 0; n <= ALIAS_A_TIMEOUT_MAX; n++)
		timeouts->seconds[n] = rules[n].usual;
}

/**
 * alias_timeout_fault - what is wrong with a time
 * @timeout: which one
 * @seconds: what an operator wants it to be
 *
 * Return: a sentence, or NULL if it is good
 */
const char *alias_timeout_fault(enum alias_timeout_attributes timeout, u32 seconds)
{
	if (seconds < rules[timeout].least)
		return rules[timeout].fault;
	if (seconds > ALIAS_TIMEOUT_SECONDS_MAX)
		return "a timeout is at most 604800 s";
	return NULL;
}

/**
 * alias_timeout_hold_seconds - rest of a port after its link timed out
 * @timeouts: of its instance
 * @space: its protocol
 *
 * Not where connections are tracked (RFC 6888 REQ-8 A).
 *
 * Return: seconds
 */
u32 alias_timeout_hold_seconds(const struct alias_timeouts *timeouts, enum alias_space space)
{
	return alias_space_has_connections(space) ? 0 : timeouts->seconds[ALIAS_A_TIMEOUT_HOLD];
}
