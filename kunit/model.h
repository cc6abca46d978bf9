/* SPDX-License-Identifier: GPL-2.0 */
/* What becomes of packets, said a second time and as simply as can be: an array of
 * mappings, each with a list of the peers that the inside has sent to, each with a
 * time of its own. Nothing is stored that can be looked up, nothing is put off, and
 * of the engine it knows no more than the names of states.
 */
#ifndef ALIAS_KUNIT_MODEL_H
#define ALIAS_KUNIT_MODEL_H

#include "tcp_model.h"
#include "wire.h"

#define MODEL_MAPPINGS	128
#define MODEL_PEERS	16

/* Seconds. With a clock that goes by tens nothing ends in the second in which the
 * engine, which moves a time once a second only, may be late.
 */
#define MODEL_OPENING		245
#define MODEL_ESTABLISHED	7445
#define MODEL_CLOSING		365
#define MODEL_UDP		305
#define MODEL_UDP_53		15
#define MODEL_HOLD		120

/* What can happen. */
enum model_event {
	MODEL_OPENS,			/* a mapping where there was none */
	MODEL_WAKES,			/* one that rested */
	MODEL_MEETS,			/* a further peer */
	MODEL_UNTRACKED,		/* one too many, which passes */
	MODEL_FULL,			/* one too many, which does not */
	MODEL_STRANGER_RESET,		/* outward, to nobody's surprise */
	MODEL_NOTHING_TO_RESET,		/* outward, without a mapping */
	MODEL_ENTERS,
	MODEL_STRANGER_ENTERS,
	MODEL_FILTERED,
	MODEL_NO_MAPPING,		/* inward */
	MODEL_REFRESHES,		/* inward */
	MODEL_PEER_CUT_SHORT,		/* and others hold the mapping */
	MODEL_MAPPING_CUT_SHORT,	/* by the end of its last connection */
	MODEL_PEER_OVER,		/* and others hold the mapping */
	MODEL_RESTS,
	MODEL_MAPPING_OVER,
	MODEL_EVENTS
};

enum model_verdict { MODEL_PASSES, MODEL_NOTHING, MODEL_REFUSES_PEER, MODEL_HAS_NO_ROOM };

struct model_peer {
	u32 addr;
	u16 port;
	u32 until;
	struct tcp_model tcp;
};

/**
 * struct model_mapping - an inside endpoint's
 * @protocol: of IP; 0 if there is no such mapping
 * @inside: address
 * @inside_port: port
 * @outside: address, learned from the first packet; 0 before
 * @outside_port: port
 * @peers: entries of @peer, those that are over included
 * @crowded: had a peer too many
 * @at_least: of a crowded one: it never lives shorter
 * @peer: whom the inside has sent to
 */
struct model_mapping {
	u8 protocol;
	u32 inside;
	u16 inside_port;
	u32 outside;
	u16 outside_port;
	unsigned int peers;
	bool crowded;
	u32 at_least;
	struct model_peer peer[MODEL_PEERS];
};

/**
 * struct model - an instance
 * @dependent: mapping edm
 * @filter: for all protocols
 * @refresh_in: inward packets keep a mapping alive
 * @room: for peers and, where they are told apart, their addresses
 * @now: seconds
 * @seen: how often each thing happened
 * @tracked: how often each kind of packet came, by state and direction
 * @mapping: all there are
 */
struct model {
	bool dependent;
	enum alias_filter filter;
	bool refresh_in;
	unsigned int room;
	u32 now;
	unsigned int seen[MODEL_EVENTS];
	unsigned int tracked[ALIAS_LINK_STATE_MAX + 1][2][KINDS];
	struct model_mapping mapping[MODEL_MAPPINGS];
};

static inline bool model_is_live(const struct model *m, const struct model_peer *peer)
{
	return peer->until > m->now;
}

/* A mapping lives as long as its longest peer. */
static inline u32 model_until(const struct model_mapping *mapping)
{
	u32 until = mapping->crowded ? mapping->at_least : 0;
	unsigned int n;

	for (n = 0; n < mapping->peers; n++)
		until = max(until, mapping->peer[n].until);
	return until;
}

static inline unsigned int model_live_peers(const struct model *m,
					    const struct model_mapping *mapping)
{
	unsigned int n, live = 0;

	for (n = 0; n < mapping->peers; n++)
		live += model_is_live(m, &mapping->peer[n]);
	return live;
}

static inline struct model_peer *model_peer(const struct model *m, struct model_mapping *mapping,
					    u32 addr, u16 port)
{
	unsigned int n;

	for (n = 0; n < mapping->peers; n++) {
		struct model_peer *peer = &mapping->peer[n];

		if (model_is_live(m, peer) && peer->addr == addr && peer->port == port)
			return peer;
	}
	return NULL;
}

static inline bool model_knows_address(const struct model *m, const struct model_mapping *mapping,
				       u32 addr)
{
	unsigned int n;

	for (n = 0; n < mapping->peers; n++)
		if (model_is_live(m, &mapping->peer[n]) && mapping->peer[n].addr == addr)
			return true;
	return false;
}

static inline bool model_is_for_peer(const struct model *m, const struct model_mapping *mapping,
				     u32 addr, u16 port)
{
	return !m->dependent || (mapping->peer[0].addr == addr && mapping->peer[0].port == port);
}

static inline struct model_mapping *model_of_inside(struct model *m, const struct wire *w)
{
	unsigned int n;

	for (n = 0; n < MODEL_MAPPINGS; n++) {
		struct model_mapping *mapping = &m->mapping[n];

		if (mapping->protocol == w->protocol && mapping->inside == w->src &&
		    mapping->inside_port == w->sport &&
		    model_is_for_peer(m, mapping, w->dst, w->dport))
			return mapping;
	}
	return NULL;
}

static inline struct model_mapping *model_of_outside(struct model *m, const struct wire *w)
{
	unsigned int n;

	for (n = 0; n < MODEL_MAPPINGS; n++) {
		struct model_mapping *mapping = &m->mapping[n];

		if (mapping->protocol == w->protocol && mapping->outside == w->dst &&
		    mapping->outside_port == w->dport &&
		    model_is_for_peer(m, mapping, w->src, w->sport))
			return mapping;
	}
	return NULL;
}

/* --- time --- */

static inline u32 model_life(const struct model_peer *peer, u8 protocol)
{
	if (protocol == WIRE_UDP)
		return peer->port == 53 ? MODEL_UDP_53 : MODEL_UDP;
	switch (tcp_model_state(&peer->tcp)) {
	case ALIAS_LINK_OPENING:
		return MODEL_OPENING;
	case ALIAS_LINK_CLOSING:
	case ALIAS_LINK_RESET:
		return MODEL_CLOSING;
	default:
		return MODEL_ESTABLISHED;
	}
}

static inline void model_keep(struct model *m, const struct model_mapping *mapping,
			      struct model_peer *peer)
{
	peer->until = max(peer->until, m->now + model_life(peer, mapping->protocol));
}

static inline void model_age(struct model *m, struct model_mapping *mapping, u32 before)
{
	u32 until = model_until(mapping), hold = mapping->protocol == WIRE_UDP ? MODEL_HOLD : 0;
	unsigned int n;

	for (n = 0; n < mapping->peers && until > m->now; n++)
		m->seen[MODEL_PEER_OVER] += mapping->peer[n].until > before &&
					    mapping->peer[n].until <= m->now;
	if (until + hold <= m->now) {
		m->seen[MODEL_MAPPING_OVER]++;
		memset(mapping, 0, sizeof(*mapping));
	} else if (until > before && until <= m->now) {
		m->seen[MODEL_RESTS]++;
	}
}

static inline void model_pass(struct model *m, unsigned int seconds)
{
	u32 before = m->now;
	unsigned int n;

	m->now += seconds;
	for (n = 0; n < MODEL_MAPPINGS; n++)
		if (m->mapping[n].protocol)
			model_age(m, &m->mapping[n], before);
}

/* --- connections --- */

/* A crowded one remembers the longest that it ever had. */
static inline void model_remember(struct model_mapping *mapping, u32 until)
{
	if (mapping->crowded)
		mapping->at_least = max(until, model_until(mapping));
}

static inline void model_note_cut(struct model *m, const struct model_mapping *mapping,
				  const struct model_peer *peer, u32 peer_before, u32 before)
{
	if (peer->until >= peer_before)
		return;
	if (model_until(mapping) < before)
		m->seen[MODEL_MAPPING_CUT_SHORT]++;
	else
		m->seen[MODEL_PEER_CUT_SHORT]++;
}

/* A change of the state begins its time anew. Else the packet keeps the connection
 * alive, unless that is over, or it is a reset, or only the outside speaks.
 */
static inline void model_track(struct model *m, struct model_mapping *mapping,
			       struct model_peer *peer, enum nft_alias_direction dir, u8 flags)
{
	enum alias_link_state before = tcp_model_state(&peer->tcp), after;
	u32 until = model_until(mapping), peer_until = peer->until;

	m->tracked[before][dir][kind_of(flags)]++;
	tcp_model_packet(&peer->tcp, dir, flags);
	after = tcp_model_state(&peer->tcp);
	if (after != before) {
		peer->until = m->now + model_life(peer, WIRE_TCP);
		model_note_cut(m, mapping, peer, peer_until, until);
		return;
	}
	if (after == ALIAS_LINK_CLOSING || after == ALIAS_LINK_RESET || kind_of(flags) == RST)
		return;
	if (dir == NFT_ALIAS_OUT || after != ALIAS_LINK_OPENING)
		model_keep(m, mapping, peer);
}

/* --- outward --- */

/* Whether a further peer finds room. Without connections and filter there is nothing to
 * tell peers apart for. The address filter counts addresses, and connections too.
 */
static inline bool model_has_room(const struct model *m, const struct model_mapping *mapping,
				  u32 addr)
{
	bool tcp = mapping->protocol == WIRE_TCP;
	unsigned int n, k, addresses = !model_knows_address(m, mapping, addr);
	unsigned int peers = model_live_peers(m, mapping);

	if (m->dependent || (!tcp && m->filter == ALIAS_FILTER_EIF))
		return true;
	if (m->filter != ALIAS_FILTER_ADF)
		return peers < m->room;
	for (n = 0; n < mapping->peers; n++) {
		for (k = 0; k < n; k++)
			if (model_is_live(m, &mapping->peer[k]) &&
			    mapping->peer[k].addr == mapping->peer[n].addr)
				break;
		addresses += k == n && model_is_live(m, &mapping->peer[n]);
	}
	return (tcp ? peers + 1 : 0) + addresses <= m->room;
}

static inline void model_add_peer(struct model *m, struct model_mapping *mapping, u32 addr,
				  u16 port)
{
	struct model_peer *peer = mapping->peer, *end = peer + mapping->peers;

	/* In the place of one that is over, if there is one. */
	while (peer < end && model_is_live(m, peer))
		peer++;
	mapping->peers += peer == end;
	*peer = (struct model_peer){ .addr = addr, .port = port };
	model_keep(m, mapping, peer);
}

static inline enum model_verdict model_meet(struct model *m, struct model_mapping *mapping,
					    const struct wire *w)
{
	bool tcp = w->protocol == WIRE_TCP;

	if (tcp && kind_of(w->flags) == RST) {
		m->seen[MODEL_STRANGER_RESET]++;
		return MODEL_PASSES;
	}
	if (!mapping->crowded && model_has_room(m, mapping, w->dst)) {
		m->seen[MODEL_MEETS] += model_live_peers(m, mapping) > 0;
		model_add_peer(m, mapping, w->dst, w->dport);
		return MODEL_PASSES;
	}
	if (m->filter != ALIAS_FILTER_EIF) {
		m->seen[MODEL_FULL]++;
		return MODEL_HAS_NO_ROOM;
	}
	/* Nobody follows it, so it may be open as long as any. */
	m->seen[MODEL_UNTRACKED]++;
	mapping->crowded = true;
	model_remember(mapping, m->now + MODEL_ESTABLISHED);
	return MODEL_PASSES;
}

static inline struct model_mapping *model_add(struct model *m, const struct wire *w)
{
	struct model_mapping *mapping = m->mapping;

	while (mapping->protocol)
		mapping++;
	*mapping = (struct model_mapping){
		.protocol = w->protocol,
		.inside = w->src,
		.inside_port = w->sport,
	};
	return mapping;
}

/* Only the outside endpoint stays when one that rested is woken. */
static inline void model_begin(struct model *m, struct model_mapping *mapping)
{
	m->seen[mapping->outside ? MODEL_WAKES : MODEL_OPENS]++;
	mapping->peers = 0;
	mapping->crowded = false;
}

/**
 * model_out - an outward packet
 * @m: the model
 * @w: the packet
 * @mapping: set to its mapping
 */
static inline enum model_verdict model_out(struct model *m, const struct wire *w,
					   struct model_mapping **mapping)
{
	bool tcp = w->protocol == WIRE_TCP;
	enum model_verdict verdict = MODEL_PASSES;
	struct model_peer *peer;

	*mapping = model_of_inside(m, w);
	if (!*mapping || model_until(*mapping) <= m->now) {
		if (tcp && kind_of(w->flags) == RST) {
			m->seen[MODEL_NOTHING_TO_RESET]++;
			return MODEL_NOTHING;
		}
		if (!*mapping)
			*mapping = model_add(m, w);
		model_begin(m, *mapping);
	}
	peer = model_peer(m, *mapping, w->dst, w->dport);
	if (!peer)
		verdict = model_meet(m, *mapping, w);
	else if (tcp)
		model_track(m, *mapping, peer, NFT_ALIAS_OUT, w->flags);
	else
		model_keep(m, *mapping, peer);
	model_remember(*mapping, 0);
	return verdict;
}

/* --- inward --- */

static inline bool model_may_enter(const struct model *m, struct model_mapping *mapping,
				   const struct wire *w)
{
	if (m->dependent || m->filter == ALIAS_FILTER_EIF)
		return true;
	if (m->filter == ALIAS_FILTER_ADF)
		return model_knows_address(m, mapping, w->src);
	return model_peer(m, mapping, w->src, w->sport);
}

/* Whoever enters keeps a mapping without connections alive, if somebody wants it so. */
static inline void model_refresh(struct model *m, struct model_mapping *mapping,
				 struct model_peer *peer, const struct wire *w)
{
	m->seen[MODEL_REFRESHES]++;
	if (peer)
		model_keep(m, mapping, peer);
	else
		model_add_peer(m, mapping, w->src, w->sport);
}

/**
 * model_in - an inward packet
 * @m: the model
 * @w: the packet
 * @mapping: set to its mapping
 */
static inline enum model_verdict model_in(struct model *m, const struct wire *w,
					  struct model_mapping **mapping)
{
	struct model_peer *peer;

	*mapping = model_of_outside(m, w);
	if (!*mapping || model_until(*mapping) <= m->now) {
		m->seen[MODEL_NO_MAPPING]++;
		return MODEL_NOTHING;
	}
	if (!model_may_enter(m, *mapping, w)) {
		m->seen[MODEL_FILTERED]++;
		return MODEL_REFUSES_PEER;
	}
	peer = model_peer(m, *mapping, w->src, w->sport);
	m->seen[peer ? MODEL_ENTERS : MODEL_STRANGER_ENTERS]++;
	if (w->protocol == WIRE_UDP && m->refresh_in)
		model_refresh(m, *mapping, peer, w);
	else if (w->protocol == WIRE_TCP && peer)
		model_track(m, *mapping, peer, NFT_ALIAS_IN, w->flags);
	model_remember(*mapping, 0);
	return MODEL_PASSES;
}

#endif /* ALIAS_KUNIT_MODEL_H */
