/* function_order_test.c: waiting for a tasklet, an hrtimer, a kthread_work or a thread with a lock held that its function
 * takes.
 * SPDX-License-Identifier: MIT
 *
 * As in deferred_order_test.c the function runs first, and is waited for where it runs no more. It has no line in which
 * it was set up: its class is the function.
 */
#include "kernel/core/hrtimer.h"
#include "kernel/kthread_worker.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/tasklet.h"
#include "kernel/test/deferred_test.h"
#include "lib/err.h"

#define CIRCLE                  "possible circular locking dependency detected"
#define WAITED(for_what, where) CIRCLE ": \"" for_what "\" is waited for at " where "+"

#define ONLY_CHECKED                                                                               \
	do {                                                                                       \
		if (!CONFIG_CHECKED)                                                               \
			SKIP("the fast profile has no validator");                                 \
	} while (0)

static DEFINE_SPINLOCK(tasklet_lock);
static DEFINE_SPINLOCK(hrtimer_lock);
static bool has_run; /* [a] */

/* ---- Tasklets ---- */

static void tasklet_takes(struct tasklet_struct *unused)
{
	spin_lock(&tasklet_lock);
	spin_unlock(&tasklet_lock);
	WRITE_ONCE(has_run, true);
}

static void kill_under_another(void *tasklet)
{
	static DEFINE_MUTEX(another);

	mutex_lock(&another);
	tasklet_kill(tasklet);
	mutex_unlock(&another);
}

static void disable_under_lock(void *tasklet)
{
	spin_lock_bh(&tasklet_lock);
	tasklet_disable_in_atomic(tasklet);
	spin_unlock_bh(&tasklet_lock);
	tasklet_enable(tasklet);
}

TEST(tasklet_wait_under_its_lock)
{
	struct tasklet_struct tasklet;

	ONLY_CHECKED;
	tasklet_setup(&tasklet, tasklet_takes);
	has_run = false;
	tasklet_schedule(&tasklet);
	EXPECT(WAIT_UNTIL(READ_ONCE(has_run)));
	EXPECT_EQ(test_warnings(kill_under_another, &tasklet, ""), 0);
	EXPECT_EQ(test_warnings(disable_under_lock, &tasklet,
				WAITED("tasklet tasklet_takes", "disable_under_lock")),
		  1);
	EXPECT_EQ(test_warnings(disable_under_lock, &tasklet, ""), 0);
}

/* ---- hrtimers ---- */

static enum hrtimer_restart hrtimer_takes(struct hrtimer *unused)
{
	spin_lock(&hrtimer_lock);
	spin_unlock(&hrtimer_lock);
	WRITE_ONCE(has_run, true);
	return HRTIMER_NORESTART;
}

static void cancel_under_lock(void *timer)
{
	unsigned long flags;

	spin_lock_irqsave(&hrtimer_lock, flags);
	hrtimer_cancel(timer);
	spin_unlock_irqrestore(&hrtimer_lock, flags);
}

static void try_under_lock(void *timer)
{
	unsigned long flags;

	spin_lock_irqsave(&hrtimer_lock, flags);
	EXPECT_EQ(hrtimer_try_to_cancel(timer), 0);
	spin_unlock_irqrestore(&hrtimer_lock, flags);
}

TEST(hrtimer_cancel_under_its_lock)
{
	struct hrtimer timer;

	ONLY_CHECKED;
	hrtimer_setup(&timer, hrtimer_takes, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	has_run = false;
	hrtimer_start(&timer, 1000, HRTIMER_MODE_REL);
	EXPECT(WAIT_UNTIL(READ_ONCE(has_run)));
	EXPECT_EQ(hrtimer_cancel(&timer), 0);
	EXPECT_EQ(test_warnings(try_under_lock, &timer, ""), 0);
	EXPECT_EQ(test_warnings(cancel_under_lock, &timer,
				WAITED("hrtimer hrtimer_takes", "cancel_under_lock")),
		  1);
	EXPECT_EQ(test_warnings(cancel_under_lock, &timer, ""), 0);
}

/* ---- Works of a kthread_worker ---- */

static struct mutex kthread_lock, kthread_lock_2;

static void kthread_work_takes(struct kthread_work *unused)
{
	mutex_lock(&kthread_lock);
	mutex_unlock(&kthread_lock);
}

static void kthread_work_takes_2(struct kthread_work *unused)
{
	mutex_lock(&kthread_lock_2);
	mutex_unlock(&kthread_lock_2);
}

static void flush_kthread_work(void *work)
{
	mutex_lock(&kthread_lock);
	kthread_flush_work(work);
	mutex_unlock(&kthread_lock);
}

static void cancel_kthread_work(void *work)
{
	mutex_lock(&kthread_lock);
	kthread_cancel_work_sync(work);
	mutex_unlock(&kthread_lock);
}

static void flush_kthread_worker(void *worker)
{
	mutex_lock(&kthread_lock_2);
	kthread_flush_worker(worker);
	mutex_unlock(&kthread_lock_2);
}

TEST(kthread_work_sync_under_its_lock)
{
	struct kthread_work work, work_2;
	struct kthread_worker *worker;

	ONLY_CHECKED;
	worker = kthread_create_worker(0, "order");
	REQUIRE(!IS_ERR(worker));
	mutex_init(&kthread_lock);
	mutex_init(&kthread_lock_2);
	kthread_init_work(&work, kthread_work_takes);
	kthread_init_work(&work_2, kthread_work_takes_2);
	kthread_queue_work(worker, &work);
	kthread_queue_work(worker, &work_2);
	kthread_flush_worker(worker);
	EXPECT_EQ(test_warnings(flush_kthread_work, &work_2, ""), 0);
	EXPECT_EQ(test_warnings(cancel_kthread_work, &work,
				WAITED("kthread_work kthread_work_takes", "cancel_kthread_work")),
		  1);
	EXPECT_EQ(test_warnings(flush_kthread_work, &work, ""), 0); // Once is enough.
	EXPECT_EQ(test_warnings(flush_kthread_worker, worker,
				WAITED("works of a kthread_worker", "flush_kthread_worker")),
		  1);
	kthread_destroy_worker(worker);
}

/* ---- Threads ---- */

static struct mutex thread_lock, once_lock;
static unsigned int rounds; /* [a] that the thread has been told to go on after */

/* What it takes once, before it asks, it does not take while it is waited for. */
static int takes_while_it_goes_on(void *unused)
{
	mutex_lock(&once_lock);
	mutex_unlock(&once_lock);
	while (!kthread_should_stop()) {
		if (rounds == 0) {
			mutex_lock(&thread_lock);
			mutex_unlock(&thread_lock);
		} else {
			schedule_timeout_interruptible(1);
		}
		WRITE_ONCE(rounds, rounds + 1);
	}
	return 0;
}

struct stop {
	struct task_struct *thread;
	struct mutex *lock;
	int (*stop)(struct task_struct *thread);
};

static void stop_under_lock(void *arg)
{
	struct stop *stop = arg;

	mutex_lock(stop->lock);
	EXPECT_EQ(stop->stop(stop->thread), 0);
	mutex_unlock(stop->lock);
}

TEST(kthread_stop_under_its_lock)
{
	struct stop stop = { .lock = &once_lock, .stop = kthread_stop };

	ONLY_CHECKED;
	mutex_init(&thread_lock);
	mutex_init(&once_lock);
	for (u32 i = 0; i < 2; i++) {
		WRITE_ONCE(rounds, 0);
		stop.thread = kthread_run(takes_while_it_goes_on, NULL, "taker");
		if (!EXPECT(!IS_ERR(stop.thread)))
			return;
		EXPECT(WAIT_UNTIL(READ_ONCE(rounds) >= 2));
		EXPECT_EQ(test_warnings(stop_under_lock, &stop,
					i ? WAITED("thread takes_while_it_goes_on",
						   "stop_under_lock") :
					    ""),
			  i);
		stop.lock = &thread_lock;
	}
}
