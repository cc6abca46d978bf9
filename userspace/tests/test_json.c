// SPDX-License-Identifier: GPL-2.0
/* JSON in and out: alias objects, alias statements, and what is none of ours. */
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "ktap.h"
#include "object.h"

static struct program program;
static struct source *source;

static bool take(const char *text)
{
	program_free(&program);
	source =
		program_add_source(&program, source_new("t.json", SOURCE_FILE, text, strlen(text)));
	return json_translate(&program, source);
}

#define RULE(expr) "{\"nftables\": [{\"add\": {\"rule\": {\"family\": \"ip\", \"table\": \"t\", " \
		   "\"chain\": \"c\", \"expr\": [" expr "]}}}]}"

static void statements(void)
{
	CHECK(take(RULE("{\"alias\": {\"dir\": \"in\", \"name\": \"p7\"}}, {\"accept\": null}")),
	      "by name");
	CHECK_TEXT(source->made.data, RULE("{\"log\": {\"prefix\": \"\\u001Falias:0:in:p7\"}}, "
		   "{\"accept\": null}"), "becomes a log");
	take(RULE(
		"{\"alias\": {\"dir\": \"out\", \"map\": {\"map\": {\"key\": 1, \"data\": \"@m\"}}}}, "
		"{\"accept\": null}"));
	CHECK_TEXT(
		source->made.data,
		RULE("{\"log\": {\"prefix\": \"\\u001Falias:0:out:\"}}, "
		     "{\"mangle\": {\"key\": {\"meta\": {\"key\": \"mark\"}}, \"value\": {\"map\": {\"key\": 1, "
		     "\"data\": \"@m\"}}}}, {\"accept\": null}"),
		"a map becomes a log and a mangle");
	CHECK_NUMBER(program.errors.count, 0, "no errors");
}

static void untouched(void)
{
	const char *text =
		" {\"nftables\":[{\"add\":{\"table\":{\"family\":\"ip\",\"name\":\"alias\"}}}]}";

	CHECK(take(text), "JSON without anything of ours");
	CHECK_TEXT(source->made.data, text, "keeps every byte");
	CHECK(!take("add table ip alias"), "text is not JSON");
	CHECK(!take(""), "nothing is not JSON");
	take("{\"nftables\": [{\"list\": {\"ruleset\": {\"family\": \"ip\"}}}]}");
	CHECK(program.lists_ruleset, "list ruleset is noticed");
}

#define ALIAS(rest)	"{\"alias\": {\"name\": \"a\", \"address\": \"1.2.3.4\", " rest "}}"

/* A list with one instance, to be freed. */
static char *listed(const struct instance *i, bool state)
{
	json_t *list = json_pack("{s:[o]}", "nftables", object_instance(i, state));
	char *text = json_dumps(list, 0);

	json_decref(list);
	return text;
}

static void round_trip(void)
{
	struct instance *i = instance_new(), *back;
	char *text;

	memcpy(i->name, "p7", 3);
	i->number = 135;
	i->flags = ALIAS_F_MASK;
	instance_add_range(i, 0x01020304, 0x01020304, nowhere);
	instance_add_range(i, 0x0a000000, 0x0a000003, nowhere);
	instance_add_range(i, 0x0a010001, 0x0a010006, nowhere);
	i->out[ALIAS_A_COUNTER_PACKETS] = 5;
	i->out[ALIAS_A_COUNTER_CHECKSUM] = 2;
	i->links[4] = 4;
	i->links[6] = 7;
	text = listed(i, true);
	CHECK(strstr(text,
		     "{\"alias\": {\"name\": \"p7\", \"number\": 135, \"address\": [\"1.2.3.4\", "
		     "{\"prefix\": {\"addr\": \"10.0.0.0\", \"len\": 30}}, {\"range\": [\"10.1.0.1\", "
		     "\"10.1.0.6\"]}], \"ports\": [1024, 65535], "
		     "\"flags\": [\"same-ports\", \"deny-in\", \"refresh-in\", \"pptp\"], "
		     "\"mapping\": \"eim\", \"filter\": \"eif\", \"rules\": 0"),
	      "an instance as JSON");
	CHECK(strstr(text, "\"links\": {\"tcp\": 0, \"udp\": 0, \"icmp\": 0, \"udplite\": 0, "
			   "\"sctp\": 4, \"dccp\": 0, \"other\": 7}"), "links of all protocols");
	CHECK(strstr(text, "\"out\": {\"packets\": 5, \"bytes\": 0, \"malformed\": 0"),
	      "counters");
	CHECK(strstr(text, "\"dying\": 0, \"checksum\": 2, \"filtered\": 0}"), "all of them");
	CHECK(take(text), "what is printed loads again");
	CHECK_TEXT(source->made.data, "{\"nftables\": []}", "and nothing of it reaches nft");
	CHECK_NUMBER(program.change_count, 1, "one change");
	back = program.change_count ? program.changes[0].instance : NULL;
	CHECK(back && back->range_count == 3 && back->ranges[2].last == 0x0a010006 &&
	      back->flags == i->flags && back->number == 135, "the same instance");
	free(text);
	instance_free(i);
}

/* Read, printed, read and printed again: both times it ends so. */
static void ends_with(const char *given, const char *wanted)
{
	struct buf b = {};
	char *text;
	int times;

	buf_printf(&b, "{\"nftables\": [" ALIAS("%s") "]}", given);
	for (times = 0; times < 2; times++) {
		take(b.data);
		buf_free(&b);
		CHECK_NUMBER(program.errors.count, 0, given);
		if (!program.change_count)
			return;
		text = listed(program.changes[0].instance, false);
		buf_str(&b, text);
		free(text);
		text = strstr(b.data, "\"flags\"");
		CHECK_TEXT(text, wanted, "is printed");
	}
	buf_free(&b);
}

static void behaviours(void)
{
	ends_with("\"mapping\": \"edm\", \"filter\": \"adf\"",
		  "\"flags\": [], \"mapping\": \"edm\", \"filter\": \"adf\"}}]}");
	ends_with("\"flags\": [\"refresh-in\"], \"protocols\": {"
		  "\"dccp\": {\"filter\": \"apdf\"}, \"tcp\": {}, "
		  "\"udp\": {\"mapping\": \"edm\", \"filter\": \"eif\"}}",
		  "\"flags\": [\"refresh-in\"], \"mapping\": \"eim\", \"filter\": \"eif\", "
		  "\"protocols\": {\"udp\": {\"mapping\": \"edm\"}, "
		  "\"dccp\": {\"filter\": \"apdf\"}}}}]}");
}

static void timeouts(void)
{
	ends_with("\"timeouts\": {\"hold\": 0, \"tcp-opening\": 8, \"udp\": 300, "
		  "\"dccp-closing\": 604800}",
		  "\"flags\": [], \"mapping\": \"eim\", \"filter\": \"eif\", "
		  "\"timeouts\": {\"tcp-opening\": 8, \"dccp-closing\": 604800, \"hold\": 0}}}]}");
	ends_with("\"udp-ports\": {\"53\": 10, \"1\": 1, \"1023\": 604800}, \"timeouts\": {}",
		  "\"flags\": [], \"mapping\": \"eim\", \"filter\": \"eif\", "
		  "\"udp-ports\": {\"53\": 10, \"1\": 1, \"1023\": 604800}}}]}");
}

static void commands(void)
{
	take("{\"nftables\": [{\"metainfo\": {}}, {\"create\": {\"alias\": {\"name\": \"a\", \"address\": "
	     "\"1.2.3.4\"}}}, {\"delete\": {\"alias\": {\"name\": \"b\"}}}, {\"flush\": {\"alias\": "
	     "{\"name\": \"c\"}}}, {\"list\": {\"aliases\": {}}}, {\"list\": {\"links\": {\"alias\": "
	     "\"a\"}}}, {\"link\": {}}, "
	     "{\"alias_namespace\": {}}]}");
	CHECK_TEXT(source->made.data, "{\"nftables\": [{\"metainfo\": {}}]}",
		   "commands are taken out");
	CHECK_NUMBER(program.change_count, 3, "three changes");
	CHECK_NUMBER(program.changes[0].verb, VERB_CREATE, "create");
	CHECK_NUMBER(program.changes[1].verb, VERB_DELETE, "delete");
	CHECK_NUMBER(program.changes[2].verb, VERB_FLUSH, "flush");
	CHECK_NUMBER(program.listing_count, 2, "two lists");
	CHECK_NUMBER(program.errors.count, 0, "no errors");
}

static void errors(void)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ "{\"alias\": {}}", "alias ?: it has no name" },
		{ "{\"alias\": {\"name\": \"a\"}}", "alias a: the alias has no address" },
		{ "{\"alias\": {\"name\": \"1\", \"address\": \"1.2.3.4\"}}",
		  "alias 1: the name of an alias begins with a letter" },
		{ "{\"alias\": {\"name\": \"a\", \"address\": [\"x\"]}}",
		  "alias a: an address is a string, a range or a prefix" },
		{ "{\"alias\": {\"name\": \"a\", \"address\": [{\"range\": [\"1.2.3.9\", \"1.2.3.4\"]}]}}",
		  "alias a: the range of addresses is reversed" },
		{ ALIAS("\"number\": 0"),
		  "alias a: the number is from 1 to 4294967295" },
		{ ALIAS("\"ports\": [5, 4]"),
		  "alias a: the range of ports is reversed" },
		{ ALIAS("\"ports\": [0, 4]"),
		  "alias a: ports are two numbers from 1 to 65535" },
		{ ALIAS("\"flags\": [\"x\"]"),
		  "alias a: flags are same-ports, deny-in, refresh-in and pptp" },
		{ ALIAS("\"mapping\": \"x\""),
		  "alias a: unknown mapping x, expecting eim or edm" },
		{ ALIAS("\"filter\": 5"),
		  "alias a: unknown filter of this kind, expecting eif, adf or apdf" },
		{ ALIAS("\"protocols\": \"udp\""),
		  "alias a: protocols are an object" },
		{ ALIAS("\"protocols\": {\"udp\": \"edm\"}"),
		  "alias a: a protocol is an object with \"mapping\" or \"filter\"" },
		{ ALIAS("\"protocols\": {\"gre\": {}}"),
		  "alias a: unknown protocol gre, expecting tcp, udp, icmp, udplite, sctp or "
		  "dccp" },
		{ ALIAS("\"protocols\": {\"udp\": {\"colour\": 1}}"),
		  "alias a: unknown key \"colour\"" },
		{ ALIAS("\"protocols\": {\"udp\": {\"mapping\": \"eif\"}}"),
		  "alias a: unknown mapping eif, expecting eim or edm" },
		{ ALIAS("\"timeouts\": [5]"),
		  "alias a: timeouts are an object" },
		{ ALIAS("\"timeouts\": {\"tcp\": 5}"),
		  "alias a: unknown timeout tcp, expecting tcp-opening, tcp-established, tcp-closing, "
		  "udp, icmp, udplite, sctp-opening, sctp-established, sctp-closing, dccp-opening, "
		  "dccp-established, dccp-closing, other or hold" },
		{ ALIAS("\"timeouts\": {\"udp\": \"5m\"}"),
		  "alias a: timeout udp is a number of seconds" },
		{ ALIAS("\"timeouts\": {\"udp\": -1}"),
		  "alias a: timeout udp is at least 120 s (RFC 4787 REQ-5)" },
		{ ALIAS("\"timeouts\": {\"tcp-established\": 7439}"),
		  "alias a: timeout tcp-established is at least 7440 s (RFC 5382 REQ-5)" },
		{ ALIAS("\"timeouts\": {\"hold\": 4294967296}"),
		  "alias a: timeout hold is at most 604800 s" },
		{ ALIAS("\"udp-ports\": 53"),
		  "alias a: udp-ports are an object" },
		{ ALIAS("\"udp-ports\": {\"53\": \"10\"}"),
		  "alias a: timeouts of UDP ports are numbers of seconds" },
		{ ALIAS("\"udp-ports\": {\"53\": 0}"),
		  "alias a: timeout udp port 53 is from 1 to 604800 s" },
		{ ALIAS("\"udp-ports\": {\"dns\": 5}"),
		  "alias a: timeouts of UDP ports are for the ports 1 to 1023" },
		{ ALIAS("\"udp-ports\": {\"053\": 5, \"53\": 5}"),
		  "alias a: the port is given twice" },
		{ ALIAS("\"colour\": 1"),
		  "alias a: unknown key \"colour\"" },
		{ "{\"add\": {\"rule\": {\"expr\": [{\"alias\": {\"dir\": \"up\", \"name\": \"a\"}}]}}}",
		  "an alias statement has \"dir\" in or out, and \"name\" or \"map\"" },
		{ "{\"add\": {\"rule\": {\"expr\": [{\"alias\": {\"dir\": \"in\"}}]}}}",
		  "an alias statement has \"dir\" in or out, and \"name\" or \"map\"" },
		{ "{\"metainfo\": {\"alias_schema_version\": 2}}",
		  "alias_schema_version 2 is newer than this program knows" },
		{ "{\"add\": {\"rule\": {\"comment\": \"\\u001f\"}}}",
		  "the control character 0x1f cannot be used here" },
	};
	struct buf b = {};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_printf(&b, "{\"nftables\": [%s]}", cases[i].text);
		take(b.data);
		CHECK_TEXT(program.errors.count == 1 ? program.errors.lines[0].sentence : NULL,
			   cases[i].sentence, cases[i].text);
		buf_free(&b);
	}
}

static void link_is(const struct link *l, const char *wanted, const char *name)
{
	json_t *j = object_link(l);
	char *text = json_dumps(j, 0);

	CHECK_TEXT(text, wanted, name);
	free(text);
	json_decref(j);
}

static void links(void)
{
	struct link l = {
		.instance = "p7", .protocol = 33, .state = ALIAS_LINK_OPENING,
		.inside = 0x64400001, .outside = 0xc6336481, .peer = 0xcb007102,
		.has_ports = true, .inside_port = 5, .outside_port = 6, .peer_port = 7,
		.seconds = 240, .peers = 2,
	};

	link_is(&l,
		"{\"link\": {\"alias\": \"p7\", "
		"\"protocol\": \"dccp\", \"state\": \"OPENING\", "
		"\"seconds\": 240, \"inside\": {\"address\": \"100.64.0.1\", \"port\": 5}, "
		"\"outside\": {\"address\": \"198.51.100.129\", \"port\": 6}, "
		"\"peer\": {\"address\": \"203.0.113.2\", \"port\": 7}, \"peers\": 2}}",
		"a link with several peers");
	l.protocol = 47;
	l.state = ALIAS_LINK_ACTIVE;
	l.has_ports = false;
	l.peers = 0;
	link_is(&l,
		"{\"link\": {\"alias\": \"p7\", "
		"\"protocol\": \"gre\", \"state\": \"ACTIVE\", "
		"\"seconds\": 240, \"inside\": {\"address\": \"100.64.0.1\"}, "
		"\"outside\": {\"address\": \"198.51.100.129\"}, "
		"\"peer\": {\"address\": \"203.0.113.2\"}}}", "a link without ports");
	l.has_ports = true;
	link_is(&l,
		"{\"link\": {\"alias\": \"p7\", "
		"\"protocol\": \"gre\", \"state\": \"ACTIVE\", "
		"\"seconds\": 240, \"inside\": {\"address\": \"100.64.0.1\", \"id\": 5}, "
		"\"outside\": {\"address\": \"198.51.100.129\", \"id\": 6}, "
		"\"peer\": {\"address\": \"203.0.113.2\"}}}", "a call of PPTP");
	l.protocol = 1;
	l.has_ports = true;
	link_is(&l,
		"{\"link\": {\"alias\": \"p7\", "
		"\"protocol\": \"icmp\", \"state\": \"ACTIVE\", "
		"\"seconds\": 240, \"inside\": {\"address\": \"100.64.0.1\", \"id\": 5}, "
		"\"outside\": {\"address\": \"198.51.100.129\", \"id\": 6}, "
		"\"peer\": {\"address\": \"203.0.113.2\"}}}", "an ICMP link");
}

static void printed(void)
{
	const char *line =
		"{\"nftables\": [{\"metainfo\": {\"version\": \"1.0.6\"}}, {\"rule\": {\"expr\": "
		"[{\"log\": {\"prefix\": \"\\u001falias:0:out:\"}}, {\"mangle\": {\"key\": {\"meta\": "
		"{\"key\": \"mark\"}}, \"value\": 5}}, {\"log\": {\"prefix\": "
		"\"\\u001falias:3:in:p7\"}}, {\"log\": {\"prefix\": \"x\"}}]}}]}\n";
	struct instance one = { .name = "p7", .port_min = 1, .port_max = 2 }, *at = &one;
	struct instances all = { .at = &at, .count = 1 }, none = {};
	struct buf b = {};

	CHECK(json_undo(&b, line, strlen(line), &none), "a printed line");
	CHECK_TEXT(
		b.data,
		"{\"nftables\": [{\"metainfo\": {\"version\": \"1.0.6\", \"alias_schema_version\": 1}}, "
		"{\"rule\": {\"expr\": [{\"alias\": {\"dir\": \"out\", \"map\": 5}}, {\"alias\": {\"dir\": "
		"\"in\", \"name\": \"p7\"}}, {\"log\": {\"prefix\": \"x\"}}]}}]}\n",
		"has its statements back");
	buf_free(&b);
	line = "{\"nftables\": [{\"metainfo\": {}}, {\"table\": {}}]}\n";
	CHECK(json_undo(&b, line, strlen(line), &all), "a ruleset with instances");
	CHECK(strstr(b.data,
		     "{\"metainfo\": {\"alias_schema_version\": 1}}, {\"alias\": {\"name\": \"p7\""),
	      "shows them first");
	CHECK(strstr(b.data, "{\"table\": {}}]}\n"), "and nft's part after");
	buf_free(&b);
	CHECK(!json_undo(&b, line, strlen(line), &none), "nothing of ours");
	CHECK(!json_undo(&b, "ip t c 3\n", 9, &all), "a line that is not JSON");
	buf_free(&b);
}

int main(void)
{
	ktap_begin();
	statements();
	untouched();
	round_trip();
	behaviours();
	timeouts();
	commands();
	errors();
	links();
	printed();
	program_free(&program);
	return ktap_end();
}
