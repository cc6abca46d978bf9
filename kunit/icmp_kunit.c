// SPDX-License-Identifier: GPL-2.0
/* ICMP errors, to the byte, through real instances.
 *
 *	inside 100.64.0.1 --- instance 198.51.100.128 --- peer 192.0.2.1
 *	  router 10.10.0.2				    router 192.0.2.99
 *
 * What should come out is written from scratch: the same error about the same
 * packet, but with the other view of the customer's end. Errors are sent from
 * linear skbs whose end is followed by memory that KASAN takes for foreign, and
 * from skbs that are cut into pages.
 */

#include <linux/module.h>
#include <linux/prandom.h>

/* The one case that wants a warning catches it as text; ownership_kunit.c does
 * the same.
 */
static unsigned int warnings;

#undef WARN_ONCE
#define WARN_ONCE(condition, format...) ({				\
	bool warn_ = (condition);					\
	if (warn_) {							\
		warnings++;						\
		pr_info("caught: " format);				\
	}								\
	warn_;								\
})

#include "fixture.h"

#ifndef CONFIG_KASAN_GENERIC
#error "without generic KASAN this suite could not see an access past the packet"
#endif

#define OUT	NFT_ALIAS_OUT
#define IN	NFT_ALIAS_IN

#define INSIDE_ROUTER	0x0a0a0002u	/* 10.10.0.2 */
#define OUTSIDE_ROUTER	0xc0000263u	/* 192.0.2.99 */

#define ICMP_HEADER	8
/* RFC 4884 section 5.1: so much is quoted, padded with zeros, before extensions. */
#define EXTENDED_QUOTE	128
#define EXTENSION	12
#define ERROR_BYTES_MAX	512

/**
 * struct error - an ICMP error, in host byte order
 * @type: 3, 11, 12; or what is none
 * @code: its code
 * @ip_options: of the error itself, 32-bit words
 * @extended: an extension of RFC 4884 follows
 * @quoted_bytes: of @quoted; 0 for all of it
 * @src: who sends it
 * @dst: who is told
 * @quoted: what about
 */
struct error {
	u8 type;
	u8 code;
	u8 ip_options;
	bool extended;
	u8 quoted_bytes;
	u32 src;
	u32 dst;
	struct wire quoted;
};

static u8 *icmp_of(u8 *bytes)
{
	return wire_transport(bytes);
}

static u8 *quote_of(u8 *bytes)
{
	return icmp_of(bytes) + ICMP_HEADER;
}

static u16 error_check(u8 *bytes)
{
	return wire_transport_check(bytes);
}

/* Both sums of the error, computed from scratch. */
static void seal(u8 *bytes)
{
	wire_seal(bytes, false);
}

static void seal_quote(u8 *bytes)
{
	u8 *quote = quote_of(bytes);

	wire_put16(quote + 10, wire_ip_check(quote));
	seal(bytes);
}

static unsigned int write_quote(u8 *at, const struct error *e)
{
	static const u8 extension[EXTENSION] = {
		0x20, 0, 0x12, 0x34, 0, 8, 1, 1, 0xab, 0xcd, 0xef, 0x01
	};
	u8 quoted[WIRE_BYTES_MAX];
	unsigned int bytes = wire_write(quoted, &e->quoted);

	bytes = e->quoted_bytes ? e->quoted_bytes : bytes;
	if (!e->extended) {
		memcpy(at, quoted, bytes);
		return bytes;
	}
	memcpy(at, quoted, min_t(unsigned int, bytes, EXTENDED_QUOTE));
	memcpy(at + EXTENDED_QUOTE, extension, EXTENSION);
	return EXTENDED_QUOTE + EXTENSION;
}

/**
 * write_error - write an ICMP error
 * @bytes: ERROR_BYTES_MAX bytes
 * @e: what it says
 *
 * Return: how many bytes it has
 */
static unsigned int write_error(u8 *bytes, const struct error *e)
{
	unsigned int hlen = WIRE_IP_BYTES + e->ip_options * 4;
	unsigned int length;
	u8 *icmp = bytes + hlen;

	memset(bytes, 0, ERROR_BYTES_MAX);
	bytes[0] = 4 << 4 | hlen / 4;
	bytes[8] = 63;
	bytes[9] = WIRE_ICMP;
	wire_put32(bytes + 12, e->src);
	wire_put32(bytes + 16, e->dst);
	memset(bytes + WIRE_IP_BYTES, 1, e->ip_options * 4);
	icmp[0] = e->type;
	icmp[1] = e->code;
	icmp[5] = e->extended ? EXTENDED_QUOTE / 4 : 0;
	wire_put16(icmp + 6, 1300);
	length = hlen + ICMP_HEADER + write_quote(icmp + ICMP_HEADER, e);
	wire_put16(bytes + 2, length);
	seal(bytes);
	return length;
}

/**
 * struct way - one direction and one quoted protocol
 * @name: of the case
 * @dir: which way the error goes
 * @protocol: of the quoted packet
 * @open: flags of the packet that opens the link
 * @sent: flags of a packet sent outward
 * @delivered: flags of one that came inward
 * @space: its ports
 */
struct way {
	const char *name;
	enum nft_alias_direction dir;
	u8 protocol;
	u8 open;
	u8 sent;
	u8 delivered;
	enum alias_space space;
};

#define SYN	WIRE_SYN
#define ACK	WIRE_ACK
#define REQUEST	WIRE_DCCP_REQUEST
#define DCCP_ACK WIRE_DCCP_ACK

static const struct way ways[] = {
	{ "in_tcp", IN, WIRE_TCP, SYN, ACK, ACK, ALIAS_SPACE_TCP },
	{ "in_udp", IN, WIRE_UDP, 0, 0, 0, ALIAS_SPACE_UDP },
	{ "in_echo", IN, WIRE_ICMP, 8, 8, 0, ALIAS_SPACE_ICMP },
	{ "in_timestamp", IN, WIRE_ICMP, 13, 13, 14, ALIAS_SPACE_ICMP },
	{ "out_tcp", OUT, WIRE_TCP, SYN, ACK, ACK, ALIAS_SPACE_TCP },
	{ "out_udp", OUT, WIRE_UDP, 0, 0, 0, ALIAS_SPACE_UDP },
	{ "out_echo", OUT, WIRE_ICMP, 8, 8, 0, ALIAS_SPACE_ICMP },
	{ "out_timestamp", OUT, WIRE_ICMP, 13, 13, 14, ALIAS_SPACE_ICMP },
	{ "in_dccp", IN, WIRE_DCCP, REQUEST, DCCP_ACK, DCCP_ACK, ALIAS_SPACE_DCCP },
	{ "out_dccp", OUT, WIRE_DCCP, REQUEST, DCCP_ACK, DCCP_ACK, ALIAS_SPACE_DCCP },
};

/* Its checksum is another, and stands behind the bytes that every error quotes. */
static const struct way sctp_ways[] = {
	{ "in_sctp", IN, WIRE_SCTP, WIRE_SCTP_INIT, WIRE_SCTP_DATA, WIRE_SCTP_DATA,
	  ALIAS_SPACE_SCTP },
	{ "out_sctp", OUT, WIRE_SCTP, WIRE_SCTP_INIT, WIRE_SCTP_DATA, WIRE_SCTP_DATA,
	  ALIAS_SPACE_SCTP },
};

static void way_name(const struct way *way, char *desc)
{
	strscpy(desc, way->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(way, ways, way_name);
KUNIT_ARRAY_PARAM(sctp_way, sctp_ways, way_name);

/**
 * struct flow - a link, from both sides
 * @way: which way errors about it go
 * @inst: its instance
 * @inside: the packet that opened it, before
 * @outside: and after
 */
struct flow {
	const struct way *way;
	struct alias_instance *inst;
	struct wire inside;
	struct wire outside;
};

static struct flow flow_through(struct kunit *test, const struct way *way,
				struct alias_instance *inst, u16 port)
{
	struct flow flow = { .way = way, .inst = inst };

	flow.inside = fixture_wire(way->protocol, way->open, FIXTURE_INSIDE, port, FIXTURE_PEER,
				   way->protocol == WIRE_ICMP ? port : 443);
	flow.outside = fixture_out(test, inst, flow.inside);
	flow.outside.payload = flow.inside.payload;
	return flow;
}

static struct alias_instance *plain(struct kunit *test)
{
	return fixture_instance(test, 1, 1024, 65535, 0);
}

static struct flow one_flow(struct kunit *test)
{
	return flow_through(test, test->param_value, plain(test), 40000);
}

static struct alias_link *flow_link(const struct flow *flow)
{
	return fixture_link(flow->inst, flow->way->space, &flow->outside);
}

/* The packet an error is about, as it is seen on one side. */
static struct wire packet_of(const struct flow *flow, bool inside)
{
	struct wire w = inside ? flow->inside : flow->outside;

	if (flow->way->dir == IN) {
		w.flags = flow->way->sent;
		return w;
	}
	return fixture_answer(w, flow->way->delivered);
}

/* An error about the flow, as it comes in or as it should go out. */
static struct error error_of(const struct flow *flow, bool inside)
{
	struct error e = { .type = 3, .code = 4, .quoted = packet_of(flow, inside) };

	e.dst = e.quoted.src;
	e.src = OUTSIDE_ROUTER;
	if (flow->way->dir == OUT)
		e.src = inside ? INSIDE_ROUTER : flow->outside.src;
	return e;
}

static struct error error_before(const struct flow *flow)
{
	return error_of(flow, flow->way->dir == OUT);
}

static struct error error_after(const struct flow *flow)
{
	return error_of(flow, flow->way->dir == IN);
}

static enum alias_verdict translate_skb(struct alias_instance *inst, enum nft_alias_direction dir,
					struct sk_buff *skb)
{
	enum alias_verdict verdict;

	rcu_read_lock();
	verdict = dir == OUT ? alias_out(inst, skb) : alias_in(inst, skb);
	rcu_read_unlock();
	return verdict;
}

static void expect_bytes(struct kunit *test, const struct sk_buff *skb, const u8 *bytes,
			 unsigned int length)
{
	u8 now[ERROR_BYTES_MAX];
	unsigned int n;

	KUNIT_ASSERT_EQ(test, skb->len, length);
	KUNIT_ASSERT_EQ(test, skb_copy_bits(skb, 0, now, length), 0);
	for (n = 0; n < length; n++)
		if (now[n] != bytes[n])
			break;
	/* One is enough: those after it would fill the log. */
	KUNIT_ASSERT_EQ_MSG(test, n, length, "byte %u is %#x, expected %#x", n, now[n], bytes[n]);
}

/* One way it must be refused, for this reason, and stay as it is. */
static void expect_refused(struct kunit *test, const struct flow *flow, u8 *bytes,
			   unsigned int length, unsigned int linear, enum alias_reason why)
{
	enum nft_alias_direction dir = flow->way->dir;
	bool drop = dir == OUT || why == ALIAS_CHECKSUM || why == ALIAS_FOREIGN;
	u64 before = fixture_refused(flow->inst, dir, why);
	struct sk_buff *skb = skb_make(bytes, length, linear);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_arm(skb);
	KUNIT_ASSERT_EQ(test, translate_skb(flow->inst, dir, skb),
			drop ? ALIAS_DROP : ALIAS_NO_MATCH);
	skb_disarm(skb);
	expect_bytes(test, skb, bytes, length);
	kfree_skb(skb);
	KUNIT_ASSERT_EQ_MSG(test, fixture_refused(flow->inst, dir, why), before + 1,
			    "reason %u, %u bytes, %u linear", why, length, linear);
}

/* It must be translated, to these bytes. */
static void expect_translated(struct kunit *test, const struct flow *flow, const u8 *before,
			      const u8 *after, unsigned int length, unsigned int linear)
{
	struct sk_buff *skb = skb_make(before, length, linear);
	bool armed = linear == length;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	/* A packet in pages may be pulled into the room behind the linear part. */
	if (armed)
		skb_arm(skb);
	KUNIT_ASSERT_EQ_MSG(test, translate_skb(flow->inst, flow->way->dir, skb), ALIAS_TRANSLATED,
			    "%u bytes, %u linear", length, linear);
	if (armed)
		skb_disarm(skb);
	expect_bytes(test, skb, after, length);
	kfree_skb(skb);
}

/* Linear, and in pages at every @step. */
static void expect_translated_split(struct kunit *test, const struct flow *flow, const u8 *before,
				    const u8 *after, unsigned int length, unsigned int step)
{
	unsigned int linear;

	expect_translated(test, flow, before, after, length, length);
	for (linear = 0; step && linear < length; linear += step)
		expect_translated(test, flow, before, after, length, linear);
}

static void expect_refused_split(struct kunit *test, const struct flow *flow, u8 *bytes,
				 unsigned int length, unsigned int step, enum alias_reason why)
{
	unsigned int linear;

	expect_refused(test, flow, bytes, length, length, why);
	for (linear = 0; step && linear < length; linear += step)
		expect_refused(test, flow, bytes, length, linear, why);
}

/* What both views of an error share. */
struct shape {
	u8 type;
	u8 code;
	u8 ip_options;
	u8 quoted_options;
	u8 payload;
	u8 quoted_bytes;
	bool extended;
};

static struct error shaped(struct error e, const struct shape *shape)
{
	e.type = shape->type;
	e.code = shape->code;
	e.ip_options = shape->ip_options;
	e.quoted.ip_options = shape->quoted_options;
	e.quoted.payload = shape->payload;
	e.quoted_bytes = shape->quoted_bytes;
	e.extended = shape->extended;
	return e;
}

/* Of the checksum some bytes are there, and the others cut off: it is none. */
static void keep_part_of_a_checksum(u8 *before, u8 *after, const struct error *e)
{
	unsigned int at = wire_check(quote_of(after)) - quote_of(after);
	unsigned int bytes = e->quoted.protocol == WIRE_SCTP ? 4 : 2;

	if (!e->quoted_bytes || e->quoted_bytes <= at || e->quoted_bytes >= at + bytes)
		return;
	memcpy(quote_of(after) + at, quote_of(before) + at, e->quoted_bytes - at);
	seal(after);
}

static void translate_shape(struct kunit *test, const struct flow *flow, const struct shape *shape,
			    unsigned int step)
{
	struct error e = shaped(error_before(flow), shape);
	u8 before[ERROR_BYTES_MAX], after[ERROR_BYTES_MAX];
	unsigned int length = write_error(before, &e);

	e = shaped(error_after(flow), shape);
	write_error(after, &e);
	keep_part_of_a_checksum(before, after, &e);
	expect_translated_split(test, flow, before, after, length, step);
}

static const u8 error_types[] = { 3, 11, 12 };

/* RFC 5508 REQ-3b, REQ-4a, REQ-4b, REQ-4c, REQ-5a, REQ-5b, REQ-5c, REQ-10a: all types,
 * many codes, with options of both IP headers. That host, port and protocol
 * unreachable are among them: RFC 4787 REQ-12b, RFC 5382 REQ-9, RFC 5597 REQ-9.
 */
static void both_views_match_to_the_byte(struct kunit *test)
{
	struct flow flow = one_flow(test);
	unsigned int n, options;

	for (n = 0; n < ARRAY_SIZE(error_types); n++) {
		for (options = 0; options <= 10; options++) {
			struct shape shape = {
				.type = error_types[n],
				.code = options,
				.ip_options = options * 3 % 11,
				.quoted_options = options,
				.payload = 5 * n + options,
			};

			translate_shape(test, &flow, &shape, n == 1 ? 7 : 0);
		}
	}
	fixture_check(test, flow.inst);
}

static void every_split_into_pages_is_the_same(struct kunit *test)
{
	struct shape shape = { .type = 11, .quoted_options = 1, .payload = 9 };
	struct flow flow = one_flow(test);

	translate_shape(test, &flow, &shape, 1);
}

/* RFC 5508 REQ-3d: padding and extension are neither changed nor summed anew. */
static void extensions_stay_as_they_are(struct kunit *test)
{
	struct shape shape = { .extended = true };
	struct flow flow = one_flow(test);
	unsigned int payload;

	for (payload = 0; payload < 250; payload += 10) {
		shape.type = payload % 20 ? 3 : 11;
		shape.payload = payload;
		shape.quoted_options = payload % 11;
		translate_shape(test, &flow, &shape, payload % 50 ? 0 : 13);
	}
}

static unsigned int transport_bytes(u8 protocol)
{
	if (protocol == WIRE_DCCP || protocol == WIRE_SCTP)
		return 16;
	return protocol == WIRE_TCP ? 20 : 8;
}

/* RFC 792: eight bytes of the transport header are enough, and needed. */
static void every_length_of_the_quote(struct kunit *test)
{
	struct flow flow = one_flow(test);
	unsigned int options, kept, whole;

	for (options = 0; options <= 10; options += 5) {
		whole = WIRE_IP_BYTES + options * 4 + transport_bytes(flow.way->protocol) + 9;
		for (kept = 1; kept <= whole; kept++) {
			struct shape shape = {
				.type = 3, .quoted_options = options, .payload = 9,
				.quoted_bytes = kept,
			};
			struct error e = shaped(error_before(&flow), &shape);
			u8 bytes[ERROR_BYTES_MAX];

			if (kept >= WIRE_IP_BYTES + options * 4 + 8)
				translate_shape(test, &flow, &shape, 23 + kept % 7);
			else
				expect_refused_split(test, &flow, bytes, write_error(bytes, &e),
						     23 + kept % 7, ALIAS_MALFORMED);
		}
	}
}

/* Cut anywhere, and the error's own IP header admits it. */
static void every_length_of_the_error(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct error e = error_before(&flow);
	unsigned int length, whole;
	u8 bytes[ERROR_BYTES_MAX];

	e.ip_options = 1;
	whole = write_error(bytes, &e);
	for (length = 0; length < 24 + ICMP_HEADER + WIRE_IP_BYTES + 8; length++) {
		write_error(bytes, &e);
		expect_refused_split(test, &flow, bytes, length, 7, ALIAS_MALFORMED);
		if (length < 24)
			continue;
		wire_put16(bytes + 2, length);
		if (length >= 24 + ICMP_HEADER)
			seal(bytes);
		expect_refused_split(test, &flow, bytes, length, 7, ALIAS_MALFORMED);
		/* Padding behind the packet does not lengthen the quote. */
		expect_refused(test, &flow, bytes, whole, whole, ALIAS_MALFORMED);
	}
}

/* Whatever the quoted header says of its length, with right sums and with wrong
 * ones, the packet's end is its end.
 */
static void every_quoted_ihl_at_every_length(struct kunit *test)
{
	struct flow flow = one_flow(test);
	unsigned int ihl, kept, length;
	u8 bytes[ERROR_BYTES_MAX];

	for (ihl = 0; ihl < 16; ihl++) {
		for (kept = 20; kept < 96; kept += 4) {
			struct error e = error_before(&flow);

			e.quoted.payload = 80;
			e.quoted_bytes = kept;
			length = write_error(bytes, &e);
			quote_of(bytes)[0] = 4 << 4 | ihl;
			seal(bytes);
			if (ihl < 5 || ihl * 4 + 8 > kept)
				expect_refused_split(test, &flow, bytes, length, 41,
						     ALIAS_MALFORMED);
			else if (ihl > 5)
				expect_refused_split(test, &flow, bytes, length, 41,
						     ALIAS_CHECKSUM);
		}
	}
	KUNIT_EXPECT_EQ(test, fixture_counters(flow.inst, flow.way->dir).packets,
			flow.way->dir == OUT ? 1ull : 0ull);
}

/* Header bytes that are taken for a longer header have their ports elsewhere. */
static void a_sealed_quote_with_another_ihl_has_no_link(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct error e = error_before(&flow);
	unsigned int ihl, length;
	u8 bytes[ERROR_BYTES_MAX];

	e.quoted.payload = 80;
	length = write_error(bytes, &e);
	for (ihl = 6; ihl < 16; ihl++) {
		u64 fine = fixture_counters(flow.inst, flow.way->dir).packets;
		struct sk_buff *skb;

		quote_of(bytes)[0] = 4 << 4 | ihl;
		seal_quote(bytes);
		skb = skb_make(bytes, length, length);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		skb_arm(skb);
		KUNIT_EXPECT_NE(test, translate_skb(flow.inst, flow.way->dir, skb),
				ALIAS_TRANSLATED);
		skb_disarm(skb);
		expect_bytes(test, skb, bytes, length);
		kfree_skb(skb);
		KUNIT_EXPECT_EQ(test, fixture_counters(flow.inst, flow.way->dir).packets, fine);
	}
}

static void another_quoted_version_is_malformed(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct error e = error_before(&flow);
	unsigned int version, length;
	u8 bytes[ERROR_BYTES_MAX];

	length = write_error(bytes, &e);
	for (version = 0; version < 16; version++) {
		if (version == 4)
			continue;
		quote_of(bytes)[0] = version << 4 | 5;
		seal_quote(bytes);
		expect_refused(test, &flow, bytes, length, length, ALIAS_MALFORMED);
	}
}

/* Both views, with the quoted total length set and the header sealed again. */
static unsigned int write_total(const struct flow *flow, u8 *before, u8 *after,
				unsigned int total)
{
	struct shape shape = { .type = 3, .payload = 30 };
	struct error e = shaped(error_before(flow), &shape);
	unsigned int length = write_error(before, &e);

	e = shaped(error_after(flow), &shape);
	write_error(after, &e);
	wire_put16(quote_of(before) + 2, total);
	wire_put16(quote_of(after) + 2, total);
	seal_quote(before);
	seal_quote(after);
	return length;
}

static void every_quoted_total_length(struct kunit *test)
{
	struct flow flow = one_flow(test);
	bool tcp = flow.way->protocol == WIRE_TCP;
	u8 before[ERROR_BYTES_MAX], after[ERROR_BYTES_MAX];
	unsigned int total, length;

	for (total = 0; total < 65536; total += total < 80 ? 1 : 1763) {
		length = write_total(&flow, before, after, total);
		if (total && total < WIRE_IP_BYTES + 8) {
			expect_refused(test, &flow, before, length, length, ALIAS_MALFORMED);
			continue;
		}
		/* Where the quoted packet ends before its checksum there is none. */
		if (tcp && total && total < WIRE_IP_BYTES + 18) {
			memcpy(quote_of(after) + 36, quote_of(before) + 36, 2);
			seal(after);
		}
		expect_translated(test, &flow, before, after, length, length);
	}
}

/* RFC 5508 REQ-3: both ways an error that is damaged goes no further. */
static void a_wrong_checksum_is_dropped(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct error e = error_before(&flow);
	unsigned int n, length;
	u8 bytes[ERROR_BYTES_MAX];

	e.quoted.payload = 30;
	length = write_error(bytes, &e);
	/* A byte of the type, the code, the sum, the rest, the quote. */
	for (n = 0; n < length - WIRE_IP_BYTES; n++) {
		icmp_of(bytes)[n] ^= 1;
		if (n)
			expect_refused(test, &flow, bytes, length, n & 1 ? length : n,
				       ALIAS_CHECKSUM);
		icmp_of(bytes)[n] ^= 1;
	}
	icmp_of(bytes)[0] = 11;
	expect_refused(test, &flow, bytes, length, length, ALIAS_CHECKSUM);
}

/* RFC 5508 REQ-3a */
static void a_wrong_checksum_of_the_quoted_ip_header_is_dropped(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct error e = error_before(&flow);
	unsigned int n, length;
	u8 bytes[ERROR_BYTES_MAX];

	e.quoted.ip_options = 2;
	length = write_error(bytes, &e);
	/* Not those of version and lengths, which make it malformed. */
	for (n = 4; n < WIRE_IP_BYTES + 8; n++) {
		quote_of(bytes)[n] ^= 0x10;
		seal(bytes);
		expect_refused(test, &flow, bytes, length, n & 1 ? length : n, ALIAS_CHECKSUM);
		quote_of(bytes)[n] ^= 0x10;
	}
}

/* How far the sum of a whole quote is off, in ones' complement. */
static unsigned int quoted_damage(u8 *bytes)
{
	u8 *quote = quote_of(bytes);

	return (wire_get16(wire_check(quote)) + 0xffffu - wire_transport_check(quote)) % 0xffff;
}

/* RFC 5508 REQ-3c: most of what it covers need not be there. */
static void a_wrong_checksum_of_the_quoted_transport_stays_as_wrong(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct error e = error_before(&flow);
	u8 bytes[ERROR_BYTES_MAX];
	unsigned int n, length, damage;
	struct sk_buff *skb;

	for (n = 1; n < 65000; n += 777) {
		length = write_error(bytes, &e);
		wire_put16(wire_check(quote_of(bytes)), n);
		seal(bytes);
		damage = quoted_damage(bytes);
		skb = skb_make(bytes, length, length);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_EXPECT_EQ(test, translate_skb(flow.inst, flow.way->dir, skb),
				ALIAS_TRANSLATED);
		skb_copy_bits(skb, 0, bytes, length);
		kfree_skb(skb);
		KUNIT_EXPECT_EQ(test, quoted_damage(bytes), damage);
		KUNIT_EXPECT_EQ(test, wire_get16(icmp_of(bytes) + 2), error_check(bytes));
		KUNIT_EXPECT_EQ(test, wire_get16(bytes + 10), wire_ip_check(bytes));
	}
}

/* Both views of an error about SCTP, with a payload. Returns its length. */
static unsigned int write_sctp(const struct flow *flow, u8 *before, u8 *after)
{
	struct shape shape = { .type = 3, .code = 4, .quoted_options = 1, .payload = 12 };
	struct error e = shaped(error_after(flow), &shape);

	write_error(after, &e);
	e = shaped(error_before(flow), &shape);
	return write_error(before, &e);
}

static void flip_quoted_crc(u8 *bytes, u32 bits)
{
	u8 *check = wire_check(quote_of(bytes));

	wire_put32_le(check, wire_get32_le(check) ^ bits);
	seal(bytes);
}

static void a_wrong_quoted_sctp_sum_stays_as_wrong(struct kunit *test)
{
	struct flow flow = one_flow(test);
	u8 before[ERROR_BYTES_MAX], after[ERROR_BYTES_MAX];
	unsigned int length = write_sctp(&flow, before, after), bit;

	for (bit = 0; bit < 32; bit++) {
		flip_quoted_crc(before, BIT(bit));
		flip_quoted_crc(after, BIT(bit));
		expect_translated(test, &flow, before, after, length, length);
	}
}

/* The sum of a packet with these ports and zeros behind them. */
static u32 crc_of_ports(struct kunit *test, u8 *bytes, unsigned int length)
{
	u8 *packet = kunit_kzalloc(test, length, GFP_KERNEL);
	u32 crc;

	KUNIT_ASSERT_NOT_NULL(test, packet);
	memcpy(packet, wire_transport(quote_of(bytes)), 4);
	crc = wire_crc32c(packet, length);
	kunit_kfree(test, packet);
	return crc;
}

/* What the sum becomes depends on bytes that nobody sees, but not on what they say. */
static void a_quoted_sctp_sum_is_that_of_the_whole_packet(struct kunit *test)
{
	static const u16 totals[] = { 36, 37, 52, 100, 1500, 4096 + 28, 9000, 65535 };
	struct flow flow = one_flow(test);
	u8 before[ERROR_BYTES_MAX], after[ERROR_BYTES_MAX];
	unsigned int length, n;
	u32 change;

	for (n = 0; n < ARRAY_SIZE(totals); n++) {
		length = write_sctp(&flow, before, after);
		wire_put16(quote_of(before) + 2, totals[n]);
		wire_put16(quote_of(after) + 2, totals[n]);
		change = crc_of_ports(test, before, totals[n] - 24) ^
			 crc_of_ports(test, after, totals[n] - 24);
		memcpy(wire_check(quote_of(after)), wire_check(quote_of(before)), 4);
		flip_quoted_crc(after, change);
		seal_quote(before);
		seal_quote(after);
		expect_translated_split(test, &flow, before, after, length, 5);
	}
}

/* A fragment says how long it is itself, 0 says nothing, 35 ends within the sum. */
static void a_quoted_sctp_sum_stays_where_the_length_is_not_known(struct kunit *test)
{
	static const struct { u16 total; u16 fragment; } cases[] = {
		{ 0, 0x4000 }, { 35, 0x4000 }, { 32, 0x4000 }, { 52, 0x2000 }, { 1500, 0x2000 },
	};
	struct flow flow = one_flow(test);
	u8 before[ERROR_BYTES_MAX], after[ERROR_BYTES_MAX];
	unsigned int length, n;

	for (n = 0; n < ARRAY_SIZE(cases); n++) {
		length = write_sctp(&flow, before, after);
		memcpy(wire_check(quote_of(after)), wire_check(quote_of(before)), 4);
		wire_put16(quote_of(before) + 2, cases[n].total);
		wire_put16(quote_of(after) + 2, cases[n].total);
		wire_put16(quote_of(before) + 6, cases[n].fragment);
		wire_put16(quote_of(after) + 6, cases[n].fragment);
		seal_quote(before);
		seal_quote(after);
		expect_translated_split(test, &flow, before, after, length, 5);
	}
}

static const struct way *udp_way(enum nft_alias_direction dir)
{
	return dir == IN ? &ways[1] : &ways[5];
}

static void quoted_udp_without_checksum_stays_without(struct kunit *test)
{
	u8 before[ERROR_BYTES_MAX], after[ERROR_BYTES_MAX];
	struct error e;
	unsigned int dir, length;

	for (dir = OUT; dir <= IN; dir++) {
		struct flow flow = flow_through(test, udp_way(dir), plain(test), 40000);

		e = error_before(&flow);
		e.quoted.no_sum = true;
		length = write_error(before, &e);
		e = error_after(&flow);
		e.quoted.no_sum = true;
		write_error(after, &e);
		expect_translated_split(test, &flow, before, after, length, 3);
	}
}

/* RFC 768: a sum of 0 is written as all ones, in a quote as well. */
static void quoted_udp_sum_zero_is_written_as_ones(struct kunit *test)
{
	u8 before[ERROR_BYTES_MAX], after[ERROR_BYTES_MAX];
	unsigned int dir, length, at;
	struct error e;

	for (dir = OUT; dir <= IN; dir++) {
		struct flow flow = flow_through(test, udp_way(dir), plain(test), 40000);

		e = error_after(&flow);
		write_error(after, &e);
		e = error_before(&flow);
		length = write_error(before, &e);
		/* The first word of the payload takes up what is missing. */
		at = length - 5 - WIRE_IP_BYTES - ICMP_HEADER;
		wire_put16(quote_of(after) + at, 0);
		wire_put16(quote_of(after) + at, wire_transport_check(quote_of(after)));
		memcpy(quote_of(before) + at, quote_of(after) + at, 2);
		wire_seal(quote_of(after), false);
		wire_seal(quote_of(before), false);
		KUNIT_ASSERT_EQ(test, wire_get16(wire_check(quote_of(after))), 0xffff);
		seal(after);
		seal(before);
		expect_translated(test, &flow, before, after, length, length);
	}
}

static __wsum sum_of(const struct sk_buff *skb)
{
	return skb_checksum(skb, 0, skb->len, 0);
}

static void translate_summed(struct kunit *test, const struct flow *flow, u8 ip_summed,
			     unsigned int linear)
{
	u8 before[ERROR_BYTES_MAX], after[ERROR_BYTES_MAX];
	struct error e = error_before(flow);
	unsigned int length = write_error(before, &e);
	struct sk_buff *skb = skb_make(before, length, min(linear, length));

	KUNIT_ASSERT_NOT_NULL(test, skb);
	e = error_after(flow);
	write_error(after, &e);
	skb->ip_summed = ip_summed;
	if (ip_summed == CHECKSUM_COMPLETE)
		skb->csum = sum_of(skb);
	KUNIT_EXPECT_EQ(test, translate_skb(flow->inst, flow->way->dir, skb), ALIAS_TRANSLATED);
	expect_bytes(test, skb, after, length);
	KUNIT_EXPECT_EQ(test, (u8)skb->ip_summed, ip_summed);
	if (ip_summed == CHECKSUM_COMPLETE)
		KUNIT_EXPECT_EQ(test, (__force u16)csum_fold(skb->csum),
				(__force u16)csum_fold(sum_of(skb)));
	kfree_skb(skb);
}

static void whatever_a_device_says_of_the_sum(struct kunit *test)
{
	static const u8 said[] = { CHECKSUM_NONE, CHECKSUM_UNNECESSARY, CHECKSUM_COMPLETE };
	struct flow flow = one_flow(test);
	unsigned int n, linear;

	for (n = 0; n < ARRAY_SIZE(said); n++)
		for (linear = 0; linear < 100; linear += 9)
			translate_summed(test, &flow, said[n], linear);
}

/* A device that says so speaks of TCP and UDP. */
static void a_wrong_checksum_that_a_device_calls_verified_is_dropped(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct error e = error_before(&flow);
	u8 bytes[ERROR_BYTES_MAX];
	unsigned int length = write_error(bytes, &e);
	struct sk_buff *skb;

	icmp_of(bytes)[6] ^= 1;
	skb = skb_make(bytes, length, length);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	KUNIT_EXPECT_EQ(test, translate_skb(flow.inst, flow.way->dir, skb), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(flow.inst, flow.way->dir, ALIAS_CHECKSUM), 1ull);
	kfree_skb(skb);
}

static void a_checksum_left_to_the_device_comes_out_right(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct error e = error_before(&flow);
	u8 before[ERROR_BYTES_MAX], after[ERROR_BYTES_MAX];
	unsigned int length = write_error(before, &e);
	struct sk_buff *skb;

	wire_put16(icmp_of(before) + 2, 0);
	skb = skb_make(before, length, length);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + WIRE_IP_BYTES;
	skb->csum_offset = 2;
	KUNIT_EXPECT_EQ(test, translate_skb(flow.inst, flow.way->dir, skb), ALIAS_TRANSLATED);
	KUNIT_EXPECT_EQ(test, (u8)skb->ip_summed, CHECKSUM_PARTIAL);
	KUNIT_ASSERT_EQ(test, skb_checksum_help(skb), 0);
	e = error_after(&flow);
	write_error(after, &e);
	expect_bytes(test, skb, after, length);
	kfree_skb(skb);
}

static void a_quoted_fragment_has_ports_if_it_is_the_first(struct kunit *test)
{
	struct flow flow = one_flow(test);
	u8 before[ERROR_BYTES_MAX], after[ERROR_BYTES_MAX];
	struct error e = error_before(&flow), e2 = error_after(&flow);
	unsigned int length = write_error(before, &e), bit;

	write_error(after, &e2);
	for (bit = 0; bit < 16; bit++) {
		wire_put16(quote_of(before) + 6, 1 << bit);
		wire_put16(quote_of(after) + 6, 1 << bit);
		seal_quote(before);
		seal_quote(after);
		if (bit < 13)	/* an offset */
			expect_refused_split(test, &flow, before, length, 9, ALIAS_FRAGMENT);
		else		/* more fragments, do not fragment, reserved */
			expect_translated(test, &flow, before, after, length, length);
	}
}

static void an_error_in_fragments_is_a_fragment(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct error e = error_before(&flow);
	u8 bytes[ERROR_BYTES_MAX];
	unsigned int length = write_error(bytes, &e), bit;

	for (bit = 0; bit < 14; bit++) {
		wire_put16(bytes + 6, 1 << bit);
		seal(bytes);
		expect_refused(test, &flow, bytes, length, length, ALIAS_FRAGMENT);
	}
}

static void other_quoted_protocols_find_no_link(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct error e = error_before(&flow);
	u8 bytes[ERROR_BYTES_MAX];
	unsigned int length = write_error(bytes, &e), protocol;

	for (protocol = 0; protocol < 256; protocol++) {
		if (wire_has_ports(protocol))
			continue;
		quote_of(bytes)[9] = protocol;
		seal_quote(bytes);
		/* Understood, but no such packet was ever sent. */
		expect_refused(test, &flow, bytes, length, length, ALIAS_NO_LINK);
	}
}

/* RFC 1122 section 3.2.2: no error about an error; nor about other messages. */
static void of_quoted_icmp_only_queries_are_translated(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct error e = error_before(&flow);
	u8 bytes[ERROR_BYTES_MAX];
	unsigned int type, length;

	e.quoted.protocol = WIRE_ICMP;
	for (type = 0; type < 256; type++) {
		bool query = type == 0 || type == 8 || type == 13 || type == 14;

		e.quoted.flags = type;
		/* No link has this id, so a query gets no further. */
		e.quoted.sport = 7;
		length = write_error(bytes, &e);
		expect_refused(test, &flow, bytes, length, length,
			       query ? ALIAS_NO_LINK : ALIAS_PROTOCOL);
	}
}

static void a_quoted_port_0_is_refused(struct kunit *test)
{
	struct flow flow = one_flow(test);
	u8 bytes[ERROR_BYTES_MAX];
	unsigned int zero, length;

	for (zero = 1; zero < 4 && flow.way->protocol != WIRE_ICMP; zero++) {
		struct error e = error_before(&flow);

		e.quoted.sport = zero & 1 ? 0 : e.quoted.sport;
		e.quoted.dport = zero & 2 ? 0 : e.quoted.dport;
		length = write_error(bytes, &e);
		expect_refused(test, &flow, bytes, length, length, ALIAS_ZERO_PORT);
	}
}

/* RFC 5508 REQ-10, REQ-11 */
static void other_types_of_errors_are_refused(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct error e = error_before(&flow);
	u8 bytes[ERROR_BYTES_MAX];
	unsigned int type, length, refused = 0;

	for (type = 0; type < 256; type++) {
		switch (type) {
		case 0: case 8: case 13: case 14:	/* queries */
		case 3: case 11: case 12:		/* errors that pass */
			continue;
		}
		e.type = type;
		length = write_error(bytes, &e);
		expect_refused(test, &flow, bytes, length, length, ALIAS_PROTOCOL);
		refused++;
	}
	KUNIT_EXPECT_EQ(test, refused, 249u);
}

/* RFC 4787 REQ-12a */
static void whoever_sends_an_error_it_passes(struct kunit *test)
{
	struct flow flow = one_flow(test);
	u8 before[ERROR_BYTES_MAX], after[ERROR_BYTES_MAX];
	struct error e = error_before(&flow), e2 = error_after(&flow);
	unsigned int n, length;

	for (n = 0; n < 40; n++) {
		e.src = 0x01020304 + n * 0x05010301;
		length = write_error(before, &e);
		/* Outward all have the link's outside address (RFC 5508 REQ-5). */
		e2.src = flow.way->dir == IN ? e.src : flow.outside.src;
		write_error(after, &e2);
		expect_translated(test, &flow, before, after, length, length);
	}
}

/* What an error must leave alone. */
static void expect_same_link(struct kunit *test, const struct alias_link *link,
			     const struct alias_link *kept)
{
	KUNIT_EXPECT_EQ(test, memcmp(link, kept, offsetof(struct alias_link, rcu)), 0);
}

/* RFC 5508 REQ-6, RFC 4787 REQ-12, RFC 5382 REQ-10, RFC 5597 REQ-10, RFC 7857 section 7.1 */
static void no_error_changes_a_link(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct alias_link *link = flow_link(&flow), kept;
	struct shape shape = {};
	unsigned int n;

	KUNIT_ASSERT_NOT_NULL(test, link);
	if (alias_space_has_connections(flow.way->space))
		fixture_in(test, flow.inst, fixture_answer(flow.outside, flow.way->delivered));
	fixture_pass(30);
	kept = *link;
	for (n = 0; n < 3 * 16; n++) {
		shape.type = error_types[n % 3];
		shape.code = n / 3;
		translate_shape(test, &flow, &shape, 0);
		expect_same_link(test, link, &kept);
	}
	KUNIT_EXPECT_EQ(test, flow.inst->links[flow.way->space], 1u);
	fixture_check(test, flow.inst);
}

/* It dies when it would have, not before and not after, and then errors find nothing
 * and wake nothing: RFC 5508 REQ-6, RFC 4787 REQ-12, RFC 5382 REQ-10, RFC 5597 REQ-10,
 * RFC 7857 section 7.1.
 */
static void errors_do_not_keep_a_link_alive(struct kunit *test)
{
	struct flow flow = one_flow(test);
	const struct alias_timeouts *timeouts = &engine_settings(flow.inst)->timeouts;
	unsigned int life = alias_timeout_seconds(timeouts, flow.way->space,
						  alias_space_has_connections(flow.way->space) ?
						  ALIAS_LINK_OPENING : ALIAS_LINK_ACTIVE, 0);
	struct error e = error_before(&flow);
	struct shape shape = { .type = 3 };
	u8 bytes[ERROR_BYTES_MAX];
	unsigned int n, length = write_error(bytes, &e);

	for (n = 1; n < life; n++) {
		fixture_pass(1);
		translate_shape(test, &flow, &shape, 0);
	}
	fixture_pass(1);
	expect_refused(test, &flow, bytes, length, length, ALIAS_NO_LINK);
	fixture_pass(alias_timeout_hold_seconds(timeouts, flow.way->space));
	expect_refused(test, &flow, bytes, length, length, ALIAS_NO_LINK);
	fixture_sweep(flow.inst);
	expect_refused(test, &flow, bytes, length, length, ALIAS_NO_LINK);
	KUNIT_EXPECT_EQ(test, atomic_read(&flow.inst->out.nelems), 0);
	fixture_check(test, flow.inst);
}

/* RFC 5508 REQ-4, REQ-5: without a mapping there is nobody to tell. */
static void an_error_without_a_link_opens_none(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct error e = error_before(&flow);
	u8 bytes[ERROR_BYTES_MAX];
	unsigned int length;

	if (flow.way->dir == IN)
		e.quoted.sport ^= 1;
	else
		e.quoted.dport ^= 1;
	if (flow.way->protocol == WIRE_ICMP)
		e.quoted.sport = flow.outside.sport ^ flow.inside.sport;
	length = write_error(bytes, &e);
	expect_refused(test, &flow, bytes, length, length, ALIAS_NO_LINK);
	KUNIT_EXPECT_EQ(test, atomic_read(&flow.inst->out.nelems), 1);
	alias_instance_flush(flow.inst);
	e = error_before(&flow);
	length = write_error(bytes, &e);
	expect_refused(test, &flow, bytes, length, length, ALIAS_NO_LINK);
	KUNIT_EXPECT_EQ(test, atomic_read(&flow.inst->out.nelems), 0);
}

static void the_protocol_of_the_quote_counts(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct error e = error_before(&flow);
	u8 bytes[ERROR_BYTES_MAX];
	unsigned int length;

	e.quoted.protocol = flow.way->protocol == WIRE_UDP ? WIRE_TCP : WIRE_UDP;
	e.quoted.dport = e.quoted.dport ? e.quoted.dport : 9;
	length = write_error(bytes, &e);
	expect_refused(test, &flow, bytes, length, length, ALIAS_NO_LINK);
}

static void an_error_for_another_than_the_quoted_sender_is_refused(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct error e = error_before(&flow);
	u8 bytes[ERROR_BYTES_MAX];
	unsigned int length;

	e.dst ^= 2;
	length = write_error(bytes, &e);
	expect_refused(test, &flow, bytes, length, length, ALIAS_NO_LINK);
}

static void deny_in_drops_what_finds_no_link(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 1024, 65535, ALIAS_F_DENY_IN);
	struct flow flow = flow_through(test, udp_way(IN), inst, 40000);
	struct error e = error_before(&flow);
	u8 bytes[ERROR_BYTES_MAX];
	unsigned int length;
	struct sk_buff *skb;

	translate_summed(test, &flow, CHECKSUM_NONE, 0);
	e.quoted.sport ^= 1;
	length = write_error(bytes, &e);
	skb = skb_make(bytes, length, length);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, translate_skb(inst, IN, skb), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, IN, ALIAS_NO_LINK), 1ull);
	kfree_skb(skb);
}

static void errors_count_as_packets(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct alias_counters was = fixture_counters(flow.inst, flow.way->dir), is;
	struct error e = error_before(&flow);
	struct shape shape = { .type = 3 };
	u8 bytes[ERROR_BYTES_MAX];
	unsigned int length, n;

	e = shaped(e, &shape);
	length = write_error(bytes, &e);
	for (n = 0; n < 3; n++)
		translate_shape(test, &flow, &shape, 0);
	is = fixture_counters(flow.inst, flow.way->dir);
	KUNIT_EXPECT_EQ(test, is.packets - was.packets, 3ull);
	KUNIT_EXPECT_EQ(test, is.bytes - was.bytes, 3ull * length);
	for (n = 0; n < ALIAS_REASONS; n++)
		KUNIT_EXPECT_EQ(test, is.refused[n], 0ull);
}

static void a_clone_keeps_its_bytes(struct kunit *test)
{
	struct flow flow = one_flow(test);
	u8 before[ERROR_BYTES_MAX], after[ERROR_BYTES_MAX];
	struct error e = error_before(&flow), e2 = error_after(&flow);
	unsigned int length = write_error(before, &e), n;
	struct sk_buff *skb, *clone;

	write_error(after, &e2);
	for (n = 0; n < 20; n++) {
		skb = skb_make(before, length, n & 1 ? length : 5 * n % length);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		clone = skb_clone(skb, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, clone);
		KUNIT_EXPECT_EQ(test, translate_skb(flow.inst, flow.way->dir, n & 2 ? skb : clone),
				ALIAS_TRANSLATED);
		expect_bytes(test, n & 2 ? skb : clone, after, length);
		expect_bytes(test, n & 2 ? clone : skb, before, length);
		kfree_skb(clone);
		kfree_skb(skb);
	}
}

static void short_of_memory_an_error_is_dropped_unchanged(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct error e = error_before(&flow);
	u8 bytes[ERROR_BYTES_MAX];
	unsigned int length = write_error(bytes, &e);
	struct sk_buff *skb = skb_make(bytes, length, length), *clone;
	enum alias_verdict verdict;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	clone = skb_clone(skb, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, clone);
	current->fail_nth = 1;
	verdict = translate_skb(flow.inst, flow.way->dir, clone);
	KUNIT_EXPECT_EQ(test, current->fail_nth, 0u);
	current->fail_nth = 0;
	KUNIT_EXPECT_EQ(test, verdict, ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(flow.inst, flow.way->dir, ALIAS_NO_MEMORY), 1ull);
	expect_bytes(test, clone, bytes, length);
	kfree_skb(clone);
	kfree_skb(skb);
}

/* Puts a link back that was set aside, so that the instance can end it. */
static void put_back(struct alias_instance *inst, struct alias_link *link)
{
	struct alias_ports *ports = &engine_pool(inst)->address[0]->ports[link->flow.near.space];

	link->owner = inst;
	alias_lock(inst);
	rhashtable_lookup_insert_fast(&inst->out, &link->node, link_params);
	alias_ports_publish(ports, ntohs(link->outside_port), link);
	inst->aside = 0;
	alias_unlock(inst);
}

static void a_foreign_link_is_dropped_counted_and_set_aside(struct kunit *test)
{
	struct flow flow = one_flow(test);
	struct alias_link *link = flow_link(&flow);
	struct error e = error_before(&flow);
	u8 bytes[ERROR_BYTES_MAX];
	unsigned int length = write_error(bytes, &e);

	KUNIT_ASSERT_NOT_NULL(test, link);
	link->owner = (void *)0x5a5a5a5a5a5a5a5a;
	warnings = 0;
	expect_refused(test, &flow, bytes, length, length, ALIAS_FOREIGN);
	KUNIT_EXPECT_EQ(test, warnings, 1u);
	KUNIT_EXPECT_EQ(test, flow.inst->aside, 1u);
	/* Gone from where it was found: the next one meets nothing. */
	expect_refused(test, &flow, bytes, length, length, ALIAS_NO_LINK);
	KUNIT_EXPECT_EQ(test, warnings, 1u);
	put_back(flow.inst, link);
	fixture_check(test, flow.inst);
}

#define CUSTOMER_A	FIXTURE_INSIDE
#define CUSTOMER_B	(FIXTURE_INSIDE + 1)

/* A packet from customer A to customer B: as A sees it, and as B does. */
struct hairpin {
	struct alias_instance *a;
	struct alias_instance *b;
	struct wire seen_by_a;
	struct wire seen_by_b;
};

static struct hairpin hairpin(struct kunit *test)
{
	struct wire server = fixture_udp(CUSTOMER_B, 5000, FIXTURE_PEER, 53), w;
	struct hairpin h = { .a = plain(test) };

	h.b = engine_instance("other", FIXTURE_OUTSIDE + 50, 1, 1024, 65535, 0);
	KUNIT_ASSERT_NOT_NULL(test, h.b);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, fixture_kill, h.b), 0);
	w = fixture_out(test, h.b, server);
	h.seen_by_a = fixture_udp(CUSTOMER_A, 40000, w.src, w.sport);
	w = fixture_out(test, h.a, h.seen_by_a);
	h.seen_by_b = fixture_udp(w.src, w.sport, CUSTOMER_B, 5000);
	return h;
}

/* B tells A, out of one instance and into the other on one skb,
 * in the order of the one or the other kind of rules. Neither may see the
 * other's inside address.
 */
static void send_hairpin(struct kunit *test, bool out_first)
{
	struct hairpin h = hairpin(test);
	struct error sent = {
		.type = 3, .code = 3, .src = CUSTOMER_B, .dst = h.seen_by_b.src,
		.quoted = h.seen_by_b,
	};
	struct error wanted = {
		.type = 3, .code = 3, .src = h.seen_by_a.dst, .dst = CUSTOMER_A,
		.quoted = h.seen_by_a,
	};
	u8 before[ERROR_BYTES_MAX], after[ERROR_BYTES_MAX];
	unsigned int length = write_error(before, &sent), stage;
	struct sk_buff *skb = skb_make(before, length, 30);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	write_error(after, &wanted);
	for (stage = 0; stage < 2; stage++)
		KUNIT_EXPECT_EQ(test, !stage == out_first ? translate_skb(h.b, OUT, skb) :
							    translate_skb(h.a, IN, skb),
				ALIAS_TRANSLATED);
	expect_bytes(test, skb, after, length);
	kfree_skb(skb);
}

/* RFC 5508 REQ-7, REQ-7a */
static void an_error_between_customers_passes_two_instances(struct kunit *test)
{
	send_hairpin(test, true);
	send_hairpin(test, false);
}

/* RFC 5508 REQ-1, REQ-10b: timestamps are queries as echoes are. */
static void a_timestamp_is_mapped_by_its_id(struct kunit *test)
{
	struct alias_instance *inst = plain(test);
	struct wire w = fixture_wire(WIRE_ICMP, 13, FIXTURE_INSIDE, 77, FIXTURE_PEER, 77), after;

	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, OUT, fixture_answer(w, 14), NULL),
			ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_NO_LINK), 1ull);
	after = fixture_out(test, inst, w);
	KUNIT_EXPECT_EQ(test, after.src, FIXTURE_OUTSIDE);
	after = fixture_in(test, inst, fixture_answer(after, 14));
	KUNIT_EXPECT_EQ(test, after.dst, w.src);
	KUNIT_EXPECT_EQ(test, after.sport, 77);
	KUNIT_EXPECT_EQ(test, inst->links[ALIAS_SPACE_ICMP], 1u);
	fixture_check(test, inst);
}

/* Good errors with a few bytes made random, sealed again now and then: whatever
 * comes out has right sums, and nothing but what is known to change has changed.
 */
static void random_damage_neither_crashes_nor_leaks(struct kunit *test)
{
	unsigned int seen[2] = {}, n, hits, length;
	struct flow flow = one_flow(test);
	u8 before[ERROR_BYTES_MAX], after[ERROR_BYTES_MAX];
	struct rnd_state rnd;
	struct sk_buff *skb;
	bool translated;

	prandom_seed_state(&rnd, 17);
	for (n = 0; n < 600; n++) {
		struct error e = error_before(&flow);

		e.quoted.ip_options = n % 7;
		length = write_error(before, &e);
		for (hits = prandom_u32_state(&rnd) % 4; hits; hits--)
			quote_of(before)[prandom_u32_state(&rnd) % (length - 28)] =
				prandom_u32_state(&rnd);
		if (n & 1 && wire_ip_bytes(quote_of(before)) >= 20)
			wire_put16(quote_of(before) + 10, wire_ip_check(quote_of(before)));
		seal(before);
		skb = skb_make(before, length, n & 2 ? length : n % length);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		translated = translate_skb(flow.inst, flow.way->dir, skb) == ALIAS_TRANSLATED;
		seen[translated]++;
		skb_copy_bits(skb, 0, after, length);
		kfree_skb(skb);
		if (!translated) {
			KUNIT_ASSERT_EQ(test, memcmp(before, after, length), 0);
			continue;
		}
		KUNIT_ASSERT_EQ(test, wire_get16(icmp_of(after) + 2), error_check(after));
		KUNIT_ASSERT_EQ(test, wire_get16(after + 10), wire_ip_check(after));
		KUNIT_ASSERT_EQ(test, wire_get16(quote_of(after) + 10),
				wire_ip_check(quote_of(after)));
	}
	KUNIT_EXPECT_GT(test, seen[0], 100u);
	KUNIT_EXPECT_GT(test, seen[1], 100u);
	fixture_check(test, flow.inst);
}

#define EACH_WAY(test)	KUNIT_CASE_PARAM(test, way_gen_params)
#define SCTP_WAY(test)	KUNIT_CASE_PARAM(test, sctp_way_gen_params)

static struct kunit_case icmp_cases[] = {
	EACH_WAY(both_views_match_to_the_byte),
	EACH_WAY(every_split_into_pages_is_the_same),
	EACH_WAY(extensions_stay_as_they_are),
	EACH_WAY(every_length_of_the_quote),
	EACH_WAY(every_length_of_the_error),
	EACH_WAY(every_quoted_ihl_at_every_length),
	EACH_WAY(a_sealed_quote_with_another_ihl_has_no_link),
	EACH_WAY(another_quoted_version_is_malformed),
	EACH_WAY(every_quoted_total_length),
	EACH_WAY(a_wrong_checksum_is_dropped),
	EACH_WAY(a_wrong_checksum_of_the_quoted_ip_header_is_dropped),
	EACH_WAY(a_wrong_checksum_of_the_quoted_transport_stays_as_wrong),
	KUNIT_CASE(quoted_udp_without_checksum_stays_without),
	KUNIT_CASE(quoted_udp_sum_zero_is_written_as_ones),
	EACH_WAY(whatever_a_device_says_of_the_sum),
	EACH_WAY(a_wrong_checksum_that_a_device_calls_verified_is_dropped),
	EACH_WAY(a_checksum_left_to_the_device_comes_out_right),
	EACH_WAY(a_quoted_fragment_has_ports_if_it_is_the_first),
	EACH_WAY(an_error_in_fragments_is_a_fragment),
	EACH_WAY(other_quoted_protocols_find_no_link),
	EACH_WAY(of_quoted_icmp_only_queries_are_translated),
	EACH_WAY(a_quoted_port_0_is_refused),
	EACH_WAY(other_types_of_errors_are_refused),
	EACH_WAY(whoever_sends_an_error_it_passes),
	EACH_WAY(no_error_changes_a_link),
	EACH_WAY(errors_do_not_keep_a_link_alive),
	EACH_WAY(an_error_without_a_link_opens_none),
	EACH_WAY(the_protocol_of_the_quote_counts),
	EACH_WAY(an_error_for_another_than_the_quoted_sender_is_refused),
	KUNIT_CASE(deny_in_drops_what_finds_no_link),
	EACH_WAY(errors_count_as_packets),
	EACH_WAY(a_clone_keeps_its_bytes),
	EACH_WAY(short_of_memory_an_error_is_dropped_unchanged),
	EACH_WAY(a_foreign_link_is_dropped_counted_and_set_aside),
	KUNIT_CASE(an_error_between_customers_passes_two_instances),
	KUNIT_CASE(a_timestamp_is_mapped_by_its_id),
	EACH_WAY(random_damage_neither_crashes_nor_leaks),
	SCTP_WAY(both_views_match_to_the_byte),
	SCTP_WAY(every_split_into_pages_is_the_same),
	SCTP_WAY(extensions_stay_as_they_are),
	SCTP_WAY(every_length_of_the_quote),
	SCTP_WAY(every_length_of_the_error),
	SCTP_WAY(whatever_a_device_says_of_the_sum),
	SCTP_WAY(no_error_changes_a_link),
	SCTP_WAY(a_wrong_quoted_sctp_sum_stays_as_wrong),
	SCTP_WAY(a_quoted_sctp_sum_is_that_of_the_whole_packet),
	SCTP_WAY(a_quoted_sctp_sum_stays_where_the_length_is_not_known),
	{}
};

static struct kunit_suite icmp_suite = {
	.name = "alias_icmp",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = icmp_cases,
};

kunit_test_suite(icmp_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: ICMP errors");
