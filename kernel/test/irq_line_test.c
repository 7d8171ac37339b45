/* irq_line_test.c: interrupts that modules request: who may, who is called, and who is waited for.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/irq_line.h"

#include "kernel/base/hooks.h"
#include "kernel/core/panic.h"
#include "kernel/sched/sched.h"
#include "kernel/kthread.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/test/test.h"
#include "lib/string.h"

static unsigned int hard, threaded;
static DECLARE_COMPLETION(thread_ran);

static irqreturn_t hard_handler(int irq, void *dev)
{
	EXPECT(in_hardirq() && irqs_disabled() && irq == 77 && dev == &hard);
	hard++;
	return IRQ_WAKE_THREAD;
}

static irqreturn_t thread_handler(int irq, void *dev)
{
	EXPECT(!in_hardirq() && !irqs_disabled());
	EXPECT(!strcmp(current->comm, "irq/77-test"));
	threaded++;
	complete(&thread_ran);
	return IRQ_HANDLED;
}

TEST(irq_line)
{
	hard = threaded = 0;
	reinit_completion(&thread_ran);
	EXPECT(!irq_line_raise(77));
	EXPECT_EQ(request_threaded_irq(77, hard_handler, thread_handler, IRQF_SHARED, "test", NULL),
		  -EINVAL);
	EXPECT_EQ(request_threaded_irq(77, hard_handler, thread_handler, 0, "test", &hard), 0);
	EXPECT_EQ(request_irq(77, hard_handler, IRQF_SHARED, "other", &threaded), -EBUSY);
	EXPECT(irq_line_raise(77));
	wait_for_completion(&thread_ran);
	EXPECT(hard == 1 && threaded == 1);
	disable_irq(77);
	EXPECT(irq_line_raise(77));
	EXPECT_EQ(hard, 1);
	enable_irq(77);
	EXPECT(irq_line_raise(77));
	free_irq(77, &hard); // Waits for the thread.
	EXPECT(hard == 2 && threaded == 2);
	EXPECT(!irq_line_raise(77));
}

/* ---- Who may ---- */

static irqreturn_t no_handler(int irq, void *dev)
{
	return IRQ_HANDLED;
}

TEST(irq_line_refuses)
{
	const unsigned long rising = IRQF_SHARED | IRQF_TRIGGER_RISING;
	int a, b, c;

	EXPECT_EQ(request_irq(0, no_handler, 0, "timer", &a), -EBUSY);
	EXPECT_EQ(request_irq(256, no_handler, 0, "none", &a), -EINVAL);
	EXPECT_EQ(request_threaded_irq(78, NULL, NULL, 0, "none", &a), -EINVAL);
	EXPECT_EQ(request_threaded_irq(78, NULL, no_handler, 0, "eager", &a), -EINVAL);
	EXPECT_EQ(request_threaded_irq(78, NULL, no_handler, IRQF_ONESHOT, "once", &a), 0);
	free_irq(78, &a);
	EXPECT_EQ(request_irq(78, no_handler, rising, "a", &a), 0);
	EXPECT_EQ(request_irq(78, no_handler, IRQF_SHARED | IRQF_TRIGGER_HIGH, "b", &b), -EBUSY);
	EXPECT_EQ(request_irq(78, no_handler, rising | IRQF_ONESHOT, "b", &b), -EBUSY);
	EXPECT_EQ(request_irq(78, no_handler, 0, "b", &b), -EBUSY);
	EXPECT_EQ(request_irq(78, no_handler, rising, "b", &b), 0);
	EXPECT_EQ(request_irq(78, no_handler, IRQF_SHARED, "c", &c), 0); // The trigger is theirs.
	free_irq(78, &c);
	free_irq(78, &b);
	free_irq(78, &a);
}

static unsigned int count;

static irqreturn_t counting_handler(int irq, void *dev)
{
	count++;
	return IRQ_HANDLED;
}

/* Who requests an interrupt finds it enabled, whatever was done by who had it before. */
TEST(irq_line_enabled_anew)
{
	count = 0;
	EXPECT_EQ(request_irq(79, counting_handler, 0, "first", &count), 0);
	disable_irq(79);
	free_irq(79, &count);
	EXPECT_EQ(request_irq(79, counting_handler, 0, "second", &count), 0);
	EXPECT(irq_line_raise(79));
	EXPECT_EQ(count, 1);
	free_irq(79, &count);
}

/* ---- Who is waited for ---- */

static DECLARE_COMPLETION(slow_began);
static DECLARE_COMPLETION(slow_may_end);
static unsigned int slow_ended;

static irqreturn_t slow_thread(int irq, void *dev)
{
	complete(&slow_began);
	wait_for_completion(&slow_may_end);
	WRITE_ONCE(slow_ended, slow_ended + 1);
	return IRQ_HANDLED;
}

static irqreturn_t waking_handler(int irq, void *dev)
{
	count++;
	return IRQ_WAKE_THREAD;
}

/* Let the thread end, when somebody has had the time to look past it. */
static int end_slow(void *unused)
{
	msleep(20);
	complete(&slow_may_end);
	return 0;
}

TEST(irq_line_waits_for_thread)
{
	slow_ended = count = 0;
	EXPECT_EQ(request_threaded_irq(80, waking_handler, slow_thread, 0, "slow", NULL), 0);
	EXPECT(irq_line_raise(80));
	wait_for_completion(&slow_began);
	kthread_run(end_slow, NULL, "end_slow");
	synchronize_irq(80);
	EXPECT_EQ(slow_ended, 1);
	free_irq(80, NULL);
}

/* Two interrupts while the thread is at the first: it has one word to be told them by. */
TEST(irq_line_wakes_are_one)
{
	slow_ended = count = 0;
	EXPECT_EQ(request_threaded_irq(80, waking_handler, slow_thread, 0, "slow", NULL), 0);
	EXPECT(irq_line_raise(80));
	wait_for_completion(&slow_began);
	EXPECT(irq_line_raise(80) && irq_line_raise(80));
	complete(&slow_may_end);
	wait_for_completion(&slow_began);
	complete(&slow_may_end);
	free_irq(80, NULL);
	EXPECT(count == 3 && slow_ended == 2);
	EXPECT(!completion_done(&slow_began));
}

/* With IRQF_ONESHOT the second waits until the thread has ended. */
TEST(irq_line_oneshot)
{
	slow_ended = count = 0;
	EXPECT_EQ(request_threaded_irq(80, waking_handler, slow_thread, IRQF_ONESHOT, "slow", NULL),
		  0);
	EXPECT(irq_line_raise(80));
	wait_for_completion(&slow_began);
	kthread_run(end_slow, NULL, "end_slow");
	EXPECT(irq_line_raise(80));
	EXPECT(count == 2 && READ_ONCE(slow_ended) == 1);
	complete(&slow_may_end);
	free_irq(80, NULL);
	wait_for_completion(&slow_began);
	EXPECT_EQ(slow_ended, 2);
}

/* ---- Locks that a handler takes, and a thread holds with interrupts on: one report each ---- */

static DEFINE_SPINLOCK(direct_lock);
static DEFINE_SPINLOCK(first_lock);
static DEFINE_SPINLOCK(second_lock);
static atomic_t reports;

static bool count_report(const char *message)
{
	atomic_inc(&reports);
	return true;
}

static irqreturn_t takes_lock(int irq, void *lock)
{
	spin_lock((spinlock_t *)lock);
	spin_unlock((spinlock_t *)lock);
	return IRQ_HANDLED;
}

static int reports_of_handler(spinlock_t *lock)
{
	atomic_set(&reports, 0);
	EXPECT_EQ(request_irq(83, takes_lock, 0, "takes", lock), 0);
	warn_set_filter(count_report);
	EXPECT(irq_line_raise(83));
	warn_set_filter(NULL);
	free_irq(83, lock);
	return atomic_read(&reports);
}

TEST(irq_line_lock_is_told_of_once)
{
	unsigned long flags;

	if (!CONFIG_CHECKED)
		SKIP("the fast profile has no validator");
	takes_lock(0, &direct_lock);
	EXPECT_EQ(reports_of_handler(&direct_lock), 1);
	EXPECT_EQ(reports_of_handler(&direct_lock), 0);
	takes_lock(0, &second_lock);
	spin_lock_irqsave(&first_lock, flags);
	takes_lock(0, &second_lock);
	spin_unlock_irqrestore(&first_lock, flags);
	EXPECT_EQ(reports_of_handler(&first_lock), 1);
}
