/* jiffies.h: time in units of 1/HZ second, as Linux's timeouts are given.
 * SPDX-License-Identifier: MIT
 *
 * No interrupt counts them: `jiffies` is the clock, divided. So it is right on a CPU without a tick,
 * with interrupts off too, and each look at it costs a look at the clock. A module in which a structure has a member of
 * that name cannot have such a macro: it is compiled with JIFFIES_VARIABLE, and kernel/jiffies_variable.c counts.
 */
#pragma once

#include <arch/clock.h>

#include "kernel/base/config.h"
#include "kernel/core/timer.h"
#include "lib/limits.h"
#include "lib/macros.h"

#define NSEC_PER_JIFFY (NSEC_PER_SEC / HZ)

#ifdef JIFFIES_VARIABLE
extern volatile unsigned long jiffies;
#else
#define jiffies ((unsigned long)get_jiffies_64())
#endif

/* get_jiffies_64 - jiffies since boot. Never sleeps. Any context. */
static inline u64 get_jiffies_64(void)
{
	return clock_ns() / NSEC_PER_JIFFY;
}

/* No length of time is longer: what waits for it waits for ever. */
#define MAX_JIFFY_OFFSET ((LONG_MAX >> 1) - 1)

/* Lengths of time. Into jiffies they round up: who waits as long has waited long enough. A negative
 * number of milliseconds or microseconds, as in Linux, is for ever. */
static inline unsigned long msecs_to_jiffies(unsigned int ms)
{
	return (int)ms < 0 ? MAX_JIFFY_OFFSET : DIV_ROUND_UP(ms * NSEC_PER_MSEC, NSEC_PER_JIFFY);
}

static inline unsigned long usecs_to_jiffies(unsigned int us)
{
	return DIV_ROUND_UP(us * NSEC_PER_USEC, NSEC_PER_JIFFY);
}

static inline unsigned long nsecs_to_jiffies(u64 ns)
{
	return (unsigned long)(ns / NSEC_PER_JIFFY);
}

static inline unsigned int jiffies_to_msecs(unsigned long n)
{
	return (unsigned int)(n * NSEC_PER_JIFFY / NSEC_PER_MSEC);
}

static inline unsigned int jiffies_to_usecs(unsigned long n)
{
	return (unsigned int)(n * NSEC_PER_JIFFY / NSEC_PER_USEC);
}

static inline u64 jiffies_to_nsecs(unsigned long n)
{
	return n * NSEC_PER_JIFFY;
}

#define secs_to_jiffies(s)     ((unsigned long)(s)*HZ)
#define jiffies64_to_msecs(n)  ((u64)(n)*NSEC_PER_JIFFY / NSEC_PER_MSEC)
#define jiffies64_to_nsecs(n)  ((u64)(n)*NSEC_PER_JIFFY)
#define nsecs_to_jiffies64(ns) ((u64)(ns) / NSEC_PER_JIFFY)
#define jiffies_64             get_jiffies_64()

/* Which of two points in time is later, even if the count went over its end between them: right as
 * long as they are less than half the range apart. */
#define time_after(a, b)     ((long)((unsigned long)(b) - (unsigned long)(a)) < 0)
#define time_before(a, b)    time_after(b, a)
#define time_after_eq(a, b)  (!time_before(a, b))
#define time_before_eq(a, b) (!time_after(a, b))

#define time_after64(a, b)     ((s64)((u64)(b) - (u64)(a)) < 0)
#define time_before64(a, b)    time_after64(b, a)
#define time_after_eq64(a, b)  (!time_before64(a, b))
#define time_before_eq64(a, b) (!time_after64(a, b))

/* Whether @a is from @b to @c, both included; _open: @c excluded. */
#define time_in_range(a, b, c)      (time_after_eq(a, b) && time_before_eq(a, c))
#define time_in_range_open(a, b, c) (time_after_eq(a, b) && time_before(a, c))

#define time_is_before_jiffies(a)    time_after(jiffies, a)
#define time_is_after_jiffies(a)     time_before(jiffies, a)
#define time_is_before_eq_jiffies(a) time_after_eq(jiffies, a)
#define time_is_after_eq_jiffies(a)  time_before_eq(jiffies, a)

/*
 * round_jiffies - the full second below @j if @j is in its first quarter, else the one above, if that is still to come, else @j: timers that do not mind
 *   when in a second they fire then fire together. _up: the next full second.
 * round_jiffies_relative - the same for a length of time from now.
 */
static inline unsigned long round_jiffies_to(unsigned long j, unsigned long add)
{
	unsigned long rounded = (j + add) / HZ * HZ;

	return time_after(rounded, jiffies) ? rounded : j;
}

static inline unsigned long round_jiffies(unsigned long j)
{
	return round_jiffies_to(j, HZ / 4 * 3);
}

static inline unsigned long round_jiffies_up(unsigned long j)
{
	return round_jiffies_to(j, HZ - 1);
}

static inline unsigned long round_jiffies_relative(unsigned long delta)
{
	unsigned long now = jiffies;

	return round_jiffies(now + delta) - now;
}
