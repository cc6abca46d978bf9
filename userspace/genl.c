// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include "genl.h"
#include "memory.h"

struct genl_group {
	const char	*name;
	uint32_t	id;
};

static int read_group(const struct nlattr *attr, void *data)
{
	struct genl_group *wanted = data;
	const char *name = NULL;
	uint32_t id = 0;
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, attr) {
		if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GRP_NAME)
			name = mnl_attr_get_str(a);
		if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GRP_ID)
			id = mnl_attr_get_u32(a);
	}
	if (name && wanted->name && !strcmp(name, wanted->name))
		wanted->id = id;
	return MNL_CB_OK;
}

struct family_answer {
	struct genl		*g;
	struct genl_group	group;
};

static int read_family(const struct nlmsghdr *nlh, void *data)
{
	struct family_answer *answer = data;
	const struct nlattr *attr, *group;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			answer->g->family = mnl_attr_get_u16(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_VERSION)
			answer->g->version = mnl_attr_get_u32(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			mnl_attr_for_each_nested(group, attr) {
				read_group(group, &answer->group);
			}
	}
	return MNL_CB_OK;
}

static int look_up_family(struct genl *g, const char *family, const char *group)
{
	struct family_answer answer = { .g = g, .group.name = group };
	struct genl_error error;
	char buffer[MNL_SOCKET_BUFFER_SIZE];
	struct nlmsghdr *nlh;
	int err;

	g->family = GENL_ID_CTRL;
	g->version = 2;
	nlh = genl_request(g, buffer, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, family);
	err = genl_talk(g, nlh, read_family, &answer, &error);
	g->group = answer.group.id;
	return err;
}

int genl_open(struct genl *g, const char *family, const char *group)
{
	int one = 1, err;

	memset(g, 0, sizeof(*g));
	g->socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!g->socket)
		return -errno;
	if (mnl_socket_bind(g->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		genl_close(g);
		return err;
	}
	g->seq = time(NULL);
	/* Without these two the kernel says less or repeats the request; both are optional. */
	mnl_socket_setsockopt(g->socket, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(g->socket, NETLINK_CAP_ACK, &one, sizeof(one));
	err = look_up_family(g, family, group);
	if (err)
		genl_close(g);
	return err;
}

void genl_close(struct genl *g)
{
	if (g->socket)
		mnl_socket_close(g->socket);
	g->socket = NULL;
}

struct nlmsghdr *genl_request(struct genl *g, void *buffer, uint8_t command, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = g->family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++g->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = command;
	genl->version = g->version;
	return nlh;
}

static void read_details(const struct nlmsghdr *nlh, const struct nlmsgerr *err,
			 struct genl_error *error)
{
	const struct nlattr *attr;
	size_t skip = sizeof(*err);

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += mnl_nlmsg_get_payload_len(&err->msg);
	mnl_attr_for_each(attr, nlh, skip) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
			snprintf(error->sentence, sizeof(error->sentence), "%s",
				 mnl_attr_get_str(attr));
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_OFFS &&
		    !mnl_attr_validate(attr, MNL_TYPE_U32))
			error->off = mnl_attr_get_u32(attr);
	}
}

static int set_error(struct genl_error *error, int err)
{
	error->error = err;
	snprintf(error->sentence, sizeof(error->sentence), "%s", strerror(err));
	return -err;
}

struct conversation {
	struct genl		*g;
	mnl_cb_t		callback;
	void			*data;
	struct genl_error	*error;
	bool			interrupted;
	bool			done;
};

/* Returns 0 to go on reading, else a negative errno. */
static int read_message(struct conversation *c, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	int code = 0;

	if (nlh->nlmsg_seq != c->g->seq)
		return 0;
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		c->interrupted = true;
	if (nlh->nlmsg_type >= NLMSG_MIN_TYPE)
		return c->callback && c->callback(nlh, c->data) < 0 ?
		       set_error(c->error, EPROTO) : 0;
	if (nlh->nlmsg_type != NLMSG_ERROR && nlh->nlmsg_type != NLMSG_DONE)
		return 0;
	c->done = true;
	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(int))
		code = *(const int *)mnl_nlmsg_get_payload(nlh);
	if (code >= 0)
		return 0;
	set_error(c->error, -code);
	if (nlh->nlmsg_type == NLMSG_ERROR)
		read_details(nlh, err, c->error);
	return code;
}

/* recv() itself, because mnl_socket_recvfrom() is libnftables' gate in this program. */
static ssize_t receive(struct genl *g, char *buffer, struct genl_error *error)
{
	ssize_t len;

	do {
		len = recv(mnl_socket_get_fd(g->socket), buffer, GENL_BUFFER, MSG_TRUNC);
	} while (len < 0 && errno == EINTR);
	if (len < 0)
		return set_error(error, errno);
	if (len > GENL_BUFFER)
		return set_error(error, EMSGSIZE);
	return len;
}

static int read_answers(struct conversation *c, char *buffer)
{
	const struct nlmsghdr *nlh;
	ssize_t got;
	int len, err;

	while (!c->done) {
		got = receive(c->g, buffer, c->error);
		if (got < 0)
			return got;
		len = got;
		for (nlh = (void *)buffer; mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len)) {
			err = read_message(c, nlh);
			if (err)
				return err;
		}
	}
	return c->interrupted ? set_error(c->error, EINTR) : 0;
}

int genl_talk(struct genl *g, struct nlmsghdr *request, mnl_cb_t callback, void *data,
	      struct genl_error *error)
{
	struct conversation c = { .g = g, .callback = callback, .data = data, .error = error };
	char *buffer;
	int err;

	memset(error, 0, sizeof(*error));
	if (mnl_socket_sendto(g->socket, request, request->nlmsg_len) < 0)
		return set_error(error, errno);
	buffer = xcalloc(1, GENL_BUFFER);
	err = read_answers(&c, buffer);
	free(buffer);
	return err;
}

int genl_subscribe(struct genl *g)
{
	if (!g->group)
		return -ENOENT;
	if (mnl_socket_setsockopt(g->socket, NETLINK_ADD_MEMBERSHIP, &g->group,
				  sizeof(g->group)) < 0)
		return -errno;
	return 0;
}

int genl_listen(struct genl *g, mnl_cb_t callback, void *data)
{
	char *buffer = xcalloc(1, GENL_BUFFER);
	const struct nlmsghdr *nlh;
	struct genl_error error;
	ssize_t got;
	int len;

	while ((got = receive(g, buffer, &error)) >= 0) {
		len = got;
		for (nlh = (void *)buffer; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
			if (nlh->nlmsg_type == g->family)
				callback(nlh, data);
	}
	free(buffer);
	return got;
}
