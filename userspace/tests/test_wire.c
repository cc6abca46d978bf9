// SPDX-License-Identifier: GPL-2.0
/* Instances and links on the wire, and the places that the kernel's offsets lead back to. */
#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>
#include "ktap.h"
#include "translate.h"
#include "wire.h"

static char room[65536];
static struct nlmsghdr *nlh;
static struct wire_places places;

static const char text[] =
	"alias a {\n\tnumber 7\n\taddress 1.2.3.4\n\tports 5-6\n\trefresh-in\n\tmapping edm\n"
	"\tfilter adf\n\tmapping udp eim\n\tfilter udp apdf\n\tfilter icmp eif\n"
	"\ttimeout udp 301\n\ttimeout hold 0\n"
	"\ttimeout udp port 53 10\n\ttimeout udp port 123 30\n}\n";

static struct nlmsghdr *begin(void)
{
	memset(room, 0, sizeof(room));
	nlh = mnl_nlmsg_put_header(room);
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	return nlh;
}

static const struct nlattr *first(void)
{
	return mnl_nlmsg_get_payload_offset(nlh, sizeof(struct genlmsghdr));
}

/* The nth attribute of a type in a nest. */
static const struct nlattr *inner(const struct nlattr *nest, unsigned int type, unsigned int nth)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == type && !nth--)
			return attr;
	}
	return NULL;
}

/* What the kernel says of an attribute is said at this stretch of the text. */
static void leads_to(const struct nlattr *attr, const char *line, const char *word)
{
	struct place place = nowhere;

	if (attr)
		place = wire_find_place(&places, (const char *)attr - (const char *)nlh, nowhere);
	CHECK(place.source && place.len == strlen(word) &&
	      place.off == (size_t)(strstr(text, line) - text) + strlen(line) - strlen(word), line);
}

static void offsets(void)
{
	const struct nlattr *nest = first(), *protocol, *lives, *port;

	leads_to(inner(nest, ALIAS_A_INSTANCE_NUMBER, 0), "number 7", "7");
	leads_to(inner(nest, ALIAS_A_INSTANCE_RANGE, 0), "1.2.3.4", "1.2.3.4");
	leads_to(inner(nest, ALIAS_A_INSTANCE_FLAGS, 0), "refresh-in", "refresh-in");
	leads_to(inner(nest, ALIAS_A_INSTANCE_MAPPING, 0), "mapping edm", "edm");
	leads_to(inner(nest, ALIAS_A_INSTANCE_FILTER, 0), "filter adf", "adf");
	protocol = inner(nest, ALIAS_A_INSTANCE_PROTOCOL, 0);
	leads_to(protocol, "mapping udp eim", "eim");
	leads_to(inner(protocol, ALIAS_A_PROTOCOL_NUMBER, 0), "mapping udp eim", "eim");
	leads_to(inner(protocol, ALIAS_A_PROTOCOL_MAPPING, 0), "mapping udp eim", "eim");
	leads_to(inner(protocol, ALIAS_A_PROTOCOL_FILTER, 0), "filter udp apdf", "apdf");
	protocol = inner(nest, ALIAS_A_INSTANCE_PROTOCOL, 1);
	leads_to(protocol, "filter icmp eif", "eif");
	CHECK(!inner(protocol, ALIAS_A_PROTOCOL_MAPPING, 0), "only what was given");
	CHECK(!inner(nest, ALIAS_A_INSTANCE_PROTOCOL, 2), "for these protocols");
	lives = inner(nest, ALIAS_A_INSTANCE_TIMEOUTS, 0);
	leads_to(lives, "timeout udp 301", "301");
	leads_to(inner(lives, ALIAS_A_TIMEOUT_UDP, 0), "timeout udp 301", "301");
	leads_to(inner(lives, ALIAS_A_TIMEOUT_HOLD, 0), "timeout hold 0", "0");
	CHECK(!inner(lives, ALIAS_A_TIMEOUT_ICMP, 0), "defaults are not said");
	port = inner(nest, ALIAS_A_INSTANCE_UDP_PORT, 1);
	leads_to(port, "port 123", "123");
	leads_to(inner(port, ALIAS_A_UDP_PORT_NUMBER, 0), "port 123", "123");
	leads_to(inner(port, ALIAS_A_UDP_PORT_SECONDS, 0), "port 123 30", "30");
}

static void instance_back(void)
{
	struct instance *i = wire_get_instance(first());
	const struct choice *udp = i ? i->choices[1] : NULL, *icmp = i ? i->choices[2] : NULL;

	CHECK(!!i, "it is read again");
	if (!i)
		return;
	CHECK(i->flags == ALIAS_F_REFRESH_IN && i->port_max == 6, "flags and ports");
	CHECK(i->behaviour[BEHAVIOUR_MAPPING] == ALIAS_MAPPING_EDM &&
	      i->behaviour[BEHAVIOUR_FILTER] == ALIAS_FILTER_ADF, "mapping and filter");
	CHECK(udp[BEHAVIOUR_MAPPING].given && udp[BEHAVIOUR_MAPPING].value == ALIAS_MAPPING_EIM &&
	      udp[BEHAVIOUR_FILTER].value == ALIAS_FILTER_APDF, "those of UDP");
	CHECK(!icmp[BEHAVIOUR_MAPPING].given && icmp[BEHAVIOUR_FILTER].given, "the filter of ICMP");
	CHECK(i->timeouts[ALIAS_A_TIMEOUT_UDP] == 301 && !i->timeouts[ALIAS_A_TIMEOUT_HOLD] &&
	      i->timeouts[ALIAS_A_TIMEOUT_ICMP] == 60, "timeouts");
	CHECK(i->udp_port_count == 2 && i->udp_ports[0].port == 53 &&
	      i->udp_ports[1].seconds == 30, "UDP ports");
	instance_free(i);
}

static void instances(void)
{
	struct program program = {};
	struct source *source = program_add_source(&program, source_new("t", SOURCE_FILE, text,
									strlen(text)));

	translate(&program, source, CONTEXT_COMMANDS);
	CHECK_NUMBER(program.change_count, 1, "a block with everything");
	if (program.change_count) {
		wire_put_instance(begin(), program.changes[0].instance, &places);
		offsets();
		instance_back();
	}
	wire_free_places(&places);
	program_free(&program);
}

static void plain(void)
{
	struct instance *i = instance_new();

	memcpy(i->name, "a", 2);
	wire_put_instance(begin(), i, &places);
	CHECK(!inner(first(), ALIAS_A_INSTANCE_PROTOCOL, 0) &&
	      !inner(first(), ALIAS_A_INSTANCE_TIMEOUTS, 0) &&
	      !inner(first(), ALIAS_A_INSTANCE_UDP_PORT, 0), "nothing is said of the defaults");
	CHECK_NUMBER(places.count, 0, "nor are there places");
	instance_free(i);
}

/* What a kernel of another day may send. */
static void strange(void)
{
	struct nlattr *nest, *part;
	struct instance *i;
	int n;

	nest = mnl_attr_nest_start(begin(), ALIAS_A_INSTANCE);
	mnl_attr_put_strz(nlh, ALIAS_A_INSTANCE_NAME_STR, "a");
	mnl_attr_put_u32(nlh, ALIAS_A_INSTANCE_LINKS_TCP, 1);
	mnl_attr_put_u32(nlh, ALIAS_A_INSTANCE_LINKS_OTHER, 9);
	part = mnl_attr_nest_start(nlh, ALIAS_A_INSTANCE_PROTOCOL);
	mnl_attr_put_u8(nlh, ALIAS_A_PROTOCOL_NUMBER, 47);
	mnl_attr_put_u8(nlh, ALIAS_A_PROTOCOL_MAPPING, ALIAS_MAPPING_EDM);
	mnl_attr_nest_end(nlh, part);
	for (n = 0; n < ALIAS_UDP_PORTS_MAX + 1; n++) {
		part = mnl_attr_nest_start(nlh, ALIAS_A_INSTANCE_UDP_PORT);
		mnl_attr_put_u16(nlh, ALIAS_A_UDP_PORT_NUMBER, n + 1);
		mnl_attr_nest_end(nlh, part);
	}
	mnl_attr_nest_end(nlh, nest);
	i = wire_get_instance(first());
	CHECK(i && i->links[0] == 1 && i->links[LINK_COUNTS - 1] == 9, "counts of links");
	CHECK(i && i->udp_port_count == ALIAS_UDP_PORTS_MAX, "ports that are too many");
	for (n = 0; i && n < PROTOCOLS_WITH_PORTS; n++)
		CHECK(!i->choices[n][BEHAVIOUR_MAPPING].given, "a protocol without ports");
	instance_free(i);
}

static void links(void)
{
	struct nlattr *nest;
	struct link l;

	nest = mnl_attr_nest_start(begin(), ALIAS_A_LINK);
	mnl_attr_put_strz(nlh, ALIAS_A_LINK_INSTANCE, "a");
	mnl_attr_put_u8(nlh, ALIAS_A_LINK_PROTOCOL, 47);
	mnl_attr_put_u32(nlh, ALIAS_A_LINK_INSIDE_ADDRESS, htonl(0x0a000001));
	mnl_attr_nest_end(nlh, nest);
	CHECK(wire_get_link(first(), &l) && !l.has_ports && !l.peers && l.inside == 0x0a000001,
	      "a link without ports");
	nest = mnl_attr_nest_start(begin(), ALIAS_A_LINK);
	mnl_attr_put_strz(nlh, ALIAS_A_LINK_INSTANCE, "a");
	mnl_attr_put_u16(nlh, ALIAS_A_LINK_INSIDE_PORT, htons(5));
	mnl_attr_put_u32(nlh, ALIAS_A_LINK_PEERS, 4);
	mnl_attr_nest_end(nlh, nest);
	CHECK(wire_get_link(first(), &l) && l.has_ports && l.inside_port == 5 && l.peers == 4,
	      "a link with a port and peers");
	mnl_attr_nest_end(nlh, mnl_attr_nest_start(begin(), ALIAS_A_LINK));
	CHECK(!wire_get_link(first(), &l), "a link of no instance");
}

int main(void)
{
	ktap_begin();
	instances();
	plain();
	strange();
	links();
	return ktap_end();
}
