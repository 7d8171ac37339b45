/* init_misuse_test.c: use before initialization, wrong flags, and sleeping in a sleeping state.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/hrtimer.h"
#include "kernel/core/irq_work.h"
#include "kernel/core/panic.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/semaphore.h"
#include "kernel/locking/sleep/wait.h"
#include "kernel/tasklet.h"
#include "kernel/test/lock_test.h"

#define NO_CHECKS "the fast profile does not check this"

static void take_unit(void *sem)
{
	down(sem);
}

static void try_unit(void *sem)
{
	EXPECT(down_trylock(sem));
}

static void give_unit(void *sem)
{
	up(sem);
}

static void say_done(void *x)
{
	complete(x);
}

static void say_all_done(void *x)
{
	complete_all(x);
}

static void look_whether_done(void *x)
{
	EXPECT(!try_wait_for_completion(x));
}

static void wake(void *wq)
{
	wake_up((wait_queue_head_t *)wq);
}

static void join(void *wq)
{
	DEFINE_WAIT(wait);

	prepare_to_wait(wq, &wait, TASK_RUNNING);
}

TEST(never_initialized_waits)
{
	struct semaphore sem = { .count = 0 };
	struct completion x = { .done = 0 };
	wait_queue_head_t wq = { .head = { NULL, NULL } };

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(take_unit, &sem, "call sema_init()"));
	EXPECT(test_panics(try_unit, &sem, "call sema_init()"));
	EXPECT(test_panics(give_unit, &sem, "call sema_init()"));
	EXPECT(test_panics(say_done, &x, "never initialized"));
	EXPECT(test_panics(say_all_done, &x, "never initialized"));
	EXPECT(test_panics(look_whether_done, &x, "never initialized"));
	EXPECT(test_panics(wake, &wq, "never initialized"));
	EXPECT(test_panics(join, &wq, "never initialized"));
	EXPECT_CONTEXT(false, 0);
}

static void schedule_tasklet(void *t)
{
	tasklet_schedule(t);
}

static void start_hrtimer(void *timer)
{
	hrtimer_start(timer, 0, HRTIMER_MODE_REL_HARD);
}

static void cancel_hrtimer(void *timer)
{
	hrtimer_cancel(timer);
}

static void queue_irq_work(void *work)
{
	irq_work_queue(work);
}

/* In every profile: what follows would be a call of nothing. */
TEST(never_initialized_calls)
{
	static struct tasklet_struct tasklet;
	static struct hrtimer timer;
	static struct irq_work work;

	EXPECT(test_panics(schedule_tasklet, &tasklet, "call tasklet_setup()"));
	EXPECT(test_panics(start_hrtimer, &timer, "call hrtimer_setup()"));
	EXPECT(test_panics(cancel_hrtimer, &timer, "was never set up"));
	EXPECT(test_panics(queue_irq_work, &work, "work->func"));
	EXPECT_CONTEXT(false, 0);
}

/* ---- Flags ------------------------------------------------------------------------------------------------- */

/* The inner section ends the outer one; when the outer one ends, interrupts are on already. */
static void swap_flags(void *unused)
{
	DEFINE_SPINLOCK(outer);
	DEFINE_SPINLOCK(inner);
	unsigned long flags, inner_flags;

	spin_lock_irqsave(&outer, flags);
	spin_lock_irqsave(&inner, inner_flags);
	spin_unlock_irqrestore(&inner, flags);
	spin_unlock_irqrestore(&outer, inner_flags);
}

/* The flags of another function: the lock was taken with interrupts on. */
static void restore_what_was_not_saved(void *unused)
{
	DEFINE_SPINLOCK(lock);
	unsigned long flags;

	local_irq_save(flags);
	local_irq_restore(flags);
	spin_lock(&lock);
	spin_unlock_irqrestore(&lock, flags);
}

static void restore_properly(void)
{
	unsigned long flags, inner_flags;

	local_irq_save(flags);
	local_irq_save(inner_flags);
	local_irq_restore(inner_flags);
	EXPECT(irqs_disabled());
	local_irq_restore(flags);
	EXPECT(!irqs_disabled());
}

TEST(irqs_restored_twice)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	restore_properly();
	EXPECT(test_panics(swap_flags, NULL, "local_irq_restore() at swap_flags"));
	EXPECT(test_panics(restore_what_was_not_saved, NULL, "with interrupts on"));
	EXPECT_CONTEXT(false, 0);
}

/* ---- States -------------------------------------------------------------------------------------------------- */

static void lock_in_state(void *mutex)
{
	set_current_state(TASK_INTERRUPTIBLE);
	mutex_lock(mutex);
	mutex_unlock(mutex);
	__set_current_state(TASK_RUNNING);
}

static void lock_in_state_knowingly(void *mutex)
{
	set_current_state(TASK_INTERRUPTIBLE);
	sched_annotate_sleep();
	mutex_lock(mutex);
	mutex_unlock(mutex);
	__set_current_state(TASK_RUNNING);
}

static DECLARE_WAIT_QUEUE_HEAD(queue);
static unsigned int looks;

/* Every second look: the first one is before there is a state. */
static bool lock_and_look(void *mutex, bool knowingly)
{
	if (knowingly)
		sched_annotate_sleep();
	mutex_lock(mutex);
	mutex_unlock(mutex);
	return looks++ % 2;
}

static void wait_in_state(void *mutex)
{
	wait_event(queue, lock_and_look(mutex, false));
}

static void wait_in_state_knowingly(void *mutex)
{
	wait_event(queue, lock_and_look(mutex, true));
}

TEST(sleep_in_sleeping_state)
{
	const char *text = "do not call blocking ops when !TASK_RUNNING";
	DEFINE_MUTEX(mutex);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	looks = 0;
	EXPECT_EQ(test_warnings(lock_in_state, &mutex, text), 1);
	EXPECT_EQ(test_warnings(lock_in_state, &mutex, "set at lock_in_state+"), 1);
	EXPECT_EQ(test_warnings(lock_in_state_knowingly, &mutex, text), 0);
	EXPECT_EQ(test_warnings(wait_in_state, &mutex, text), 1);
	EXPECT_EQ(test_warnings(wait_in_state_knowingly, &mutex, text), 0);
	EXPECT_EQ(current->__state, TASK_RUNNING);
}
