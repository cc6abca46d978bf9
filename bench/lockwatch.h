/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long locks are held. Included before everything else when the product is
 * built for this one measurement (-include), so that its own sources know
 * nothing of it: the only spin_lock_bh() there are alias_lock() and that of an incomplete
 * packet, of which the bench sends none.
 */
#ifndef BENCH_LOCKWATCH_H
#define BENCH_LOCKWATCH_H

#include <linux/spinlock.h>

void bench_lock_taken(void);
void bench_lock_released(void);

static __always_inline void bench_spin_lock_bh(spinlock_t *lock)
{
	spin_lock_bh(lock);
	bench_lock_taken();
}

static __always_inline void bench_spin_unlock_bh(spinlock_t *lock)
{
	bench_lock_released();
	spin_unlock_bh(lock);
}

#ifndef BENCH_LOCKWATCH_SELF
#define spin_lock_bh bench_spin_lock_bh
#define spin_unlock_bh bench_spin_unlock_bh
#endif

#endif /* BENCH_LOCKWATCH_H */
