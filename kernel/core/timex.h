/* timex.h: the CPU's cycle counter.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/cpu.h>

typedef unsigned long long cycles_t;

/* get_cycles - what it says now, on this CPU: others' may differ, ktime_get() does not. Any context. */
static inline cycles_t get_cycles(void)
{
	return rdtsc_ordered();
}
