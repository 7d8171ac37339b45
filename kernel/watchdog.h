/* watchdog.h: looking, from time to time, for what hangs.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

/*
 * [I] set by watchdog_start(). 0: that is not looked for.
 * A virtual CPU may be held up for seconds: so much is never reported.
 */
struct watchdog_limits {
	unsigned long
		guess_ms; /* how long a circle stands, through last holders, until it is believed */
	unsigned long hung_ms; /* a thread that is blocked, and takes no signals */
	unsigned long soft_ms; /* a CPU that does not schedule */
	unsigned long hard_ms; /* a CPU that takes no interrupts */
};
extern struct watchdog_limits watchdog_limits;

/*
 * watchdog_start - look for hangs from now on. Sleeps. Thread context, once, all CPUs up.
 * watchdog_look_at_threads, watchdog_look_at_cpus - look once, now, as if @ns nanoseconds had passed since the
 *   last look; watchdog_look_at_watcher - the same at CPU 0 as CPU 1 does, which the caller is on. watchdog_pause -
 *   do not look, or go on; when it returns no look is under way. For tests.
 * Never sleep. Any context but NMI.
 */
void watchdog_start(void);
void watchdog_look_at_threads(u64 ns);
void watchdog_look_at_cpus(u64 ns);
void watchdog_look_at_watcher(u64 ns);
void watchdog_pause(bool pause);
