/* ratelimit.h: saying something at most so often.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/config.h"
#include "kernel/locking/spin/raw_spinlock.h"

#define DEFAULT_RATELIMIT_INTERVAL (5 * HZ)
#define DEFAULT_RATELIMIT_BURST    10

/* At most @burst times in @interval jiffies. */
struct ratelimit_state {
	raw_spinlock_t lock;
	int interval; /* [I] 0: no limit */
	int burst;    /* [I] */
	int printed;  /* how often in this interval */
	int missed;   /* how often not, since that was said last */
	u64 begin;    /* clock_ns() at which it began; 0: never used */
};

#define RATELIMIT_STATE_INIT(interval_init, burst_init)                                            \
	{                                                                                          \
		.lock = RAW_SPIN_LOCK_UNLOCKED, .interval = (interval_init), .burst = (burst_init) \
	}
#define DEFINE_RATELIMIT_STATE(name, interval_init, burst_init)                                    \
	struct ratelimit_state name = RATELIMIT_STATE_INIT(interval_init, burst_init)

/* ratelimit_state_init - nobody may use it. Any context. */
static inline void ratelimit_state_init(struct ratelimit_state *limit, int interval, int burst)
{
	*limit = (struct ratelimit_state)RATELIMIT_STATE_INIT(interval, burst);
}

/*
 * __ratelimit - whether it may be said once more, which then counts. At the beginning of an interval the log
 * says how often the answer was no in the last, by the name of the caller.
 * printk_ratelimit - the same, with one limit for all that use it.
 * Never sleep. Any context but NMI.
 */
bool ___ratelimit(struct ratelimit_state *limit, const char *caller);
#define __ratelimit(limit) ___ratelimit(limit, __func__)

extern struct ratelimit_state printk_ratelimit_state;
#define printk_ratelimit() __ratelimit(&printk_ratelimit_state)
