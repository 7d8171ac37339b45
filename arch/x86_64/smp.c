/* smp.c: starting the other CPUs.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   All CPUs start at the same time: an INIT to each, 10 ms, a start-up interrupt to each, and
 *   after 200 us another to those that have not answered (Intel SDM vol. 3A, 9.4.4.1). Each finds
 *   its slot by its APIC id in the trampoline, claims it, and comes to ap_main() on its own stack:
 *
 *       IDLE --> KICKED -------> ALIVE -------> ENTERED, then cpu->online
 *       boot CPU   |  the CPU      |  the CPU             the scheduler
 *                  |  (trampoline) |  (ap_main)
 *                  +-------------> GIVEN_UP <--- the boot CPU
 *
 *   Every arrow out of KICKED and ALIVE is a compare-exchange, so a CPU is never both given up and
 *   running: one that loses parks. Until ENTERED it has touched nothing but what is its own.
 *
 *   How long to wait? A CPU answers in a millisecond, but 255 virtual ones on two real ones take
 *   their time. So the boot CPU waits while there is progress, and gives up the rest when nobody
 *   has taken a step for PATIENCE_NS. A CPU that was too slow even for that is parked when it
 *   comes. In the meantime the boot CPU answers the questions of clock_cpu_init() (tsc_compare.c).
 */
#include <arch/smp.h>

#include <arch/apic.h>
#include <arch/atomic.h>
#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/layout.h>
#include <arch/paging.h>
#include <arch/trap.h>

#include "arch/x86_64/acpi.h"
#include "arch/x86_64/trampoline.h"
#include "arch/x86_64/tsc.h"
#include "kernel/base/cpu.h"
#include "kernel/core/page.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/timer.h"
#include "lib/string.h"

/* The state after ALIVE, which the trampoline never sees. */
#define AP_STATE_ENTERED (AP_STATE_GIVEN_UP + 1)

#define INIT_NS       (10 * NSEC_PER_MSEC)
#define STARTUP_NS    (200 * NSEC_PER_USEC)
#define PATIENCE_NS   (10 * NSEC_PER_SEC)
#define SERVE_TURNS   64 // answers between two looks at the states
#define STEPS_PER_CPU 3

/* [I] from smp_prepare(); entry from smp_start_all(). The slots' states are [a]. */
static struct ap_slot slots[NR_CPUS];
static u32 n_slots;
static u32 n_named; /* CPUs of this machine, whether we can use them or not */
static void (*ap_entry)(void);

/* ---- Before the start ------------------------------------------------------------------------ */

static unsigned int area_order(void)
{
	unsigned int order = 0;

	while (PAGE_SIZE << order < cpu_area_size())
		order++;
	return order;
}

/* Give the CPU its number, area and stacks; or return false, with nothing taken: out of memory. */
static bool prepare_cpu(u32 hw_id)
{
	u32 id = nr_cpus;
	void *area = page_alloc(area_order());
	char *stack = stack_alloc();

	if (area) {
		memset(area, 0, PAGE_SIZE << area_order());
		cpu_area_init(area, id, hw_id);
	}
	if (!area || !stack || trap_prepare_cpu(id) != 0) {
		percpu_base[id] = NULL;
		if (stack)
			stack_free(stack);
		if (area)
			page_free(area, area_order());
		return false;
	}
	slots[n_slots++] = (struct ap_slot){
		.apic_id = hw_id,
		.state = AP_STATE_IDLE,
		.stack_top = stack + STACK_SIZE,
		.cpu = area,
	};
	nr_cpus++;
	return true;
}

static void prepare_or_report(u32 hw_id)
{
	const char *why = NULL;

	if (hw_id > lapic_max_id())
		why = "this APIC mode cannot address it";
	else if (nr_cpus == NR_CPUS)
		why = "more CPUs than NR_CPUS";
	else if (!prepare_cpu(hw_id))
		why = "out of memory";
	if (why)
		pr_warn("smp: the CPU with APIC id %u is left out: %s\n", hw_id, why);
}

/* The boot CPU may stand anywhere in the table, or, with poor firmware, nowhere. */
static bool named_by(const struct acpi_info *acpi, u32 hw_id)
{
	for (u32 i = 0; i < acpi->n_cpus; i++)
		if (acpi->cpus[i].apic_id == hw_id)
			return true;
	return false;
}

/* Why no other CPU can be started, or NULL. */
static const char *alone_because(const struct acpi_info *acpi)
{
	if (!acpi->n_cpus)
		return acpi->error;
	if (!paging_is_mapped(TRAMPOLINE_ADDRESS) || !paging_is_mapped(AP_PARAMS_ADDRESS))
		return "the firmware keeps the pages at " __stringify(TRAMPOLINE_ADDRESS);
	return NULL;
}

void smp_prepare(const struct acpi_info *acpi)
{
	u32 boot_id = lapic_id();
	const char *why = alone_because(acpi);

	this_cpu()->hw_id = boot_id;
	n_named = acpi->n_cpus + acpi->n_ignored + !named_by(acpi, boot_id);
	if (why) {
		pr_warn("smp: %s%s%s: running on one CPU\n", acpi->n_cpus ? "" : "no ACPI tables (",
			why, acpi->n_cpus ? "" : ")");
		return;
	}
	if (!named_by(acpi, boot_id))
		pr_warn("smp: ACPI does not name the boot CPU, whose APIC id is %u\n", boot_id);
	for (u32 i = 0; i < acpi->n_cpus; i++)
		if (acpi->cpus[i].apic_id != boot_id)
			prepare_or_report(acpi->cpus[i].apic_id);
}

/* ---- The start ------------------------------------------------------------------------------- */

/* The slot of the CPU that asks: CPU 0 has none. */
static struct ap_slot *own_slot(void)
{
	return &slots[raw_smp_processor_id() - 1];
}

/*
 * Where the trampoline ends: own stack and GS base, interrupts off. The clock is compared before
 * anything could read it.
 */
static void ap_main(struct cpu *cpu)
{
	ASSERT(this_cpu() == cpu);
	trap_init_cpu();
	lapic_init_cpu();
	clock_cpu_init();
	// Either we enter, or give_up() was first.
	if (cmpxchg(&own_slot()->state, AP_STATE_ALIVE, AP_STATE_ENTERED) == AP_STATE_ALIVE)
		ap_entry();
	arch_park();
}

static void serve_ns(u64 ns)
{
	u64 start = clock_ns();

	do {
		tsc_compare_serve();
		cpu_relax();
	} while (clock_ns() - start < ns);
}

static void kick_all(void)
{
	for (u32 i = 0; i < n_slots; i++) {
		WRITE_ONCE(slots[i].state, AP_STATE_KICKED);
		lapic_send_init(slots[i].apic_id);
	}
	serve_ns(INIT_NS);
	for (u32 i = 0; i < n_slots; i++)
		lapic_send_startup(slots[i].apic_id, TRAMPOLINE_ADDRESS);
	serve_ns(STARTUP_NS);
	for (u32 i = 0; i < n_slots; i++)
		if (READ_ONCE(slots[i].state) == AP_STATE_KICKED)
			lapic_send_startup(slots[i].apic_id, TRAMPOLINE_ADDRESS);
}

/* How many of the three steps from KICKED to online CPU @slot has taken. */
static u32 steps_of(const struct ap_slot *slot)
{
	switch (READ_ONCE(slot->state)) {
	case AP_STATE_ALIVE:
		return 1;
	case AP_STATE_ENTERED:
		return READ_ONCE(slot->cpu->online) ? STEPS_PER_CPU : 2;
	default:
		return 0;
	}
}

static u32 steps_of_all(void)
{
	u32 steps = 0;

	for (u32 i = 0; i < n_slots; i++)
		steps += steps_of(&slots[i]);
	return steps;
}

/* Wait until all are online, or until nobody has taken a step for PATIENCE_NS. */
static void wait_for_all(void)
{
	u64 since = clock_ns();
	u32 steps = 0;

	while (steps < STEPS_PER_CPU * n_slots && clock_ns() - since < PATIENCE_NS) {
		u32 before = steps;

		for (int i = 0; i < SERVE_TURNS; i++) {
			tsc_compare_serve();
			cpu_relax();
		}
		steps = steps_of_all();
		if (steps != before)
			since = clock_ns();
	}
}

/* A CPU that has entered can no longer be kept out; nobody counts on it before it is online. */
static void give_up(struct ap_slot *slot)
{
	u32 state = READ_ONCE(slot->state);

	while (state == AP_STATE_KICKED || state == AP_STATE_ALIVE) {
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
	if (n_slots) {
		*params = (struct ap_params){
			.cr3 = read_cr3(),
			.slots = slots,
			.entry = ap_main,
			.count = n_slots,
		};
		kick_all();
		wait_for_all();
		for (u32 i = 0; i < n_slots; i++)
			give_up(&slots[i]);
		tsc_compare_close();
	}
	tenths = (clock_ns() - start) / (NSEC_PER_MSEC / 10);
	pr_info("smp: %u of %u CPUs online in %llu.%llu ms\n", count_online(), n_named, tenths / 10,
		tenths % 10);
}
