// SPDX-License-Identifier: GPL-2.0
/*
 * A stand-in for the kernel module, for machines that have nf_tables but not
 * nft_alias: preloaded, it sits below the tool's own gates.
 *
 * Generic netlink requests for nft_alias are answered from the file
 * $DOUBLE_STATE; $DOUBLE_POINT names an attribute of an instance ("11.3": type 3
 * in the nest of type 11) because of which it is refused. Alias expressions on their way to the kernel become log
 * expressions that it can keep, and alias expressions again when it shows them.
 * $DOUBLE_REFUSE is an error number with which rules of ours are refused, at
 * their alias expression or, with $DOUBLE_NO_OFFSET, without saying where.
 * $DOUBLE_FAIL is the name of an alias for which memory is short when it is
 * created, changed or deleted, though not when that is only checked, and
 * $DOUBLE_DUMP an error number with which dumps of the aliases end.
 */
#include <dlfcn.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nft_alias.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "nlswap.h"
#include "timeout.h"

#define FAMILY	0x7ffe

struct stored {
	char		name[ALIAS_NAME_SIZE];
	uint32_t	len;
	char		nest[8192];		/* payload of ALIAS_A_INSTANCE */
};

static struct buf answers;	/* generic netlink, for recv() */
static struct buf refusal;	/* nf_tables, for mnl_socket_recvfrom() */
static struct stored all[64];
static size_t count;

static void *real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static FILE *state(const char *mode)
{
	const char *path = getenv("DOUBLE_STATE");

	return path ? fopen(path, mode) : NULL;
}

static void load(void)
{
	FILE *f = state("rb");

	count = f ? fread(all, sizeof(all[0]), 64, f) : 0;
	if (f)
		fclose(f);
}

static void save(void)
{
	FILE *f = state("w");

	fwrite(all, sizeof(all[0]), count, f);
	fclose(f);
}

static struct stored *find(const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(all[i].name, name))
			return &all[i];
	return NULL;
}

static const struct nlattr *attribute(const struct nlmsghdr *nlh, unsigned int type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

static struct nlmsghdr *answer(char *room, const struct nlmsghdr *to, uint16_t type,
			       uint8_t command)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_seq = to->nlmsg_seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = command;
	return nlh;
}

/* @off: of the attribute that is the reason, 0: none */
static void acknowledge_at(const struct nlmsghdr *to, int error, uint32_t off,
			   const char *sentence)
{
	struct {
		struct nlmsghdr	nlh;
		struct nlmsgerr	err;
		char		room[512];
	} m = {};

	m.nlh.nlmsg_len = NLMSG_LENGTH(sizeof(m.err));
	m.nlh.nlmsg_type = (to->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP && !error ? NLMSG_DONE :
			   NLMSG_ERROR;
	m.nlh.nlmsg_flags = NLM_F_CAPPED | (sentence ? NLM_F_ACK_TLVS : 0);
	m.nlh.nlmsg_seq = to->nlmsg_seq;
	m.err.error = -error;
	m.err.msg = *to;
	if (sentence)
		mnl_attr_put_strz(&m.nlh, NLMSGERR_ATTR_MSG, sentence);
	if (off)
		mnl_attr_put_u32(&m.nlh, NLMSGERR_ATTR_OFFS, off);
	buf_add(&answers, &m, m.nlh.nlmsg_len);
}

static void acknowledge(const struct nlmsghdr *to, int error, const char *sentence)
{
	acknowledge_at(to, error, 0, sentence);
}

static void show_family(const struct nlmsghdr *to)
{
	char room[1024];
	struct nlmsghdr *nlh = answer(room, to, GENL_ID_CTRL, CTRL_CMD_NEWFAMILY);

	mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, FAMILY);
	mnl_attr_put_u32(nlh, CTRL_ATTR_VERSION, ALIAS_GENL_VERSION);
	buf_add(&answers, nlh, nlh->nlmsg_len);
	acknowledge(to, 0, NULL);
}

static const struct nlattr *inner(const struct nlattr *nest, unsigned int type)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

/* The module tells them all, whatever was given. */
static void put_timeouts(struct nlmsghdr *nlh, const struct nlattr *given)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, ALIAS_A_INSTANCE_TIMEOUTS);
	const struct nlattr *attr;
	unsigned int t;

	for (t = 0; t <= ALIAS_A_TIMEOUT_MAX; t++) {
		attr = given ? inner(given, t) : NULL;
		if (timeout_name(t))
			mnl_attr_put_u32(nlh, t, attr ? mnl_attr_get_u32(attr) :
							timeout_default(t));
	}
	mnl_attr_nest_end(nlh, nest);
}

static void show(const struct nlmsghdr *to, const struct stored *s)
{
	char room[16384];
	struct nlmsghdr *nlh = answer(room, to, FAMILY, ALIAS_CMD_NEW);
	struct nlattr *nest = mnl_attr_nest_start(nlh, ALIAS_A_INSTANCE);
	const struct nlattr *attr, *timeouts = NULL;
	const void *payload = s->nest;

	mnl_attr_for_each_payload(payload, s->len) {
		if (mnl_attr_get_type(attr) == ALIAS_A_INSTANCE_TIMEOUTS)
			timeouts = attr;
		else
			mnl_attr_put(nlh, attr->nla_type, mnl_attr_get_payload_len(attr),
				     mnl_attr_get_payload(attr));
	}
	put_timeouts(nlh, timeouts);
	mnl_attr_nest_end(nlh, nest);
	buf_add(&answers, nlh, nlh->nlmsg_len);
}

static const char *nest_name(const struct nlattr *nest)
{
	const struct nlattr *attr = inner(nest, ALIAS_A_INSTANCE_NAME_STR);

	return attr ? mnl_attr_get_str(attr) : "";
}

/* Offset of the attribute that $DOUBLE_POINT names, 0 if it is not there. */
static uint32_t pointed_at(const struct nlmsghdr *nlh, const struct nlattr *nest)
{
	const char *path = getenv("DOUBLE_POINT");
	char *end = (char *)path;

	while (end && *end && nest) {
		nest = inner(nest, strtoul(end, &end, 10));
		end += *end == '.';
	}
	return path && nest ? (const char *)nest - (const char *)nlh : 0;
}

static bool fails(const struct nlmsghdr *nlh, const char *name)
{
	const char *fail = getenv("DOUBLE_FAIL");

	return fail && !strcmp(fail, name) && !attribute(nlh, ALIAS_A_CHECK);
}

static void take_new(const struct nlmsghdr *nlh)
{
	const struct nlattr *nest = attribute(nlh, ALIAS_A_INSTANCE);
	const char *name = nest_name(nest);
	struct stored *s = find(name);
	uint32_t off = pointed_at(nlh, nest);

	if (off)
		return acknowledge_at(nlh, ERANGE, off, "double: not so");
	if (s && nlh->nlmsg_flags & NLM_F_EXCL)
		return acknowledge(nlh, EEXIST, "double: exists");
	if (!s && !(nlh->nlmsg_flags & NLM_F_CREATE))
		return acknowledge(nlh, ENOENT, "double: no such alias");
	if (!strcmp(name, "refused"))
		return acknowledge(nlh, EADDRINUSE, "double: the address belongs to another");
	if (fails(nlh, name))
		return acknowledge(nlh, ENOMEM, NULL);
	if (!attribute(nlh, ALIAS_A_CHECK)) {
		s = s ? s : &all[count++];
		snprintf(s->name, sizeof(s->name), "%s", name);
		s->len = mnl_attr_get_payload_len(nest);
		memcpy(s->nest, mnl_attr_get_payload(nest), s->len);
		save();
	}
	acknowledge(nlh, 0, NULL);
}

static void take_named(const struct nlmsghdr *nlh, uint8_t command)
{
	const struct nlattr *attr = attribute(nlh, ALIAS_A_INSTANCE_NAME);
	struct stored *s = attr ? find(mnl_attr_get_str(attr)) : NULL;

	if (!s)
		return acknowledge(nlh, ENOENT, "double: no such alias");
	if (command == ALIAS_CMD_DEL && fails(nlh, s->name))
		return acknowledge(nlh, ENOMEM, NULL);
	if (command == ALIAS_CMD_GET)
		show(nlh, s);
	if (command == ALIAS_CMD_DEL && !attribute(nlh, ALIAS_A_CHECK)) {
		*s = all[--count];
		save();
	}
	acknowledge(nlh, 0, NULL);
}

static void take_dump(const struct nlmsghdr *nlh)
{
	const char *error = getenv("DOUBLE_DUMP");
	size_t i;

	for (i = 0; i < count; i++)
		show(nlh, &all[i]);
	acknowledge(nlh, error ? atoi(error) : 0, NULL);
}

static void take(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	load();
	if (genl->cmd == ALIAS_CMD_NEW)
		return take_new(nlh);
	if (attribute(nlh, ALIAS_A_INSTANCE_NAME))
		return take_named(nlh, genl->cmd);
	if (genl->cmd == ALIAS_CMD_GET)
		return take_dump(nlh);
	acknowledge(nlh, 0, NULL);
}

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *data, size_t len)
{
	ssize_t (*send_really)(const struct mnl_socket *, const void *, size_t) =
		real("mnl_socket_sendto");
	const struct nlmsghdr *nlh = data;
	const struct nlattr *name;

	if (nlh->nlmsg_type == FAMILY) {
		take(nlh);
		return len;
	}
	name = nlh->nlmsg_type == GENL_ID_CTRL ? attribute(nlh, CTRL_ATTR_FAMILY_NAME) : NULL;
	if (!name || strcmp(mnl_attr_get_str(name), ALIAS_GENL_NAME))
		return send_really(nl, data, len);
	show_family(nlh);
	return len;
}

ssize_t recv(int fd, void *data, size_t len, int flags)
{
	ssize_t (*recv_really)(int, void *, size_t, int) = real("recv");
	size_t have = answers.len;

	if (!have)
		return recv_really(fd, data, len, flags);
	memcpy(data, answers.data, have < len ? have : len);
	answers.len = 0;
	return have;
}

/* Offset of the first alias expression of a rule, 0 if it has none. */
static uint32_t alias_offset(const struct nlmsghdr *nlh)
{
	const struct nlattr *list, *element, *attr;

	mnl_attr_for_each(list, nlh, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(list) != NFTA_RULE_EXPRESSIONS)
			continue;
		mnl_attr_for_each_nested(element, list) {
			attr = mnl_attr_get_payload(element);
			if (!strcmp(mnl_attr_get_str(attr), "alias"))
				return (const char *)element - (const char *)nlh;
		}
	}
	return 0;
}

static void refuse(const struct nlmsghdr *nlh, uint32_t off, int error)
{
	struct {
		struct nlmsghdr	nlh;
		struct nlmsgerr	err;
		char		room[64];
	} m = {};

	m.nlh.nlmsg_len = NLMSG_LENGTH(sizeof(m.err));
	m.nlh.nlmsg_type = NLMSG_ERROR;
	m.nlh.nlmsg_flags = NLM_F_CAPPED;
	m.nlh.nlmsg_seq = nlh->nlmsg_seq;
	m.err.error = -error;
	m.err.msg = *nlh;
	if (!getenv("DOUBLE_NO_OFFSET")) {
		m.nlh.nlmsg_flags |= NLM_F_ACK_TLVS;
		mnl_attr_put_u32(&m.nlh, NLMSGERR_ATTR_OFFS, off);
	}
	buf_add(&refusal, &m, m.nlh.nlmsg_len);
}

static bool refuses(const struct nlmsghdr *nlh, int left)
{
	const char *error = getenv("DOUBLE_REFUSE");
	uint32_t off;

	for (; error && mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		if ((nlh->nlmsg_type & 0xff) != NFT_MSG_NEWRULE || nlh->nlmsg_type < 0x100)
			continue;
		off = alias_offset(nlh);
		if (off)
			refuse(nlh, off, atoi(error));
	}
	return refusal.len;
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	ssize_t (*send_really)(int, const struct msghdr *, int) = real("sendmsg");
	const struct nlmsghdr *nlh = msg->msg_iov[0].iov_base;
	struct nlmsghdr noop = { .nlmsg_len = sizeof(noop), .nlmsg_type = NLMSG_NOOP,
				 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK };
	int left = msg->msg_iov[0].iov_len;
	struct msghdr swapped = *msg;
	struct swap s = {};
	struct iovec iov;
	ssize_t sent;

	swapped.msg_iov = &iov;
	swapped.msg_iovlen = 1;
	if (refuses(nlh, left)) {
		/* Something must come back, or nobody looks. */
		iov = (struct iovec){ .iov_base = &noop, .iov_len = sizeof(noop) };
		return send_really(fd, &swapped, flags);
	}
	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		swap_incoming(&s, nlh);
	iov = (struct iovec){ .iov_base = s.out.data, .iov_len = s.out.len };
	sent = send_really(fd, &swapped, flags);
	swap_free(&s);
	return sent;
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *data, size_t len)
{
	ssize_t (*recv_really)(const struct mnl_socket *, void *, size_t) =
		real("mnl_socket_recvfrom");
	ssize_t got = recv_really(nl, data, len);
	struct swap s = {};

	if (got > 0 && refusal.len) {
		got = refusal.len;
		memcpy(data, refusal.data, got);
		refusal.len = 0;
	} else if (got > 0 && !swap_outgoing(&s, data, got) && s.out.len <= len) {
		got = s.out.len;
		memcpy(data, s.out.data, got);
	}
	swap_free(&s);
	return got;
}
