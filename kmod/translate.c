// SPDX-License-Identifier: GPL-2.0
/* The packet's way through one instance.
 *
 *   outward: parse -> find the link of the source, or open one
 *		    -> track -> rewrite the source
 *   inward:  parse -> find the link of the destination
 *		    -> track -> rewrite the destination
 *
 * ICMP errors belong to the link of the packet they quote: see icmp.c.
 *
 * Called from nftables' rules, under RCU, in softirq or process context. No
 * verdict without a counter: every return goes through translated() or one of
 * the refusals.
 */

#include <linux/rcupdate.h>
#include <linux/skbuff.h>

#include "alias.h"
#include "guard.h"
#include "icmp.h"
#include "link.h"
#include "packet.h"
#include "rewrite.h"
#include "tcp.h"
#include "translate.h"

static enum alias_verdict translated(struct alias_instance *inst, enum nft_alias_direction dir,
				     const struct alias_packet *pkt)
{
	this_cpu_inc(inst->counters->way[dir].packets);
	this_cpu_add(inst->counters->way[dir].bytes, pkt->length);
	return ALIAS_TRANSLATED;
}

/* What cannot be translated outward is dropped: an inside address must not
 * leak.
 */
static enum alias_verdict refuse_out(struct alias_instance *inst, enum alias_reason why)
{
	this_cpu_inc(inst->counters->way[NFT_ALIAS_OUT].refused[why]);
	return ALIAS_DROP;
}

/* Inward the next rule may know what to do with it, unless the packet belongs
 * to a link and only our means failed, or it is an error nobody shall believe
 * (RFC 5508 REQ-3).
 */
static enum alias_verdict refuse_in(struct alias_instance *inst, enum alias_reason why)
{
	this_cpu_inc(inst->counters->way[NFT_ALIAS_IN].refused[why]);
	if (why == ALIAS_FOREIGN || why == ALIAS_NO_MEMORY || why == ALIAS_CHECKSUM)
		return ALIAS_DROP;
	return READ_ONCE(inst->flags) & ALIAS_F_DENY_IN ? ALIAS_DROP : ALIAS_NO_MATCH;
}

static bool is_peer(const struct alias_link *link, __be32 addr, __be16 port)
{
	return READ_ONCE(link->peer_addr) == addr && READ_ONCE(link->peer_port) == port;
}

static bool is_ending(enum alias_link_state state)
{
	return state == ALIAS_LINK_CLOSING || state == ALIAS_LINK_RESET;
}

/* Under the lock, and so with everything read anew: two packets of a connection
 * may be on two CPUs, and a third may make the link a shared one.
 */
static void tcp_advance(struct alias_instance *inst, struct alias_link *link,
			enum nft_alias_direction dir, u8 flags, u32 now)
{
	enum alias_link_state next;

	alias_lock(inst);
	next = alias_tcp_next(link->state, dir, flags);
	if (next != link->state && !(link->flags & ALIAS_LINK_F_SHARED))
		alias_link_set_state(inst, link, next, now);
	alias_unlock(inst);
}

/* What the inside sends after its SYN answers something: a connection of the
 * link is established, whichever.
 */
static bool shows_established(const struct alias_packet *pkt)
{
	return !(pkt->tcp_flags & (ALIAS_TCP_SYN | ALIAS_TCP_RST));
}

/* The inside talks to another peer through the same link. If the connection
 * with the last one is over, this one takes its place; else the link is shared
 * and lives as long as an established connection, whatever any one of them does.
 */
static void tcp_other_peer(struct alias_instance *inst, struct alias_link *link,
			   const struct alias_packet *pkt, u32 now)
{
	alias_lock(inst);
	if (is_ending(link->state)) {
		alias_link_open(inst, link, pkt, now);
	} else if (!is_peer(link, pkt->dst, pkt->dport)) {
		WRITE_ONCE(link->flags, link->flags | ALIAS_LINK_F_SHARED);
		if (link->state != ALIAS_LINK_OPENING || shows_established(pkt))
			alias_link_set_state(inst, link, ALIAS_LINK_ESTABLISHED, now);
	}
	alias_unlock(inst);
}

static void tcp_shared_out(struct alias_instance *inst, struct alias_link *link,
			   const struct alias_packet *pkt, u32 now)
{
	if (READ_ONCE(link->state) == ALIAS_LINK_OPENING && shows_established(pkt)) {
		alias_lock(inst);
		alias_link_set_state(inst, link, ALIAS_LINK_ESTABLISHED, now);
		alias_unlock(inst);
		return;
	}
	alias_link_refresh(link, now);
}

static void tcp_track_out(struct alias_instance *inst, struct alias_link *link,
			  const struct alias_packet *pkt, u32 now)
{
	enum alias_link_state state = READ_ONCE(link->state);
	bool peer = is_peer(link, pkt->dst, pkt->dport);

	/* RFC 7857 section 7.1: a reset may answer what nobody inside wanted. */
	if (!peer && pkt->tcp_flags & ALIAS_TCP_RST)
		return;
	if (READ_ONCE(link->flags) & ALIAS_LINK_F_SHARED)
		tcp_shared_out(inst, link, pkt, now);
	else if (!peer)
		tcp_other_peer(inst, link, pkt, now);
	else if (alias_tcp_next(state, NFT_ALIAS_OUT, pkt->tcp_flags) != state)
		tcp_advance(inst, link, NFT_ALIAS_OUT, pkt->tcp_flags, now);
	else if (!is_ending(state))
		alias_link_refresh(link, now);
}

/* Anyone may send through a link (endpoint-independent filtering), so only the
 * peer the inside chose moves its state or its timeout.
 */
static void tcp_track_in(struct alias_instance *inst, struct alias_link *link,
			 const struct alias_packet *pkt, u32 now)
{
	bool shared = READ_ONCE(link->flags) & ALIAS_LINK_F_SHARED;
	enum alias_link_state state = READ_ONCE(link->state);

	if (!is_peer(link, pkt->src, pkt->sport))
		return;
	if (!shared && alias_tcp_next(state, NFT_ALIAS_IN, pkt->tcp_flags) != state)
		tcp_advance(inst, link, NFT_ALIAS_IN, pkt->tcp_flags, now);
	else if (!is_ending(state) && state != ALIAS_LINK_OPENING)
		alias_link_refresh(link, now);
}

static void track_out(struct alias_instance *inst, struct alias_link *link,
		      const struct alias_packet *pkt, u32 now)
{
	if (pkt->space == ALIAS_SPACE_TCP)
		tcp_track_out(inst, link, pkt, now);
	else	/* RFC 4787 REQ-6: outward packets keep a link alive. */
		alias_link_refresh(link, now);
}

static void track_in(struct alias_instance *inst, struct alias_link *link,
		     const struct alias_packet *pkt, u32 now)
{
	/* RFC 7857 section 7: inward UDP and ICMP do not keep a link alive, or
	 * strangers could hold it open for ever.
	 */
	if (pkt->space == ALIAS_SPACE_TCP)
		tcp_track_in(inst, link, pkt, now);
}

/* Find again under the lock, for another CPU may have opened it meanwhile. */
static struct alias_link *find_or_open(struct alias_instance *inst, const struct alias_packet *pkt,
				       u32 now, enum alias_reason *why)
{
	struct alias_link *link;

	alias_assert_locked(inst);
	link = alias_link_find_out(inst, pkt->space, pkt->src, pkt->sport);
	if (link && !alias_guard_owns(inst, link)) {
		alias_link_set_aside_out(inst, link);
		*why = ALIAS_FOREIGN;
		return NULL;
	}
	if (link && alias_link_is_live(link, now))
		return link;
	if (!pkt->opens) {
		*why = ALIAS_NO_LINK;
		return NULL;
	}
	if (inst->dying) {
		*why = ALIAS_DYING;
		return NULL;
	}
	if (!link)
		return alias_link_create(inst, pkt, now, why);
	alias_link_open(inst, link, pkt, now);
	return link;
}

static struct alias_link *outward_link(struct alias_instance *inst, const struct alias_packet *pkt,
				       u32 now, enum alias_reason *why)
{
	struct alias_link *link = alias_link_find_out(inst, pkt->space, pkt->src, pkt->sport);
	bool ours = !link || alias_guard_is_owner(inst, link);

	if (likely(link && ours && alias_link_is_live(link, now)))
		return link;
	/* A flood of these shall not fight for the lock. */
	if (ours && !pkt->opens) {
		*why = ALIAS_NO_LINK;
		return NULL;
	}

	alias_lock(inst);
	link = find_or_open(inst, pkt, now, why);
	alias_unlock(inst);
	return link;
}

static struct alias_link *inward_link(struct alias_instance *inst, const struct alias_packet *pkt,
				      u32 now, enum alias_reason *why)
{
	struct alias_link *link = alias_link_find_in(inst, pkt->space, pkt->dst, pkt->dport);

	*why = ALIAS_NO_LINK;
	if (!link)
		return NULL;
	if (unlikely(!alias_guard_owns(inst, link))) {
		alias_link_set_aside_in(inst, pkt->space, pkt->dst, pkt->dport);
		*why = ALIAS_FOREIGN;
		return NULL;
	}
	return alias_link_is_live(link, now) ? link : NULL;
}

static enum alias_verdict error_out(struct alias_instance *inst, struct alias_packet *pkt, u32 now)
{
	enum alias_reason why = alias_icmp_error_out(inst, pkt, now);

	return why == ALIAS_FINE ? translated(inst, NFT_ALIAS_OUT, pkt) : refuse_out(inst, why);
}

static enum alias_verdict error_in(struct alias_instance *inst, struct alias_packet *pkt, u32 now)
{
	enum alias_reason why = alias_icmp_error_in(inst, pkt, now);

	return why == ALIAS_FINE ? translated(inst, NFT_ALIAS_IN, pkt) : refuse_in(inst, why);
}

/**
 * alias_out - translate the source of a packet
 * @inst: the instance; the caller holds RCU or a reference
 * @skb: an IPv4 packet
 *
 * Caller is in a read-side critical section and holds no instance's lock.
 *
 * Return: what the rule does with the packet
 */
enum alias_verdict alias_out(struct alias_instance *inst, struct sk_buff *skb)
{
	enum alias_reason why;
	struct alias_packet pkt;
	struct alias_link *link;
	u32 now = alias_now();

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "links need a read-side critical section");
	why = alias_packet_parse(skb, &pkt);
	if (why != ALIAS_FINE)
		return refuse_out(inst, why);
	if (pkt.error)
		return error_out(inst, &pkt, now);
	link = outward_link(inst, &pkt, now, &why);
	if (!link)
		return refuse_out(inst, why);
	track_out(inst, link, &pkt, now);
	if (!alias_rewrite_source(&pkt, link->outside_addr, link->outside_port))
		return refuse_out(inst, ALIAS_NO_MEMORY);
	return translated(inst, NFT_ALIAS_OUT, &pkt);
}

/**
 * alias_in - translate the destination of a packet
 * @inst: the instance; the caller holds RCU or a reference
 * @skb: an IPv4 packet
 *
 * Caller is in a read-side critical section and holds no instance's lock.
 *
 * Return: what the rule does with the packet
 */
enum alias_verdict alias_in(struct alias_instance *inst, struct sk_buff *skb)
{
	enum alias_reason why;
	struct alias_packet pkt;
	struct alias_link *link;
	u32 now = alias_now();

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "links need a read-side critical section");
	why = alias_packet_parse(skb, &pkt);
	if (why != ALIAS_FINE)
		return refuse_in(inst, why);
	if (pkt.error)
		return error_in(inst, &pkt, now);
	link = inward_link(inst, &pkt, now, &why);
	if (!link)
		return refuse_in(inst, why);
	track_in(inst, link, &pkt, now);
	if (!alias_rewrite_destination(&pkt, link->inside.addr, link->inside.port))
		return refuse_in(inst, ALIAS_NO_MEMORY);
	return translated(inst, NFT_ALIAS_IN, &pkt);
}
