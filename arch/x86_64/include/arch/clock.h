/* clock.h: time, and the interrupt that comes at a set time.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

struct acpi_info;
struct trap_frame;

/*
 * clock_init - choose the clock, measure it against the PM timer, the HPET or the PIT, and set up
 * the boot CPU's one-shot timer. @acpi says which of them there are.
 * Never sleeps. Boot CPU, interrupts off, after lapic_init(). Panics when nothing tells the time.
 */
void clock_init(const struct acpi_info *acpi);

/*
 * clock_cpu_init - set up this CPU's one-shot timer and compare its clock with the boot CPU's,
 * which takes part meanwhile (see smp.c).
 * Never sleeps. Interrupts off; each CPU but the boot CPU, once.
 */
void clock_cpu_init(void);

/*
 * clock_ns - nanoseconds since boot: the same clock on all CPUs, which never runs backwards, not
 * even for a thread that migrates or for two that talk to one another.
 * Never sleeps. Any context. Before clock_init() it is 0.
 */
u64 clock_ns(void);

/* clock_name - the clock in use, for the log: "tsc", "tsc, clamped", "hpet" or "pm timer". */
const char *clock_name(void);

/*
 * clock_delay_ns - busy-wait at least @ns nanoseconds.
 * Never sleeps. Any context. Real before clock_init() too: then it counts PIT ticks.
 */
void clock_delay_ns(u64 ns);

/*
 * clock_event_register - who is called, in interrupt context, when a CPU's one-shot timer fires.
 * Never sleeps. Boot only, once.
 */
void clock_event_register(void (*fired)(void));

/* clock_interrupted - the registers of what this CPU's timer has interrupted. Who is called by it; for others it is NULL. */
const struct trap_frame *clock_interrupted(void);

/*
 * clock_event_set - fire this CPU's timer at @deadline_ns, or at once if that is past; replaces
 * what was set. May fire early (the counter is 32 bits wide): the handler looks at the clock.
 * clock_event_stop - do not fire it. An interrupt that is already on its way still comes.
 * Never sleep. Interrupts off.
 */
void clock_event_set(u64 deadline_ns);
void clock_event_stop(void);
