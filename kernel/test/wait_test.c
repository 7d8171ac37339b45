/* wait_test.c: wait queues: whom a wake-up wakes, and in which order.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/wait.h"

#include "kernel/test/lock_test.h"

/* A crowd of waiters of which each leaves when it was woken once. */
#define CROWD 5

struct crowd;

struct waiter {
	struct crowd *crowd;
	struct actor actor;
	bool exclusive;
	unsigned int state;
};

struct crowd {
	wait_queue_head_t wq;
	struct waiter waiters[CROWD];
};

static int wait_once(void *arg)
{
	struct waiter *waiter = arg;
	DEFINE_WAIT(entry);

	if (waiter->exclusive)
		prepare_to_wait_exclusive(&waiter->crowd->wq, &entry, waiter->state);
	else
		prepare_to_wait(&waiter->crowd->wq, &entry, waiter->state);
	schedule();
	finish_wait(&waiter->crowd->wq, &entry);
	return 0;
}

/* Let them come one after another: 'x' waits exclusively, 'p' does not; in capitals, interruptibly. */
static bool crowd_gather(struct crowd *crowd, const char kinds[CROWD])
{
	init_waitqueue_head(&crowd->wq);
	EXPECT(!waitqueue_active(&crowd->wq));
	for (unsigned int i = 0; i < CROWD; i++) {
		bool interruptible = kinds[i] == 'X' || kinds[i] == 'P';
		struct waiter *waiter = &crowd->waiters[i];

		waiter->crowd = crowd;
		waiter->exclusive = kinds[i] == 'x' || kinds[i] == 'X';
		waiter->state = interruptible ? TASK_INTERRUPTIBLE : TASK_UNINTERRUPTIBLE;
		if (!actor_start(&waiter->actor, wait_once, waiter, ANY_CPU))
			return false;
		actor_sleeps(&waiter->actor);
	}
	EXPECT(waitqueue_active(&crowd->wq));
	return true;
}

/* Exactly those sleep for whom @asleep has an 's'. A wake-up has set the state when it returns. */
static void crowd_expect(struct crowd *crowd, const char asleep[CROWD])
{
	for (unsigned int i = 0; i < CROWD; i++) {
		if (crowd->waiters[i].actor.task)
			EXPECT_EQ(actor_is_asleep(&crowd->waiters[i].actor, TASK_NORMAL),
				  asleep[i] == 's');
	}
}

static void crowd_leave(struct crowd *crowd)
{
	wake_up_all(&crowd->wq);
	for (unsigned int i = 0; i < CROWD; i++)
		actor_join(&crowd->waiters[i].actor);
	EXPECT(!waitqueue_active(&crowd->wq));
}

TEST(wait_exclusive_waiters_are_woken_in_order)
{
	struct crowd crowd = { 0 };

	if (crowd_gather(&crowd, "xxxxx")) {
		wake_up(&crowd.wq);
		crowd_expect(&crowd, ".ssss");
		wake_up_nr(&crowd.wq, 2);
		crowd_expect(&crowd, "...ss");
		wake_up(&crowd.wq);
		crowd_expect(&crowd, "....s");
	}
	crowd_leave(&crowd);
}

TEST(wait_plain_waiters_are_all_woken)
{
	struct crowd crowd = { 0 };

	if (crowd_gather(&crowd, "xpxpp")) {
		wake_up(&crowd.wq);
		crowd_expect(&crowd, "..s..");
		wake_up_all(&crowd.wq);
		crowd_expect(&crowd, ".....");
	}
	crowd_leave(&crowd);
}

TEST(wait_wake_all_wakes_exclusive_ones_too)
{
	struct crowd crowd = { 0 };

	if (crowd_gather(&crowd, "xpxXP")) {
		wake_up_all(&crowd.wq);
		crowd_expect(&crowd, ".....");
	}
	crowd_leave(&crowd);
}

/* Those whom a wake-up does not reach stay, and do not count against its number. */
TEST(wait_interruptible_wake_up)
{
	struct crowd crowd = { 0 };

	if (crowd_gather(&crowd, "pPxXX")) {
		wake_up_interruptible(&crowd.wq);
		crowd_expect(&crowd, "s.s.s");
		wake_up_interruptible_all(&crowd.wq);
		crowd_expect(&crowd, "s.s..");
	}
	crowd_leave(&crowd);
}
