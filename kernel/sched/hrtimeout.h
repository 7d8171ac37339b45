/* hrtimeout.h: sleeping up to a point in time, in nanoseconds: schedule_timeout() of the hrtimers' kind.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/hrtimer.h"

/*
 * schedule_hrtimeout - sleep up to *@expires, which @mode says is absolute or from now; NULL: for ever.
 * schedule_hrtimeout_range - the same; it may be @slack_ns late, of which no use is made here.
 * Sleep; set the state before. Thread context. Return 0 if the time is over, -EINTR if something else ended the sleep.
 */
int schedule_hrtimeout(ktime_t *expires, enum hrtimer_mode mode);

static inline int schedule_hrtimeout_range(ktime_t *expires, u64 slack_ns, enum hrtimer_mode mode)
{
	return schedule_hrtimeout(expires, mode);
}
