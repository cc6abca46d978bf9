// SPDX-License-Identifier: GPL-2.0
/* What goes on between a link and its peers: connections and their states, who
 * may send inward, and how long the link lives by that.
 *
 * As long as a link has one peer all of it stands in the link. When another one
 * comes and both must be told apart, the link becomes a shared one: each peer
 * gets an object with a state and a time of its own, and the link lives as long
 * as the longest of them. Housekeeping notices when they end, and makes a link
 * with one peer of it again.
 */

#include "connection.h"
#include "guard.h"
#include "link.h"
#include "peer.h"
#include "tcp.h"

static bool is_ending(enum alias_link_state state)
{
	return state == ALIAS_LINK_CLOSING || state == ALIAS_LINK_RESET;
}

/* Whether a packet that leaves a connection in its state keeps it alive: not if both
 * sides have said good-bye, if only the outside speaks, or if it is a reset, which
 * may answer what nobody wanted (RFC 7857 section 7.1).
 */
static bool shows_life(enum alias_link_state state, enum nft_alias_direction dir, u8 tcp_flags)
{
	if (is_ending(state) || tcp_flags & ALIAS_TCP_RST)
		return false;
	return dir == NFT_ALIAS_OUT || state != ALIAS_LINK_OPENING;
}

static enum alias_filter filter_of(const struct alias_instance *inst, const struct alias_flow *flow)
{
	return alias_settings(inst)->filter[flow->near.space];
}

/* Without connections the port of a peer matters to one kind of filter only; 0
 * stands for all ports of an address.
 */
static __be16 port_that_counts(const struct alias_instance *inst, const struct alias_flow *flow)
{
	if (alias_space_has_connections(flow->near.space) ||
	    filter_of(inst, flow) == ALIAS_FILTER_APDF)
		return flow->peer_port;
	return 0;
}

static bool is_only_peer(const struct alias_instance *inst, const struct alias_link *link,
			 const struct alias_flow *flow)
{
	if (READ_ONCE(link->flow.peer_addr) != flow->peer_addr)
		return false;
	return !port_that_counts(inst, flow) || READ_ONCE(link->flow.peer_port) == flow->peer_port;
}

static bool is_shared(const struct alias_link *link)
{
	/* Pairs with set_flags(): who sees the link shared finds its peers. */
	return smp_load_acquire(&link->flags) & ALIAS_LINK_F_SHARED;
}

static bool is_crowded(const struct alias_link *link)
{
	return READ_ONCE(link->flags) & ALIAS_LINK_F_CROWDED;
}

static struct alias_peer *find_peer(struct alias_instance *inst, const struct alias_link *link,
				    const struct alias_flow *flow)
{
	return alias_peer_find(inst, link, flow->peer_addr, port_that_counts(inst, flow));
}

static void set_flags(struct alias_link *link, u8 flags)
{
	/* Pairs with is_shared(): the peers, or the only one, are written. */
	smp_store_release(&link->flags, flags);
}

/* Where no state says how long. */
static void prolong_link(struct alias_link *link, u32 expires)
{
	alias_link_prolong(link, READ_ONCE(link->expires), expires);
}

static void prolong_peer(struct alias_peer *peer, u32 expires)
{
	alias_peer_prolong(peer, READ_ONCE(peer->expires), expires);
}

/* Some of its connections are not tracked, so it lives as if one were open. */
static void prolong_crowded(struct alias_instance *inst, struct alias_link *link,
			    const struct alias_flow *flow, u32 now)
{
	prolong_link(link, now + alias_link_life(inst, flow, ALIAS_LINK_ESTABLISHED));
}

/* --- the only peer --- */

static void move_link(struct alias_instance *inst, struct alias_link *link,
		      const struct alias_flow *flow, enum alias_link_state next, u32 now)
{
	if (!is_crowded(link)) {
		alias_link_set_state(inst, link, flow, next, now);
		return;
	}
	/* Of the others any may be open, so this one's end is not the link's. */
	WRITE_ONCE(link->state, next);
	prolong_link(link, now + alias_link_life(inst, flow, next));
}

static void advance(struct alias_instance *inst, struct alias_link *link,
		    const struct alias_flow *flow, enum nft_alias_direction dir, u8 tcp_flags,
		    u32 now);

static void track_link(struct alias_instance *inst, struct alias_link *link,
		       const struct alias_flow *flow, enum nft_alias_direction dir, u8 tcp_flags,
		       u32 now)
{
	u32 old = smp_load_acquire(&link->expires);	/* pairs with alias_link_set_state() */
	enum alias_link_state state = READ_ONCE(link->state);

	if (alias_tcp_next(state, dir, tcp_flags) != state)
		advance(inst, link, flow, dir, tcp_flags, now);
	else if (shows_life(state, dir, tcp_flags))
		alias_link_prolong(link, old, now + alias_link_life(inst, flow, state));
}

/* --- one of several peers --- */

/* RFC 4787 section 5, address-dependent filtering: where connections are told
 * apart by ports, the address has an object of its own, which lives as long as
 * the longest of them.
 */
static void prolong_address(struct alias_instance *inst, const struct alias_link *link,
			    const struct alias_flow *flow, u32 expires)
{
	struct alias_peer *address;

	if (filter_of(inst, flow) != ALIAS_FILTER_ADF || !port_that_counts(inst, flow))
		return;
	address = alias_peer_find(inst, link, flow->peer_addr, 0);
	if (address)
		prolong_peer(address, expires);
}

static void prolong(struct alias_instance *inst, struct alias_link *link, struct alias_peer *peer,
		    const struct alias_flow *flow, u32 old, u32 expires)
{
	alias_peer_prolong(peer, old, expires);
	prolong_address(inst, link, flow, expires);
	prolong_link(link, expires);
}

static void move_peer(struct alias_instance *inst, struct alias_link *link,
		      struct alias_peer *peer, const struct alias_flow *flow,
		      enum alias_link_state next, u32 now)
{
	u32 expires = now + alias_link_life(inst, flow, next);

	WRITE_ONCE(peer->state, next);
	smp_store_release(&peer->expires, expires);	/* pairs with track_peer() */
	prolong_address(inst, link, flow, expires);
	prolong_link(link, expires);
	if (next == ALIAS_LINK_ESTABLISHED)
		WRITE_ONCE(link->state, next);
}

static void track_peer(struct alias_instance *inst, struct alias_link *link,
		       struct alias_peer *peer, const struct alias_flow *flow,
		       enum nft_alias_direction dir, u8 tcp_flags, u32 now)
{
	u32 old = smp_load_acquire(&peer->expires);	/* pairs with move_peer() */
	enum alias_link_state state = READ_ONCE(peer->state);

	if (alias_tcp_next(state, dir, tcp_flags) != state)
		advance(inst, link, flow, dir, tcp_flags, now);
	else if (shows_life(state, dir, tcp_flags))
		prolong(inst, link, peer, flow, old, now + alias_link_life(inst, flow, state));
}

/* --- whichever it is --- */

/* Under the lock, and so with everything asked anew: two packets of a connection
 * may be on two CPUs, a third may make the link a shared one, and housekeeping one
 * with a single peer again.
 *
 * Return: whether the link knows the peer
 */
static bool advance_known(struct alias_instance *inst, struct alias_link *link,
			  const struct alias_flow *flow, enum nft_alias_direction dir,
			  u8 tcp_flags, u32 now)
{
	struct alias_peer *peer = is_shared(link) ? find_peer(inst, link, flow) : NULL;
	enum alias_link_state state, next;

	alias_assert_locked(inst);
	if (!peer && (is_shared(link) || !is_only_peer(inst, link, flow)))
		return false;
	state = peer ? peer->state : link->state;
	next = alias_tcp_next(state, dir, tcp_flags);
	if (next != state && peer)
		move_peer(inst, link, peer, flow, next, now);
	else if (next != state)
		move_link(inst, link, flow, next, now);
	else if (shows_life(state, dir, tcp_flags) && peer)
		prolong(inst, link, peer, flow, READ_ONCE(peer->expires),
			now + alias_link_life(inst, flow, state));
	else if (shows_life(state, dir, tcp_flags))
		prolong_link(link, now + alias_link_life(inst, flow, state));
	return true;
}

static void advance(struct alias_instance *inst, struct alias_link *link,
		    const struct alias_flow *flow, enum nft_alias_direction dir, u8 tcp_flags,
		    u32 now)
{
	alias_lock(inst);
	advance_known(inst, link, flow, dir, tcp_flags, now);
	alias_unlock(inst);
}

/* RFC 4787 section 5: the address of a peer, if it has none yet and the filter asks. */
static bool add_address(struct alias_instance *inst, struct alias_link *link,
			const struct alias_flow *flow, u32 expires, struct alias_peer **added)
{
	*added = NULL;
	if (!port_that_counts(inst, flow) || filter_of(inst, flow) != ALIAS_FILTER_ADF ||
	    alias_peer_find(inst, link, flow->peer_addr, 0))
		return true;
	*added = alias_peer_add(inst, link, flow->peer_addr, 0, expires);
	return *added;
}

static bool add_peer(struct alias_instance *inst, struct alias_link *link,
		     const struct alias_flow *flow, enum alias_link_state state, u32 expires)
{
	struct alias_peer *peer, *address;

	if (!add_address(inst, link, flow, expires, &address))
		return false;
	peer = alias_peer_add(inst, link, flow->peer_addr, port_that_counts(inst, flow), expires);
	if (!peer) {
		/* Who was not sent anything may not answer either. */
		if (address)
			alias_peer_end(inst, link, address);
		return false;
	}
	peer->state = state;
	prolong(inst, link, peer, flow, expires, expires);
	return true;
}

/* The peer that stands in the link becomes the first of several. */
static bool share(struct alias_instance *inst, struct alias_link *link)
{
	if (!add_peer(inst, link, &link->flow, link->state, link->expires)) {
		alias_peers_end(inst, link);
		return false;
	}
	set_flags(link, link->flags | ALIAS_LINK_F_SHARED);
	return true;
}

/* Whether another packet has brought the peer since this one looked for it. */
static bool has_met(struct alias_instance *inst, struct alias_link *link,
		    const struct alias_flow *flow, u8 tcp_flags, u32 now)
{
	if (alias_space_has_connections(flow->near.space))
		return advance_known(inst, link, flow, NFT_ALIAS_OUT, tcp_flags, now);
	return is_shared(link) ? !!find_peer(inst, link, flow) : is_only_peer(inst, link, flow);
}

static bool meet(struct alias_instance *inst, struct alias_link *link,
		 const struct alias_flow *flow, u8 tcp_flags, u32 now)
{
	bool connects = alias_space_has_connections(flow->near.space);
	enum alias_link_state state = connects ? ALIAS_LINK_OPENING : ALIAS_LINK_ACTIVE;
	u32 expires = now + alias_link_life(inst, flow, state);

	alias_assert_locked(inst);
	/* Since this packet found it. The next one opens another. */
	if (link->flags & ALIAS_LINK_F_ENDED)
		return true;
	if (has_met(inst, link, flow, tcp_flags, now))
		return true;
	if ((is_shared(link) || share(inst, link)) && add_peer(inst, link, flow, state, expires))
		return true;
	/* A filter that does not know its peer would not let an answer in. */
	if (filter_of(inst, flow) != ALIAS_FILTER_EIF)
		return false;
	/* A connection that is not tracked: the link must last as long as any. */
	set_flags(link, link->flags | ALIAS_LINK_F_CROWDED);
	prolong_crowded(inst, link, flow, now);
	return true;
}

static bool meet_peer(struct alias_instance *inst, struct alias_link *link,
		      const struct alias_flow *flow, u8 tcp_flags, u32 now)
{
	bool met;

	/* RFC 7857 section 7.1: a reset may answer what nobody inside wanted. */
	if (tcp_flags & ALIAS_TCP_RST)
		return true;
	if (is_crowded(link) && filter_of(inst, flow) == ALIAS_FILTER_EIF) {
		prolong_crowded(inst, link, flow, now);
		return true;
	}
	alias_lock(inst);
	met = meet(inst, link, flow, tcp_flags, now);
	alias_unlock(inst);
	return met;
}

/* Neither connections nor a filter: whoever the inside talks to, it is the link
 * that lives on (RFC 4787 REQ-6).
 */
static bool peers_do_not_matter(const struct alias_instance *inst, const struct alias_link *link,
				const struct alias_flow *flow)
{
	return !alias_space_has_connections(flow->near.space) &&
	       (filter_of(inst, flow) == ALIAS_FILTER_EIF ||
		READ_ONCE(link->flags) & ALIAS_LINK_F_FLOW);
}

static void prolong_unconnected(const struct alias_instance *inst, struct alias_link *link,
				struct alias_peer *peer, const struct alias_flow *flow, u32 now)
{
	u32 expires = now + alias_link_life(inst, flow, ALIAS_LINK_ACTIVE);

	if (peer)
		prolong_peer(peer, expires);
	prolong_link(link, expires);
}

/**
 * alias_connection_out - an outward packet goes through a link
 * @inst: the instance; the caller holds RCU and not the lock
 * @link: its link
 * @flow: of the packet
 * @tcp_flags: of the packet
 * @now: alias_now()
 *
 * Return: false if no answer could come back, for want of memory or because the
 * link has too many peers
 */
bool alias_connection_out(struct alias_instance *inst, struct alias_link *link,
			  const struct alias_flow *flow, u8 tcp_flags, u32 now)
{
	bool connects = alias_space_has_connections(flow->near.space);
	struct alias_peer *peer;

	if (peers_do_not_matter(inst, link, flow)) {
		prolong_unconnected(inst, link, NULL, flow, now);
		return true;
	}
	if (!is_shared(link)) {
		if (!is_only_peer(inst, link, flow))
			return meet_peer(inst, link, flow, tcp_flags, now);
		if (connects)
			track_link(inst, link, flow, NFT_ALIAS_OUT, tcp_flags, now);
		else
			prolong_unconnected(inst, link, NULL, flow, now);
		return true;
	}
	peer = find_peer(inst, link, flow);
	if (!peer)
		return meet_peer(inst, link, flow, tcp_flags, now);
	if (connects)
		track_peer(inst, link, peer, flow, NFT_ALIAS_OUT, tcp_flags, now);
	else
		prolong_unconnected(inst, link, peer, flow, now);
	return true;
}

/* RFC 7857 section 7: inward packets do not keep a link alive unless somebody
 * wants it so, or strangers could hold it open for ever. A call has none.
 */
static void enter_unconnected(struct alias_instance *inst, struct alias_link *link,
			      const struct alias_flow *flow, u32 now)
{
	struct alias_peer *peer;

	if (!(alias_settings(inst)->flags & ALIAS_F_REFRESH_IN) &&
	    flow->near.space != ALIAS_SPACE_CALL)
		return;
	peer = is_shared(link) ? find_peer(inst, link, flow) : NULL;
	prolong_unconnected(inst, link, peer, flow, now);
}

static void enter_shared(struct alias_instance *inst, struct alias_link *link,
			 struct alias_peer *peer, const struct alias_flow *flow, u8 tcp_flags,
			 u32 now)
{
	if (peer)
		track_peer(inst, link, peer, flow, NFT_ALIAS_IN, tcp_flags, now);
	/* A stranger, unless the link has just become one with a single peer again. */
	else if (!is_shared(link) && is_only_peer(inst, link, flow))
		track_link(inst, link, flow, NFT_ALIAS_IN, tcp_flags, now);
}

/**
 * alias_connection_in - an inward packet goes through a link
 * @inst: the instance; the caller holds RCU and not the lock
 * @link: its link
 * @flow: of the packet
 * @tcp_flags: of the packet
 * @now: alias_now()
 *
 * Anyone may send through a link with endpoint-independent filtering, so only
 * the peers that the inside chose move a state or a time.
 */
void alias_connection_in(struct alias_instance *inst, struct alias_link *link,
			 const struct alias_flow *flow, u8 tcp_flags, u32 now)
{
	if (!alias_space_has_connections(flow->near.space))
		enter_unconnected(inst, link, flow, now);
	else if (is_shared(link))
		enter_shared(inst, link, find_peer(inst, link, flow), flow, tcp_flags, now);
	else if (is_only_peer(inst, link, flow))
		track_link(inst, link, flow, NFT_ALIAS_IN, tcp_flags, now);
}

static bool knows(struct alias_instance *inst, const struct alias_link *link,
		  const struct alias_flow *flow, __be16 port, u32 now)
{
	const struct alias_peer *peer = alias_peer_find(inst, link, flow->peer_addr, port);

	return peer && (s32)(READ_ONCE(peer->expires) - now) > 0;
}

/**
 * alias_connection_may_enter - the filter (RFC 4787 section 5)
 * @inst: the instance; the caller holds RCU
 * @link: link of an inward packet
 * @flow: of the packet
 * @now: alias_now()
 *
 * Return: whether the inside has sent something to this peer
 */
bool alias_connection_may_enter(struct alias_instance *inst, const struct alias_link *link,
				const struct alias_flow *flow, u32 now)
{
	enum alias_filter filter = filter_of(inst, flow);

	if (filter == ALIAS_FILTER_EIF || READ_ONCE(link->flags) & ALIAS_LINK_F_FLOW)
		return true;
	if (is_shared(link)) {
		/* The filter may have been another when the peer was met. */
		if (knows(inst, link, flow, flow->peer_port, now) ||
		    (filter == ALIAS_FILTER_ADF && knows(inst, link, flow, 0, now)))
			return true;
		/* Unless it has just become one with a single peer again. */
		if (is_shared(link))
			return false;
	}
	return READ_ONCE(link->flow.peer_addr) == flow->peer_addr &&
	       (filter == ALIAS_FILTER_ADF || READ_ONCE(link->flow.peer_port) == flow->peer_port);
}

/* --- housekeeping --- */

static bool is_address(const struct alias_link *link, const struct alias_peer *peer)
{
	return !peer->key.port && alias_space_has_connections(link->flow.near.space);
}

static void prolong_own_address(struct alias_instance *inst, const struct alias_link *link,
				const struct alias_peer *peer)
{
	struct alias_peer *address = is_address(link, peer) ? NULL :
				     alias_peer_find(inst, link, peer->key.addr, 0);

	if (address)
		prolong_peer(address, READ_ONCE(peer->expires));
}

/* Packets read it all the time, so once only; and again for those that have prolonged
 * a connection since it was asked, as what they said of the address may have been
 * overwritten. xchg() is a barrier: their word is seen here, or comes after this.
 */
static void set_addresses(struct alias_instance *inst, struct alias_link *link)
{
	struct alias_peer *peer;
	bool any = false;

	hlist_for_each_entry(peer, &link->peers, by_link) {
		if (!is_address(link, peer))
			continue;
		xchg(&peer->expires, peer->longest);
		any = true;
	}
	if (!any)
		return;
	hlist_for_each_entry(peer, &link->peers, by_link)
		prolong_own_address(inst, link, peer);
}

/* An address lives exactly as long as the longest of its connections. */
static void settle_addresses(struct alias_instance *inst, struct alias_link *link, u32 now)
{
	struct alias_peer *peer, *address;

	hlist_for_each_entry(peer, &link->peers, by_link)
		peer->longest = now;
	hlist_for_each_entry(peer, &link->peers, by_link) {
		u32 expires = READ_ONCE(peer->expires);

		address = is_address(link, peer) ? NULL :
			  alias_peer_find(inst, link, peer->key.addr, 0);
		if (address && (s32)(expires - address->longest) > 0)
			address->longest = expires;
	}
	set_addresses(inst, link);
}

/* Ends what has timed out. Return: who lives longest of the @left others */
static struct alias_peer *longest(struct alias_instance *inst, struct alias_link *link, u32 now,
				  unsigned int *left)
{
	struct alias_peer *peer, *best = NULL;
	struct hlist_node *next;

	*left = 0;
	hlist_for_each_entry_safe(peer, next, &link->peers, by_link) {
		if ((s32)(READ_ONCE(peer->expires) - now) <= 0) {
			alias_peer_end(inst, link, peer);
			continue;
		}
		if (is_address(link, peer))
			continue;
		++*left;
		if (!best || (s32)(READ_ONCE(peer->expires) - READ_ONCE(best->expires)) > 0)
			best = peer;
	}
	return best;
}

static void unshare(struct alias_instance *inst, struct alias_link *link,
		    const struct alias_peer *peer)
{
	WRITE_ONCE(link->flow.peer_addr, peer->key.addr);
	WRITE_ONCE(link->flow.peer_port, peer->key.port);
	set_flags(link, link->flags & ~ALIAS_LINK_F_SHARED);
	/* Packets may have prolonged it meanwhile. */
	prolong_link(link, READ_ONCE(peer->expires));
	alias_peers_end(inst, link);
}

/* The link lives as long as @best. Peers whose packets prolonged them since they were
 * asked count again, as what these said of the link may have been overwritten.
 */
static void settle_link(struct alias_link *link, const struct alias_peer *best, u32 now)
{
	const struct alias_peer *peer;

	WRITE_ONCE(link->state, best ? best->state : link->state);
	/* A barrier: their word is seen below, or comes later than this. */
	xchg(&link->expires, best ? READ_ONCE(best->expires) : now);
	hlist_for_each_entry(peer, &link->peers, by_link)
		if (!is_address(link, peer))
			prolong_link(link, READ_ONCE(peer->expires));
}

/**
 * alias_connections_tidy - what has become of a shared link
 * @inst: the instance, locked
 * @link: the link
 * @now: alias_now()
 *
 * Peers whose time is over go, and the link lives as long as the longest of
 * those that stay: no connection that ended holds it, and none that goes on
 * loses it.
 */
void alias_connections_tidy(struct alias_instance *inst, struct alias_link *link, u32 now)
{
	struct alias_peer *best;
	unsigned int left;

	alias_assert_locked(inst);
	if (!is_shared(link))
		return;
	settle_addresses(inst, link, now);
	best = longest(inst, link, now, &left);
	if (is_crowded(link))
		return;
	if (alias_space_has_connections(link->flow.near.space))
		settle_link(link, best, now);
	if (left == 1)
		unshare(inst, link, best);
}
