// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include "ktap.h"

static unsigned int passed, failed;

void ktap_begin(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("KTAP version 1");
}

void ktap_check(bool good, const char *name, const char *file, int line)
{
	if (!good)
		printf("# %s:%d\n", file, line);
	printf("%s %u %s\n", good ? "ok" : "not ok", passed + failed + 1, name);
	*(good ? &passed : &failed) += 1;
}

void ktap_text(const char *got, const char *wanted, const char *name, const char *file, int line)
{
	bool same = got && !strcmp(got, wanted);

	if (!same)
		printf("# got:    [%s]\n# wanted: [%s]\n", got ? got : "nothing", wanted);
	ktap_check(same, name, file, line);
}

void ktap_number(long long got, long long wanted, const char *name, const char *file, int line)
{
	if (got != wanted)
		printf("# got %lld, wanted %lld\n", got, wanted);
	ktap_check(got == wanted, name, file, line);
}

int ktap_end(void)
{
	printf("1..%u\n", passed + failed);
	return !!failed;
}
