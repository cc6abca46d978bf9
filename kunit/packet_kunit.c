// SPDX-License-Identifier: GPL-2.0
/* Parsing of packets that are cut short or lie.
 *
 * The oracle reads a flat copy by the RFCs' figures. Each packet is parsed from
 * a linear skb whose end is followed by memory that KASAN takes for foreign, and
 * from skbs that are cut into pages: all must agree, whatever the packet.
 */

#include <kunit/test.h>
#include <linux/module.h>
#include <linux/prandom.h>

#include "../kmod/packet.c"
#include "skb.h"
#include "wire.h"

#ifndef CONFIG_KASAN_GENERIC
#error "without generic KASAN this suite could not see a read past the packet"
#endif

/* RFC 792: echo and timestamp, and their replies */
static bool is_query(u8 type)
{
	return type == 0 || type == 8 || type == 13 || type == 14;
}

/* destination unreachable, time exceeded, parameter problem */
static bool is_error(u8 type)
{
	return type == 3 || type == 11 || type == 12;
}

static enum alias_reason oracle_ports(const u8 *th)
{
	return wire_get16(th) && wire_get16(th + 2) ? ALIAS_FINE : ALIAS_ZERO_PORT;
}

static enum alias_reason oracle_transport(u8 protocol, const u8 *th, unsigned int bytes)
{
	switch (protocol) {
	case WIRE_TCP:
		if (bytes < 20 || th[12] >> 4 < 5 || (th[12] >> 4) * 4 > bytes)
			return ALIAS_MALFORMED;
		return oracle_ports(th);
	case WIRE_UDP:
		if (bytes < 8 || wire_get16(th + 4) < 8 || wire_get16(th + 4) > bytes)
			return ALIAS_MALFORMED;
		return oracle_ports(th);
	case WIRE_UDPLITE:
		if (bytes < 8 || (wire_get16(th + 4) && (wire_get16(th + 4) < 8 ||
							 wire_get16(th + 4) > bytes)))
			return ALIAS_MALFORMED;
		return oracle_ports(th);
	case WIRE_SCTP:
		return bytes < 16 ? ALIAS_MALFORMED : oracle_ports(th);
	case WIRE_DCCP:
		if (bytes < 12 || th[4] < 3 || th[4] * 4 > bytes)
			return ALIAS_MALFORMED;
		return oracle_ports(th);
	case WIRE_ICMP:
		if (bytes < 8)
			return ALIAS_MALFORMED;
		return is_query(th[0]) || is_error(th[0]) ? ALIAS_FINE : ALIAS_PROTOCOL;
	}
	return ALIAS_FINE;
}

static enum alias_reason oracle(const u8 *bytes, unsigned int length)
{
	unsigned int hlen, total;

	if (length < 20 || bytes[0] >> 4 != 4)
		return ALIAS_MALFORMED;
	hlen = (bytes[0] & 15) * 4;
	total = wire_get16(bytes + 2);
	if (hlen < 20 || total < hlen || total > length)
		return ALIAS_MALFORMED;
	if (wire_get16(bytes + 6) & 0x3fff)
		return ALIAS_FRAGMENT;
	return oracle_transport(bytes[9], bytes + hlen, total - hlen);
}

static void expect_fields(struct kunit *test, const struct alias_packet *pkt, u8 *bytes)
{
	const u8 *th = wire_transport(bytes);
	struct wire w;

	wire_read(bytes, &w);
	if (!wire_has_ports(bytes[9])) {
		w.sport = bytes[9];
		w.dport = bytes[9];
	}
	KUNIT_EXPECT_EQ(test, ntohl(pkt->src), w.src);
	KUNIT_EXPECT_EQ(test, ntohl(pkt->dst), w.dst);
	KUNIT_EXPECT_EQ(test, pkt->error, bytes[9] == WIRE_ICMP && is_error(th[0]));
	if (!pkt->error) {
		KUNIT_EXPECT_EQ(test, ntohs(pkt->sport), w.sport);
		KUNIT_EXPECT_EQ(test, ntohs(pkt->dport), w.dport);
		KUNIT_EXPECT_EQ(test, alias_space_protocol(pkt->space, pkt->sport), bytes[9]);
	}
	KUNIT_EXPECT_EQ(test, pkt->thoff, wire_ip_bytes(bytes));
	KUNIT_EXPECT_EQ(test, pkt->length, (unsigned int)wire_get16(bytes + 2));
	if (pkt->error || !alias_space_has_connections(pkt->space))
		KUNIT_EXPECT_EQ(test, pkt->tcp_flags, 0);
	else if (bytes[9] == WIRE_TCP)
		KUNIT_EXPECT_EQ(test, pkt->tcp_flags, th[13]);
	else
		KUNIT_EXPECT_NE(test, pkt->tcp_flags, 0);
	if (!wire_has_ports(bytes[9]))
		return;
	/* What a rewrite touches ends with the checksum, within the packet. */
	KUNIT_EXPECT_GE(test, pkt->thoff + pkt->thlen,
			(unsigned int)(wire_check(bytes) + 2 - bytes));
	KUNIT_EXPECT_LE(test, pkt->thoff + pkt->thlen, pkt->length);
}

/* Returns the reason, after the skb has been found unchanged and freed. */
static enum alias_reason parse_skb(struct kunit *test, struct sk_buff *skb, u8 *bytes,
				   unsigned int length)
{
	struct alias_packet pkt;
	enum alias_reason why;
	u8 after[WIRE_BYTES_MAX];

	KUNIT_ASSERT_NOT_NULL(test, skb);
	why = alias_packet_parse(skb, &pkt);
	KUNIT_EXPECT_EQ(test, skb->len, length);
	KUNIT_EXPECT_EQ(test, skb_copy_bits(skb, 0, after, length), 0);
	KUNIT_EXPECT_EQ(test, memcmp(after, bytes, length), 0);
	if (why == ALIAS_FINE)
		expect_fields(test, &pkt, bytes);
	return why;
}

static enum alias_reason parse_trapped(struct kunit *test, u8 *bytes, unsigned int length)
{
	struct sk_buff *skb = skb_make(bytes, length, length);
	enum alias_reason why;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_arm(skb);
	KUNIT_ASSERT_TRUE(test, skb_is_armed(skb));
	why = parse_skb(test, skb, bytes, length);
	skb_disarm(skb);
	kfree_skb(skb);
	return why;
}

static enum alias_reason parse_split(struct kunit *test, u8 *bytes, unsigned int length,
				     unsigned int linear)
{
	struct sk_buff *skb = skb_make(bytes, length, linear);
	enum alias_reason why;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_arm(skb);
	why = parse_skb(test, skb, bytes, length);
	skb_disarm(skb);
	kfree_skb(skb);
	return why;
}

/* Parses it linear and, with @step, with so many linear bytes, and @step more,
 * and so on; returns what the oracle says.
 */
static enum alias_reason agree_split(struct kunit *test, u8 *bytes, unsigned int length,
				     unsigned int linear, unsigned int step)
{
	enum alias_reason why = oracle(bytes, length);

	KUNIT_EXPECT_EQ_MSG(test, (int)parse_trapped(test, bytes, length), (int)why,
			    "%u bytes", length);
	for (; step && linear < length; linear += step)
		KUNIT_EXPECT_EQ_MSG(test, (int)parse_split(test, bytes, length, linear),
				    (int)why, "%u bytes, %u of them linear", length, linear);
	return why;
}

static enum alias_reason agree(struct kunit *test, u8 *bytes, unsigned int length)
{
	return agree_split(test, bytes, length, 0, 0);
}

struct kind {
	const char *name;
	struct wire wire;
	unsigned int headers;	/* bytes below which it is malformed, if the lengths agree */
};

#define FROM_TO .src = 0x64400001, .dst = 0xc0000201, .sport = 40000, .dport = 443

static const struct kind kinds[] = {
	{ "tcp", { WIRE_TCP, WIRE_SYN, FROM_TO, .payload = 5 }, 40 },
	{ "tcp_tcp_options", { WIRE_TCP, WIRE_ACK, FROM_TO, .tcp_options = 3 }, 52 },
	{ "tcp_ip_options", { WIRE_TCP, WIRE_ACK, FROM_TO, .ip_options = 2 }, 48 },
	{ "tcp_all_options", { WIRE_TCP, WIRE_ACK, FROM_TO, .ip_options = 10,
			       .tcp_options = 10 }, 120 },
	{ "udp", { WIRE_UDP, FROM_TO, .payload = 5 }, 33 },
	{ "udp_empty", { WIRE_UDP, FROM_TO }, 28 },
	{ "udp_ip_options", { WIRE_UDP, FROM_TO, .ip_options = 10, .payload = 1 }, 69 },
	{ "echo", { WIRE_ICMP, WIRE_ECHO, FROM_TO, .payload = 5 }, 28 },
	{ "echo_reply_ip_options", { WIRE_ICMP, WIRE_ECHO_REPLY, FROM_TO, .ip_options = 1 }, 32 },
	{ "sctp", { WIRE_SCTP, WIRE_SCTP_INIT, FROM_TO, .payload = 5 }, 36 },
	{ "dccp", { WIRE_DCCP, WIRE_DCCP_REQUEST, FROM_TO, .payload = 5 }, 36 },
	{ "udplite", { WIRE_UDPLITE, FROM_TO }, 28 },
};

static void kind_name(const struct kind *kind, char *desc)
{
	strscpy(desc, kind->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(kind, kinds, kind_name);

static void whole_packets_are_fine(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int length = wire_write(bytes, &kind->wire);

	KUNIT_EXPECT_EQ(test, (int)agree_split(test, bytes, length, 0, 1), ALIAS_FINE);
}

static void every_truncation_is_malformed(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int whole = wire_write(bytes, &kind->wire), length;

	for (length = 0; length < whole; length++)
		KUNIT_EXPECT_EQ_MSG(test, (int)agree_split(test, bytes, length, length % 5, 5),
				    ALIAS_MALFORMED, "%u of %u bytes", length, whole);
}

/* The IP header admits the truncation, only the transport header lies. */
static void every_truncation_that_ip_admits(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int whole = wire_write(bytes, &kind->wire), length;

	for (length = 20; length <= whole; length++) {
		wire_put16(bytes + 2, length);
		KUNIT_EXPECT_EQ_MSG(test, (int)agree_split(test, bytes, length, length % 5, 5),
				    length < kind->headers ? ALIAS_MALFORMED : ALIAS_FINE,
				    "%u of %u bytes", length, whole);
	}
}

/* Ethernet pads to 60 bytes: what follows the IP packet is not part of it. */
static void padding_does_not_lengthen_a_packet(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int whole = wire_write(bytes, &kind->wire), length;

	for (length = 20; length <= whole; length++) {
		wire_put16(bytes + 2, length);
		KUNIT_EXPECT_EQ_MSG(test, (int)agree(test, bytes, whole + 9),
				    length < kind->headers ? ALIAS_MALFORMED : ALIAS_FINE,
				    "%u bytes and padding", length);
	}
}

static void every_ihl_and_total_length(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	unsigned int ihl, total, fine, whole;
	u8 bytes[WIRE_BYTES_MAX];

	whole = wire_write(bytes, &kind->wire);
	fine = agree(test, bytes, whole) == ALIAS_FINE;
	for (ihl = 0; ihl < 16; ihl++) {
		bytes[0] = 4 << 4 | ihl;
		for (total = ihl & 1; total <= whole + 2; total += 2) {
			wire_put16(bytes + 2, total);
			fine += agree(test, bytes, whole) == ALIAS_FINE;
		}
		wire_put16(bytes + 2, 65535);
		KUNIT_EXPECT_EQ(test, (int)agree(test, bytes, whole), ALIAS_MALFORMED);
	}
	KUNIT_EXPECT_GE(test, fine, 1u);
}

static void other_versions_are_malformed(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int length = wire_write(bytes, &kind->wire), version;
	u8 ihl = bytes[0] & 15;

	for (version = 0; version < 16; version++) {
		bytes[0] = version << 4 | ihl;
		KUNIT_EXPECT_EQ(test, (int)agree(test, bytes, length),
				version == 4 ? ALIAS_FINE : ALIAS_MALFORMED);
	}
}

static void every_fragment_is_a_fragment(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int length = wire_write(bytes, &kind->wire), bit;

	wire_put16(bytes + 6, 0);
	KUNIT_EXPECT_EQ(test, (int)agree(test, bytes, length), ALIAS_FINE);
	wire_put16(bytes + 6, 0x4000);	/* do not fragment */
	KUNIT_EXPECT_EQ(test, (int)agree(test, bytes, length), ALIAS_FINE);
	for (bit = 0; bit < 14; bit++) {	/* more fragments, and offsets */
		wire_put16(bytes + 6, 1 << bit);
		KUNIT_EXPECT_EQ(test, (int)agree(test, bytes, length), ALIAS_FRAGMENT);
	}
}

static void every_data_offset(struct kunit *test)
{
	struct wire w = { WIRE_TCP, WIRE_ACK, FROM_TO, .payload = 10 };
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int length = wire_write(bytes, &w), doff;

	for (doff = 0; doff < 16; doff++) {
		bytes[20 + 12] = doff << 4;
		KUNIT_EXPECT_EQ_MSG(test, (int)agree_split(test, bytes, length, 0, 1),
				    doff < 5 || doff > 7 ? ALIAS_MALFORMED : ALIAS_FINE,
				    "doff %u", doff);
	}
}

static void every_udp_length(struct kunit *test)
{
	struct wire w = { WIRE_UDP, FROM_TO, .payload = 10 };
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int length = wire_write(bytes, &w), ulen;

	for (ulen = 0; ulen < 65536; ulen += ulen < 32 ? 1 : 977) {
		wire_put16(bytes + 24, ulen);
		KUNIT_EXPECT_EQ_MSG(test, (int)agree(test, bytes, length),
				    ulen < 8 || ulen > 18 ? ALIAS_MALFORMED : ALIAS_FINE,
				    "length %u", ulen);
	}
}

static void zero_ports_are_refused_but_id_0_is_fine(struct kunit *test)
{
	static const u8 protocols[] = { WIRE_TCP, WIRE_UDP, WIRE_ICMP, WIRE_SCTP, WIRE_DCCP,
					WIRE_UDPLITE };
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int n, zero, length;

	for (n = 0; n < ARRAY_SIZE(protocols); n++) {
		for (zero = 1; zero < 4; zero++) {
			struct wire w = { protocols[n], WIRE_ECHO, FROM_TO };

			w.sport = zero & 1 ? 0 : w.sport;
			w.dport = zero & 2 ? 0 : w.dport;
			length = wire_write(bytes, &w);
			KUNIT_EXPECT_EQ(test, (int)agree_split(test, bytes, length, 0, 1),
					protocols[n] == WIRE_ICMP ? ALIAS_FINE : ALIAS_ZERO_PORT);
		}
	}
}

static void all_protocols_are_spoken(struct kunit *test)
{
	struct wire w = { WIRE_UDP, FROM_TO, .payload = 40 };
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int length = wire_write(bytes, &w), protocol, refused = 0;

	for (protocol = 0; protocol < 256; protocol++) {
		bytes[9] = protocol;
		refused += agree(test, bytes, length) != ALIAS_FINE;
	}
	/* The same bytes are malformed as TCP and DCCP and another type as ICMP. */
	KUNIT_EXPECT_EQ(test, refused, 3u);
}

static void of_icmp_queries_and_errors_are_spoken(struct kunit *test)
{
	unsigned int type, length;
	u8 bytes[WIRE_BYTES_MAX];

	for (type = 0; type < 256; type++) {
		struct wire w = { WIRE_ICMP, type, FROM_TO, .payload = 40 };

		length = wire_write(bytes, &w);
		KUNIT_EXPECT_EQ(test, (int)agree(test, bytes, length),
				is_query(type) || is_error(type) ? ALIAS_FINE : ALIAS_PROTOCOL);
	}
}

static bool opens(struct kunit *test, const struct wire *w)
{
	struct alias_packet pkt;
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int length = wire_write(bytes, w);
	struct sk_buff *skb = skb_make(bytes, length, length);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, (int)alias_packet_parse(skb, &pkt), ALIAS_FINE);
	kfree_skb(skb);
	return pkt.opens;
}

static void resets_and_replies_open_nothing(struct kunit *test)
{
	static const struct wire udp = { WIRE_UDP, FROM_TO };
	static const struct wire echo = { WIRE_ICMP, WIRE_ECHO, FROM_TO };
	static const struct wire reply = { WIRE_ICMP, WIRE_ECHO_REPLY, FROM_TO };
	static const struct wire timestamp = { WIRE_ICMP, 13, FROM_TO };
	static const struct wire timestamp_reply = { WIRE_ICMP, 14, FROM_TO };
	unsigned int flags;

	for (flags = 0; flags < 256; flags++) {
		struct wire w = { WIRE_TCP, flags, FROM_TO };

		KUNIT_EXPECT_EQ_MSG(test, opens(test, &w), !(flags & WIRE_RST), "flags %#x", flags);
	}
	KUNIT_EXPECT_TRUE(test, opens(test, &udp));
	KUNIT_EXPECT_TRUE(test, opens(test, &echo));
	KUNIT_EXPECT_FALSE(test, opens(test, &reply));
	KUNIT_EXPECT_TRUE(test, opens(test, &timestamp));
	KUNIT_EXPECT_FALSE(test, opens(test, &timestamp_reply));
}

/* In an inet chain and on a bridge skb->data is not where IP begins. */
static void the_network_header_need_not_be_at_data(struct kunit *test)
{
	struct wire w = { WIRE_TCP, WIRE_SYN, FROM_TO, .ip_options = 1 };
	u8 bytes[14 + WIRE_BYTES_MAX] = {};
	unsigned int length = 14 + wire_write(bytes + 14, &w), cut;
	struct alias_packet pkt;
	struct sk_buff *skb;

	for (cut = 14; cut <= length; cut++) {
		skb = skb_make(bytes, cut, cut);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		skb_set_network_header(skb, 14);
		skb_arm(skb);
		KUNIT_EXPECT_EQ(test, (int)alias_packet_parse(skb, &pkt),
				cut < length ? ALIAS_MALFORMED : ALIAS_FINE);
		skb_disarm(skb);
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, pkt.thoff, 14u + 24);
	KUNIT_EXPECT_EQ(test, ntohs(pkt.sport), 40000);
}

/* Well-formed packets with a few bytes, mostly of headers, made random. */
static void random_damage_is_judged_as_the_oracle_does(struct kunit *test)
{
	unsigned int seen[ALIAS_REASONS] = {}, n, hits, length, cut;
	u8 bytes[WIRE_BYTES_MAX];
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 4);
	for (n = 0; n < 1000; n++) {
		struct wire w = kinds[prandom_u32_state(&rnd) % ARRAY_SIZE(kinds)].wire;

		w.sport = n % 16 ? w.sport : 0;
		length = wire_write(bytes, &w);
		for (hits = prandom_u32_state(&rnd) % 4; hits; hits--)
			bytes[prandom_u32_state(&rnd) % length] = prandom_u32_state(&rnd);
		cut = n & 3 ? length : prandom_u32_state(&rnd) % (length + 1);
		seen[agree(test, bytes, cut)]++;
		parse_split(test, bytes, cut, cut ? prandom_u32_state(&rnd) % cut : 0);
	}
	for (n = ALIAS_FINE; n <= ALIAS_ZERO_PORT; n++)
		KUNIT_EXPECT_GT_MSG(test, seen[n], 0u, "reason %u never occurred", n);
}

static struct kunit_case packet_cases[] = {
	KUNIT_CASE_PARAM(whole_packets_are_fine, kind_gen_params),
	KUNIT_CASE_PARAM(every_truncation_is_malformed, kind_gen_params),
	KUNIT_CASE_PARAM(every_truncation_that_ip_admits, kind_gen_params),
	KUNIT_CASE_PARAM(padding_does_not_lengthen_a_packet, kind_gen_params),
	KUNIT_CASE_PARAM(every_ihl_and_total_length, kind_gen_params),
	KUNIT_CASE_PARAM(other_versions_are_malformed, kind_gen_params),
	KUNIT_CASE_PARAM(every_fragment_is_a_fragment, kind_gen_params),
	KUNIT_CASE(every_data_offset),
	KUNIT_CASE(every_udp_length),
	KUNIT_CASE(zero_ports_are_refused_but_id_0_is_fine),
	KUNIT_CASE(all_protocols_are_spoken),
	KUNIT_CASE(of_icmp_queries_and_errors_are_spoken),
	KUNIT_CASE(resets_and_replies_open_nothing),
	KUNIT_CASE(the_network_header_need_not_be_at_data),
	KUNIT_CASE_SLOW(random_damage_is_judged_as_the_oracle_does),
	{}
};

static struct kunit_suite packet_suite = {
	.name = "alias_packet",
	.test_cases = packet_cases,
};

kunit_test_suite(packet_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: parsing of packets");
