// SPDX-License-Identifier: GPL-2.0
/* Calls of PPTP, by what their outward packets say.
 *
 * Each end gives a call an id, and a packet carries its receiver's (RFC 2637
 * section 4.1). Inward that is ours, an outside port like any other. Outward it is
 * the peer's, which the peer chooses when the link is already there: so calls
 * stand in one more table, that only such packets look at.
 */

#include <linux/rhashtable.h>

#include "call.h"
#include "guard.h"

static const struct rhashtable_params call_params = {
	.head_offset = offsetof(struct alias_flow_link, call_node),
	.key_offset = offsetof(struct alias_flow_link, call),
	.key_len = sizeof_field(struct alias_flow_link, call),
	.automatic_shrinking = true,
};

/**
 * alias_calls_init - an empty table of calls
 * @inst: instance under construction
 *
 * Return: 0 or a negative error
 */
int alias_calls_init(struct alias_instance *inst)
{
	return rhashtable_init(&inst->calls, &call_params);
}

/**
 * alias_calls_destroy - free the table, which is empty
 * @inst: instance without links, but for those set aside. May sleep.
 */
void alias_calls_destroy(struct alias_instance *inst)
{
	WARN_ONCE(atomic_read(&inst->calls.nelems) && !inst->aside,
		  "nft_alias: instance %s ends with calls\n", inst->name);
	rhashtable_destroy(&inst->calls);
}

/**
 * alias_call_find - the call of an outward packet
 * @inst: instance; the caller holds RCU or the instance's lock
 * @flow: inside address, the id in the packet, and the peer
 *
 * The link may have timed out, and the caller must ask alias_guard_owns().
 *
 * Return: the link, or NULL
 */
struct alias_link *alias_call_find(struct alias_instance *inst, const struct alias_flow *flow)
{
	struct alias_flow_link *call = rhashtable_lookup_fast(&inst->calls, flow, call_params);

	return call ? &call->link : NULL;
}

/* The peer gives the id to another call: it has forgotten this one. */
static void displace(struct alias_instance *inst, struct alias_link *link)
{
	if (alias_guard_owns(inst, link))
		alias_call_forget(inst, link);
	else if (alias_call_hide(inst, link))
		WRITE_ONCE(inst->aside, inst->aside + 1);
}

/**
 * alias_call_learn - the peer has said which id it gave a call
 * @inst: instance, locked
 * @link: a call, not ended
 * @id: the peer's id
 *
 * A call that is made again gets another id. Readers that walk over the link
 * while it moves from chain to chain notice that and begin again.
 *
 * Return: false if memory is short; then the call has no id
 */
bool alias_call_learn(struct alias_instance *inst, struct alias_link *link, __be16 id)
{
	struct alias_flow call = link->flow;
	struct alias_link *other;

	alias_assert_locked(inst);
	call.near.port = id;
	other = alias_call_find(inst, &call);
	if (other == link)
		return true;
	if (other)
		displace(inst, other);
	alias_call_forget(inst, link);
	alias_flow_link(link)->call = call;
	if (rhashtable_insert_fast(&inst->calls, &alias_flow_link(link)->call_node, call_params))
		return false;
	WRITE_ONCE(link->flags, link->flags | ALIAS_LINK_F_CALL);
	return true;
}

/**
 * alias_call_forget - the peer's id is not good any more
 * @inst: instance, locked
 * @link: any link of the instance's own
 */
void alias_call_forget(struct alias_instance *inst, struct alias_link *link)
{
	alias_assert_locked(inst);
	if (!(link->flags & ALIAS_LINK_F_CALL))
		return;
	alias_call_hide(inst, link);
	WRITE_ONCE(link->flags, link->flags & ~ALIAS_LINK_F_CALL);
}

/**
 * alias_call_hide - take a link out of the table that is damaged or not ours
 * @inst: instance, locked
 * @link: it is not written to
 *
 * Return: whether it was there
 */
bool alias_call_hide(struct alias_instance *inst, struct alias_link *link)
{
	alias_assert_locked(inst);
	return !rhashtable_remove_fast(&inst->calls, &alias_flow_link(link)->call_node,
				       call_params);
}
