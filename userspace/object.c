// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config.h"
#include "object.h"
#include "protocol.h"
#include "text.h"
#include "timeout.h"

/* ---- the model as JSON ---- */

static json_t *address(uint32_t a)
{
	struct buf b = {};
	json_t *j;

	text_address(&b, a);
	j = json_string(b.data);
	buf_free(&b);
	return j;
}

static json_t *range(const struct address_range *r)
{
	int prefix = range_prefix(r->first, r->last);

	if (r->first == r->last)
		return address(r->first);
	if (prefix >= 0)
		return json_pack("{s:{s:o, s:i}}", "prefix", "addr", address(r->first), "len",
				 prefix);
	return json_pack("{s:[o, o]}", "range", address(r->first), address(r->last));
}

static json_t *counters(const uint64_t *counter)
{
	json_t *j = json_object();
	unsigned int c;

	for (c = 0; c <= ALIAS_A_COUNTER_MAX; c++)
		if (counter_name(c))
			json_object_set_new(j, counter_name(c), json_integer(counter[c]));
	return j;
}

static json_t *flags(uint32_t set)
{
	json_t *j = json_array();
	unsigned int bit;

	for (bit = 0; flag_name(bit); bit++)
		if (set & 1U << bit)
			json_array_append_new(j, json_string(flag_name(bit)));
	return j;
}

static json_t *behaviour(enum behaviour b, uint8_t value)
{
	return json_string(behaviour_value_name(b, value));
}

/* Only what differs, as in the text; NULL if nothing does. */
static json_t *protocols(const struct instance *i)
{
	json_t *j = NULL, *one;
	enum behaviour b;
	unsigned int slot;

	for (slot = 0; slot < PROTOCOLS_WITH_PORTS; slot++) {
		one = json_object();
		for (b = 0; b < BEHAVIOUR_COUNT; b++)
			if (instance_differs(i, slot, b))
				json_object_set_new(one, behaviour_name(b),
						    behaviour(b, i->choices[slot][b].value));
		if (json_object_size(one)) {
			j = j ? j : json_object();
			json_object_set(j, protocol_name(protocol_of_slot(slot)), one);
		}
		json_decref(one);
	}
	return j;
}

static json_t *timeouts(const struct instance *i)
{
	json_t *j = NULL;
	unsigned int t;

	for (t = 0; t <= ALIAS_A_TIMEOUT_MAX; t++) {
		if (!instance_timeout_differs(i, t))
			continue;
		j = j ? j : json_object();
		json_object_set_new(j, timeout_name(t), json_integer(i->timeouts[t]));
	}
	return j;
}

static json_t *udp_ports(const struct instance *i)
{
	json_t *j = i->udp_port_count ? json_object() : NULL;
	char port[8];
	size_t n;

	for (n = 0; n < i->udp_port_count; n++) {
		snprintf(port, sizeof(port), "%u", i->udp_ports[n].port);
		json_object_set_new(j, port, json_integer(i->udp_ports[n].seconds));
	}
	return j;
}

static json_t *link_counts(const struct instance *i)
{
	json_t *j = json_object();
	unsigned int n;

	for (n = 0; n < LINK_COUNTS; n++)
		json_object_set_new(j, link_count_names[n], json_integer(i->links[n]));
	return j;
}

static void add_state(json_t *j, const struct instance *i)
{
	json_object_set_new(j, "rules", json_integer(i->rules));
	json_object_set_new(j, "subscribers", json_integer(i->subscribers));
	json_object_set_new(j, "links", link_counts(i));
	json_object_set_new(j, "aside", json_integer(i->aside));
	json_object_set_new(j, "out", counters(i->out));
	json_object_set_new(j, "in", counters(i->in));
}

static void set_unless_null(json_t *j, const char *key, json_t *value)
{
	if (value)
		json_object_set_new(j, key, value);
}

json_t *object_instance(const struct instance *i, bool state)
{
	json_t *j = json_pack("{s:s}", "name", i->name), *addresses = json_array();
	enum behaviour b;
	size_t n;

	if (i->number)
		json_object_set_new(j, "number", json_integer(i->number));
	for (n = 0; n < i->range_count; n++)
		json_array_append_new(addresses, range(&i->ranges[n]));
	json_object_set_new(j, "address", addresses);
	json_object_set_new(j, "ports", json_pack("[i, i]", i->port_min, i->port_max));
	json_object_set_new(j, "flags", flags(i->flags));
	for (b = 0; b < BEHAVIOUR_COUNT; b++)
		json_object_set_new(j, behaviour_name(b), behaviour(b, i->behaviour[b]));
	set_unless_null(j, "protocols", protocols(i));
	set_unless_null(j, "timeouts", timeouts(i));
	set_unless_null(j, "udp-ports", udp_ports(i));
	if (state)
		add_state(j, i);
	return json_pack("{s:o}", "alias", j);
}

/* Of ICMP queries and of PPTP's calls, which belong to both ends. */
static bool has_id(const struct link *l)
{
	return l->protocol == IPPROTO_ICMP || l->protocol == IPPROTO_GRE;
}

static json_t *endpoint(const struct link *l, uint32_t a, uint16_t port)
{
	json_t *j = json_pack("{s:o}", "address", address(a));

	if (l->has_ports)
		json_object_set_new(j, has_id(l) ? "id" : "port", json_integer(port));
	return j;
}

static json_t *protocol(uint8_t number)
{
	const char *name = protocol_name(number);

	return name ? json_string(name) : json_integer(number);
}

json_t *object_link(const struct link *l)
{
	json_t *peer = has_id(l) ? json_pack("{s:o}", "address", address(l->peer)) :
				   endpoint(l, l->peer, l->peer_port);
	json_t *j = json_pack("{s:s, s:o, s:s, s:I, s:o, s:o, s:o}", "alias", l->instance,
			      "protocol", protocol(l->protocol),
			      "state", link_state_name(l->state),
			      "seconds", (json_int_t)l->seconds,
			      "inside", endpoint(l, l->inside, l->inside_port),
			      "outside", endpoint(l, l->outside, l->outside_port), "peer", peer);

	if (l->peers)
		json_object_set_new(j, "peers", json_integer(l->peers));
	return json_pack("{s:o}", "link", j);
}

/* ---- JSON into the model ---- */

static bool fault(struct program *p, const char *name, const char *sentence)
{
	report_add(&p->errors, nowhere, "alias %s: %s", name, sentence);
	return false;
}

static bool unknown_key(struct program *p, const char *name, const char *key)
{
	char sentence[96];

	snprintf(sentence, sizeof(sentence), "unknown key \"%.40s\"", key);
	return fault(p, name, sentence);
}

static bool read_range(const json_t *j, uint32_t *first, uint32_t *last)
{
	const json_t *r = json_object_get(j, "range"), *p = json_object_get(j, "prefix");
	const char *a = json_string_value(j), *b = NULL;
	json_int_t len = 32;
	uint32_t host;

	if (r) {
		a = json_string_value(json_array_get(r, 0));
		b = json_string_value(json_array_get(r, 1));
		return a && b && json_array_size(r) == 2 && parse_address(a, first) &&
		       parse_address(b, last);
	}
	if (p) {
		a = json_string_value(json_object_get(p, "addr"));
		if (!json_is_integer(json_object_get(p, "len")))
			return false;
		len = json_integer_value(json_object_get(p, "len"));
	}
	if (!a || !parse_address(a, first) || len < 0 || len > 32)
		return false;
	host = len ? (uint32_t)((1ULL << (32 - len)) - 1) : UINT32_MAX;
	*last = *first | host;
	return !(*first & host);
}

static bool read_addresses(struct program *p, struct instance *i, const json_t *j)
{
	const char *bad;
	uint32_t first, last;
	size_t n, count = json_is_array(j) ? json_array_size(j) : 1;

	for (n = 0; n < count; n++) {
		if (!read_range(json_is_array(j) ? json_array_get(j, n) : j, &first, &last))
			return fault(p, i->name, "an address is a string, a range or a prefix");
		instance_add_range(i, first, last, nowhere);
		bad = instance_range_fault(i);
		if (bad)
			return fault(p, i->name, bad);
	}
	return true;
}

static bool read_ports(struct program *p, struct instance *i, const json_t *j)
{
	json_int_t low = json_integer_value(json_array_get(j, 0));
	json_int_t high = json_integer_value(json_array_get(j, 1));

	if (json_array_size(j) != 2 || low < 1 || high > 65535)
		return fault(p, i->name, "ports are two numbers from 1 to 65535");
	if (low > high)
		return fault(p, i->name, "the range of ports is reversed");
	i->port_min = low;
	i->port_max = high;
	return true;
}

static bool read_flags(struct program *p, struct instance *i, const json_t *j)
{
	size_t n;

	for (n = 0; n < json_array_size(j); n++) {
		const char *flag = json_string_value(json_array_get(j, n));
		uint32_t bit = flag ? flag_find(flag) : 0;

		if (!bit)
			return fault(p, i->name, "flags are same-ports, deny-in, refresh-in and pptp");
		i->flags |= bit;
	}
	return json_is_array(j) || fault(p, i->name, "flags are a list");
}

static bool read_behaviour(struct program *p, const char *alias, enum behaviour b,
			   const json_t *j, uint8_t *value)
{
	const char *word = json_string_value(j);
	char sentence[128];

	if (word && behaviour_find(b, word, value))
		return true;
	snprintf(sentence, sizeof(sentence), "unknown %s %.40s, expecting %s", behaviour_name(b),
		 word ? word : "of this kind", behaviour_values(b));
	return fault(p, alias, sentence);
}

static bool find_behaviour(const char *key, enum behaviour *b)
{
	for (*b = 0; *b < BEHAVIOUR_COUNT; (*b)++)
		if (!strcmp(key, behaviour_name(*b)))
			return true;
	return false;
}

static bool read_choices(struct program *p, const char *alias, struct choice *choices, json_t *j)
{
	const char *key;
	enum behaviour b;
	json_t *value;

	if (!json_is_object(j))
		return fault(p, alias, "a protocol is an object with \"mapping\" or \"filter\"");
	json_object_foreach(j, key, value) {
		if (!find_behaviour(key, &b))
			return unknown_key(p, alias, key);
		if (!read_behaviour(p, alias, b, value, &choices[b].value))
			return false;
		choices[b].given = true;
	}
	return true;
}

static bool read_protocols(struct program *p, struct instance *i, json_t *j)
{
	const char *name;
	char sentence[128];
	uint8_t number;
	json_t *value;

	if (!json_is_object(j))
		return fault(p, i->name, "protocols are an object");
	json_object_foreach(j, name, value) {
		if (!protocol_find(name, &number) || protocol_slot(number) < 0) {
			snprintf(sentence, sizeof(sentence),
				 "unknown protocol %.40s, expecting %s", name,
				 protocols_with_ports);
			return fault(p, i->name, sentence);
		}
		if (!read_choices(p, i->name, i->choices[protocol_slot(number)], value))
			return false;
	}
	return true;
}

/* What is no number in the range of the wire is refused as if it were too long or too short. */
static uint32_t read_seconds(const json_t *j)
{
	json_int_t n = json_integer_value(j);

	return n < 0 ? 0 : n > UINT32_MAX ? UINT32_MAX : n;
}

static bool fault_text(struct program *p, const char *name, struct buf *sentence)
{
	fault(p, name, sentence->data);
	buf_free(sentence);
	return false;
}

static bool read_timeout(struct program *p, struct instance *i, const char *name, const json_t *j)
{
	unsigned int timeout = timeout_find(name);
	struct buf sentence = {};

	if (!timeout) {
		buf_printf(&sentence, "unknown timeout %.40s, expecting ", name);
		timeout_list(&sentence);
	} else if (!json_is_integer(j)) {
		buf_printf(&sentence, "timeout %s is a number of seconds", name);
	} else {
		i->timeouts[timeout] = read_seconds(j);
		timeout_fault(timeout, i->timeouts[timeout], &sentence);
	}
	return !sentence.len || fault_text(p, i->name, &sentence);
}

static bool read_timeouts(struct program *p, struct instance *i, json_t *j)
{
	const char *name;
	json_t *value;

	if (!json_is_object(j))
		return fault(p, i->name, "timeouts are an object");
	json_object_foreach(j, name, value) {
		if (!read_timeout(p, i, name, value))
			return false;
	}
	return true;
}

static bool read_udp_port(struct program *p, struct instance *i, const char *key, const json_t *j)
{
	struct buf sentence = {};
	uint32_t port = 0;
	const char *bad;

	if (!parse_number(key, UINT16_MAX, &port))
		port = 0;
	bad = instance_udp_port_fault(i, port);
	if (bad)
		return fault(p, i->name, bad);
	if (!json_is_integer(j))
		return fault(p, i->name, "timeouts of UDP ports are numbers of seconds");
	if (timeout_udp_port_fault(port, read_seconds(j), &sentence))
		return fault_text(p, i->name, &sentence);
	i->udp_ports[i->udp_port_count++] = (struct udp_port){
		.port = port, .seconds = read_seconds(j),
	};
	return true;
}

static bool read_udp_ports(struct program *p, struct instance *i, json_t *j)
{
	const char *port;
	json_t *value;

	if (!json_is_object(j))
		return fault(p, i->name, "udp-ports are an object");
	json_object_foreach(j, port, value) {
		if (!read_udp_port(p, i, port, value))
			return false;
	}
	return true;
}

/* State that a list printed may come back; it says nothing about the configuration. */
static bool is_state(const char *key)
{
	return !strcmp(key, "name") || !strcmp(key, "rules") || !strcmp(key, "subscribers") ||
	       !strcmp(key, "links") || !strcmp(key, "aside") || !strcmp(key, "out") || !strcmp(key, "in");
}

static bool read_key(struct program *p, struct instance *i, const char *key, json_t *j)
{
	enum behaviour b;

	if (!strcmp(key, "number")) {
		json_int_t n = json_integer_value(j);

		i->number = n;
		return (n > 0 && n <= UINT32_MAX) ||
		       fault(p, i->name, "the number is from 1 to 4294967295");
	}
	if (!strcmp(key, "address"))
		return read_addresses(p, i, j);
	if (!strcmp(key, "ports"))
		return read_ports(p, i, j);
	if (!strcmp(key, "flags"))
		return read_flags(p, i, j);
	if (find_behaviour(key, &b))
		return read_behaviour(p, i->name, b, j, &i->behaviour[b]);
	if (!strcmp(key, "protocols"))
		return read_protocols(p, i, j);
	if (!strcmp(key, "timeouts"))
		return read_timeouts(p, i, j);
	if (!strcmp(key, "udp-ports"))
		return read_udp_ports(p, i, j);
	return is_state(key) || unknown_key(p, i->name, key);
}

struct instance *object_read(struct program *p, json_t *j)
{
	const char *name = json_string_value(json_object_get(j, "name")), *bad, *key;
	struct instance *i;
	bool good = true;
	json_t *value;

	bad = !name ? "it has no name" : !strcmp(name, "map") ? "map cannot be its name" :
	      instance_name_fault(name);
	if (bad) {
		fault(p, name ? name : "?", bad);
		return NULL;
	}
	i = instance_new();
	snprintf(i->name, sizeof(i->name), "%s", name);
	json_object_foreach(j, key, value) {
		good = read_key(p, i, key, value) && good;
	}
	if (good && !i->range_count)
		good = fault(p, name, "the alias has no address");
	if (good)
		return i;
	instance_free(i);
	return NULL;
}
