// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wire.h"

static void note(struct wire_places *places, const struct nlmsghdr *nlh, struct place place)
{
	if (!place.source)
		return;
	GROW(places->at, places->count);
	places->at[places->count++] = (struct wire_place){ .off = nlh->nlmsg_len, .place = place };
}

static struct nlattr *start_nest(struct nlmsghdr *nlh, uint16_t type, struct place place,
				 struct wire_places *places)
{
	note(places, nlh, place);
	return mnl_attr_nest_start(nlh, type);
}

static void put_u8(struct nlmsghdr *nlh, uint16_t type, uint8_t value, struct place place,
		   struct wire_places *places)
{
	note(places, nlh, place);
	mnl_attr_put_u8(nlh, type, value);
}

static void put_u16(struct nlmsghdr *nlh, uint16_t type, uint16_t value, struct place place,
		    struct wire_places *places)
{
	note(places, nlh, place);
	mnl_attr_put_u16(nlh, type, value);
}

static void put_u32(struct nlmsghdr *nlh, uint16_t type, uint32_t value, struct place place,
		    struct wire_places *places)
{
	note(places, nlh, place);
	mnl_attr_put_u32(nlh, type, value);
}

static void put_range(struct nlmsghdr *nlh, const struct address_range *r,
		      struct wire_places *places)
{
	struct nlattr *nest = start_nest(nlh, ALIAS_A_INSTANCE_RANGE, r->place, places);

	put_u32(nlh, ALIAS_A_RANGE_FIRST, htonl(r->first), r->place, places);
	put_u32(nlh, ALIAS_A_RANGE_LAST, htonl(r->last), r->place, places);
	mnl_attr_nest_end(nlh, nest);
}

static void put_protocol(struct nlmsghdr *nlh, uint8_t protocol, const struct choice *choices,
			 struct wire_places *places)
{
	const struct choice *mapping = &choices[BEHAVIOUR_MAPPING],
			    *filter = &choices[BEHAVIOUR_FILTER];
	struct place place = mapping->given ? mapping->place : filter->place;
	struct nlattr *nest;

	if (!mapping->given && !filter->given)
		return;
	nest = start_nest(nlh, ALIAS_A_INSTANCE_PROTOCOL, place, places);
	put_u8(nlh, ALIAS_A_PROTOCOL_NUMBER, protocol, place, places);
	if (mapping->given)
		put_u8(nlh, ALIAS_A_PROTOCOL_MAPPING, mapping->value, mapping->place, places);
	if (filter->given)
		put_u8(nlh, ALIAS_A_PROTOCOL_FILTER, filter->value, filter->place, places);
	mnl_attr_nest_end(nlh, nest);
}

static void put_behaviours(struct nlmsghdr *nlh, const struct instance *i,
			   struct wire_places *places)
{
	unsigned int slot;

	put_u8(nlh, ALIAS_A_INSTANCE_MAPPING, i->behaviour[BEHAVIOUR_MAPPING],
	       i->places[ALIAS_A_INSTANCE_MAPPING], places);
	put_u8(nlh, ALIAS_A_INSTANCE_FILTER, i->behaviour[BEHAVIOUR_FILTER],
	       i->places[ALIAS_A_INSTANCE_FILTER], places);
	for (slot = 0; slot < PROTOCOLS_WITH_PORTS; slot++)
		put_protocol(nlh, protocol_of_slot(slot), i->choices[slot], places);
}

/* What has its default is not said: a configuration is always the whole. */
static void put_timeouts(struct nlmsghdr *nlh, const struct instance *i,
			 struct wire_places *places)
{
	struct nlattr *nest = NULL;
	unsigned int t;

	for (t = 0; t <= ALIAS_A_TIMEOUT_MAX; t++) {
		if (!instance_timeout_differs(i, t))
			continue;
		if (!nest)
			nest = start_nest(nlh, ALIAS_A_INSTANCE_TIMEOUTS,
					  i->places[ALIAS_A_INSTANCE_TIMEOUTS], places);
		put_u32(nlh, t, i->timeouts[t], i->timeout_places[t], places);
	}
	if (nest)
		mnl_attr_nest_end(nlh, nest);
}

static void put_udp_port(struct nlmsghdr *nlh, const struct udp_port *u,
			 struct wire_places *places)
{
	struct nlattr *nest = start_nest(nlh, ALIAS_A_INSTANCE_UDP_PORT, u->port_place, places);

	put_u16(nlh, ALIAS_A_UDP_PORT_NUMBER, u->port, u->port_place, places);
	put_u32(nlh, ALIAS_A_UDP_PORT_SECONDS, u->seconds, u->seconds_place, places);
	mnl_attr_nest_end(nlh, nest);
}

void wire_put_instance(struct nlmsghdr *nlh, const struct instance *i, struct wire_places *places)
{
	const struct place *at = i->places;
	struct nlattr *nest;
	size_t n;

	nest = start_nest(nlh, ALIAS_A_INSTANCE, at[ALIAS_A_INSTANCE_NAME_STR], places);
	note(places, nlh, at[ALIAS_A_INSTANCE_NAME_STR]);
	mnl_attr_put_strz(nlh, ALIAS_A_INSTANCE_NAME_STR, i->name);
	if (i->number)
		put_u32(nlh, ALIAS_A_INSTANCE_NUMBER, i->number, at[ALIAS_A_INSTANCE_NUMBER],
			places);
	for (n = 0; n < i->range_count; n++)
		put_range(nlh, &i->ranges[n], places);
	put_u16(nlh, ALIAS_A_INSTANCE_PORT_MIN, i->port_min, at[ALIAS_A_INSTANCE_PORT_MIN],
		places);
	put_u16(nlh, ALIAS_A_INSTANCE_PORT_MAX, i->port_max, at[ALIAS_A_INSTANCE_PORT_MAX],
		places);
	put_u32(nlh, ALIAS_A_INSTANCE_FLAGS, i->flags, at[ALIAS_A_INSTANCE_FLAGS], places);
	put_behaviours(nlh, i, places);
	put_timeouts(nlh, i, places);
	for (n = 0; n < i->udp_port_count; n++)
		put_udp_port(nlh, &i->udp_ports[n], places);
	mnl_attr_nest_end(nlh, nest);
}

struct place wire_find_place(const struct wire_places *places, uint32_t off, struct place otherwise)
{
	size_t i;

	for (i = 0; off && i < places->count; i++)
		if (places->at[i].off == off)
			return places->at[i].place;
	return otherwise;
}

void wire_free_places(struct wire_places *places)
{
	free(places->at);
	memset(places, 0, sizeof(*places));
}

struct table {
	const struct nlattr	**at;
	unsigned int		max;
};

/* Attributes that a newer kernel may add are passed over. */
static int collect(const struct nlattr *attr, void *data)
{
	struct table *t = data;

	if (mnl_attr_get_type(attr) <= t->max)
		t->at[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static void parse(const struct nlattr *nest, const struct nlattr **at, unsigned int max)
{
	struct table t = { .at = at, .max = max };

	memset(at, 0, (max + 1) * sizeof(*at));
	mnl_attr_parse_nested(nest, collect, &t);
}

static uint32_t get_u32(const struct nlattr *attr)
{
	return attr && !mnl_attr_validate(attr, MNL_TYPE_U32) ? mnl_attr_get_u32(attr) : 0;
}

static uint16_t get_u16(const struct nlattr *attr, uint16_t otherwise)
{
	return attr && !mnl_attr_validate(attr, MNL_TYPE_U16) ? mnl_attr_get_u16(attr) : otherwise;
}

static uint8_t get_u8(const struct nlattr *attr)
{
	return attr && !mnl_attr_validate(attr, MNL_TYPE_U8) ? mnl_attr_get_u8(attr) : 0;
}

static uint64_t get_u64(const struct nlattr *attr)
{
	return attr && !mnl_attr_validate(attr, MNL_TYPE_U64) ? mnl_attr_get_u64(attr) : 0;
}

static bool get_name(const struct nlattr *attr, char *name)
{
	if (!attr || mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) ||
	    mnl_attr_get_payload_len(attr) > ALIAS_NAME_SIZE)
		return false;
	snprintf(name, ALIAS_NAME_SIZE, "%s", mnl_attr_get_str(attr));
	return true;
}

static void get_counters(const struct nlattr *nest, uint64_t *counters)
{
	const struct nlattr *at[ALIAS_A_COUNTER_MAX + 1];
	unsigned int i;

	if (!nest)
		return;
	parse(nest, at, ALIAS_A_COUNTER_MAX);
	for (i = 0; i <= ALIAS_A_COUNTER_MAX; i++)
		if (i != ALIAS_A_COUNTER_PAD)
			counters[i] = get_u64(at[i]);
}

static void get_range(struct instance *i, const struct nlattr *nest)
{
	const struct nlattr *at[ALIAS_A_RANGE_MAX + 1];
	uint32_t first, last;

	parse(nest, at, ALIAS_A_RANGE_MAX);
	first = ntohl(get_u32(at[ALIAS_A_RANGE_FIRST]));
	last = at[ALIAS_A_RANGE_LAST] ? ntohl(get_u32(at[ALIAS_A_RANGE_LAST])) : first;
	instance_add_range(i, first, last, nowhere);
}

static void get_choice(struct choice *c, const struct nlattr *attr)
{
	c->given = attr;
	c->value = get_u8(attr);
}

static void get_protocol(struct instance *i, const struct nlattr *nest)
{
	const struct nlattr *at[ALIAS_A_PROTOCOL_MAX + 1];
	int slot;

	parse(nest, at, ALIAS_A_PROTOCOL_MAX);
	slot = protocol_slot(get_u8(at[ALIAS_A_PROTOCOL_NUMBER]));
	if (slot < 0)
		return;
	get_choice(&i->choices[slot][BEHAVIOUR_MAPPING], at[ALIAS_A_PROTOCOL_MAPPING]);
	get_choice(&i->choices[slot][BEHAVIOUR_FILTER], at[ALIAS_A_PROTOCOL_FILTER]);
}

static void get_timeouts(struct instance *i, const struct nlattr *nest)
{
	const struct nlattr *at[ALIAS_A_TIMEOUT_MAX + 1];
	unsigned int t;

	if (!nest)
		return;
	parse(nest, at, ALIAS_A_TIMEOUT_MAX);
	for (t = 0; t <= ALIAS_A_TIMEOUT_MAX; t++)
		if (at[t])
			i->timeouts[t] = get_u32(at[t]);
}

static void get_udp_port(struct instance *i, const struct nlattr *nest)
{
	const struct nlattr *at[ALIAS_A_UDP_PORT_MAX + 1];

	if (i->udp_port_count == ALIAS_UDP_PORTS_MAX)
		return;
	parse(nest, at, ALIAS_A_UDP_PORT_MAX);
	i->udp_ports[i->udp_port_count++] = (struct udp_port){
		.port = get_u16(at[ALIAS_A_UDP_PORT_NUMBER], 0),
		.seconds = get_u32(at[ALIAS_A_UDP_PORT_SECONDS]),
	};
}

/* Attributes that may stand there several times. */
static void get_repeated(struct instance *i, const struct nlattr *nest)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == ALIAS_A_INSTANCE_RANGE)
			get_range(i, attr);
		else if (mnl_attr_get_type(attr) == ALIAS_A_INSTANCE_PROTOCOL)
			get_protocol(i, attr);
		else if (mnl_attr_get_type(attr) == ALIAS_A_INSTANCE_UDP_PORT)
			get_udp_port(i, attr);
	}
}

struct instance *wire_get_instance(const struct nlattr *nest)
{
	const struct nlattr *at[ALIAS_A_INSTANCE_MAX + 1];
	struct instance *i = instance_new();
	unsigned int n;

	parse(nest, at, ALIAS_A_INSTANCE_MAX);
	if (!get_name(at[ALIAS_A_INSTANCE_NAME_STR], i->name)) {
		instance_free(i);
		return NULL;
	}
	get_repeated(i, nest);
	i->number = get_u32(at[ALIAS_A_INSTANCE_NUMBER]);
	i->port_min = get_u16(at[ALIAS_A_INSTANCE_PORT_MIN], i->port_min);
	i->port_max = get_u16(at[ALIAS_A_INSTANCE_PORT_MAX], i->port_max);
	i->flags = get_u32(at[ALIAS_A_INSTANCE_FLAGS]);
	i->behaviour[BEHAVIOUR_MAPPING] = get_u8(at[ALIAS_A_INSTANCE_MAPPING]);
	i->behaviour[BEHAVIOUR_FILTER] = get_u8(at[ALIAS_A_INSTANCE_FILTER]);
	i->rules = get_u32(at[ALIAS_A_INSTANCE_RULES]);
	i->subscribers = get_u32(at[ALIAS_A_INSTANCE_SUBSCRIBERS]);
	i->aside = get_u32(at[ALIAS_A_INSTANCE_ASIDE]);
	for (n = 0; n < LINK_COUNTS; n++)
		i->links[n] = get_u32(at[ALIAS_A_INSTANCE_LINKS_TCP + n]);
	get_timeouts(i, at[ALIAS_A_INSTANCE_TIMEOUTS]);
	get_counters(at[ALIAS_A_INSTANCE_OUT], i->out);
	get_counters(at[ALIAS_A_INSTANCE_IN], i->in);
	return i;
}

bool wire_get_link(const struct nlattr *nest, struct link *l)
{
	const struct nlattr *at[ALIAS_A_LINK_MAX + 1];

	memset(l, 0, sizeof(*l));
	parse(nest, at, ALIAS_A_LINK_MAX);
	if (!get_name(at[ALIAS_A_LINK_INSTANCE], l->instance))
		return false;
	l->protocol = get_u8(at[ALIAS_A_LINK_PROTOCOL]);
	l->state = get_u8(at[ALIAS_A_LINK_STATE]);
	l->inside = ntohl(get_u32(at[ALIAS_A_LINK_INSIDE_ADDRESS]));
	l->outside = ntohl(get_u32(at[ALIAS_A_LINK_OUTSIDE_ADDRESS]));
	l->peer = ntohl(get_u32(at[ALIAS_A_LINK_PEER_ADDRESS]));
	l->has_ports = at[ALIAS_A_LINK_INSIDE_PORT];
	l->inside_port = ntohs(get_u16(at[ALIAS_A_LINK_INSIDE_PORT], 0));
	l->outside_port = ntohs(get_u16(at[ALIAS_A_LINK_OUTSIDE_PORT], 0));
	l->peer_port = ntohs(get_u16(at[ALIAS_A_LINK_PEER_PORT], 0));
	l->seconds = get_u32(at[ALIAS_A_LINK_SECONDS]);
	l->peers = get_u32(at[ALIAS_A_LINK_PEERS]);
	return true;
}

bool wire_get_namespace(const struct nlattr *nest, uint64_t *out, uint64_t *in)
{
	const struct nlattr *at[ALIAS_A_NAMESPACE_MAX + 1];

	parse(nest, at, ALIAS_A_NAMESPACE_MAX);
	*out = get_u64(at[ALIAS_A_NAMESPACE_OUT_NO_INSTANCE]);
	*in = get_u64(at[ALIAS_A_NAMESPACE_IN_NO_INSTANCE]);
	return true;
}
