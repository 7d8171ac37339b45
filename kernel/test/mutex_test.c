/* mutex_test.c: the mutex without a race: its words, its forms, its queue.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/mutex.h"

#include "kernel/sched/signal.h"
#include "kernel/test/sched_test.h"
#include "lib/errno.h"

static DEFINE_MUTEX(static_mutex);

static void expect_free(struct mutex *mutex)
{
	EXPECT_EQ(atomic_read(&mutex->count), 1);
	EXPECT_EQ(READ_ONCE(mutex->released), 0);
	EXPECT(!READ_ONCE(mutex->owner));
	EXPECT(list_empty(&mutex->wait_list));
	EXPECT(!osq_is_locked(&mutex->osq));
	EXPECT(!mutex_is_locked(mutex));
}

static void expect_held_alone(struct mutex *mutex)
{
	EXPECT_EQ(atomic_read(&mutex->count), 0);
	EXPECT(READ_ONCE(mutex->owner) == current);
	EXPECT(mutex_is_locked(mutex));
	EXPECT_EQ(mutex_trylock(mutex), 0);
	EXPECT_EQ(atomic_read(&mutex->count), 0);
}

TEST(mutex_word)
{
	struct mutex mutex;

	mutex_init(&mutex);
	expect_free(&mutex);
	mutex_lock(&mutex);
	expect_held_alone(&mutex);
	EXPECT_CONTEXT(false, 0);
	mutex_unlock(&mutex);
	expect_free(&mutex);
	EXPECT_EQ(mutex_lock_interruptible(&mutex), 0);
	expect_held_alone(&mutex);
	mutex_unlock(&mutex);
	EXPECT_EQ(mutex_lock_killable(&mutex), 0);
	expect_held_alone(&mutex);
	mutex_unlock(&mutex);
	EXPECT_EQ(mutex_trylock(&mutex), 1);
	expect_held_alone(&mutex);
	mutex_unlock(&mutex);
	expect_free(&mutex);
	mutex_lock_nested(&mutex, 1);
	expect_held_alone(&mutex);
	mutex_unlock(&mutex);
	EXPECT_EQ(mutex_lock_interruptible_nested(&mutex, 1), 0);
	expect_held_alone(&mutex);
	mutex_unlock(&mutex);
	EXPECT_EQ(mutex_lock_killable_nested(&mutex, 1), 0);
	expect_held_alone(&mutex);
	mutex_unlock(&mutex);
	mutex_lock_io(&mutex);
	expect_held_alone(&mutex);
	mutex_unlock(&mutex);
	mutex_destroy(&mutex);

	mutex_lock(&static_mutex);
	expect_held_alone(&static_mutex);
	mutex_unlock(&static_mutex);
	expect_free(&static_mutex);
}

TEST(mutex_counts_its_ways)
{
	DEFINE_MUTEX(mutex);

	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not count");
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	EXPECT_EQ(mutex_trylock(&mutex), 1);
	mutex_unlock(&mutex);
	EXPECT_EQ(mutex_get_stats(&mutex).fast, 2);
	EXPECT_EQ(mutex_get_stats(&mutex).spun, 0);
	EXPECT_EQ(mutex_get_stats(&mutex).slept, 0);
	EXPECT_EQ(mutex_get_stats(&mutex).handed, 0);
	EXPECT_EQ(mutex_get_stats(&mutex).most_passed, 0);
}

/* A thread that wants the mutex in one of the forms, holds it for a moment, and gives it back. */
struct waiter {
	struct mutex *mutex;
	int (*lock)(struct mutex *mutex);
	struct actor actor;
	unsigned int *served; /* under the mutex */
	unsigned int place;
};

static int lock_plain(struct mutex *mutex)
{
	mutex_lock(mutex);
	return 0;
}

static int lock_interruptible(struct mutex *mutex)
{
	return mutex_lock_interruptible(mutex);
}

static int lock_killable(struct mutex *mutex)
{
	return mutex_lock_killable(mutex);
}

static int lock_in_form(void *arg)
{
	struct waiter *waiter = arg;
	int error;

	allow_signal(SIGINT);
	allow_signal(SIGKILL);
	error = waiter->lock(waiter->mutex);
	EXPECT_EQ(READ_ONCE(current->__state), TASK_RUNNING);
	EXPECT(!READ_ONCE(current->blocked_on));
	if (error) {
		EXPECT(READ_ONCE(waiter->mutex->owner) != current);
		return error;
	}
	EXPECT(READ_ONCE(waiter->mutex->owner) == current);
	if (waiter->served)
		waiter->place = ++*waiter->served;
	mutex_unlock(waiter->mutex);
	return 0;
}

/* Start it on @cpu and wait until it sleeps for the mutex, which the caller holds. */
static bool waiter_start_on(struct waiter *waiter, u32 cpu)
{
	if (!actor_start(&waiter->actor, lock_in_form, waiter, cpu) ||
	    !actor_sleeps(&waiter->actor))
		return false;
	EXPECT(atomic_read(&waiter->mutex->count) < 0);
	EXPECT(mutex_is_locked(waiter->mutex));
	return EXPECT(READ_ONCE(waiter->actor.task->blocked_on) == waiter->mutex);
}

static bool waiter_start(struct waiter *waiter)
{
	return waiter_start_on(waiter, ANY_CPU);
}

/* What the lock returns when signal @sig, or if that is 0 an unlock, comes while it sleeps. */
static int wait_until(int (*lock)(struct mutex *mutex), int sig)
{
	DEFINE_MUTEX(mutex);
	struct waiter waiter = { .mutex = &mutex, .lock = lock };
	int result = 0;

	mutex_lock(&mutex);
	waiter_start(&waiter);
	if (sig && waiter.actor.task) {
		send_sig(sig, waiter.actor.task, 0);
		result = actor_join(&waiter.actor);
		expect_held_alone(&mutex);
		mutex_unlock(&mutex);
	} else {
		mutex_unlock(&mutex);
		result = actor_join(&waiter.actor);
	}
	expect_free(&mutex);
	return result;
}

/* The same when @sig, and a wake-up by mistake, must not end it, and an unlock does. */
static int wait_in_spite_of(int (*lock)(struct mutex *mutex), int sig)
{
	DEFINE_MUTEX(mutex);
	struct waiter waiter = { .mutex = &mutex, .lock = lock };

	mutex_lock(&mutex);
	if (waiter_start(&waiter)) {
		send_sig(sig, waiter.actor.task, 0);
		wake_up_process(waiter.actor.task);
		actor_sleeps(&waiter.actor);
		EXPECT(!READ_ONCE(waiter.actor.ended));
	}
	mutex_unlock(&mutex);
	return actor_join(&waiter.actor);
}

TEST(mutex_is_released_later)
{
	EXPECT_EQ(wait_until(lock_plain, 0), 0);
	EXPECT_EQ(wait_until(lock_interruptible, 0), 0);
	EXPECT_EQ(wait_until(lock_killable, 0), 0);
}

TEST(mutex_and_signals)
{
	EXPECT_EQ(wait_until(lock_interruptible, SIGINT), -EINTR);
	EXPECT_EQ(wait_until(lock_interruptible, SIGKILL), -EINTR);
	EXPECT_EQ(wait_until(lock_killable, SIGKILL), -EINTR);
	EXPECT_EQ(wait_in_spite_of(lock_killable, SIGINT), 0);
	EXPECT_EQ(wait_in_spite_of(lock_plain, SIGKILL), 0);
}

static void signal_then_unlock(void *arg)
{
	DEFINE_MUTEX(mutex);
	struct waiter waiters[2];
	bool all = true;

	mutex_lock(&mutex);
	for (u32 i = 0; i < 2; i++) {
		waiters[i] = (struct waiter){ .mutex = &mutex, .lock = lock_interruptible };
		all = all && waiter_start_on(&waiters[i], *(u32 *)arg);
	}
	if (all)
		send_sig(SIGINT, waiters[0].actor.task, 0);
	mutex_unlock(&mutex);
	EXPECT_EQ(actor_join(&waiters[0].actor), 0);
	EXPECT_EQ(actor_join(&waiters[1].actor), 0);
	expect_free(&mutex);
}

/* On one CPU: a signal wakes the first waiter, and before that has run the mutex becomes free. The unlock has
 * nobody left to wake, so the first may not leave without the mutex. */
TEST(mutex_signalled_first_takes_it)
{
	u32 cpu = test_cpu(num_online_cpus() - 1);

	run_at(cpu, FIFO_HIGH, signal_then_unlock, &cpu);
}

#define WAITERS 5

/* Hold @mutex and have threads queue for it. */
static bool waiters_start(struct waiter *waiters, struct mutex *mutex, unsigned int *served)
{
	bool all = true;

	mutex_lock(mutex);
	for (unsigned int i = 0; i < WAITERS; i++) {
		waiters[i] = (struct waiter){ .mutex = mutex,
					      .lock = lock_interruptible,
					      .served = served };
		all = all && waiter_start(&waiters[i]);
	}
	return all;
}

TEST(mutex_serves_sleepers_in_order)
{
	DEFINE_MUTEX(mutex);
	struct waiter waiters[WAITERS];
	unsigned int served = 0;

	waiters_start(waiters, &mutex, &served);
	EXPECT_EQ(served, 0);
	mutex_unlock(&mutex);
	for (unsigned int i = 0; i < WAITERS; i++) {
		EXPECT_EQ(actor_join(&waiters[i].actor), 0);
		EXPECT_EQ(waiters[i].place, i + 1);
	}
	expect_free(&mutex);
}

/* Who leaves the queue, at its head, in the middle or at its tail, takes nothing along. */
TEST(mutex_queue_may_be_left)
{
	static const unsigned int leave[] = { 0, 2, 4 };
	DEFINE_MUTEX(mutex);
	struct waiter waiters[WAITERS];
	unsigned int served = 0;
	bool all = waiters_start(waiters, &mutex, &served);

	for (unsigned int i = 0; all && i < ARRAY_SIZE(leave); i++) {
		send_sig(SIGINT, waiters[leave[i]].actor.task, 0);
		EXPECT_EQ(actor_join(&waiters[leave[i]].actor), -EINTR);
		EXPECT_EQ(served, 0);
	}
	mutex_unlock(&mutex);
	for (unsigned int i = 0; i < WAITERS; i++)
		if (i % 2 || !all)
			actor_join(&waiters[i].actor);
	EXPECT(!all || (waiters[1].place == 1 && waiters[3].place == 2));
	expect_free(&mutex);
}
