/* completion_test.c: completions: counting, every form of waiting, and memory that goes at once.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/completion.h"

#include "kernel/sched/signal.h"
#include "kernel/test/lock_test.h"
#include "lib/errno.h"

#define LONG_TIME (1000 * HZ)

static DECLARE_COMPLETION(static_completion);

TEST(completion_counts)
{
	struct completion *x = &static_completion;

	EXPECT(!completion_done(x));
	EXPECT(!try_wait_for_completion(x));
	complete(x);
	complete(x);
	EXPECT(completion_done(x));
	EXPECT_EQ(x->done, 2);
	wait_for_completion(x);
	EXPECT_EQ(x->done, 1);
	EXPECT(try_wait_for_completion(x));
	EXPECT(!try_wait_for_completion(x));
	EXPECT(!completion_done(x));
}

/* Every form takes one that is there, and does not sleep for it. */
TEST(completion_that_is_complete)
{
	DECLARE_COMPLETION_ONSTACK(x);

	for (unsigned int i = 0; i < 5; i++)
		complete(&x);
	wait_for_completion(&x);
	EXPECT_EQ(wait_for_completion_interruptible(&x), 0);
	EXPECT_EQ(wait_for_completion_killable(&x), 0);
	EXPECT_EQ(wait_for_completion_timeout(&x, LONG_TIME), LONG_TIME);
	EXPECT_EQ(wait_for_completion_interruptible_timeout(&x, 0), 1);
	complete(&x);
	EXPECT_EQ(wait_for_completion_killable_timeout(&x, 0), 1);
	complete(&x);
	wait_for_completion_io(&x);
	complete(&x);
	EXPECT_EQ(wait_for_completion_io_timeout(&x, LONG_TIME), LONG_TIME);
	complete(&x);
	EXPECT_EQ(wait_for_completion_timeout(&x, ~0UL), MAX_SCHEDULE_TIMEOUT);
	EXPECT(!completion_done(&x));
}

TEST(completion_of_all)
{
	DECLARE_COMPLETION_ONSTACK(x);

	complete_all(&x);
	for (unsigned int i = 0; i < 5; i++) {
		wait_for_completion(&x);
		EXPECT(try_wait_for_completion(&x));
		complete(&x); // Changes nothing: it does not run out, and does not overflow.
	}
	EXPECT_EQ(x.done, COMPLETION_ALL);
	reinit_completion(&x);
	EXPECT(!completion_done(&x));
	EXPECT(!try_wait_for_completion(&x));
	EXPECT_EQ(wait_for_completion_timeout(&x, 1), 0);
}

TEST(completion_times_out)
{
	DECLARE_COMPLETION_ONSTACK(x);

	for (unsigned long timeout = 0; timeout < 3; timeout++) {
		EXPECT_EQ(wait_for_completion_timeout(&x, timeout), 0);
		EXPECT_EQ(wait_for_completion_interruptible_timeout(&x, timeout), 0);
		EXPECT_EQ(wait_for_completion_killable_timeout(&x, timeout), 0);
	}
	EXPECT(!waitqueue_active(&x.wait));
	complete(&x);
	EXPECT_EQ(x.done, 1);
}

/* A thread that waits in one of the forms. */
struct waiter {
	struct completion *x;
	long (*wait)(struct completion *x);
	struct actor actor;
	unsigned int *served; /* how many have been, up to now; under nothing: they come singly */
	unsigned int place;   /* which of them it was */
};

static long wait_plain(struct completion *x)
{
	wait_for_completion(x);
	return 0;
}

static long wait_interruptible(struct completion *x)
{
	return wait_for_completion_interruptible(x);
}

static long wait_killable(struct completion *x)
{
	return wait_for_completion_killable(x);
}

/* For ever, in fact. */
static long wait_longest_timeout(struct completion *x)
{
	return wait_for_completion_timeout(x, ~0UL) ? 0 : -ETIME;
}

static long wait_timeout(struct completion *x)
{
	return (long)wait_for_completion_timeout(x, LONG_TIME);
}

static long wait_interruptible_timeout(struct completion *x)
{
	return wait_for_completion_interruptible_timeout(x, LONG_TIME);
}

static long wait_killable_timeout(struct completion *x)
{
	return wait_for_completion_killable_timeout(x, LONG_TIME);
}

static int wait_in_form(void *arg)
{
	struct waiter *waiter = arg;
	long result;

	allow_signal(SIGINT);
	allow_signal(SIGKILL);
	result = waiter->wait(waiter->x);
	EXPECT_EQ(READ_ONCE(current->__state), TASK_RUNNING);
	if (waiter->served) {
		waiter->place = *waiter->served + 1;
		WRITE_ONCE(*waiter->served, waiter->place);
	}
	return (int)result;
}

static bool waiter_start(struct waiter *waiter)
{
	return actor_start(&waiter->actor, wait_in_form, waiter, ANY_CPU) &&
	       actor_sleeps(&waiter->actor);
}

/* What the wait returns when signal @sig, or if that is 0 a completion, comes while it sleeps. */
static long wait_until(long (*wait)(struct completion *x), int sig)
{
	DECLARE_COMPLETION_ONSTACK(x);
	struct waiter waiter = { .x = &x, .wait = wait };
	long result;

	waiter_start(&waiter);
	if (sig && waiter.actor.task)
		send_sig(sig, waiter.actor.task, 0);
	else
		complete(&x);
	result = actor_join(&waiter.actor);
	EXPECT(!completion_done(&x));
	EXPECT(!waitqueue_active(&x.wait));
	return result;
}

/* The same when @sig must not end it, and a completion does. */
static long wait_in_spite_of(long (*wait)(struct completion *x), int sig)
{
	DECLARE_COMPLETION_ONSTACK(x);
	struct waiter waiter = { .x = &x, .wait = wait };

	if (waiter_start(&waiter)) {
		send_sig(sig, waiter.actor.task, 0);
		actor_sleeps(&waiter.actor);
		EXPECT(!READ_ONCE(waiter.actor.ended));
	}
	complete(&x);
	return actor_join(&waiter.actor);
}

TEST(completion_comes_later)
{
	long left = wait_until(wait_timeout, 0);

	EXPECT(left >= 1 && left <= LONG_TIME);
	left = wait_until(wait_interruptible_timeout, 0);
	EXPECT(left >= 1 && left <= LONG_TIME);
	left = wait_until(wait_killable_timeout, 0);
	EXPECT(left >= 1 && left <= LONG_TIME);
	EXPECT_EQ(wait_until(wait_plain, 0), 0);
	EXPECT_EQ(wait_until(wait_interruptible, 0), 0);
	EXPECT_EQ(wait_until(wait_killable, 0), 0);
	EXPECT_EQ(wait_until(wait_longest_timeout, 0), 0);
}

TEST(completion_and_signals)
{
	EXPECT_EQ(wait_until(wait_interruptible, SIGINT), -ERESTARTSYS);
	EXPECT_EQ(wait_until(wait_interruptible, SIGKILL), -ERESTARTSYS);
	EXPECT_EQ(wait_until(wait_interruptible_timeout, SIGINT), -ERESTARTSYS);
	EXPECT_EQ(wait_until(wait_killable, SIGKILL), -ERESTARTSYS);
	EXPECT_EQ(wait_until(wait_killable_timeout, SIGKILL), -ERESTARTSYS);
	EXPECT_EQ(wait_in_spite_of(wait_killable, SIGINT), 0);
	EXPECT_EQ(wait_in_spite_of(wait_plain, SIGKILL), 0);
	EXPECT(wait_in_spite_of(wait_timeout, SIGKILL) >= 1);
	EXPECT(wait_in_spite_of(wait_killable_timeout, SIGINT) >= 1);
}

#define WAITERS 4

TEST(completion_serves_in_order)
{
	DECLARE_COMPLETION_ONSTACK(x);
	struct waiter waiters[WAITERS];
	unsigned int served = 0;

	for (unsigned int i = 0; i < WAITERS; i++) {
		waiters[i] = (struct waiter){ .x = &x, .wait = wait_plain, .served = &served };
		waiter_start(&waiters[i]);
	}
	for (unsigned int i = 0; i < WAITERS; i++) {
		complete(&x);
		EXPECT(WAIT_UNTIL(READ_ONCE(served) == i + 1));
	}
	for (unsigned int i = 0; i < WAITERS; i++) {
		actor_join(&waiters[i].actor);
		EXPECT_EQ(waiters[i].place, i + 1);
	}
}

TEST(completion_of_all_wakes_all)
{
	DECLARE_COMPLETION_ONSTACK(x);
	struct waiter waiters[WAITERS];

	for (unsigned int i = 0; i < WAITERS; i++) {
		waiters[i] = (struct waiter){ .x = &x, .wait = wait_plain };
		waiter_start(&waiters[i]);
	}
	complete_all(&x);
	for (unsigned int i = 0; i < WAITERS; i++)
		actor_join(&waiters[i].actor);
	EXPECT(completion_done(&x));
}
