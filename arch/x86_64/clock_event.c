/* clock_event.c: an interrupt at a set time: each CPU's local APIC timer, one shot at a time.
 * SPDX-License-Identifier: MIT
 *
 * The timer counts ticks down, and the clock counts nanoseconds; the two need not agree to the last
 * digit, because whoever is interrupted looks at the clock, and sets the timer again if it is not
 * time yet. So deadlines beyond the counter's 32 bits are simply cut short.
 *
 * A clock that wraps (clock.c) must be looked at before it does, even by a machine that sleeps:
 * then the boot CPU's timer is never stopped, only set to the longest time allowed.
 */
#include "arch/x86_64/clock_event.h"

#include <arch/apic.h>
#include <arch/clock.h>
#include <arch/layout.h>
#include <arch/trap.h>

#include "arch/x86_64/counter.h"
#include "kernel/base/cpu.h"
#include "kernel/core/printk.h"
#include "kernel/core/timer.h"

#define TIMER_FULL 0xffffffffU
#define ROUNDS     2 // no more: an error shows only as an interrupt that comes early or late by it

/* [I] all of it, from clock_event_init() and clock_event_register() */
static struct {
	u64 ticks_per_ns; // times 2^32
	u64 longest_ns;
	bool keep_alive;
	void (*fired)(void);
} event;

static u64 timer_read(void)
{
	return TIMER_FULL - lapic_timer_count();
}

static void timer_start_full(void)
{
	lapic_timer_start(TIMER_FULL);
}

static const struct counter timer_counter = {
	.name = "lapic timer",
	.mask = TIMER_FULL,
	.read = timer_read,
	.start = timer_start_full,
};

static void start_ns(u64 ns)
{
	u64 ticks = (u64)((unsigned __int128)min(ns, event.longest_ns) * event.ticks_per_ns >> 32);

	lapic_timer_start((u32)ticks + 1);
}

static bool must_keep_alive(void)
{
	return event.keep_alive && raw_smp_processor_id() == 0;
}

static DEFINE_PER_CPU(const struct trap_frame *, interrupted);

static void timer_interrupt(struct trap_frame *frame)
{
	if (must_keep_alive()) {
		clock_ns();
		start_ns(event.longest_ns);
	}
	this_cpu_write(interrupted, frame);
	if (event.fired)
		event.fired();
	this_cpu_write(interrupted, NULL);
}

const struct trap_frame *clock_interrupted(void)
{
	return this_cpu_read(interrupted);
}

void clock_event_register(void (*fired)(void))
{
	event.fired = fired;
}

void clock_event_set(u64 deadline_ns)
{
	u64 now = clock_ns();

	start_ns(deadline_ns > now ? deadline_ns - now : 0);
}

void clock_event_stop(void)
{
	if (must_keep_alive())
		start_ns(event.longest_ns);
	else
		lapic_timer_stop();
}

void clock_event_init_cpu(void)
{
	lapic_timer_setup(VECTOR_TIMER);
}

void clock_event_init(const struct counter *reference, u64 keep_alive_ns)
{
	u64 hz;

	irq_register(VECTOR_TIMER, "timer", timer_interrupt);
	clock_event_init_cpu();
	hz = counter_measure(&timer_counter, reference, ROUNDS);
	lapic_timer_stop();
	if (!hz)
		panic("clock: the local APIC's timer cannot be measured against the %s",
		      reference->name);
	event.ticks_per_ns = mul_div(hz, 1ULL << 32, NSEC_PER_SEC);
	event.longest_ns = mul_div(TIMER_FULL - 1, NSEC_PER_SEC, hz);
	event.keep_alive = keep_alive_ns != 0;
	if (event.keep_alive)
		event.longest_ns = min(event.longest_ns, keep_alive_ns);
	clock_event_stop();
	pr_info("clock: timer interrupts at %llu.%03llu MHz, %llu ms at most\n", hz / 1000000,
		hz / 1000 % 1000, event.longest_ns / NSEC_PER_MSEC);
}
