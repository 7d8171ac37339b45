/* scenario_sleep.c: the locks that sleep, and wrong ways to sleep beside the right one.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/explore.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/locking/sleep/semaphore.h"
#include "kernel/locking/sleep/wait.h"
#include "kernel/sched/sched.h"

static int counter;

static bool is_2(void)
{
	return counter == 2;
}

static bool is_3(void)
{
	return counter == 3;
}

static bool is_4(void)
{
	return counter == 4;
}

static void count(void)
{
	explore_enter();
	counter++;
	explore_leave();
}

/* ---- Sleeping until something has happened: thread 0 sleeps, thread 1 wakes it ---- */

static bool happened;

static void happened_setup(void)
{
	happened = false;
}

static void make_it_happen(void)
{
	WRITE_ONCE(happened, true);
	wake_up_process(explore_task(0));
}

static void sleep_rightly(u32 thread)
{
	if (thread) {
		make_it_happen();
		return;
	}
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (READ_ONCE(happened))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

/* The wake-up comes between the look and the sleep. */
static void sleep_too_late(u32 thread)
{
	if (thread) {
		make_it_happen();
		return;
	}
	if (!READ_ONCE(happened)) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
	}
}

SCENARIO(sleep, 2, .about = "says that it will sleep, then looks", .setup = happened_setup,
	 .run = sleep_rightly, .watch = { WATCH(happened) });
SCENARIO(sleep_lost, 2, .about = "looks, then says that it will sleep", .broken = true,
	 .setup = happened_setup, .run = sleep_too_late, .watch = { WATCH(happened) });

/* ---- A flag on the waiter's stack, touched by who wakes it after the waiter may be gone ---- */

struct waiter {
	bool done;
	int touched;
};

static struct waiter *waiter;

static void waiter_setup(void)
{
	waiter = NULL;
}

static noinline void wait_on_stack(void)
{
	struct waiter mine = { .done = false };

	WRITE_ONCE(waiter, &mine);
	while (!READ_ONCE(mine.done))
		cpu_relax();
	WRITE_ONCE(waiter, NULL);
}

static void touch_when_done(u32 thread)
{
	struct waiter *other;

	if (!thread) {
		wait_on_stack();
		return;
	}
	do
		other = READ_ONCE(waiter);
	while (!other);
	WRITE_ONCE(other->done, true);
	WRITE_ONCE(other->touched, 1);
}

SCENARIO(frame_gone, 2, .about = "touches a waiter that may have returned", .broken = true,
	 .setup = waiter_setup, .run = touch_when_done, .watch = { WATCH(waiter) });

/* ---- The completion ---- */

static struct completion completion;
static int result;

static void completion_setup(void)
{
	init_completion(&completion);
	result = 0;
}

static void completion_run(u32 thread)
{
	if (thread) {
		WRITE_ONCE(result, 1);
		complete(&completion);
	} else {
		wait_for_completion(&completion);
		explore_assert(READ_ONCE(result) == 1);
	}
}

/* One event, which was used up. */
static bool completion_is_used(void)
{
	return !completion.done && list_empty(&completion.wait.head);
}

SCENARIO(completion, 2, .threads_go = true, .about = "wait_for_completion() and complete()",
	 .setup = completion_setup, .run = completion_run, .check = completion_is_used,
	 .watch = { WATCH(completion.done), WATCH(result) });

/* Who gives up must not be found in the queue afterwards; the event then is the next one's. */
static void completion_timed(u32 thread)
{
	if (thread)
		complete(&completion);
	else
		WRITE_ONCE(result, (int)wait_for_completion_timeout(&completion, 1));
}

static bool completion_is_used_or_left(void)
{
	return completion.done == !result && list_empty(&completion.wait.head);
}

SCENARIO(completion_timeout, 2, .threads_go = true,
	 .about = "wait_for_completion_timeout() and complete()", .setup = completion_setup,
	 .run = completion_timed, .check = completion_is_used_or_left,
	 .watch = { WATCH(completion.done), WATCH(result) });

/* ---- The semaphore ---- */

static struct semaphore semaphore;

static void semaphore_setup(void)
{
	sema_init(&semaphore, 1);
	counter = 0;
}

static void semaphore_once(u32 thread)
{
	down(&semaphore);
	count();
	up(&semaphore);
}

SCENARIO(semaphore, 2, .threads_go = true, .about = "down() and up()", .setup = semaphore_setup,
	 .run = semaphore_once, .check = is_2, .watch = { WATCH(semaphore.count), WATCH(counter) });
SCENARIO(semaphore_three, 3, .about = "down() and up(), three threads", .setup = semaphore_setup,
	 .run = semaphore_once, .check = is_3, .watch = { WATCH(semaphore.count), WATCH(counter) });

static void semaphore_timed(u32 thread)
{
	if (thread) {
		semaphore_once(thread);
		return;
	}
	if (down_timeout(&semaphore, 1))
		return; // Nobody gave it back in time: it must not be missing afterwards.
	count();
	up(&semaphore);
}

static bool waiters_are_whole(void)
{
	return raw_spin_is_locked(&semaphore.lock) ||
	       explore_list_is_whole(&semaphore.wait_list, 2);
}

static bool semaphore_is_free(void)
{
	return semaphore.count == 1 && list_empty(&semaphore.wait_list);
}

SCENARIO(semaphore_timeout, 2, .threads_go = true, .about = "down_timeout() and down()",
	 .setup = semaphore_setup, .run = semaphore_timed, .check = semaphore_is_free,
	 .holds = waiters_are_whole, .watch = { WATCH(semaphore.count), WATCH(counter) });

/* ---- The wait queue ---- */

static DECLARE_WAIT_QUEUE_HEAD(queue);

static void queue_setup(void)
{
	init_waitqueue_head(&queue);
	happened = false;
}

static void queue_run(u32 thread)
{
	if (thread) {
		WRITE_ONCE(happened, true);
		wake_up(&queue);
	} else {
		wait_event(queue, READ_ONCE(happened));
		explore_assert(READ_ONCE(current->__state) == TASK_RUNNING);
	}
}

static bool queue_is_whole(void)
{
	return spin_is_locked(&queue.lock) || explore_list_is_whole(&queue.head, 1);
}

static bool queue_is_empty(void)
{
	return list_empty(&queue.head);
}

SCENARIO(wait_event, 2, .threads_go = true, .about = "wait_event() and wake_up()",
	 .setup = queue_setup, .run = queue_run, .check = queue_is_empty, .holds = queue_is_whole,
	 .watch = { WATCH(happened) });

/* ---- The rwsem: thread 0 writes, the others read ---- */

static struct rw_semaphore rwsem;
static int first, second; /* equal, but for a moment in a writer */

static void rwsem_setup(void)
{
	init_rwsem(&rwsem);
	first = second = 0;
}

static void rwsem_run(u32 thread)
{
	if (thread == 0) {
		down_write(&rwsem);
		WRITE_ONCE(first, 1);
		WRITE_ONCE(second, 1);
		up_write(&rwsem);
	} else {
		down_read(&rwsem);
		explore_assert(READ_ONCE(first) == READ_ONCE(second));
		up_read(&rwsem);
	}
}

static bool rwsem_is_free(void)
{
	return !rwsem.count.counter && !rwsem.owner && list_empty(&rwsem.wait_list);
}

SCENARIO(rwsem, 2, .threads_go = true, .about = "down_write() and down_read()",
	 .setup = rwsem_setup, .run = rwsem_run, .check = rwsem_is_free,
	 .watch = { WATCH(first), WATCH(second) });
SCENARIO(rwsem_three, 3, .about = "a writer and two readers", .setup = rwsem_setup,
	 .run = rwsem_run, .check = rwsem_is_free, .watch = { WATCH(first), WATCH(second) });

/* A writer that waits, and one that comes again and again: as if all but one had passed. */
static void rwsem_passed_setup(void)
{
	rwsem_setup();
	rwsem.passed = RWSEM_MAX_PASSES - 1;
}

static void rwsem_pass(u32 thread)
{
	for (u32 i = 0; i < (thread ? 1 : 3); i++) {
		down_write(&rwsem);
		count();
		up_write(&rwsem);
	}
}

static bool few_passed(void)
{
	return rwsem.passed <= RWSEM_MAX_PASSES;
}

SCENARIO(rwsem_handoff, 2, .about = "a rwsem is handed over to a writer that many have passed",
	 .setup = rwsem_passed_setup, .run = rwsem_pass, .check = rwsem_is_free,
	 .holds = few_passed, .watch = { WATCH(rwsem.passed) });

/* ---- The mutex: fast, spinning and sleeping ---- */

static struct mutex mutex;

static void mutex_setup(void)
{
	mutex_init(&mutex);
	counter = 0;
}

static void mutex_once(u32 thread)
{
	mutex_lock(&mutex);
	count();
	mutex_unlock(&mutex);
}

static void mutex_rounds(u32 thread)
{
	mutex_once(thread);
	mutex_once(thread);
}

SCENARIO(mutex, 2, .threads_go = true, .about = "mutex_lock() and mutex_unlock()",
	 .setup = mutex_setup, .run = mutex_once, .check = is_2,
	 .watch = { WATCH(mutex.count), WATCH(counter) });
SCENARIO(mutex_twice, 2, .slow = true, .about = "the same, twice each", .setup = mutex_setup,
	 .run = mutex_rounds, .check = is_4, .watch = { WATCH(mutex.count), WATCH(counter) });
SCENARIO(mutex_three, 3, .slow = true, .about = "the same, three threads", .setup = mutex_setup,
	 .run = mutex_once, .check = is_3, .watch = { WATCH(mutex.count), WATCH(counter) });
