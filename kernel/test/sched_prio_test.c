/* sched_prio_test.c: who is more important runs first, and at once.
 * SPDX-License-Identifier: MIT
 *
 * Waker and woken thread are bound to one CPU, so what has happened when wake_up_process() returns
 * does not depend on time: either the woken thread has run, or it has not.
 */
#include "kernel/core/timer.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "kernel/test/sched_test.h"

#define ROUNDS 300

/* Run @fn in a thread of priority FIFO_MID on CPU @cpu, with a noter of priority @prio beside it. */
static void beside_noter(int prio, void (*fn)(void *noter))
{
	struct noter noter;
	u32 cpu = test_cpu(num_online_cpus() - 1);

	if (noter_start(&noter, cpu, prio))
		run_at(cpu, FIFO_MID, fn, &noter);
	noter_end(&noter);
}

/* Each wake-up is one preemption of the waker, and one sleep of the woken thread. */
static void wake_better(void *arg)
{
	struct noter *noter = arg;
	unsigned long preempted = current->nivcsw;
	unsigned long slept = noter->actor.task->nvcsw;

	for (u32 i = 1; i <= ROUNDS; i++) {
		noter_wake(noter);
		EXPECT_EQ(noter_runs(noter), i);
	}
	EXPECT_EQ(current->nivcsw - preempted, ROUNDS);
	EXPECT_EQ(noter->actor.task->nvcsw - slept, ROUNDS);
}

TEST(sched_better_preempts_waker)
{
	beside_noter(FIFO_HIGH, wake_better);
}

static void wake_equal(void *arg)
{
	for (u32 i = 0; i < ROUNDS; i++) {
		noter_wake(arg);
		EXPECT_EQ(noter_runs(arg), i);
		yield();
		EXPECT_EQ(noter_runs(arg), i + 1);
	}
}

TEST(sched_equal_waits_for_yield)
{
	beside_noter(FIFO_MID, wake_equal);
}

static void wake_lower(void *arg)
{
	for (u32 i = 0; i < ROUNDS / 10; i++) {
		noter_wake(arg);
		yield();
		EXPECT_EQ(noter_runs(arg), i);
		EXPECT(WAIT_UNTIL(noter_runs(arg) == i + 1));
		EXPECT(WAIT_UNTIL(actor_is_asleep(&((struct noter *)arg)->actor, TASK_NORMAL)));
	}
}

TEST(sched_lower_waits_for_sleep)
{
	beside_noter(FIFO_LOW, wake_lower);
}

/* ---- What holds a preemption off, and what ends that ---------------------------------------------- */

static void wake_in_preempt_disable(void *arg)
{
	for (u32 i = 0; i < ROUNDS; i++) {
		preempt_disable();
		preempt_disable();
		noter_wake(arg);
		EXPECT(need_resched());
		preempt_enable();
		EXPECT_EQ(noter_runs(arg), i);
		preempt_enable();
		EXPECT_EQ(noter_runs(arg), i + 1);
	}
}

TEST(sched_preempt_disable)
{
	beside_noter(FIFO_HIGH, wake_in_preempt_disable);
}

static void wake_under_spinlock(void *arg)
{
	DEFINE_RAW_SPINLOCK(lock);
	unsigned long flags;

	for (u32 i = 0; i < ROUNDS; i++) {
		raw_spin_lock_irqsave(&lock, flags);
		noter_wake(arg);
		EXPECT_EQ(noter_runs(arg), i);
		raw_spin_unlock_irqrestore(&lock, flags);
		EXPECT_EQ(noter_runs(arg), i + 1);
	}
}

TEST(sched_unlock_preempts)
{
	beside_noter(FIFO_HIGH, wake_under_spinlock);
}

/* With interrupts off nobody is preempted, and turning them on is no point of preemption: but
 * cond_resched() is. An interrupt in between may be quicker. */
static void wake_with_irqs_off(void *arg)
{
	unsigned long flags;
	int gave_up = 0;

	for (u32 i = 0; i < ROUNDS; i++) {
		local_irq_save(flags);
		noter_wake(arg);
		preempt_disable();
		preempt_enable();
		EXPECT_EQ(noter_runs(arg), i);
		local_irq_restore(flags);
		gave_up += cond_resched();
		EXPECT_EQ(noter_runs(arg), i + 1);
	}
	EXPECT(gave_up > 0);
}

TEST(sched_cond_resched)
{
	beside_noter(FIFO_HIGH, wake_with_irqs_off);
}

/* Nobody is preempted who holds a spinlock; but it can be released for a moment. */
static void wake_and_lend_lock(void *arg)
{
	DEFINE_SPINLOCK(lock);

	for (u32 i = 0; i < ROUNDS; i++) {
		spin_lock(&lock);
		noter_wake(arg);
		EXPECT_EQ(noter_runs(arg), i);
		EXPECT_EQ(cond_resched_lock(&lock), 1);
		EXPECT_EQ(noter_runs(arg), i + 1);
		EXPECT_CONTEXT(false, 1);
		EXPECT_EQ(SPIN_HAS_WORD, spin_is_locked(&lock));
		spin_unlock(&lock);
	}
}

TEST(sched_cond_resched_lock)
{
	beside_noter(FIFO_HIGH, wake_and_lend_lock);
}

/* ---- Wake-ups in interrupts of this CPU ------------------------------------------------------------ */

struct alarm {
	struct ktimer timer;
	struct noter *noter;
	bool rang;
};

static void alarm_rings(struct ktimer *timer)
{
	struct alarm *alarm = container_of(timer, struct alarm, timer);

	noter_wake(alarm->noter);
	WRITE_ONCE(alarm->rang, true);
}

static void alarm_set(struct alarm *alarm, void *noter)
{
	*alarm = (struct alarm){ .noter = noter };
	timer_init(&alarm->timer, alarm_rings);
	timer_start(&alarm->timer, clock_ns() + 50 * NSEC_PER_USEC);
}

/* The loop calls nothing: only the end of the interrupt can preempt it. */
static void wake_in_interrupt(void *arg)
{
	struct alarm alarm;

	for (u32 i = 0; i < ROUNDS / 5; i++) {
		alarm_set(&alarm, arg);
		EXPECT(SPIN_UNTIL(READ_ONCE(alarm.rang)));
		EXPECT_EQ(noter_runs(arg), i + 1);
		timer_cancel_sync(&alarm.timer);
	}
}

TEST(sched_interrupt_preempts)
{
	beside_noter(FIFO_HIGH, wake_in_interrupt);
}

static void wake_in_interrupt_held_off(void *arg)
{
	struct alarm alarm;

	for (u32 i = 0; i < ROUNDS / 5; i++) {
		preempt_disable();
		alarm_set(&alarm, arg);
		EXPECT(SPIN_UNTIL(READ_ONCE(alarm.rang)));
		EXPECT_EQ(noter_runs(arg), i);
		preempt_enable();
		EXPECT_EQ(noter_runs(arg), i + 1);
		timer_cancel_sync(&alarm.timer);
	}
}

TEST(sched_interrupt_respects_preempt_disable)
{
	beside_noter(FIFO_HIGH, wake_in_interrupt_held_off);
}

/* ---- Changes of priority take effect at once ------------------------------------------------------- */

static void change_prio(void *arg)
{
	struct noter *noter = arg;

	for (u32 i = 0; i < ROUNDS; i += 2) {
		noter_wake(noter);
		EXPECT_EQ(noter_runs(noter), i);
		sched_set_prio(noter->actor.task, FIFO_HIGH); // the one that waits becomes better
		EXPECT_EQ(noter_runs(noter), i + 1);
		sched_set_prio(noter->actor.task, FIFO_LOW);
		noter_wake(noter);
		EXPECT_EQ(noter_runs(noter), i + 1);
		sched_set_prio(current, FIFO_LOW + 1); // the one that runs becomes worse
		EXPECT_EQ(noter_runs(noter), i + 2);
		sched_set_prio(current, FIFO_MID);
	}
}

TEST(sched_prio_change_is_immediate)
{
	beside_noter(FIFO_LOW, change_prio);
}

static void expect_prio(int prio)
{
	EXPECT_EQ(current->prio, prio);
}

static void set_by_class(void *unused)
{
	set_user_nice(current, -20);
	expect_prio(100);
	set_user_nice(current, 1000);
	expect_prio(139);
	sched_set_normal(current, 5);
	expect_prio(125);
	sched_set_fifo(current);
	EXPECT(current->prio > 0 && current->prio < MAX_RT_PRIO - 1);
	sched_set_fifo_low(current);
	EXPECT(current->prio < MAX_RT_PRIO);
	sched_set_fifo(current);
	EXPECT(current->prio < MAX_RT_PRIO - 2);
}

TEST(sched_prio_classes)
{
	run_at(ANY_CPU, DEFAULT_PRIO, set_by_class, NULL);
}
