/* bitops_test.c: single bits: which one changes, what it was, and that no neighbour's change is lost.
 * SPDX-License-Identifier: MIT
 */
#include <arch/bitops.h>

#include "kernel/test/lock_test.h"

#define BATCH 100 /* rounds between two looks at the clock */
#define BITS  256

static bool only_bit(const unsigned long *words, int nr)
{
	for (int i = 0; i < BITS; i++) {
		if (test_bit(i, words) != (i == nr))
			return false;
	}
	return true;
}

static bool no_bit(const unsigned long *words)
{
	return only_bit(words, -1);
}

static void check_bit(unsigned long *words, int nr)
{
	set_bit(nr, words);
	EXPECT(only_bit(words, nr));
	set_bit(nr, words);
	EXPECT(only_bit(words, nr));
	clear_bit(nr, words);
	EXPECT(no_bit(words));
	change_bit(nr, words);
	EXPECT(only_bit(words, nr));
	change_bit(nr, words);
	EXPECT(no_bit(words));
	__set_bit(nr, words);
	EXPECT(only_bit(words, nr));
	EXPECT(test_bit_acquire(nr, words));
	__clear_bit(nr, words);
	EXPECT(no_bit(words));
	__change_bit(nr, words);
	EXPECT(only_bit(words, nr));
	__change_bit(nr, words);
	EXPECT(no_bit(words));
	assign_bit(nr, words, true);
	__assign_bit(nr, words, true);
	EXPECT(only_bit(words, nr));
	__assign_bit(nr, words, false);
	assign_bit(nr, words, false);
	EXPECT(no_bit(words));
}

static void check_plain_returns(unsigned long *words, int nr)
{
	EXPECT_EQ(__test_and_set_bit(nr, words), false);
	EXPECT_EQ(__test_and_set_bit(nr, words), true);
	EXPECT(only_bit(words, nr));
	EXPECT_EQ(__test_and_clear_bit(nr, words), true);
	EXPECT_EQ(__test_and_clear_bit(nr, words), false);
	EXPECT(no_bit(words));
	EXPECT_EQ(__test_and_change_bit(nr, words), false);
	EXPECT(only_bit(words, nr));
	EXPECT_EQ(__test_and_change_bit(nr, words), true);
	EXPECT(no_bit(words));
	EXPECT_EQ(test_and_set_bit_lock(nr, words), false);
	__clear_bit_unlock(nr, words);
	EXPECT(no_bit(words));
}

static void check_bit_returns(unsigned long *words, int nr)
{
	EXPECT_EQ(test_and_set_bit(nr, words), false);
	EXPECT_EQ(test_and_set_bit(nr, words), true);
	EXPECT(only_bit(words, nr));
	EXPECT_EQ(test_and_clear_bit(nr, words), true);
	EXPECT_EQ(test_and_clear_bit(nr, words), false);
	EXPECT(no_bit(words));
	EXPECT_EQ(test_and_change_bit(nr, words), false);
	EXPECT_EQ(test_and_change_bit(nr, words), true);
	EXPECT(no_bit(words));
	EXPECT_EQ(test_and_set_bit_lock(nr, words), false);
	EXPECT_EQ(test_and_set_bit_lock(nr, words), true);
	clear_bit_unlock(nr, words);
	EXPECT(no_bit(words));
}

TEST(bitops_values)
{
	unsigned long words[BITS / BITS_PER_LONG] = { 0 };

	for (int nr = 0; nr < BITS; nr++) {
		check_bit(words, nr);
		check_bit_returns(words, nr);
		check_plain_returns(words, nr);
	}
}

TEST(bitops_find)
{
	EXPECT_EQ(fls64(0), 0);
	for (int nr = 0; nr < BITS_PER_LONG; nr++) {
		EXPECT_EQ(__ffs(BIT(nr)), nr);
		EXPECT_EQ(__ffs(~0UL << nr), nr);
		EXPECT_EQ(fls64(BIT(nr)), nr + 1);
		EXPECT_EQ(fls64(~0UL >> (63 - nr)), nr + 1);
		EXPECT_EQ(ffs((int)BIT(nr)), nr < 32 ? nr + 1 : 0);
		EXPECT_EQ(hweight64(~0UL >> (63 - nr)), nr + 1);
	}
}

/* What every CPU does with bits of its own, in words that they share. */
struct contention {
	struct effort effort;
	atomic_t next_bit;
	unsigned long words[BITS / BITS_PER_LONG];
};

/* Returns how often a bit was not what its only user had made it. */
static int use_bit(long nr, unsigned long *words)
{
	int wrong = 0;

	for (unsigned int i = 0; i < BATCH; i++) {
		set_bit(nr, words);
		wrong += !test_bit(nr, words);
		clear_bit(nr, words);
		wrong += test_bit(nr, words);
		change_bit(nr, words);
		wrong += !test_and_clear_bit(nr, words);
		wrong += test_and_set_bit(nr, words);
		wrong += !test_and_change_bit(nr, words);
		wrong += test_bit(nr, words);
	}
	return wrong;
}

/* A bit of its own; its neighbours in the word are other CPUs'. */
static int use_own_bit(void *arg)
{
	struct contention *contention = arg;
	long nr = atomic_fetch_add(1, &contention->next_bit);
	int wrong = 0;

	for (unsigned int i = 0; effort_goes_on(&contention->effort, i); i++)
		wrong += use_bit(nr, contention->words);
	set_bit(nr, contention->words);
	return wrong;
}

TEST(bitops_contended)
{
	struct contention contention = { .effort = effort_of(100, 1, 1) };

	EXPECT_EQ(test_run_on_cpus(use_own_bit, &contention), 0);
	for (int nr = 0; nr < BITS; nr++)
		EXPECT_EQ(test_bit(nr, contention.words), nr < (int)num_online_cpus());
}

/* A bit as a lock. */
struct bit_lock {
	unsigned long word;
	struct effort effort;
	struct guarded data;
};

#define BIT_LOCK_NR 17

static int lock_bit(void *arg)
{
	struct bit_lock *lock = arg;
	unsigned int rounds = 0;

	for (; effort_goes_on(&lock->effort, rounds); rounds++) {
		while (test_and_set_bit_lock(BIT_LOCK_NR, &lock->word))
			cpu_relax();
		guarded_update(&lock->data);
		clear_bit_unlock(BIT_LOCK_NR, &lock->word);
	}
	return (int)rounds;
}

TEST(bitops_lock)
{
	struct bit_lock lock = { .effort = effort_of(100, 40, num_online_cpus()) };

	guarded_expect(&lock.data, (unsigned long)test_run_on_cpus(lock_bit, &lock));
	EXPECT_EQ(lock.word, 0);
}
