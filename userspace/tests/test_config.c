// SPDX-License-Identifier: GPL-2.0
/* The parser of alias blocks: what is good, every way to be bad, and the round trip. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ktap.h"
#include "protocol.h"
#include "text.h"
#include "translate.h"

static struct program program;
static struct source *source;

static struct instance *parse(const char *text)
{
	program_free(&program);
	source = program_add_source(&program, source_new("t.nft", SOURCE_FILE, text, strlen(text)));
	translate(&program, source, CONTEXT_COMMANDS);
	return program.change_count ? program.changes[0].instance : NULL;
}

static void bad(const char *text, const char *at, const char *sentence)
{
	size_t i;

	parse(text);
	CHECK_NUMBER(program.change_count, 0, text);
	for (i = 0; i < program.errors.count; i++) {
		const struct report_line *l = &program.errors.lines[i];

		if (!strcmp(l->sentence, sentence) && l->place.len == strlen(at) &&
		    !strncmp(text + l->place.off, at, l->place.len))
			break;
		printf("# %s at [%.*s]\n", l->sentence, (int)l->place.len, text + l->place.off);
	}
	CHECK(i < program.errors.count, sentence);
}

static void bad_values(void)
{
	static const char numbers[] = "the number is from 1 to 4294967295, not ";
	char sentence[128];
	static const char *const values[] = { "0",  "-1",  "4294967296",	  "x",
					      "0x", "1.5", "99999999999999999999" };
	char text[128];
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		snprintf(text, sizeof(text), "alias a { number %s; address 1.2.3.4; }", values[i]);
		snprintf(sentence, sizeof(sentence), "%s%s", numbers, values[i]);
		bad(text, values[i], sentence);
	}
	bad("alias a { number; address 1.2.3.4; }", ";", "expecting a number");
	bad("alias a { number 1; number 2; address 1.2.3.4; }", "2", "the number is given twice");
	bad("alias a { number 1 2; address 1.2.3.4; }", "2", "expecting newline, ';' or '}'");
}

static void bad_addresses(void)
{
	static const char reserved[] =
		"0.0.0.0/8, 127.0.0.0/8 and 224.0.0.0/3 cannot be outside addresses";

	bad("alias a { address; }", ";", "expecting an address");
	bad("alias a { address 1.2.3; }", "1.2.3", "not an IPv4 address");
	bad("alias a { address 2001:db8::1; }", "2001:db8::1", "not an IPv4 address");
	bad("alias a { address 1.2.3.9-1.2.3.4; }", "1.2.3.9-1.2.3.4",
	    "the range of addresses is reversed");
	bad("alias a { address 1.2.3.4-; }", "1.2.3.4-", "not a range of IPv4 addresses");
	bad("alias a { address 1.2.3.4/33; }", "1.2.3.4/33",
	    "the length of a prefix is from 0 to 32");
	bad("alias a { address 1.2.3.4/24; }", "1.2.3.4/24",
	    "the address has bits outside its prefix");
	bad("alias a { address 0.1.2.3; }", "0.1.2.3", reserved);
	bad("alias a { address 127.0.0.1; }", "127.0.0.1", reserved);
	bad("alias a { address 126.255.255.255-127.0.0.1; }", "126.255.255.255-127.0.0.1",
	    reserved);
	bad("alias a { address 224.0.0.1; }", "224.0.0.1", reserved);
	bad("alias a { address 223.255.255.255-224.0.0.0; }", "223.255.255.255-224.0.0.0",
	    reserved);
	bad("alias a { address 1.2.3.4, 1.2.3.4; }", "1.2.3.4", "the address is given twice");
	bad("alias a { address 1.2.3.0/24; address 1.2.3.4; }", "1.2.3.4",
	    "the address is given twice");
	bad("alias a { address 10.0.0.0/21; }", "10.0.0.0/21",
	    "an alias has at most 1024 addresses");
	bad("alias a { address 10.0.0.0/22, 11.0.0.1; }", "11.0.0.1",
	    "an alias has at most 1024 addresses");
	bad("alias a { address 0.0.0.0/0; }", "0.0.0.0/0", reserved);
	bad("alias a { address $x; }", "$x", "unknown variable $x");
	bad("alias a { address { 1.2.3.4 ; }; }", ";", "expecting ',' or '}'");
}

static void bad_behaviours(void)
{
	static const char protocols[] =
		"unknown protocol, expecting tcp, udp, icmp, udplite, sctp or dccp";

	bad("alias a { address 1.2.3.4; mapping x; }", "x",
	    "unknown mapping, expecting eim or edm");
	bad("alias a { address 1.2.3.4; mapping eif; }", "eif",
	    "unknown mapping, expecting eim or edm");
	bad("alias a { address 1.2.3.4; filter x; }", "x",
	    "unknown filter, expecting eif, adf or apdf");
	bad("alias a { address 1.2.3.4; mapping; }", ";", "expecting eim or edm after mapping");
	bad("alias a { address 1.2.3.4; filter; }", ";", "expecting eif, adf or apdf after filter");
	bad("alias a { address 1.2.3.4; mapping udp; }", ";",
	    "expecting eim or edm after mapping udp");
	bad("alias a { address 1.2.3.4; filter dccp x; }", "x",
	    "unknown filter, expecting eif, adf or apdf");
	bad("alias a { address 1.2.3.4; filter gre adf; }", "gre", protocols);
	bad("alias a { address 1.2.3.4; mapping 17 edm; }", "17", protocols);
	bad("alias a { address 1.2.3.4; mapping edm udp; }", "udp",
	    "expecting newline, ';' or '}'");
	bad("alias a { address 1.2.3.4; mapping edm; mapping edm; }", "edm",
	    "mapping is given twice");
	bad("alias a { address 1.2.3.4; filter adf; filter eif; }", "eif",
	    "filter is given twice");
	bad("alias a { address 1.2.3.4; mapping udp edm; mapping udp eim; }", "eim",
	    "mapping udp is given twice");
	bad("alias a { address 1.2.3.4; filter tcp adf; filter udp adf; filter tcp apdf; }",
	    "apdf", "filter tcp is given twice");
}

/* A value that a timeout cannot have. */
static void bad_timeout(const char *name, const char *value, const char *sentence)
{
	struct buf b = {};

	buf_printf(&b, "alias a { address 1.2.3.4; timeout %s %s; }", name, value);
	bad(b.data, value, sentence);
	buf_free(&b);
}

static void bad_timeouts(void)
{
	static const char names[] =
		"unknown timeout, expecting tcp-opening, tcp-established, tcp-closing, udp, icmp, "
		"udplite, sctp-opening, sctp-established, sctp-closing, dccp-opening, "
		"dccp-established, dccp-closing, other or hold";
	static const char form[] = "expecting seconds or a time such as 2h4m";
	static const char *const values[] = { "x", "-5", "5x", "5m5", "4m2h", "1h1h", "10ms",
					      "0x10", "1w", "1.5", "m" };
	char sentence[128];
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		snprintf(sentence, sizeof(sentence), "%s, not %s", form, values[i]);
		bad_timeout("hold", values[i], sentence);
		bad_timeout("udp port 53", values[i], sentence);
	}
	bad("alias a { address 1.2.3.4; timeout; }", ";", "expecting the name of a timeout");
	bad("alias a { address 1.2.3.4; timeout tcp 5; }", "tcp", names);
	bad("alias a { address 1.2.3.4; timeout 5; }", "5", names);
	bad("alias a { address 1.2.3.4; timeout udp; }", ";", form);
	bad("alias a { address 1.2.3.4; timeout icmp port 5 5; }", "port",
	    "expecting seconds or a time such as 2h4m, not port");
	bad("alias a { address 1.2.3.4; timeout udp 300 s; }", "s",
	    "expecting newline, ';' or '}'");
	bad("alias a { address 1.2.3.4; timeout udp 300; timeout hold 0; timeout udp 301; }", "301",
	    "timeout udp is given twice");
}

static void timeout_floors(void)
{
	bad_timeout("tcp-opening", "7",
		    "timeout tcp-opening is at least 8 s (RFC 7857 section 2.2)");
	bad_timeout("tcp-established", "2h3m59s",
		    "timeout tcp-established is at least 7440 s (RFC 5382 REQ-5)");
	bad_timeout("tcp-closing", "239", "timeout tcp-closing is at least 240 s (RFC 5382 REQ-5)");
	bad_timeout("udp", "119s", "timeout udp is at least 120 s (RFC 4787 REQ-5)");
	bad_timeout("icmp", "0", "timeout icmp is at least 60 s (RFC 5508 REQ-2)");
	bad_timeout("udplite", "1m", "timeout udplite is at least 120 s (RFC 4787 REQ-5)");
	bad_timeout("sctp-opening", "7",
		    "timeout sctp-opening is at least 8 s (as TCP: RFC 7857 section 2.2)");
	bad_timeout("sctp-established", "7439",
		    "timeout sctp-established is at least 7440 s (as TCP: RFC 5382 REQ-5)");
	bad_timeout("sctp-closing", "239",
		    "timeout sctp-closing is at least 240 s (as TCP: RFC 5382 REQ-5)");
	bad_timeout("dccp-opening", "239",
		    "timeout dccp-opening is at least 240 s (RFC 5597 REQ-5)");
	bad_timeout("dccp-established", "7439",
		    "timeout dccp-established is at least 7440 s (RFC 5597 REQ-5)");
	bad_timeout("dccp-closing", "239",
		    "timeout dccp-closing is at least 240 s (RFC 5597 REQ-5)");
	bad_timeout("other", "119", "timeout other is at least 120 s");
	bad_timeout("hold", "604801", "timeout hold is at most 604800 s");
	bad_timeout("udp", "7d1s", "timeout udp is at most 604800 s");
	bad_timeout("udp", "4294967296", "timeout udp is at most 604800 s");
	bad_timeout("udp", "99999999999999999999d", "timeout udp is at most 604800 s");
}

static void bad_udp_ports(void)
{
	static const char range[] = "timeouts of UDP ports are for the ports 1 to 1023";
	struct buf b = {};
	int i;

	bad("alias a { address 1.2.3.4; timeout udp port; }", ";", "expecting a port");
	bad("alias a { address 1.2.3.4; timeout udp port 53; }", ";",
	    "expecting seconds or a time such as 2h4m");
	bad("alias a { address 1.2.3.4; timeout udp port 0 5; }", "0", range);
	bad("alias a { address 1.2.3.4; timeout udp port 1024 5; }", "1024", range);
	bad("alias a { address 1.2.3.4; timeout udp port 65536 5; }", "65536", range);
	bad("alias a { address 1.2.3.4; timeout udp port x 5; }", "x", range);
	bad("alias a { address 1.2.3.4; timeout udp port 53-60 5; }", "53-60", range);
	bad("alias a { address 1.2.3.4; timeout udp port 53 5; timeout udp port 53 6; }", "53",
	    "the port is given twice");
	bad_timeout("udp port 53", "0", "timeout udp port 53 is from 1 to 604800 s");
	bad_timeout("udp port 1023", "8d", "timeout udp port 1023 is from 1 to 604800 s");
	buf_str(&b, "alias a { address 1.2.3.4");
	for (i = 1; i <= 17; i++)
		buf_printf(&b, "; timeout udp port %u 5", i);
	buf_str(&b, "}");
	bad(b.data, "17", "an alias has at most 16 timeouts of UDP ports");
	buf_free(&b);
}

static void bad_rest(void)
{
	bad("alias a { address 1.2.3.4; ports 0-5; }", "0-5", "port 0 cannot be used");
	bad("alias a { address 1.2.3.4; ports 9-5; }", "9-5", "the range of ports is reversed");
	bad("alias a { address 1.2.3.4; ports 5-65536; }", "5-65536",
	    "ports are numbers from 1 to 65535");
	bad("alias a { address 1.2.3.4; ports x; }", "x", "ports are numbers from 1 to 65535");
	bad("alias a { address 1.2.3.4; ports 1-2; ports 3-4; }", "3-4",
	    "the range of ports is given twice");
	bad("alias a { address 1.2.3.4; same-ports yes; }", "yes", "expecting newline, ';' or '}'");
	bad("alias a { address 1.2.3.4; colour blue; }", "colour",
	    "expecting number, address, ports, same-ports, deny-in, refresh-in, pptp, mapping, "
	    "filter or timeout");
	bad("alias a { address 1.2.3.4;\n", "{", "the block has no closing '}'");
	bad("alias map { address 1.2.3.4; }", "map",
	    "map cannot be the name of an alias: it is a word of the statement");
	bad("alias abcdefghijklmnopqrstuvwxyz123456 { address 1.2.3.4; }",
	    "abcdefghijklmnopqrstuvwxyz123456", "the name of an alias has at most 31 characters");
	bad("alias a { }", "a", "the alias has no address");
	bad("alias 1a { address 1.2.3.4; }", "1a", "the name of an alias begins with a letter");
}

static void several_errors(void)
{
	parse("alias a {\n number 0\n address x\n ports 0\n}\nalias b { address 1.2.3.4; }\n");
	CHECK_NUMBER(program.errors.count, 3, "one run shows all errors of a block");
	CHECK_NUMBER(program.change_count, 1, "and goes on with the next block");
}

static void good(void)
{
	struct instance *i;

	i = parse("define net = 10.0.0.0/30\nalias a.b_c-d/e {\n\tnumber 0xff # comment\n"
		  "\taddress $net, 1.2.3.4 - 1.2.3.9\n\taddress { 5.5.5.5,\n 6.6.6.6, }\n"
		  "\tports 2000 - 3000; same-ports; deny-in; mapping eim; filter eif }\n");
	CHECK(!!i, "everything at once");
	if (!i)
		return;
	CHECK_TEXT(i->name, "a.b_c-d/e", "name");
	CHECK_NUMBER(i->number, 255, "hexadecimal number");
	CHECK_NUMBER(i->range_count, 4, "ranges");
	CHECK_NUMBER(i->ranges[0].first, 0x0a000000, "prefix from a variable: first");
	CHECK_NUMBER(i->ranges[0].last, 0x0a000003, "prefix from a variable: last");
	CHECK_NUMBER(i->ranges[1].last, 0x01020309, "range with blanks");
	CHECK_NUMBER(i->port_min, 2000, "lowest port");
	CHECK_NUMBER(i->port_max, 3000, "highest port");
	CHECK_NUMBER(i->flags, ALIAS_F_SAME_PORTS | ALIAS_F_DENY_IN, "flags");
	i = parse("alias a { address 1.2.3.4 }");
	CHECK(i && i->port_min == 1024 && i->port_max == 65535 && !i->flags && !i->number,
	      "defaults");
	i = parse("alias a { address 1.2.3.4; ports 5000; }");
	CHECK(i && i->port_min == 5000 && i->port_max == 5000, "a single port");
	i = parse("alias a { address 10.0.0.0/22; }");
	CHECK(!!i, "1024 addresses are allowed");
	i = parse("alias a { number 4294967295; address 223.255.255.255; }");
	CHECK(i && i->number == 4294967295U, "largest number, highest address");
}

static void round_trip(void)
{
	static const char text[] =
		"alias pool7 {\n\tnumber 135\n\taddress 1.2.3.4, 10.0.0.0/30, 10.1.0.1-10.1.0.6\n"
		"\tports 1024-65535\n\tsame-ports\n\tdeny-in\n\tmapping eim\n\tfilter eif\n}\n";
	struct buf b = {};
	struct instance *i = parse(text);

	CHECK(!!i, "the block loads");
	if (!i)
		return;
	text_instance(&b, "", i, false);
	CHECK_TEXT(b.data, text, "what is printed is what was read");
	buf_free(&b);
	i->out[ALIAS_A_COUNTER_PACKETS] = 7;
	i->in[ALIAS_A_COUNTER_NO_LINK] = 3;
	i->out[ALIAS_A_COUNTER_CHECKSUM] = 1;
	i->in[ALIAS_A_COUNTER_FILTERED] = 9;
	i->links[0] = 2;
	i->links[4] = 5;
	i->links[6] = 6;
	text_instance(&b, "", i, true);
	CHECK(strstr(b.data,
		     "\t# links: tcp 2 udp 0 icmp 0 sctp 5 other 6, subscribers 0, rules 0\n"
		     "\t# out: packets 7 bytes 0 checksum 1\n"
		     "\t# in: packets 0 bytes 0 no-link 3 filtered 9\n"),
	      "state in comments");
	i = parse(b.data);
	CHECK(i && i->range_count == 3, "a block with state loads again");
	buf_free(&b);
}

/* What is printed of a block, and that it is printed of that again. */
static void shown_as(const char *text, const char *wanted)
{
	struct buf b = {}, again = {};
	struct instance *i = parse(text);

	CHECK(!!i, text);
	if (!i)
		return;
	text_instance(&b, "", i, false);
	CHECK_TEXT(b.data, wanted, "is shown");
	i = parse(b.data);
	if (i)
		text_instance(&again, "", i, false);
	CHECK_TEXT(again.data, wanted, "and loads again");
	buf_free(&b);
	buf_free(&again);
}

#define BEGINNING	"alias a {\n\taddress 1.2.3.4\n\tports 1024-65535\n"
#define BEHAVIOURS	"\tmapping eim\n\tfilter eif\n"

static void behaviours(void)
{
	struct instance *i;

	i = parse("define how = edm\ndefine proto = icmp\nalias a { address 1.2.3.4; mapping $how; "
		  "filter apdf; filter $proto eif; filter dccp adf; mapping udplite eim; }");
	CHECK(i && i->behaviour[BEHAVIOUR_MAPPING] == ALIAS_MAPPING_EDM &&
	      i->behaviour[BEHAVIOUR_FILTER] == ALIAS_FILTER_APDF, "for all protocols");
	CHECK(i && i->choices[2][BEHAVIOUR_FILTER].given &&
	      i->choices[2][BEHAVIOUR_FILTER].value == ALIAS_FILTER_EIF &&
	      !i->choices[2][BEHAVIOUR_MAPPING].given, "for ICMP");
	CHECK(i && i->choices[5][BEHAVIOUR_FILTER].value == ALIAS_FILTER_ADF, "for DCCP");
	CHECK(i && i->choices[3][BEHAVIOUR_MAPPING].given, "for UDP-Lite");
	shown_as("alias a { refresh-in; address 1.2.3.4; filter apdf; filter sctp adf; "
		 "mapping udp edm; mapping tcp eim; filter icmp apdf; filter tcp eif; }",
		 BEGINNING "\trefresh-in\n\tmapping eim\n\tmapping udp edm\n\tfilter apdf\n"
			   "\tfilter tcp eif\n\tfilter sctp adf\n}\n");
	shown_as("alias a { address 1.2.3.4; mapping udp eim; mapping edm; filter adf; }",
		 BEGINNING "\tmapping edm\n\tmapping udp eim\n\tfilter adf\n}\n");
	shown_as("alias a { pptp; address 1.2.3.4; same-ports; refresh-in; deny-in; "
		 "filter udp eif; }",
		 BEGINNING "\tsame-ports\n\tdeny-in\n\trefresh-in\n\tpptp\n" BEHAVIOURS "}\n");
}

static void timeouts(void)
{
	static const struct {
		const char *text;
		uint32_t seconds;
	} times[] = {
		{ "300", 300 }, { "300s", 300 }, { "5m", 300 }, { "2h4m", 7440 },
		{ "1d2h", 93600 }, { "1d2h3m4s", 93784 }, { "7d", 604800 }, { "168h", 604800 },
		{ "604800", 604800 }, { "10079m60s", 604800 }, { "604740s", 604740 },
	};
	struct instance *i;
	char text[96];
	size_t n;

	for (n = 0; n < sizeof(times) / sizeof(times[0]); n++) {
		snprintf(text, sizeof(text), "alias a { address 1.2.3.4; timeout udp %s }",
			 times[n].text);
		i = parse(text);
		CHECK_NUMBER(i ? i->timeouts[ALIAS_A_TIMEOUT_UDP] : 0, times[n].seconds, text);
	}
	i = parse("define long = 9000\nalias a { address 1.2.3.4; "
		  "timeout tcp-established $long; }");
	CHECK(i && i->timeouts[ALIAS_A_TIMEOUT_TCP_ESTABLISHED] == 9000 &&
	      i->timeouts[ALIAS_A_TIMEOUT_HOLD] == 120 && !i->udp_port_count,
	      "the others as usual");
	shown_as("alias a { address 1.2.3.4; timeout hold 0; timeout udp port 123 30s; "
		 "timeout other 120; timeout icmp 1m; timeout udp 2m; timeout udp port 53 10; "
		 "timeout tcp-opening 8; timeout tcp-established 2h4m; timeout dccp-closing 7d; }",
		 BEGINNING BEHAVIOURS "\ttimeout tcp-opening 8\n\ttimeout udp 120\n"
			   "\ttimeout dccp-closing 604800\n\ttimeout other 120\n\ttimeout hold 0\n"
			   "\ttimeout udp port 123 30\n\ttimeout udp port 53 10\n}\n");
	shown_as("alias a { address 1.2.3.4; timeout tcp-closing 241; timeout udplite 121;"
		 "timeout sctp-opening 9; timeout sctp-established 7441; timeout sctp-closing 242;"
		 "timeout dccp-opening 243; timeout dccp-established 7442; timeout udp port 1 1;"
		 "timeout udp port 1023 604800; }",
		 BEGINNING BEHAVIOURS "\ttimeout tcp-closing 241\n\ttimeout udplite 121\n"
			   "\ttimeout sctp-opening 9\n\ttimeout sctp-established 7441\n"
			   "\ttimeout sctp-closing 242\n\ttimeout dccp-opening 243\n"
			   "\ttimeout dccp-established 7442\n\ttimeout udp port 1 1\n"
			   "\ttimeout udp port 1023 604800\n}\n");
}

static void prefixes(void)
{
	CHECK_NUMBER(range_prefix(0x0a000000, 0x0a0000ff), 24, "a /24");
	CHECK_NUMBER(range_prefix(0x0a000001, 0x0a000001), 32, "a single address");
	CHECK_NUMBER(range_prefix(0, UINT32_MAX), 0, "everything");
	CHECK_NUMBER(range_prefix(0x0a000001, 0x0a0000ff), -1, "not aligned");
	CHECK_NUMBER(range_prefix(0x0a000000, 0x0a0000fe), -1, "too short");
}

static struct link pool7_link(void)
{
	return (struct link){
		.instance = "pool7",
		.protocol = 6,
		.state = ALIAS_LINK_ESTABLISHED,
		.has_ports = true,
		.seconds = 7431,
		.inside = 0x64400001,
		.inside_port = 40000,
		.outside = 0xc6336481,
		.outside_port = 40001,
		.peer = 0xcb007102,
		.peer_port = 80,
	};
}

static bool matches(const char *words, const struct link *l)
{
	char text[128];

	snprintf(text, sizeof(text), "list links %s", words);
	parse(text);
	return program.listing_count == 1 && !program.errors.count &&
	       links_match(&program.listings[0].filter, l);
}

static void filters(void)
{
	static const struct {
		const char *words;
		bool match;
	} cases[] = {
		{ "", true },
		{ "pool7", true },
		{ "pool8", false },
		{ "-p tcp", true },
		{ "-p 6", true },
		{ "--proto=udp", false },
		{ "-s 100.64.0.1", true },
		{ "-s 100.64.0.0/24", true },
		{ "--orig-src 100.64.1.0/24", false },
		{ "-g 100.64.0.0/10", true },
		{ "--dst-nat 100.64.0.2", false },
		{ "-d 203.0.113.2", true },
		{ "--orig-dst 203.0.113.3", false },
		{ "-d 0.0.0.0/0", true },
		{ "-n 198.51.100.129", true },
		{ "--src-nat 198.51.100.0/25", false },
		{ "--sport 40000", true },
		{ "--sport 40001", false },
		{ "--dport 80", true },
		{ "--dport 443", false },
		{ "pool7 -p tcp --dport 80 -s 100.64.0.1 -d 203.0.113.0/24", true },
	};
	static const struct {
		const char *name;
		uint8_t number;
	} names[] = {
		{ "udp", 17 },	{ "icmp", 1 }, { "udplite", 136 }, { "sctp", 132 },
		{ "dccp", 33 }, { "gre", 47 }, { "esp", 50 },	   { "ah", 51 },
	};
	struct link l = pool7_link();
	char text[32];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK(matches(cases[i].words, &l) == cases[i].match, cases[i].words);
	l.has_ports = false;
	l.inside_port = l.outside_port = l.peer_port = 0;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		l.protocol = names[i].number;
		snprintf(text, sizeof(text), "-p %s", names[i].name);
		CHECK(matches(text, &l), text);
		CHECK_TEXT(protocol_name(l.protocol), names[i].name, names[i].name);
	}
	CHECK(!matches("-p tcp", &l), "a protocol that it is not");
	CHECK(!matches("--sport 1", &l) && !matches("--dport 1", &l),
	      "no port matches a link without ports");
	parse("list links -p x");
	CHECK_TEXT(program.errors.count ? program.errors.lines[0].sentence : NULL,
		   "expecting a protocol: tcp, udp, icmp, udplite, sctp, dccp, gre, esp, ah or a "
		   "number", "an unknown protocol");
}

static void link_lines(void)
{
	struct link l = pool7_link();
	struct buf b = {};

	text_link(&b, &l);
	CHECK_TEXT(
		b.data,
		"tcp      6 7431 ESTABLISHED src=100.64.0.1 dst=203.0.113.2 sport=40000 dport=80 "
		"src=203.0.113.2 dst=198.51.100.129 sport=80 dport=40001 alias=pool7\n",
		"a TCP link");
	buf_free(&b);
	l.protocol = 17;
	l.state = ALIAS_LINK_RESTING;
	text_link(&b, &l);
	CHECK_TEXT(
		b.data,
		"udp      17 7431 src=100.64.0.1 dst=203.0.113.2 sport=40000 dport=80 "
		"src=203.0.113.2 dst=198.51.100.129 sport=80 dport=40001 [RESTING] alias=pool7\n",
		"a resting UDP link");
	buf_free(&b);
	l.protocol = 1;
	l.state = ALIAS_LINK_ACTIVE;
	text_link(&b, &l);
	CHECK_TEXT(b.data,
		   "icmp     1 7431 src=100.64.0.1 dst=203.0.113.2 type=8 code=0 id=40000 "
		   "src=203.0.113.2 dst=198.51.100.129 type=0 code=0 id=40001 alias=pool7\n",
		   "an ICMP link");
	buf_free(&b);
	l.protocol = 132;
	l.state = ALIAS_LINK_CLOSING;
	l.peers = 3;
	text_link(&b, &l);
	CHECK_TEXT(
		b.data,
		"sctp     132 7431 CLOSING src=100.64.0.1 dst=203.0.113.2 sport=40000 dport=80 "
		"src=203.0.113.2 dst=198.51.100.129 sport=80 dport=40001 alias=pool7 peers=3\n",
		"an SCTP link with several peers");
	buf_free(&b);
	l.peers = 0;
	l.protocol = 47;
	l.state = ALIAS_LINK_ACTIVE;
	l.has_ports = false;
	text_link(&b, &l);
	CHECK_TEXT(b.data,
		   "gre      47 7431 src=100.64.0.1 dst=203.0.113.2 "
		   "src=203.0.113.2 dst=198.51.100.129 alias=pool7\n",
		   "a link without ports");
	buf_free(&b);
	l.has_ports = true;
	text_link(&b, &l);
	CHECK_TEXT(b.data,
		   "gre      47 7431 src=100.64.0.1 dst=203.0.113.2 callid=40000 "
		   "src=203.0.113.2 dst=198.51.100.129 callid=40001 alias=pool7\n",
		   "a call of PPTP");
	buf_free(&b);
	l.has_ports = false;
	l.protocol = 99;
	l.state = ALIAS_LINK_RESTING;
	text_link(&b, &l);
	CHECK_TEXT(b.data,
		   "unknown  99 7431 src=100.64.0.1 dst=203.0.113.2 "
		   "src=203.0.113.2 dst=198.51.100.129 [RESTING] alias=pool7\n",
		   "a protocol without a name");
	buf_free(&b);
}

int main(void)
{
	ktap_begin();
	bad_values();
	bad_addresses();
	bad_behaviours();
	bad_timeouts();
	timeout_floors();
	bad_udp_ports();
	bad_rest();
	several_errors();
	good();
	round_trip();
	behaviours();
	timeouts();
	prefixes();
	filters();
	link_lines();
	program_free(&program);
	return ktap_end();
}
