/* rtmutex_test.c: the rt_mutex without a race: its word, its forms, the order of its queue.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/rtmutex_test.h"

#include "kernel/sched/signal.h"
#include "lib/errno.h"

/* ---- What the tests share ------------------------------------------------------------------------- */

int lock_plain(struct rt_mutex *lock)
{
	rt_mutex_lock(lock);
	return 0;
}

int lock_interruptible(struct rt_mutex *lock)
{
	return rt_mutex_lock_interruptible(lock);
}

int lock_killable(struct rt_mutex *lock)
{
	return rt_mutex_lock_killable(lock);
}

static int locker_take(struct locker *locker)
{
	int error = locker->lock(locker->wants);

	EXPECT_EQ(READ_ONCE(current->__state), TASK_RUNNING);
	EXPECT(!READ_ONCE(current->blocked_on) && !current->pi_blocked_on);
	EXPECT_EQ(rt_mutex_owner(locker->wants) == current, !error);
	if (error)
		return error;
	if (locker->served)
		locker->place = ++*locker->served;
	rt_mutex_unlock(locker->wants);
	return 0;
}

static int locker_run(void *arg)
{
	struct locker *locker = arg;
	int result = 0;

	allow_signal(SIGINT);
	allow_signal(SIGKILL);
	sched_set_prio(current, locker->prio);
	if (locker->holds)
		rt_mutex_lock(locker->holds);
	WRITE_ONCE(locker->ready, true);
	EXPECT(WAIT_UNTIL(READ_ONCE(locker->go) || READ_ONCE(locker->leave)));
	if (READ_ONCE(locker->go) && locker->wants)
		result = locker_take(locker);
	locker->prio_then = READ_ONCE(current->prio);
	EXPECT(WAIT_UNTIL(READ_ONCE(locker->leave)));
	if (locker->holds)
		rt_mutex_unlock(locker->holds);
	locker->prio_last = READ_ONCE(current->prio);
	expect_no_loan(current);
	return result;
}

bool locker_start(struct locker *locker)
{
	return actor_start(&locker->actor, locker_run, locker, locker->cpu) &&
	       EXPECT(WAIT_UNTIL(READ_ONCE(locker->ready)));
}

bool locker_waits(struct locker *locker)
{
	WRITE_ONCE(locker->go, true);
	return EXPECT(WAIT_UNTIL(READ_ONCE(locker->actor.task->blocked_on) == locker->wants &&
				 actor_is_asleep(&locker->actor, TASK_NORMAL)));
}

int locker_end(struct locker *locker)
{
	WRITE_ONCE(locker->leave, true);
	return actor_join(&locker->actor);
}

void boost(struct task_struct *task, int prio)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&task->pi_lock, flags);
	sched_set_boost(task, prio);
	raw_spin_unlock_irqrestore(&task->pi_lock, flags);
}

void expect_prios(const struct locker *locker, int prio, int normal)
{
	EXPECT_EQ(READ_ONCE(locker->actor.task->prio), prio);
	EXPECT_EQ(READ_ONCE(locker->actor.task->normal_prio), normal);
}

void expect_rt_mutex_free(struct rt_mutex *lock)
{
	EXPECT_EQ(READ_ONCE(lock->owner), 0);
	EXPECT(list_empty(&lock->waiters));
	EXPECT(!rt_mutex_is_locked(lock));
}

void expect_no_loan(const struct task_struct *task)
{
	EXPECT_EQ(READ_ONCE(task->boost_prio), MAX_PRIO);
	EXPECT_EQ(READ_ONCE(task->prio), READ_ONCE(task->normal_prio));
	EXPECT(list_empty(&task->pi_waiters));
}

/* ---- The word --------------------------------------------------------------------------------------- */

static DEFINE_RT_MUTEX(static_lock);

static void expect_held_alone(struct rt_mutex *lock)
{
	EXPECT_EQ(READ_ONCE(lock->owner), (unsigned long)current);
	EXPECT(rt_mutex_is_locked(lock));
	EXPECT_EQ(rt_mutex_trylock(lock), 0);
	EXPECT_EQ(READ_ONCE(lock->owner), (unsigned long)current);
}

TEST(rt_mutex_word)
{
	int (*const forms[])(struct rt_mutex *) = { lock_plain, lock_interruptible, lock_killable };
	struct rt_mutex lock;

	rt_mutex_init(&lock);
	expect_rt_mutex_free(&lock);
	for (u32 i = 0; i < ARRAY_SIZE(forms); i++) {
		EXPECT_EQ(forms[i](&lock), 0);
		expect_held_alone(&lock);
		EXPECT_CONTEXT(false, 0);
		rt_mutex_unlock(&lock);
		expect_rt_mutex_free(&lock);
	}
	rt_mutex_lock_nested(&lock, SINGLE_DEPTH_NESTING);
	expect_held_alone(&lock);
	rt_mutex_unlock(&lock);
	rt_mutex_lock(&static_lock);
	rt_mutex_lock_nest_lock(&lock, &static_lock);
	expect_held_alone(&lock);
	rt_mutex_unlock(&lock);
	rt_mutex_unlock(&static_lock);
	EXPECT_EQ(rt_mutex_trylock(&lock), 1);
	expect_held_alone(&lock);
	rt_mutex_unlock(&lock);
	expect_rt_mutex_free(&lock);
	rt_mutex_destroy(&lock);

	rt_mutex_lock(&static_lock);
	expect_held_alone(&static_lock);
	rt_mutex_unlock(&static_lock);
	expect_rt_mutex_free(&static_lock);
	task_check_exit(current); // nothing is noted as held
}

/* ---- Forms and signals ------------------------------------------------------------------------------ */

/* What the lock returns when @sig comes while it sleeps; an unlock, when that is 0 or must not end it. */
static int wait_until(int (*form)(struct rt_mutex *lock), int sig, bool ends)
{
	DEFINE_RT_MUTEX(lock);
	struct locker locker = LOCKER(NULL, &lock, FIFO_MID);

	rt_mutex_lock(&lock);
	locker.lock = form;
	if (locker_start(&locker) && locker_waits(&locker)) {
		EXPECT_EQ(READ_ONCE(lock.owner), (unsigned long)current | RT_MUTEX_HAS_WAITERS);
		EXPECT_EQ(current->prio, FIFO_MID);
		if (sig)
			send_sig(sig, locker.actor.task, 0);
		if (ends) {
			EXPECT(WAIT_UNTIL(list_empty(&lock.waiters)));
			EXPECT(WAIT_UNTIL(!READ_ONCE(locker.actor.task->pi_blocked_on)));
			EXPECT_EQ(locker_end(&locker), -EINTR);
			expect_no_loan(current);
			expect_held_alone(&lock);
			rt_mutex_unlock(&lock);
			expect_rt_mutex_free(&lock);
			return -EINTR;
		}
		wake_up_process(locker.actor.task); // by mistake
		EXPECT(locker_waits(&locker));
	}
	rt_mutex_unlock(&lock);
	expect_no_loan(current);
	return locker_end(&locker);
}

TEST(rt_mutex_and_signals)
{
	EXPECT_EQ(wait_until(lock_plain, 0, false), 0);
	EXPECT_EQ(wait_until(lock_plain, SIGKILL, false), 0);
	EXPECT_EQ(wait_until(lock_interruptible, 0, false), 0);
	EXPECT_EQ(wait_until(lock_interruptible, SIGINT, true), -EINTR);
	EXPECT_EQ(wait_until(lock_killable, SIGINT, false), 0);
	EXPECT_EQ(wait_until(lock_killable, SIGKILL, true), -EINTR);
}

/* ---- The order -------------------------------------------------------------------------------------- */

#define WAITERS 6

static bool waiters_start(struct locker *waiters, struct rt_mutex *lock, const int *prios,
			  u32 *served)
{
	bool all = true;

	for (u32 i = 0; i < WAITERS; i++) {
		waiters[i] = (struct locker)LOCKER(NULL, lock, prios[i]);
		waiters[i].served = served;
		all = locker_start(&waiters[i]) && locker_waits(&waiters[i]) && all;
	}
	return all;
}

static void expect_places(struct locker *waiters, const u32 *places)
{
	for (u32 i = 0; i < WAITERS; i++) {
		EXPECT_EQ(locker_end(&waiters[i]), 0);
		EXPECT_EQ(waiters[i].place, places[i]);
	}
}

TEST(rt_mutex_best_first_then_first_come)
{
	static const int prios[WAITERS] = { 70, 50, 120, 50, 70, 120 };
	static const u32 places[WAITERS] = { 3, 1, 5, 2, 4, 6 };
	DEFINE_RT_MUTEX(lock);
	struct locker waiters[WAITERS];
	u32 served = 0;

	rt_mutex_lock(&lock);
	waiters_start(waiters, &lock, prios, &served);
	rt_mutex_unlock(&lock);
	expect_places(waiters, places);
	expect_rt_mutex_free(&lock);
}

/* Who has become better or worse stands where it would stand had it come with that priority. */
TEST(rt_mutex_changed_waiters_move)
{
	static const int prios[WAITERS] = { 70, 60, 60, 60, 70, 80 };
	static const u32 places[WAITERS] = { 2, 5, 1, 3, 6, 4 };
	DEFINE_RT_MUTEX(lock);
	struct locker waiters[WAITERS];
	u32 served = 0;

	rt_mutex_lock(&lock);
	if (waiters_start(waiters, &lock, prios, &served)) {
		sched_set_prio(waiters[0].actor.task, 50);
		sched_set_prio(waiters[0].actor.task, 60);
		sched_set_prio(waiters[1].actor.task, 90);
		sched_set_prio(waiters[2].actor.task, 50);
		sched_set_prio(waiters[4].actor.task, 100);
		sched_set_prio(waiters[5].actor.task, 60);
	}
	rt_mutex_unlock(&lock);
	expect_places(waiters, places);
}

/* ---- Free, and a woken waiter on its way: one CPU, so that it stays on its way ------------------------ */

struct interval {
	struct rt_mutex lock;
	struct locker waiters[2];
	u32 cpu;
	void (*meanwhile)(struct interval *interval);
};

static void interval_run(void *arg)
{
	struct interval *interval = arg;

	rt_mutex_lock(&interval->lock);
	for (u32 i = 0; i < 2; i++)
		if (!locker_start(&interval->waiters[i]) || !locker_waits(&interval->waiters[i]))
			break;
	sched_set_prio(current, FIFO_HIGH);
	rt_mutex_unlock(&interval->lock);
	EXPECT_EQ(READ_ONCE(interval->lock.owner), RT_MUTEX_HAS_WAITERS);
	EXPECT(!rt_mutex_is_locked(&interval->lock));
	interval->meanwhile(interval);
	for (u32 i = 0; i < 2; i++)
		EXPECT_EQ(locker_end(&interval->waiters[i]), 0);
	expect_rt_mutex_free(&interval->lock);
}

static void in_interval(void (*meanwhile)(struct interval *interval))
{
	u32 cpu = test_cpu(num_online_cpus() - 1), served = 0;
	struct interval interval = { .meanwhile = meanwhile };

	rt_mutex_init(&interval.lock);
	for (u32 i = 0; i < 2; i++) {
		interval.waiters[i] =
			(struct locker)LOCKER(NULL, &interval.lock, FIFO_MID + (int)i);
		interval.waiters[i].cpu = cpu;
		interval.waiters[i].served = &served;
	}
	run_at(cpu, FIFO_HIGH, interval_run, &interval);
}

static void better_takes(struct interval *interval)
{
	EXPECT_EQ(rt_mutex_trylock(&interval->lock), 1);
	EXPECT_EQ(READ_ONCE(interval->lock.owner), (unsigned long)current | RT_MUTEX_HAS_WAITERS);
	EXPECT_EQ(current->boost_prio, FIFO_MID);
	rt_mutex_unlock(&interval->lock);
	rt_mutex_lock(&interval->lock);
	EXPECT_EQ(interval->waiters[0].place, 0);
	rt_mutex_unlock(&interval->lock);
}

TEST(rt_mutex_better_one_passes)
{
	in_interval(better_takes);
}

/* What it has borrowed counts, not what is its own. */
static void borrower_takes(struct interval *interval)
{
	boost(current, FIFO_HIGH);
	sched_set_prio(current, FIFO_LOW);
	EXPECT_EQ(rt_mutex_trylock(&interval->lock), 1);
	EXPECT_EQ(interval->waiters[0].place, 0);
	rt_mutex_unlock(&interval->lock);
}

TEST(rt_mutex_borrower_passes)
{
	in_interval(borrower_takes);
}

static void equal_may_not(struct interval *interval)
{
	sched_set_prio(interval->waiters[0].actor.task, FIFO_HIGH);
	EXPECT_EQ(rt_mutex_trylock(&interval->lock), 0);
	EXPECT_EQ(READ_ONCE(interval->lock.owner), RT_MUTEX_HAS_WAITERS);
	rt_mutex_lock(&interval->lock);
	EXPECT_EQ(interval->waiters[0].place, 1);
	EXPECT_EQ(interval->waiters[1].place, 0);
	rt_mutex_unlock(&interval->lock);
}

TEST(rt_mutex_equal_one_does_not_pass)
{
	in_interval(equal_may_not);
}

/* The one that was woken becomes the worse of the two: the other must be called. */
static void first_changes(struct interval *interval)
{
	sched_set_prio(interval->waiters[0].actor.task, FIFO_LOW);
	EXPECT(WAIT_UNTIL(READ_ONCE(interval->waiters[0].place)));
	EXPECT_EQ(interval->waiters[1].place, 1);
	EXPECT_EQ(interval->waiters[0].place, 2);
}

TEST(rt_mutex_new_first_is_called)
{
	in_interval(first_changes);
}
