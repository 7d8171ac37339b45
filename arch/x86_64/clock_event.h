/* clock_event.h: the one-shot timer's side of clock.c.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

struct counter;

/*
 * clock_event_init - measure the local APICs' timer against @reference, and set up the boot CPU's.
 * @keep_alive_ns, if not 0: the boot CPU is to look at the clock that often, whatever is set.
 * Never sleeps. Boot CPU, interrupts off. Panics when the timer does not run.
 */
void clock_event_init(const struct counter *reference, u64 keep_alive_ns);

/* clock_event_init_cpu - set up this CPU's timer. Never sleeps. Interrupts off. */
void clock_event_init_cpu(void);
