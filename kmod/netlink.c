// SPDX-License-Identifier: GPL-2.0
/* The generic netlink family: commands and dumps. Nothing calls into it. */

#include <linux/module.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "compat.h"
#include "config.h"
#include "guard.h"
#include "instance.h"
#include "link.h"
#include "message.h"
#include "netlink.h"
#include "registry.h"

/* An instance's message: each address a range of its own, and the rest. */
#define ALIAS_INSTANCE_BYTES_MAX (ALIAS_ADDRESSES_MAX * 20 + 2048)

static struct genl_family alias_family;

static const struct nla_policy new_policy[ALIAS_A_CHECK + 1] = {
	[ALIAS_A_INSTANCE] = NLA_POLICY_NESTED(alias_instance_policy),
	[ALIAS_A_CHECK] = { .type = NLA_FLAG },
};

static const struct nla_policy name_policy[ALIAS_A_CHECK + 1] = {
	[ALIAS_A_INSTANCE_NAME] = { .type = NLA_NUL_STRING, .len = ALIAS_NAME_SIZE - 1 },
	[ALIAS_A_CHECK] = { .type = NLA_FLAG },
};

static const struct nla_policy select_policy[ALIAS_A_INSTANCE_NAME + 1] = {
	[ALIAS_A_INSTANCE_NAME] = { .type = NLA_NUL_STRING, .len = ALIAS_NAME_SIZE - 1 },
};

/* In strict validation an attribute without an entry is refused. */
static const struct nla_policy empty_policy[ALIAS_A_INSTANCE + 1] = {};

static struct alias_instance *find_named(struct alias_net *an, struct genl_info *info)
{
	struct nlattr *attr = info->attrs[ALIAS_A_INSTANCE_NAME];
	struct alias_instance *inst;
	char name[ALIAS_NAME_SIZE];

	if (!attr) {
		GENL_SET_ERR_MSG(info, "no alias is named");
		return ERR_PTR(-EINVAL);
	}
	nla_strscpy(name, attr, sizeof(name));
	inst = alias_registry_find(an, name);
	if (inst)
		return inst;
	NL_SET_ERR_MSG_ATTR(info->extack, attr, "there is no alias of this name");
	return ERR_PTR(-ENOENT);
}

static struct sk_buff *instance_message(struct alias_instance *inst, struct genl_info *info, u8 cmd)
{
	struct sk_buff *msg = nlmsg_new(ALIAS_INSTANCE_BYTES_MAX, GFP_KERNEL);
	void *hdr;

	if (!msg)
		return ERR_PTR(-ENOMEM);
	hdr = genlmsg_put_reply(msg, info, &alias_family, 0, cmd);
	if (!hdr || alias_message_instance(msg, inst)) {
		nlmsg_free(msg);
		return ERR_PTR(-EMSGSIZE);
	}
	genlmsg_end(msg, hdr);
	return msg;
}

/* A listener that misses one sees ENOBUFS and can ask for everything anew. */
static void notify(struct alias_instance *inst, struct genl_info *info, u8 cmd)
{
	struct net *net = genl_info_net(info);
	struct sk_buff *msg;

	if (!genl_has_listeners(&alias_family, net, 0) && !nlmsg_report(info->nlhdr))
		return;
	msg = instance_message(inst, info, cmd);
	if (IS_ERR(msg))
		genl_set_err(&alias_family, net, 0, 0, -ENOBUFS);
	else
		genl_notify(&alias_family, msg, info, 0, GFP_KERNEL);
}

static int create(struct alias_net *an, const struct alias_config *config, struct genl_info *info)
{
	struct alias_instance *inst;
	int err;

	if (!(info->nlhdr->nlmsg_flags & NLM_F_CREATE)) {
		GENL_SET_ERR_MSG(info, "there is no alias of this name");
		return -ENOENT;
	}
	if (nla_get_flag(info->attrs[ALIAS_A_CHECK]))
		return 0;
	inst = alias_instance_alloc(genl_info_net(info), config);
	if (!inst)
		return -ENOMEM;
	err = alias_registry_add(an, inst);
	if (err) {
		alias_instance_put(inst);
		return err;
	}
	notify(inst, info, ALIAS_CMD_NEW);
	return 0;
}

static int change(struct alias_net *an, struct alias_instance *inst,
		  const struct alias_config *config, struct genl_info *info)
{
	bool check_only = nla_get_flag(info->attrs[ALIAS_A_CHECK]);
	int err;

	if (info->nlhdr->nlmsg_flags & NLM_F_EXCL) {
		GENL_SET_ERR_MSG(info, "an alias of this name exists");
		return -EEXIST;
	}
	err = alias_instance_change(inst, config, check_only, info->extack);
	if (err || check_only)
		return err;
	alias_registry_changed(an);
	notify(inst, info, ALIAS_CMD_NEW);
	return 0;
}

static int cmd_new(struct sk_buff *skb, struct genl_info *info)
{
	struct alias_net *an = alias_net(genl_info_net(info));
	struct alias_config config;
	struct alias_instance *inst;
	int err;

	err = alias_config_parse(info, &config);
	if (err)
		goto out;

	mutex_lock(&an->mutex);
	inst = alias_registry_find(an, config.name);
	err = alias_config_check_others(an, inst, &config, info);
	if (!err)
		err = inst ? change(an, inst, &config, info) : create(an, &config, info);
	mutex_unlock(&an->mutex);
out:
	alias_config_release(&config);
	return err;
}

/* Returns the instance without a reference but out of all tables, so that only
 * the caller can end it.
 */
static struct alias_instance *take_out(struct alias_net *an, struct genl_info *info)
{
	struct alias_instance *inst;

	lockdep_assert_held(&an->mutex);
	inst = find_named(an, info);
	if (IS_ERR(inst))
		return inst;
	if (atomic_read(&inst->rules)) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[ALIAS_A_INSTANCE_NAME],
				    "rules use this alias: delete them first");
		return ERR_PTR(-EBUSY);
	}
	if (nla_get_flag(info->attrs[ALIAS_A_CHECK]))
		return NULL;
	alias_registry_remove(an, inst);
	notify(inst, info, ALIAS_CMD_DEL);
	return inst;
}

static int cmd_del(struct sk_buff *skb, struct genl_info *info)
{
	struct alias_net *an = alias_net(genl_info_net(info));
	struct alias_instance *inst;

	mutex_lock(&an->mutex);
	inst = take_out(an, info);
	mutex_unlock(&an->mutex);
	if (IS_ERR_OR_NULL(inst))
		return PTR_ERR_OR_ZERO(inst);

	/* Packets that a map sent here hold no reference, only RCU. Expedited, as
	 * synchronize_net() is under RTNL: a file may delete a thousand.
	 */
	synchronize_rcu_expedited();
	alias_instance_kill(inst);
	return 0;
}

static int cmd_flush(struct sk_buff *skb, struct genl_info *info)
{
	struct alias_net *an = alias_net(genl_info_net(info));
	struct alias_instance *inst;

	mutex_lock(&an->mutex);
	inst = find_named(an, info);
	if (!IS_ERR(inst))
		refcount_inc(&inst->refs);
	mutex_unlock(&an->mutex);
	if (IS_ERR(inst))
		return PTR_ERR(inst);

	alias_instance_flush(inst);
	mutex_lock(&an->mutex);
	notify(inst, info, ALIAS_CMD_FLUSH);
	mutex_unlock(&an->mutex);
	alias_instance_put(inst);
	return 0;
}

static int cmd_get(struct sk_buff *skb, struct genl_info *info)
{
	struct alias_net *an = alias_net(genl_info_net(info));
	struct alias_instance *inst;
	struct sk_buff *msg;

	mutex_lock(&an->mutex);
	inst = find_named(an, info);
	msg = IS_ERR(inst) ? ERR_CAST(inst) : instance_message(inst, info, ALIAS_CMD_NEW);
	mutex_unlock(&an->mutex);
	return IS_ERR(msg) ? PTR_ERR(msg) : genlmsg_reply(msg, info);
}

static int cmd_get_namespace(struct sk_buff *skb, struct genl_info *info)
{
	struct alias_net *an = alias_net(genl_info_net(info));
	struct sk_buff *msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *hdr;

	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_put_reply(msg, info, &alias_family, 0, ALIAS_CMD_GET_NAMESPACE);
	if (!hdr || alias_message_namespace(msg, an)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

/* Where a dump goes on in its next message: places, not pointers. */
struct dump_state {
	unsigned long id;
	struct alias_cursor cursor;
	u16 slot;
	u16 sharer;
	bool one_only;
};

static struct dump_state *dump_state(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct dump_state) > sizeof(cb->ctx));
	return (struct dump_state *)cb->ctx;
}

static void *dump_header(struct sk_buff *msg, struct netlink_callback *cb, u8 cmd)
{
	void *hdr = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&alias_family, NLM_F_MULTI, cmd);

	if (hdr)
		genl_dump_check_consistent(cb, hdr);
	return hdr;
}

static int dump_instance(struct sk_buff *msg, struct netlink_callback *cb,
			 struct alias_instance *inst)
{
	void *hdr = dump_header(msg, cb, ALIAS_CMD_NEW);

	if (!hdr)
		return -EMSGSIZE;
	if (alias_message_instance(msg, inst)) {
		genlmsg_cancel(msg, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return 0;
}

/* Return: length of what fits; 0 ends the dump. An object too large for an
 * empty message is an error, or the dump would never end.
 */
static int dump_result(struct sk_buff *msg, int err)
{
	return err && !msg->len ? err : msg->len;
}

static int start_instances(struct netlink_callback *cb)
{
	if (alias_compat_dump_attrs(cb)[ALIAS_A_INSTANCE_NAME]) {
		NL_SET_ERR_MSG(cb->extack, "a dump shows all aliases: name none");
		return -EINVAL;
	}
	cb->min_dump_alloc = ALIAS_INSTANCE_BYTES_MAX;
	return 0;
}

static int dump_instances(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct alias_net *an = alias_net(sock_net(msg->sk));
	struct dump_state *state = dump_state(cb);
	struct alias_instance *inst;
	int err = 0;

	mutex_lock(&an->mutex);
	cb->seq = an->generation;
	while ((inst = xa_find(&an->ids, &state->id, ULONG_MAX, XA_PRESENT))) {
		err = dump_instance(msg, cb, inst);
		if (err)
			break;
		/* Behind it, or the next call would begin with the last one again. */
		state->id++;
	}
	mutex_unlock(&an->mutex);
	return dump_result(msg, err);
}

static int dump_link(struct sk_buff *msg, struct netlink_callback *cb,
		     struct alias_instance *inst, const struct alias_link *link)
{
	void *hdr = dump_header(msg, cb, ALIAS_CMD_GET_LINKS);

	if (!hdr)
		return -EMSGSIZE;
	if (alias_message_link(msg, inst, link, alias_now())) {
		genlmsg_cancel(msg, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return 0;
}

/* The links behind one outside port, from the one where the last message ended:
 * others came behind it, if any.
 */
static int dump_slot(struct sk_buff *msg, struct netlink_callback *cb,
		     struct alias_instance *inst, struct alias_link *link)
{
	struct dump_state *state = dump_state(cb);
	unsigned int n;
	int err;

	for (n = 0; link && alias_guard_owns(inst, link);
	     n++, link = alias_link_after(inst, link)) {
		if (n < state->sharer || alias_link_is_over(inst, link, alias_now()))
			continue;
		err = dump_link(msg, cb, inst, link);
		if (err)
			return err;
		state->sharer = n + 1;
	}
	state->sharer = 0;
	return 0;
}

static int dump_block(struct sk_buff *msg, struct netlink_callback *cb,
		      struct alias_instance *inst, const struct alias_block *block)
{
	struct dump_state *state = dump_state(cb);
	int err;

	for (; state->slot < ALIAS_PORTBLOCK_PORTS; state->slot++) {
		err = dump_slot(msg, cb, inst, rcu_dereference(block->slot[state->slot]));
		if (err)
			return err;
	}
	state->slot = 0;
	return 0;
}

/* Where the last message ended there is nothing any more. */
static void begin_anew(struct dump_state *state)
{
	state->slot = 0;
	state->sharer = 0;
}

static int dump_instance_links(struct sk_buff *msg, struct netlink_callback *cb,
			       struct alias_instance *inst)
{
	struct dump_state *state = dump_state(cb);
	struct alias_cursor before = state->cursor;
	struct alias_block *block;
	int err = 0;

	rcu_read_lock();
	while ((block = alias_pool_next_block(rcu_dereference(inst->pool), &state->cursor))) {
		/* The block in which the last message ended may be gone. */
		if (memcmp(&before, &state->cursor, sizeof(before)))
			begin_anew(state);
		err = dump_block(msg, cb, inst, block);
		if (err)
			break;
		state->cursor.block++;
		before = state->cursor;
	}
	rcu_read_unlock();
	return err;
}

/* The instance where the dump goes on, or if that is gone the next one. */
static struct alias_instance *dump_next(struct alias_net *an, struct dump_state *state)
{
	unsigned long id = state->id;
	struct alias_instance *inst = xa_find(&an->ids, &state->id, ULONG_MAX, XA_PRESENT);

	if (inst && state->id == id)
		return inst;
	if (state->one_only)
		return NULL;
	state->cursor = (struct alias_cursor){};
	begin_anew(state);
	return inst;
}

static int dump_links(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct alias_net *an = alias_net(sock_net(msg->sk));
	struct dump_state *state = dump_state(cb);
	struct alias_instance *inst;
	int err = 0;

	mutex_lock(&an->mutex);
	cb->seq = an->generation;
	while ((inst = dump_next(an, state))) {
		err = dump_instance_links(msg, cb, inst);
		if (err)
			break;
		state->id = state->one_only ? ULONG_MAX : state->id + 1;
		state->cursor = (struct alias_cursor){};
		begin_anew(state);
	}
	mutex_unlock(&an->mutex);
	return dump_result(msg, err);
}

static int start_links(struct netlink_callback *cb)
{
	struct alias_net *an = alias_net(sock_net(cb->skb->sk));
	struct nlattr *attr = alias_compat_dump_attrs(cb)[ALIAS_A_INSTANCE_NAME];
	struct dump_state *state = dump_state(cb);
	struct alias_instance *inst;
	char name[ALIAS_NAME_SIZE];

	memset(state, 0, sizeof(*state));
	if (!attr)
		return 0;
	nla_strscpy(name, attr, sizeof(name));
	mutex_lock(&an->mutex);
	inst = alias_registry_find(an, name);
	if (inst) {
		state->id = inst->id;
		state->one_only = true;
	}
	mutex_unlock(&an->mutex);
	if (inst)
		return 0;
	NL_SET_ERR_MSG_ATTR(cb->extack, attr, "there is no alias of this name");
	return -ENOENT;
}

static const struct genl_ops alias_ops[] = {
	{
		.cmd = ALIAS_CMD_NEW,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = new_policy,
		.maxattr = ARRAY_SIZE(new_policy) - 1,
		.doit = cmd_new,
	},
	{
		.cmd = ALIAS_CMD_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = name_policy,
		.maxattr = ARRAY_SIZE(name_policy) - 1,
		.doit = cmd_del,
	},
	{
		.cmd = ALIAS_CMD_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = select_policy,
		.maxattr = ARRAY_SIZE(select_policy) - 1,
		.doit = cmd_get,
		.start = start_instances,
		.dumpit = dump_instances,
	},
	{
		.cmd = ALIAS_CMD_FLUSH,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = select_policy,
		.maxattr = ARRAY_SIZE(select_policy) - 1,
		.doit = cmd_flush,
	},
	{
		.cmd = ALIAS_CMD_GET_LINKS,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = select_policy,
		.maxattr = ARRAY_SIZE(select_policy) - 1,
		.start = start_links,
		.dumpit = dump_links,
	},
	{
		.cmd = ALIAS_CMD_GET_NAMESPACE,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = empty_policy,
		.maxattr = ARRAY_SIZE(empty_policy) - 1,
		.doit = cmd_get_namespace,
	},
};

static const struct genl_multicast_group alias_groups[] = {
	{ .name = ALIAS_GENL_GROUP, ALIAS_GENL_GROUP_FLAGS },
};

static struct genl_family alias_family __ro_after_init = {
	.name = ALIAS_GENL_NAME,
	.version = ALIAS_GENL_VERSION,
	.maxattr = ALIAS_A_MAX,
	.netnsok = true,
	.parallel_ops = true,	/* alias_net.mutex orders what has to be ordered */
	.module = THIS_MODULE,
	.ops = alias_ops,
	.n_ops = ARRAY_SIZE(alias_ops),
	/* From here on genetlink lets no NLM_F_CREATE and NLM_F_EXCL through. */
	.resv_start_op = ALIAS_CMD_NEW + 1,
	.mcgrps = alias_groups,
	.n_mcgrps = ARRAY_SIZE(alias_groups),
};

/**
 * alias_netlink_init - take commands
 *
 * Return: 0 or a negative error
 */
int alias_netlink_init(void)
{
	return genl_register_family(&alias_family);
}

/**
 * alias_netlink_exit - take no more
 */
void alias_netlink_exit(void)
{
	genl_unregister_family(&alias_family);
}
