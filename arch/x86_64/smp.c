/* smp.c: starting the other CPUs.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   All CPUs start at the same time: an INIT to each, 10 ms, a start-up interrupt to each, and
 *   after 200 us another to those that have not answered (Intel SDM vol. 3A, 9.4.4.1). Each finds
 *   its slot by its APIC id in the trampoline, claims it, comes to ap_main() on its own stack, sets
 *   itself up, and halts until the boot CPU admits it:
 *
 *       IDLE -> KICKED -----> ALIVE -----> READY -----> ADMITTED -----> ENTERED -> cpu->online
 *        boot CPU | trampoline  | ap_main    | boot CPU    | ap_main            scheduler
 *                 |             |            |             |
 *                 +-------------+------> GIVEN_UP <--------+
 *                                boot CPU
 *
 *   Every arrow between KICKED and ENTERED is a compare-exchange, so a CPU is never both given up
 *   and running: one that loses parks. Until ENTERED it has touched nothing but what is its own.
 *
 *   CPUs are admitted one at a time, because the next step is done by two: the comparison of the
 *   clocks (clock_cpu_init()), in which the boot CPU answers. 255 virtual CPUs on two real ones that
 *   all spun for it would keep each other, and the boot CPU, from running; halted they cost nothing.
 *
 *   How long to wait? A CPU answers in a millisecond, but many virtual ones take their time. So the
 *   boot CPU waits while there is progress, and gives up the rest when nobody has taken a step for
 *   PATIENCE_NS. A CPU that was too slow even for that is parked when it comes.
 */
#include <arch/smp.h>

#include <arch/apic.h>
#include <arch/atomic.h>
#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/layout.h>
#include <arch/trap.h>

#include "arch/x86_64/smp_slots.h"
#include "arch/x86_64/tsc.h"
#include "kernel/base/irqflags.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/timer.h"

/* The states after ALIVE, which the trampoline never sees. */
#define AP_STATE_READY    (AP_STATE_GIVEN_UP + 1)
#define AP_STATE_ADMITTED (AP_STATE_GIVEN_UP + 2)
#define AP_STATE_ENTERED  (AP_STATE_GIVEN_UP + 3)

#define INIT_NS       (10 * NSEC_PER_MSEC)
#define STARTUP_NS    (200 * NSEC_PER_USEC)
#define PATIENCE_NS   (10 * NSEC_PER_SEC)
#define TURN_NS       (2 * NSEC_PER_SEC) // the longest wait for a CPU that was admitted
#define STEPS_PER_CPU 5

static void (*ap_entry)(void); /* [I] from smp_start_all() */

/* The slot of the CPU that asks: CPU 0 has none. */
static struct ap_slot *own_slot(void)
{
	return &ap_slots.slot[raw_smp_processor_id() - 1];
}

/* Go from one state to the next; returns false if somebody else was first. */
static bool step(struct ap_slot *slot, u32 from, u32 to)
{
	return try_cmpxchg(&slot->state, &from, to);
}

/* Halt until the boot CPU changes the state. Its interrupt, sent after that, cannot come between the
 * look and the halt: interrupts are off until then. */
static void wait_until_admitted(const struct ap_slot *slot)
{
	while (READ_ONCE(slot->state) == AP_STATE_READY) {
		arch_safe_halt();
		local_irq_disable();
	}
}

/*
 * Where the trampoline ends: own stack and GS base, interrupts off. The clock is compared before
 * anything could read it. At each step it may turn out that give_up() was first.
 */
static void ap_main(struct cpu *cpu)
{
	struct ap_slot *slot = own_slot();

	ASSERT(this_cpu() == cpu);
	trap_init_cpu();
	lapic_init_cpu();
	if (step(slot, AP_STATE_ALIVE, AP_STATE_READY)) {
		wait_until_admitted(slot);
		clock_cpu_init();
		if (step(slot, AP_STATE_ADMITTED, AP_STATE_ENTERED))
			ap_entry();
	}
	arch_park();
}

static void kick_all(void)
{
	for (u32 i = 0; i < ap_slots.n; i++) {
		WRITE_ONCE(ap_slots.slot[i].state, AP_STATE_KICKED);
		lapic_send_init(ap_slots.slot[i].apic_id);
	}
	clock_delay_ns(INIT_NS);
	for (u32 i = 0; i < ap_slots.n; i++)
		lapic_send_startup(ap_slots.slot[i].apic_id, TRAMPOLINE_ADDRESS);
	clock_delay_ns(STARTUP_NS);
	for (u32 i = 0; i < ap_slots.n; i++)
		if (READ_ONCE(ap_slots.slot[i].state) == AP_STATE_KICKED)
			lapic_send_startup(ap_slots.slot[i].apic_id, TRAMPOLINE_ADDRESS);
}

/* All that there is to do on a CPU that is waiting to be admitted: look at its state again. */
static void admit_interrupt(struct trap_frame *frame __unused)
{
}

/* Let a CPU that is ready go on, and answer its questions until it is done, or for TURN_NS. */
static void admit(struct ap_slot *slot)
{
	u64 start = clock_ns();

	if (!step(slot, AP_STATE_READY, AP_STATE_ADMITTED))
		return;
	lapic_send_ipi(slot->apic_id, VECTOR_ADMIT);
	while (READ_ONCE(slot->state) == AP_STATE_ADMITTED && clock_ns() - start < TURN_NS) {
		tsc_compare_serve();
		cpu_relax();
	}
}

/* How many of the steps from KICKED to online a CPU has taken. */
static u32 steps_of(const struct ap_slot *slot)
{
	switch (READ_ONCE(slot->state)) {
	case AP_STATE_ALIVE:
		return 1;
	case AP_STATE_READY:
		return 2;
	case AP_STATE_ADMITTED:
		return 3;
	case AP_STATE_ENTERED:
		return READ_ONCE(slot->cpu->online) ? STEPS_PER_CPU : 4;
	default:
		return 0;
	}
}

static u32 steps_of_all(void)
{
	u32 steps = 0;

	for (u32 i = 0; i < ap_slots.n; i++)
		steps += steps_of(&ap_slots.slot[i]);
	return steps;
}

/* Admit those that are ready until all are online, or nobody has taken a step for PATIENCE_NS. */
static void admit_all(void)
{
	u64 since = clock_ns();
	u32 steps = 0;

	while (steps < STEPS_PER_CPU * ap_slots.n && clock_ns() - since < PATIENCE_NS) {
		u32 before = steps;

		for (u32 i = 0; i < ap_slots.n; i++)
			admit(&ap_slots.slot[i]);
		tsc_compare_serve();
		cpu_relax();
		steps = steps_of_all();
		if (steps != before)
			since = clock_ns();
	}
}

/* A CPU that has entered can no longer be kept out; nobody counts on it before it is online. */
static void give_up(struct ap_slot *slot)
{
	u32 state = READ_ONCE(slot->state);

	while (state != AP_STATE_ENTERED) {
		if (!try_cmpxchg(&slot->state, &state, AP_STATE_GIVEN_UP))
			continue;
		pr_warn("smp: the CPU with APIC id %u is left out: %s\n", slot->apic_id,
			state == AP_STATE_KICKED ? "it does not answer" : "it got stuck starting");
		return;
	}
	if (!READ_ONCE(slot->cpu->online))
		pr_warn("smp: the CPU with APIC id %u is slow: it may come online later\n",
			slot->apic_id);
}

static u32 count_online(void)
{
	u32 cpu, n = 0;

	for_each_online_cpu(cpu)
		n++;
	return n;
}

void smp_start_all(void (*entry)(void))
{
	struct ap_params *params = (void *)AP_PARAMS_ADDRESS;
	u64 start = clock_ns(), tenths;

	ap_entry = entry;
	if (ap_slots.n) {
		irq_register(VECTOR_ADMIT, "admit", admit_interrupt);
		*params = (struct ap_params){
			.cr3 = read_cr3(),
			.slots = ap_slots.slot,
			.entry = ap_main,
			.count = ap_slots.n,
		};
		kick_all();
		admit_all();
		for (u32 i = 0; i < ap_slots.n; i++)
			give_up(&ap_slots.slot[i]);
		tsc_compare_close();
	}
	tenths = (clock_ns() - start) / (NSEC_PER_MSEC / 10);
	pr_info("smp: %u of %u CPUs online in %llu.%llu ms\n", count_online(), ap_slots.n_named,
		tenths / 10, tenths % 10);
}
