/* ktime.h: points in time and lengths of time, in nanoseconds, under Linux's names.
 * SPDX-License-Identifier: MIT
 *
 * ktime_t is a plain number: adding and comparing are C's own. Signed, so that a difference may be
 * negative; it reaches 292 years.
 */
#pragma once

#include <arch/clock.h>

#include "kernel/core/timer.h"

typedef s64 ktime_t;

#define KTIME_MAX     ((ktime_t)(~0ULL >> 1))
#define KTIME_SEC_MAX (KTIME_MAX / (ktime_t)NSEC_PER_SEC)

/* ktime_get, ktime_get_ns - now, since boot: the clock of all CPUs. Never sleep. Any context. */
static inline ktime_t ktime_get(void)
{
	return (ktime_t)clock_ns();
}

static inline u64 ktime_get_ns(void)
{
	return clock_ns();
}

/* ktime_set - @secs seconds and @nsecs nanoseconds; the longest time there is, if that is longer. */
static inline ktime_t ktime_set(s64 secs, unsigned long nsecs)
{
	if (unlikely(secs >= KTIME_SEC_MAX))
		return KTIME_MAX;
	return secs * (s64)NSEC_PER_SEC + (s64)nsecs;
}

static inline ktime_t ns_to_ktime(u64 ns)
{
	return (ktime_t)ns;
}

static inline ktime_t ms_to_ktime(u64 ms)
{
	return (ktime_t)(ms * NSEC_PER_MSEC);
}

static inline s64 ktime_to_ns(ktime_t time)
{
	return time;
}

static inline s64 ktime_to_us(ktime_t time)
{
	return time / (s64)NSEC_PER_USEC;
}

static inline s64 ktime_to_ms(ktime_t time)
{
	return time / (s64)NSEC_PER_MSEC;
}

#define ktime_add(a, b)     ((a) + (b))
#define ktime_sub(a, b)     ((a) - (b))
#define ktime_add_ns(a, ns) ((a) + (s64)(ns))
#define ktime_sub_ns(a, ns) ((a) - (s64)(ns))

static inline ktime_t ktime_add_us(ktime_t time, u64 us)
{
	return ktime_add_ns(time, us * NSEC_PER_USEC);
}

static inline ktime_t ktime_add_ms(ktime_t time, u64 ms)
{
	return ktime_add_ns(time, ms * NSEC_PER_MSEC);
}

static inline s64 ktime_us_delta(ktime_t later, ktime_t earlier)
{
	return ktime_to_us(ktime_sub(later, earlier));
}

static inline s64 ktime_ms_delta(ktime_t later, ktime_t earlier)
{
	return ktime_to_ms(ktime_sub(later, earlier));
}

static inline bool ktime_after(ktime_t a, ktime_t b)
{
	return a > b;
}

static inline bool ktime_before(ktime_t a, ktime_t b)
{
	return a < b;
}
