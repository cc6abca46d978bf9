// SPDX-License-Identifier: GPL-2.0
/* Which instances a network namespace has, by name, by number, in order. */

#include <linux/lockdep.h>
#include <linux/stringhash.h>

#include "registry.h"

static u32 name_key(const char *name)
{
	return full_name_hash(NULL, name, strlen(name));
}

/**
 * alias_registry_find - an instance by name
 * @an: its namespace; the caller holds its mutex
 * @name: the name
 *
 * Return: without a reference: good as long as the mutex is held; or NULL
 */
struct alias_instance *alias_registry_find(struct alias_net *an, const char *name)
{
	struct alias_instance *inst;

	lockdep_assert_held(&an->mutex);
	hash_for_each_possible(an->names, inst, by_name, name_key(name))
		if (!strcmp(inst->name, name))
			return inst;
	return NULL;
}

/**
 * alias_registry_find_number - an instance by number
 * @an: its namespace
 * @number: the number
 *
 * Return: without a reference: the caller holds RCU; or NULL
 */
struct alias_instance *alias_registry_find_number(struct alias_net *an, u32 number)
{
	return xa_load(&an->numbers, number);
}

/**
 * alias_registry_changed - dumps in progress are no longer of one state
 * @an: the namespace; the caller holds its mutex
 */
void alias_registry_changed(struct alias_net *an)
{
	lockdep_assert_held(&an->mutex);
	/* 0 would tell genl_dump_check_consistent() that nobody counts. */
	if (!++an->generation)
		an->generation = 1;
}

/**
 * alias_registry_add - let rules and packets find an instance
 * @an: the namespace; the caller holds its mutex
 * @inst: complete; name and number are not in use
 *
 * Return: 0 or -ENOMEM; then @inst is in no table
 */
int alias_registry_add(struct alias_net *an, struct alias_instance *inst)
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
	alias_registry_changed(an);
	return 0;
}

/**
 * alias_registry_remove - nobody shall find an instance any more
 * @an: the namespace; the caller holds its mutex
 * @inst: an instance that was added
 *
 * Packets may still be on their way through it: the caller must let a grace
 * period pass before it ends the instance.
 */
void alias_registry_remove(struct alias_net *an, struct alias_instance *inst)
{
	lockdep_assert_held(&an->mutex);
	hash_del(&inst->by_name);
	if (inst->number)
		xa_erase(&an->numbers, inst->number);
	xa_erase(&an->ids, inst->id);
	alias_registry_changed(an);
}
