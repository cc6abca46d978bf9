// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nlswap.h"
#include "placeholder.h"

#define RULE_HEADER	(sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg))

/* nla_len has 16 bits. */
#define ATTRIBUTE_MAX	UINT16_MAX

struct rewrite {
	struct swap		*s;
	const struct nlmsghdr	*nlh;
	size_t			start;		/* of the new message in s->out */
	struct swap_rule	rule;
	bool			incoming;
	bool			changed;
	bool			map_open;	/* a map placeholder waits for its meta */
	struct placeholder	map;
};

static int refuse(struct rewrite *w, int err, const char *fault)
{
	w->s->fault = fault;
	return err;
}

static void put(struct buf *b, uint16_t type, const void *data, size_t len)
{
	struct nlattr attr = { .nla_type = type, .nla_len = MNL_ATTR_HDRLEN + len };

	buf_add(b, &attr, sizeof(attr));
	buf_add(b, data, len);
	buf_fill(b, 0, MNL_ALIGN(len) - len);
}

static void put_u32(struct buf *b, uint16_t type, uint32_t value)
{
	uint32_t wire = htonl(value);

	put(b, type, &wire, sizeof(wire));
}

static void put_string(struct buf *b, uint16_t type, const char *s)
{
	put(b, type, s, strlen(s) + 1);
}

static size_t open_nest(struct buf *b, uint16_t type)
{
	size_t at = b->len;

	put(b, type, NULL, 0);
	return at;
}

static bool close_nest(struct buf *b, size_t at)
{
	struct nlattr attr;

	if (b->len - at > ATTRIBUTE_MAX)
		return false;
	memcpy(&attr, b->data + at, sizeof(attr));
	attr.nla_len = b->len - at;
	memcpy(b->data + at, &attr, sizeof(attr));
	return true;
}

static size_t open_expression(struct buf *b, size_t *data, const char *name)
{
	size_t at = open_nest(b, NFTA_LIST_ELEM | NLA_F_NESTED);

	put_string(b, NFTA_EXPR_NAME, name);
	*data = open_nest(b, NFTA_EXPR_DATA | NLA_F_NESTED);
	return at;
}

/* One expression is always far shorter than an attribute can be. */
static void close_expression(struct buf *b, size_t at, size_t data)
{
	close_nest(b, data);
	close_nest(b, at);
}

static const struct nlattr *nested(const struct nlattr *nest, unsigned int type)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

static bool is_expression(const struct nlattr *element, const char *name)
{
	const struct nlattr *attr = nested(element, NFTA_EXPR_NAME);

	return attr && !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) &&
	       !strcmp(mnl_attr_get_str(attr), name) && nested(element, NFTA_EXPR_DATA);
}

static bool read_u32(const struct nlattr *data, unsigned int type, uint32_t *value)
{
	const struct nlattr *attr = nested(data, type);

	if (!attr || mnl_attr_validate(attr, MNL_TYPE_U32))
		return false;
	*value = ntohl(mnl_attr_get_u32(attr));
	return true;
}

static void copy(struct rewrite *w, const struct nlattr *attr, size_t len)
{
	struct swap_rule *r = &w->rule;

	GROW(r->copies, r->copy_count);
	r->copies[r->copy_count++] = (struct swap_copy){
		.to = w->s->out.len - w->start,
		.from = (const char *)attr - (const char *)w->nlh,
		.len = len,
	};
	buf_add(&w->s->out, attr, len);
}

static void put_alias(struct rewrite *w, const struct placeholder *p, const char *name,
		      uint32_t sreg)
{
	struct buf *b = &w->s->out;
	struct swap_alias *a;
	size_t at, data;

	GROW(w->rule.aliases, w->rule.alias_count);
	a = &w->rule.aliases[w->rule.alias_count++];
	memset(a, 0, sizeof(*a));
	a->off = b->len - w->start;
	a->reference = p->reference;
	a->out = p->out;
	at = open_expression(b, &data, "alias");
	put_u32(b, NFTA_ALIAS_DIR, p->out ? NFT_ALIAS_OUT : NFT_ALIAS_IN);
	if (name) {
		put_string(b, NFTA_ALIAS_NAME, name);
		snprintf(a->name, sizeof(a->name), "%s", name);
	} else {
		put_u32(b, NFTA_ALIAS_SREG, sreg);
	}
	close_expression(b, at, data);
	a->len = b->len - w->start - a->off;
	w->changed = true;
}

static int put_named_alias(struct rewrite *w, const struct placeholder *p)
{
	char *name = xstrndup(p->name, p->name_len);
	const char *fault = instance_name_fault(name);

	if (!fault)
		put_alias(w, p, name, 0);
	free(name);
	return fault ? refuse(w, -EINVAL, fault) : 0;
}

static bool read_placeholder(const struct nlattr *element, struct placeholder *p)
{
	const struct nlattr *prefix;

	if (!is_expression(element, "log"))
		return false;
	prefix = nested(nested(element, NFTA_EXPR_DATA), NFTA_LOG_PREFIX);
	return prefix && !mnl_attr_validate(prefix, MNL_TYPE_NUL_STRING) &&
	       placeholder_read(p, mnl_attr_get_str(prefix), strlen(mnl_attr_get_str(prefix)));
}

static bool sets_mark(const struct nlattr *element, uint32_t *sreg)
{
	const struct nlattr *data;
	uint32_t key;

	if (!is_expression(element, "meta"))
		return false;
	data = nested(element, NFTA_EXPR_DATA);
	return read_u32(data, NFTA_META_KEY, &key) && key == NFT_META_MARK &&
	       read_u32(data, NFTA_META_SREG, sreg);
}

static int rewrite_out(struct rewrite *w, const struct nlattr *element)
{
	struct placeholder p;
	uint32_t sreg;

	if (w->map_open && sets_mark(element, &sreg)) {
		w->map_open = false;
		put_alias(w, &w->map, NULL, sreg);
		return 0;
	}
	if (!read_placeholder(element, &p)) {
		copy(w, element, MNL_ALIGN(element->nla_len));
		return 0;
	}
	if (w->map_open)
		return refuse(w, -EPROTO, "an alias statement begins inside the map of another");
	if (p.name_len)
		return put_named_alias(w, &p);
	w->map = p;
	w->map_open = true;
	return 0;
}

static void put_log(struct rewrite *w, bool out, const char *name)
{
	struct buf *b = &w->s->out, prefix = {};
	size_t at, data;

	placeholder_write(&prefix, 0, out, name);
	at = open_expression(b, &data, "log");
	put_string(b, NFTA_LOG_PREFIX, prefix.data);
	close_expression(b, at, data);
	buf_free(&prefix);
	w->changed = true;
}

static void put_meta(struct rewrite *w, uint32_t sreg)
{
	struct buf *b = &w->s->out;
	size_t at, data;

	at = open_expression(b, &data, "meta");
	put_u32(b, NFTA_META_KEY, NFT_META_MARK);
	put_u32(b, NFTA_META_SREG, sreg);
	close_expression(b, at, data);
}

static int rewrite_in(struct rewrite *w, const struct nlattr *element)
{
	const struct nlattr *data, *name;
	uint32_t dir, sreg;

	if (!is_expression(element, "alias")) {
		copy(w, element, MNL_ALIGN(element->nla_len));
		return 0;
	}
	data = nested(element, NFTA_EXPR_DATA);
	name = nested(data, NFTA_ALIAS_NAME);
	if (!read_u32(data, NFTA_ALIAS_DIR, &dir) || dir > NFT_ALIAS_DIR_MAX)
		return refuse(w, -EPROTO, "an alias expression of the kernel has no direction");
	if (name && !mnl_attr_validate(name, MNL_TYPE_NUL_STRING)) {
		put_log(w, dir == NFT_ALIAS_OUT, mnl_attr_get_str(name));
	} else if (read_u32(data, NFTA_ALIAS_SREG, &sreg)) {
		put_log(w, dir == NFT_ALIAS_OUT, "");
		put_meta(w, sreg);
	} else {
		return refuse(w, -EPROTO,
			      "an alias expression of the kernel has neither name nor register");
	}
	return 0;
}

static int rewrite_expressions(struct rewrite *w, const struct nlattr *list)
{
	size_t at = open_nest(&w->s->out, list->nla_type);
	const struct nlattr *element;
	int err;

	mnl_attr_for_each_nested(element, list) {
		err = w->incoming ? rewrite_in(w, element) : rewrite_out(w, element);
		if (err)
			return err;
	}
	if (w->map_open)
		return refuse(w, -EPROTO, "a map of an alias statement gives no number");
	if (!close_nest(&w->s->out, at))
		return refuse(w, -EMSGSIZE, "the rule is too long");
	return 0;
}

static int rewrite_rule(struct rewrite *w)
{
	const struct nlattr *attr;
	struct nlmsghdr header;
	int err;

	buf_add(&w->s->out, w->nlh, RULE_HEADER);
	mnl_attr_for_each(attr, w->nlh, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) != NFTA_RULE_EXPRESSIONS) {
			copy(w, attr, MNL_ALIGN(attr->nla_len));
			continue;
		}
		err = rewrite_expressions(w, attr);
		if (err)
			return err;
	}
	memcpy(&header, w->s->out.data + w->start, sizeof(header));
	header.nlmsg_len = w->s->out.len - w->start;
	memcpy(w->s->out.data + w->start, &header, sizeof(header));
	return 0;
}

static bool is_rule(const struct nlmsghdr *nlh, bool incoming)
{
	uint16_t type = nlh->nlmsg_type;

	if (NFNL_SUBSYS_ID(type) != NFNL_SUBSYS_NFTABLES || nlh->nlmsg_len < RULE_HEADER)
		return false;
	/* A deletion that is announced carries the whole rule as well. */
	return NFNL_MSG_TYPE(type) == NFT_MSG_NEWRULE ||
	       (incoming && NFNL_MSG_TYPE(type) == NFT_MSG_DELRULE);
}

static void free_rule(struct swap_rule *r)
{
	free(r->aliases);
	free(r->copies);
}

static void copy_message(struct swap *s, const struct nlmsghdr *nlh)
{
	buf_add(&s->out, nlh, nlh->nlmsg_len);
	buf_fill(&s->out, 0, MNL_ALIGN(nlh->nlmsg_len) - nlh->nlmsg_len);
}

static int swap_message(struct swap *s, const struct nlmsghdr *nlh, bool incoming)
{
	struct rewrite w = {
		.s = s, .nlh = nlh, .start = s->out.len, .incoming = incoming,
		.rule.seq = nlh->nlmsg_seq,
	};
	int err = 0;

	if (is_rule(nlh, incoming))
		err = rewrite_rule(&w);
	if (err || !w.changed) {
		free_rule(&w.rule);
		s->out.len = w.start;
		if (!err)
			copy_message(s, nlh);
		return err;
	}
	GROW(s->rules, s->rule_count);
	s->rules[s->rule_count++] = w.rule;
	return 0;
}

int swap_outgoing(struct swap *s, const void *messages, size_t len)
{
	const struct nlmsghdr *nlh = messages;
	int left = len, err;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		err = swap_message(s, nlh, false);
		if (err)
			return err;
	}
	if (left) {
		s->fault = "libnftables made a message that is not whole";
		return -EBADMSG;
	}
	return 0;
}

int swap_incoming(struct swap *s, const struct nlmsghdr *nlh)
{
	return swap_message(s, nlh, true);
}

void swap_free(struct swap *s)
{
	size_t i;

	for (i = 0; i < s->rule_count; i++)
		free_rule(&s->rules[i]);
	free(s->rules);
	buf_free(&s->out);
	memset(s, 0, sizeof(*s));
}

const struct swap_rule *swap_find_rule(const struct swap *s, uint32_t seq)
{
	size_t i;

	for (i = 0; i < s->rule_count; i++)
		if (s->rules[i].seq == seq)
			return &s->rules[i];
	return NULL;
}

const struct swap_alias *swap_find_alias(const struct swap_rule *r, uint32_t off)
{
	size_t i;

	for (i = 0; i < r->alias_count; i++)
		if (off >= r->aliases[i].off && off < r->aliases[i].off + r->aliases[i].len)
			return &r->aliases[i];
	return NULL;
}

uint32_t swap_original_offset(const struct swap_rule *r, uint32_t off)
{
	size_t i;

	for (i = 0; i < r->copy_count; i++)
		if (off >= r->copies[i].to && off < r->copies[i].to + r->copies[i].len)
			return off - r->copies[i].to + r->copies[i].from;
	return 0;
}
