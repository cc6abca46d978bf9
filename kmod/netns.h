/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_NETNS_H
#define ALIAS_NETNS_H

#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/netns/generic.h>

#include "instance.h"

/* 64 chains: a thousand instances are found within 16 comparisons, and names
 * are looked up only when rules and instances change.
 */
#define ALIAS_NAMES_BITS	6

/**
 * struct alias_strays - packets that reached no instance, on one CPU
 * @way: indexed by enum nft_alias_direction
 */
struct alias_strays {
	u64 way[NFT_ALIAS_DIR_MAX + 1];
};

/**
 * struct alias_net - the instances of a network namespace
 * @mutex: see the comment on locking in instance.h
 * @ids: every instance; the order of dumps
 * @numbers: those that have a number; packets look here under RCU
 * @names: every instance
 * @last_id: where the search for a free id begins
 * @generation: changes with every change of the above
 * @strays: packets whose map gave a number that no instance has
 * @housekeeping: the work that collects links
 * @net: back pointer
 */
struct alias_net {
	struct mutex mutex; /* see above */
	struct xarray ids;
	struct xarray numbers;
	DECLARE_HASHTABLE(names, ALIAS_NAMES_BITS);
	u32 last_id;
	unsigned int generation;
	struct alias_strays __percpu *strays;
	struct delayed_work housekeeping;
	struct net *net;
};

extern unsigned int alias_net_id;

static inline struct alias_net *alias_net(const struct net *net)
{
	return net_generic(net, alias_net_id);
}

int alias_netns_init(void);
void alias_netns_exit(void);

struct alias_instance *alias_netns_find(struct alias_net *an, const char *name);
struct alias_instance *alias_netns_find_number(struct alias_net *an, u32 number);
int alias_netns_add(struct alias_net *an, struct alias_instance *inst);
void alias_netns_remove(struct alias_net *an, struct alias_instance *inst);
void alias_netns_changed(struct alias_net *an);

#endif /* ALIAS_NETNS_H */
