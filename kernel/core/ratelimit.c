/* ratelimit.c: saying something at most so often.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/ratelimit.h"

#include <arch/clock.h>

#include "kernel/core/jiffies.h"
#include "kernel/core/printk.h"

DEFINE_RATELIMIT_STATE(printk_ratelimit_state, DEFAULT_RATELIMIT_INTERVAL, DEFAULT_RATELIMIT_BURST);

/* The lock is held. Returns how often the last interval said no; 0 if that is not over. */
static int begin_interval(struct ratelimit_state *limit)
{
	u64 now = clock_ns();
	int missed = limit->missed;

	if (limit->begin && now - limit->begin < (u64)limit->interval * NSEC_PER_JIFFY)
		return 0;
	limit->begin = now | 1;
	limit->printed = 0;
	limit->missed = 0;
	return missed;
}

bool ___ratelimit(struct ratelimit_state *limit, const char *caller)
{
	unsigned long flags;
	int missed;
	bool may;

	if (!limit->interval)
		return true;
	raw_spin_lock_irqsave(&limit->lock, flags);
	missed = begin_interval(limit);
	may = limit->printed < limit->burst;
	if (may)
		limit->printed++;
	else
		limit->missed++;
	raw_spin_unlock_irqrestore(&limit->lock, flags);
	if (missed)
		pr_warn("%s: %d callbacks suppressed\n", caller, missed);
	return may;
}
