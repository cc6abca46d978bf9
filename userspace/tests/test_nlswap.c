// SPDX-License-Identifier: GPL-2.0
/*
 * Rules that libnftnl builds are rewritten there and back, and parsed by
 * libnftnl again; error offsets; rules that are too long; broken messages.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ktap.h"
#include "nlswap.h"
#include "placeholder.h"

#define SIZE	(256 * 1024)

static char message[SIZE];

static struct nftnl_rule *new_rule(void)
{
	struct nftnl_rule *r = nftnl_rule_alloc();

	nftnl_rule_set_str(r, NFTNL_RULE_TABLE, "t");
	nftnl_rule_set_str(r, NFTNL_RULE_CHAIN, "c");
	nftnl_rule_set_data(r, NFTNL_RULE_USERDATA, "abcde", 5);
	return r;
}

static void add_log(struct nftnl_rule *r, const char *prefix)
{
	struct nftnl_expr *e = nftnl_expr_alloc("log");

	nftnl_expr_set_str(e, NFTNL_EXPR_LOG_PREFIX, prefix);
	nftnl_rule_add_expr(r, e);
}

static void add_placeholder(struct nftnl_rule *r, unsigned int reference, bool out,
			    const char *name)
{
	struct buf b = {};

	placeholder_write(&b, reference, out, name);
	add_log(r, b.data);
	buf_free(&b);
}

static void add_meta(struct nftnl_rule *r, uint32_t key, bool set)
{
	struct nftnl_expr *e = nftnl_expr_alloc("meta");

	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(e, set ? NFTNL_EXPR_META_SREG : NFTNL_EXPR_META_DREG, NFT_REG_1);
	nftnl_rule_add_expr(r, e);
}

static void add_counter(struct nftnl_rule *r)
{
	nftnl_rule_add_expr(r, nftnl_expr_alloc("counter"));
}

static struct nlmsghdr *build(struct nftnl_rule *r, uint32_t seq)
{
	struct nlmsghdr *nlh = nftnl_nlmsg_build_hdr(message, NFT_MSG_NEWRULE, NFPROTO_IPV4,
						     NLM_F_CREATE, seq);

	nftnl_rule_nlmsg_build_payload(nlh, r);
	nftnl_rule_free(r);
	return nlh;
}

static int describe_one(struct nftnl_expr *e, void *data)
{
	struct buf *b = data;
	const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);

	buf_printf(b, "%s%s", b->len ? " " : "", name);
	if (!strcmp(name, "log"))
		buf_printf(b, "(%s)", nftnl_expr_get_str(e, NFTNL_EXPR_LOG_PREFIX));
	if (!strcmp(name, "meta"))
		buf_printf(b, "(%u)", nftnl_expr_get_u32(e, NFTNL_EXPR_META_KEY));
	return 0;
}

/* What libnftnl reads in a message: "log(x) meta(3)"; it knows no alias expression. */
static void describe(struct buf *b, const struct nlmsghdr *nlh)
{
	struct nftnl_rule *r = nftnl_rule_alloc();

	if (nftnl_rule_nlmsg_parse(nlh, r) < 0)
		buf_str(b, "unreadable");
	else
		nftnl_expr_foreach(r, describe_one, b);
	if (nftnl_rule_is_set(r, NFTNL_RULE_TABLE))
		buf_printf(b, " %s/%s", nftnl_rule_get_str(r, NFTNL_RULE_TABLE),
			   nftnl_rule_get_str(r, NFTNL_RULE_CHAIN));
	nftnl_rule_free(r);
}

static const struct nlattr *list_of(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) == NFTA_RULE_EXPRESSIONS)
			return attr;
	}
	return NULL;
}

static void alias_attributes(struct buf *b, const struct nlattr *data)
{
	const struct nlattr *d;

	mnl_attr_for_each_nested(d, data) {
		if (mnl_attr_get_type(d) == NFTA_ALIAS_NAME)
			buf_printf(b, ",%u=%s", NFTA_ALIAS_NAME, mnl_attr_get_str(d));
		else
			buf_printf(b, ",%u=%u", mnl_attr_get_type(d), ntohl(mnl_attr_get_u32(d)));
	}
}

/* The names of the expressions on the wire, and of an alias all attributes. */
static void names(struct buf *b, const struct nlmsghdr *nlh)
{
	const struct nlattr *e, *a;
	bool alias = false;

	mnl_attr_for_each_nested(e, list_of(nlh)) {
		mnl_attr_for_each_nested(a, e) {
			if (mnl_attr_get_type(a) == NFTA_EXPR_NAME) {
				buf_printf(b, "%s%s", b->len ? " " : "", mnl_attr_get_str(a));
				alias = !strcmp(mnl_attr_get_str(a), "alias");
			} else if (alias) {
				alias_attributes(b, a);
			}
		}
	}
}

static void there_and_back(struct nftnl_rule *r, const char *wire, const char *back,
			   const char *name)
{
	const struct nlmsghdr *nlh = build(r, 7), *made;
	struct swap out = {}, in = {};
	struct buf b = {};

	CHECK_NUMBER(swap_outgoing(&out, nlh, nlh->nlmsg_len), 0, name);
	made = (void *)out.out.data;
	CHECK_NUMBER(made->nlmsg_len, out.out.len, "the length is right");
	CHECK_NUMBER(made->nlmsg_len % 4, 0, "and aligned");
	names(&b, made);
	CHECK_TEXT(b.data, wire, "expressions on the wire");
	buf_free(&b);
	CHECK_NUMBER(swap_incoming(&in, made), 0, "the way back");
	describe(&b, (void *)in.out.data);
	CHECK_TEXT(b.data, back, "libnftnl reads it again");
	buf_free(&b);
	swap_free(&out);
	swap_free(&in);
}

static void forms(void)
{
	struct nftnl_rule *r = new_rule();

	add_counter(r);
	add_placeholder(r, 12, false, "pool7");
	add_counter(r);
	there_and_back(r, "counter alias,1=1,2=pool7 counter",
		       "counter log(\x1f" "alias:0:in:pool7) counter t/c", "by name");

	r = new_rule();
	add_placeholder(r, 3, true, "");
	add_meta(r, NFT_META_IIF, false);
	add_meta(r, NFT_META_PRIORITY, true);
	add_meta(r, NFT_META_MARK, true);
	add_meta(r, NFT_META_MARK, true);
	there_and_back(r, "meta meta alias,1=0,3=1 meta",
		       "meta(4) meta(2) log(\x1f" "alias:0:out:) meta(3) meta(3) t/c",
		       "by map: the next mark that is set, and only that");

	r = new_rule();
	add_placeholder(r, 1, true, "a");
	add_placeholder(r, 2, false, "abcdefghijklmnopqrstuvwxyz12345");
	add_placeholder(r, 3, true, "");
	add_meta(r, NFT_META_MARK, true);
	there_and_back(r, "alias,1=0,2=a alias,1=1,2=abcdefghijklmnopqrstuvwxyz12345 alias,1=0,3=1",
		       "log(\x1f"
		       "alias:0:out:a) log(\x1f"
		       "alias:0:in:abcdefghijklmnopqrstuvwxyz12345) "
		       "log(\x1f"
		       "alias:0:out:) meta(3) t/c",
		       "three in one rule");
}

static void untouched(void)
{
	struct nftnl_rule *r = new_rule();
	const struct nlmsghdr *nlh;
	struct swap s = {};
	char many[4096];
	size_t len;

	add_log(r, "alias:in:pool7");
	add_log(r, "in:pool7");
	add_meta(r, NFT_META_MARK, true);
	nlh = build(r, 7);
	CHECK_NUMBER(swap_outgoing(&s, nlh, nlh->nlmsg_len), 0, "a genuine log prefix");
	CHECK(s.out.len == nlh->nlmsg_len && !memcmp(s.out.data, nlh, s.out.len),
	      "keeps every byte");
	CHECK_NUMBER(s.rule_count, 0, "and is not counted as ours");
	s.out.len = 0;
	CHECK_NUMBER(swap_incoming(&s, nlh), 0, "the same inward");
	CHECK(s.out.len == nlh->nlmsg_len && !memcmp(s.out.data, nlh, s.out.len),
	      "keeps every byte");
	swap_free(&s);

	/* Other messages of a batch: begin, new table, end. */
	nftnl_batch_begin(many, 1);
	len = ((struct nlmsghdr *)many)->nlmsg_len;
	nftnl_nlmsg_build_hdr(many + len, NFT_MSG_NEWTABLE, NFPROTO_IPV4, 0, 2);
	mnl_attr_put_strz((void *)(many + len), NFTA_TABLE_NAME, "log");
	len += ((struct nlmsghdr *)(many + len))->nlmsg_len;
	nftnl_batch_end(many + len, 3);
	len += ((struct nlmsghdr *)(many + len))->nlmsg_len;
	CHECK_NUMBER(swap_outgoing(&s, many, len), 0, "a batch without rules");
	CHECK(s.out.len == len && !memcmp(s.out.data, many, len), "keeps every byte");
	swap_free(&s);
}

static void offsets(void)
{
	struct nftnl_rule *r = new_rule();
	const struct nlattr *made_list, *given_list, *m, *g;
	const struct nlmsghdr *nlh, *made;
	const struct swap_rule *rule;
	struct swap s = {};

	add_placeholder(r, 9, false, "pool7");
	add_counter(r);
	nlh = build(r, 42);
	swap_outgoing(&s, nlh, nlh->nlmsg_len);
	made = (void *)s.out.data;
	rule = swap_find_rule(&s, 42);
	CHECK(rule && !swap_find_rule(&s, 41), "a rule is found by its sequence number");
	if (!rule)
		return;
	made_list = list_of(made);
	given_list = list_of(nlh);
	m = mnl_attr_get_payload(made_list);
	g = mnl_attr_get_payload(given_list);
	CHECK(swap_find_alias(rule, (char *)m - (char *)made) == rule->aliases,
	      "its alias expression by offset");
	CHECK_NUMBER(rule->aliases[0].reference, 9, "the alias knows its place in the text");
	CHECK_TEXT(rule->aliases[0].name, "pool7", "and its name");
	CHECK_NUMBER(swap_original_offset(rule, (char *)m - (char *)made), 0,
		     "it has no counterpart in the original");
	m = mnl_attr_next(m);
	g = mnl_attr_next(g);
	CHECK(!swap_find_alias(rule, (char *)m - (char *)made), "the counter is none of ours");
	CHECK_NUMBER(swap_original_offset(rule, (char *)m - (char *)made), (char *)g - (char *)nlh,
		     "the offset of the expression behind it");
	CHECK_NUMBER(swap_original_offset(rule, sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg)),
		     sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg),
		     "the offset of the table's name");
	m = mnl_attr_next(made_list);
	g = mnl_attr_next(given_list);
	if (mnl_attr_ok(g, 4))
		CHECK_NUMBER(swap_original_offset(rule, (char *)m - (char *)made),
			     (char *)g - (char *)nlh, "the offset behind the list");
	swap_free(&s);
}

/* A kernel's rule as long as an attribute can be: each map expression grows by a log. */
static void too_long(void)
{
	struct nlmsghdr *nlh = nftnl_nlmsg_build_hdr(message, NFT_MSG_NEWRULE, NFPROTO_IPV4, 0, 1);
	struct nlattr *list, *e, *d;
	struct swap s = {};
	unsigned int i;

	list = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
	for (i = 0; i < 1800; i++) {
		e = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
		mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, "alias");
		d = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
		mnl_attr_put_u32(nlh, NFTA_ALIAS_DIR, htonl(NFT_ALIAS_OUT));
		mnl_attr_put_u32(nlh, NFTA_ALIAS_SREG, htonl(NFT_REG_1));
		mnl_attr_nest_end(nlh, d);
		mnl_attr_nest_end(nlh, e);
	}
	mnl_attr_nest_end(nlh, list);
	CHECK(list->nla_len > 64000, "a list that is nearly full");
	CHECK_NUMBER(swap_incoming(&s, nlh), -EMSGSIZE, "cannot grow beyond an attribute");
	CHECK_TEXT(s.fault, "the rule is too long", "and says so");
	CHECK_NUMBER(s.out.len, 0, "nothing half is left");
	swap_free(&s);
}

static void broken(void)
{
	struct nlmsghdr *nlh;
	struct nftnl_rule *r = new_rule();
	struct nlattr *list, *e, *d;
	struct swap s = {};

	add_placeholder(r, 1, true, "");
	add_counter(r);
	nlh = build(r, 1);
	CHECK_NUMBER(swap_outgoing(&s, nlh, nlh->nlmsg_len), -EPROTO, "a map without its mark");
	CHECK_TEXT(s.fault, "a map of an alias statement gives no number", "and says so");
	swap_free(&s);

	r = new_rule();
	add_placeholder(r, 1, true, "");
	add_placeholder(r, 2, false, "a");
	nlh = build(r, 1);
	CHECK_NUMBER(swap_outgoing(&s, nlh, nlh->nlmsg_len), -EPROTO,
		     "one statement inside the map of another");
	swap_free(&s);

	r = new_rule();
	add_placeholder(r, 1, true, "abcdefghijklmnopqrstuvwxyz123456");
	nlh = build(r, 1);
	CHECK_NUMBER(swap_outgoing(&s, nlh, nlh->nlmsg_len), -EINVAL,
		     "a name from a variable that is too long");
	swap_free(&s);

	r = new_rule();
	add_counter(r);
	nlh = build(r, 1);
	CHECK_NUMBER(swap_outgoing(&s, nlh, nlh->nlmsg_len - 4), -EBADMSG,
		     "a message that is cut off");
	swap_free(&s);

	nlh = nftnl_nlmsg_build_hdr(message, NFT_MSG_NEWRULE, NFPROTO_IPV4, 0, 1);
	list = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
	e = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, "alias");
	d = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
	mnl_attr_put_u32(nlh, NFTA_ALIAS_DIR, htonl(77));
	mnl_attr_nest_end(nlh, d);
	mnl_attr_nest_end(nlh, e);
	mnl_attr_nest_end(nlh, list);
	CHECK_NUMBER(swap_incoming(&s, nlh), -EPROTO,
		     "an alias expression of an unknown direction");
	swap_free(&s);
}

int main(void)
{
	ktap_begin();
	forms();
	untouched();
	offsets();
	too_long();
	broken();
	return ktap_end();
}
