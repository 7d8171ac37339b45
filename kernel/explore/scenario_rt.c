/* scenario_rt.c: the mutex that lends priority, and the queues of spinners.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/explore.h"
#include "kernel/locking/sleep/rtmutex.h"
#include "kernel/locking/spin/mcs.h"
#include "kernel/locking/spin/osq.h"
#include "kernel/locking/spin/rwlock_reader.h"
#include "kernel/sched/signal.h"
#include "kernel/sched/task.h"

static int counter;

static void count(void)
{
	explore_enter();
	counter++;
	explore_leave();
}

/* ---- The rt_mutex: thread 1 is the more urgent one ---- */

static struct rt_mutex rt_mutex;

static void rt_setup(void)
{
	rt_mutex_init(&rt_mutex);
	counter = 0;
	explore_task(1)->normal_prio = explore_task(1)->prio = DEFAULT_PRIO - 1;
}

static void rt_once(u32 thread)
{
	rt_mutex_lock(&rt_mutex);
	count();
	rt_mutex_unlock(&rt_mutex);
}

/* What was lent, too. */
static bool rt_is_given_back(void)
{
	return !rt_mutex.owner && list_empty(&rt_mutex.waiters) &&
	       explore_task(0)->prio == DEFAULT_PRIO && list_empty(&explore_task(0)->pi_waiters);
}

static bool rt_is_free(void)
{
	return counter == 2 && rt_is_given_back();
}

SCENARIO(rt_mutex, 2, .threads_go = true, .about = "rt_mutex_lock() and rt_mutex_unlock()",
	 .setup = rt_setup, .run = rt_once, .check = rt_is_free,
	 .watch = { WATCH(rt_mutex.owner), WATCH(counter) });

/* ---- Thread 0 has it in the beginning; thread 1 may leave for a signal when it was woken to take it ---- */

static void rt_owned_setup(void)
{
	rt_setup();
	rt_mutex.owner = (unsigned long)explore_task(0);
	explore_task(1)->signals_allowed = 1UL << (SIGINT - 1);
}

static void rt_signal_and_release(u32 thread)
{
	count();
	send_sig(SIGINT, explore_task(1), 0);
	rt_mutex_unlock(&rt_mutex);
}

static void rt_interrupted(u32 thread)
{
	if (rt_mutex_lock_interruptible(&rt_mutex))
		return;
	count();
	rt_mutex_unlock(&rt_mutex);
}

static void rt_try(u32 thread)
{
	if (!rt_mutex_trylock(&rt_mutex))
		return;
	count();
	rt_mutex_unlock(&rt_mutex);
}

SCENARIO(rt_mutex_interruptible, 2, .about = "rt_mutex_lock_interruptible(), and a signal",
	 .setup = rt_owned_setup, .each = { rt_signal_and_release, rt_interrupted },
	 .check = rt_is_given_back, .watch = { WATCH(rt_mutex.owner), WATCH(counter) });
SCENARIO(rt_mutex_two_wait, 3, .slow = true, .about = "and another one who waits",
	 .setup = rt_owned_setup, .each = { rt_signal_and_release, rt_interrupted, rt_once },
	 .check = rt_is_given_back, .watch = { WATCH(rt_mutex.owner), WATCH(counter) });
SCENARIO(rt_mutex_trylock, 3, .slow = true, .about = "rt_mutex_trylock() beside one who waits",
	 .setup = rt_owned_setup, .each = { rt_signal_and_release, rt_once, rt_try },
	 .check = rt_is_given_back, .watch = { WATCH(rt_mutex.owner), WATCH(counter) });

/* ---- Two of them: thread 0 has one in the beginning, thread 1 the other ---- */

static struct rt_mutex second;

static void rt_two_setup(void)
{
	rt_owned_setup();
	rt_mutex_init(&second);
	second.owner = (unsigned long)explore_task(1);
	explore_task(2)->normal_prio = explore_task(2)->prio = DEFAULT_PRIO - 2;
}

static bool is_asleep(u32 thread)
{
	return READ_ONCE(explore_task(thread)->__state) != TASK_RUNNING;
}

/* Thread 1 waits for us, and thread 2, the most urgent one, for that: so it lends to us. */
static void rt_release_first(u32 thread)
{
	if (is_asleep(1) && is_asleep(2))
		explore_assert(READ_ONCE(current->prio) == DEFAULT_PRIO - 2);
	rt_mutex_unlock(&rt_mutex);
}

static void rt_take_first_release_both(u32 thread)
{
	rt_mutex_lock(&rt_mutex);
	rt_mutex_unlock(&rt_mutex);
	rt_mutex_unlock(&second);
}

static void rt_take_second(u32 thread)
{
	rt_mutex_lock(&second);
	rt_mutex_unlock(&second);
}

static bool rt_both_are_free(void)
{
	return !rt_mutex.owner && !second.owner && explore_task(0)->prio == DEFAULT_PRIO &&
	       explore_task(1)->prio == DEFAULT_PRIO - 1;
}

/* Each wants what the other has: at least one is told so. */
static void rt_take_other(u32 thread)
{
	struct rt_mutex *mine = thread ? &second : &rt_mutex, *other = thread ? &rt_mutex : &second;

	if (!rt_mutex_lock_interruptible(other))
		rt_mutex_unlock(other);
	rt_mutex_unlock(mine);
}

SCENARIO(rt_chain, 3, .slow = true, .about = "a waiter of a waiter lends to the first one's owner",
	 .setup = rt_two_setup,
	 .each = { rt_release_first, rt_take_first_release_both, rt_take_second },
	 .check = rt_both_are_free, .watch = { WATCH(rt_mutex.owner), WATCH(second.owner) });
SCENARIO(rt_deadlock, 2, .about = "two that wait for each other", .setup = rt_two_setup,
	 .run = rt_take_other, .check = rt_both_are_free,
	 .watch = { WATCH(rt_mutex.owner), WATCH(second.owner) });

/* ---- The MCS lock: each waits for a word of its own ---- */

static struct mcs_spinlock *mcs;

static void mcs_setup(void)
{
	mcs = NULL;
	counter = 0;
}

static void mcs_once(u32 thread)
{
	struct mcs_spinlock node;

	mcs_spin_lock(&mcs, &node);
	count();
	mcs_spin_unlock(&mcs, &node);
}

static bool mcs_is_free_after_2(void)
{
	return !mcs && counter == 2;
}

static bool mcs_is_free_after_3(void)
{
	return !mcs && counter == 3;
}

SCENARIO(mcs, 2, .about = "mcs_spin_lock()", .setup = mcs_setup, .run = mcs_once,
	 .check = mcs_is_free_after_2, .watch = { WATCH(mcs), WATCH(counter) });
SCENARIO(mcs_three, 3, .about = "mcs_spin_lock(), three threads", .setup = mcs_setup,
	 .run = mcs_once, .check = mcs_is_free_after_3, .watch = { WATCH(mcs), WATCH(counter) });

/* ---- The queue of a mutex's spinners ---- */

static struct osq osq;

static void osq_setup(void)
{
	osq_init(&osq);
	counter = 0;
}

/* Nobody wants their CPUs: nobody leaves. */
static void osq_once(u32 thread)
{
	explore_assert(osq_lock(&osq));
	count();
	osq_unlock(&osq);
}

static bool osq_is_free_after_2(void)
{
	return !osq_is_locked(&osq) && counter == 2;
}

static bool osq_is_free_after_3(void)
{
	return !osq_is_locked(&osq) && counter == 3;
}

SCENARIO(osq, 2, .about = "osq_lock()", .setup = osq_setup, .run = osq_once,
	 .check = osq_is_free_after_2, .watch = { WATCH(osq), WATCH(counter) });
SCENARIO(osq_three, 3, .about = "osq_lock(), three threads", .setup = osq_setup, .run = osq_once,
	 .check = osq_is_free_after_3, .watch = { WATCH(osq), WATCH(counter) });

/* Thread 1, which somebody may wait behind, leaves when its CPU is wanted: at any time, or never. */
static u8 left;

static void osq_leave_setup(void)
{
	osq_setup();
	left = 0;
}

static void osq_leave(u32 thread)
{
	if (osq_lock(&osq)) {
		count();
		osq_unlock(&osq);
	} else {
		explore_assert(thread == 1);
		WRITE_ONCE(left, 1);
	}
}

static void want_cpu(u32 thread)
{
	WRITE_ONCE(this_cpu()->need_resched, 1);
}

static bool osq_is_free_after_2_or_left(void)
{
	return !osq_is_locked(&osq) && counter + left == 2;
}

static bool osq_is_free_after_3_or_left(void)
{
	return !osq_is_locked(&osq) && counter + left == 3;
}

SCENARIO(osq_leave, 2, .about = "osq_lock(), and one who leaves", .setup = osq_leave_setup,
	 .run = osq_leave, .interrupt = want_cpu, .interrupted = 2,
	 .check = osq_is_free_after_2_or_left,
	 .watch = { WATCH(osq), WATCH(counter), WATCH(left) });
SCENARIO(osq_leave_three, 3, .about = "osq_lock(), and one of three who leaves",
	 .setup = osq_leave_setup, .run = osq_leave, .interrupt = want_cpu, .interrupted = 2,
	 .check = osq_is_free_after_3_or_left,
	 .watch = { WATCH(osq), WATCH(counter), WATCH(left) });

/* ---- The rwlock that prefers readers: thread 0 writes, the others read ---- */

static struct rwlock_reader rwlock;
static int first, last; /* equal, but for a moment in a writer */

static void rwlock_setup(void)
{
	rwlock = (struct rwlock_reader){ 0 };
	first = last = 0;
}

static void rwlock_run(u32 thread)
{
	if (thread == 0) {
		rwlock_reader_write_lock(&rwlock);
		WRITE_ONCE(first, 1);
		WRITE_ONCE(last, 1);
		rwlock_reader_write_unlock(&rwlock);
	} else {
		rwlock_reader_read_lock(&rwlock);
		explore_assert(READ_ONCE(first) == READ_ONCE(last));
		rwlock_reader_read_unlock(&rwlock);
	}
}

SCENARIO(rwlock_reader, 2, .about = "reader-preferring: a writer and a reader",
	 .setup = rwlock_setup, .run = rwlock_run, .watch = { WATCH(first), WATCH(last) });
SCENARIO(rwlock_reader_three, 3, .about = "reader-preferring: a writer and two readers",
	 .setup = rwlock_setup, .run = rwlock_run, .watch = { WATCH(first), WATCH(last) });
