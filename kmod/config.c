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

static const struct nla_policy protocol_policy[ALIAS_A_PROTOCOL_MAX + 1] = {
	[ALIAS_A_PROTOCOL_NUMBER] = { .type = NLA_U8 },
	[ALIAS_A_PROTOCOL_MAPPING] = NLA_POLICY_MAX(NLA_U8, ALIAS_MAPPING_MAX),
	[ALIAS_A_PROTOCOL_FILTER] = NLA_POLICY_MAX(NLA_U8, ALIAS_FILTER_MAX),
};

/* Limits are checked by alias_timeout_fault(), which has a sentence for each. */
static const struct nla_policy timeout_policy[ALIAS_A_TIMEOUT_MAX + 1] = {
	[1 ... ALIAS_A_TIMEOUT_MAX] = { .type = NLA_U32 },
};

/* RFC 4787 REQ-5a: for well-known ports only. */
#define ALIAS_UDP_PORT_LAST	1023

static const struct nla_policy udp_port_policy[ALIAS_A_UDP_PORT_MAX + 1] = {
	[ALIAS_A_UDP_PORT_NUMBER] = NLA_POLICY_RANGE(NLA_U16, 1, ALIAS_UDP_PORT_LAST),
	[ALIAS_A_UDP_PORT_SECONDS] = { .type = NLA_U32 },
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
	[ALIAS_A_INSTANCE_PROTOCOL] = NLA_POLICY_NESTED(protocol_policy),
	[ALIAS_A_INSTANCE_TIMEOUTS] = NLA_POLICY_NESTED(timeout_policy),
	[ALIAS_A_INSTANCE_UDP_PORT] = NLA_POLICY_NESTED(udp_port_policy),
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

static int parse_port_range(struct nlattr **tb, struct alias_pool_config *pool,
			    struct genl_info *info)
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

static int parse_protocol(const struct nlattr *attr, struct alias_settings *settings, u32 *seen,
			  struct genl_info *info)
{
	struct nlattr *tb[ALIAS_A_PROTOCOL_MAX + 1];
	int space, err;

	err = nla_parse_nested(tb, ALIAS_A_PROTOCOL_MAX, attr, protocol_policy, info->extack);
	if (err)
		return err;
	space = tb[ALIAS_A_PROTOCOL_NUMBER] ?
		alias_space_of_protocol(nla_get_u8(tb[ALIAS_A_PROTOCOL_NUMBER])) : -1;
	if (space < 0) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "only TCP, UDP, ICMP, UDP-Lite, SCTP and DCCP differ");
		return -EINVAL;
	}
	if (*seen & BIT(space)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "the same protocol is given twice");
		return -EINVAL;
	}
	*seen |= BIT(space);
	if (tb[ALIAS_A_PROTOCOL_MAPPING])
		settings->mapping[space] = nla_get_u8(tb[ALIAS_A_PROTOCOL_MAPPING]);
	if (tb[ALIAS_A_PROTOCOL_FILTER])
		settings->filter[space] = nla_get_u8(tb[ALIAS_A_PROTOCOL_FILTER]);
	return 0;
}

static int check_timeout(const struct nlattr *attr, enum alias_timeout_attributes timeout,
			 struct genl_info *info)
{
	const char *fault = alias_timeout_fault(timeout, nla_get_u32(attr));

	if (!fault)
		return 0;
	NL_SET_BAD_ATTR(info->extack, attr);
	/* A text of its own for each, which the macro for constants would refuse. */
	if (info->extack)
		info->extack->_msg = fault;
	return -ERANGE;
}

static int parse_timeouts(const struct nlattr *attr, struct alias_timeouts *timeouts,
			  struct genl_info *info)
{
	struct nlattr *tb[ALIAS_A_TIMEOUT_MAX + 1];
	unsigned int n;
	int err;

	err = nla_parse_nested(tb, ALIAS_A_TIMEOUT_MAX, attr, timeout_policy, info->extack);
	if (err)
		return err;
	for (n = 1; n <= ALIAS_A_TIMEOUT_MAX; n++) {
		if (!tb[n])
			continue;
		err = check_timeout(tb[n], n, info);
		if (err)
			return err;
		timeouts->seconds[n] = nla_get_u32(tb[n]);
	}
	return 0;
}

static int parse_udp_port(const struct nlattr *attr, struct alias_timeouts *timeouts,
			  struct genl_info *info)
{
	struct nlattr *tb[ALIAS_A_UDP_PORT_MAX + 1];
	struct alias_udp_port entry;
	unsigned int n;
	int err;

	err = nla_parse_nested(tb, ALIAS_A_UDP_PORT_MAX, attr, udp_port_policy, info->extack);
	if (err)
		return err;
	if (!tb[ALIAS_A_UDP_PORT_NUMBER] || !tb[ALIAS_A_UDP_PORT_SECONDS]) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "a UDP port needs a number and a time");
		return -EINVAL;
	}
	entry.port = nla_get_u16(tb[ALIAS_A_UDP_PORT_NUMBER]);
	entry.seconds = nla_get_u32(tb[ALIAS_A_UDP_PORT_SECONDS]);
	if (!entry.seconds || entry.seconds > ALIAS_TIMEOUT_SECONDS_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack, tb[ALIAS_A_UDP_PORT_SECONDS],
				    "the time of a UDP port is from 1 to 604800 s");
		return -ERANGE;
	}
	for (n = 0; n < timeouts->nr_udp_ports; n++) {
		if (timeouts->udp_port[n].port != entry.port)
			continue;
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "the same UDP port is given twice");
		return -EINVAL;
	}
	if (n == ALIAS_UDP_PORTS_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "at most 16 UDP ports have a time");
		return -E2BIG;
	}
	timeouts->udp_port[timeouts->nr_udp_ports++] = entry;
	return 0;
}

/* Those that may be repeated. */
static int parse_lists(const struct nlattr *instance, struct alias_settings *settings,
		       struct genl_info *info)
{
	const struct nlattr *attr;
	u32 seen = 0;
	int rem, err = 0;

	BUILD_BUG_ON(ALIAS_UDP_PORTS_MAX != 16);	/* the sentence above says it */

	nla_for_each_nested(attr, instance, rem) {
		if (nla_type(attr) == ALIAS_A_INSTANCE_PROTOCOL)
			err = parse_protocol(attr, settings, &seen, info);
		else if (nla_type(attr) == ALIAS_A_INSTANCE_UDP_PORT)
			err = parse_udp_port(attr, &settings->timeouts, info);
		if (err)
			return err;
	}
	return 0;
}

static int parse_settings(struct nlattr **tb, const struct nlattr *instance,
			  struct alias_settings *settings, struct genl_info *info)
{
	int err;

	alias_timeouts_default(&settings->timeouts);
	if (tb[ALIAS_A_INSTANCE_FLAGS])
		settings->flags = nla_get_u32(tb[ALIAS_A_INSTANCE_FLAGS]);
	if (tb[ALIAS_A_INSTANCE_MAPPING])
		memset(settings->mapping, nla_get_u8(tb[ALIAS_A_INSTANCE_MAPPING]),
		       sizeof(settings->mapping));
	if (tb[ALIAS_A_INSTANCE_FILTER])
		memset(settings->filter, nla_get_u8(tb[ALIAS_A_INSTANCE_FILTER]),
		       sizeof(settings->filter));
	if (tb[ALIAS_A_INSTANCE_TIMEOUTS]) {
		err = parse_timeouts(tb[ALIAS_A_INSTANCE_TIMEOUTS], &settings->timeouts, info);
		if (err)
			return err;
	}
	return parse_lists(instance, settings, info);
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
	err = parse_port_range(tb, &config->pool, info);
	if (err)
		return err;
	if (tb[ALIAS_A_INSTANCE_NUMBER])
		config->number = nla_get_u32(tb[ALIAS_A_INSTANCE_NUMBER]);
	err = parse_settings(tb, instance, &config->settings, info);
	if (err)
		return err;
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
