// SPDX-License-Identifier: GPL-2.0
/* The instances of a network namespace, and its beginning and end. */

#include <linux/stringhash.h>
#include <net/net_namespace.h>

#include "housekeeping.h"
#include "instance.h"
#include "netns.h"

unsigned int alias_net_id __read_mostly;

static u32 name_key(const char *name)
{
	return full_name_hash(NULL, name, strlen(name));
}

/**
 * alias_netns_find - an instance by name
 * @an: its namespace; the caller holds its mutex
 * @name: the name
 *
 * Return: without a reference: good as long as the mutex is held; or NULL
 */
struct alias_instance *alias_netns_find(struct alias_net *an, const char *name)
{
	struct alias_instance *inst;

	lockdep_assert_held(&an->mutex);
	hash_for_each_possible(an->names, inst, by_name, name_key(name))
		if (!strcmp(inst->name, name))
			return inst;
	return NULL;
}

/**
 * alias_netns_find_number - an instance by number
 * @an: its namespace
 * @number: the number
 *
 * Return: without a reference: the caller holds RCU; or NULL
 */
struct alias_instance *alias_netns_find_number(struct alias_net *an, u32 number)
{
	return xa_load(&an->numbers, number);
}

/**
 * alias_netns_changed - dumps in progress are no longer of one state
 * @an: the namespace; the caller holds its mutex
 */
void alias_netns_changed(struct alias_net *an)
{
	lockdep_assert_held(&an->mutex);
	/* 0 would tell genl_dump_check_consistent() that nobody counts. */
	if (!++an->generation)
		an->generation = 1;
}

/**
 * alias_netns_add - let rules and packets find an instance
 * @an: the namespace; the caller holds its mutex
 * @inst: complete; name and number are not in use
 *
 * Return: 0 or -ENOMEM; then @inst is in no table
 */
int alias_netns_add(struct alias_net *an, struct alias_instance *inst)
{
	int err;

	lockdep_assert_held(&an->mutex);
	err = xa_alloc_cyclic(&an->ids, &inst->id, inst, xa_limit_31b, &an->last_id, GFP_KERNEL);
	if (err < 0)
		return err;
	if (inst->number) {
		err = xa_err(xa_store(&an->numbers, inst->number, inst, GFP_KERNEL));
		if (err) {
			xa_erase(&an->ids, inst->id);
			return err;
		}
	}
	hash_add(an->names, &inst->by_name, name_key(inst->name));
	alias_netns_changed(an);
	return 0;
}

/**
 * alias_netns_remove - nobody shall find an instance any more
 * @an: the namespace; the caller holds its mutex
 * @inst: an instance that was added
 *
 * Packets may still be on their way through it: the caller must let a grace
 * period pass before it ends the instance.
 */
void alias_netns_remove(struct alias_net *an, struct alias_instance *inst)
{
	lockdep_assert_held(&an->mutex);
	hash_del(&inst->by_name);
	if (inst->number)
		xa_erase(&an->numbers, inst->number);
	xa_erase(&an->ids, inst->id);
	alias_netns_changed(an);
}

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
		alias_netns_remove(an, inst);
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
