// SPDX-License-Identifier: GPL-2.0
/* Calls that the inside makes to PPTP servers (RFC 2637).
 *
 * A client opens a TCP connection to the server's port 1723, and says on it which
 * id it gives a call; the server answers with its own. The data is GRE, with the
 * receiver's id in each packet. Two clients may choose the same id, so ours is
 * another one, and the messages must say so:
 *
 *	outward	Outgoing-Call-Request	id of the client: makes the link
 *		Call-Clear-Request	the same
 *	inward	Outgoing-Call-Reply	peer's id: ours; id: the server's, learned
 *		WAN-Error-Notify	peer's id: ours
 *		Call-Disconnect-Notify	id: the server's, but many say ours
 *
 * Set-Link-Info names the server's id, and all others none. Calls that a server
 * makes to a client (Incoming-Call-*) are not translated. No message ends a link:
 * whoever can forge one could end a call.
 *
 * What is read and written has a fixed size and a fixed place. A message that is
 * split over two packets, which no client does, is not seen.
 */

#include <linux/if_tunnel.h>
#include <linux/in.h>
#include <linux/minmax.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/pptp.h>

#include "call.h"
#include "claim.h"
#include "link.h"
#include "packet.h"
#include "pptp.h"

#define PPTP_PORT		1723
#define PPTP_CONTROL_MESSAGE	1
#define PPTP_MAGIC_COOKIE	0x1a2b3c4d
/* Messages without an id of a call are as long as that, or longer. */
#define PPTP_BYTES_MIN		16
/* A sender may put some into one packet, and GRO more. */
#define PPTP_MESSAGES_MAX	8
#define PPTP_RESULT_CONNECTED	1

/* Of a packet of a call all that matters here. */
#define PPTP_GRE_BYTES		offsetofend(struct pptp_gre_header, call_id)

/* Control message types. */
enum pptp_type {
	PPTP_OUTGOING_CALL_REQUEST	= 7,
	PPTP_OUTGOING_CALL_REPLY	= 8,
	PPTP_CALL_CLEAR_REQUEST		= 12,
	PPTP_CALL_DISCONNECT_NOTIFY	= 13,
	PPTP_WAN_ERROR_NOTIFY		= 14,
};

/* How a control message begins, from the ids on as in Outgoing-Call-Reply. */
struct pptp_message {
	__be16 length;
	__be16 kind;
	__be32 cookie;
	__be16 type;
	__be16 reserved;
	__be16 id;
	__be16 peer_id;
	u8 result;
};

static bool is_of_call(const struct pptp_gre_header *gre)
{
	return (gre->gre_hd.flags & ~(GRE_SEQ | GRE_ACK)) == (GRE_KEY | GRE_VERSION_1) &&
	       gre->gre_hd.protocol == GRE_PROTO_PPP;
}

static void recognise_call(struct alias_packet *pkt)
{
	const struct pptp_gre_header *gre;
	struct pptp_gre_header buf;

	if (pkt->length - pkt->hlen < PPTP_GRE_BYTES)
		return;
	gre = skb_header_pointer(pkt->skb, pkt->thoff, PPTP_GRE_BYTES, &buf);
	if (!gre || !is_of_call(gre))
		return;
	pkt->space = ALIAS_SPACE_CALL;
	pkt->thlen = PPTP_GRE_BYTES;
	pkt->sport = gre->call_id;
	pkt->dport = gre->call_id;
	/* It is the control connection that makes calls. */
	pkt->opens = false;
}

/**
 * alias_pptp_is_call - whether a packet that an error quotes is of a call
 * @quoted: the packet, of which there is little
 *
 * Return: true if it is; its ids cannot be told then
 */
bool alias_pptp_is_call(const struct alias_packet *quoted)
{
	const struct pptp_gre_header *gre;
	struct pptp_gre_header buf;

	if (quoted->space != ALIAS_SPACE_OTHER || quoted->sport != htons(IPPROTO_GRE))
		return false;
	gre = skb_header_pointer(quoted->skb, quoted->thoff, sizeof(buf.gre_hd), &buf);
	return gre && is_of_call(gre);
}

/**
 * alias_pptp_recognise - whether a packet is of a call or of its control
 * @pkt: parsed packet, of an instance that translates PPTP
 * @dir: which way it goes
 */
void alias_pptp_recognise(struct alias_packet *pkt, enum nft_alias_direction dir)
{
	__be16 peer_port = dir == NFT_ALIAS_OUT ? pkt->dport : pkt->sport;

	if (pkt->space == ALIAS_SPACE_TCP)
		pkt->control = peer_port == htons(PPTP_PORT);
	else if (pkt->space == ALIAS_SPACE_OTHER && pkt->sport == htons(IPPROTO_GRE))
		recognise_call(pkt);
}

/* RFC 2637 section 2: how long a message of a type is. */
static unsigned int least_bytes(u16 type)
{
	switch (type) {
	case PPTP_OUTGOING_CALL_REQUEST:
		return 168;
	case PPTP_OUTGOING_CALL_REPLY:
		return 32;
	case PPTP_CALL_DISCONNECT_NOTIFY:
		return 148;
	case PPTP_WAN_ERROR_NOTIFY:
		return 40;
	default:
		return PPTP_BYTES_MIN;
	}
}

static unsigned int end_of(const struct alias_packet *pkt)
{
	return pkt->thoff - pkt->hlen + pkt->length;
}

/* Return: whether a message begins at @at, of which @msg gets what is there */
static bool message_begins(const struct alias_packet *pkt, unsigned int at,
			   struct pptp_message *msg)
{
	unsigned int left = end_of(pkt) - at;

	memset(msg, 0, sizeof(*msg));
	if (left < offsetofend(struct pptp_message, cookie) ||
	    skb_copy_bits(pkt->skb, at, msg, min_t(unsigned int, left, sizeof(*msg))))
		return false;
	return msg->kind == htons(PPTP_CONTROL_MESSAGE) &&
	       msg->cookie == htonl(PPTP_MAGIC_COOKIE);
}

/* Return: whether it ends within the packet, with the bytes that its type has. None
 * is odd; the ids of what comes behind it could not be summed.
 */
static bool is_whole(const struct alias_packet *pkt, unsigned int at,
		     const struct pptp_message *msg)
{
	unsigned int left = end_of(pkt) - at, length = ntohs(msg->length);

	return left >= PPTP_BYTES_MIN && length % 2 == 0 &&
	       length >= least_bytes(ntohs(msg->type)) && length <= left;
}

static enum alias_reason write_id(const struct alias_packet *pkt, unsigned int at, __be16 old,
				  __be16 new)
{
	struct sk_buff *skb = pkt->skb;
	struct tcphdr *tcph;

	if (old == new)
		return ALIAS_FINE;
	if (skb_ensure_writable(skb, at + sizeof(new)))
		return ALIAS_NO_MEMORY;
	tcph = (struct tcphdr *)(skb->data + pkt->thoff);
	inet_proto_csum_replace2(&tcph->check, skb, old, new, false);
	*(__be16 *)(skb->data + at) = new;
	return ALIAS_FINE;
}

static unsigned int payload_of(const struct alias_packet *pkt)
{
	const struct tcphdr *tcph;
	struct tcphdr buf;

	/* It was there when the packet was parsed. */
	tcph = skb_header_pointer(pkt->skb, pkt->thoff, sizeof(buf), &buf);
	return tcph ? pkt->thoff + tcph->doff * 4 : end_of(pkt);
}

/* --- outward --- */

static struct alias_flow outward_flow(__be32 inside, __be16 id, __be32 server)
{
	return (struct alias_flow){
		.near = { .addr = inside, .port = id, .space = ALIAS_SPACE_CALL },
		.peer_addr = server,
	};
}

/* The call that a message names; a request makes it, or wakes it. */
static struct alias_link *call_of(struct alias_instance *inst, const struct alias_flow *flow,
				  bool opens, u32 now, enum alias_reason *why)
{
	struct alias_link *call = alias_link_find_flow(inst, flow);

	alias_assert_locked(inst);
	if (call && !alias_guard_owns(inst, call)) {
		alias_link_set_aside_out(inst, call, ALIAS_SPACE_CALL);
		*why = ALIAS_FOREIGN;
		return NULL;
	}
	if (!opens)
		return call;
	if (inst->dying) {
		*why = ALIAS_DYING;
		return NULL;
	}
	if (!call)
		return alias_claim_link(inst, flow, now, why);
	alias_link_open(inst, call, flow, now);
	return call;
}

/* Without a link a request must not go on: the server's packets would come with an
 * id that may be another client's.
 */
static enum alias_reason message_out(struct alias_instance *inst, const struct alias_packet *pkt,
				     unsigned int at, const struct pptp_message *msg, u32 now)
{
	const struct alias_flow flow = outward_flow(pkt->src, msg->id, pkt->dst);
	bool opens = msg->type == htons(PPTP_OUTGOING_CALL_REQUEST);
	enum alias_reason why = ALIAS_FINE;
	struct alias_link *call;

	if (!opens && msg->type != htons(PPTP_CALL_CLEAR_REQUEST))
		return ALIAS_FINE;
	alias_lock(inst);
	call = call_of(inst, &flow, opens, now, &why);
	alias_unlock(inst);
	if (!call)
		return why;
	return write_id(pkt, at + offsetof(struct pptp_message, id), msg->id, call->outside_port);
}

/**
 * alias_pptp_out - translate what a client says on its control connection
 * @inst: the instance, not locked; the caller holds RCU
 * @pkt: packet of a control connection, its header not translated yet
 * @now: alias_now()
 *
 * A message that begins here and ends in another packet, and one behind so many that
 * nobody looks any more, would go on with an id that is not translated.
 *
 * Return: ALIAS_FINE, or why the packet must not go on
 */
enum alias_reason alias_pptp_out(struct alias_instance *inst, const struct alias_packet *pkt,
				 u32 now)
{
	unsigned int n, at = payload_of(pkt);
	enum alias_reason why = ALIAS_FINE;
	struct pptp_message msg;

	for (n = 0; why == ALIAS_FINE && message_begins(pkt, at, &msg); n++) {
		if (n == PPTP_MESSAGES_MAX || !is_whole(pkt, at, &msg))
			return ALIAS_MALFORMED;
		why = message_out(inst, pkt, at, &msg, now);
		at += ntohs(msg.length);
	}
	return why;
}

/* --- inward --- */

static struct alias_flow inward_flow(const struct alias_packet *pkt, __be16 id)
{
	return (struct alias_flow){
		.near = { .addr = pkt->dst, .port = id, .space = ALIAS_SPACE_CALL },
		.peer_addr = pkt->src,
	};
}

/* A call to this server, of the client whose connection it is. */
static struct alias_link *find_call(struct alias_instance *inst, const struct alias_packet *pkt,
				    __be16 id, __be32 inside, u32 now, enum alias_reason *why)
{
	const struct alias_flow flow = inward_flow(pkt, id);
	struct alias_link *call = alias_link_find_in(inst, &flow);

	*why = ALIAS_FINE;
	if (!call)
		return NULL;
	if (!alias_guard_owns(inst, call)) {
		alias_link_set_aside_in(inst, &flow);
		*why = ALIAS_FOREIGN;
		return NULL;
	}
	return call->flow.near.addr == inside && alias_link_is_live(call, now) ? call : NULL;
}

/* Found again under the lock: it may have ended since. */
static bool learn(struct alias_instance *inst, const struct alias_packet *pkt, __be16 id,
		  __be16 servers_id, __be32 inside)
{
	const struct alias_flow flow = inward_flow(pkt, id);
	struct alias_link *call;
	bool learned = true;

	alias_lock(inst);
	call = alias_link_find_in(inst, &flow);
	if (call && alias_guard_is_owner(inst, call) && call->flow.near.addr == inside)
		learned = alias_call_learn(inst, call, servers_id);
	alias_unlock(inst);
	return learned;
}

static enum alias_reason reply(struct alias_instance *inst, const struct alias_packet *pkt,
			       unsigned int at, const struct pptp_message *msg, __be32 inside,
			       u32 now)
{
	const struct alias_flow flow = outward_flow(inside, msg->id, pkt->src);
	enum alias_reason why;
	struct alias_link *call = find_call(inst, pkt, msg->peer_id, inside, now, &why);

	if (!call)
		return why;
	/* Said again, it is not worth the lock. */
	if (msg->result == PPTP_RESULT_CONNECTED && alias_call_find(inst, &flow) != call &&
	    !learn(inst, pkt, msg->peer_id, msg->id, inside))
		return ALIAS_NO_MEMORY;
	return write_id(pkt, at + offsetof(struct pptp_message, peer_id), msg->peer_id,
			call->flow.near.port);
}

static enum alias_reason notify(struct alias_instance *inst, const struct alias_packet *pkt,
				unsigned int at, __be16 id, __be32 inside, u32 now)
{
	enum alias_reason why;
	struct alias_link *call = find_call(inst, pkt, id, inside, now, &why);

	if (!call)
		return why;
	return write_id(pkt, at + offsetof(struct pptp_message, id), id, call->flow.near.port);
}

/* RFC 2637 section 2.13 wants the server's own id here. Many servers give back the
 * one that the Call-Clear-Request had, and many clients expect that.
 */
static enum alias_reason disconnect(struct alias_instance *inst, const struct alias_packet *pkt,
				    unsigned int at, __be16 id, __be32 inside, u32 now)
{
	const struct alias_flow flow = outward_flow(inside, id, pkt->src);

	if (alias_call_find(inst, &flow))
		return ALIAS_FINE;
	return notify(inst, pkt, at, id, inside, now);
}

static enum alias_reason message_in(struct alias_instance *inst, const struct alias_packet *pkt,
				    unsigned int at, const struct pptp_message *msg, __be32 inside,
				    u32 now)
{
	switch (ntohs(msg->type)) {
	case PPTP_OUTGOING_CALL_REPLY:
		return reply(inst, pkt, at, msg, inside, now);
	case PPTP_CALL_DISCONNECT_NOTIFY:
		return disconnect(inst, pkt, at, msg->id, inside, now);
	case PPTP_WAN_ERROR_NOTIFY:
		return notify(inst, pkt, at, msg->id, inside, now);
	default:
		return ALIAS_FINE;
	}
}

/**
 * alias_pptp_in - translate what a server says on a control connection
 * @inst: the instance, not locked; the caller holds RCU
 * @pkt: packet of a control connection, its header not translated yet
 * @inside: address of the client
 * @now: alias_now()
 *
 * Return: ALIAS_FINE, or why the packet must not go on
 */
enum alias_reason alias_pptp_in(struct alias_instance *inst, const struct alias_packet *pkt,
				__be32 inside, u32 now)
{
	unsigned int n, at = payload_of(pkt);
	enum alias_reason why = ALIAS_FINE;
	struct pptp_message msg;

	for (n = 0; why == ALIAS_FINE && message_begins(pkt, at, &msg); n++) {
		if (n == PPTP_MESSAGES_MAX || !is_whole(pkt, at, &msg))
			return ALIAS_MALFORMED;
		why = message_in(inst, pkt, at, &msg, inside, now);
		at += ntohs(msg.length);
	}
	return why;
}
