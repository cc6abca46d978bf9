// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <stdio.h>
#include "protocol.h"
#include "text.h"
#include "timeout.h"

void text_address(struct buf *b, uint32_t address)
{
	buf_printf(b, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255,
		   address & 255);
}

void text_range(struct buf *b, uint32_t first, uint32_t last)
{
	int prefix = range_prefix(first, last);

	text_address(b, first);
	if (first == last)
		return;
	if (prefix >= 0) {
		buf_printf(b, "/%d", prefix);
		return;
	}
	buf_str(b, "-");
	text_address(b, last);
}

/* Packets and bytes always, the others when there is something to tell. */
static void counters(struct buf *b, const char *direction, const uint64_t *counter)
{
	unsigned int c;

	buf_printf(b, "\t# %s:", direction);
	for (c = 0; c <= ALIAS_A_COUNTER_MAX; c++) {
		bool always = c == ALIAS_A_COUNTER_PACKETS || c == ALIAS_A_COUNTER_BYTES;

		if (counter_name(c) && (always || counter[c]))
			buf_printf(b, " %s %llu", counter_name(c), (unsigned long long)counter[c]);
	}
	buf_str(b, "\n");
}

/* The first three protocols always, the others when there is something to tell. */
static void link_counts(struct buf *b, const struct instance *i)
{
	unsigned int n;

	buf_str(b, "\t# links:");
	for (n = 0; n < LINK_COUNTS; n++)
		if (n < 3 || i->links[n])
			buf_printf(b, " %s %u", link_count_names[n], i->links[n]);
	buf_printf(b, ", subscribers %u, rules %u\n", i->subscribers, i->rules);
	if (i->aside)
		buf_printf(b, "\t# %u damaged links were set aside: see the kernel log\n",
			   i->aside);
}

static void addresses(struct buf *b, const struct instance *i)
{
	size_t n;

	buf_str(b, "\taddress ");
	for (n = 0; n < i->range_count; n++) {
		if (n)
			buf_str(b, ", ");
		text_range(b, i->ranges[n].first, i->ranges[n].last);
	}
	buf_str(b, "\n");
}

static void flags(struct buf *b, uint32_t set)
{
	unsigned int bit;

	for (bit = 0; flag_name(bit); bit++)
		if (set & 1U << bit)
			buf_printf(b, "\t%s\n", flag_name(bit));
}

static void behaviour(struct buf *b, const struct instance *i, enum behaviour kind)
{
	const char *name = behaviour_name(kind);
	unsigned int slot;

	buf_printf(b, "\t%s %s\n", name, behaviour_value_name(kind, i->behaviour[kind]));
	for (slot = 0; slot < PROTOCOLS_WITH_PORTS; slot++)
		if (instance_differs(i, slot, kind))
			buf_printf(b, "\t%s %s %s\n", name,
				   protocol_name(protocol_of_slot(slot)),
				   behaviour_value_name(kind, i->choices[slot][kind].value));
}

static void timeouts(struct buf *b, const struct instance *i)
{
	unsigned int t;
	size_t n;

	for (t = 0; t <= ALIAS_A_TIMEOUT_MAX; t++)
		if (instance_timeout_differs(i, t))
			buf_printf(b, "\ttimeout %s %u\n", timeout_name(t), i->timeouts[t]);
	for (n = 0; n < i->udp_port_count; n++)
		buf_printf(b, "\ttimeout udp port %u %u\n", i->udp_ports[n].port,
			   i->udp_ports[n].seconds);
}

void text_instance(struct buf *b, const char *prefix, const struct instance *i, bool state)
{
	enum behaviour kind;

	buf_printf(b, "%salias %s {\n", prefix, i->name);
	if (i->number)
		buf_printf(b, "\tnumber %u\n", i->number);
	addresses(b, i);
	buf_printf(b, "\tports %u-%u\n", i->port_min, i->port_max);
	flags(b, i->flags);
	for (kind = 0; kind < BEHAVIOUR_COUNT; kind++)
		behaviour(b, i, kind);
	timeouts(b, i);
	if (state) {
		link_counts(b, i);
		counters(b, "out", i->out);
		counters(b, "in", i->in);
	}
	buf_str(b, "}\n");
}

static void tuple(struct buf *b, uint32_t src, uint32_t dst)
{
	buf_str(b, "src=");
	text_address(b, src);
	buf_str(b, " dst=");
	text_address(b, dst);
}

/* What conntrack(8) has behind a pair of addresses; nothing for protocols without ports. */
static void ports(struct buf *b, const struct link *l, uint16_t src, uint16_t dst)
{
	if (l->has_ports)
		buf_printf(b, " sport=%u dport=%u", src, dst);
}

static void query(struct buf *b, unsigned int type, uint16_t id)
{
	buf_printf(b, " type=%u code=0 id=%u", type, id);
}

/* An id at our end, which each pair of addresses shows where there are no ports. */
static void id_or_ports(struct buf *b, const struct link *l, bool answer)
{
	uint16_t id = answer ? l->outside_port : l->inside_port;

	if (l->protocol == IPPROTO_ICMP)
		query(b, answer ? 0 : 8, id);
	else if (l->protocol == IPPROTO_GRE && l->has_ports)
		buf_printf(b, " callid=%u", id);
	else if (answer)
		ports(b, l, l->peer_port, id);
	else
		ports(b, l, id, l->peer_port);
}

void text_link(struct buf *b, const struct link *l)
{
	bool resting = l->state == ALIAS_LINK_RESTING;
	const char *name = protocol_name(l->protocol);

	buf_printf(b, "%-8s %u %u ", name ? name : "unknown", l->protocol, l->seconds);
	if (l->state != ALIAS_LINK_ACTIVE && !resting)
		buf_printf(b, "%s ", link_state_name(l->state));
	tuple(b, l->inside, l->peer);
	id_or_ports(b, l, false);
	buf_str(b, " ");
	tuple(b, l->peer, l->outside);
	id_or_ports(b, l, true);
	buf_printf(b, "%s alias=%s", resting ? " [RESTING]" : "", l->instance);
	if (l->peers)
		buf_printf(b, " peers=%u", l->peers);
	buf_str(b, "\n");
}
