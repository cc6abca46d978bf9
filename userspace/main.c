// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kernel.h"
#include "memory.h"
#include "run.h"

struct option_info {
	const char	*name;
	char		letter;
	const char	*takes;
	unsigned int	output;		/* the flag of libnftables it sets */
	const char	*help;
};

static const struct option_info infos[] = {
	{ "help", 'h', NULL, 0, "Show this help" },
	{ "version", 'v', NULL, 0, "Show version information" },
	{ NULL, 'V', NULL, 0, "Show extended version information" },
	{ "file", 'f', "<filename>", 0, "Read input from <filename>" },
	{ "define", 'D', "<name=value>", 0, "Define variable, e.g. --define foo=1.2.3.4" },
	{ "interactive", 'i', NULL, 0, "Read input from interactive CLI" },
	{ "includepath", 'I', "<directory>", 0,
	  "Add <directory> to the paths searched for include files" },
	{ "check", 'c', NULL, 0, "Check commands validity without actually applying the changes." },
	{ "optimize", 'o', NULL, 0, "Optimize ruleset" },
	{ "handle", 'a', NULL, NFT_CTX_OUTPUT_HANDLE, "Output rule handle." },
	{ "stateless", 's', NULL, NFT_CTX_OUTPUT_STATELESS,
	  "Omit stateful information of ruleset." },
	{ "terse", 't', NULL, NFT_CTX_OUTPUT_TERSE, "Omit contents of sets." },
	{ "service", 'S', NULL, NFT_CTX_OUTPUT_SERVICE,
	  "Translate ports to service names as described in /etc/services." },
	{ "reversedns", 'N', NULL, NFT_CTX_OUTPUT_REVERSEDNS,
	  "Translate IP addresses to names (of rules; lists of ours are always numeric)." },
	{ "guid", 'u', NULL, NFT_CTX_OUTPUT_GUID,
	  "Print UID/GID as defined in /etc/passwd and /etc/group." },
	{ "numeric", 'n', NULL, NFT_CTX_OUTPUT_NUMERIC_ALL, "Print fully numerical output." },
	{ "numeric-priority", 'y', NULL, NFT_CTX_OUTPUT_NUMERIC_PRIO,
	  "Print chain priority numerically." },
	{ "numeric-protocol", 'p', NULL, NFT_CTX_OUTPUT_NUMERIC_PROTO,
	  "Print layer 4 protocols numerically." },
	{ "numeric-time", 'T', NULL, NFT_CTX_OUTPUT_NUMERIC_TIME,
	  "Print time values numerically." },
	{ "echo", 'e', NULL, NFT_CTX_OUTPUT_ECHO,
	  "Echo what has been added, inserted or replaced." },
	{ "json", 'j', NULL, NFT_CTX_OUTPUT_JSON, "Format output in JSON" },
	{ "debug", 'd', "<level [,level...]>", 0,
	  "Specify debugging level (scanner, parser, eval, netlink, mnl, proto-ctx, segtree, all)" },
};

#define INFO_COUNT	(sizeof(infos) / sizeof(infos[0]))

/* Filters of "list links" that no option of nft can be mistaken for may stand in front. */
static const char *const filter_options[] = {
	"proto", "orig-src", "orig-dst", "src-nat", "dst-nat", "sport", "dport",
};

#define FILTER_COUNT	(sizeof(filter_options) / sizeof(filter_options[0]))
#define FILTER_BASE	256	/* above all letters */

struct invocation {
	struct run	run;
	struct buf	filters;
	const char	*file;
	bool		interactive;
	unsigned int	output;
};

static void print_option(const struct option_info *o)
{
	char left[64];

	snprintf(left, sizeof(left), "  -%c%s%s%s%s", o->letter, o->name ? ", --" : "",
		 o->name ? o->name : "", o->takes ? " " : "", o->takes ? o->takes : "");
	printf("%-34s%s\n", left, o->help);
}

static void show_help(const char *program)
{
	size_t i;

	printf("Usage: %s [ options ] [ cmds... ]\n\nOptions, as in nft:\n", program);
	for (i = 0; i < INFO_COUNT; i++)
		print_option(&infos[i]);
	printf("\nCommands: those of nft, and\n"
	       "  alias NAME { number N; address A[, A-B, A/P]; ports LO-HI; same-ports; deny-in;\n"
	       "               refresh-in; pptp; mapping [PROTO] eim|edm;\n"
	       "               filter [PROTO] eif|adf|apdf; timeout NAME SECONDS;\n"
	       "               timeout udp port N SECONDS }\n"
	       "  add|create alias NAME { ... }     delete|flush alias NAME\n"
	       "  list aliases                      list alias NAME\n"
	       "  list links [-p PROTO] [-s INSIDE] [-d PEER] [-n OUTSIDE] [-g INSIDE]\n"
	       "             [--sport PORT] [--dport PORT] [NAME]\n"
	       "  monitor aliases\n"
	       "\nStatements of rules: those of nft, and\n"
	       "  alias in|out NAME                 alias in|out map EXPRESSION map @MAP\n");
}

static void show_version(bool extended)
{
	printf("nft-alias v%s (libnftables v%s)\n", NFT_ALIAS_VERSION, NFT_VERSION);
	if (extended)
		printf("  cli:    plain\n  json:   yes\n  family: %s, version %d\n", ALIAS_GENL_NAME,
		       ALIAS_GENL_VERSION);
}

/* nft wants its options first; "list links" has options of its own behind it. */
static bool is_list_links(int argc, char *const argv[], int i)
{
	if (!strncmp(argv[i], "list links", 10))
		return true;
	return i + 1 < argc && !strcmp(argv[i], "list") && !strncmp(argv[i + 1], "links", 5);
}

static bool takes_value(const char *argument)
{
	size_t i;

	for (i = 0; i < INFO_COUNT; i++) {
		if (!infos[i].takes)
			continue;
		if (argument[1] == infos[i].letter && !argument[2])
			return true;
		if (argument[1] == '-' && infos[i].name && !strcmp(argument + 2, infos[i].name))
			return true;
	}
	for (i = 0; i < FILTER_COUNT; i++)
		if (argument[1] == '-' && !strcmp(argument + 2, filter_options[i]))
			return true;
	return false;
}

static bool complain_order(int argc, char *const argv[], size_t position)
{
	int i;

	fprintf(stderr, "Error: syntax error, options must be specified before commands\n");
	for (i = 0; i < argc; i++)
		fprintf(stderr, "%s ", argv[i]);
	fprintf(stderr, "\n%4c%*s\n", '^', (int)position - 2, "~~");
	return false;
}

static bool check_order(int argc, char *const argv[])
{
	bool command = false;
	size_t position = 0;
	int i;

	for (i = 1; i < argc; i++) {
		position += strlen(argv[i - 1]) + 1;
		if (argv[i][0] == '{' || (!command && is_list_links(argc, argv, i)))
			return true;
		if (argv[i][0] != '-') {
			command = true;
			continue;
		}
		if (command)
			return complain_order(argc, argv, position);
		if (!strcmp(argv[i], "--"))
			return true;
		if (takes_value(argv[i])) {
			i++;
			position += i < argc ? strlen(argv[i]) + 1 : 0;
		}
	}
	return true;
}

static const struct {
	const char		*name;
	enum nft_debug_level	level;
} debug_levels[] = {
	{ "scanner", NFT_DEBUG_SCANNER },
	{ "parser", NFT_DEBUG_PARSER },
	{ "eval", NFT_DEBUG_EVALUATION },
	{ "netlink", NFT_DEBUG_NETLINK },
	{ "mnl", NFT_DEBUG_MNL },
	{ "proto-ctx", NFT_DEBUG_PROTO_CTX },
	{ "segtree", NFT_DEBUG_SEGTREE },
	{ "all", ~0 },
};

static void set_debug(struct nft_ctx *nft, char *levels)
{
	const size_t count = sizeof(debug_levels) / sizeof(debug_levels[0]);
	unsigned int mask = nft_ctx_output_get_debug(nft);
	char *level;
	size_t i;

	while ((level = strsep(&levels, ","))) {
		for (i = 0; i < count && strcmp(debug_levels[i].name, level); i++)
			;
		if (i == count) {
			fprintf(stderr, "invalid debug parameter `%s'\n", level);
			exit(EXIT_FAILURE);
		}
		mask |= debug_levels[i].level;
	}
	nft_ctx_output_set_debug(nft, mask);
}

static void define(struct invocation *v, char *assignment)
{
	/* libnftables cuts the string at the equals sign. */
	GROW(v->run.defines, v->run.define_count);
	v->run.defines[v->run.define_count++] = xstrdup(assignment);
	if (!nft_ctx_add_var(v->run.nft, assignment))
		return;
	fprintf(stderr, "Failed to define variable '%s'\n", assignment);
	exit(EXIT_FAILURE);
}

static void include_path(struct invocation *v, const char *path)
{
	if (!nft_ctx_add_include_path(v->run.nft, path))
		return;
	fprintf(stderr, "Failed to add include path '%s'\n", path);
	exit(EXIT_FAILURE);
}

static void set_option(struct invocation *v, int letter, char *value, const char *program)
{
	size_t i;

	if (letter >= FILTER_BASE) {
		buf_printf(&v->filters, " --%s %s", filter_options[letter - FILTER_BASE], value);
		return;
	}
	switch (letter) {
	case 'h':
		show_help(program);
		exit(EXIT_SUCCESS);
	case 'v':
	case 'V':
		show_version(letter == 'V');
		exit(EXIT_SUCCESS);
	case 'f':
		v->file = value;
		return;
	case 'D':
		return define(v, value);
	case 'i':
		v->interactive = true;
		return;
	case 'I':
		return include_path(v, value);
	case 'c':
		v->run.check = true;
		return;
	case 'o':
		v->run.optimize = true;
		return;
	case 'd':
		return set_debug(v->run.nft, value);
	case '?':
		exit(EXIT_FAILURE);
	}
	for (i = 0; i < INFO_COUNT; i++)
		if (infos[i].letter == letter)
			v->output |= infos[i].output;
}

static void read_options(struct invocation *v, int argc, char *const argv[])
{
	struct option longs[INFO_COUNT + FILTER_COUNT + 1] = {};
	char letters[2 * INFO_COUNT + 2] = "+";
	size_t i, n = 0, len = 1;
	int letter;

	for (i = 0; i < INFO_COUNT; i++) {
		letters[len++] = infos[i].letter;
		if (infos[i].takes)
			letters[len++] = ':';
		if (infos[i].name)
			longs[n++] = (struct option){ .name = infos[i].name, .val = infos[i].letter,
						      .has_arg = !!infos[i].takes };
	}
	for (i = 0; i < FILTER_COUNT; i++)
		longs[n++] = (struct option){ .name = filter_options[i], .val = FILTER_BASE + i,
					      .has_arg = 1 };
	while ((letter = getopt_long(argc, argv, letters, longs, NULL)) != -1)
		set_option(v, letter, optarg, argv[0]);
	v->run.json = v->output & NFT_CTX_OUTPUT_JSON;
	v->run.echo = v->output & NFT_CTX_OUTPUT_ECHO;
	v->run.stateless = v->output & NFT_CTX_OUTPUT_STATELESS;
	nft_ctx_output_set_flags(v->run.nft, v->output);
	nft_ctx_set_dry_run(v->run.nft, v->run.check);
	if (v->run.optimize)
		nft_ctx_set_optimize(v->run.nft, NFT_OPTIMIZE_ENABLED);
}

static int run_words(const struct invocation *v, char *const *words)
{
	struct buf text = {};
	int rc;

	for (; *words; words++) {
		if (text.len)
			buf_str(&text, " ");
		buf_str(&text, *words);
	}
	if (v->filters.len && strncmp(text.data, "list links", 10)) {
		fprintf(stderr, "Error:%s is for list links only\n", v->filters.data);
		buf_free(&text);
		return EXIT_FAILURE;
	}
	buf_str(&text, v->filters.len ? v->filters.data : "");
	rc = run_commands(&v->run, text.data);
	buf_free(&text);
	return rc;
}

static int run_interactive(const struct run *run)
{
	bool prompt = isatty(STDIN_FILENO);
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	for (;;) {
		if (prompt)
			fputs("nft> ", stdout);
		fflush(stdout);
		len = getline(&line, &size, stdin);
		if (len < 0)
			break;
		line[strcspn(line, "\n")] = '\0';
		if (!strcmp(line, "quit") || !strcmp(line, "exit"))
			break;
		run_commands(run, line);
		/* The session may outlive the module, which has another family when it is back. */
		kernel_close();
	}
	if (prompt)
		fputc('\n', stdout);
	free(line);
	return EXIT_SUCCESS;
}

static int dispatch(const struct invocation *v, char *const *words, const char *program)
{
	if (!v->file && v->run.define_count) {
		fprintf(stderr, "Error: -D/--define can only be used with -f/--filename\n");
		return EXIT_FAILURE;
	}
	if (!*words && v->filters.len) {
		fprintf(stderr, "Error:%s is for list links only\n", v->filters.data);
		return EXIT_FAILURE;
	}
	if (*words)
		return run_words(v, words);
	if (v->file)
		return run_file(&v->run, v->file);
	if (v->interactive)
		return run_interactive(&v->run);
	fprintf(stderr, "%s: no command specified\n", program);
	return EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
	struct invocation v = {};
	size_t i;
	int rc;

	/* As nft: nothing here is safe to run with somebody else's rights. */
	if (getuid() != geteuid())
		_exit(111);
	if (!check_order(argc, argv))
		return EXIT_FAILURE;
	v.run.nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!v.run.nft) {
		fprintf(stderr, "nft-alias: libnftables does not start\n");
		return EXIT_FAILURE;
	}
	read_options(&v, argc, argv);
	rc = dispatch(&v, argv + optind, argv[0]);
	for (i = 0; i < v.run.define_count; i++)
		free(v.run.defines[i]);
	free(v.run.defines);
	buf_free(&v.filters);
	nft_ctx_free(v.run.nft);
	kernel_close();
	return rc;
}
