/* Bitmaps against arrays of bool. */
/* SPDX-License-Identifier: MIT */
// sources:
// flags:
#include "lib/bitmap.h"
#include "lib/test/include/test.h"

#define BITS_MAX 200

/* A map and the array of bool that says the same. The map is as short as its bits allow. */
struct model {
	unsigned long bits;
	unsigned long *map;
	bool set[BITS_MAX];
};

static void model_init(struct model *model, unsigned long bits, struct rand_state *rand,
		       u32 out_of_8)
{
	*model = (struct model){ .bits = bits, .map = calloc(BITS_TO_LONGS(bits), 8) };
	for (unsigned long i = 0; i < bits; i++) {
		model->set[i] = rand_below(rand, 8) < out_of_8;
		if (model->set[i])
			model->map[i / BITS_PER_LONG] |= 1UL << (i % BITS_PER_LONG);
	}
	// What lies beyond the last bit must not matter.
	if (bits % BITS_PER_LONG)
		model->map[bits / BITS_PER_LONG] |= rand_next(rand) << (bits % BITS_PER_LONG);
}

static unsigned long model_find(const struct model *model, unsigned long start, bool wanted)
{
	while (start < model->bits && model->set[start] != wanted)
		start++;
	return min(start, model->bits);
}

static unsigned long model_weight(const struct model *model)
{
	unsigned long weight = 0;

	for (unsigned long i = 0; i < model->bits; i++)
		weight += model->set[i];
	return weight;
}

static void check_model(const struct model *model)
{
	unsigned long weight = model_weight(model), bit, visited = 0;

	for (unsigned long start = 0; start <= model->bits + 1; start++) {
		assert_int_equal(find_next_bit(model->map, model->bits, start),
				 model_find(model, start, true));
		assert_int_equal(find_next_zero_bit(model->map, model->bits, start),
				 model_find(model, start, false));
	}
	assert_int_equal(find_first_bit(model->map, model->bits), model_find(model, 0, true));
	assert_int_equal(find_first_zero_bit(model->map, model->bits), model_find(model, 0, false));
	assert_int_equal(bitmap_weight(model->map, model->bits), weight);
	assert_int_equal(bitmap_empty(model->map, model->bits), weight == 0);
	assert_int_equal(bitmap_full(model->map, model->bits), weight == model->bits);
	for_each_set_bit(bit, model->map, model->bits) {
		assert_true(model->set[bit]);
		visited++;
	}
	assert_int_equal(visited, weight);
}

static void searches_find_the_bits(__unused void **state)
{
	struct rand_state rand;
	struct model model;

	rand_seed(&rand, test_seed());
	for (unsigned long bits = 0; bits <= BITS_MAX; bits++) {
		for (u32 density = 0; density <= 8; density++) {
			model_init(&model, bits, &rand, density);
			check_model(&model);
			free(model.map);
		}
	}
}

/* Sets or clears a range in both, and checks the bits before and behind it, too. */
static void change_range(struct model *model, unsigned long start, unsigned long count, bool set)
{
	(set ? bitmap_set : bitmap_clear)(model->map, start, count);
	for (unsigned long i = start; i < start + count; i++)
		model->set[i] = set;
	for (unsigned long i = 0; i < model->bits; i++)
		assert_int_equal(model->map[i / 64] >> (i % 64) & 1, model->set[i]);
}

static void ranges_are_set_and_cleared(__unused void **state)
{
	struct rand_state rand;
	struct model model;

	rand_seed(&rand, test_seed());
	for (unsigned long bits = 1; bits <= BITS_MAX; bits++) {
		model_init(&model, bits, &rand, 4);
		for (int round = 0; round < 100; round++) {
			u32 start = rand_below(&rand, (u32)bits + 1);
			u32 count = rand_below(&rand, (u32)bits - start + 1);

			change_range(&model, start, count, rand_below(&rand, 2));
		}
		check_model(&model);
		free(model.map);
	}
}

static void a_range_at_the_end_keeps_to_the_map(__unused void **state)
{
	for (unsigned long bits = 64; bits <= 192; bits += 64) {
		unsigned long *map = calloc(BITS_TO_LONGS(bits), 8);

		bitmap_set(map, 0, bits);
		assert_true(bitmap_full(map, bits));
		bitmap_set(map, bits, 0);
		bitmap_clear(map, bits, 0);
		bitmap_zero(map, bits);
		assert_true(bitmap_empty(map, bits));
		free(map);
	}
}

/* ---- Two maps ---- */

static unsigned long model_find_pair(const struct model *a, const struct model *b,
				     unsigned long start, bool wanted)
{
	while (start < a->bits && !(a->set[start] && b->set[start] == wanted))
		start++;
	return min(start, a->bits);
}

static void check_searches(const struct model *a, const struct model *b)
{
	unsigned long bits = a->bits, last = bits, bit, clear = 0;

	for (unsigned long start = 0; start <= bits + 1; start++) {
		assert_int_equal(find_next_and_bit(a->map, b->map, bits, start),
				 model_find_pair(a, b, start, true));
		assert_int_equal(find_next_andnot_bit(a->map, b->map, bits, start),
				 model_find_pair(a, b, start, false));
	}
	assert_int_equal(find_first_and_bit(a->map, b->map, bits), model_find_pair(a, b, 0, true));
	assert_int_equal(bitmap_intersects(a->map, b->map, bits),
			 model_find_pair(a, b, 0, true) < bits);
	assert_int_equal(bitmap_subset(a->map, b->map, bits),
			 model_find_pair(a, b, 0, false) == bits);
	for (unsigned long i = 0; i < bits; i++)
		last = a->set[i] ? i : last;
	assert_int_equal(find_last_bit(a->map, bits), last);
	for_each_clear_bit(bit, a->map, bits)
	{
		assert_false(a->set[bit]);
		clear++;
	}
	assert_int_equal(clear, bits - model_weight(a));
	bit = bits / 2;
	for_each_set_bit_from(bit, a->map, bits) assert_true(a->set[bit] && bit >= bits / 2);
	bit = bits / 2;
	for_each_clear_bit_from(bit, a->map, bits) assert_true(!a->set[bit] && bit >= bits / 2);
}

/* Bit i of the result is bit a + 2 * b of @table. */
static void check_result(const unsigned long *result, const struct model *a, const struct model *b,
			 unsigned int table)
{
	for (unsigned long i = 0; i < a->bits; i++) {
		unsigned int row = a->set[i] + 2u * b->set[i];

		assert_int_equal(result[i / 64] >> (i % 64) & 1, table >> row & 1);
	}
}

static void check_logic(const struct model *a, const struct model *b)
{
	unsigned long bits = a->bits;
	unsigned long *to = calloc(BITS_TO_LONGS(bits), 8);
	bool any;

	bitmap_or(to, a->map, b->map, bits);
	check_result(to, a, b, 0xe);
	bitmap_xor(to, a->map, b->map, bits);
	check_result(to, a, b, 0x6);
	any = bitmap_and(to, a->map, b->map, bits);
	check_result(to, a, b, 0x8);
	assert_int_equal(any, model_find_pair(a, b, 0, true) < bits);
	any = bitmap_andnot(to, a->map, b->map, bits);
	check_result(to, a, b, 0x2);
	assert_int_equal(any, model_find_pair(a, b, 0, false) < bits);
	bitmap_complement(to, a->map, bits);
	check_result(to, a, b, 0x5);
	assert_int_equal(bitmap_equal(to, a->map, bits), bits == 0);
	bitmap_copy(to, a->map, bits);
	check_result(to, a, b, 0xa);
	assert_true(bitmap_equal(to, a->map, bits));
	bitmap_fill(to, bits);
	check_result(to, a, b, 0xf);
	assert_true(bitmap_full(to, bits));
	free(to);
}

static void two_maps_are_joined_and_compared(__unused void **state)
{
	struct rand_state rand;
	struct model a, b;

	rand_seed(&rand, test_seed());
	for (unsigned long bits = 0; bits <= BITS_MAX; bits++) {
		for (u32 density = 0; density <= 8; density++) {
			model_init(&a, bits, &rand, density);
			model_init(&b, bits, &rand, rand_below(&rand, 9));
			check_searches(&a, &b);
			check_logic(&a, &b);
			free(a.map);
			free(b.map);
		}
	}
}

/* One bit of difference, at every place, and none beyond the end. */
static void equal_maps_differ_in_no_bit(__unused void **state)
{
	unsigned long a[4] = { 1, 2, 3, 4 }, b[4] = { 1, 2, 3, 4 };

	for (unsigned long i = 0; i < BITS_MAX; i++) {
		b[i / 64] ^= 1UL << (i % 64);
		assert_false(bitmap_equal(a, b, i + 1));
		assert_false(bitmap_equal(a, b, BITS_MAX));
		assert_true(bitmap_equal(a, b, i));
		b[i / 64] ^= 1UL << (i % 64);
	}
	assert_true(bitmap_equal(a, b, BITS_MAX));
}

static bool model_is_clear(const struct model *model, unsigned long start, unsigned long count)
{
	for (unsigned long i = start; i < start + count; i++) {
		if (i >= model->bits || model->set[i])
			return false;
	}
	return true;
}

static void check_areas(const struct model *model, struct rand_state *rand)
{
	unsigned long start = rand_below(rand, (u32)model->bits + 1);
	unsigned long count = 1 + rand_below(rand, 8);
	unsigned long mask = (1UL << rand_below(rand, 4)) - 1;
	unsigned long place = (start + mask) & ~mask, found;

	while (place + count <= model->bits && !model_is_clear(model, place, count))
		place += mask + 1;
	found = bitmap_find_next_zero_area(model->map, model->bits, start, count, mask);
	if (place + count <= model->bits)
		assert_int_equal(found, place);
	else
		assert_true(found > model->bits);
}

static void areas_are_found(__unused void **state)
{
	struct rand_state rand;
	struct model model;

	rand_seed(&rand, test_seed());
	for (unsigned long bits = 1; bits <= BITS_MAX; bits++) {
		for (u32 density = 0; density <= 8; density++) {
			model_init(&model, bits, &rand, density);
			for (int round = 0; round < 20; round++)
				check_areas(&model, &rand);
			free(model.map);
		}
	}
}

static void declared_maps_have_whole_words(__unused void **state)
{
	DECLARE_BITMAP(one, 1);
	DECLARE_BITMAP(word, 64);
	DECLARE_BITMAP(more, 65);

	assert_int_equal(sizeof(one), 8);
	assert_int_equal(sizeof(word), 8);
	assert_int_equal(sizeof(more), 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(searches_find_the_bits),
		cmocka_unit_test(ranges_are_set_and_cleared),
		cmocka_unit_test(a_range_at_the_end_keeps_to_the_map),
		cmocka_unit_test(two_maps_are_joined_and_compared),
		cmocka_unit_test(equal_maps_differ_in_no_bit),
		cmocka_unit_test(areas_are_found),
		cmocka_unit_test(declared_maps_have_whole_words),
	};

	return cmocka_run_group_tests_name("bitmap", tests, NULL, NULL);
}
