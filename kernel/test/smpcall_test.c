/* smpcall_test.c: functions called on other CPUs: each once, where and when they should be.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/smpcall.h"

#include <arch/smp.h>

#include "kernel/test/sched_test.h"
#include "lib/errno.h"

static u32 calls[NR_CPUS]; /* [a] by CPU; only that CPU adds */

static void count_call(void *unused)
{
	u32 *mine = &calls[smp_processor_id()];

	WRITE_ONCE(*mine, *mine + 1);
}

static void forget_calls(void)
{
	for (u32 cpu = 0; cpu < NR_CPUS; cpu++)
		WRITE_ONCE(calls[cpu], 0);
}

TEST(smpcall_each_cpu_once)
{
	u32 cpu;

	forget_calls();
	FOR_A_WHILE(i, 3, 1000, 150) {
		on_each_cpu(count_call, NULL, true);
		for_each_online_cpu(cpu)
			EXPECT_EQ(READ_ONCE(calls[cpu]), i + 1);
	}
}

static void call_the_others(void *unused)
{
	u32 cpu;

	FOR_A_WHILE(i, 3, 1000, 100) {
		smp_call_function(count_call, NULL, true);
		for_each_online_cpu(cpu)
			EXPECT_EQ(READ_ONCE(calls[cpu]), cpu == raw_smp_processor_id() ? 0 : i + 1);
	}
}

TEST(smpcall_others_only)
{
	forget_calls();
	run_at(test_cpu(num_online_cpus() - 1), DEFAULT_PRIO, call_the_others, NULL);
}

/* ---- Where and in what context --------------------------------------------------------------------- */

struct seen {
	u32 cpu;
	bool hardirq, irqs_off;
};

static void look_around(void *arg)
{
	*(struct seen *)arg = (struct seen){ .cpu = smp_processor_id(),
					     .hardirq = in_hardirq(),
					     .irqs_off = irqs_disabled() };
}

static void call_each(void *unused)
{
	struct seen seen;
	u32 cpu;

	for_each_online_cpu(cpu) {
		EXPECT_EQ(smp_call_function_single(cpu, look_around, &seen, true), 0);
		EXPECT_EQ(seen.cpu, cpu);
		EXPECT(seen.irqs_off);
		EXPECT_EQ(seen.hardirq, cpu != raw_smp_processor_id());
		EXPECT(!irqs_disabled() && preempt_count() == 0);
	}
}

TEST(smpcall_context)
{
	for (u32 i = 0; i < num_online_cpus(); i++)
		run_at(test_cpu(i), DEFAULT_PRIO, call_each, NULL);
}

TEST(smpcall_no_such_cpu)
{
	struct seen seen;

	EXPECT_EQ(smp_call_function_single(nr_cpus, look_around, &seen, true), -ENXIO);
	EXPECT_EQ(smp_call_function_single(NR_CPUS, look_around, &seen, false), -ENXIO);
	EXPECT_EQ(smp_call_function_single(~0U, look_around, &seen, true), -ENXIO);
}

/* ---- From all at all ------------------------------------------------------------------------------- */

/* [a] by target: from all callers. calls[] cannot lose any: the target alone adds to it. */
static atomic_t asked[NR_CPUS];

static int call_storm(void *unused)
{
	struct rand_state rand;

	rand_seed(&rand, (u64)current->pid);
	FOR_A_WHILE(i, 4, 3000, 250) {
		u32 cpu = test_cpu(rand_below(&rand, NR_CPUS));
		u32 others;

		if (rand_below(&rand, 8) == 0) {
			on_each_cpu(count_call, NULL, rand_below(&rand, 2));
			for_each_online_cpu(others)
				atomic_inc(&asked[others]);
		} else if (smp_call_function_single(cpu, count_call, NULL, rand_below(&rand, 2)) ==
			   0) {
			atomic_inc(&asked[cpu]);
		}
	}
	return 0;
}

static bool all_were_called(void *unused)
{
	u32 cpu;

	for_each_online_cpu(cpu) {
		if ((int)READ_ONCE(calls[cpu]) != atomic_read(&asked[cpu]))
			return false;
	}
	return true;
}

TEST(smpcall_storm)
{
	forget_calls();
	for (u32 cpu = 0; cpu < NR_CPUS; cpu++)
		atomic_set(&asked[cpu], 0);
	test_run_on_cpus(call_storm, NULL);
	EXPECT(test_wait_for(all_were_called, NULL));
}

/* ---- Calls that nobody waits for: in order, and not before interrupts are on ----------------------- */

#define IN_ORDER 20

static struct {
	u32 next;         /* [a] the number that is to come */
	u32 out_of_order; /* [a] */
	bool ready;       /* [a] the target has interrupts off */
	bool go;          /* [a] it may turn them on */
} order;

static void take_number(void *number)
{
	if ((unsigned long)number != READ_ONCE(order.next))
		WRITE_ONCE(order.out_of_order, order.out_of_order + 1);
	WRITE_ONCE(order.next, order.next + 1);
}

static int hold_interrupts_off(void *unused)
{
	unsigned long flags;

	local_irq_save(flags);
	WRITE_ONCE(order.ready, true);
	EXPECT(SPIN_UNTIL(READ_ONCE(order.go)));
	EXPECT_EQ(order.next, 0);
	local_irq_restore(flags);
	EXPECT(SPIN_UNTIL(READ_ONCE(order.next) == IN_ORDER));
	return 0;
}

/* Bound, so that it does not wait on the CPU that takes no interrupts for a timer of its own. */
static void call_target(void *unused)
{
	struct actor target;

	REQUIRE(actor_start(&target, hold_interrupts_off, NULL, test_cpu(1)));
	EXPECT(WAIT_UNTIL(READ_ONCE(order.ready)));
	for (unsigned long i = 0; i < IN_ORDER; i++)
		EXPECT_EQ(smp_call_function_single(test_cpu(1), take_number, (void *)i, false), 0);
	WRITE_ONCE(order.go, true);
	actor_join(&target);
}

TEST(smpcall_order)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	order.next = order.out_of_order = 0;
	order.ready = order.go = false;
	run_at(test_cpu(0), DEFAULT_PRIO, call_target, NULL);
	EXPECT_EQ(order.out_of_order, 0);
}
