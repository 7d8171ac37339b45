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
		cmocka_unit_test(declared_maps_have_whole_words),
	};

	return cmocka_run_group_tests_name("bitmap", tests, NULL, NULL);
}
