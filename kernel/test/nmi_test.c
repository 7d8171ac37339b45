/* nmi_test.c: interrupts that nothing holds off, and the ordinary ones' way to a CPU.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/nmi_test.h"

#include <arch/apic.h>
#include <arch/console.h>
#include <arch/smp.h>
#include <arch/trap.h>

#include "kernel/test/sched_test.h"

static u32 expected[NR_CPUS]; /* [a] 1: an NMI of ours is on its way */
static u32 taken[NR_CPUS];    /* [a] by CPU; only that CPU adds */
static void (*during_nmi)(void);

static bool take_test_nmi(struct trap_frame *frame)
{
	u32 cpu = raw_smp_processor_id();
	void (*call)(void) = READ_ONCE(during_nmi);

	if (!xchg(&expected[cpu], 0))
		return false;
	EXPECT(in_nmi() && irqs_disabled());
	if (call)
		call();
	WRITE_ONCE(taken[cpu], taken[cpu] + 1);
	return true;
}

void test_nmi_init(void (*call)(void))
{
	static bool registered;

	if (!registered)
		nmi_register(take_test_nmi);
	registered = true;
	WRITE_ONCE(during_nmi, call);
}

bool test_nmi_send(u32 cpu)
{
	if (xchg(&expected[cpu], 1))
		return false;
	smp_send_nmi(cpu);
	return true;
}

u32 test_nmi_taken(u32 cpu)
{
	return READ_ONCE(taken[cpu]);
}

bool test_nmi_wait(u32 cpu)
{
	return SPIN_UNTIL(!READ_ONCE(expected[cpu]));
}

/* ---- To a CPU that has interrupts off --------------------------------------------------------------- */

static struct {
	u32 cpu;
	bool ready, stop; /* [a] */
	u32 changed;      /* [a] how often the target found its own state changed */
} target;

/* Between two looks nothing of the CPU's state may change, though NMIs come all the time. */
static int run_with_interrupts_off(void *unused)
{
	unsigned long flags;

	local_irq_save(flags);
	target.cpu = raw_smp_processor_id();
	WRITE_ONCE(target.ready, true);
	while (!READ_ONCE(target.stop)) {
		if (!irqs_disabled() || preempt_count() != 0 || in_nmi())
			WRITE_ONCE(target.changed, target.changed + 1);
	}
	local_irq_restore(flags);
	return 0;
}

static void send_nmis_to_target(void)
{
	u32 before = test_nmi_taken(target.cpu);

	FOR_A_WHILE(i, 10, 500, 150) {
		EXPECT(test_nmi_send(target.cpu));
		if (!EXPECT(test_nmi_wait(target.cpu)))
			return;
		EXPECT(SPIN_UNTIL(test_nmi_taken(target.cpu) - before == i + 1));
	}
}

/* Bound, so that it does not wait on the CPU that takes no interrupts for a timer of its own. */
static void disturb_target(void *unused)
{
	struct actor actor;

	REQUIRE(actor_start(&actor, run_with_interrupts_off, NULL, test_cpu(1)));
	EXPECT(WAIT_UNTIL(READ_ONCE(target.ready)));
	send_nmis_to_target();
	WRITE_ONCE(target.stop, true);
	actor_join(&actor);
	EXPECT_EQ(target.changed, 0);
}

TEST(nmi_reaches_cpu_with_interrupts_off)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	test_nmi_init(NULL);
	target.ready = target.stop = false;
	target.changed = 0;
	run_at(test_cpu(0), DEFAULT_PRIO, disturb_target, NULL);
}

static int nmi_to_self(void *unused)
{
	unsigned long flags;

	for (u32 i = 0; i < 20; i++) {
		local_irq_save(flags);
		EXPECT(test_nmi_send(raw_smp_processor_id()));
		EXPECT(test_nmi_wait(raw_smp_processor_id()));
		EXPECT(irqs_disabled());
		local_irq_restore(flags);
	}
	return 1;
}

TEST(nmi_to_self)
{
	test_nmi_init(NULL);
	EXPECT_EQ(test_run_on_cpus(nmi_to_self, NULL), num_online_cpus());
}

/* ---- Ordinary interrupts --------------------------------------------------------------------------- */

static void drop_character(int c)
{
}

/* The UART's interrupt line goes through the I/O APIC to CPU 0. Nobody else listens to it in tests. */
TEST(irq_of_serial_port)
{
	static bool listening;

	if (!listening)
		REQUIRE(console_irq_init(drop_character) == 0);
	listening = true;
	for (u32 i = 0; i < 20; i++) {
		unsigned long before = console_irq_count();

		console_self_interrupt();
		if (!EXPECT(WAIT_UNTIL(console_irq_count() > before)))
			break;
	}
	EXPECT_EQ(lapic_errors(), 0);
}

static void handle_interrupts(void *unused)
{
	unsigned long irqs = READ_ONCE(this_cpu()->nr_irqs);
	bool ok = true;

	FOR_A_WHILE(i, 1000, 100000, 50) {
		smp_send_ipi(raw_smp_processor_id(), IPI_RESCHEDULE);
		ok = ok && !irqs_disabled() && preempt_count() == 0 && in_task();
		preempt_disable();
		ok = ok && preempt_count() == PREEMPT_OFFSET;
		preempt_enable();
	}
	EXPECT(ok);
	EXPECT(READ_ONCE(this_cpu()->nr_irqs) > irqs);
}

TEST(irq_preserves_flags_and_count)
{
	for (u32 i = 0; i < num_online_cpus(); i++)
		run_at(test_cpu(i), DEFAULT_PRIO, handle_interrupts, NULL);
}

#define VECTOR_OF_NOBODY 0x77

/* It is counted, and reported once; and the CPU takes other interrupts afterwards. */
static void interrupt_of_nobody(void *unused)
{
	unsigned long before = irq_unexpected_count();

	lapic_send_ipi(this_cpu()->hw_id, VECTOR_OF_NOBODY);
	EXPECT(SPIN_UNTIL(irq_unexpected_count() > before));
	EXPECT_EQ(irq_unexpected_count(), before + 1);
	usleep_range(10, 10);
}

TEST(irq_of_nobody)
{
	for (u32 i = 0; i < num_online_cpus(); i++)
		run_at(test_cpu(i), DEFAULT_PRIO, interrupt_of_nobody, NULL);
}
