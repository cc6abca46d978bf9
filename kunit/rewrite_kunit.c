// SPDX-License-Identifier: GPL-2.0
/* Rewriting of packets: every byte and every checksum, computed from scratch. */

#include <kunit/test.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <net/checksum.h>
#include <net/gso.h>

#include "../kmod/packet.c"
#include "../kmod/rewrite.c"
#include "skb.h"
#include "wire.h"

/* One endpoint's new address and port. */
struct change {
	bool source;
	u32 addr;
	u16 port;
};

static struct rnd_state rnd;

static u32 random(void)
{
	return prandom_u32_state(&rnd);
}

static u16 random_port(void)
{
	return random() % 65535 + 1;
}

static struct wire random_wire(u8 protocol)
{
	return (struct wire){
		.protocol = protocol,
		.flags = protocol == WIRE_ICMP ? random() & 8 : random() & ~WIRE_RST,
		.ip_options = random() % 3 ? 0 : random() % 11,
		.tcp_options = random() % 11,
		.payload = random(),
		.src = random(),
		.dst = random(),
		.sport = random_port(),
		.dport = random_port(),
	};
}

static struct change random_change(void)
{
	return (struct change){
		.source = random() & 1,
		.addr = random(),
		.port = random_port(),
	};
}

/* The bytes that should come out, but for the checksums. */
static void change_bytes(u8 *bytes, const struct change *change)
{
	u8 *th = wire_transport(bytes);

	wire_put32(bytes + (change->source ? 12 : 16), change->addr);
	if (bytes[9] == WIRE_ICMP)
		wire_put16(th + 4, change->port);
	else if (wire_has_ports(bytes[9]))
		wire_put16(th + (change->source ? 0 : 2), change->port);
}

static bool rewrite_skb(struct kunit *test, struct sk_buff *skb, const struct change *change)
{
	struct alias_packet pkt;

	KUNIT_ASSERT_EQ(test, (int)alias_packet_parse(skb, &pkt), ALIAS_FINE);
	if (change->source)
		return alias_rewrite_source(&pkt, htonl(change->addr), htons(change->port));
	return alias_rewrite_destination(&pkt, htonl(change->addr), htons(change->port));
}

/* The whole of @skb, also what lies in pages, is @bytes. */
static void expect_bytes(struct kunit *test, const struct sk_buff *skb, const u8 *bytes,
			 unsigned int length)
{
	u8 now[WIRE_BYTES_MAX];
	unsigned int n;

	KUNIT_ASSERT_EQ(test, skb->len, length);
	KUNIT_ASSERT_EQ(test, skb_copy_bits(skb, 0, now, length), 0);
	for (n = 0; n < length; n++)
		if (now[n] != bytes[n])
			break;
	/* One is enough: the packets after it would fill the log. */
	KUNIT_ASSERT_EQ_MSG(test, n, length, "byte %u is %#x, expected %#x", n, now[n], bytes[n]);
}

static struct sk_buff *make(struct kunit *test, const u8 *bytes, unsigned int length,
			    unsigned int linear)
{
	struct sk_buff *skb = skb_make(bytes, length, linear);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	return skb;
}

/* Those with the Internet's checksum first. */
static const u8 protocols[] = {
	WIRE_TCP, WIRE_UDP, WIRE_ICMP, WIRE_UDPLITE, WIRE_DCCP, WIRE_SCTP, WIRE_ESP,
};

#define SUMMED	5

static const char *name_of(u8 protocol)
{
	switch (protocol) {
	case WIRE_TCP:
		return "tcp";
	case WIRE_UDP:
		return "udp";
	case WIRE_ICMP:
		return "icmp";
	case WIRE_UDPLITE:
		return "udplite";
	case WIRE_DCCP:
		return "dccp";
	case WIRE_SCTP:
		return "sctp";
	default:
		return "esp";
	}
}

static const void *next_protocol(const u8 *protocol, char *desc, unsigned int end)
{
	protocol = protocol ? protocol + 1 : protocols;
	if (protocol == protocols + end)
		return NULL;
	strscpy(desc, name_of(*protocol), KUNIT_PARAM_DESC_SIZE);
	return protocol;
}

static const void *protocol_gen_params(const void *prev, char *desc)
{
	return next_protocol(prev, desc, ARRAY_SIZE(protocols));
}

static const void *summed_gen_params(const void *prev, char *desc)
{
	return next_protocol(prev, desc, SUMMED);
}

static u8 protocol_of(struct kunit *test)
{
	return *(const u8 *)test->param_value;
}

static void one_random_packet(struct kunit *test, u8 protocol, u8 ip_summed)
{
	struct wire w = random_wire(protocol);
	struct change change = random_change();
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int length = wire_write(bytes, &w);
	struct sk_buff *skb = make(test, bytes, length, random() & 1 ? length : random() % length);

	skb->ip_summed = ip_summed;
	if (!skb_is_nonlinear(skb))
		skb_arm(skb);
	KUNIT_EXPECT_TRUE(test, rewrite_skb(test, skb, &change));
	change_bytes(bytes, &change);
	wire_seal(bytes, false);
	expect_bytes(test, skb, bytes, length);
	KUNIT_EXPECT_EQ(test, (u8)skb->ip_summed, ip_summed);
	kfree_skb(skb);
}

/* RFC 5597 REQ-11: a right checksum is right afterwards, for each protocol. */
static void random_packets_match_to_the_byte(struct kunit *test)
{
	unsigned int n;

	for (n = 0; n < 500; n++)
		one_random_packet(test, protocol_of(test), CHECKSUM_NONE);
}

static void a_verified_checksum_is_kept_right(struct kunit *test)
{
	unsigned int n;

	for (n = 0; n < 200; n++)
		one_random_packet(test, protocol_of(test), CHECKSUM_UNNECESSARY);
}

static void every_split_into_pages_is_the_same(struct kunit *test)
{
	struct change change = { .source = true, .addr = 0xc6336487, .port = 1024 };
	struct wire w = random_wire(protocol_of(test));
	u8 before[WIRE_BYTES_MAX], after[WIRE_BYTES_MAX];
	unsigned int length, linear;
	struct sk_buff *skb;

	w.ip_options = 2;
	length = wire_write(before, &w);
	memcpy(after, before, sizeof(after));
	change_bytes(after, &change);
	wire_seal(after, false);
	for (linear = 0; linear <= length; linear++) {
		skb = make(test, before, length, linear);
		KUNIT_EXPECT_TRUE(test, rewrite_skb(test, skb, &change));
		expect_bytes(test, skb, after, length);
		kfree_skb(skb);
	}
}

/* The same endpoint again must give the very same bytes. */
static void there_and_back_is_where_it_was(struct kunit *test)
{
	unsigned int n, length;
	u8 bytes[WIRE_BYTES_MAX];
	struct sk_buff *skb;

	for (n = 0; n < 150; n++) {
		struct wire w = random_wire(protocol_of(test));
		struct change there = random_change();
		struct change back = { .source = there.source,
				       .addr = there.source ? w.src : w.dst,
				       .port = there.source ? w.sport : w.dport };

		if (w.protocol == WIRE_ICMP)
			back.port = w.sport;
		length = wire_write(bytes, &w);
		skb = make(test, bytes, length, length);
		KUNIT_EXPECT_TRUE(test, rewrite_skb(test, skb, &there));
		KUNIT_EXPECT_TRUE(test, rewrite_skb(test, skb, &back));
		expect_bytes(test, skb, bytes, length);
		kfree_skb(skb);
	}
}

static void udp_without_checksum_stays_without(struct kunit *test)
{
	unsigned int n, length;
	u8 bytes[WIRE_BYTES_MAX];
	struct sk_buff *skb;

	for (n = 0; n < 200; n++) {
		struct wire w = random_wire(WIRE_UDP);
		struct change change = random_change();

		w.no_sum = true;
		length = wire_write(bytes, &w);
		skb = make(test, bytes, length, length);
		KUNIT_EXPECT_TRUE(test, rewrite_skb(test, skb, &change));
		change_bytes(bytes, &change);
		wire_seal(bytes, true);
		expect_bytes(test, skb, bytes, length);
		KUNIT_EXPECT_EQ(test, wire_get16(wire_check(bytes)), 0);
		kfree_skb(skb);
	}
}

/* A tunnel that left the inner packet's checksum to the device, and has none. */
static void udp_of_a_tunnel_stays_without(struct kunit *test)
{
	struct wire w = random_wire(WIRE_UDP);
	struct change change = random_change();
	u8 bytes[WIRE_BYTES_MAX];
	struct sk_buff *skb;
	unsigned int length;

	w.no_sum = true;
	w.payload = 100;
	length = wire_write(bytes, &w);
	skb = make(test, bytes, length, length);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + length - 40;
	skb->csum_offset = 16;
	KUNIT_EXPECT_TRUE(test, rewrite_skb(test, skb, &change));
	change_bytes(bytes, &change);
	wire_seal(bytes, true);
	expect_bytes(test, skb, bytes, length);
	kfree_skb(skb);
}

/* The port that makes the sum 0: RFC 768 wants it written as all ones. */
static u16 port_for_zero(u8 *bytes, struct change *change)
{
	u16 check;

	change->port = 0;
	change_bytes(bytes, change);
	check = wire_transport_check(bytes);
	/* ~(sum + port) is 0 where port is ~sum, which is the checksum itself. */
	return check;
}

static void udp_sum_zero_is_written_as_ones(struct kunit *test)
{
	unsigned int n, length;
	u8 bytes[WIRE_BYTES_MAX];
	struct sk_buff *skb;

	for (n = 0; n < 200; n++) {
		struct wire w = random_wire(WIRE_UDP);
		struct change change = random_change();

		length = wire_write(bytes, &w);
		skb = make(test, bytes, length, length);
		change.port = port_for_zero(bytes, &change);
		KUNIT_EXPECT_TRUE(test, rewrite_skb(test, skb, &change));
		change_bytes(bytes, &change);
		wire_seal(bytes, false);
		KUNIT_ASSERT_EQ(test, wire_get16(wire_check(bytes)), 0xffff);
		expect_bytes(test, skb, bytes, length);
		kfree_skb(skb);
	}
}

static unsigned int error_of(u8 *bytes)
{
	/* Modulo 0xffff: in ones' complement 0 and 0xffff are one number. */
	return (wire_get16(wire_check(bytes)) + 0xffffu - wire_transport_check(bytes)) % 0xffff;
}

static void a_damaged_checksum_stays_damaged_as_much(struct kunit *test)
{
	unsigned int n, length, error;
	u8 bytes[WIRE_BYTES_MAX];
	struct sk_buff *skb;

	for (n = 0; n < 200; n++) {
		struct wire w = random_wire(protocol_of(test));
		struct change change = random_change();

		length = wire_write(bytes, &w);
		wire_put16(wire_check(bytes), random_port());
		error = error_of(bytes);
		skb = make(test, bytes, length, length);
		KUNIT_EXPECT_TRUE(test, rewrite_skb(test, skb, &change));
		skb_copy_bits(skb, 0, bytes, length);
		KUNIT_EXPECT_EQ(test, error_of(bytes), error);
		KUNIT_EXPECT_EQ(test, wire_get16(bytes + 10), wire_ip_check(bytes));
		kfree_skb(skb);
	}
}

/* As a local socket hands it over: the field has the pseudo header's sum, and
 * the device adds the rest.
 */
static struct sk_buff *make_partial(struct kunit *test, u8 *bytes, unsigned int length,
				    unsigned int linear)
{
	struct sk_buff *skb;

	wire_put16(wire_check(bytes), wire_pseudo_sum(bytes));
	skb = make(test, bytes, length, linear);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + wire_ip_bytes(bytes);
	skb->csum_offset = wire_check(bytes) - wire_transport(bytes);
	return skb;
}

static void a_checksum_left_to_the_device_comes_out_right(struct kunit *test)
{
	unsigned int n, length, headers;
	u8 bytes[WIRE_BYTES_MAX];
	struct sk_buff *skb;

	for (n = 0; n < 150; n++) {
		struct wire w = random_wire(n & 1 ? WIRE_TCP : WIRE_UDP);
		struct change change = random_change();

		length = wire_write(bytes, &w);
		headers = length - w.payload;
		skb = make_partial(test, bytes, length, n & 2 ? length : headers);
		KUNIT_EXPECT_TRUE(test, rewrite_skb(test, skb, &change));
		KUNIT_EXPECT_EQ(test, (u8)skb->ip_summed, CHECKSUM_PARTIAL);
		KUNIT_ASSERT_EQ(test, skb_checksum_help(skb), 0);
		change_bytes(bytes, &change);
		wire_seal(bytes, false);
		expect_bytes(test, skb, bytes, length);
		kfree_skb(skb);
	}
}

static __wsum sum_of(const struct sk_buff *skb)
{
	return skb_checksum(skb, 0, skb->len, 0);
}

static void a_devices_sum_of_the_packet_is_moved_along(struct kunit *test)
{
	unsigned int n, length;
	u8 bytes[WIRE_BYTES_MAX];
	struct sk_buff *skb;

	for (n = 0; n < 150; n++) {
		struct wire w = random_wire(protocol_of(test));
		struct change change = random_change();

		length = wire_write(bytes, &w);
		skb = make(test, bytes, length, length);
		skb->ip_summed = CHECKSUM_COMPLETE;
		skb->csum = sum_of(skb);
		KUNIT_EXPECT_TRUE(test, rewrite_skb(test, skb, &change));
		KUNIT_EXPECT_EQ(test, (u8)skb->ip_summed, CHECKSUM_COMPLETE);
		KUNIT_EXPECT_EQ(test, (__force u16)csum_fold(skb->csum),
				(__force u16)csum_fold(sum_of(skb)));
		change_bytes(bytes, &change);
		wire_seal(bytes, false);
		expect_bytes(test, skb, bytes, length);
		kfree_skb(skb);
	}
}

static void a_clone_keeps_its_bytes(struct kunit *test)
{
	unsigned int n, length;
	u8 before[WIRE_BYTES_MAX], after[WIRE_BYTES_MAX];
	struct sk_buff *skb, *clone;

	for (n = 0; n < 100; n++) {
		struct wire w = random_wire(protocol_of(test));
		struct change change = random_change();

		length = wire_write(before, &w);
		memcpy(after, before, sizeof(after));
		change_bytes(after, &change);
		wire_seal(after, false);
		skb = make(test, before, length, n & 1 ? length : random() % length);
		clone = skb_clone(skb, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, clone);
		KUNIT_EXPECT_TRUE(test, rewrite_skb(test, n & 2 ? skb : clone, &change));
		expect_bytes(test, n & 2 ? skb : clone, after, length);
		expect_bytes(test, n & 2 ? clone : skb, before, length);
		kfree_skb(clone);
		kfree_skb(skb);
	}
}

static void what_cannot_be_written_is_left_alone(struct kunit *test)
{
	struct wire w = random_wire(protocol_of(test));
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int length = wire_write(bytes, &w);
	struct sk_buff *skb = make(test, bytes, length, length);
	struct alias_packet pkt;

	KUNIT_ASSERT_EQ(test, (int)alias_packet_parse(skb, &pkt), ALIAS_FINE);
	/* Shorter than it was when it was parsed: it cannot be made writable. */
	length = pkt.thoff + pkt.thlen - 1;
	__skb_trim(skb, length);
	KUNIT_EXPECT_FALSE(test, alias_rewrite_source(&pkt, htonl(1), htons(1)));
	KUNIT_EXPECT_FALSE(test, alias_rewrite_destination(&pkt, htonl(1), htons(1)));
	expect_bytes(test, skb, bytes, length);
	kfree_skb(skb);
}

#define GSO_PAYLOAD	1000
#define GSO_SIZE	300

/* A TCP packet of several segments, as it leaves a local socket or GRO. */
static struct sk_buff *make_gso(struct kunit *test, u8 *packet)
{
	struct wire w = random_wire(WIRE_TCP);
	unsigned int headers, n;
	struct sk_buff *skb;
	u8 bytes[WIRE_BYTES_MAX];

	w.payload = 0;
	w.ip_options = 0;
	w.flags = WIRE_ACK;
	headers = wire_write(bytes, &w);
	memcpy(packet + ETH_HLEN, bytes, headers);
	for (n = 0; n < GSO_PAYLOAD; n++)
		packet[ETH_HLEN + headers + n] = random();
	packet += ETH_HLEN;
	wire_put16(packet + 2, headers + GSO_PAYLOAD);
	wire_put16(packet + 10, wire_ip_check(packet));
	wire_put16(wire_check(packet), wire_pseudo_sum(packet));

	skb = make(test, packet - ETH_HLEN, ETH_HLEN + headers + GSO_PAYLOAD,
		   ETH_HLEN + headers + GSO_PAYLOAD);
	skb_reset_mac_header(skb);
	skb->mac_len = ETH_HLEN;
	skb_pull(skb, ETH_HLEN);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, WIRE_IP_BYTES);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + WIRE_IP_BYTES;
	skb->csum_offset = 16;
	skb_shinfo(skb)->gso_size = GSO_SIZE;
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
	skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(GSO_PAYLOAD, GSO_SIZE);
	return skb;
}

static void expect_segment(struct kunit *test, const struct sk_buff *skb,
			   const struct change *change)
{
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int length = skb->len - ETH_HLEN;
	struct wire w;

	KUNIT_ASSERT_LE(test, length, (unsigned int)sizeof(bytes));
	KUNIT_ASSERT_EQ(test, skb_copy_bits(skb, ETH_HLEN, bytes, length), 0);
	KUNIT_EXPECT_EQ(test, (unsigned int)wire_get16(bytes + 2), length);
	KUNIT_EXPECT_EQ(test, wire_get16(bytes + 10), wire_ip_check(bytes));
	KUNIT_EXPECT_EQ(test, wire_get16(wire_check(bytes)), wire_transport_check(bytes));
	wire_read(bytes, &w);
	KUNIT_EXPECT_EQ(test, change->source ? w.src : w.dst, change->addr);
	KUNIT_EXPECT_EQ(test, change->source ? w.sport : w.dport, change->port);
}

static void every_segment_of_a_gso_packet_comes_out_right(struct kunit *test)
{
	u8 *packet = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	struct sk_buff *skb, *segments, *next;
	unsigned int n, count;

	KUNIT_ASSERT_NOT_NULL(test, packet);
	for (n = 0; n < 20; n++) {
		struct change change = random_change();

		skb = make_gso(test, packet);
		KUNIT_EXPECT_TRUE(test, rewrite_skb(test, skb, &change));
		__skb_push(skb, ETH_HLEN);
		segments = skb_gso_segment(skb, 0);
		KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(segments));
		count = 0;
		skb_list_walk_safe(segments, segments, next) {
			expect_segment(test, segments, &change);
			count++;
			consume_skb(segments);
		}
		KUNIT_EXPECT_EQ(test, count, (unsigned int)DIV_ROUND_UP(GSO_PAYLOAD, GSO_SIZE));
		consume_skb(skb);
	}
}

/* Sends a random SCTP packet whose checksum is off by @error. */
static struct sk_buff *sctp_through(struct kunit *test, u8 *bytes, u32 error, u8 ip_summed)
{
	struct wire w = random_wire(WIRE_SCTP);
	struct change change = random_change();
	unsigned int length = wire_write(bytes, &w);
	struct sk_buff *skb;

	wire_put32_le(wire_check(bytes), wire_sctp_check(bytes) ^ error);
	skb = make(test, bytes, length, length);
	skb->ip_summed = ip_summed;
	KUNIT_EXPECT_TRUE(test, rewrite_skb(test, skb, &change));
	change_bytes(bytes, &change);
	wire_put16(bytes + 10, wire_ip_check(bytes));
	return skb;
}

/* The receiver, not the NAT, finds out that the payload was damaged. */
static void a_damaged_crc32c_stays_damaged_as_much(struct kunit *test)
{
	u8 bytes[WIRE_BYTES_MAX];
	struct sk_buff *skb;
	unsigned int n;
	u32 error;

	for (n = 0; n < 200; n++) {
		error = random() | 1;
		skb = sctp_through(test, bytes, error, CHECKSUM_NONE);
		wire_put32_le(wire_check(bytes), wire_sctp_check(bytes) ^ error);
		expect_bytes(test, skb, bytes, skb->len);
		kfree_skb(skb);
	}
}

static void a_crc32c_left_to_the_device_is_left_alone(struct kunit *test)
{
	u8 bytes[WIRE_BYTES_MAX];
	struct sk_buff *skb;
	unsigned int n;

	for (n = 0; n < 50; n++) {
		skb = sctp_through(test, bytes, random(), CHECKSUM_PARTIAL);
		expect_bytes(test, skb, bytes, skb->len);
		KUNIT_EXPECT_EQ(test, (u8)skb->ip_summed, CHECKSUM_PARTIAL);
		kfree_skb(skb);
	}
}

static void a_devices_sum_of_an_sctp_packet_is_forgotten(struct kunit *test)
{
	u8 bytes[WIRE_BYTES_MAX];
	struct sk_buff *skb = sctp_through(test, bytes, 0, CHECKSUM_COMPLETE);

	KUNIT_EXPECT_EQ(test, (u8)skb->ip_summed, CHECKSUM_NONE);
	KUNIT_EXPECT_EQ(test, wire_get32_le(wire_check(skb->data)), wire_sctp_check(bytes));
	kfree_skb(skb);
}

static int seed(struct kunit *test)
{
	prandom_seed_state(&rnd, 5);
	return 0;
}

static struct kunit_case rewrite_cases[] = {
	KUNIT_CASE_PARAM(random_packets_match_to_the_byte, protocol_gen_params),
	KUNIT_CASE_PARAM(a_verified_checksum_is_kept_right, protocol_gen_params),
	KUNIT_CASE_PARAM(every_split_into_pages_is_the_same, protocol_gen_params),
	KUNIT_CASE_PARAM(there_and_back_is_where_it_was, protocol_gen_params),
	KUNIT_CASE(udp_without_checksum_stays_without),
	KUNIT_CASE(udp_of_a_tunnel_stays_without),
	KUNIT_CASE(udp_sum_zero_is_written_as_ones),
	KUNIT_CASE_PARAM(a_damaged_checksum_stays_damaged_as_much, summed_gen_params),
	KUNIT_CASE(a_damaged_crc32c_stays_damaged_as_much),
	KUNIT_CASE(a_crc32c_left_to_the_device_is_left_alone),
	KUNIT_CASE(a_devices_sum_of_an_sctp_packet_is_forgotten),
	KUNIT_CASE(a_checksum_left_to_the_device_comes_out_right),
	KUNIT_CASE(every_segment_of_a_gso_packet_comes_out_right),
	KUNIT_CASE_PARAM(a_devices_sum_of_the_packet_is_moved_along, summed_gen_params),
	KUNIT_CASE_PARAM(a_clone_keeps_its_bytes, protocol_gen_params),
	KUNIT_CASE_PARAM(what_cannot_be_written_is_left_alone, protocol_gen_params),
	{}
};

static struct kunit_suite rewrite_suite = {
	.name = "alias_rewrite",
	.init = seed,
	.test_cases = rewrite_cases,
};

kunit_test_suite(rewrite_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: rewriting of packets");
