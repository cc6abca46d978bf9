// SPDX-License-Identifier: GPL-2.0
#include <linux/netfilter/nft_alias.h>
#include <string.h>
#include "behaviour.h"

static const char *const mappings[] = {
	[ALIAS_MAPPING_EIM]	= "eim",
	[ALIAS_MAPPING_EDM]	= "edm",
};

static const char *const filters[] = {
	[ALIAS_FILTER_EIF]	= "eif",
	[ALIAS_FILTER_ADF]	= "adf",
	[ALIAS_FILTER_APDF]	= "apdf",
};

static const struct {
	const char		*name;
	const char *const	*names;
	uint8_t			max;
	const char		*all;
} behaviours[BEHAVIOUR_COUNT] = {
	[BEHAVIOUR_MAPPING] = { "mapping", mappings, ALIAS_MAPPING_MAX, "eim or edm" },
	[BEHAVIOUR_FILTER] = { "filter", filters, ALIAS_FILTER_MAX, "eif, adf or apdf" },
};

const char *behaviour_name(enum behaviour b)
{
	return behaviours[b].name;
}

const char *behaviour_value_name(enum behaviour b, uint8_t value)
{
	return value <= behaviours[b].max ? behaviours[b].names[value] : "unknown";
}

bool behaviour_find(enum behaviour b, const char *name, uint8_t *value)
{
	unsigned int v;

	for (v = 0; v <= behaviours[b].max; v++) {
		if (strcmp(name, behaviours[b].names[v]))
			continue;
		*value = v;
		return true;
	}
	return false;
}

const char *behaviour_values(enum behaviour b)
{
	return behaviours[b].all;
}
