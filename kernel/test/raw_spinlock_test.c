/* raw_spinlock_test.c: raw_spinlock_t: its contexts, exclusion, and what is said of one with a name.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/raw_spinlock.h"

#include "kernel/test/lock_test.h"

#define MS    100 /* of contention, */
#define LEAST 40  /* and so many acquisitions by all threads, however long they take */

TEST(raw_spin_states)
{
	raw_spinlock_t lock = RAW_SPIN_LOCK_UNLOCKED;

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
	raw_spinlock_t lock = RAW_SPIN_LOCK_UNLOCKED;
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

	raw_spin_lock_init_unwatched(&contention.lock);
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

/* ---- With a name: watched as a spinlock_t is ------------------------------------------------------------- */

static DEFINE_RAW_SPINLOCK(watched);
static raw_spinlock_t pair[2];
static DEFINE_SPINLOCK(spin);

static void take_spin_then_raw(void *unused)
{
	spin_lock(&spin);
	raw_spin_lock(&watched);
	raw_spin_unlock(&watched);
	spin_unlock(&spin);
}

static void take_raw_then_spin(void *unused)
{
	raw_spin_lock_bh(&watched);
	spin_lock(&spin);
	spin_unlock(&spin);
	raw_spin_unlock_bh(&watched);
}

static void take_in_interrupt(void *unused)
{
	local_irq_disable();
	preempt_count_add(HARDIRQ_OFFSET);
	raw_spin_lock(&watched);
	raw_spin_unlock(&watched);
	preempt_count_sub(HARDIRQ_OFFSET);
	local_irq_enable();
}

static void take_pair(void *nested)
{
	raw_spin_lock(&pair[0]);
	if (nested)
		raw_spin_lock_nested(&pair[1], SINGLE_DEPTH_NESTING);
	else
		raw_spin_lock(&pair[1]);
	raw_spin_unlock(&pair[0]);
	raw_spin_unlock(&pair[1]);
}

static void take_twice(void *lock)
{
	raw_spin_lock(lock);
	raw_spin_lock(lock);
}

static void release(void *lock)
{
	raw_spin_unlock(lock);
}

TEST(raw_spin_watched)
{
	unsigned long flags;

	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not check this");
	raw_spin_lock_init(&watched);
	for (u32 i = 0; i < ARRAY_SIZE(pair); i++)
		raw_spin_lock_init(&pair[i]);
	take_spin_then_raw(NULL);
	EXPECT_EQ(test_warnings(take_raw_then_spin, NULL, "\"spin\" is taken at"), 1);
	EXPECT_EQ(test_warnings(take_in_interrupt, NULL, "\"&watched\""), 1);
	EXPECT_EQ(test_warnings(take_pair, &pair, ""), 0);
	EXPECT_EQ(test_warnings(take_pair, NULL, "\"&pair[i]\""), 1);
	EXPECT(raw_spin_trylock_irqsave(&watched, flags));
	EXPECT(lockdep_is_held(&watched));
	EXPECT_CONTEXT(true, 1);
	raw_spin_unlock_irqrestore(&watched, flags);
	EXPECT_EQ(test_warnings(release, &watched, "\"&watched\""), 1);
	EXPECT(test_panics(take_twice, &watched, "\"&watched\""));
	EXPECT_CONTEXT(false, 0);
}
