/* random_test.c: numbers that repeat with the seed, lie where they should, and are given out once.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/random.h"

#include "kernel/core/slab.h"
#include "kernel/test/lock_test.h"
#include "lib/sort.h"
#include "lib/string.h"

TEST(random_repeats)
{
	struct rnd_state one, two;
	u8 bytes[21], again[21];

	prandom_seed_state(&one, 5);
	prandom_seed_state(&two, 5);
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(prandom_u32_state(&one), prandom_u32_state(&two));
	prandom_bytes_state(&one, bytes, sizeof(bytes));
	prandom_bytes_state(&two, again, sizeof(again));
	EXPECT(!memcmp(bytes, again, sizeof(bytes)));
	prandom_seed_state(&two, 6);
	EXPECT(prandom_u32_state(&one) != prandom_u32_state(&two));
}

TEST(random_limits)
{
	unsigned int seen = 0, bits = 0;

	for (int i = 0; i < 1000; i++) {
		u32 below = get_random_u32_below(7), within = get_random_u32_inclusive(10, 12);

		EXPECT(below < 7 && within >= 10 && within <= 12);
		EXPECT(get_random_u32_inclusive(0xfffffff0, 0xffffffff) >= 0xfffffff0);
		seen |= 1U << below | 1U << within;
		bits |= get_random_u32();
	}
	EXPECT_EQ(seen, 0x1c7f); // 0 to 6, and 10 to 12
	EXPECT_EQ(bits, 0xffffffff);
	EXPECT_EQ(get_random_u32_below(0) + get_random_u32_below(1), 0);
}

TEST(random_bytes_of_any_size)
{
	u8 bytes[32], set[32] = { 0 };

	for (size_t size = 0; size < sizeof(bytes); size++) {
		for (int round = 0; round < 20; round++) {
			memset(bytes, 0, sizeof(bytes));
			get_random_bytes(bytes, size);
			for (size_t i = 0; i < size; i++)
				set[i] |= bytes[i];
			EXPECT(!memchr_inv(bytes + size, 0, sizeof(bytes) - size));
		}
	}
	for (size_t i = 0; i < sizeof(set) - 2; i++)
		EXPECT(set[i]);
}

#define DRAWS 500

static u64 *drawn;
static atomic_t drawers;

static int draw(void *arg)
{
	int who = atomic_fetch_add(1, &drawers);

	for (int i = 0; i < DRAWS; i++)
		drawn[who * DRAWS + i] = get_random_u64();
	return 0;
}

static int compare(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The sequence passes each number once in 2^64: two that are equal were given out twice. */
TEST(random_no_number_twice)
{
	unsigned int threads = 2 * num_online_cpus(), n = threads * DRAWS, twice = 0;

	drawn = kmalloc_array(n, sizeof(*drawn), GFP_KERNEL);
	REQUIRE(drawn);
	atomic_set(&drawers, 0);
	test_run_threads(threads, draw, NULL);
	sort(drawn, n, sizeof(*drawn), compare, NULL);
	for (unsigned int i = 1; i < n; i++)
		twice += drawn[i] == drawn[i - 1];
	EXPECT_EQ(twice, 0);
	kfree(drawn);
}
