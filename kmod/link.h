/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_LINK_H
#define ALIAS_LINK_H

#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

#include "counters.h"
#include "packet.h"

struct alias_instance;
struct alias_subscriber;

/**
 * struct alias_endpoint - an address and a port of one protocol
 * @addr: address
 * @port: port or ICMP id
 * @space: enum alias_space
 *
 * A hash key: without padding.
 */
struct alias_endpoint {
	__be32 addr;
	__be16 port;
	u16 space;
};

/* Several peers use the link, so one connection's end is not the link's. */
#define ALIAS_LINK_F_SHARED	BIT(0)

/**
 * struct alias_link - the mapping of an inside endpoint to an outside one
 * @node: in the instance's table of inside endpoints
 * @owner: its instance, from birth to death; compared, never followed
 * @magic: ALIAS_LINK_MAGIC
 * @expires: jiffies, lower half; moves at most once a second
 * @inside: inside endpoint
 * @outside_addr: outside address
 * @outside_port: outside port or ICMP id
 * @state: enum alias_link_state, without ALIAS_LINK_RESTING, which @expires says
 * @flags: ALIAS_LINK_F_*
 * @peer_addr: the latest peer that the inside opened a flow to
 * @peer_port: its port
 * @subscriber: whose it is
 * @rcu: for the grace period
 *
 * The packets of an established flow read and write the first 64 bytes only.
 * Endpoints and owner never change. @expires is written without the lock by
 * packets and judged by housekeeping under it; @state, @flags and the peer are
 * written under the lock.
 */
struct alias_link {
	struct rhash_head node;
	struct alias_instance *owner;
	u32 magic;
	u32 expires;
	struct alias_endpoint inside;
	__be32 outside_addr;
	__be16 outside_port;
	u8 state;
	u8 flags;
	__be32 peer_addr;
	__be16 peer_port;

	struct alias_subscriber *subscriber;
	struct rcu_head rcu;
};

int alias_link_cache_create(void);
void alias_link_cache_destroy(void);

int alias_links_init(struct alias_instance *inst);
void alias_links_destroy(struct alias_instance *inst);

struct alias_link *alias_link_find_out(struct alias_instance *inst, enum alias_space space,
				       __be32 addr, __be16 port);
struct alias_link *alias_link_find_in(struct alias_instance *inst, enum alias_space space,
				      __be32 addr, __be16 port);
struct alias_link *alias_link_create(struct alias_instance *inst, const struct alias_packet *pkt,
				     u32 now, enum alias_reason *why);
void alias_link_end(struct alias_instance *inst, struct alias_link *link);

void alias_link_open(struct alias_instance *inst, struct alias_link *link,
		     const struct alias_packet *pkt, u32 now);
void alias_link_set_state(struct alias_instance *inst, struct alias_link *link,
			  enum alias_link_state state, u32 now);
void alias_link_refresh(struct alias_link *link, u32 now);
unsigned int alias_link_hold(const struct alias_link *link);

/**
 * alias_now - the clock of links: jiffies, lower half
 */
static inline u32 alias_now(void)
{
	return (u32)jiffies;
}

/**
 * alias_link_remaining - time until a link times out
 * @link: the link
 * @now: alias_now()
 *
 * Return: jiffies; 0 or less if it has
 */
static inline s32 alias_link_remaining(const struct alias_link *link, u32 now)
{
	return (s32)(READ_ONCE(link->expires) - now);
}

/**
 * alias_link_is_live - whether packets may use a link
 * @link: the link
 * @now: alias_now()
 */
static inline bool alias_link_is_live(const struct alias_link *link, u32 now)
{
	return alias_link_remaining(link, now) > 0;
}

/**
 * alias_link_is_over - whether a link's port may be given to others
 * @link: the link
 * @now: alias_now()
 */
static inline bool alias_link_is_over(const struct alias_link *link, u32 now)
{
	return alias_link_remaining(link, now) + (s32)alias_link_hold(link) <= 0;
}

#endif /* ALIAS_LINK_H */
