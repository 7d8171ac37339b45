/* swait_test.c: simple wait queues: one wake-up, one waiter, in order; a signal or a timeout loses none.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/swait.h"

#include "kernel/base/atomic.h"
#include "kernel/kthread.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/sched/signal.h"
#include "kernel/test/test.h"
#include "lib/err.h"
#include "lib/errno.h"

#define WAITERS 4

static DECLARE_SWAIT_QUEUE_HEAD(queue);
static DECLARE_COMPLETION(ended);
static atomic_t units; /* a waiter that is let in takes one */
static int order[WAITERS];
static atomic_t n_ended;

static bool take_unit(void)
{
	return atomic_dec_if_positive(&units) >= 0;
}

static int waiter(void *number)
{
	swait_event_exclusive(queue, take_unit());
	order[atomic_fetch_inc(&n_ended)] = (int)(long)number;
	kthread_complete_and_exit(&ended, 0);
}

/* How many wait. */
static int count_waiters(void)
{
	struct list_head *each;
	int n = 0;

	raw_spin_lock_irq(&queue.lock);
	list_for_each(each, &queue.task_list)
		n++;
	raw_spin_unlock_irq(&queue.lock);
	return n;
}

static bool as_many_wait(void *n)
{
	return count_waiters() == (int)(long)n;
}

static void start_waiters(void)
{
	atomic_set(&n_ended, 0);
	atomic_set(&units, 0);
	for (long i = 0; i < WAITERS; i++) {
		kthread_run(waiter, (void *)i, "waiter/%ld", i);
		EXPECT(test_wait_for(as_many_wait, (void *)(i + 1)));
	}
}

TEST(swait_wakes_one)
{
	start_waiters();
	for (int i = 0; i < WAITERS; i++) {
		atomic_inc(&units);
		swake_up_one(&queue);
		wait_for_completion(&ended);
		EXPECT(atomic_read(&n_ended) == i + 1 && order[i] == i);
		EXPECT_EQ(count_waiters(), WAITERS - 1 - i);
	}
	swake_up_one(&queue); // Nobody.
	EXPECT(!swait_active(&queue) && !swq_has_sleeper(&queue));
}

/* A thread that was woken and finds nothing waits again. */
TEST(swait_wakes_all)
{
	start_waiters();
	swake_up_all(&queue);
	EXPECT(test_wait_for(as_many_wait, (void *)WAITERS));
	EXPECT_EQ(atomic_read(&n_ended), 0);
	atomic_set(&units, WAITERS);
	swake_up_all(&queue);
	for (int i = 0; i < WAITERS; i++)
		wait_for_completion(&ended);
	EXPECT_EQ(atomic_read(&n_ended), WAITERS);
}

static int interrupted(void *result)
{
	allow_signal(SIGINT);
	*(long *)result = swait_event_interruptible_exclusive(queue, take_unit());
	kthread_complete_and_exit(&ended, 0);
}

TEST(swait_ends_early)
{
	struct task_struct *task;
	long result = 1;

	atomic_set(&units, 0);
	EXPECT_EQ(swait_event_timeout_exclusive(queue, take_unit(), 2), 0);
	atomic_set(&units, 1);
	EXPECT_EQ(swait_event_timeout_exclusive(queue, take_unit(), 2), 2);
	EXPECT_EQ(count_waiters(), 0);
	task = kthread_create(interrupted, &result, "interrupted");
	REQUIRE(!IS_ERR(task));
	get_task_struct(task);
	wake_up_process(task);
	EXPECT(test_wait_for(as_many_wait, (void *)1));
	send_sig(SIGINT, task, 1);
	wait_for_completion(&ended);
	put_task_struct(task);
	EXPECT_EQ(result, -ERESTARTSYS);
	EXPECT_EQ(count_waiters(), 0);
}

/* ---- Each of many wake-ups is one that somebody gets ---- */

#define ROUNDS 2000

static struct swait_queue_head there, back;
static atomic_t go, went;

static int answer(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		swait_event_exclusive(there, atomic_dec_if_positive(&go) >= 0);
		atomic_inc(&went);
		swake_up_one(&back);
	}
	kthread_complete_and_exit(&ended, 0);
}

TEST(swait_loses_none)
{
	init_swait_queue_head(&there);
	init_swait_queue_head(&back);
	kthread_run(answer, NULL, "answers");
	for (int i = 0; i < ROUNDS; i++) {
		atomic_inc(&go);
		swake_up_one(&there);
		swait_event_exclusive(back, atomic_dec_if_positive(&went) >= 0);
	}
	wait_for_completion(&ended);
	EXPECT(!atomic_read(&go) && !atomic_read(&went));
}
