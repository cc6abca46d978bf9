// SPDX-License-Identifier: GPL-2.0
/* Fragments are put together before rules see them: RFC 4787 REQ-14, ports are in
 * the first fragment only.
 *
 * The host's kernel does that (nf_defrag_ipv4, ip_defrag()). What it holds of
 * incomplete packets is bounded by net.ipv4.ipfrag_high_thresh, and when a flood has
 * filled that it refuses every fragment, those that come in order too, until the
 * flood's packets time out: 30 s. RFC 4787 REQ-14a forbids just that. So before it is
 * full, incomplete packets give way to the fragment that comes, old ones: what comes in
 * order is complete before it is old.
 */

#include <linux/netfilter_ipv4.h>
#include <linux/random.h>
#include <linux/rhashtable.h>
#include <net/inet_frag.h>
#include <net/ip.h>
#include <net/netfilter/ipv4/nf_defrag_ipv4.h>

#include "compat.h"
#include "defrag.h"

/* Of so many, taken at random, the oldest gives way: with 4, a newcomer has gone with a
 * chance of 1 in 16 when half as many as there are went since it came, and 1 in 65536
 * when a sixteenth did.
 */
#define SAMPLES			4

/* The kernel's table has one to four chains for each incomplete packet, and more for
 * the while until it shrinks.
 */
#define CHAINS_MAX		64

/* Most often what gives way is as large as what came. Where it is not, the next
 * fragments go on making room.
 */
#define GIVE_WAY_MAX		16

/* An eighth is kept free: what other CPUs add between this look and the kernel's must
 * not fill it.
 */
static bool is_full(const struct fqdir *store)
{
	long limit = READ_ONCE(store->high_thresh);

	return limit && frag_mem_limit(store) > limit - limit / 8;
}

/* Of a packet that is just being made there is no fragment, and no time, yet: it is the
 * newest.
 */
static u64 last_fragment(const struct inet_frag_queue *q)
{
	return (u64)READ_ONCE(q->stamp) - 1;
}

/* A packet's timer counts from its first fragment, in ticks; a flood may fill the store
 * within one, so then the time of the last fragment decides.
 */
static bool is_older(const struct inet_frag_queue *a, const struct inet_frag_queue *b)
{
	unsigned long end_a = READ_ONCE(a->timer.expires), end_b = READ_ONCE(b->timer.expires);

	return end_a == end_b ? last_fragment(a) < last_fragment(b) : time_before(end_a, end_b);
}

static struct inet_frag_queue *older(struct inet_frag_queue *a, struct inet_frag_queue *b)
{
	if (!a || !b)
		return a ?: b;
	return is_older(b, a) ? b : a;
}

/* While a packet's timer is not set, its creator is still at it. */
static struct inet_frag_queue *oldest_of_chain(struct bucket_table *table, unsigned int chain)
{
	struct inet_frag_queue *q, *oldest = NULL;
	struct rhash_head *at;

	rht_for_each_entry_rcu(q, at, table, chain, node)
		if (timer_pending(&q->timer))
			oldest = older(oldest, q);
	return oldest;
}

static struct inet_frag_queue *anyone(struct bucket_table *table)
{
	struct inet_frag_queue *q = NULL;
	u32 from = get_random_u32();
	unsigned int n;

	for (n = 0; n < CHAINS_MAX && !q; n++)
		q = oldest_of_chain(table, (from + n) & (table->size - 1));
	return q;
}

/* While the kernel's table grows or shrinks there are two, and all move to the later. */
static struct inet_frag_queue *oldest_of_some(struct rhashtable *ht)
{
	struct inet_frag_queue *oldest = NULL;
	struct bucket_table *table;
	unsigned int n;

	for (table = rht_dereference_rcu(ht->tbl, ht); table;
	     table = rht_dereference_rcu(table->future_tbl, ht))
		for (n = 0; n < SAMPLES; n++)
			oldest = older(oldest, anyone(table));
	return oldest;
}

/* As if its time were over, but nobody is told: its sender may be anybody. */
static void give_way(struct net *net, struct inet_frag_queue *q)
{
	int refs = 1;

	if (!refcount_inc_not_zero(&q->refcnt))
		return;
	spin_lock_bh(&q->lock);
	if (!(q->flags & INET_FRAG_COMPLETE)) {
		q->flags |= ALIAS_FRAG_DROP;
		alias_compat_frag_kill(q, &refs);
		IP_INC_STATS(net, IPSTATS_MIB_REASMFAILS);
	}
	spin_unlock_bh(&q->lock);
	alias_compat_frag_put(q, refs);
}

/* RFC 4787 REQ-14a. Who gives way is counted as IpReasmFails, as are those whose time is
 * over.
 */
static void make_room(struct net *net)
{
	struct fqdir *store = net->ipv4.fqdir;
	struct inet_frag_queue *q;
	unsigned int n;

	for (n = 0; n < GIVE_WAY_MAX && is_full(store); n++) {
		q = oldest_of_some(&store->rhashtable);
		if (!q)
			return;
		give_way(net, q);
	}
}

static unsigned int before_defrag(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	if (likely(!ip_is_fragment(ip_hdr(skb))))
		return NF_ACCEPT;
	/* The kernel keeps it with the packet, and somebody may take it for the time to
	 * send: that has come, by the clock of those who send.
	 */
	if (!skb->tstamp)
		skb->tstamp = ktime_get();
	make_room(state->net);
	return NF_ACCEPT;
}

static const struct nf_hook_ops hook = {
	.hook		= before_defrag,
	.pf		= NFPROTO_IPV4,
	.hooknum	= NF_INET_PRE_ROUTING,
	.priority	= NF_IP_PRI_CONNTRACK_DEFRAG - 1,
};

static int add_hook(struct alias_net *an)
{
	int err;

	lockdep_assert_held(&an->mutex);
	if (an->defrag_users == UINT_MAX)
		return -EOVERFLOW;
	if (!an->defrag_users) {
		err = nf_register_net_hook(an->net, &hook);
		if (err)
			return err;
	}
	an->defrag_users++;
	return 0;
}

/**
 * alias_defrag_enable - one more rule needs whole packets
 * @an: the rule's namespace
 *
 * Return: 0 or a negative error
 */
int alias_defrag_enable(struct alias_net *an)
{
	int err;

	err = nf_defrag_ipv4_enable(an->net);
	if (err)
		return err;
	mutex_lock(&an->mutex);
	err = add_hook(an);
	mutex_unlock(&an->mutex);
	if (err)
		nf_defrag_ipv4_disable(an->net);
	return err;
}

/**
 * alias_defrag_disable - one rule less needs whole packets
 * @an: the rule's namespace, which may be at its end
 */
void alias_defrag_disable(struct alias_net *an)
{
	mutex_lock(&an->mutex);
	if (!--an->defrag_users)
		nf_unregister_net_hook(an->net, &hook);
	mutex_unlock(&an->mutex);
	nf_defrag_ipv4_disable(an->net);
}
