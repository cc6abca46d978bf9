/* SPDX-License-Identifier: GPL-2.0 */
/* One run: texts in, one transaction, lists and errors out. */
#ifndef RUN_H
#define RUN_H

#include <nftables/libnftables.h>
#include <stdbool.h>
#include <stddef.h>

struct run {
	struct nft_ctx	*nft;
	bool		json;
	bool		check;
	bool		stateless;
	bool		echo;
	bool		optimize;
	char		**defines;	/* "name=value" */
	size_t		define_count;
};

/* Both return the exit code. */
int run_commands(const struct run *run, const char *text);
int run_file(const struct run *run, const char *name);

#endif
