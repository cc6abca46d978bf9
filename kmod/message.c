// SPDX-License-Identifier: GPL-2.0
/* Instances and links as netlink attributes. All return 0 or -EMSGSIZE. */

#include <linux/netfilter/nft_alias.h>
#include <net/netlink.h>

#include "alias.h"
#include "counters.h"
#include "guard.h"
#include "link.h"
#include "message.h"
#include "pool.h"

static int put_u64(struct sk_buff *msg, int attr, u64 value)
{
	return nla_put_u64_64bit(msg, attr, value, ALIAS_A_COUNTER_PAD);
}

static int put_counters(struct sk_buff *msg, const struct alias_instance *inst, int attr,
			enum nft_alias_direction dir)
{
	struct alias_counters sum;
	struct nlattr *nest;
	unsigned int reason;

	/* The reasons are numbered alike, one of them later than the other. */
	BUILD_BUG_ON(ALIAS_A_COUNTER_FILTERED - ALIAS_A_COUNTER_MALFORMED !=
		     ALIAS_FILTERED - ALIAS_MALFORMED);

	alias_counters_sum(inst->counters, dir, &sum);
	nest = nla_nest_start(msg, attr);
	if (!nest || put_u64(msg, ALIAS_A_COUNTER_PACKETS, sum.packets) ||
	    put_u64(msg, ALIAS_A_COUNTER_BYTES, sum.bytes))
		return -EMSGSIZE;
	for (reason = ALIAS_MALFORMED; reason < ALIAS_REASONS; reason++)
		if (put_u64(msg, ALIAS_A_COUNTER_MALFORMED + reason - ALIAS_MALFORMED,
			    sum.refused[reason]))
			return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_range(struct sk_buff *msg, const struct alias_range *range)
{
	struct nlattr *nest = nla_nest_start(msg, ALIAS_A_INSTANCE_RANGE);

	if (!nest || nla_put_be32(msg, ALIAS_A_RANGE_FIRST, htonl(range->first)) ||
	    nla_put_be32(msg, ALIAS_A_RANGE_LAST, htonl(range->last)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* What an operator said for all protocols cannot be told from what he said for
 * each: the protocol that most of all is said of is TCP.
 */
static int put_protocols(struct sk_buff *msg, const struct alias_settings *settings)
{
	unsigned int space;
	struct nlattr *nest;

	for (space = ALIAS_SPACE_TCP + 1; space < ALIAS_SPACE_CALL; space++) {
		if (settings->mapping[space] == settings->mapping[ALIAS_SPACE_TCP] &&
		    settings->filter[space] == settings->filter[ALIAS_SPACE_TCP])
			continue;
		nest = nla_nest_start(msg, ALIAS_A_INSTANCE_PROTOCOL);
		if (!nest ||
		    nla_put_u8(msg, ALIAS_A_PROTOCOL_NUMBER, alias_space_protocol(space, 0)) ||
		    nla_put_u8(msg, ALIAS_A_PROTOCOL_MAPPING, settings->mapping[space]) ||
		    nla_put_u8(msg, ALIAS_A_PROTOCOL_FILTER, settings->filter[space]))
			return -EMSGSIZE;
		nla_nest_end(msg, nest);
	}
	return 0;
}

static int put_timeouts(struct sk_buff *msg, const struct alias_timeouts *timeouts)
{
	struct nlattr *nest = nla_nest_start(msg, ALIAS_A_INSTANCE_TIMEOUTS);
	unsigned int n;

	if (!nest)
		return -EMSGSIZE;
	for (n = 1; n <= ALIAS_A_TIMEOUT_MAX; n++)
		if (nla_put_u32(msg, n, timeouts->seconds[n]))
			return -EMSGSIZE;
	nla_nest_end(msg, nest);

	for (n = 0; n < timeouts->nr_udp_ports; n++) {
		nest = nla_nest_start(msg, ALIAS_A_INSTANCE_UDP_PORT);
		if (!nest ||
		    nla_put_u16(msg, ALIAS_A_UDP_PORT_NUMBER, timeouts->udp_port[n].port) ||
		    nla_put_u32(msg, ALIAS_A_UDP_PORT_SECONDS, timeouts->udp_port[n].seconds))
			return -EMSGSIZE;
		nla_nest_end(msg, nest);
	}
	return 0;
}

static int put_settings(struct sk_buff *msg, const struct alias_settings *settings)
{
	if (nla_put_u32(msg, ALIAS_A_INSTANCE_FLAGS, settings->flags) ||
	    nla_put_u8(msg, ALIAS_A_INSTANCE_MAPPING, settings->mapping[ALIAS_SPACE_TCP]) ||
	    nla_put_u8(msg, ALIAS_A_INSTANCE_FILTER, settings->filter[ALIAS_SPACE_TCP]) ||
	    put_protocols(msg, settings))
		return -EMSGSIZE;
	return put_timeouts(msg, &settings->timeouts);
}

static int put_config(struct sk_buff *msg, const struct alias_instance *inst)
{
	const struct alias_pool *pool = rcu_dereference_protected(inst->pool,
					lockdep_is_held(&alias_net(inst->net)->mutex));
	unsigned int r;

	if (nla_put_string(msg, ALIAS_A_INSTANCE_NAME_STR, inst->name) ||
	    (inst->number && nla_put_u32(msg, ALIAS_A_INSTANCE_NUMBER, inst->number)) ||
	    nla_put_u16(msg, ALIAS_A_INSTANCE_PORT_MIN, pool->config.port_min) ||
	    nla_put_u16(msg, ALIAS_A_INSTANCE_PORT_MAX, pool->config.port_max) ||
	    put_settings(msg, alias_settings(inst)))
		return -EMSGSIZE;
	for (r = 0; r < pool->config.nr_ranges; r++)
		if (put_range(msg, &pool->config.range[r]))
			return -EMSGSIZE;
	return 0;
}

static int put_link_counts(struct sk_buff *msg, const struct alias_instance *inst)
{
	static const u8 attr[ALIAS_SPACE_CALL] = {
		[ALIAS_SPACE_TCP] = ALIAS_A_INSTANCE_LINKS_TCP,
		[ALIAS_SPACE_UDP] = ALIAS_A_INSTANCE_LINKS_UDP,
		[ALIAS_SPACE_ICMP] = ALIAS_A_INSTANCE_LINKS_ICMP,
		[ALIAS_SPACE_UDPLITE] = ALIAS_A_INSTANCE_LINKS_UDPLITE,
		[ALIAS_SPACE_SCTP] = ALIAS_A_INSTANCE_LINKS_SCTP,
		[ALIAS_SPACE_DCCP] = ALIAS_A_INSTANCE_LINKS_DCCP,
	};
	unsigned int space;

	for (space = 0; space < ALIAS_SPACE_CALL; space++)
		if (nla_put_u32(msg, attr[space], READ_ONCE(inst->links[space])))
			return -EMSGSIZE;
	return nla_put_u32(msg, ALIAS_A_INSTANCE_LINKS_OTHER,
			   READ_ONCE(inst->links[ALIAS_SPACE_CALL]) +
			   READ_ONCE(inst->links[ALIAS_SPACE_OTHER]));
}

/**
 * alias_message_instance - an instance's configuration and state
 * @msg: message under construction
 * @inst: the instance; the caller holds its namespace's mutex
 *
 * Return: 0 or -EMSGSIZE
 */
int alias_message_instance(struct sk_buff *msg, struct alias_instance *inst)
{
	struct nlattr *nest = nla_nest_start(msg, ALIAS_A_INSTANCE);

	if (!nest || put_config(msg, inst) ||
	    nla_put_u32(msg, ALIAS_A_INSTANCE_RULES, atomic_read(&inst->rules)) ||
	    nla_put_u32(msg, ALIAS_A_INSTANCE_SUBSCRIBERS,
			atomic_read(&inst->subscribers.nelems)) ||
	    put_link_counts(msg, inst) ||
	    nla_put_u32(msg, ALIAS_A_INSTANCE_ASIDE, READ_ONCE(inst->aside)) ||
	    put_counters(msg, inst, ALIAS_A_INSTANCE_OUT, NFT_ALIAS_OUT) ||
	    put_counters(msg, inst, ALIAS_A_INSTANCE_IN, NFT_ALIAS_IN))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static u32 seconds_left(const struct alias_instance *inst, const struct alias_link *link, u32 now)
{
	s32 left = alias_link_remaining(link, now);

	if (left <= 0)
		left += alias_link_hold(inst, link);
	return left <= 0 ? 0 : left / HZ;
}

static int put_ends(struct sk_buff *msg, const struct alias_link *link)
{
	if (nla_put_be32(msg, ALIAS_A_LINK_INSIDE_ADDRESS, link->flow.near.addr) ||
	    nla_put_be32(msg, ALIAS_A_LINK_OUTSIDE_ADDRESS, link->outside_addr) ||
	    nla_put_be32(msg, ALIAS_A_LINK_PEER_ADDRESS, READ_ONCE(link->flow.peer_addr)))
		return -EMSGSIZE;
	if (link->flow.near.space == ALIAS_SPACE_OTHER)
		return 0;
	if (nla_put_be16(msg, ALIAS_A_LINK_INSIDE_PORT, link->flow.near.port) ||
	    nla_put_be16(msg, ALIAS_A_LINK_OUTSIDE_PORT, link->outside_port))
		return -EMSGSIZE;
	if (!alias_space_has_peer_ports(link->flow.near.space))
		return 0;
	return nla_put_be16(msg, ALIAS_A_LINK_PEER_PORT, READ_ONCE(link->flow.peer_port));
}

static int put_peers(struct sk_buff *msg, const struct alias_link *link)
{
	unsigned int peers = READ_ONCE(link->flow.nr_peers);

	return peers ? nla_put_u32(msg, ALIAS_A_LINK_PEERS, peers) : 0;
}

/**
 * alias_message_link - a link
 * @msg: message under construction
 * @inst: its instance
 * @link: the link; the caller holds RCU and has asked alias_guard_owns()
 * @now: alias_now()
 *
 * Return: 0 or -EMSGSIZE
 */
int alias_message_link(struct sk_buff *msg, const struct alias_instance *inst,
		       const struct alias_link *link, u32 now)
{
	const struct alias_endpoint *near = &link->flow.near;
	bool live = alias_link_is_live(link, now);
	struct nlattr *nest = nla_nest_start(msg, ALIAS_A_LINK);

	if (!nest || nla_put_string(msg, ALIAS_A_LINK_INSTANCE, inst->name) ||
	    nla_put_u8(msg, ALIAS_A_LINK_PROTOCOL, alias_space_protocol(near->space, near->port)) ||
	    nla_put_u8(msg, ALIAS_A_LINK_STATE,
		       live ? READ_ONCE(link->state) : ALIAS_LINK_RESTING) ||
	    put_ends(msg, link) || put_peers(msg, link) ||
	    nla_put_u32(msg, ALIAS_A_LINK_SECONDS, seconds_left(inst, link, now)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static u64 sum_strays(const struct alias_net *an, enum nft_alias_direction dir)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(an->strays, cpu)->way[dir]);
	return sum;
}

/**
 * alias_message_namespace - packets that reached no instance
 * @msg: message under construction
 * @an: the namespace
 *
 * Return: 0 or -EMSGSIZE
 */
int alias_message_namespace(struct sk_buff *msg, const struct alias_net *an)
{
	struct nlattr *nest = nla_nest_start(msg, ALIAS_A_NAMESPACE);

	if (!nest ||
	    nla_put_u64_64bit(msg, ALIAS_A_NAMESPACE_OUT_NO_INSTANCE,
			      sum_strays(an, NFT_ALIAS_OUT), ALIAS_A_NAMESPACE_PAD) ||
	    nla_put_u64_64bit(msg, ALIAS_A_NAMESPACE_IN_NO_INSTANCE,
			      sum_strays(an, NFT_ALIAS_IN), ALIAS_A_NAMESPACE_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}
