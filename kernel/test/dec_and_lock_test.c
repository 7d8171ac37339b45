/* dec_and_lock_test.c: atomic_dec_and_lock(): the last user is alone with the lock, and nobody else is the last.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/spinlock.h"

#include "kernel/test/deferred_test.h"
#include "kernel/test/lock_test.h"

#define MS    100 /* of contention, */
#define LEAST 40  /* and so many rounds by all threads, however long they take */

struct counted {
	spinlock_t lock;
	atomic_t users;
	unsigned int firsts, lasts; /* under lock */
	struct effort effort;
};

static void drop(struct counted *counted, bool irqsave)
{
	unsigned long flags;

	if (irqsave && atomic_dec_and_lock_irqsave(&counted->users, &counted->lock, flags)) {
		EXPECT_CONTEXT(true, 1);
		counted->lasts++;
		spin_unlock_irqrestore(&counted->lock, flags);
	} else if (!irqsave && atomic_dec_and_lock(&counted->users, &counted->lock)) {
		EXPECT_CONTEXT(false, 1);
		counted->lasts++;
		spin_unlock(&counted->lock);
	}
	EXPECT_CONTEXT(false, 0);
}

static int use_and_drop(void *arg)
{
	struct counted *counted = arg;
	unsigned int rounds = 0;

	for (; effort_goes_on(&counted->effort, rounds); rounds++) {
		spin_lock(&counted->lock);
		counted->firsts += atomic_inc_return(&counted->users) == 1;
		EXPECT(counted->firsts == counted->lasts + 1);
		spin_unlock(&counted->lock);
		drop(counted, rounds % 2);
	}
	return (int)rounds;
}

TEST(spin_dec_and_lock)
{
	struct counted counted = { .lock = __SPIN_LOCK_UNLOCKED(counted.lock),
				   .effort = effort_of(MS, LEAST, num_online_cpus()) };

	EXPECT(test_run_on_cpus(use_and_drop, &counted) > 0);
	EXPECT_EQ(atomic_read(&counted.users), 0);
	EXPECT(counted.firsts > 0 && counted.firsts == counted.lasts);
}

static int drop_while_held(void *arg)
{
	struct counted *counted = arg;

	EXPECT(SPIN_UNTIL(spin_is_locked(&counted->lock)));
	drop(counted, counted->firsts);
	return 0;
}

/* It was the last when it looked, and is not when it has the lock. */
static void expect_not_the_last(bool irqsave)
{
	struct counted counted = { .lock = __SPIN_LOCK_UNLOCKED(counted.lock),
				   .users = ATOMIC_INIT(1),
				   .firsts = irqsave };
	struct actor dropper;

	REQUIRE(actor_start(&dropper, drop_while_held, &counted, test_cpu(1)));
	spin_lock(&counted.lock);
	EXPECT(SPIN_UNTIL(spin_is_contended(&counted.lock)));
	atomic_inc(&counted.users);
	spin_unlock(&counted.lock);
	actor_join(&dropper);
	EXPECT_EQ(counted.lasts, 0);
	EXPECT_EQ(atomic_read(&counted.users), 1);
}

TEST(spin_dec_and_lock_not_the_last)
{
	struct cpumask before;

	if (num_online_cpus() < 2 || !SPIN_HAS_WORD)
		SKIP("one waits for another CPU");
	before = test_leave_cpu();
	expect_not_the_last(false);
	expect_not_the_last(true);
	test_return(&before);
}
