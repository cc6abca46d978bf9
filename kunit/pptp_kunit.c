// SPDX-License-Identifier: GPL-2.0
/* Calls of PPTP (RFC 2637): the messages that make them, and their packets.
 *
 *	clients 100.64.0.1, .2 --- instance 198.51.100.128 --- server 192.0.2.1
 *	    their id 7                 7 and another             ids 40, 41
 */

#include <linux/module.h>
#include <linux/prandom.h>

#include "fixture.h"

#define OUT	NFT_ALIAS_OUT
#define IN	NFT_ALIAS_IN
#define CALL	ALIAS_SPACE_CALL

#define CLIENT	FIXTURE_INSIDE
#define SERVER	FIXTURE_PEER
#define PORT	4000

/* Where a message has its fields. */
#define AT_TYPE		8
#define AT_ID		12
#define AT_PEER_ID	14
#define AT_RESULT	16

#define START_REQUEST	1
#define ECHO_REQUEST	5
#define CALL_REQUEST	7
#define CALL_REPLY	8
#define CLEAR_REQUEST	12
#define DISCONNECT	13
#define WAN_ERROR	14
#define LINK_INFO	15

static struct alias_instance *translating(struct kunit *test)
{
	return fixture_instance(test, 1, 1, 65535, ALIAS_F_SAME_PORTS | ALIAS_F_PPTP);
}

/* RFC 2637 section 2 */
static unsigned int bytes_of(u16 type)
{
	switch (type) {
	case START_REQUEST:
		return 156;
	case CALL_REQUEST:
		return 168;
	case CALL_REPLY:
		return 32;
	case DISCONNECT:
		return 148;
	case WAN_ERROR:
		return 40;
	case LINK_INFO:
		return 24;
	default:
		return 16;
	}
}

/* --- packets, which the case owns --- */

struct packet {
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int length;
	enum alias_verdict verdict;
};

static struct packet *packet_of(struct kunit *test, const struct wire *w)
{
	struct packet *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	p->length = wire_write(p->bytes, w);
	return p;
}

static u8 *payload(struct packet *p)
{
	return wire_transport(p->bytes) + (wire_transport(p->bytes)[12] >> 4) * 4;
}

static void write_message(u8 *m, u16 type, u16 id, u16 peer_id)
{
	wire_put16(m, bytes_of(type));
	wire_put16(m + 2, 1);
	wire_put32(m + 4, 0x1a2b3c4d);
	wire_put16(m + AT_TYPE, type);
	wire_put16(m + 10, 0);
	wire_put16(m + AT_ID, id);
	wire_put16(m + AT_PEER_ID, peer_id);
	if (type == CALL_REPLY)
		m[AT_RESULT] = 1;
}

static struct wire client(unsigned int nr)
{
	return fixture_tcp(WIRE_ACK, CLIENT + nr, PORT, SERVER, 1723);
}

static struct packet *message(struct kunit *test, struct wire w, u16 type, u16 id, u16 peer_id)
{
	struct packet *p;

	w.payload = bytes_of(type);
	p = packet_of(test, &w);
	write_message(payload(p), type, id, peer_id);
	wire_seal(p->bytes, false);
	return p;
}

/* With a sequence number, so that the id is not the last thing in it. */
static struct packet *gre(struct kunit *test, u32 src, u32 dst, u16 id)
{
	const struct wire w = { .protocol = WIRE_GRE, .src = src, .dst = dst, .payload = 40 };
	struct packet *p = packet_of(test, &w);
	u8 *g = wire_transport(p->bytes);

	wire_put32(g, 0x3001880b);
	wire_put16(g + 4, 28);
	wire_put16(g + 6, id);
	return p;
}

static void shorten(struct packet *p, unsigned int length)
{
	p->length = length;
	wire_put16(p->bytes + 2, length);
	wire_seal(p->bytes, false);
}

static u16 id_of(const struct packet *p)
{
	return wire_get16(p->bytes + WIRE_IP_BYTES + 6);
}

/* Sends a packet with so many bytes in the linear part. Return: how it came out */
static struct packet *send_in_pieces(struct kunit *test, struct alias_instance *inst,
				     enum nft_alias_direction dir, struct packet *p,
				     unsigned int linear)
{
	struct sk_buff *skb = skb_make(p->bytes, p->length, linear);
	struct packet *after = kunit_kzalloc(test, sizeof(*after), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_NOT_NULL(test, after);
	/* A packet in pages may be pulled into the room behind the linear part. */
	if (linear == p->length)
		skb_arm(skb);
	rcu_read_lock();
	after->verdict = dir == OUT ? alias_out(inst, skb) : alias_in(inst, skb);
	rcu_read_unlock();
	if (linear == p->length)
		skb_disarm(skb);
	after->length = p->length;
	skb_copy_bits(skb, 0, after->bytes, p->length);
	kfree_skb(skb);
	if (after->verdict == ALIAS_NO_MATCH)
		KUNIT_EXPECT_EQ(test, memcmp(p->bytes, after->bytes, p->length), 0);
	return after;
}

/* And its checksums must be right. */
static struct packet *pass_in_pieces(struct kunit *test, struct alias_instance *inst,
				     enum nft_alias_direction dir, struct packet *p,
				     unsigned int linear)
{
	struct packet *after = send_in_pieces(test, inst, dir, p, linear);

	if (after->verdict == ALIAS_TRANSLATED) {
		KUNIT_EXPECT_EQ(test, wire_get16(after->bytes + 10), wire_ip_check(after->bytes));
		KUNIT_EXPECT_TRUE(test, wire_is_sound(after->bytes));
	}
	return after;
}

static struct packet *pass(struct kunit *test, struct alias_instance *inst,
			   enum nft_alias_direction dir, struct packet *p)
{
	return pass_in_pieces(test, inst, dir, p, p->length);
}

/* It must be translated, and of its message no more may differ than the id at this
 * place. Return: the id
 */
static u16 expect_id(struct kunit *test, struct packet *before, struct packet *after,
		     unsigned int at)
{
	unsigned int begin = payload(before) - before->bytes;
	unsigned int behind = min(begin + at + 2, before->length);

	KUNIT_EXPECT_EQ(test, after->verdict, ALIAS_TRANSLATED);
	/* Sequence numbers and flags. */
	KUNIT_EXPECT_EQ(test, memcmp(before->bytes + 24, after->bytes + 24, 12), 0);
	KUNIT_EXPECT_EQ(test, memcmp(before->bytes + begin, after->bytes + begin,
				     behind - begin < at ? behind - begin : at), 0);
	KUNIT_EXPECT_EQ(test, memcmp(before->bytes + behind, after->bytes + behind,
				     before->length - behind), 0);
	return wire_get16(payload(after) + at);
}

static void expect_untouched(struct kunit *test, struct packet *before, struct packet *after)
{
	unsigned int begin = payload(before) - before->bytes;

	KUNIT_EXPECT_EQ(test, after->verdict, ALIAS_TRANSLATED);
	KUNIT_EXPECT_EQ(test, memcmp(before->bytes + begin, after->bytes + begin,
				     before->length - begin), 0);
}

static u16 say(struct kunit *test, struct alias_instance *inst, unsigned int nr, u16 type, u16 id)
{
	struct packet *p = message(test, client(nr), type, id, 0);

	return expect_id(test, p, pass(test, inst, OUT, p), AT_ID);
}

/* The TCP port that a client's control connection has outside. */
static u16 outside_port(struct kunit *test, struct alias_instance *inst, unsigned int nr)
{
	return fixture_out(test, inst, client(nr)).sport;
}

static struct packet *answer(struct kunit *test, struct alias_instance *inst, unsigned int nr,
			     u16 type, u16 id, u16 peer_id)
{
	struct wire w = fixture_tcp(WIRE_ACK, SERVER, 1723, FIXTURE_OUTSIDE,
				    outside_port(test, inst, nr));

	return message(test, w, type, id, peer_id);
}

static u16 hear(struct kunit *test, struct alias_instance *inst, unsigned int nr, u16 type, u16 id,
		u16 peer_id, unsigned int at)
{
	struct packet *p = answer(test, inst, nr, type, id, peer_id);

	return expect_id(test, p, pass(test, inst, IN, p), at);
}

/* A call of a client's, up. Return: its id outside */
static u16 dial(struct kunit *test, struct alias_instance *inst, unsigned int nr, u16 id,
		u16 servers_id)
{
	u16 outside = say(test, inst, nr, CALL_REQUEST, id);

	KUNIT_EXPECT_EQ(test, hear(test, inst, nr, CALL_REPLY, servers_id, outside, AT_PEER_ID),
			id);
	return outside;
}

/* All bytes of a packet of a call are as before, but for addresses and id. */
static void expect_gre(struct kunit *test, struct packet *before, struct packet *after)
{
	KUNIT_EXPECT_EQ(test, after->verdict, ALIAS_TRANSLATED);
	KUNIT_EXPECT_EQ(test, memcmp(before->bytes, after->bytes, 10), 0);
	KUNIT_EXPECT_EQ(test, memcmp(before->bytes + 20, after->bytes + 20, 6), 0);
	KUNIT_EXPECT_EQ(test, memcmp(before->bytes + 28, after->bytes + 28,
				     before->length - 28), 0);
}

/* The call goes both ways. */
static void expect_call(struct kunit *test, struct alias_instance *inst, unsigned int nr, u16 id,
			u16 outside, u16 servers_id)
{
	struct packet *p = gre(test, CLIENT + nr, SERVER, servers_id), *after;

	after = pass(test, inst, OUT, p);
	expect_gre(test, p, after);
	KUNIT_EXPECT_EQ(test, wire_get32(after->bytes + 12), FIXTURE_OUTSIDE);
	KUNIT_EXPECT_EQ(test, wire_get32(after->bytes + 16), SERVER);
	KUNIT_EXPECT_EQ(test, id_of(after), servers_id);

	p = gre(test, SERVER, FIXTURE_OUTSIDE, outside);
	after = pass(test, inst, IN, p);
	expect_gre(test, p, after);
	KUNIT_EXPECT_EQ(test, wire_get32(after->bytes + 12), SERVER);
	KUNIT_EXPECT_EQ(test, wire_get32(after->bytes + 16), CLIENT + nr);
	KUNIT_EXPECT_EQ(test, id_of(after), id);
}

static enum alias_verdict gre_in(struct kunit *test, struct alias_instance *inst, u32 src, u16 id)
{
	return pass(test, inst, IN, gre(test, src, FIXTURE_OUTSIDE, id))->verdict;
}

static enum alias_verdict gre_out(struct kunit *test, struct alias_instance *inst,
				  unsigned int nr, u16 id)
{
	return pass(test, inst, OUT, gre(test, CLIENT + nr, SERVER, id))->verdict;
}

/* --- calls --- */

static void two_clients_with_one_id_to_one_server_stay_apart(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	u16 a = dial(test, inst, 0, 7, 40), b = dial(test, inst, 1, 7, 41);

	KUNIT_EXPECT_EQ(test, a, 7);
	KUNIT_EXPECT_NE(test, b, 7);
	KUNIT_EXPECT_NE(test, b, 0);
	expect_call(test, inst, 0, 7, a, 40);
	expect_call(test, inst, 1, 7, b, 41);
	expect_call(test, inst, 0, 7, a, 40);
	KUNIT_EXPECT_EQ(test, inst->links[CALL], 2u);
	KUNIT_EXPECT_EQ(test, inst->links[ALIAS_SPACE_OTHER], 0u);
	fixture_check(test, inst);
	/* Nobody has the other one's. */
	KUNIT_EXPECT_EQ(test, gre_out(test, inst, 0, 41), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, gre_out(test, inst, 1, 40), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_NO_LINK), 2ull);
}

static void a_client_may_have_several_calls_and_servers(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	struct wire other = client(0);
	struct packet *p;
	u16 a = dial(test, inst, 0, 7, 40), b = dial(test, inst, 0, 8, 41), c;

	other.dst = SERVER + 1;
	p = message(test, other, CALL_REQUEST, 7, 0);
	c = expect_id(test, p, pass(test, inst, OUT, p), AT_ID);
	KUNIT_EXPECT_NE(test, c, a);
	KUNIT_EXPECT_NE(test, c, b);
	expect_call(test, inst, 0, 7, a, 40);
	expect_call(test, inst, 0, 8, b, 41);
	KUNIT_EXPECT_EQ(test, inst->links[CALL], 3u);
	fixture_check(test, inst);
}

static void id_0_is_an_id_but_never_ours(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	u16 a = dial(test, inst, 0, 0, 0);

	KUNIT_EXPECT_NE(test, a, 0);
	expect_call(test, inst, 0, 0, a, 0);
	fixture_check(test, inst);
}

static void a_stranger_does_not_enter(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	u16 a = dial(test, inst, 0, 7, 40);
	struct packet *p;

	KUNIT_EXPECT_EQ(test, gre_in(test, inst, SERVER + 1, a), ALIAS_NO_MATCH);
	KUNIT_EXPECT_EQ(test, gre_in(test, inst, SERVER, a + 1), ALIAS_NO_MATCH);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, IN, ALIAS_NO_LINK), 2ull);
	/* Nor does he make the call another one, though anyone may send through the
	 * link of the control connection.
	 */
	p = answer(test, inst, 0, CALL_REPLY, 99, a);
	wire_put32(p->bytes + 12, SERVER + 1);
	wire_seal(p->bytes, false);
	KUNIT_EXPECT_EQ(test, expect_id(test, p, pass(test, inst, IN, p), AT_PEER_ID), a);
	expect_call(test, inst, 0, 7, a, 40);
	KUNIT_EXPECT_EQ(test, gre_out(test, inst, 0, 99), ALIAS_DROP);
	fixture_check(test, inst);
}

static void a_servers_answer_to_one_client_is_not_about_another(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	u16 a = dial(test, inst, 0, 7, 40);

	dial(test, inst, 1, 9, 41);
	KUNIT_EXPECT_EQ(test, hear(test, inst, 1, CALL_REPLY, 50, a, AT_PEER_ID), a);
	KUNIT_EXPECT_EQ(test, hear(test, inst, 1, WAN_ERROR, a, 0, AT_ID), a);
	KUNIT_EXPECT_EQ(test, gre_out(test, inst, 0, 50), ALIAS_DROP);
	expect_call(test, inst, 0, 7, a, 40);
}

static void a_call_made_again_has_the_servers_new_id(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	u16 a = dial(test, inst, 0, 7, 40);

	KUNIT_EXPECT_EQ(test, dial(test, inst, 0, 7, 40), a);
	KUNIT_EXPECT_EQ(test, dial(test, inst, 0, 7, 44), a);
	expect_call(test, inst, 0, 7, a, 44);
	KUNIT_EXPECT_EQ(test, gre_out(test, inst, 0, 40), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, inst->links[CALL], 1u);
	fixture_check(test, inst);
}

static void a_servers_id_given_again_is_the_newer_calls(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	u16 a = dial(test, inst, 0, 7, 40), b = dial(test, inst, 0, 8, 40);
	struct wire w = { .src = FIXTURE_OUTSIDE, .sport = a };

	expect_call(test, inst, 0, 8, b, 40);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->calls.nelems), 1);
	KUNIT_EXPECT_EQ(test, inst->links[CALL], 2u);
	w.dst = SERVER;
	KUNIT_EXPECT_EQ(test, fixture_link(inst, CALL, &w)->flags & ALIAS_LINK_F_CALL, 0);
	fixture_check(test, inst);
}

static void a_call_that_was_refused_has_no_id(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	u16 a = say(test, inst, 0, CALL_REQUEST, 7);
	struct packet *p = answer(test, inst, 0, CALL_REPLY, 40, a);

	payload(p)[AT_RESULT] = 4;
	wire_seal(p->bytes, false);
	KUNIT_EXPECT_EQ(test, expect_id(test, p, pass(test, inst, IN, p), AT_PEER_ID), 7);
	KUNIT_EXPECT_EQ(test, gre_out(test, inst, 0, 40), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->calls.nelems), 0);
	fixture_check(test, inst);
}

/* Which id of a message is changed, outward from 7 to the outside one and inward
 * back; -1: none.
 */
struct translation {
	const char *name;
	enum nft_alias_direction dir;
	u16 type;
	int at;
};

static const struct translation translations[] = {
	{ "start_request", OUT, START_REQUEST, -1 },
	{ "echo_request", OUT, ECHO_REQUEST, -1 },
	{ "clear_request", OUT, CLEAR_REQUEST, AT_ID },
	{ "link_info", OUT, LINK_INFO, -1 },
	{ "wan_error_that_goes_the_wrong_way", OUT, WAN_ERROR, -1 },
	{ "reply_that_goes_the_wrong_way", OUT, CALL_REPLY, -1 },
	{ "incoming_call_reply", OUT, 10, -1 },
	{ "no_message_of_ours", OUT, 16, -1 },
	{ "start_reply", IN, 2, -1 },
	{ "echo_request_of_the_server", IN, ECHO_REQUEST, -1 },
	{ "call_reply", IN, CALL_REPLY, AT_PEER_ID },
	{ "call_request_that_goes_the_wrong_way", IN, CALL_REQUEST, -1 },
	{ "clear_request_that_goes_the_wrong_way", IN, CLEAR_REQUEST, -1 },
	{ "wan_error", IN, WAN_ERROR, AT_ID },
	{ "disconnect_with_the_clients_id", IN, DISCONNECT, AT_ID },
	{ "incoming_call_request", IN, 9, -1 },
	{ "incoming_call_connected", IN, 11, -1 },
};

static void translation_name(const struct translation *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(translation, translations, translation_name);

static void each_message_has_its_id_translated(struct kunit *test)
{
	const struct translation *row = test->param_value;
	struct alias_instance *inst = translating(test);
	struct packet *p, *after;
	u16 outside, old, new;

	dial(test, inst, 1, 7, 41);
	outside = dial(test, inst, 0, 7, 40);
	old = row->dir == OUT ? 7 : outside;
	new = row->dir == OUT ? outside : 7;
	KUNIT_EXPECT_NE(test, old, new);

	p = row->dir == OUT ? message(test, client(0), row->type, old, old) :
			      answer(test, inst, 0, row->type, old, old);
	after = pass(test, inst, row->dir, p);
	KUNIT_EXPECT_EQ(test, expect_id(test, p, after, row->at < 0 ? AT_ID : row->at),
			row->at < 0 ? old : new);
	KUNIT_EXPECT_EQ(test, inst->links[CALL], 2u);
	fixture_check(test, inst);
}

static void a_disconnect_with_the_servers_own_id_stays(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	u16 outside;

	dial(test, inst, 1, 7, 41);
	outside = dial(test, inst, 0, 7, 40);
	KUNIT_EXPECT_EQ(test, hear(test, inst, 0, DISCONNECT, 40, 0, AT_ID), 40);
	/* Also where it happens to be what another call of his has outside. */
	dial(test, inst, 0, 9, outside);
	KUNIT_EXPECT_EQ(test, hear(test, inst, 0, DISCONNECT, outside, 0, AT_ID), outside);
}

static void a_clear_request_without_a_call_stays(struct kunit *test)
{
	struct alias_instance *inst = translating(test);

	KUNIT_EXPECT_EQ(test, say(test, inst, 0, CLEAR_REQUEST, 7), 7);
	KUNIT_EXPECT_EQ(test, inst->links[CALL], 0u);
}

/* --- what does not look like a message --- */

struct fault {
	const char *name;
	unsigned int at;
	u16 value;
	bool begins;
};

static const struct fault faults[] = {
	{ "length_0", 0, 0, true },
	{ "length_of_another_type", 0, 32, true },
	{ "length_too_short", 0, 167, true },
	{ "length_beyond_the_packet", 0, 170, true },
	{ "length_beyond_all", 0, 0xfffe, true },
	{ "management_message", 2, 2 },
	{ "kind_0", 2, 0 },
	{ "cookie_first_half", 4, 0x1a2c },
	{ "cookie_second_half", 6, 0x3c4e },
	{ "type_0", AT_TYPE, 0 },
	{ "type_in_the_wrong_order", AT_TYPE, CALL_REQUEST << 8 },
	{ "type_out_of_range", AT_TYPE, 0xffff },
};

static void fault_name(const struct fault *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(fault, faults, fault_name);

static void expect_dropped(struct kunit *test, struct alias_instance *inst,
			   enum nft_alias_direction dir, struct packet *p)
{
	u64 before = fixture_refused(inst, dir, ALIAS_MALFORMED);

	KUNIT_EXPECT_EQ(test, pass(test, inst, dir, p)->verdict, ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, dir, ALIAS_MALFORMED) - before, 1ull);
}

static void what_is_no_message_passes_untouched_and_half_of_one_never(struct kunit *test)
{
	const struct fault *row = test->param_value;
	struct alias_instance *inst = translating(test);
	struct packet *p = message(test, client(0), CALL_REQUEST, 7, 0);

	/* Somebody else has the id, so that it would be changed. */
	dial(test, inst, 1, 7, 41);
	wire_put16(payload(p) + row->at, row->value);
	wire_seal(p->bytes, false);
	if (row->begins)
		expect_dropped(test, inst, OUT, p);
	else
		KUNIT_EXPECT_EQ(test, expect_id(test, p, pass(test, inst, OUT, p), AT_ID), 7);
	KUNIT_EXPECT_EQ(test, inst->links[CALL], 1u);
}

/* Every length a packet can have, with KASAN's trap right behind it. */
static void a_message_cut_off_is_dropped_once_it_can_be_told(struct kunit *test)
{
	static const u16 types[] = {
		CALL_REQUEST, CLEAR_REQUEST, CALL_REPLY, DISCONNECT, WAN_ERROR
	};
	struct alias_instance *inst = translating(test);
	u16 other = dial(test, inst, 1, 7, 41), mine = dial(test, inst, 0, 7, 40);
	unsigned int n, bytes;
	struct packet *p;

	KUNIT_EXPECT_NE(test, other, mine);
	for (n = 0; n < ARRAY_SIZE(types); n++) {
		bool out = n < 2;

		p = out ? message(test, client(0), types[n], 7, 7) :
			  answer(test, inst, 0, types[n], mine, mine);
		for (bytes = 0; bytes < bytes_of(types[n]); bytes++) {
			shorten(p, payload(p) - p->bytes + bytes);
			/* Length, kind and cookie say that it is one. */
			if (bytes < 8)
				expect_untouched(test, p, pass(test, inst, out ? OUT : IN, p));
			else
				expect_dropped(test, inst, out ? OUT : IN, p);
		}
	}
	KUNIT_EXPECT_EQ(test, inst->links[CALL], 2u);
	fixture_check(test, inst);
}

static void a_message_in_pieces_of_memory_is_read_and_written(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	struct packet *p = message(test, client(0), CALL_REQUEST, 7, 0);
	u16 outside, got;
	unsigned int n;

	dial(test, inst, 1, 7, 41);
	outside = say(test, inst, 0, CALL_REQUEST, 7);
	for (n = 0; n <= p->length; n++) {
		got = expect_id(test, p, pass_in_pieces(test, inst, OUT, p, n), AT_ID);
		KUNIT_EXPECT_EQ(test, got, outside);
	}
	p = gre(test, SERVER, FIXTURE_OUTSIDE, outside);
	for (n = 0; n <= p->length; n++) {
		struct packet *after = pass_in_pieces(test, inst, IN, p, n);

		expect_gre(test, p, after);
		KUNIT_EXPECT_EQ(test, id_of(after), 7);
	}
}

/* As GRO puts them together. */
static void messages_that_share_a_packet_are_all_translated(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	struct wire w = client(0);
	u16 outside, echo = bytes_of(ECHO_REQUEST), clear = bytes_of(CLEAR_REQUEST);
	struct packet *p, *after;

	dial(test, inst, 1, 7, 41);
	outside = dial(test, inst, 0, 7, 40);
	w.tcp_options = 3;
	w.payload = echo + clear + bytes_of(CALL_REQUEST);
	p = packet_of(test, &w);
	write_message(payload(p), ECHO_REQUEST, 7, 7);
	write_message(payload(p) + echo, CLEAR_REQUEST, 7, 0);
	write_message(payload(p) + echo + clear, CALL_REQUEST, 7, 0);
	wire_seal(p->bytes, false);

	after = pass(test, inst, OUT, p);
	KUNIT_EXPECT_EQ(test, after->verdict, ALIAS_TRANSLATED);
	KUNIT_EXPECT_EQ(test, wire_get16(payload(after) + AT_ID), 7);
	KUNIT_EXPECT_EQ(test, wire_get16(payload(after) + echo + AT_ID), outside);
	KUNIT_EXPECT_EQ(test, wire_get16(payload(after) + echo + clear + AT_ID), outside);
}

static void so_many_messages_are_looked_at_and_with_more_none_passes(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	struct wire w = client(0);
	unsigned int n, clear = bytes_of(CLEAR_REQUEST);
	struct packet *p, *after;
	u16 outside;

	dial(test, inst, 1, 7, 41);
	outside = dial(test, inst, 0, 7, 40);
	w.payload = (PPTP_MESSAGES_MAX + 1) * clear;
	p = packet_of(test, &w);
	for (n = 0; n <= PPTP_MESSAGES_MAX; n++)
		write_message(payload(p) + n * clear, CLEAR_REQUEST, 7, 0);
	wire_seal(p->bytes, false);
	expect_dropped(test, inst, OUT, p);
	shorten(p, p->length - clear);
	after = pass(test, inst, OUT, p);
	KUNIT_EXPECT_EQ(test, after->verdict, ALIAS_TRANSLATED);
	for (n = 0; n < PPTP_MESSAGES_MAX; n++)
		KUNIT_EXPECT_EQ(test, wire_get16(payload(after) + n * clear + AT_ID), outside);
}

static void a_wrong_checksum_stays_as_wrong(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	struct packet *p = message(test, client(0), CALL_REQUEST, 7, 0), *right, *wrong;

	dial(test, inst, 1, 7, 41);
	say(test, inst, 0, CALL_REQUEST, 7);
	right = pass(test, inst, OUT, p);
	/* The payload changes behind the sum's back. */
	payload(p)[100] ^= 0x40;
	wrong = send_in_pieces(test, inst, OUT, p, p->length);
	KUNIT_EXPECT_EQ(test, wrong->verdict, ALIAS_TRANSLATED);
	KUNIT_EXPECT_EQ(test, wire_get16(wire_check(wrong->bytes)),
			wire_get16(wire_check(right->bytes)));
	KUNIT_EXPECT_FALSE(test, wire_is_sound(wrong->bytes));
}

static void messages_to_other_ports_are_nobodys_business(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	struct wire w = client(0);
	struct packet *p;

	dial(test, inst, 1, 7, 41);
	w.dport = 1724;
	p = message(test, w, CALL_REQUEST, 7, 0);
	KUNIT_EXPECT_EQ(test, expect_id(test, p, pass(test, inst, OUT, p), AT_ID), 7);
	/* Of a server inside. */
	w.sport = 1723;
	p = message(test, w, CALL_REQUEST, 7, 0);
	KUNIT_EXPECT_EQ(test, expect_id(test, p, pass(test, inst, OUT, p), AT_ID), 7);
	KUNIT_EXPECT_EQ(test, inst->links[CALL], 1u);
}

/* --- GRE that is of no call --- */

struct variant {
	const char *name;
	u32 word;
	bool call;
};

static const struct variant variants[] = {
	{ "key", 0x2001880b, true },
	{ "key_sequence", 0x3001880b, true },
	{ "key_ack", 0x2081880b, true },
	{ "key_sequence_ack", 0x3081880b, true },
	{ "no_key", 0x1001880b, false },
	{ "version_0", 0x3000880b, false },
	{ "version_2", 0x3002880b, false },
	{ "checksum", 0xb001880b, false },
	{ "routing", 0x7001880b, false },
	{ "recursion", 0x3101880b, false },
	{ "ip", 0x30010800, false },
};

static void variant_name(const struct variant *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(variant, variants, variant_name);

static void only_gre_of_pptp_is_of_a_call(struct kunit *test)
{
	const struct variant *row = test->param_value;
	struct alias_instance *inst = translating(test);
	struct packet *p = gre(test, CLIENT, SERVER, 40), *after;

	dial(test, inst, 1, 7, 40);
	dial(test, inst, 0, 7, 40);
	wire_put32(wire_transport(p->bytes), row->word);
	after = pass(test, inst, OUT, p);
	expect_gre(test, p, after);
	KUNIT_EXPECT_EQ(test, inst->links[ALIAS_SPACE_OTHER], row->call ? 0u : 1u);
	KUNIT_EXPECT_EQ(test, id_of(after), 40);
	fixture_check(test, inst);
}

static void gre_shorter_than_an_id_is_of_no_call(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	struct packet *p;
	unsigned int n;

	for (n = 0; n < 8; n++) {
		p = gre(test, CLIENT, SERVER, 40);
		shorten(p, WIRE_IP_BYTES + n);
		KUNIT_EXPECT_EQ(test, pass(test, inst, OUT, p)->verdict, ALIAS_TRANSLATED);
	}
	KUNIT_EXPECT_EQ(test, inst->links[ALIAS_SPACE_OTHER], 1u);
	/* Nor does what lies behind the packet's end count, as a frame is padded. */
	p->length += 8;
	KUNIT_EXPECT_EQ(test, pass(test, inst, OUT, p)->verdict, ALIAS_TRANSLATED);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_NO_LINK), 0ull);
}

static void with_the_switch_off_gre_is_mapped_by_addresses(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 1, 65535, ALIAS_F_SAME_PORTS);
	struct packet *p = message(test, client(1), CALL_REQUEST, 7, 0);

	KUNIT_EXPECT_EQ(test, say(test, inst, 0, CALL_REQUEST, 7), 7);
	KUNIT_EXPECT_EQ(test, expect_id(test, p, pass(test, inst, OUT, p), AT_ID), 7);
	KUNIT_EXPECT_EQ(test, gre_out(test, inst, 0, 40), ALIAS_TRANSLATED);
	KUNIT_EXPECT_EQ(test, gre_in(test, inst, SERVER, 7), ALIAS_TRANSLATED);
	/* And the second one is refused. */
	KUNIT_EXPECT_EQ(test, gre_out(test, inst, 1, 41), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_NO_PORT), 1ull);
	KUNIT_EXPECT_EQ(test, inst->links[CALL], 0u);
	fixture_check(test, inst);
}

/* --- a call's life --- */

static void packets_of_both_sides_keep_a_call_alive(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	u16 a = dial(test, inst, 0, 7, 40);
	unsigned int n;

	for (n = 0; n < 4; n++) {
		fixture_pass(590);
		KUNIT_EXPECT_EQ(test, gre_in(test, inst, SERVER, a), ALIAS_TRANSLATED);
		fixture_pass(590);
		KUNIT_EXPECT_EQ(test, gre_out(test, inst, 0, 40), ALIAS_TRANSLATED);
		fixture_sweep(inst);
	}
	fixture_pass(601);
	KUNIT_EXPECT_EQ(test, gre_in(test, inst, SERVER, a), ALIAS_NO_MATCH);
	KUNIT_EXPECT_EQ(test, gre_out(test, inst, 0, 40), ALIAS_DROP);
}

static void a_call_that_timed_out_rests_and_ends(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	u16 a = dial(test, inst, 0, 7, 40);

	fixture_pass(601);
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, inst->links[CALL], 1u);
	/* Nobody else gets the id, but its owner does, with a new request only. */
	KUNIT_EXPECT_NE(test, dial(test, inst, 1, 7, 41), a);
	KUNIT_EXPECT_EQ(test, dial(test, inst, 0, 7, 42), a);
	expect_call(test, inst, 0, 7, a, 42);
	fixture_check(test, inst);
	fixture_pass(722);
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, inst->links[CALL], 0u);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->calls.nelems), 0);
	fixture_check(test, inst);
}

static void no_message_ends_a_call(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	u16 a = dial(test, inst, 0, 7, 40);

	say(test, inst, 0, CLEAR_REQUEST, 7);
	hear(test, inst, 0, DISCONNECT, 40, 0, AT_ID);
	expect_call(test, inst, 0, 7, a, 40);
}

static void a_flush_ends_calls(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	u16 a = dial(test, inst, 0, 7, 40);

	dial(test, inst, 1, 7, 41);
	alias_instance_flush(inst);
	KUNIT_EXPECT_EQ(test, inst->links[CALL], 0u);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->calls.nelems), 0);
	KUNIT_EXPECT_EQ(test, gre_in(test, inst, SERVER, a), ALIAS_NO_MATCH);
	fixture_check(test, inst);
	/* An answer that was on its way makes none. */
	KUNIT_EXPECT_EQ(test, hear(test, inst, 0, CALL_REPLY, 40, a, AT_PEER_ID), a);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->calls.nelems), 0);
}

static void without_an_id_the_request_does_not_go_on(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 2000, 2001, ALIAS_F_PPTP);
	struct packet *p = message(test, client(0), CALL_REQUEST, 9, 0);

	say(test, inst, 0, CALL_REQUEST, 7);
	say(test, inst, 0, CALL_REQUEST, 8);
	KUNIT_EXPECT_EQ(test, pass(test, inst, OUT, p)->verdict, ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_NO_PORT), 1ull);
	KUNIT_EXPECT_EQ(test, inst->links[CALL], 2u);
	fixture_check(test, inst);
}

static void a_dying_instance_makes_no_call(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	struct packet *p = message(test, client(0), CALL_REQUEST, 9, 0);

	outside_port(test, inst, 0);
	inst->dying = true;
	KUNIT_EXPECT_EQ(test, pass(test, inst, OUT, p)->verdict, ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_DYING), 1ull);
	KUNIT_EXPECT_EQ(test, inst->links[CALL], 0u);
}

static int change_flags(struct alias_instance *inst, u32 flags)
{
	struct alias_net *an = alias_net(&init_net);
	struct alias_range range = { FIXTURE_OUTSIDE, FIXTURE_OUTSIDE };
	struct alias_config config = {
		.settings = *engine_settings(inst),
		.pool = { .port_min = 1, .port_max = 65535, .nr_ranges = 1, .range = &range },
	};
	int err;

	config.settings.flags = flags;
	mutex_lock(&an->mutex);
	err = alias_instance_change(inst, &config, false, NULL);
	mutex_unlock(&an->mutex);
	return err;
}

static void the_switch_stays_on_while_there_are_calls(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	u16 a = dial(test, inst, 0, 7, 40);

	KUNIT_EXPECT_EQ(test, change_flags(inst, ALIAS_F_SAME_PORTS), -EBUSY);
	KUNIT_EXPECT_EQ(test, change_flags(inst, ALIAS_F_PPTP), 0);
	expect_call(test, inst, 0, 7, a, 40);
	alias_instance_flush(inst);
	KUNIT_EXPECT_EQ(test, change_flags(inst, 0), 0);
}

/* --- damage --- */

static u64 foreign(struct kunit *test, struct alias_instance *inst, enum nft_alias_direction dir,
		   struct packet *p)
{
	u64 before = fixture_refused(inst, dir, ALIAS_FOREIGN);

	KUNIT_EXPECT_EQ(test, pass(test, inst, dir, p)->verdict, ALIAS_DROP);
	return fixture_refused(inst, dir, ALIAS_FOREIGN) - before;
}

static struct alias_link *damaged(struct kunit *test, struct alias_instance *inst, u16 outside)
{
	struct wire w = { .src = FIXTURE_OUTSIDE, .sport = outside, .dst = SERVER };
	struct alias_link *link = fixture_link(inst, CALL, &w);

	KUNIT_ASSERT_NOT_NULL(test, link);
	link->magic = 1;
	return link;
}

/* Set aside it is evidence, and nobody frees it. */
static void free_damaged(struct kunit *test, struct alias_instance *inst, struct alias_link *link)
{
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->calls.nelems), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->flows.nelems), 0);
	KUNIT_EXPECT_EQ(test, inst->aside, 2u);
	synchronize_rcu();
	kmem_cache_free(flow_link_cache, alias_flow_link(link));
}

static void packets_set_a_damaged_call_aside(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	u16 a = dial(test, inst, 0, 7, 40);
	struct alias_link *link = damaged(test, inst, a);

	pr_info("rig: splat expected: WARNING: .*alias_guard_report\n");
	KUNIT_EXPECT_EQ(test, foreign(test, inst, OUT, gre(test, CLIENT, SERVER, 40)), 1ull);
	pr_info("rig: splat over\n");
	KUNIT_EXPECT_EQ(test, gre_out(test, inst, 0, 40), ALIAS_DROP);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, OUT, ALIAS_NO_LINK), 1ull);
	KUNIT_EXPECT_EQ(test, inst->aside, 1u);
	KUNIT_EXPECT_EQ(test, foreign(test, inst, IN, gre(test, SERVER, FIXTURE_OUTSIDE, a)), 1ull);
	KUNIT_EXPECT_EQ(test, gre_in(test, inst, SERVER, a), ALIAS_NO_MATCH);
	free_damaged(test, inst, link);
	/* The client's next one has another id. */
	KUNIT_EXPECT_NE(test, dial(test, inst, 0, 7, 42), a);
}

static void messages_set_a_damaged_call_aside(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	u16 a = dial(test, inst, 0, 7, 40);
	struct alias_link *link = damaged(test, inst, a);

	KUNIT_EXPECT_EQ(test, foreign(test, inst, IN, answer(test, inst, 0, CALL_REPLY, 40, a)),
			1ull);
	KUNIT_EXPECT_EQ(test, hear(test, inst, 0, CALL_REPLY, 40, a, AT_PEER_ID), a);
	KUNIT_EXPECT_EQ(test, inst->aside, 1u);
	KUNIT_EXPECT_EQ(test, foreign(test, inst, OUT, message(test, client(0), CLEAR_REQUEST, 7,
							       0)), 1ull);
	free_damaged(test, inst, link);
	KUNIT_EXPECT_EQ(test, say(test, inst, 0, CLEAR_REQUEST, 7), 7);
	KUNIT_EXPECT_NE(test, dial(test, inst, 0, 7, 42), a);
}

static void a_damaged_call_whose_id_is_given_again_is_set_aside(struct kunit *test)
{
	struct alias_instance *inst = translating(test);
	u16 a = dial(test, inst, 0, 7, 40), b = say(test, inst, 0, CALL_REQUEST, 8);
	struct alias_link *link = damaged(test, inst, a);

	KUNIT_EXPECT_EQ(test, hear(test, inst, 0, CALL_REPLY, 40, b, AT_PEER_ID), 8);
	expect_call(test, inst, 0, 8, b, 40);
	KUNIT_EXPECT_EQ(test, inst->aside, 1u);
	KUNIT_EXPECT_EQ(test, foreign(test, inst, IN, gre(test, SERVER, FIXTURE_OUTSIDE, a)), 1ull);
	alias_instance_flush(inst);
	KUNIT_EXPECT_EQ(test, inst->aside, 2u);
	alias_lock(inst);
	alias_link_set_aside_out(inst, link, CALL);
	alias_unlock(inst);
	inst->aside--;
	free_damaged(test, inst, link);
}

/* --- random histories --- */

/* What the server would believe of a call. */
struct believed {
	u16 outside;
	u16 servers_id;
	u32 until;
};

#define CLIENTS	3
#define IDS	4

static void redial(struct kunit *test, struct alias_instance *inst, struct believed *call,
		   unsigned int nr, u16 id, u16 servers_id)
{
	call->outside = dial(test, inst, nr, id, servers_id);
	call->servers_id = servers_id;
	call->until = engine_clock + 600 * HZ;
}

static void tables_agree_after_random_histories(struct kunit *test)
{
	struct alias_instance *inst = fixture_instance(test, 1, 2000, 2019, ALIAS_F_PPTP);
	struct believed calls[CLIENTS][IDS] = {};
	unsigned int n, up = 0, over = 0;
	u16 next = 100;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 2637);
	for (n = 0; n < 3000; n++) {
		u32 r = prandom_u32_state(&rnd);
		unsigned int nr = r % CLIENTS, id = (r >> 8) % IDS;
		struct believed *call = &calls[nr][id];
		bool live = call->until && (s32)(call->until - engine_clock) > 0;

		if (!(r >> 16 & 7)) {
			redial(test, inst, call, nr, id, next++);
		} else if (live) {
			expect_call(test, inst, nr, id, call->outside, call->servers_id);
			call->until = engine_clock + 600 * HZ;
			up++;
		} else if (call->until) {
			KUNIT_EXPECT_EQ(test, gre_out(test, inst, nr, call->servers_id),
					ALIAS_DROP);
			over++;
		}
		if (!(r >> 20 & 3))
			fixture_pass(r >> 24);
		if (!(r >> 22 & 15))
			fixture_sweep(inst);
		if (!(n % 100))
			fixture_check(test, inst);
	}
	KUNIT_EXPECT_GT(test, up, 100u);
	KUNIT_EXPECT_GT(test, over, 100u);
	fixture_pass(1000);
	fixture_sweep(inst);
	KUNIT_EXPECT_EQ(test, inst->links[CALL], 0u);
	fixture_check(test, inst);
}

static int pptp_init(struct kunit *test)
{
	WRITE_ONCE(engine_clock, 0x12345678);
	return 0;
}

static struct kunit_case pptp_cases[] = {
	KUNIT_CASE(two_clients_with_one_id_to_one_server_stay_apart),
	KUNIT_CASE(a_client_may_have_several_calls_and_servers),
	KUNIT_CASE(id_0_is_an_id_but_never_ours),
	KUNIT_CASE(a_stranger_does_not_enter),
	KUNIT_CASE(a_servers_answer_to_one_client_is_not_about_another),
	KUNIT_CASE(a_call_made_again_has_the_servers_new_id),
	KUNIT_CASE(a_servers_id_given_again_is_the_newer_calls),
	KUNIT_CASE(a_call_that_was_refused_has_no_id),
	KUNIT_CASE_PARAM(each_message_has_its_id_translated, translation_gen_params),
	KUNIT_CASE(a_disconnect_with_the_servers_own_id_stays),
	KUNIT_CASE(a_clear_request_without_a_call_stays),
	KUNIT_CASE_PARAM(what_is_no_message_passes_untouched_and_half_of_one_never,
			 fault_gen_params),
	KUNIT_CASE(a_message_cut_off_is_dropped_once_it_can_be_told),
	KUNIT_CASE(a_message_in_pieces_of_memory_is_read_and_written),
	KUNIT_CASE(messages_that_share_a_packet_are_all_translated),
	KUNIT_CASE(so_many_messages_are_looked_at_and_with_more_none_passes),
	KUNIT_CASE(a_wrong_checksum_stays_as_wrong),
	KUNIT_CASE(messages_to_other_ports_are_nobodys_business),
	KUNIT_CASE_PARAM(only_gre_of_pptp_is_of_a_call, variant_gen_params),
	KUNIT_CASE(gre_shorter_than_an_id_is_of_no_call),
	KUNIT_CASE(with_the_switch_off_gre_is_mapped_by_addresses),
	KUNIT_CASE(packets_of_both_sides_keep_a_call_alive),
	KUNIT_CASE(a_call_that_timed_out_rests_and_ends),
	KUNIT_CASE(no_message_ends_a_call),
	KUNIT_CASE(a_flush_ends_calls),
	KUNIT_CASE(without_an_id_the_request_does_not_go_on),
	KUNIT_CASE(a_dying_instance_makes_no_call),
	KUNIT_CASE(the_switch_stays_on_while_there_are_calls),
	KUNIT_CASE(packets_set_a_damaged_call_aside),
	KUNIT_CASE(messages_set_a_damaged_call_aside),
	KUNIT_CASE(a_damaged_call_whose_id_is_given_again_is_set_aside),
	KUNIT_CASE(tables_agree_after_random_histories),
	{}
};

static struct kunit_suite pptp_suite = {
	.name = "alias_pptp",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.init = pptp_init,
	.test_cases = pptp_cases,
};

kunit_test_suite(pptp_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: calls of PPTP");
