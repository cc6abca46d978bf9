// SPDX-License-Identifier: GPL-2.0
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "intercept.h"
#include "json.h"
#include "kernel.h"
#include "placeholder.h"
#include "translate.h"

/* Error numbers that only strerror() below knows; far above the kernel's. */
#define REFUSAL_BASE	0x5a000000

/* Marks our sentence in libnftables' error text: mark, index, mark. */
#define REFUSAL_MARK	"\x1f"

/* Growth of what one recvmsg() brings: a map expression becomes two. */
#define RECEIVE_ROOM	(256 * 1024)

static struct intercept *active;

static void *real(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (!symbol) {
		fprintf(stderr, "nft-alias: no %s in the libraries\n", name);
		abort();
	}
	return symbol;
}

void intercept_start(struct intercept *i)
{
	active = i;
}

bool intercept_stop(struct intercept *i)
{
	active = NULL;
	return !i->pending.len;
}

void intercept_free(struct intercept *i)
{
	size_t n;

	for (n = 0; n < i->refusal_count; n++)
		free(i->refusals[n].sentence);
	free(i->refusals);
	buf_free(&i->pending);
	swap_free(&i->sent);
}

/* Returns the error number for it. */
static int add_refusal(struct intercept *i, struct place place, const char *sentence)
{
	GROW(i->refusals, i->refusal_count);
	i->refusals[i->refusal_count] = (struct refusal){
		.place = place, .sentence = sentence ? xstrdup(sentence) : NULL,
	};
	return REFUSAL_BASE + i->refusal_count++;
}

const struct refusal *intercept_find_refusal(const struct intercept *i, const char *sentence,
					     size_t len)
{
	const char *mark = memmem(sentence, len, REFUSAL_MARK "refusal", 8);
	unsigned long n;

	if (!mark)
		return NULL;
	n = strtoul(mark + 8, NULL, 10);
	return n < i->refusal_count ? &i->refusals[n] : NULL;
}

char *strerror(int error)
{
	static char text[64];
	char *(*real_strerror)(int) = real("strerror");

	if (!active || error < REFUSAL_BASE ||
	    (size_t)(error - REFUSAL_BASE) >= active->refusal_count)
		return real_strerror(error);
	snprintf(text, sizeof(text), REFUSAL_MARK "refusal%d" REFUSAL_MARK, error - REFUSAL_BASE);
	return text;
}

/* ---- texts ---- */

struct source *intercept_translate(struct intercept *i, const char *name, enum source_kind kind,
				   const void *text, size_t len)
{
	struct source *s = program_add_source(i->program, source_new(name, kind, text, len));

	if (i->json && json_translate(i->program, s))
		return s;
	translate(i->program, s, kind == SOURCE_FILE ? program_context(i->program, name) :
		  CONTEXT_COMMANDS);
	return s;
}

int intercept_open_made(const struct source *s)
{
	int fd = memfd_create("nft-alias", MFD_CLOEXEC);
	size_t done = 0;
	ssize_t n;

	while (fd >= 0 && done < s->made.len) {
		n = write(fd, s->made.data + done, s->made.len - done);
		if (n < 0 && errno != EINTR) {
			close(fd);
			return -1;
		}
		done += n > 0 ? n : 0;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static FILE *open_made(const struct source *s)
{
	int fd = intercept_open_made(s);

	return fd < 0 ? NULL : fdopen(fd, "r");
}

static struct source *read_source(struct intercept *i, const char *path, FILE *f)
{
	struct buf text = {};
	struct source *s;
	char chunk[65536];
	size_t n;

	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&text, chunk, n);
	s = ferror(f) ? NULL : intercept_translate(i, path, SOURCE_FILE, text.data, text.len);
	buf_free(&text);
	return s;
}

/* libnftables opens a file when its scanner comes to it, and again to quote a
 * line of it in an error: the second time must not ask for the changes twice.
 */
FILE *fopen(const char *path, const char *mode)
{
	FILE *(*real_fopen)(const char *, const char *) = real("fopen");
	struct intercept *i = active;
	struct source *s;
	struct stat st;
	FILE *f;

	/* libnftables says "r", jansson "rb". */
	if (!i || mode[0] != 'r' || strchr(mode, '+'))
		return real_fopen(path, mode);
	s = program_find_source(i->program, path);
	if (s)
		return open_made(s);
	f = real_fopen(path, mode);
	if (!f || fstat(fileno(f), &st) || S_ISDIR(st.st_mode) || i->talked)
		return f;
	s = read_source(i, path, f);
	fclose(f);
	return s ? open_made(s) : NULL;
}

/* ---- messages out ---- */

static size_t iov_total(const struct msghdr *msg)
{
	size_t total = 0, n;

	for (n = 0; n < msg->msg_iovlen; n++)
		total += msg->msg_iov[n].iov_len;
	return total;
}

static bool is_batch(const struct msghdr *msg)
{
	const struct nlmsghdr *nlh;

	if (!msg->msg_iovlen || msg->msg_iov[0].iov_len < sizeof(*nlh))
		return false;
	nlh = msg->msg_iov[0].iov_base;
	return nlh->nlmsg_type == NFNL_MSG_BATCH_BEGIN;
}

static int swap_batch(struct intercept *i, const struct msghdr *msg)
{
	size_t n;
	int err;

	swap_free(&i->sent);
	for (n = 0; n < msg->msg_iovlen; n++) {
		err = swap_outgoing(&i->sent, msg->msg_iov[n].iov_base, msg->msg_iov[n].iov_len);
		if (!err)
			continue;
		report_add(&i->program->errors, nowhere, "%s",
			   i->sent.fault ? i->sent.fault : "the rules cannot be sent");
		return err;
	}
	return 0;
}

/* libnftables has made the socket's buffer large enough for what it wanted to send. */
static void fit_socket(int fd, size_t before, size_t after)
{
	int size = 0;
	socklen_t len = sizeof(size);

	if (after <= before || getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &len))
		return;
	size += after - before;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	ssize_t (*real_sendmsg)(int, const struct msghdr *, int) = real("sendmsg");
	struct intercept *i = active;
	struct msghdr swapped = *msg;
	struct iovec iov;

	if (!i || !is_batch(msg))
		return real_sendmsg(fd, msg, flags);
	i->talked = true;
	if (swap_batch(i, msg) || i->before_batch(&i->sent, i->data)) {
		errno = add_refusal(i, nowhere, NULL);
		return -1;
	}
	i->batch_sent = true;
	iov.iov_base = i->sent.out.data;
	iov.iov_len = i->sent.out.len;
	swapped.msg_iov = &iov;
	swapped.msg_iovlen = 1;
	fit_socket(fd, iov_total(msg), iov.iov_len);
	return real_sendmsg(fd, &swapped, flags);
}

/* ---- messages in ---- */

const char intercept_hooks[] =
	"alias in works in the hooks prerouting and input, alias out in prerouting, "
	"forward and postrouting, in chains of type filter; "
	"alias in also in hook output, in chains of type route";

static const char *alias_sentence(int error, const struct swap_alias *a, char *buffer, size_t size)
{
	switch (error) {
	case ENOENT:
		if (kernel_open() == -ENOENT)
			return kernel_no_module;
		snprintf(buffer, size, "no such alias %s", a->name);
		return buffer;
	case EOPNOTSUPP:
		return intercept_hooks;
	case EAFNOSUPPORT:
		return "alias works in tables of the families ip and inet";
	case EMFILE:
		snprintf(buffer, size, "too many rules name the alias %s", a->name);
		return buffer;
	default:
		snprintf(buffer, size, "the kernel refuses the alias statement: %s",
			 strerror(error));
		return buffer;
	}
}

static struct nlattr *error_offset(struct nlmsghdr *nlh, struct nlmsgerr *err)
{
	size_t skip = sizeof(*err);
	struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += mnl_nlmsg_get_payload_len(&err->msg);
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || skip > mnl_nlmsg_get_payload_len(nlh))
		return NULL;
	mnl_attr_for_each(attr, nlh, skip) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_OFFS &&
		    !mnl_attr_validate(attr, MNL_TYPE_U32))
			return attr;
	}
	return NULL;
}

static void refuse_alias(struct intercept *i, struct nlmsgerr *err, const struct swap_alias *a)
{
	const struct reference *r = program_reference(i->program, a->reference);
	char buffer[256];
	const char *sentence = alias_sentence(-err->error, a, buffer, sizeof(buffer));

	err->error = -add_refusal(i, r ? r->place : nowhere, sentence);
}

/* Whether the expression at an offset of a message that was sent can jump. */
static bool can_jump(const struct intercept *i, uint32_t seq, uint32_t off)
{
	const struct nlmsghdr *nlh = (void *)i->sent.out.data;
	const size_t headers = 2 * MNL_ATTR_HDRLEN;
	int len = i->sent.out.len;
	const char *name;

	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_seq != seq || nlh->nlmsg_len < off + headers + sizeof("immediate"))
			continue;
		name = (const char *)nlh + off + headers;
		return !strcmp(name, "immediate") || !strcmp(name, "lookup");
	}
	return false;
}

/* A jump, by a rule or a map, to a chain whose statements do not work where it
 * comes from. Later kernels check the whole table and blame no attribute, 6.1 the
 * expression that jumps. The statement may be another one than ours, so
 * libnftables' own sentence stays.
 */
static bool leads_astray(const struct intercept *i, struct nlmsghdr *nlh,
			 struct nlmsgerr *err)
{
	const struct nlattr *attr = error_offset(nlh, err);
	uint32_t off = attr ? mnl_attr_get_u32(attr) : 0;

	if (err->error != -EOPNOTSUPP || !i->sent.rule_count)
		return false;
	if (err->msg.nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE))
		return !off || can_jump(i, nlh->nlmsg_seq, off);
	return !off && err->msg.nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM);
}

/* The kernel speaks of the rule that we sent; libnftables knows the one it wrote.
 * A wrong hook is found when the whole table is checked, so that error names
 * the rule but no expression.
 */
static void map_error(struct intercept *i, struct nlmsghdr *nlh)
{
	struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	const struct swap_alias *a = NULL;
	const struct swap_rule *r;
	struct nlattr *attr;
	uint32_t off = 0;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*err) || !err->error)
		return;
	r = swap_find_rule(&i->sent, nlh->nlmsg_seq);
	if (!r) {
		i->leads_astray |= leads_astray(i, nlh, err);
		return;
	}
	attr = error_offset(nlh, err);
	if (attr)
		off = mnl_attr_get_u32(attr);
	if (off)
		a = swap_find_alias(r, off);
	else if (err->error == -EOPNOTSUPP || err->error == -EAFNOSUPPORT)
		a = &r->aliases[0];
	if (attr) {
		uint32_t original = a ? 0 : swap_original_offset(r, off);

		memcpy(mnl_attr_get_payload(attr), &original, sizeof(original));
	}
	if (a)
		refuse_alias(i, err, a);
}

/* As many whole messages as fit; the others wait for the next call. */
static ssize_t deliver(struct intercept *i, void *buffer, size_t size)
{
	size_t len = 0;

	while (len < i->pending.len) {
		const struct nlmsghdr *nlh = (void *)(i->pending.data + len);
		size_t step = MNL_ALIGN(nlh->nlmsg_len);

		if (len + step > size)
			break;
		len += step;
	}
	if (!len && i->pending.len) {
		errno = ENOSPC;
		return -1;
	}
	memcpy(buffer, i->pending.data, len);
	memmove(i->pending.data, i->pending.data + len, i->pending.len - len);
	i->pending.len -= len;
	return len;
}

static int swap_received(struct intercept *i, char *buffer, ssize_t len)
{
	struct nlmsghdr *nlh = (void *)buffer;
	struct swap in = {};
	int left = len, err = 0;

	for (; !err && mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		/* Interfaces are looked up by netlink while texts are still being read. */
		if (NFNL_SUBSYS_ID(nlh->nlmsg_type) == NFNL_SUBSYS_NFTABLES)
			i->talked = true;
		if (nlh->nlmsg_type == NLMSG_ERROR)
			map_error(i, nlh);
		err = swap_incoming(&in, nlh);
	}
	if (err)
		fprintf(stderr, "Error: a rule cannot be shown: %s\n", in.fault);
	else
		buf_add(&i->pending, in.out.data, in.out.len);
	swap_free(&in);
	return err;
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buffer, size_t size)
{
	ssize_t (*real_recvfrom)(const struct mnl_socket *, void *, size_t) =
		real("mnl_socket_recvfrom");
	struct intercept *i = active;
	char *room;
	ssize_t len;
	int err = 0, saved;

	if (!i)
		return real_recvfrom(nl, buffer, size);
	if (i->pending.len)
		return deliver(i, buffer, size);
	room = xcalloc(1, RECEIVE_ROOM);
	len = real_recvfrom(nl, room, RECEIVE_ROOM);
	saved = errno;
	if (len > 0)
		err = swap_received(i, room, len);
	free(room);
	if (len > 0 && !err)
		return deliver(i, buffer, size);
	errno = err ? -err : saved;
	return err ? -1 : len;
}
