/* raw_spinlock_test.c: raw_spinlock_t: its contexts, and exclusion.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/raw_spinlock.h"

#include "kernel/test/lock_test.h"

#define MS    100 /* of contention, */
#define LEAST 40  /* and so many acquisitions by all threads, however long they take */

TEST(raw_spin_states)
{
	DEFINE_RAW_SPINLOCK(lock);

	EXPECT(!raw_spin_is_locked(&lock));
	raw_spin_lock(&lock);
	EXPECT_EQ(raw_spin_is_locked(&lock), SPIN_HAS_WORD);
	EXPECT(!raw_spin_is_contended(&lock));
	raw_spin_unlock(&lock);
	EXPECT(!raw_spin_is_locked(&lock));
	EXPECT(raw_spin_trylock(&lock));
	EXPECT_EQ(raw_spin_is_locked(&lock), SPIN_HAS_WORD);
	raw_spin_unlock(&lock);
	EXPECT(!raw_spin_is_locked(&lock));
}

TEST(raw_spin_context)
{
	DEFINE_RAW_SPINLOCK(lock);
	unsigned long flags, inner;

	EXPECT_CONTEXT(false, 0);
	raw_spin_lock(&lock);
	EXPECT_CONTEXT(false, 1);
	EXPECT(!SPIN_HAS_WORD || !raw_spin_trylock(&lock));
	EXPECT_CONTEXT(false, 1);
	raw_spin_unlock(&lock);
	EXPECT_CONTEXT(false, 0);
	EXPECT(raw_spin_trylock(&lock));
	EXPECT_CONTEXT(false, 1);
	raw_spin_unlock(&lock);
	EXPECT_CONTEXT(false, 0);

	raw_spin_lock_irq(&lock);
	EXPECT_CONTEXT(true, 1);
	raw_spin_unlock_irq(&lock);
	EXPECT_CONTEXT(false, 0);

	raw_spin_lock_irqsave(&lock, flags);
	EXPECT_CONTEXT(true, 1);
	raw_spin_unlock_irqrestore(&lock, flags);
	EXPECT_CONTEXT(false, 0);

	local_irq_save(flags);
	raw_spin_lock_irqsave(&lock, inner);
	EXPECT_CONTEXT(true, 1);
	raw_spin_unlock_irqrestore(&lock, inner);
	EXPECT_CONTEXT(true, 0);
	local_irq_restore(flags);
	EXPECT_CONTEXT(false, 0);
}

struct contention {
	raw_spinlock_t lock;
	bool by_trying;
	struct effort effort; /* of each thread */
	struct guarded data;
};

static int contend(void *arg)
{
	struct contention *contention = arg;
	unsigned int rounds = 0;

	for (; effort_goes_on(&contention->effort, rounds); rounds++) {
		if (!contention->by_trying)
			raw_spin_lock(&contention->lock);
		else
			while (!raw_spin_trylock(&contention->lock))
				cpu_relax();
		guarded_update(&contention->data);
		raw_spin_unlock(&contention->lock);
	}
	return (int)rounds;
}

/* One thread on each CPU, then two that are free to move. */
static void check_contention(bool by_trying)
{
	unsigned int cpus = num_online_cpus();
	struct contention contention = { .by_trying = by_trying };
	long taken;

	raw_spin_lock_init(&contention.lock);
	contention.effort = effort_of(MS, LEAST, cpus);
	taken = test_run_on_cpus(contend, &contention);
	contention.effort = effort_of(MS, LEAST, 2 * cpus);
	taken += test_run_threads(2 * cpus, contend, &contention);
	guarded_expect(&contention.data, (unsigned long)taken);
	EXPECT(!raw_spin_is_locked(&contention.lock));
}

TEST(raw_spin_excludes)
{
	check_contention(false);
}

TEST(raw_spin_trylock_excludes)
{
	check_contention(true);
}
