/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The whole engine, in one object with the test that includes this: static
 * functions are in reach, and the clock is the test's. Needs no KUnit.
 */
#ifndef ALIAS_KUNIT_ENGINE_H
#define ALIAS_KUNIT_ENGINE_H

#include <linux/rcupdate.h>
#include <net/net_namespace.h>

#include "../kmod/link.h"
#include "skb.h"
#include "wire.h"

/* Moved by hand, so that 2 h 4 min take no time and the wrap of the clock comes
 * when it is wanted. Jiffies.
 */
static u32 engine_clock;
#define alias_now() READ_ONCE(engine_clock)

#include "../kmod/counters.c"
#include "../kmod/timeout.c"
#include "../kmod/tcp.c"
#include "../kmod/portblock.c"
#include "../kmod/packet.c"
#include "../kmod/registry.c"
#include "../kmod/guard.c"
#include "../kmod/ports.c"
#include "../kmod/pool.c"
#include "../kmod/rewrite.c"
#include "../kmod/subscriber.c"
#include "../kmod/peer.c"
#include "../kmod/call.c"
#include "../kmod/link.c"
#include "../kmod/claim.c"
#include "../kmod/connection.c"
#include "../kmod/pptp.c"
#include "../kmod/instance.c"
#include "../kmod/icmp.c"
#include "../kmod/housekeeping.c"
#include "../kmod/translate.c"
#include "../kmod/netns.c"

/* In the order of the module's own alias_init(). */
static inline int engine_begin(void)
{
	int err;

	err = alias_link_cache_create();
	if (err)
		return err;
	err = alias_peer_cache_create();
	if (err)
		goto err_links;
	err = alias_ports_cache_create();
	if (err)
		goto err_peers;
	err = alias_housekeeping_init();
	if (err)
		goto err_ports;
	err = alias_netns_init();
	if (err)
		goto err_housekeeping;
	return 0;

err_housekeeping:
	alias_housekeeping_exit();
err_ports:
	alias_ports_cache_destroy();
err_peers:
	alias_peer_cache_destroy();
err_links:
	alias_link_cache_destroy();
	return err;
}

static inline void engine_end(void)
{
	alias_netns_exit();
	alias_housekeeping_exit();
	alias_ports_cache_destroy();
	alias_peer_cache_destroy();
	alias_link_cache_destroy();
}

/**
 * struct engine_result - what became of a packet
 * @verdict: what the engine said
 * @wire: what the packet says now
 * @damaged: a checksum is wrong, or a packet that was not translated changed
 */
struct engine_result {
	enum alias_verdict verdict;
	struct wire wire;
	bool damaged;
};

static inline bool engine_is_damaged(u8 *after, u8 *before, unsigned int bytes, bool translated)
{
	if (!translated)
		return memcmp(after, before, bytes);
	if (wire_get16(after + 10) != wire_ip_check(after))
		return true;
	if (after[9] == WIRE_UDP && !wire_get16(wire_check(before)))
		return wire_get16(wire_check(after));
	return !wire_is_sound(after);
}

/**
 * engine_send_bytes - send a packet through an instance
 * @inst: the instance
 * @dir: which way
 * @bytes: the packet
 * @length: of @bytes
 * @result: filled in
 *
 * Return: 0 or -ENOMEM
 */
static inline int engine_send_bytes(struct alias_instance *inst, enum nft_alias_direction dir,
				    u8 *bytes, unsigned int length, struct engine_result *result)
{
	struct sk_buff *skb = skb_make(bytes, length, length);
	u8 after[WIRE_BYTES_MAX];

	if (!skb)
		return -ENOMEM;
	skb_arm(skb);
	rcu_read_lock();
	result->verdict = dir == NFT_ALIAS_OUT ? alias_out(inst, skb) : alias_in(inst, skb);
	rcu_read_unlock();
	skb_disarm(skb);

	skb_copy_bits(skb, 0, after, length);
	kfree_skb(skb);
	result->damaged = engine_is_damaged(after, bytes, length,
					    result->verdict == ALIAS_TRANSLATED);
	if (result->verdict == ALIAS_TRANSLATED)
		wire_read(after, &result->wire);
	return 0;
}

/**
 * engine_send - send a well-formed packet through an instance
 * @inst: the instance
 * @dir: which way
 * @w: what the packet says
 * @result: filled in
 */
static inline int engine_send(struct alias_instance *inst, enum nft_alias_direction dir,
			      const struct wire *w, struct engine_result *result)
{
	u8 bytes[WIRE_BYTES_MAX];
	unsigned int length = wire_write(bytes, w);

	return engine_send_bytes(inst, dir, bytes, length, result);
}

/**
 * engine_instance - an instance with one range of addresses
 * @name: its name
 * @first: first outside address
 * @addresses: how many
 * @min: lowest port
 * @max: highest port
 * @flags: enum alias_instance_flags
 */
static inline struct alias_instance *
engine_instance(const char *name, u32 first, unsigned int addresses, u16 min, u16 max, u32 flags)
{
	struct alias_range range = { .first = first, .last = first + addresses - 1 };
	struct alias_config config = {
		.settings.flags = flags,
		.pool = {
			.port_min = min,
			.port_max = max,
			.nr_ranges = 1,
			.range = &range,
		},
	};

	alias_timeouts_default(&config.settings.timeouts);
	strscpy(config.name, name, sizeof(config.name));
	return alias_instance_alloc(&init_net, &config);
}

/* The pool of an instance whose configuration nobody else changes. */
static inline struct alias_pool *engine_pool(const struct alias_instance *inst)
{
	return rcu_dereference_protected(inst->pool, 1);
}

/* What a packet that says this is about, as alias_flow_of() has it. */
static inline struct alias_flow engine_flow(enum alias_space space, const struct wire *w,
					    enum nft_alias_direction dir)
{
	const struct alias_packet pkt = {
		.src = htonl(w->src),
		.dst = htonl(w->dst),
		.sport = htons(w->sport),
		.dport = htons(w->dport),
		.space = space,
	};

	return alias_flow_of(&pkt, dir);
}

/* The settings of an instance, to change without ceremony. */
static inline struct alias_settings *engine_settings(const struct alias_instance *inst)
{
	return rcu_dereference_protected(inst->settings, 1);
}

#endif /* ALIAS_KUNIT_ENGINE_H */
