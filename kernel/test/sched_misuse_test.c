/* sched_misuse_test.c: sleeping where nobody may sleep is found, and the report says why one may not.
 * SPDX-License-Identifier: MIT
 *
 * test_panics() runs its function with preemption off.
 */
#include "kernel/test/sched_test.h"

static void call_schedule(void *unused)
{
	schedule();
}

static void call_schedule_with_irqs_off(void *unused)
{
	local_irq_disable();
	schedule();
}

static void call_yield(void *unused)
{
	yield();
}

/* In every profile: to go on would corrupt whatever was to be protected. */
TEST(sched_while_atomic)
{
	unsigned long switches = current->nvcsw;
	u32 cpu;

	preempt_disable();
	cpu = raw_smp_processor_id();
	EXPECT(test_panics(call_schedule, NULL, "scheduling while atomic"));
	EXPECT(test_panics(call_schedule, NULL, "interrupts on"));
	EXPECT(test_panics(call_schedule_with_irqs_off, NULL, "interrupts off"));
	EXPECT(test_panics(call_yield, NULL, "scheduling while atomic"));
	EXPECT_EQ(preempt_count(), PREEMPT_OFFSET);
	EXPECT(!irqs_disabled());
	EXPECT_EQ(raw_smp_processor_id(), cpu);
	EXPECT_EQ(current->nvcsw, switches);
	preempt_enable();
}

static void call_msleep(void *unused)
{
	msleep(0);
}

static void call_usleep_with_irqs_off(void *unused)
{
	local_irq_disable();
	usleep_range(0, 0);
}

static void call_msleep_interruptible(void *unused)
{
	msleep_interruptible(0);
}

static void call_cond_resched(void *unused)
{
	EXPECT_EQ(cond_resched(), 0);
}

static void call_kthread_stop(void *task)
{
	kthread_stop(task);
}

static int do_nothing(void *unused)
{
	return 0;
}

/* Found even by those calls that would not have had to sleep. */
TEST(sched_might_sleep)
{
	struct task_struct *task;

	if (!CONFIG_CHECKED)
		SKIP("only the checked profile looks");
	task = kthread_create(do_nothing, NULL, "to be stopped");
	REQUIRE(!IS_ERR(task));
	might_sleep();
	EXPECT(test_panics(call_msleep, NULL, "may sleep"));
	EXPECT(test_panics(call_usleep_with_irqs_off, NULL, "interrupts off"));
	EXPECT(test_panics(call_msleep_interruptible, NULL, "may sleep"));
	EXPECT(test_panics(call_cond_resched, NULL, "cond_resched() may sleep"));
	EXPECT(test_panics(call_kthread_stop, task, "kthread_stop() may sleep"));
	might_sleep();
	EXPECT_EQ(kthread_stop(task), -EINTR);
}
