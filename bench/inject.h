/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BENCH_INJECT_H
#define BENCH_INJECT_H

struct dentry;

void bench_lockwatch_init(struct dentry *dir);

#endif /* BENCH_INJECT_H */
