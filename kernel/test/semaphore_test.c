/* semaphore_test.c: semaphores: counting, every form of waiting, and the order of service.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/semaphore.h"

#include "kernel/sched/signal.h"
#include "kernel/test/lock_test.h"
#include "lib/errno.h"

#define LONG_TIME (1000 * HZ)

static DEFINE_SEMAPHORE(static_semaphore);

TEST(sem_counts)
{
	struct semaphore sem = __SEMAPHORE_INITIALIZER(sem, 3);

	EXPECT_EQ(static_semaphore.count, 1);
	down(&static_semaphore);
	EXPECT_EQ(down_trylock(&static_semaphore), 1);
	up(&static_semaphore);
	EXPECT_EQ(static_semaphore.count, 1);

	EXPECT_EQ(down_trylock(&sem), 0);
	EXPECT_EQ(sem.count, 2);
	down(&sem);
	EXPECT_EQ(down_interruptible(&sem), 0);
	EXPECT_EQ(sem.count, 0);
	EXPECT_EQ(down_trylock(&sem), 1);
	EXPECT_EQ(sem.count, 0);
	up(&sem);
	EXPECT_EQ(down_killable(&sem), 0);
	up(&sem);
	EXPECT_EQ(down_timeout(&sem, 0), 0);
	EXPECT_EQ(sem.count, 0);
	up(&sem);
	up(&sem);
	EXPECT_EQ(sem.count, 2);
	sema_init(&sem, 7);
	EXPECT_EQ(sem.count, 7);
	EXPECT(list_empty(&sem.wait_list));
}

TEST(sem_times_out)
{
	struct semaphore sem = __SEMAPHORE_INITIALIZER(sem, 0);

	for (long timeout = -1; timeout < 3; timeout++)
		EXPECT_EQ(down_timeout(&sem, timeout), -ETIME);
	EXPECT_EQ(READ_ONCE(current->__state), TASK_RUNNING);
	EXPECT(list_empty(&sem.wait_list));
	up(&sem);
	EXPECT_EQ(sem.count, 1);
}

/* A thread that waits for a unit in one of the forms. */
struct waiter {
	struct semaphore *sem;
	int (*down)(struct semaphore *sem);
	struct actor actor;
	unsigned int *served; /* how many have been, up to now; they come singly */
	unsigned int place;   /* which of them it was */
};

static int down_plain(struct semaphore *sem)
{
	down(sem);
	return 0;
}

static int down_long_timeout(struct semaphore *sem)
{
	return down_timeout(sem, LONG_TIME);
}

static int wait_in_form(void *arg)
{
	struct waiter *waiter = arg;
	int result;

	allow_signal(SIGINT);
	allow_signal(SIGKILL);
	result = waiter->down(waiter->sem);
	EXPECT_EQ(READ_ONCE(current->__state), TASK_RUNNING);
	EXPECT(!READ_ONCE(current->blocked_on));
	if (waiter->served) {
		waiter->place = *waiter->served + 1;
		WRITE_ONCE(*waiter->served, waiter->place);
	}
	return result;
}

static bool waiter_start(struct waiter *waiter)
{
	if (!actor_start(&waiter->actor, wait_in_form, waiter, ANY_CPU) ||
	    !actor_sleeps(&waiter->actor))
		return false;
	return EXPECT(READ_ONCE(waiter->actor.task->blocked_on) == waiter->sem);
}

/* What the wait returns when signal @sig, or if that is 0 a unit, comes while it sleeps. */
static int wait_until(int (*down_form)(struct semaphore *sem), int sig)
{
	struct semaphore sem = __SEMAPHORE_INITIALIZER(sem, 0);
	struct waiter waiter = { .sem = &sem, .down = down_form };
	int result;

	waiter_start(&waiter);
	if (sig && waiter.actor.task)
		send_sig(sig, waiter.actor.task, 0);
	else
		up(&sem);
	result = actor_join(&waiter.actor);
	EXPECT_EQ(sem.count, 0);
	EXPECT(list_empty(&sem.wait_list));
	return result;
}

/* The same when @sig must not end it, and a unit does. */
static int wait_in_spite_of(int (*down_form)(struct semaphore *sem), int sig)
{
	struct semaphore sem = __SEMAPHORE_INITIALIZER(sem, 0);
	struct waiter waiter = { .sem = &sem, .down = down_form };

	if (waiter_start(&waiter)) {
		send_sig(sig, waiter.actor.task, 0);
		wake_up_process(waiter.actor.task); // A wake-up by mistake must not end it either.
		actor_sleeps(&waiter.actor);
		EXPECT(!READ_ONCE(waiter.actor.ended));
	}
	up(&sem);
	return actor_join(&waiter.actor);
}

TEST(sem_unit_comes_later)
{
	EXPECT_EQ(wait_until(down_plain, 0), 0);
	EXPECT_EQ(wait_until(down_interruptible, 0), 0);
	EXPECT_EQ(wait_until(down_killable, 0), 0);
	EXPECT_EQ(wait_until(down_long_timeout, 0), 0);
}

TEST(sem_and_signals)
{
	EXPECT_EQ(wait_until(down_interruptible, SIGINT), -EINTR);
	EXPECT_EQ(wait_until(down_interruptible, SIGKILL), -EINTR);
	EXPECT_EQ(wait_until(down_killable, SIGKILL), -EINTR);
	EXPECT_EQ(wait_in_spite_of(down_killable, SIGINT), 0);
	EXPECT_EQ(wait_in_spite_of(down_plain, SIGKILL), 0);
	EXPECT_EQ(wait_in_spite_of(down_long_timeout, SIGKILL), 0);
}

#define WAITERS 5

static bool waiters_start(struct waiter *waiters, struct semaphore *sem, unsigned int *served)
{
	bool all = true;

	for (unsigned int i = 0; i < WAITERS; i++) {
		waiters[i] =
			(struct waiter){ .sem = sem, .down = down_interruptible, .served = served };
		all = all && waiter_start(&waiters[i]);
	}
	return all;
}

/* First come, first served; a newcomer does not overtake those who wait. */
TEST(sem_serves_in_order)
{
	struct semaphore sem = __SEMAPHORE_INITIALIZER(sem, 0);
	struct waiter waiters[WAITERS];
	unsigned int served = 0;

	waiters_start(waiters, &sem, &served);
	for (unsigned int i = 0; i < WAITERS; i++) {
		up(&sem);
		EXPECT_EQ(down_trylock(&sem), 1);
		EXPECT(WAIT_UNTIL(READ_ONCE(served) == i + 1));
	}
	for (unsigned int i = 0; i < WAITERS; i++) {
		actor_join(&waiters[i].actor);
		EXPECT_EQ(waiters[i].place, i + 1);
	}
	EXPECT_EQ(sem.count, 0);
}

/* Who leaves the queue, at its head, in the middle, at its tail, takes no unit along. */
TEST(sem_queue_may_be_left)
{
	static const unsigned int leave[] = { 0, 2, 4 }, stay[] = { 1, 3 };
	struct semaphore sem = __SEMAPHORE_INITIALIZER(sem, 0);
	struct waiter waiters[WAITERS];
	unsigned int served = 0;
	bool all = waiters_start(waiters, &sem, &served);

	for (unsigned int i = 0; all && i < ARRAY_SIZE(leave); i++) {
		send_sig(SIGINT, waiters[leave[i]].actor.task, 0);
		EXPECT_EQ(actor_join(&waiters[leave[i]].actor), -EINTR);
	}
	for (unsigned int i = 0; all && i < ARRAY_SIZE(stay); i++) {
		up(&sem);
		EXPECT(WAIT_UNTIL(READ_ONCE(served) == ARRAY_SIZE(leave) + i + 1));
	}
	for (unsigned int i = 0; all && i < ARRAY_SIZE(stay); i++) {
		EXPECT_EQ(actor_join(&waiters[stay[i]].actor), 0);
		EXPECT_EQ(waiters[stay[i]].place, ARRAY_SIZE(leave) + i + 1);
	}
	for (unsigned int i = 0; !all && i < WAITERS; i++) {
		up(&sem);
		actor_join(&waiters[i].actor);
	}
	EXPECT_EQ(sem.count, 0);
	EXPECT(list_empty(&sem.wait_list));
}
