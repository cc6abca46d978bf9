/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets as bytes. Written, read and summed by plain arithmetic that shares
 * nothing with the code under test: what it says is what the RFCs say.
 */
#ifndef ALIAS_KUNIT_WIRE_H
#define ALIAS_KUNIT_WIRE_H

#include <linux/string.h>
#include <linux/types.h>

#define WIRE_ICMP	1
#define WIRE_TCP	6
#define WIRE_UDP	17
#define WIRE_DCCP	33
#define WIRE_GRE	47
#define WIRE_ESP	50
#define WIRE_SCTP	132
#define WIRE_UDPLITE	136

#define WIRE_IP_BYTES	20
/* The largest that a struct wire with 8 option words and 255 bytes can be. */
#define WIRE_BYTES_MAX	512

#define WIRE_FIN	0x01
#define WIRE_SYN	0x02
#define WIRE_RST	0x04
#define WIRE_ACK	0x10

#define WIRE_SCTP_DATA		0
#define WIRE_SCTP_INIT		1
#define WIRE_SCTP_INIT_ACK	2
#define WIRE_SCTP_ABORT		6
#define WIRE_SCTP_SHUTDOWN	7
#define WIRE_SCTP_SHUTDOWN_ACK	8
#define WIRE_SCTP_COOKIE_ECHO	10

#define WIRE_DCCP_REQUEST	0
#define WIRE_DCCP_RESPONSE	1
#define WIRE_DCCP_ACK		3
#define WIRE_DCCP_CLOSE		6
#define WIRE_DCCP_RESET		7
#define WIRE_DCCP_SYNC		8
#define WIRE_DCCP_LISTEN	10

#define WIRE_ECHO_REPLY	0
#define WIRE_ECHO	8

/**
 * struct wire - what a packet says, in host byte order
 * @protocol: of the IP header
 * @flags: TCP flags, or the type of an ICMP message, of the first chunk of SCTP,
 *	of a DCCP packet
 * @ip_options: 32-bit words
 * @tcp_options: 32-bit words
 * @no_sum: UDP: the sender computed no checksum
 * @payload: bytes after the transport header
 * @src: source address
 * @dst: destination address
 * @sport: source port, or the id of an ICMP message
 * @dport: destination port
 */
struct wire {
	u8 protocol;
	u8 flags;
	u8 ip_options;
	u8 tcp_options;
	bool no_sum;
	u8 payload;
	u32 src;
	u32 dst;
	u16 sport;
	u16 dport;
};

static inline u16 wire_get16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

static inline u32 wire_get32(const u8 *p)
{
	return (u32)wire_get16(p) << 16 | wire_get16(p + 2);
}

static inline void wire_put16(u8 *p, u16 value)
{
	p[0] = value >> 8;
	p[1] = value & 0xff;
}

static inline void wire_put32(u8 *p, u32 value)
{
	wire_put16(p, value >> 16);
	wire_put16(p + 2, value & 0xffff);
}

/* RFC 1071: the ones' complement sum, folded. */
static inline u16 wire_sum(const u8 *p, unsigned int bytes, u32 sum)
{
	unsigned int n;

	for (n = 0; n < bytes; n++) {
		sum += n & 1 ? p[n] : p[n] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

static inline unsigned int wire_ip_bytes(const u8 *packet)
{
	return (packet[0] & 15) * 4;
}

static inline u8 *wire_transport(u8 *packet)
{
	return packet + wire_ip_bytes(packet);
}

/* Where the transport header keeps its checksum. */
static inline u8 *wire_check(u8 *packet)
{
	switch (packet[9]) {
	case WIRE_TCP:
		return wire_transport(packet) + 16;
	case WIRE_UDP:
	case WIRE_UDPLITE:
	case WIRE_DCCP:
		return wire_transport(packet) + 6;
	case WIRE_SCTP:
		return wire_transport(packet) + 8;
	default:
		return wire_transport(packet) + 2;
	}
}

/* RFC 4960 appendix B, bit by bit. */
static inline u32 wire_crc32c(const u8 *p, unsigned int bytes)
{
	u32 crc = 0xffffffff;
	unsigned int n, bit;

	for (n = 0; n < bytes; n++) {
		crc ^= p[n];
		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	return ~crc;
}

static inline u32 wire_get32_le(const u8 *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24;
}

static inline void wire_put32_le(u8 *p, u32 value)
{
	unsigned int n;

	for (n = 0; n < 4; n++)
		p[n] = value >> 8 * n & 0xff;
}

/* Ports, or an id in the place of both. */
static inline bool wire_has_ports(u8 protocol)
{
	switch (protocol) {
	case WIRE_ICMP:
	case WIRE_TCP:
	case WIRE_UDP:
	case WIRE_DCCP:
	case WIRE_SCTP:
	case WIRE_UDPLITE:
		return true;
	default:
		return false;
	}
}

static inline bool wire_has_no_sum(const u8 *packet)
{
	return !wire_has_ports(packet[9]);
}

static inline u16 wire_pseudo_sum(const u8 *packet)
{
	unsigned int bytes = wire_get16(packet + 2) - wire_ip_bytes(packet);

	return wire_sum(packet + 12, 8, packet[9] + bytes);
}

/**
 * wire_transport_check - the checksum a transport header should have
 * @packet: whole and well-formed
 */
static inline u16 wire_transport_check(u8 *packet)
{
	unsigned int bytes = wire_get16(packet + 2) - wire_ip_bytes(packet);
	u32 start = packet[9] == WIRE_ICMP ? 0 : wire_pseudo_sum(packet);
	u16 kept = wire_get16(wire_check(packet));
	u16 check;

	wire_put16(wire_check(packet), 0);
	check = ~wire_sum(wire_transport(packet), bytes, start);
	wire_put16(wire_check(packet), kept);
	return (packet[9] == WIRE_UDP || packet[9] == WIRE_UDPLITE) && !check ? 0xffff : check;
}

/**
 * wire_sctp_check - the checksum an SCTP packet should have
 * @packet: whole and well-formed
 */
static inline u32 wire_sctp_check(u8 *packet)
{
	unsigned int bytes = wire_get16(packet + 2) - wire_ip_bytes(packet);
	u32 kept = wire_get32_le(wire_check(packet));
	u32 check;

	wire_put32_le(wire_check(packet), 0);
	check = wire_crc32c(wire_transport(packet), bytes);
	wire_put32_le(wire_check(packet), kept);
	return check;
}

/**
 * wire_is_sound - whether the transport's checksum is right
 * @packet: whole and well-formed
 */
static inline bool wire_is_sound(u8 *packet)
{
	if (wire_has_no_sum(packet))
		return true;
	if (packet[9] == WIRE_SCTP)
		return wire_get32_le(wire_check(packet)) == wire_sctp_check(packet);
	return wire_get16(wire_check(packet)) == wire_transport_check(packet);
}

/**
 * wire_ip_check - the checksum an IP header should have
 * @packet: at least the header
 */
static inline u16 wire_ip_check(u8 *packet)
{
	u16 kept = wire_get16(packet + 10);
	u16 check;

	wire_put16(packet + 10, 0);
	check = ~wire_sum(packet, wire_ip_bytes(packet), 0);
	wire_put16(packet + 10, kept);
	return check;
}

/**
 * wire_seal - write both checksums, computed from scratch
 * @packet: whole and well-formed; a UDP packet without a checksum stays so
 * @no_sum: UDP: leave the checksum 0
 */
static inline void wire_seal(u8 *packet, bool no_sum)
{
	wire_put16(packet + 10, wire_ip_check(packet));
	if (wire_has_no_sum(packet))
		return;
	if (packet[9] == WIRE_UDP && no_sum)
		wire_put16(wire_check(packet), 0);
	else if (packet[9] == WIRE_SCTP)
		wire_put32_le(wire_check(packet), wire_sctp_check(packet));
	else
		wire_put16(wire_check(packet), wire_transport_check(packet));
}

static inline unsigned int wire_write_transport(u8 *th, const struct wire *w)
{
	if (w->protocol == WIRE_ICMP) {
		th[0] = w->flags;
		wire_put16(th + 4, w->sport);
		wire_put16(th + 6, 1);
		return 8;
	}
	if (!wire_has_ports(w->protocol))
		return 0;
	wire_put16(th, w->sport);
	wire_put16(th + 2, w->dport);
	if (w->protocol == WIRE_SCTP) {
		wire_put32(th + 4, 0x0a0b0c0d);
		th[12] = w->flags;
		wire_put16(th + 14, 4 + w->payload);
		return 16;
	}
	if (w->protocol == WIRE_DCCP) {
		th[4] = 4;
		th[8] = w->flags << 1 | 1;
		return 16;
	}
	if (w->protocol == WIRE_UDP || w->protocol == WIRE_UDPLITE) {
		wire_put16(th + 4, 8 + w->payload);
		return 8;
	}
	wire_put32(th + 4, 0x01020304);
	th[12] = (5 + w->tcp_options) << 4;
	th[13] = w->flags;
	memset(th + 20, 1, w->tcp_options * 4);
	return 20 + w->tcp_options * 4;
}

/**
 * wire_write - write a packet
 * @packet: WIRE_BYTES_MAX bytes
 * @w: what it says
 *
 * Return: how many bytes it has
 */
static inline unsigned int wire_write(u8 *packet, const struct wire *w)
{
	unsigned int bytes = WIRE_IP_BYTES + w->ip_options * 4;
	unsigned int n;

	memset(packet, 0, WIRE_BYTES_MAX);
	packet[0] = 4 << 4 | bytes / 4;
	packet[6] = 0x40;
	packet[8] = 64;
	packet[9] = w->protocol;
	wire_put32(packet + 12, w->src);
	wire_put32(packet + 16, w->dst);
	memset(packet + WIRE_IP_BYTES, 1, w->ip_options * 4);
	bytes += wire_write_transport(packet + bytes, w);
	for (n = 0; n < w->payload; n++)
		packet[bytes++] = 3 * n + 7;
	wire_put16(packet + 2, bytes);
	wire_seal(packet, w->no_sum);
	return bytes;
}

/**
 * wire_read - what a packet says, as far as a NAT changes it
 * @packet: whole and well-formed
 * @w: filled in
 */
static inline void wire_read(u8 *packet, struct wire *w)
{
	const u8 *th = wire_transport(packet);

	memset(w, 0, sizeof(*w));
	w->protocol = packet[9];
	w->src = wire_get32(packet + 12);
	w->dst = wire_get32(packet + 16);
	if (w->protocol == WIRE_ICMP) {
		w->flags = th[0];
		w->sport = wire_get16(th + 4);
		w->dport = w->sport;
		return;
	}
	if (!wire_has_ports(w->protocol))
		return;
	w->sport = wire_get16(th);
	w->dport = wire_get16(th + 2);
	if (w->protocol == WIRE_TCP)
		w->flags = th[13];
	else if (w->protocol == WIRE_SCTP)
		w->flags = th[12];
	else if (w->protocol == WIRE_DCCP)
		w->flags = th[8] >> 1 & 15;
}

#endif /* ALIAS_KUNIT_WIRE_H */
