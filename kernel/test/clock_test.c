/* clock_test.c: time does not run backwards, for one CPU and for those that talk to one another.
 * SPDX-License-Identifier: MIT
 */
#include <arch/clock.h>

#include "kernel/test/sched_test.h"

/* Returns how often a reading was less than the one before it. */
static int read_often(void *unused)
{
	u64 last = clock_ns();
	int backwards = 0;

	for (u32 i = 0; i < 5000; i++) {
		u64 now = clock_ns();

		backwards += now < last;
		last = now;
	}
	return backwards;
}

TEST(clock_is_monotonic)
{
	EXPECT_EQ(test_run_on_cpus(read_often, NULL), 0);
}

/* Everybody reads the clock after having seen a message, and then sends one: the time it read. */
static int pass_time_on(void *arg)
{
	u64 *message = arg;
	int backwards = 0;

	FOR_A_WHILE(i, 100, 200000, 250) {
		u64 sent = smp_load_acquire(message); // [M] pairs with [N] in pass_time_on()
		u64 now = clock_ns();

		backwards += now < sent;
		smp_store_release(message, now); // [N] pairs with [M] in pass_time_on()
	}
	return backwards;
}

TEST(clock_agrees_between_cpus)
{
	u64 message = 0;

	EXPECT_EQ(test_run_on_cpus(pass_time_on, &message), 0);
}

/* A thread that migrates takes its last reading along. */
static void migrate_with_time(void *unused)
{
	u64 last = clock_ns();
	u32 cpu;

	FOR_A_WHILE(i, 2, 100, 100) {
		for_each_online_cpu(cpu) {
			struct cpumask mask = cpumask_of_cpu(cpu);
			u64 now;

			EXPECT_EQ(set_cpus_allowed_ptr(current, &mask), 0);
			now = clock_ns();
			EXPECT(now >= last);
			last = now;
		}
	}
}

TEST(clock_agrees_for_migrating_thread)
{
	run_at(ANY_CPU, DEFAULT_PRIO, migrate_with_time, NULL);
}

/* In interrupts-off code too: nothing but the hardware moves the clock. */
static int delay_on_cpu(void *unused)
{
	static const u64 delays[] = { 0, 1, 999, 10000, 500000, 3000000 };
	unsigned long flags;

	for (u32 i = 0; i < ARRAY_SIZE(delays); i++) {
		u64 start = clock_ns();

		clock_delay_ns(delays[i]);
		EXPECT(clock_ns() - start >= delays[i]);
		local_irq_save(flags);
		start = clock_ns();
		clock_delay_ns(delays[i] / 8);
		EXPECT(clock_ns() - start >= delays[i] / 8);
		local_irq_restore(flags);
	}
	return 0;
}

TEST(clock_delay_is_long_enough)
{
	test_run_on_cpus(delay_on_cpu, NULL);
}
