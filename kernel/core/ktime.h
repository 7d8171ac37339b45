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
typedef s64 time64_t;

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

/*
 * Linux's other clocks are the same one here: nothing suspends this machine, nobody corrects its clock, and it has no
 * calendar. So the time of day counts from its boot, which it takes for 1970.
 */
#define ktime_get_raw()              ktime_get()
#define ktime_get_boottime()         ktime_get()
#define ktime_get_real()             ktime_get()
#define ktime_get_clocktai()         ktime_get()
#define ktime_get_coarse()           ktime_get()
#define ktime_get_coarse_real()      ktime_get()
#define ktime_get_raw_ns()           ktime_get_ns()
#define ktime_get_boottime_ns()      ktime_get_ns()
#define ktime_get_boot_ns()          ktime_get_ns()
#define ktime_get_real_ns()          ktime_get_ns()
#define ktime_get_coarse_ns()        ktime_get_ns()
#define ktime_get_mono_fast_ns()     ktime_get_ns()
#define ktime_get_raw_fast_ns()      ktime_get_ns()
#define ktime_get_real_fast_ns()     ktime_get_ns()
#define ktime_get_boot_fast_ns()     ktime_get_ns()
#define ktime_get_seconds()          ((time64_t)(ktime_get_ns() / NSEC_PER_SEC))
#define ktime_get_boottime_seconds() ktime_get_seconds()
#define ktime_get_real_seconds()     ktime_get_seconds()

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

/* Below 0, 0, above 0: @a is before @b, the same, after it. */
static inline int ktime_compare(ktime_t a, ktime_t b)
{
	return a < b ? -1 : a > b;
}

static inline ktime_t us_to_ktime(u64 us)
{
	return (ktime_t)(us * NSEC_PER_USEC);
}

/* ktime_add_safe - the longest time there is, if the sum is longer. */
static inline ktime_t ktime_add_safe(ktime_t a, ktime_t b)
{
	ktime_t sum;

	return __builtin_add_overflow(a, b, &sum) || sum < 0 ? KTIME_MAX : sum;
}

#define ktime_divns(time, ns)  ((s64)(time) / (s64)(ns))
#define ktime_sub_us(time, us) ktime_sub_ns(time, (us)*NSEC_PER_USEC)
#define ktime_sub_ms(time, ms) ktime_sub_ns(time, (ms)*NSEC_PER_MSEC)

/* Seconds and nanoseconds apart; tv_nsec is from 0 to 999,999,999. */
struct timespec64 {
	time64_t tv_sec;
	long tv_nsec;
};

static inline struct timespec64 ns_to_timespec64(s64 ns)
{
	struct timespec64 time = { ns / (s64)NSEC_PER_SEC, ns % (s64)NSEC_PER_SEC };

	if (time.tv_nsec < 0) {
		time.tv_sec--;
		time.tv_nsec += (long)NSEC_PER_SEC;
	}
	return time;
}

static inline s64 timespec64_to_ns(const struct timespec64 *time)
{
	return time->tv_sec * (s64)NSEC_PER_SEC + time->tv_nsec;
}

#define ktime_to_timespec64(time) ns_to_timespec64(time)
#define timespec64_to_ktime(time) ((ktime_t)timespec64_to_ns(&(time)))

static inline struct timespec64 timespec64_sub(struct timespec64 a, struct timespec64 b)
{
	return ns_to_timespec64(timespec64_to_ns(&a) - timespec64_to_ns(&b));
}

static inline struct timespec64 timespec64_add(struct timespec64 a, struct timespec64 b)
{
	return ns_to_timespec64(timespec64_to_ns(&a) + timespec64_to_ns(&b));
}

static inline void ktime_get_ts64(struct timespec64 *time)
{
	*time = ns_to_timespec64(ktime_get());
}

#define ktime_get_raw_ts64(time)         ktime_get_ts64(time)
#define ktime_get_boottime_ts64(time)    ktime_get_ts64(time)
#define ktime_get_real_ts64(time)        ktime_get_ts64(time)
#define ktime_get_coarse_ts64(time)      ktime_get_ts64(time)
#define ktime_get_coarse_real_ts64(time) ktime_get_ts64(time)
