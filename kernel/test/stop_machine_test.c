/* stop_machine_test.c: while the function runs, nobody else does, and nobody was stopped in the middle of anything.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/stop_machine.h"

#include "kernel/base/cpumask_ops.h"
#include "kernel/kthread.h"
#include "kernel/sched/sched.h"
#include "kernel/test/test.h"
#include "lib/err.h"

static atomic_t inside; /* CPUs in a section without preemption */
static atomic_t steps;  /* done in such sections */

static int step(void *unused)
{
	while (!kthread_should_stop()) {
		preempt_disable();
		atomic_inc(&inside);
		atomic_inc(&steps);
		udelay(10);
		atomic_dec(&inside);
		preempt_enable();
		cond_resched();
	}
	return 0;
}

struct seen {
	int inside; /* CPUs that were stopped in a section */
	int went;   /* steps that were done meanwhile */
	bool irqs;
	cpumask_t ran;
};

static int look(void *arg)
{
	struct seen *seen = arg;
	int before = atomic_read(&steps);

	seen->inside += atomic_read(&inside);
	udelay(200);
	seen->went += atomic_read(&steps) - before;
	seen->irqs |= !irqs_disabled();
	cpumask_set_cpu(smp_processor_id(), &seen->ran);
	return -77;
}

TEST(stop_machine)
{
	struct task_struct *steppers[64];
	struct seen seen = { 0 };
	unsigned int n = 0;
	u32 cpu;

	for_each_online_cpu(cpu) {
		if (n < ARRAY_SIZE(steppers))
			steppers[n++] = kthread_run_on_cpu(step, NULL, cpu, "step/%u");
	}
	for (int i = 0; i < 10; i++) {
		EXPECT_EQ(stop_machine(look, &seen, NULL), -77);
		msleep(2);
	}
	while (n--)
		kthread_stop(steppers[n]);
	EXPECT(atomic_read(&steps) > 0);
	EXPECT_EQ(seen.inside, 0);
	EXPECT_EQ(seen.went, 0);
	EXPECT(!seen.irqs);
	EXPECT(cpumask_weight(&seen.ran) == 1 && cpumask_test_cpu(0, &seen.ran));
}

static atomic_t calls;

static int count_call(void *unused)
{
	atomic_inc(&calls);
	return 0;
}

TEST(stop_machine_on_all)
{
	atomic_set(&calls, 0);
	EXPECT_EQ(stop_machine(count_call, NULL, cpu_online_mask), 0);
	EXPECT_EQ(atomic_read(&calls), num_online_cpus());
}
