// SPDX-License-Identifier: GPL-2.0
/* The nftables expression "alias": glue between a rule and an instance.
 *
 *	alias out NAME		the instance is known when the rule is added
 *	alias out map …		its number is in a register, packet by packet
 */

#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nft_alias.h>
#include <net/dst.h>
#include <net/netfilter/nf_tables.h>
#include <net/netlink.h>

#include "compat.h"
#include "defrag.h"
#include "expr.h"
#include "instance.h"
#include "registry.h"
#include "translate.h"

/* A rule's private data is copied when a ruleset is committed, and packets see
 * the copy: nothing that changes is of use to them. The reference and what is
 * counted belong to the rule's own.
 */
struct nft_alias {
	struct alias_instance *instance;
	u8 sreg;
	enum nft_alias_direction dir:8;
	bool counted;
};

static void count_stray(struct alias_net *an, enum nft_alias_direction dir)
{
	this_cpu_inc(an->strays->way[dir]);
}

static struct alias_instance *find_instance(const struct nft_alias *priv,
					    const struct nft_regs *regs,
					    const struct nft_pktinfo *pkt)
{
	struct alias_net *an = alias_net(nft_net(pkt));
	struct alias_instance *inst = alias_registry_find_number(an, regs->data[priv->sreg]);

	if (!inst)
		count_stray(an, priv->dir);
	return inst;
}

static enum alias_verdict translate(const struct nft_alias *priv, const struct nft_regs *regs,
				    const struct nft_pktinfo *pkt)
{
	struct alias_instance *inst = priv->instance ?: find_instance(priv, regs, pkt);

	if (priv->dir == NFT_ALIAS_OUT)
		return inst ? alias_out(inst, pkt->skb) : ALIAS_DROP;
	return inst ? alias_in(inst, pkt->skb) : ALIAS_NO_MATCH;
}

/* A packet that the box sent to itself comes with its route, which is to the
 * old destination.
 */
static void forget_route(const struct nft_alias *priv, const struct nft_pktinfo *pkt)
{
	if (priv->dir == NFT_ALIAS_IN && nft_hook(pkt) == NF_INET_PRE_ROUTING)
		skb_dst_drop(pkt->skb);
}

static void nft_alias_eval(const struct nft_expr *expr, struct nft_regs *regs,
			   const struct nft_pktinfo *pkt)
{
	/* Tables of family inet see IPv6 as well. */
	if (nft_pf(pkt) != NFPROTO_IPV4) {
		regs->verdict.code = NFT_BREAK;
		return;
	}

	switch (translate(nft_expr_priv(expr), regs, pkt)) {
	case ALIAS_TRANSLATED:
		forget_route(nft_expr_priv(expr), pkt);
		return;
	case ALIAS_NO_MATCH:
		regs->verdict.code = NFT_BREAK;
		return;
	case ALIAS_DROP:
		regs->verdict.code = NF_DROP;
		return;
	}
}

/* nftables parses expressions liberally: what no entry refuses is passed over.
 * So there is an entry for every attribute an expression may have, and lengths
 * are looked at again.
 */
static const struct nla_policy nft_alias_policy[NFT_EXPR_MAXATTR + 1] = {
	[NFTA_ALIAS_DIR] = NLA_POLICY_MAX(NLA_BE32, NFT_ALIAS_DIR_MAX),
	[NFTA_ALIAS_NAME] = { .type = NLA_NUL_STRING, .len = ALIAS_NAME_SIZE - 1 },
	[NFTA_ALIAS_SREG] = { .type = NLA_BE32 },
	[NFTA_ALIAS_MAX + 1 ... NFT_EXPR_MAXATTR] = { .type = NLA_REJECT },
};

static bool is_be32(const struct nlattr *attr)
{
	return nla_len(attr) == sizeof(__be32);
}

static int check_chain(const struct nft_chain *chain, enum nft_alias_direction dir)
{
	static const unsigned int hooks[] = {
		[NFT_ALIAS_OUT] = BIT(NF_INET_PRE_ROUTING) | BIT(NF_INET_FORWARD) |
				  BIT(NF_INET_POST_ROUTING),
		[NFT_ALIAS_IN] = BIT(NF_INET_PRE_ROUTING) | BIT(NF_INET_LOCAL_IN),
	};

	/* What the box itself sends has its route: only a chain of type route gives
	 * it the way to its new destination.
	 */
	if (dir == NFT_ALIAS_IN && !nft_chain_validate_dependency(chain, NFT_CHAIN_T_ROUTE))
		return nft_chain_validate_hooks(chain, BIT(NF_INET_LOCAL_OUT));

	/* A chain of type nat sees the first packet of a flow only. */
	if (nft_chain_validate_dependency(chain, NFT_CHAIN_T_DEFAULT))
		return -EOPNOTSUPP;
	return nft_chain_validate_hooks(chain, hooks[dir]);
}

static int nft_alias_validate(ALIAS_EXPR_VALIDATE_ARGS)
{
	const struct nft_alias *priv = nft_expr_priv(expr);

	return check_chain(ctx->chain, priv->dir);
}

/* The reference and the count keep the instance while the rule is there. */
static int hold_instance(struct nft_alias *priv, struct alias_net *an, const struct nlattr *name)
{
	struct alias_instance *inst;
	char buf[ALIAS_NAME_SIZE];
	int err = 0;

	nla_strscpy(buf, name, sizeof(buf));
	mutex_lock(&an->mutex);
	inst = alias_registry_find(an, buf);
	if (!inst)
		err = -ENOENT;
	else if (!atomic_add_unless(&inst->rules, 1, INT_MAX))
		err = -EMFILE;
	else
		refcount_inc(&inst->refs);
	mutex_unlock(&an->mutex);

	priv->instance = err ? NULL : inst;
	priv->counted = !err;
	return err;
}

static int parse_target(const struct nft_ctx *ctx, const struct nlattr * const tb[],
			struct nft_alias *priv)
{
	if (!tb[NFTA_ALIAS_NAME] == !tb[NFTA_ALIAS_SREG])
		return -EINVAL;
	if (tb[NFTA_ALIAS_SREG] && !is_be32(tb[NFTA_ALIAS_SREG]))
		return -EINVAL;
	if (tb[NFTA_ALIAS_SREG])
		return alias_compat_register_load(ctx, tb[NFTA_ALIAS_SREG], &priv->sreg,
						  sizeof(u32));
	return hold_instance(priv, alias_net(ctx->net), tb[NFTA_ALIAS_NAME]);
}

static void uncount_rule(struct nft_alias *priv)
{
	if (!priv->counted)
		return;
	priv->counted = false;
	atomic_dec(&priv->instance->rules);
}

static void release_instance(struct nft_alias *priv)
{
	uncount_rule(priv);
	if (priv->instance)
		alias_instance_put(priv->instance);
}

static int nft_alias_init(const struct nft_ctx *ctx, const struct nft_expr *expr,
			  const struct nlattr * const tb[])
{
	struct nft_alias *priv = nft_expr_priv(expr);
	int err;

	if (ctx->family != NFPROTO_IPV4 && ctx->family != NFPROTO_INET)
		return -EAFNOSUPPORT;
	if (!tb[NFTA_ALIAS_DIR] || !is_be32(tb[NFTA_ALIAS_DIR]))
		return -EINVAL;
	priv->dir = ntohl(nla_get_be32(tb[NFTA_ALIAS_DIR]));

	/* A chain that others jump to is checked by nft_alias_validate(); for a
	 * base chain the error names this rule if it comes now.
	 */
	err = check_chain(ctx->chain, priv->dir);
	if (err)
		return err;
	err = parse_target(ctx, tb, priv);
	if (err)
		return err;

	err = alias_defrag_enable(alias_net(ctx->net));
	if (err)
		release_instance(priv);
	return err;
}

/* The rule leaves the ruleset, for good except in the prepare phase, which an
 * abort undoes: until the commit an instance must not be deleted behind it.
 * Memory goes later, in nft_alias_destroy(); the count must not wait for that,
 * or deleting the rules and then the instance would fail now and then.
 */
static void nft_alias_deactivate(const struct nft_ctx *ctx, const struct nft_expr *expr,
				 enum nft_trans_phase phase)
{
	if (phase != NFT_TRANS_PREPARE)
		uncount_rule(nft_expr_priv(expr));
}

static void nft_alias_destroy(const struct nft_ctx *ctx, const struct nft_expr *expr)
{
	alias_defrag_disable(alias_net(ctx->net));
	release_instance(nft_expr_priv(expr));
}

static int nft_alias_dump(ALIAS_EXPR_DUMP_ARGS)
{
	const struct nft_alias *priv = nft_expr_priv(expr);

	if (nla_put_be32(skb, NFTA_ALIAS_DIR, htonl(priv->dir)))
		return -1;
	if (priv->instance)
		return nla_put_string(skb, NFTA_ALIAS_NAME, priv->instance->name);
	return nft_dump_register(skb, NFTA_ALIAS_SREG, priv->sreg);
}

static struct nft_expr_type nft_alias_type;
static const struct nft_expr_ops nft_alias_ops = {
	.type		= &nft_alias_type,
	.size		= NFT_EXPR_SIZE(sizeof(struct nft_alias)),
	.eval		= nft_alias_eval,
	.init		= nft_alias_init,
	.deactivate	= nft_alias_deactivate,
	.destroy	= nft_alias_destroy,
	.dump		= nft_alias_dump,
	.validate	= nft_alias_validate,
};

static struct nft_expr_type nft_alias_type __read_mostly = {
	.name		= "alias",
	.ops		= &nft_alias_ops,
	.policy		= nft_alias_policy,
	.maxattr	= NFT_EXPR_MAXATTR,
	.owner		= THIS_MODULE,
};

/**
 * nft_alias_expr_init - let rules use the expression
 *
 * Return: 0 or a negative error
 */
int nft_alias_expr_init(void)
{
	return nft_register_expr(&nft_alias_type);
}

/**
 * nft_alias_expr_exit - no rule uses it any more
 */
void nft_alias_expr_exit(void)
{
	nft_unregister_expr(&nft_alias_type);
}
