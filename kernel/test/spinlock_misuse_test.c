/* spinlock_misuse_test.c: what the checked profile says to whoever uses a spinning lock wrongly.
 * SPDX-License-Identifier: MIT
 *
 * Each of these would hang or corrupt without a word in the fast profile: they are skipped there.
 */
#include "kernel/locking/spin/spinlock.h"

#include "kernel/test/lock_test.h"
#include "lib/string.h"

#define NO_CHECKS "the fast profile does not check this"

static void take(void *arg)
{
	spin_lock(arg);
}

static void take_irqsave(void *arg)
{
	unsigned long flags;

	spin_lock_irqsave((spinlock_t *)arg, flags);
}

static void try_to_take(void *arg)
{
	EXPECT(!spin_trylock((spinlock_t *)arg));
}

static void take_and_try(void *arg)
{
	spin_lock((spinlock_t *)arg);
	try_to_take(arg);
}

static void release(void *arg)
{
	spin_unlock(arg);
}

static void take_twice(void *arg)
{
	spin_lock(arg);
	spin_lock(arg);
}

TEST(spin_taken_twice)
{
	DEFINE_SPINLOCK(lock);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(take_twice, &lock, "\"lock\""));
	EXPECT(test_panics(take, &lock, "by the CPU that holds it"));
	EXPECT_CONTEXT(false, 0);
}

/* On one CPU trying succeeds always: whoever tries on top of the holder would be let in. */
TEST(spin_tried_by_the_holder)
{
	DEFINE_SPINLOCK(lock);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	if (SPIN_HAS_WORD)
		SKIP("the word refuses it");
	EXPECT(test_panics(take_and_try, &lock, "by the CPU that holds it"));
}

TEST(spin_released_by_non_holder)
{
	DEFINE_SPINLOCK(lock);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(release, &lock, "which does not hold it"));
	EXPECT(!spin_is_locked(&lock));
}

/* A thread that holds a lock on another CPU while the test errs. */
struct holder {
	spinlock_t lock;
	bool holds;
	bool may_release;
};

static int hold(void *arg)
{
	struct holder *holder = arg;

	spin_lock(&holder->lock);
	WRITE_ONCE(holder->holds, true);
	EXPECT(SPIN_UNTIL(READ_ONCE(holder->may_release)));
	spin_unlock(&holder->lock);
	return 0;
}

TEST(spin_released_by_other_cpu)
{
	struct holder holder = { .holds = false };
	struct actor actor;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	spin_lock_init(&holder.lock);
	REQUIRE(actor_start(&actor, hold, &holder, ANY_CPU));
	EXPECT(WAIT_UNTIL(READ_ONCE(holder.holds)));
	EXPECT(test_panics(release, &holder.lock, "which does not hold it"));
	EXPECT_EQ(SPIN_HAS_WORD, spin_is_locked(&holder.lock));
	WRITE_ONCE(holder.may_release, true);
	actor_join(&actor);
	EXPECT(!spin_is_locked(&holder.lock));
}

TEST(spin_never_initialized)
{
	spinlock_t lock = { .word = SPIN_WORD_FREE };

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(take, &lock, "never initialized"));
	EXPECT(test_panics(take_irqsave, &lock, "never initialized"));
	EXPECT(test_panics(try_to_take, &lock, "never initialized"));
	EXPECT_CONTEXT(false, 0);
}

static void assert_held(void *arg)
{
	assert_spin_locked((spinlock_t *)arg);
}

/* In every profile. */
TEST(spin_assert_locked)
{
	DEFINE_SPINLOCK(lock);

	if (!SPIN_HAS_WORD)
		SKIP("a lock without a word never looks held");
	EXPECT(test_panics(assert_held, &lock, "must be held"));
}

/* Not the wait that would not end, and not the name that such a lock seems to have. */
TEST(spin_taken_in_memory_without_a_lock)
{
	spinlock_t lock;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	memset(&lock, 0xa5, sizeof(lock)); // as kmalloc() leaves it
	EXPECT(test_panics(take, &lock, "nobody has initialized"));
	EXPECT_CONTEXT(false, 0);
}
