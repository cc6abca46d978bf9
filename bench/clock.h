/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <linux/timekeeping.h>

/**
 * bench_cpu_ns - the time that the calling CPU has really run
 *
 * Under user-mode Linux a CPU is a thread of the host, which may set it aside for
 * milliseconds in the midst of anything: what it asks the host for is the time that
 * it had. Dearer than ktime_get_ns(). Elsewhere the same as that.
 *
 * Return: ns
 */
static inline u64 bench_cpu_ns(void)
{
#if defined(CONFIG_UML) && defined(CONFIG_X86_64)
	struct { s64 sec, nsec; } time = {};
	long ret = 228; /* clock_gettime */

	asm volatile("syscall" : "+a" (ret) : "D" (3L /* CLOCK_THREAD_CPUTIME_ID */), "S" (&time)
		     : "rcx", "r11", "memory");
	return time.sec * NSEC_PER_SEC + time.nsec;
#else
	return ktime_get_mono_fast_ns();
#endif
}

#endif /* BENCH_CLOCK_H */
