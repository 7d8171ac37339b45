/* scenario_thread.c: threads that are told to stop, and threads that wait for each other's turn.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/explore.h"
#include "kernel/kthread.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/wait.h"
#include "kernel/sched/runqueue.h"
#include "kernel/sched/sched.h"

/* ---- kthread_stop(): thread 1 stops thread 0, which sleeps ---- */

#define RESULT 7

static int never_runs(void *unused)
{
	return 0;
}

/* Thread 0 is a kthread by what it borrows from one that never runs. What is written there is undone each time. */
static void kthread_setup(void)
{
	static struct task_struct *lender;

	if (!lender)
		lender = kthread_create(never_runs, NULL, "lender");
	if (!IS_ERR(lender))
		explore_task(0)->kthread = lender->kthread;
}

static void stop(void)
{
	explore_assert(kthread_stop(explore_task(0)) == RESULT);
}

static void stopped_while_asleep(u32 thread)
{
	if (thread) {
		stop();
		return;
	}
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	kthread_exit(RESULT);
}

/* The textbook's mistake: it looks, and then says that it will sleep. */
static void stopped_too_early(u32 thread)
{
	if (thread) {
		stop();
		return;
	}
	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		schedule();
	}
	kthread_exit(RESULT);
}

SCENARIO(kthread_stop, 2, .about = "kthread_stop() of a thread that sleeps", .setup = kthread_setup,
	 .run = stopped_while_asleep);
SCENARIO(kthread_stop_lost, 2, .about = "a thread that looks before it says that it sleeps",
	 .broken = true, .setup = kthread_setup, .run = stopped_too_early);

/* ---- kthread_park(): thread 1 parks thread 0, does its work, and lets it go on ---- */

static int work;
static bool enough;

static void park_setup(void)
{
	u32 cpu = explore_task(0)->cpu;

	kthread_setup();
	cpu_rq(cpu)->cpu = cpu; // wait_task_inactive() locks the queue that the task was in.
	work = 0;
	enough = false;
}

static void do_work(int done)
{
	explore_enter();
	WRITE_ONCE(work, done);
	explore_leave();
}

static void park_and_unpark(void)
{
	explore_assert(!kthread_park(explore_task(0)));
	explore_assert(!READ_ONCE(explore_task(0)->on_cpu));
	do_work(2);
	WRITE_ONCE(enough, true);
	kthread_unpark(explore_task(0));
}

static void work_and_park(u32 thread)
{
	if (thread) {
		park_and_unpark();
		return;
	}
	for (;;) {
		do_work(1);
		set_current_state(TASK_INTERRUPTIBLE);
		if (READ_ONCE(enough))
			break;
		if (kthread_should_park())
			kthread_parkme();
		else
			schedule();
	}
	__set_current_state(TASK_RUNNING);
	kthread_exit(RESULT);
}

SCENARIO(kthread_park, 2, .about = "kthread_park() and kthread_unpark()", .setup = park_setup,
	 .run = work_and_park, .watch = { WATCH(work) });

/* Who is parked, and told to stop, does so without being told to go on. */
static void park_and_stop(u32 thread)
{
	explore_assert(!kthread_park(explore_task(0)));
	stop();
}

static void park_until_stopped(u32 thread)
{
	while (!kthread_should_stop()) {
		if (kthread_should_park())
			kthread_parkme();
		else
			cpu_relax();
	}
	kthread_exit(RESULT);
}

/* And who ends instead of parking says so to him who waits for it. */
static void park(u32 thread)
{
	explore_assert(kthread_park(explore_task(0)));
}

static void end_when_asked_to_park(u32 thread)
{
	while (!kthread_should_park())
		cpu_relax();
	kthread_exit(RESULT);
}

/* Who is told to go on before it sleeps does not sleep. */
static void park_oneself(u32 thread)
{
	explore_assert(!kthread_park(current));
	WRITE_ONCE(enough, true);
	kthread_parkme();
	kthread_exit(RESULT);
}

static void unpark(u32 thread)
{
	while (!READ_ONCE(enough))
		cpu_relax();
	kthread_unpark(explore_task(0));
}

/* Who waits for it to be parked is told when another one takes the request back: it never parks. */
static bool is_asked;

static void parker_setup(void)
{
	park_setup();
	is_asked = false;
}

static void end_when_not_asked(u32 thread)
{
	while (!kthread_should_park())
		cpu_relax();
	WRITE_ONCE(is_asked, true);
	while (!READ_ONCE(enough))
		cpu_relax();
	kthread_exit(RESULT);
}

static void park_in_vain(u32 thread)
{
	explore_assert(!kthread_park(explore_task(0)));
	WRITE_ONCE(enough, true);
}

static void unpark_when_asked(u32 thread)
{
	while (!READ_ONCE(is_asked))
		cpu_relax();
	kthread_unpark(explore_task(0));
}

SCENARIO(kthread_park_undone, 3, .slow = true,
	 .about = "kthread_park() and another's kthread_unpark()", .setup = parker_setup,
	 .each = { end_when_not_asked, park_in_vain, unpark_when_asked });
SCENARIO(kthread_unpark, 2, .about = "kthread_parkme() and kthread_unpark()", .setup = park_setup,
	 .each = { park_oneself, unpark });
SCENARIO(kthread_park_stop, 2, .about = "kthread_park() and kthread_stop()", .setup = park_setup,
	 .each = { park_until_stopped, park_and_stop });
SCENARIO(kthread_park_end, 2, .about = "kthread_park() of a thread that ends", .setup = park_setup,
	 .each = { end_when_asked_to_park, park });

/* ---- Two that take turns, each with wait_event() ---- */

static DECLARE_WAIT_QUEUE_HEAD(queue);
static u32 turn;

static void turn_setup(void)
{
	init_waitqueue_head(&queue);
	turn = 0;
}

static void take_turns(u32 thread)
{
	wait_event(queue, READ_ONCE(turn) == thread);
	WRITE_ONCE(turn, thread + 1);
	wake_up(&queue);
	if (thread == 0)
		wait_event(queue, READ_ONCE(turn) == 2);
}

/* Who is woken looks before it is its turn. */
static void wake_too_early(u32 thread)
{
	wait_event(queue, READ_ONCE(turn) == thread);
	wake_up(&queue);
	WRITE_ONCE(turn, thread + 1);
	if (thread == 0)
		wait_event(queue, READ_ONCE(turn) == 2);
}

static bool nobody_waits(void)
{
	return turn == 2 && list_empty(&queue.head);
}

SCENARIO(turns, 2, .about = "wait_event() in turns", .setup = turn_setup, .run = take_turns,
	 .check = nobody_waits, .watch = { WATCH(turn) });
SCENARIO(turns_told_early, 2, .about = "wakes before there is something to see", .broken = true,
	 .setup = turn_setup, .run = wake_too_early, .check = nobody_waits,
	 .watch = { WATCH(turn) });

/* ---- A condition variable: thread 0 waits for a flag under a mutex, and gives the mutex up meanwhile ---- */

static struct mutex mutex;
static bool flag;

static void condition_setup(void)
{
	init_waitqueue_head(&queue);
	mutex_init(&mutex);
	flag = false;
}

static void signal_condition(void)
{
	mutex_lock(&mutex);
	flag = true;
	wake_up(&queue);
	mutex_unlock(&mutex);
}

/* In the queue before the mutex is free: who signals must take that. */
static void wait_rightly(u32 thread)
{
	DEFINE_WAIT(wait);

	if (thread) {
		signal_condition();
		return;
	}
	mutex_lock(&mutex);
	while (!flag) {
		prepare_to_wait(&queue, &wait, TASK_UNINTERRUPTIBLE);
		mutex_unlock(&mutex);
		schedule();
		finish_wait(&queue, &wait);
		mutex_lock(&mutex);
	}
	mutex_unlock(&mutex);
}

/* The signal comes between the two. */
static void wait_after_unlock(u32 thread)
{
	DEFINE_WAIT(wait);

	if (thread) {
		signal_condition();
		return;
	}
	mutex_lock(&mutex);
	while (!flag) {
		mutex_unlock(&mutex);
		prepare_to_wait(&queue, &wait, TASK_UNINTERRUPTIBLE);
		schedule();
		finish_wait(&queue, &wait);
		mutex_lock(&mutex);
	}
	mutex_unlock(&mutex);
}

SCENARIO(condition, 2, .about = "a condition variable", .setup = condition_setup,
	 .run = wait_rightly, .watch = { WATCH(flag), WATCH(mutex.count) });
SCENARIO(condition_lost, 2, .about = "whose waiter gives the mutex up before it is in the queue",
	 .broken = true, .setup = condition_setup, .run = wait_after_unlock,
	 .watch = { WATCH(flag), WATCH(mutex.count) });
