// SPDX-License-Identifier: GPL-2.0
/* The beginning and the end of a network namespace. */

#include <linux/percpu.h>
#include <net/net_namespace.h>

#include "alias.h"
#include "housekeeping.h"
#include "instance.h"
#include "netns.h"
#include "registry.h"

unsigned int alias_net_id __read_mostly;

static int __net_init netns_init(struct net *net)
{
	struct alias_net *an = alias_net(net);

	an->strays = alloc_percpu(struct alias_strays);
	if (!an->strays)
		return -ENOMEM;
	an->net = net;
	an->generation = 1;
	mutex_init(&an->mutex);
	xa_init_flags(&an->ids, XA_FLAGS_ALLOC1);
	xa_init(&an->numbers);
	hash_init(an->names);
	alias_housekeeping_start(an);
	return 0;
}

/* nftables unhooks its chains in its pre_exit, which runs before every exit: no
 * packet is on its way. Its rules however go only after this, in its exit: an
 * instance that they name stays in memory, empty, until the last of them.
 */
static void __net_exit netns_exit(struct net *net)
{
	struct alias_net *an = alias_net(net);
	struct alias_instance *inst;
	unsigned long id;

	alias_housekeeping_stop(an);
	mutex_lock(&an->mutex);
	xa_for_each(&an->ids, id, inst) {
		alias_registry_remove(an, inst);
		alias_instance_kill(inst);
	}
	mutex_unlock(&an->mutex);
	xa_destroy(&an->ids);
	xa_destroy(&an->numbers);
	free_percpu(an->strays);
}

static struct pernet_operations netns_ops = {
	.init = netns_init,
	.exit = netns_exit,
	.id = &alias_net_id,
	.size = sizeof(struct alias_net),
};

/**
 * alias_netns_init - begin with the namespaces there are
 *
 * Return: 0 or a negative error
 */
int alias_netns_init(void)
{
	return register_pernet_subsys(&netns_ops);
}

/**
 * alias_netns_exit - end all instances of all namespaces
 */
void alias_netns_exit(void)
{
	unregister_pernet_subsys(&netns_ops);
}
