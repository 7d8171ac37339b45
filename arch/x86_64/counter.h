/* counter.h: hardware that counts time, and measuring the speed of one by another.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

struct acpi_info;

/* A counter that goes up at a steady rate and wraps after @mask. [I] all of it, once found. */
struct counter {
	const char *name;
	u64 hz;              // 0: not known yet
	u64 mask;            // 2^width - 1
	u64 (*read)(void);   // never sleeps; any context, unless there is a start()
	void (*start)(void); // NULL, or: count from 0; it may stop a while later, or when full
};

/*
 * pm_timer_find, hpet_find, pit_find - the counter, or NULL where there is none or it stands still.
 * Never sleep. Boot CPU. The PIT's counts 55 ms from its start(): it can measure, not keep time.
 */
const struct counter *pm_timer_find(const struct acpi_info *acpi);
const struct counter *hpet_find(const struct acpi_info *acpi);
const struct counter *pit_find(void);

/* counter_runs - whether @counter changes at all. Never sleeps. Starts it, where that is needed. */
bool counter_runs(const struct counter *counter);

/*
 * counter_measure - the frequency of @what, as told by @reference; takes 20 ms a round.
 * Never sleeps. Boot CPU, interrupts off. Returns 0 when no @rounds rounds agree.
 */
u64 counter_measure(const struct counter *what, const struct counter *reference,
		    unsigned int rounds);

/*
 * pit_delay - busy-wait at least @ns nanoseconds by the PIT's ticks.
 * Never sleeps. Boot CPU, before clock_init(). Returns also when there is no PIT, after a while.
 */
void pit_delay(u64 ns);

/* a * b / c without overflow in between; all ones when the result does not fit. */
static inline u64 mul_div(u64 a, u64 b, u64 c)
{
	u64 high, low, rest;

	asm("mulq %3" : "=a"(low), "=d"(high) : "0"(a), "rm"(b) : "cc");
	if (high >= c)
		return ~0ULL; // which the division would trap on
	asm("divq %4" : "=a"(low), "=d"(rest) : "0"(low), "1"(high), "rm"(c) : "cc");
	return low;
}
