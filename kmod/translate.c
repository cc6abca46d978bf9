// SPDX-License-Identifier: GPL-2.0
/* The packet's way through one instance.
 *
 *   outward: parse -> find the link of the source, or open one
 *		    -> follow the connection -> rewrite the source
 *   inward:  parse -> find the link of the destination -> filter
 *		    -> follow the connection -> rewrite the destination
 *
 * ICMP errors belong to the link of the packet they quote: see icmp.c.
 * With PPTP's switch on, packets of calls are told from other GRE before, and the
 * ids in its control messages are translated with the header: see pptp.c.
 *
 * Called from nftables' rules, under RCU, in softirq or process context. No
 * verdict without a counter: every return goes through translated() or one of
 * the refusals.
 */

#include <linux/prefetch.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <net/icmp.h>

#include "alias.h"
#include "claim.h"
#include "connection.h"
#include "guard.h"
#include "icmp.h"
#include "link.h"
#include "packet.h"
#include "pptp.h"
#include "rewrite.h"
#include "translate.h"

/* With many instances each packet finds its own one's lines elsewhere: asked for at once
 * they come at once.
 */
static void fetch_ahead(const struct alias_instance *inst, enum nft_alias_direction dir)
{
	prefetch(rcu_access_pointer(inst->settings));
	prefetch(dir == NFT_ALIAS_OUT ? (void *)rcu_access_pointer(inst->out.tbl) :
					(void *)rcu_access_pointer(inst->pool));
	prefetchw(&raw_cpu_ptr(inst->counters)->way[dir]);
}

static enum alias_verdict translated(struct alias_instance *inst, enum nft_alias_direction dir,
				     const struct alias_packet *pkt)
{
	this_cpu_inc(inst->counters->way[dir].packets);
	this_cpu_add(inst->counters->way[dir].bytes, pkt->length);
	return ALIAS_TRANSLATED;
}

/* Making an error costs more than all else a refused packet does, even if the kernel's
 * own limits then have it dropped. They allow 1000 a second; so many in a tick on
 * each CPU are more than that, and little work.
 */
#define ALIAS_TOLD_PER_TICK	16

static bool may_tell(struct alias_instance *inst)
{
	/* In a process it may move to another CPU: then one more or less is told. */
	struct alias_counter_pair *mine = raw_cpu_ptr(inst->counters);
	u32 now = alias_now();

	if (READ_ONCE(mine->tick) != now) {
		WRITE_ONCE(mine->tick, now);
		WRITE_ONCE(mine->told, 0);
	}
	if (READ_ONCE(mine->told) >= ALIAS_TOLD_PER_TICK)
		return false;
	WRITE_ONCE(mine->told, mine->told + 1);
	return true;
}

/* What cannot be translated outward is dropped: an inside address must not
 * leak. Who can have no port is told so (RFC 5508 REQ-8, with the code of RFC
 * 6888 REQ-11).
 */
static enum alias_verdict refuse_out(struct alias_instance *inst, struct sk_buff *skb,
				     enum alias_reason why)
{
	this_cpu_inc(inst->counters->way[NFT_ALIAS_OUT].refused[why]);
	if (why == ALIAS_NO_PORT && may_tell(inst))
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
	return ALIAS_DROP;
}

static void count_refused_in(struct alias_instance *inst, enum alias_reason why)
{
	this_cpu_inc(inst->counters->way[NFT_ALIAS_IN].refused[why]);
}

/* Inward the next rule may know what to do with it, unless the packet belongs
 * to a link and only our means failed, or it is an error nobody shall believe
 * (RFC 5508 REQ-3).
 */
static enum alias_verdict refuse_in(struct alias_instance *inst, enum alias_reason why)
{
	count_refused_in(inst, why);
	if (why == ALIAS_FOREIGN || why == ALIAS_NO_MEMORY || why == ALIAS_CHECKSUM)
		return ALIAS_DROP;
	return alias_settings(inst)->flags & ALIAS_F_DENY_IN ? ALIAS_DROP : ALIAS_NO_MATCH;
}

/* Find again under the lock, for another CPU may have opened it meanwhile. */
static struct alias_link *find_or_open(struct alias_instance *inst, const struct alias_flow *flow,
				       bool opens, u32 now, enum alias_reason *why)
{
	struct alias_link *link;

	alias_assert_locked(inst);
	link = alias_link_find_out(inst, flow);
	if (link && !alias_guard_owns(inst, link)) {
		alias_link_set_aside_out(inst, link, flow->near.space);
		*why = ALIAS_FOREIGN;
		return NULL;
	}
	if (link && alias_link_is_live(link, now))
		return link;
	if (!opens) {
		*why = ALIAS_NO_LINK;
		return NULL;
	}
	if (inst->dying) {
		*why = ALIAS_DYING;
		return NULL;
	}
	if (!link)
		return alias_claim_link(inst, flow, now, why);
	alias_link_open(inst, link, flow, now);
	return link;
}

static struct alias_link *outward_link(struct alias_instance *inst, const struct alias_flow *flow,
				       bool opens, u32 now, enum alias_reason *why)
{
	struct alias_link *link = alias_link_find_out(inst, flow);
	bool ours = !link || alias_guard_is_owner(inst, link);

	if (likely(link && ours && alias_link_is_live(link, now)))
		return link;
	/* A flood of these shall not fight for the lock. */
	if (ours && !opens) {
		*why = ALIAS_NO_LINK;
		return NULL;
	}
	if (!link && alias_claim_is_hopeless(inst, flow, now)) {
		*why = ALIAS_NO_PORT;
		return NULL;
	}

	alias_lock(inst);
	link = find_or_open(inst, flow, opens, now, why);
	alias_unlock(inst);
	return link;
}

static struct alias_link *inward_link(struct alias_instance *inst, const struct alias_flow *flow,
				      u32 now, enum alias_reason *why)
{
	struct alias_link *link = alias_link_find_in(inst, flow);

	*why = ALIAS_NO_LINK;
	if (!link)
		return NULL;
	if (unlikely(!alias_guard_owns(inst, link))) {
		alias_link_set_aside_in(inst, flow);
		*why = ALIAS_FOREIGN;
		return NULL;
	}
	if (!alias_link_is_live(link, now))
		return NULL;
	*why = ALIAS_FILTERED;
	return alias_connection_may_enter(inst, link, flow, now) ? link : NULL;
}

static enum alias_verdict error_out(struct alias_instance *inst, struct alias_packet *pkt, u32 now)
{
	enum alias_reason why = alias_icmp_error_out(inst, pkt, now);

	return why == ALIAS_FINE ? translated(inst, NFT_ALIAS_OUT, pkt) :
				  refuse_out(inst, pkt->skb, why);
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
	struct alias_flow flow;
	struct alias_link *link;
	u32 now = alias_now();

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "links need a read-side critical section");
	fetch_ahead(inst, NFT_ALIAS_OUT);
	why = alias_packet_parse(skb, &pkt);
	if (why != ALIAS_FINE)
		return refuse_out(inst, skb, why);
	if (pkt.error)
		return error_out(inst, &pkt, now);
	if (alias_pptp_is_on(inst))
		alias_pptp_recognise(&pkt, NFT_ALIAS_OUT);
	flow = alias_flow_of(&pkt, NFT_ALIAS_OUT);
	link = outward_link(inst, &flow, pkt.opens, now, &why);
	if (!link)
		return refuse_out(inst, skb, why);
	if (!alias_connection_out(inst, link, &flow, pkt.tcp_flags, now))
		return refuse_out(inst, skb, ALIAS_NO_MEMORY);
	why = pkt.control ? alias_pptp_out(inst, &pkt, now) : ALIAS_FINE;
	if (why != ALIAS_FINE)
		return refuse_out(inst, skb, why);
	if (!alias_rewrite_source(&pkt, link->outside_addr, link->outside_port))
		return refuse_out(inst, skb, ALIAS_NO_MEMORY);
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
	struct alias_flow flow;
	struct alias_link *link;
	u32 now = alias_now();

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "links need a read-side critical section");
	fetch_ahead(inst, NFT_ALIAS_IN);
	why = alias_packet_parse(skb, &pkt);
	if (why != ALIAS_FINE)
		return refuse_in(inst, why);
	if (pkt.error)
		return error_in(inst, &pkt, now);
	if (alias_pptp_is_on(inst))
		alias_pptp_recognise(&pkt, NFT_ALIAS_IN);
	flow = alias_flow_of(&pkt, NFT_ALIAS_IN);
	link = inward_link(inst, &flow, now, &why);
	if (!link)
		return refuse_in(inst, why);
	alias_connection_in(inst, link, &flow, pkt.tcp_flags, now);
	why = pkt.control ? alias_pptp_in(inst, &pkt, link->flow.near.addr, now) : ALIAS_FINE;
	if (why != ALIAS_FINE) {
		/* A link's own: no rule behind this one may have it. */
		count_refused_in(inst, why);
		return ALIAS_DROP;
	}
	if (!alias_rewrite_destination(&pkt, link->flow.near.addr, link->flow.near.port))
		return refuse_in(inst, ALIAS_NO_MEMORY);
	return translated(inst, NFT_ALIAS_IN, &pkt);
}
