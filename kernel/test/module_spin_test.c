/* module_spin_test.c: who waits awake is told from who computes.
 * SPDX-License-Identifier: MIT
 *
 * Each thread here goes round until it is to end, and so is found to do nothing new, or something, for as long as it is looked
 * at. Those that compute are of the kind that is hard to see: they count in memory, and with no register.
 */
#include "kernel/module_spin.h"

#include "kernel/test/lock_test.h"

static bool ends; /* [a] */
static atomic_t atomic, left;
static int counter; /* the thread's */
static unsigned long words[64];

static int waits(void *unused)
{
	while (!READ_ONCE(ends))
		cpu_relax();
	return 0;
}

static int waits_for_a_bit(void *unused)
{
	while (!(atomic_read(&atomic) & 2))
		;
	return 0;
}

static int waits_in_a_word(void *words_end)
{
	while (READ_ONCE(*(bool *)words_end) != true || READ_ONCE(words[1]) == 1)
		cpu_relax();
	return 0;
}

static int counts_in_memory(void *unused)
{
	while (!READ_ONCE(ends))
		WRITE_ONCE(counter, READ_ONCE(counter) + 1);
	return 0;
}

static int counts_down(void *unused)
{
	atomic_set(&left, 0x7fffffff);
	while (!READ_ONCE(ends) && !atomic_dec_and_test(&left))
		;
	return 0;
}

static int sums_up(void *unused)
{
	while (!READ_ONCE(ends)) {
		for (unsigned int i = 1; i < ARRAY_SIZE(words); i++)
			WRITE_ONCE(words[i], READ_ONCE(words[i]) + READ_ONCE(words[i - 1]) + 1);
	}
	return 0;
}

static int looks_at_the_clock(void *unused)
{
	u64 end = clock_ns() + 3600 * NSEC_PER_SEC;

	while (!READ_ONCE(ends) && clock_ns() < end)
		;
	return 0;
}

static int sleeps(void *unused)
{
	while (!READ_ONCE(ends))
		msleep(1);
	return 0;
}

static bool is_found(int (*fn)(void *arg))
{
	struct actor actor;
	bool found;

	WRITE_ONCE(ends, false);
	atomic_set(&atomic, 0);
	if (!actor_start(&actor, fn, &ends, ANY_CPU))
		return false;
	found = spins_in_place(actor.task);
	WRITE_ONCE(ends, true);
	atomic_set(&atomic, 2);
	actor_join(&actor);
	return found;
}

TEST(spins_in_place_waits)
{
	EXPECT(is_found(waits));
	EXPECT(is_found(waits_for_a_bit));
	EXPECT(is_found(waits_in_a_word));
}

TEST(spins_in_place_computes)
{
	EXPECT(!is_found(counts_in_memory));
	EXPECT(!is_found(counts_down));
	EXPECT(!is_found(sums_up));
	EXPECT(!is_found(looks_at_the_clock));
	EXPECT(!is_found(sleeps));
}
