/* jiffies.h: time in units of 1/HZ second, as Linux's timeouts are given.
 * SPDX-License-Identifier: MIT
 *
 * No interrupt counts them: `jiffies` is the clock, divided. So it is right on a CPU without a tick,
 * with interrupts off too, and each look at it costs a look at the clock.
 */
#pragma once

#include <arch/clock.h>

#include "kernel/base/config.h"
#include "kernel/core/timer.h"
#include "lib/macros.h"

#define NSEC_PER_JIFFY (NSEC_PER_SEC / HZ)

#define jiffies ((unsigned long)get_jiffies_64())

/* get_jiffies_64 - jiffies since boot. Never sleeps. Any context. */
static inline u64 get_jiffies_64(void)
{
	return clock_ns() / NSEC_PER_JIFFY;
}

/* Lengths of time. Into jiffies they round up: who waits as long has waited long enough. */
static inline unsigned long msecs_to_jiffies(unsigned int ms)
{
	return DIV_ROUND_UP(ms * NSEC_PER_MSEC, NSEC_PER_JIFFY);
}

static inline unsigned long usecs_to_jiffies(unsigned int us)
{
	return DIV_ROUND_UP(us * NSEC_PER_USEC, NSEC_PER_JIFFY);
}

static inline unsigned int jiffies_to_msecs(unsigned long n)
{
	return (unsigned int)(n * NSEC_PER_JIFFY / NSEC_PER_MSEC);
}

static inline unsigned int jiffies_to_usecs(unsigned long n)
{
	return (unsigned int)(n * NSEC_PER_JIFFY / NSEC_PER_USEC);
}

/* Which of two points in time is later, even if the count went over its end between them: right as
 * long as they are less than half the range apart. */
#define time_after(a, b)     ((long)((unsigned long)(b) - (unsigned long)(a)) < 0)
#define time_before(a, b)    time_after(b, a)
#define time_after_eq(a, b)  (!time_before(a, b))
#define time_before_eq(a, b) (!time_after(a, b))
