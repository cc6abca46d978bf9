// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel.h"

/* A dump that meets a change is asked for again; a busy box must not make that endless. */
#define DUMP_TRIES	20

const char kernel_no_module[] = "the kernel module nft_alias is not loaded";

static struct genl genl;

int kernel_open(void)
{
	return genl.socket ? 0 : genl_open(&genl, ALIAS_GENL_NAME, ALIAS_GENL_GROUP);
}

void kernel_close(void)
{
	genl_close(&genl);
}

static int open_or_say(struct kernel_error *error, struct place place)
{
	int err = kernel_open();

	memset(error, 0, sizeof(*error));
	if (!err)
		return 0;
	error->error = -err;
	error->place = place;
	snprintf(error->sentence, sizeof(error->sentence), "%s",
		 err == -ENOENT ? kernel_no_module : strerror(-err));
	return err;
}

static int say(struct kernel_error *error, const struct genl_error *from, struct place place)
{
	error->error = from->error;
	error->place = place;
	if (from->error == EPERM)
		snprintf(error->sentence, sizeof(error->sentence), "%s (you must be root)",
			 strerror(EPERM));
	else
		snprintf(error->sentence, sizeof(error->sentence), "%s", from->sentence);
	return -from->error;
}

int kernel_new(const struct instance *i, enum kernel_new how, bool check,
	       struct kernel_error *error)
{
	static const uint16_t flags[] = {
		[KERNEL_CREATE]			= NLM_F_CREATE | NLM_F_EXCL,
		[KERNEL_CHANGE]			= 0,
		[KERNEL_CREATE_OR_CHANGE]	= NLM_F_CREATE,
	};
	struct place whole = i->places[ALIAS_A_INSTANCE_NAME_STR];
	struct wire_places places = {};
	struct genl_error from;
	struct nlmsghdr *nlh;
	char *buffer;
	int err = open_or_say(error, whole);

	if (err)
		return err;
	buffer = xcalloc(1, GENL_BUFFER);
	nlh = genl_request(&genl, buffer, ALIAS_CMD_NEW, NLM_F_ACK | flags[how]);
	wire_put_instance(nlh, i, &places);
	if (check)
		mnl_attr_put(nlh, ALIAS_A_CHECK, 0, NULL);
	err = genl_talk(&genl, nlh, NULL, NULL, &from);
	if (err)
		say(error, &from, wire_find_place(&places, from.off, whole));
	wire_free_places(&places);
	free(buffer);
	return err;
}

/* A request that has a name and nothing more to say. */
static int name_request(uint8_t command, uint16_t flags, const char *name, bool check,
			mnl_cb_t callback, void *data, struct place place,
			struct kernel_error *error)
{
	char buffer[MNL_SOCKET_BUFFER_SIZE];
	struct genl_error from;
	struct nlmsghdr *nlh;
	int err = open_or_say(error, place);

	if (err)
		return err;
	nlh = genl_request(&genl, buffer, command, flags);
	if (name)
		mnl_attr_put_strz(nlh, ALIAS_A_INSTANCE_NAME, name);
	if (check)
		mnl_attr_put(nlh, ALIAS_A_CHECK, 0, NULL);
	err = genl_talk(&genl, nlh, callback, data, &from);
	return err ? say(error, &from, place) : 0;
}

int kernel_delete(const char *name, bool check, struct place place, struct kernel_error *error)
{
	return name_request(ALIAS_CMD_DEL, NLM_F_ACK, name, check, NULL, NULL, place, error);
}

int kernel_flush(const char *name, struct place place, struct kernel_error *error)
{
	return name_request(ALIAS_CMD_FLUSH, NLM_F_ACK, name, false, NULL, NULL, place, error);
}

static const struct nlattr *find_attribute(const struct nlmsghdr *nlh, unsigned int type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

static int add_instance(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *nest = find_attribute(nlh, ALIAS_A_INSTANCE);
	struct instance *i = nest ? wire_get_instance(nest) : NULL;
	struct instances *all = data;

	if (!i)
		return MNL_CB_ERROR;
	GROW(all->at, all->count);
	all->at[all->count++] = i;
	return MNL_CB_OK;
}

int kernel_get(const char *name, struct instance **i, struct kernel_error *error)
{
	struct instances one = {};
	int err;

	err = name_request(ALIAS_CMD_GET, NLM_F_ACK, name, false, add_instance, &one,
			   nowhere, error);
	if (!err && one.count)
		*i = one.at[--one.count];
	else if (!err)
		err = -EPROTO;
	instances_free(&one);
	return err;
}

int kernel_get_all(struct instances *all, struct kernel_error *error)
{
	int err, tries = DUMP_TRIES;

	do {
		memset(all, 0, sizeof(*all));
		err = name_request(ALIAS_CMD_GET, NLM_F_DUMP, NULL, false, add_instance, all,
				   nowhere, error);
		if (err)
			instances_free(all);
	} while (err == -EINTR && --tries);
	if (err == -EINTR)
		snprintf(error->sentence, sizeof(error->sentence),
			 "the aliases change all the time, try again");
	return err;
}

struct link_list {
	struct link	*at;
	size_t		count;
};

static int add_link(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *nest = find_attribute(nlh, ALIAS_A_LINK);
	struct link_list *list = data;
	struct link l;

	if (!nest || !wire_get_link(nest, &l))
		return MNL_CB_ERROR;
	GROW(list->at, list->count);
	list->at[list->count++] = l;
	return MNL_CB_OK;
}

/* Links come and go all the time: a dump that met a change is still the answer. */
int kernel_links(const char *name, struct link **links, size_t *count, struct kernel_error *error)
{
	struct link_list list = {};
	int err;

	err = name_request(ALIAS_CMD_GET_LINKS, NLM_F_DUMP, name, false, add_link, &list,
			   nowhere, error);
	if (err && err != -EINTR) {
		free(list.at);
		return err;
	}
	*links = list.at;
	*count = list.count;
	return 0;
}

struct strays {
	uint64_t	out, in;
};

static int read_namespace(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *nest = find_attribute(nlh, ALIAS_A_NAMESPACE);
	struct strays *s = data;

	return nest && wire_get_namespace(nest, &s->out, &s->in) ? MNL_CB_OK : MNL_CB_ERROR;
}

int kernel_namespace(uint64_t *out, uint64_t *in, struct kernel_error *error)
{
	struct strays s = {};
	int err;

	err = name_request(ALIAS_CMD_GET_NAMESPACE, NLM_F_ACK, NULL, false, read_namespace, &s,
			   nowhere, error);
	*out = s.out;
	*in = s.in;
	return err;
}

struct listener {
	kernel_event	event;
	void		*data;
};

static int hear(const struct nlmsghdr *nlh, void *data)
{
	const struct genlmsghdr *header = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *nest = find_attribute(nlh, ALIAS_A_INSTANCE);
	struct instance *i = nest ? wire_get_instance(nest) : NULL;
	const struct listener *l = data;

	if (i)
		l->event(header->cmd, i, l->data);
	instance_free(i);
	return MNL_CB_OK;
}

int kernel_monitor(struct instances *known, kernel_event event, void *data,
		   struct kernel_error *error)
{
	struct listener l = { .event = event, .data = data };
	struct genl events;
	int err = open_or_say(error, nowhere);

	if (err)
		return err;
	/* A socket of its own: answers and events must not get into each other's way. */
	err = genl_open(&events, ALIAS_GENL_NAME, ALIAS_GENL_GROUP);
	if (!err)
		err = genl_subscribe(&events);
	if (!err)
		err = kernel_get_all(known, error);
	if (err && error->sentence[0])
		goto out;
	if (!err)
		err = genl_listen(&events, hear, &l);
	error->error = -err;
	snprintf(error->sentence, sizeof(error->sentence), "%s",
		 err == -ENOBUFS ? "events were lost, the kernel was faster" : strerror(-err));
out:
	genl_close(&events);
	return err;
}

void instances_add(struct instances *all, const char *name)
{
	struct instance *i = instance_new();

	snprintf(i->name, sizeof(i->name), "%s", name);
	GROW(all->at, all->count);
	all->at[all->count++] = i;
}

void instances_remove(struct instances *all, const char *name)
{
	size_t i;

	for (i = 0; i < all->count; i++) {
		if (strcmp(all->at[i]->name, name))
			continue;
		instance_free(all->at[i]);
		all->at[i] = all->at[--all->count];
		return;
	}
}

void instances_free(struct instances *all)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		instance_free(all->at[i]);
	free(all->at);
	memset(all, 0, sizeof(*all));
}

const struct instance *instances_find(const struct instances *all, const char *name)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		if (!strcmp(all->at[i]->name, name))
			return all->at[i];
	return NULL;
}
