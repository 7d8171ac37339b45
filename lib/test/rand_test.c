/* The pseudo-random generator: known numbers, bounds, evenness. */
/* SPDX-License-Identifier: MIT */
// sources:
// flags:
#include "lib/macros.h"
#include "lib/test/include/test.h"

/* The first numbers of SplitMix64 from this seed, as its other implementations print them. */
static void numbers_are_those_of_splitmix64(__unused void **state)
{
	static const u64 expected[] = {
		6457827717110365317ULL, 3203168211198807973ULL,  9817491932198370423ULL,
		4593380528125082431ULL, 16408922859458223821ULL,
	};
	struct rand_state rand;

	rand_seed(&rand, 1234567);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_true(rand_next(&rand) == expected[i]);
}

static void a_seed_repeats(__unused void **state)
{
	struct rand_state a, b;

	rand_seed(&a, test_seed());
	rand_seed(&b, test_seed());
	for (int i = 0; i < 1000; i++)
		assert_true(rand_next(&a) == rand_next(&b));
	rand_seed(&b, test_seed() + 1);
	assert_false(rand_next(&a) == rand_next(&b));
}

static void limits_are_kept(__unused void **state)
{
	static const u32 limits[] = { 1, 2, 3, 1000, 0x80000000u, 0xffffffffu };
	struct rand_state rand;

	rand_seed(&rand, test_seed());
	assert_int_equal(rand_below(&rand, 0), 0);
	for (size_t l = 0; l < ARRAY_SIZE(limits); l++) {
		for (int i = 0; i < 10000; i++)
			assert_true(rand_below(&rand, limits[l]) < limits[l]);
	}
}

/* Each of ten numbers comes 10000 times, within 5 standard deviations (95 each). */
static void numbers_are_even(__unused void **state)
{
	unsigned int counts[10] = { 0 };
	struct rand_state rand;

	rand_seed(&rand, test_seed());
	for (int i = 0; i < 100000; i++)
		counts[rand_below(&rand, 10)]++;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		assert_in_range(counts[i], 10000 - 5 * 95, 10000 + 5 * 95);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_those_of_splitmix64),
		cmocka_unit_test(a_seed_repeats),
		cmocka_unit_test(limits_are_kept),
		cmocka_unit_test(numbers_are_even),
	};

	return cmocka_run_group_tests_name("rand", tests, NULL, NULL);
}
