/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_HOUSEKEEPING_H
#define ALIAS_HOUSEKEEPING_H

#include <linux/types.h>

struct alias_instance;
struct alias_net;

int alias_housekeeping_init(void);
void alias_housekeeping_exit(void);
void alias_housekeeping_start(struct alias_net *an);
void alias_housekeeping_stop(struct alias_net *an);
bool alias_housekeeping_sweep(struct alias_instance *inst, unsigned int blocks, u32 now);

#endif /* ALIAS_HOUSEKEEPING_H */
