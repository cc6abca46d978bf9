// SPDX-License-Identifier: GPL-2.0
/* An instance's configuration, from netlink attributes that may say anything. */

#include <linux/ctype.h>
#include <linux/inet.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "config.h"

/* CGN pools begin above the well-known ports. */
#define ALIAS_PORT_MIN_DEFAULT	1024
#define ALIAS_PORT_MAX_DEFAULT	65535

static const struct nla_policy range_policy[ALIAS_A_RANGE_MAX + 1] = {
	[ALIAS_A_RANGE_FIRST] = { .type = NLA_BE32 },
	[ALIAS_A_RANGE_LAST] = { .type = NLA_BE32 },
};

const struct nla_policy alias_instance_policy[ALIAS_A_INSTANCE_MAX + 1] = {
	[ALIAS_A_INSTANCE_NAME_STR] = { .type = NLA_NUL_STRING, .len = ALIAS_NAME_SIZE - 1 },
	[ALIAS_A_INSTANCE_NUMBER] = NLA_POLICY_MIN(NLA_U32, 1),
	[ALIAS_A_INSTANCE_RANGE] = NLA_POLICY_NESTED(range_policy),
	[ALIAS_A_INSTANCE_PORT_MIN] = NLA_POLICY_MIN(NLA_U16, 1),
	[ALIAS_A_INSTANCE_PORT_MAX] = NLA_POLICY_MIN(NLA_U16, 1),
	[ALIAS_A_INSTANCE_FLAGS] = NLA_POLICY_MASK(NLA_U32, ALIAS_F_MASK),
	[ALIAS_A_INSTANCE_MAPPING] = NLA_POLICY_MAX(NLA_U8, ALIAS_MAPPING_MAX),
	[ALIAS_A_INSTANCE_FILTER] = NLA_POLICY_MAX(NLA_U8, ALIAS_FILTER_MAX),
};

/* Names stand in rulesets, so they are what nft takes for an identifier. */
static bool name_is_good(const char *name)
{
	if (!isascii(*name) || !isalpha(*name))
		return false;
	for (; *name; name++)
		if (!isascii(*name) || !(isalnum(*name) || strchr("_-./\\", *name)))
			return false;
	return true;
}

static int parse_name(struct nlattr **tb, struct alias_config *config, struct genl_info *info)
{
	const struct nlattr *attr = tb[ALIAS_A_INSTANCE_NAME_STR];

	if (!attr) {
		GENL_SET_ERR_MSG(info, "an alias needs a name");
		return -EINVAL;
	}
	nla_strscpy(config->name, attr, sizeof(config->name));
	if (name_is_good(config->name))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attr,
			    "a name begins with a letter and has letters, digits and _-./\\ only");
	return -EINVAL;
}

static int parse_ports(struct nlattr **tb, struct alias_pool_config *pool, struct genl_info *info)
{
	const struct nlattr *min = tb[ALIAS_A_INSTANCE_PORT_MIN];
	const struct nlattr *max = tb[ALIAS_A_INSTANCE_PORT_MAX];

	pool->port_min = min ? nla_get_u16(min) : ALIAS_PORT_MIN_DEFAULT;
	pool->port_max = max ? nla_get_u16(max) : ALIAS_PORT_MAX_DEFAULT;
	if (pool->port_min <= pool->port_max)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, max ? max : min,
			    "the lowest port is above the highest");
	return -ERANGE;
}

/* No packet from or to these passes a router. */
static bool range_is_routable(const struct alias_range *range)
{
	static const struct alias_range unroutable[] = {
		{ 0x00000000, 0x00ffffff },	/* this network */
		{ 0x7f000000, 0x7fffffff },	/* loopback */
		{ 0xe0000000, 0xffffffff },	/* multicast, reserved, broadcast */
	};
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(unroutable); n++)
		if (range->first <= unroutable[n].last && range->last >= unroutable[n].first)
			return false;
	return true;
}

static int parse_range(const struct nlattr *attr, struct alias_range *range,
		       struct genl_info *info)
{
	struct nlattr *tb[ALIAS_A_RANGE_MAX + 1];
	int err;

	err = nla_parse_nested(tb, ALIAS_A_RANGE_MAX, attr, range_policy, info->extack);
	if (err)
		return err;
	if (!tb[ALIAS_A_RANGE_FIRST]) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "an address range needs a first address");
		return -EINVAL;
	}
	range->first = ntohl(nla_get_be32(tb[ALIAS_A_RANGE_FIRST]));
	range->last = tb[ALIAS_A_RANGE_LAST] ? ntohl(nla_get_be32(tb[ALIAS_A_RANGE_LAST])) :
					       range->first;
	if (range->first > range->last) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "the first address of a range is above the last");
		return -EINVAL;
	}
	if (!range_is_routable(range)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "not an address that the outside can answer to");
		return -EINVAL;
	}
	return 0;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct alias_range *l = a, *r = b;

	/* Not by subtraction: a difference of addresses does not fit an int. */
	return l->first < r->first ? -1 : l->first > r->first;
}

static unsigned int count_ranges(const struct nlattr *instance)
{
	const struct nlattr *attr;
	unsigned int n = 0;
	int rem;

	nla_for_each_nested(attr, instance, rem)
		n += nla_type(attr) == ALIAS_A_INSTANCE_RANGE;
	return n;
}

static int read_ranges(const struct nlattr *instance, struct alias_pool_config *pool,
		       struct genl_info *info)
{
	const struct nlattr *attr;
	int rem, err;

	nla_for_each_nested(attr, instance, rem) {
		if (nla_type(attr) != ALIAS_A_INSTANCE_RANGE)
			continue;
		err = parse_range(attr, &pool->range[pool->nr_ranges++], info);
		if (err)
			return err;
	}
	return 0;
}

static int check_ranges(const struct nlattr *instance, struct alias_pool_config *pool,
			struct genl_info *info)
{
	unsigned int n;

	sort(pool->range, pool->nr_ranges, sizeof(*pool->range), compare_ranges, NULL);
	for (n = 1; n < pool->nr_ranges; n++) {
		if (pool->range[n].first <= pool->range[n - 1].last) {
			NL_SET_ERR_MSG_ATTR(info->extack, instance,
					    "the same address is given twice");
			return -EINVAL;
		}
	}
	if (alias_pool_range_size(pool) > ALIAS_ADDRESSES_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack, instance,
				    "an alias has at most 1024 addresses");
		return -E2BIG;
	}
	return 0;
}

static int parse_ranges(const struct nlattr *instance, struct alias_pool_config *pool,
			struct genl_info *info)
{
	unsigned int count = count_ranges(instance);
	int err;

	BUILD_BUG_ON(ALIAS_ADDRESSES_MAX != 1024);	/* the sentence above says it */

	if (!count) {
		NL_SET_ERR_MSG_ATTR(info->extack, instance, "an alias needs an address");
		return -EINVAL;
	}
	pool->range = kvcalloc(count, sizeof(*pool->range), GFP_KERNEL_ACCOUNT);
	if (!pool->range)
		return -ENOMEM;
	err = read_ranges(instance, pool, info);
	return err ? err : check_ranges(instance, pool, info);
}

/**
 * alias_config_parse - read ALIAS_A_INSTANCE
 * @info: the request
 * @config: filled in; to be released in any case
 *
 * Return: 0, or an error of enum alias_command with a sentence in extack
 */
int alias_config_parse(struct genl_info *info, struct alias_config *config)
{
	struct nlattr *tb[ALIAS_A_INSTANCE_MAX + 1];
	const struct nlattr *instance = info->attrs[ALIAS_A_INSTANCE];
	int err;

	memset(config, 0, sizeof(*config));
	if (!instance) {
		GENL_SET_ERR_MSG(info, "no alias is described");
		return -EINVAL;
	}
	err = nla_parse_nested(tb, ALIAS_A_INSTANCE_MAX, instance, alias_instance_policy,
			       info->extack);
	if (err)
		return err;
	err = parse_name(tb, config, info);
	if (err)
		return err;
	err = parse_ports(tb, &config->pool, info);
	if (err)
		return err;
	if (tb[ALIAS_A_INSTANCE_NUMBER])
		config->number = nla_get_u32(tb[ALIAS_A_INSTANCE_NUMBER]);
	if (tb[ALIAS_A_INSTANCE_FLAGS])
		config->flags = nla_get_u32(tb[ALIAS_A_INSTANCE_FLAGS]);
	return parse_ranges(instance, &config->pool, info);
}

/**
 * alias_config_release - free what a configuration holds
 * @config: from alias_config_parse(), also if that failed
 */
void alias_config_release(struct alias_config *config)
{
	kvfree(config->pool.range);
}

static bool pools_overlap(const struct alias_pool_config *a, const struct alias_pool_config *b)
{
	unsigned int i = 0, j = 0;

	while (i < a->nr_ranges && j < b->nr_ranges) {
		if (a->range[i].last < b->range[j].first)
			i++;
		else if (b->range[j].last < a->range[i].first)
			j++;
		else
			return true;
	}
	return false;
}

/**
 * alias_config_check_others - whether a configuration can stand beside others
 * @an: the namespace; the caller holds its mutex
 * @self: the instance that gets it, or NULL if it is new
 * @config: the configuration
 * @info: takes the sentence
 *
 * RFC 4787 REQ-3: an outside endpoint has one owner. Two instances with one
 * address could give the same port twice.
 *
 * Return: 0, -EEXIST for the number, -EADDRINUSE for an address
 */
int alias_config_check_others(struct alias_net *an, const struct alias_instance *self,
			      const struct alias_config *config, struct genl_info *info)
{
	struct alias_instance *other;
	unsigned long id;

	lockdep_assert_held(&an->mutex);
	xa_for_each(&an->ids, id, other) {
		const struct alias_pool *pool = rcu_dereference_protected(other->pool,
							lockdep_is_held(&an->mutex));

		if (other == self)
			continue;
		if (config->number && other->number == config->number) {
			GENL_SET_ERR_MSG(info, "another alias has this number");
			return -EEXIST;
		}
		if (pools_overlap(&pool->config, &config->pool)) {
			GENL_SET_ERR_MSG(info, "an address belongs to another alias");
			return -EADDRINUSE;
		}
	}
	return 0;
}
