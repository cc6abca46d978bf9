// SPDX-License-Identifier: GPL-2.0
/* Negative control for production kernels, which have neither KUnit nor lockdep:
 * a link of another instance in a slot, and a helper called without the lock.
 * Both warnings must stand in the log:
 *
 *	nft_alias: instance victim (...) holds link ... of culprit (...), magic ...
 *	nft_alias: instance victim is worked on without its lock
 *
 * Loading it ends with EAGAIN on purpose; with EINVAL if a verdict or a counter
 * was wrong. Not together with nft_alias: both have a cache of links.
 */

#include <linux/module.h>

#include "engine.h"

#define PORT	7000

static const struct wire to_victim = {
	.protocol = WIRE_UDP, .src = 0xc0000201, .sport = 53, .dst = 0xc6336480, .dport = PORT,
};

static const struct wire from_customer = {
	.protocol = WIRE_UDP, .src = 0x64400001, .sport = PORT, .dst = 0xc0000201, .dport = 53,
};

static struct alias_link *customers_link(struct alias_instance *inst)
{
	struct engine_result result = {};
	struct alias_flow flow = engine_flow(ALIAS_SPACE_UDP, &from_customer, NFT_ALIAS_OUT);
	struct alias_link *link;

	if (engine_send(inst, NFT_ALIAS_OUT, &from_customer, &result) ||
	    result.verdict != ALIAS_TRANSLATED)
		return NULL;
	rcu_read_lock();
	link = alias_link_find_out(inst, &flow);
	rcu_read_unlock();
	return link;
}

static bool is_dropped_and_counted(struct alias_instance *inst)
{
	struct engine_result result = {};
	struct alias_counters sum;

	if (engine_send(inst, NFT_ALIAS_IN, &to_victim, &result))
		return false;
	alias_counters_sum(inst->counters, NFT_ALIAS_IN, &sum);
	return result.verdict == ALIAS_DROP && !result.damaged && sum.refused[ALIAS_FOREIGN] == 1;
}

static bool plant(struct alias_instance *victim, struct alias_link *link)
{
	struct alias_ports *ports = &engine_pool(victim)->address[0]->ports[ALIAS_SPACE_UDP];
	bool good;

	alias_lock(victim);
	if (alias_ports_claim(ports, PORT, true) == PORT)
		alias_ports_publish(ports, PORT, link);
	alias_unlock(victim);
	good = is_dropped_and_counted(victim);

	/* Set aside: out of the slot, its port given to nobody. */
	rcu_read_lock();
	good = good && !alias_ports_find(ports, PORT) && victim->aside == 1 && ports->used == 1;
	rcu_read_unlock();
	return good;
}

static void work_without_lock(struct alias_instance *victim)
{
	/* The spinlock is held, for lockdep where there is one, but nobody has
	 * said so with alias_lock().
	 */
	spin_lock_bh(&victim->lock);
	end_links(victim, &engine_pool(victim)->address[0]->ports[ALIAS_SPACE_UDP], PORT + 1);
	spin_unlock_bh(&victim->lock);
}

static int control(struct alias_instance *victim, struct alias_instance *culprit)
{
	struct alias_net *an = alias_net(&init_net);
	struct alias_link *link = customers_link(culprit);
	bool good = false;

	mutex_lock(&an->mutex);
	if (link && !alias_registry_add(an, culprit)) {
		good = plant(victim, link);
		alias_registry_remove(an, culprit);
	}
	mutex_unlock(&an->mutex);
	synchronize_rcu();
	work_without_lock(victim);
	return good ? -EAGAIN : -EINVAL;
}

static int __init control_init(void)
{
	struct alias_instance *victim, *culprit;
	int err = engine_begin();

	if (err)
		return err;
	victim = engine_instance("victim", 0xc6336480, 1, 1024, 65535, 0);
	culprit = engine_instance("culprit", 0xc6336481, 1, 1024, 65535, ALIAS_F_SAME_PORTS);
	err = victim && culprit ? control(victim, culprit) : -ENOMEM;
	if (victim)
		alias_instance_kill(victim);
	if (culprit)
		alias_instance_kill(culprit);
	engine_end();
	return err;
}

module_init(control_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Negative control: the guards on a production kernel");
