/* tsc.h: the time-stamp counter of each CPU: its rate, and how it compares with the boot CPU's.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

struct counter;

/* tsc_counter - the TSC as a counter. clock_init() sets its rate; start.asm saw that it exists. */
struct counter *tsc_counter(void);

/* tsc_cpuid_hz - its rate, where the CPU or the hypervisor states it exactly; else 0. */
u64 tsc_cpuid_hz(void);

/* tsc_is_steady - whether the CPU or a hypervisor promises one rate, on all CPUs, in all states. */
bool tsc_is_steady(void);

/* tsc_init_cpu - make lfence order rdtsc on this CPU. Never sleeps. Interrupts off. */
void tsc_init_cpu(void);

/* A reading of the boot CPU's TSC, and two of our own: one made before it and one after. */
struct tsc_exchange {
	u64 before, answer, after;
};

/* How far this CPU's TSC is ahead of the boot CPU's. */
struct tsc_lead {
	s64 low, high; // between so many ticks
	bool close;    // it was measured as well as two CPUs can talk
};

/* tsc_differs - whether the two cannot be the same. */
bool tsc_differs(const struct tsc_lead *lead);

/*
 * tsc_exchange - get the boot CPU's TSC as it is now.
 * tsc_compare - compare this CPU's TSC with the boot CPU's, by a number of exchanges. It takes
 * microseconds; at most @patience_ms while no difference shows, a second when one does.
 * Never sleep. Interrupts off; not on the boot CPU, which must call tsc_compare_serve() meanwhile.
 * Return false when the boot CPU has stopped doing so, by tsc_compare_close().
 */
bool tsc_exchange(struct tsc_exchange *exchange);
bool tsc_compare(struct tsc_lead *lead, u32 patience_ms);
void tsc_compare_serve(void);
void tsc_compare_close(void);
