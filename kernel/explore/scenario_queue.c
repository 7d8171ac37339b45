/* scenario_queue.c: more than one waits: who is woken, who takes what there is, and who leaves for a signal.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/explore.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/semaphore.h"
#include "kernel/locking/sleep/swait.h"
#include "kernel/locking/sleep/wait_bit.h"
#include "kernel/sched/signal.h"

static DECLARE_WAIT_QUEUE_HEAD(queue);
static atomic_t units; /* each is for one waiter */
static bool happened;
static long left;

static void queue_setup(void)
{
	init_waitqueue_head(&queue);
	atomic_set(&units, 0);
	happened = false;
	left = 0;
	explore_task(0)->signals_allowed = 1UL << (SIGINT - 1);
}

static bool take(void)
{
	return atomic_dec_if_positive(&units) >= 0;
}

static void give(void)
{
	atomic_inc(&units);
	wake_up(&queue);
}

static bool all_is_used(void)
{
	return !atomic_read(&units) && list_empty(&queue.head);
}

/* ---- Two exclusive waiters, and a unit for each ---- */

/* A wake-up may have chosen who had taken a unit already, and was not out of the queue yet: he passes it on. */
static void wait_exclusively(u32 thread)
{
	wait_event_idle_exclusive(queue, take());
	if (atomic_read(&units))
		wake_up(&queue);
}

static void give_two(u32 thread)
{
	give();
	give();
}

SCENARIO(wait_exclusive, 3, .slow = true, .about = "two exclusive waiters, two wake-ups",
	 .setup = queue_setup, .each = { wait_exclusively, wait_exclusively, give_two },
	 .check = all_is_used, .watch = { WATCH(units) });

/* ---- One unit, which each gives back: who leaves for a signal leaves the wake-up to the other ---- */

static void wait_interruptibly(u32 thread)
{
	if (!wait_event_interruptible_exclusive(queue, take()))
		give();
}

static void wait_and_give_back(u32 thread)
{
	wait_event_idle_exclusive(queue, take());
	give();
}

static bool one_is_left(void)
{
	return atomic_read(&units) == 1 && list_empty(&queue.head);
}

static void signal_and_give(u32 thread)
{
	send_sig(SIGINT, explore_task(0), 0);
	give();
}

SCENARIO(wait_exclusive_signal, 3, .slow = true,
	 .about = "two exclusive waiters, one of which a signal ends", .setup = queue_setup,
	 .each = { wait_interruptibly, wait_and_give_back, signal_and_give }, .check = one_is_left,
	 .watch = { WATCH(units) });

/* ---- One wake-up is for all that are not exclusive, wherever they stand ---- */

static void wait_plainly(u32 thread)
{
	wait_event(queue, READ_ONCE(happened));
}

static void happen_and_give(u32 thread)
{
	WRITE_ONCE(happened, true);
	give();
}

SCENARIO(wait_both, 3, .slow = true, .about = "an exclusive waiter and another, one wake-up",
	 .setup = queue_setup, .each = { wait_exclusively, wait_plainly, happen_and_give },
	 .check = all_is_used, .watch = { WATCH(units), WATCH(happened) });

/* ---- Whose time is over has either not taken the unit, or says that it has ---- */

static void wait_for_a_time(u32 thread)
{
	if (thread == 0)
		left = wait_event_timeout(queue, take(), 1);
	else
		give();
}

static bool used_or_left(void)
{
	return atomic_read(&units) == !left && list_empty(&queue.head);
}

SCENARIO(wait_timeout, 2, .about = "wait_event_timeout() and wake_up()", .setup = queue_setup,
	 .run = wait_for_a_time, .check = used_or_left, .watch = { WATCH(units), WATCH(left) });

/* ---- The completion: an event for each, or for all ---- */

static struct completion completion;

static void completion_setup(void)
{
	init_completion(&completion);
}

static void wait_for_event(u32 thread)
{
	wait_for_completion(&completion);
}

static void try_for_event(u32 thread)
{
	if (!try_wait_for_completion(&completion))
		wait_for_completion(&completion);
}

static void complete_twice(u32 thread)
{
	complete(&completion);
	complete(&completion);
}

/* One more changes nothing. */
static void complete_for_all(u32 thread)
{
	complete_all(&completion);
	complete(&completion);
}

static bool events_are_used(void)
{
	return !completion.done && list_empty(&completion.wait.head);
}

static bool event_is_for_all(void)
{
	return completion.done == COMPLETION_ALL && list_empty(&completion.wait.head);
}

SCENARIO(completion_two, 3, .slow = true, .about = "two that wait, and two events",
	 .setup = completion_setup, .each = { wait_for_event, try_for_event, complete_twice },
	 .check = events_are_used, .watch = { WATCH(completion.done) });
SCENARIO(completion_all, 3, .slow = true, .about = "two that wait, and complete_all()",
	 .setup = completion_setup, .each = { wait_for_event, try_for_event, complete_for_all },
	 .check = event_is_for_all, .watch = { WATCH(completion.done) });

/* ---- First come, first served: thread 1 sleeps before thread 2 comes, and both before thread 0 gives anything ---- */

static struct semaphore semaphore;
static bool served[3];

static void order_setup(void)
{
	sema_init(&semaphore, 0);
	init_completion(&completion);
	served[1] = served[2] = false;
}

static void wait_until_asleep(u32 thread)
{
	while (READ_ONCE(explore_task(thread)->__state) == TASK_RUNNING)
		cpu_relax();
}

static void down_in_turn(u32 thread)
{
	if (thread == 2)
		wait_until_asleep(1);
	down(&semaphore);
	WRITE_ONCE(served[thread], true);
}

static void wait_in_turn(u32 thread)
{
	if (thread == 2)
		wait_until_asleep(1);
	wait_for_completion(&completion);
	WRITE_ONCE(served[thread], true);
}

static void look_who_is_served(void)
{
	while (!READ_ONCE(served[1]) && !READ_ONCE(served[2]))
		cpu_relax();
	explore_assert(READ_ONCE(served[1]));
}

static void up_twice(u32 thread)
{
	wait_until_asleep(2);
	up(&semaphore);
	look_who_is_served();
	up(&semaphore);
}

static void complete_in_turn(u32 thread)
{
	wait_until_asleep(2);
	complete(&completion);
	look_who_is_served();
	complete(&completion);
}

SCENARIO(semaphore_order, 3, .about = "up() serves who came first", .setup = order_setup,
	 .each = { up_twice, down_in_turn, down_in_turn },
	 .watch = { WATCH(semaphore.count), WATCH(served) });
SCENARIO(completion_order, 3, .about = "complete() serves who came first", .setup = order_setup,
	 .each = { complete_in_turn, wait_in_turn, wait_in_turn },
	 .watch = { WATCH(completion.done), WATCH(served) });

/* ---- The simple wait queue, and waiting for a variable ---- */

static struct swait_queue_head simple;

static void simple_setup(void)
{
	init_swait_queue_head(&simple);
	queue_setup();
}

static void simple_run(u32 thread)
{
	if (thread == 0) {
		swait_event_exclusive(simple, READ_ONCE(happened));
		return;
	}
	WRITE_ONCE(happened, true);
	if (swq_has_sleeper(&simple))
		swake_up_one(&simple);
}

static void simple_run_too(u32 thread)
{
	simple_run(0);
}

static void simple_interrupted(u32 thread)
{
	if (!swait_event_interruptible_exclusive(simple, READ_ONCE(happened)))
		swake_up_one(&simple);
}

static void simple_waits(u32 thread)
{
	swait_event_exclusive(simple, READ_ONCE(happened));
	swake_up_one(&simple);
}

static void simple_signal_and_wake(u32 thread)
{
	send_sig(SIGINT, explore_task(0), 0);
	WRITE_ONCE(happened, true);
	swake_up_one(&simple);
}

static void simple_wake_all(u32 thread)
{
	WRITE_ONCE(happened, true);
	swake_up_all(&simple);
}

static bool simple_is_empty(void)
{
	return list_empty(&simple.task_list);
}

static void variable_run(u32 thread)
{
	if (thread == 0) {
		wait_var_event(&happened, READ_ONCE(happened));
		return;
	}
	WRITE_ONCE(happened, true);
	smp_mb();
	wake_up_var(&happened);
}

SCENARIO(swait, 2, .threads_go = true,
	 .about = "swait_event_exclusive() and a waker that looks first", .setup = simple_setup,
	 .run = simple_run, .check = simple_is_empty, .watch = { WATCH(happened) });
SCENARIO(swait_signal, 3, .slow = true, .about = "two that wait, one of which a signal ends",
	 .setup = simple_setup,
	 .each = { simple_interrupted, simple_waits, simple_signal_and_wake },
	 .check = simple_is_empty, .watch = { WATCH(happened) });
SCENARIO(swait_all, 3, .slow = true, .about = "two that wait, and swake_up_all()",
	 .setup = simple_setup, .each = { simple_run, simple_wake_all, simple_run_too },
	 .check = simple_is_empty, .watch = { WATCH(happened) });
SCENARIO(wait_var, 2, .about = "wait_var_event() and wake_up_var()", .setup = queue_setup,
	 .run = variable_run, .watch = { WATCH(happened) });
