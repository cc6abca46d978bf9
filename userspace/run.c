// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "errors.h"
#include "intercept.h"
#include "json.h"
#include "kernel.h"
#include "monitor.h"
#include "object.h"
#include "output.h"
#include "plan.h"
#include "run.h"
#include "text.h"

struct running {
	const struct run	*run;
	struct program		program;
	struct intercept	intercept;
	struct plan		plan;
	struct output		output;
	FILE			*usual_output;
	sigset_t		usual_signals;
	bool			signals_blocked;
};

/* From the first change until commit or roll-back a signal must not end the program. */
static void block_signals(struct running *r)
{
	sigset_t set;

	if (r->signals_blocked)
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, &r->usual_signals);
	r->signals_blocked = true;
}

static void unblock_signals(struct running *r)
{
	if (r->signals_blocked)
		sigprocmask(SIG_SETMASK, &r->usual_signals, NULL);
	r->signals_blocked = false;
}

static int before_batch(const struct swap *rules, void *data)
{
	struct running *r = data;

	block_signals(r);
	return plan_prepare(&r->plan, rules);
}

static void define_variables(struct running *r)
{
	size_t i;

	for (i = 0; i < r->run->define_count; i++) {
		char *name = xstrdup(r->run->defines[i]), *value = strchr(name, '=');

		if (value) {
			*value++ = '\0';
			program_define(&r->program, name, value);
		}
		free(name);
	}
}

static bool begin(struct running *r, const struct run *run)
{
	memset(r, 0, sizeof(*r));
	r->run = run;
	r->program.optimize = run->optimize;
	r->plan.program = &r->program;
	r->plan.dry = run->check;
	r->intercept.program = &r->program;
	r->intercept.json = run->json;
	r->intercept.before_batch = before_batch;
	r->intercept.data = r;
	define_variables(r);
	if (!output_open(&r->output, &r->program, run->json, stdout)) {
		perror("nft-alias");
		return false;
	}
	r->usual_output = nft_ctx_set_output(run->nft, r->output.stream);
	nft_ctx_buffer_error(run->nft);
	intercept_start(&r->intercept);
	return true;
}

static bool commit_plan(struct running *r)
{
	if (!plan_commit(&r->plan))
		return true;
	if (r->intercept.batch_sent)
		report_add(&r->program.errors, nowhere,
			   "the rules were committed before that and stay");
	return false;
}

/* Commit or roll back; returns whether all went well. */
static bool finish_plan(struct running *r, bool good)
{
	good = good && !r->program.errors.count;
	if (good && !r->plan.prepared) {
		if (r->program.change_count)
			block_signals(r);
		good = !plan_prepare(&r->plan, NULL);
	}
	if (!good || r->run->check)
		plan_roll_back(&r->plan);
	else
		good = commit_plan(r);
	return good && !r->program.errors.count;
}

/* What nft itself says of its version stands first in each of its lists. */
static char *nft_metainfo(struct nft_ctx *nft)
{
	char *text = NULL;

	nft_ctx_buffer_output(nft);
	if (!nft_run_cmd_from_buffer(nft, "list flowtables"))
		text = xstrdup(nft_ctx_get_output_buffer(nft));
	nft_ctx_unbuffer_output(nft);
	return text;
}

static void print_json_list(const struct running *r, json_t *objects)
{
	char *metainfo = nft_metainfo(r->run->nft);

	json_print_list(objects, metainfo, stdout);
	json_decref(objects);
	free(metainfo);
}

static int list_error(struct running *r, const struct listing *l, const struct kernel_error *error,
		      const char *name)
{
	if (error->error == ENOENT && name[0] && !kernel_open())
		report_add(&r->program.errors, l->place, "no such alias %s", name);
	else
		report_add(&r->program.errors, l->place, "%s", error->sentence);
	return -error->error;
}

/* Packets that met no instance belong to no block. */
static void text_strays(struct buf *b)
{
	struct kernel_error error;
	uint64_t out, in;

	if (kernel_namespace(&out, &in, &error) || (!out && !in))
		return;
	buf_printf(b, "# packets that reached no alias: out %llu, in %llu\n",
		   (unsigned long long)out, (unsigned long long)in);
}

static json_t *json_strays(void)
{
	struct kernel_error error;
	uint64_t out, in;

	if (kernel_namespace(&out, &in, &error))
		return NULL;
	return json_pack("{s:{s:I, s:I}}", "alias_namespace", "out_no_instance", (json_int_t)out,
			 "in_no_instance", (json_int_t)in);
}

static void show_instances(struct running *r, const struct instances *all, bool whole)
{
	json_t *objects = json_array();
	struct buf b = {};
	size_t i;

	for (i = 0; i < all->count; i++) {
		text_instance(&b, "", all->at[i], !r->run->stateless);
		json_array_append_new(objects, object_instance(all->at[i], !r->run->stateless));
	}
	if (whole && !r->run->stateless) {
		text_strays(&b);
		json_array_append_new(objects, json_strays());
	}
	if (r->run->json) {
		print_json_list(r, json_incref(objects));
	} else {
		buf_write(&b, stdout);
	}
	json_decref(objects);
	buf_free(&b);
}

static int list_aliases(struct running *r, const struct listing *l)
{
	struct kernel_error error;
	struct instances all;

	if (kernel_get_all(&all, &error))
		return list_error(r, l, &error, "");
	show_instances(r, &all, true);
	instances_free(&all);
	return 0;
}

static int list_alias(struct running *r, const struct listing *l)
{
	struct instance *one;
	struct kernel_error error;
	struct instances all = { .at = &one, .count = 1 };

	if (kernel_get(l->name, &one, &error))
		return list_error(r, l, &error, l->name);
	show_instances(r, &all, false);
	instance_free(one);
	return 0;
}

static int list_links(struct running *r, const struct listing *l)
{
	const char *name = l->filter.name;
	struct kernel_error error;
	size_t count, i, shown = 0;
	json_t *objects = json_array();
	struct buf b = {};
	struct link *links;

	if (kernel_links(name[0] ? name : NULL, &links, &count, &error)) {
		json_decref(objects);
		return list_error(r, l, &error, name);
	}
	for (i = 0; i < count; i++) {
		if (!links_match(&l->filter, &links[i]))
			continue;
		shown++;
		if (r->run->json)
			json_array_append_new(objects, object_link(&links[i]));
		else
			text_link(&b, &links[i]);
	}
	if (r->run->json)
		print_json_list(r, json_incref(objects));
	buf_write(&b, stdout);
	fflush(stdout);
	fprintf(stderr, "%zu links have been shown.\n", shown);
	json_decref(objects);
	buf_free(&b);
	free(links);
	return 0;
}

static int monitor(struct running *r, const struct listing *l)
{
	struct kernel_error error;

	if (monitor_aliases(r->run->json, &error))
		return list_error(r, l, &error, "");
	return 0;
}

static bool show_listings(struct running *r)
{
	static int (*const show[])(struct running *, const struct listing *) = {
		[LIST_ALIASES]		= list_aliases,
		[LIST_ALIAS]		= list_alias,
		[LIST_LINKS]		= list_links,
		[MONITOR_ALIASES]	= monitor,
	};
	bool good = true;
	size_t i;

	for (i = 0; i < r->program.listing_count; i++)
		good = !show[r->program.listings[i].kind](r, &r->program.listings[i]) && good;
	return good;
}

/* --echo: what nft does for its objects. */
static void echo_changes(const struct running *r)
{
	struct buf b = {};
	size_t i;

	for (i = 0; i < r->program.change_count; i++) {
		const struct change *c = &r->program.changes[i];

		if (c->instance && c->done)
			text_instance(&b, "add ", c->instance, false);
	}
	buf_write(&b, stdout);
	buf_free(&b);
}

static int end(struct running *r, bool good)
{
	struct nft_ctx *nft = r->run->nft;

	if (!intercept_stop(&r->intercept)) {
		report_add(&r->program.errors, nowhere,
			   "answers of the kernel were left over");
		good = false;
	}
	good = finish_plan(r, good);
	nft_ctx_set_output(nft, r->usual_output);
	output_close(&r->output, good);
	good = good && !r->program.errors.count;
	unblock_signals(r);
	if (good && r->run->echo && !r->run->json)
		echo_changes(r);
	good = good && show_listings(r);
	fflush(stdout);
	report_print(&r->program.errors, stderr);
	errors_print(&r->intercept, nft_ctx_get_error_buffer(nft), stderr);
	nft_ctx_unbuffer_error(nft);
	plan_free(&r->plan);
	intercept_free(&r->intercept);
	program_free(&r->program);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run_commands(const struct run *run, const char *text)
{
	struct running r;
	struct source *s;
	bool good;

	if (!begin(&r, run))
		return EXIT_FAILURE;
	s = intercept_translate(&r.intercept, "<cmdline>", SOURCE_COMMAND_LINE, text, strlen(text));
	good = !r.program.errors.count && !nft_run_cmd_from_buffer(run->nft, s->made.data);
	return end(&r, good);
}

/* libnftables reads standard input by itself: it gets a file with the translated text there. */
static bool replace_stdin(struct running *r)
{
	struct buf text = {};
	struct source *s;
	char chunk[65536];
	ssize_t n;
	int fd;

	while ((n = read(STDIN_FILENO, chunk, sizeof(chunk))) > 0 || (n < 0 && errno == EINTR))
		buf_add(&text, chunk, n > 0 ? n : 0);
	s = intercept_translate(&r->intercept, "/dev/stdin", SOURCE_STDIN, text.data, text.len);
	buf_free(&text);
	fd = intercept_open_made(s);
	if (n < 0 || fd < 0 || dup2(fd, STDIN_FILENO) < 0) {
		report_add(&r->program.errors, nowhere, "standard input: %s",
			   strerror(errno));
		return false;
	}
	close(fd);
	return true;
}

int run_file(const struct run *run, const char *name)
{
	struct running r;
	bool good = true;

	if (!begin(&r, run))
		return EXIT_FAILURE;
	if (!strcmp(name, "-"))
		name = "/dev/stdin";
	if (!strcmp(name, "/dev/stdin"))
		good = replace_stdin(&r);
	good = good && !nft_run_cmd_from_filename(run->nft, name);
	return end(&r, good);
}
