/* Single words: lowest, highest and number of bits, against going through them one by one. */
/* SPDX-License-Identifier: MIT */
// sources:
// flags:
#include "lib/bits.h"
#include "lib/byteorder.h"
#include "lib/test/include/test.h"

#define ROUNDS 20000

static int lowest(u64 word)
{
	int bit = 0;

	while (bit < 64 && !(word >> bit & 1))
		bit++;
	return bit;
}

static int highest(u64 word)
{
	int bit = 63;

	while (bit >= 0 && !(word >> bit & 1))
		bit--;
	return bit;
}

static unsigned int weight(u64 word)
{
	unsigned int n = 0;

	for (int bit = 0; bit < 64; bit++)
		n += word >> bit & 1;
	return n;
}

static void check_word(u64 word)
{
	if (word) {
		assert_int_equal(__ffs(word), lowest(word));
		assert_int_equal(__fls(word), highest(word));
	}
	if (~word)
		assert_int_equal(ffz(word), lowest(~word));
	assert_int_equal(fls64(word), highest(word) + 1);
	assert_int_equal(fls_long(word), highest(word) + 1);
	assert_int_equal(fls((u32)word), highest((u32)word) + 1);
	assert_int_equal(hweight64(word), weight(word));
	assert_int_equal(hweight_long(word), weight(word));
	assert_int_equal(hweight32((u32)word), weight((u32)word));
	assert_int_equal(hweight16((u32)word), weight((u16)word));
	assert_int_equal(hweight8((u32)word), weight((u8)word));
}

static void edges_are_right(__unused void **state)
{
	check_word(0);
	check_word(~0ULL);
	for (int bit = 0; bit < 64; bit++) {
		check_word(1ULL << bit);
		check_word(~(1ULL << bit));
		check_word(~0ULL << bit);
		check_word(~0ULL >> bit);
	}
}

static void random_words_are_right(__unused void **state)
{
	struct rand_state rand;

	rand_seed(&rand, test_seed());
	for (int round = 0; round < ROUNDS; round++) {
		u64 word = (u64)rand_next(&rand) << 32 ^ rand_next(&rand);

		check_word(word);
		check_word(word & rand_next(&rand));
		check_word(word >> rand_below(&rand, 64));
	}
}

/* Turning a word bit by bit: what falls out at one end comes in at the other. */
static void rotations_lose_nothing(__unused void **state)
{
	const u64 word = 0x8123456789abcdefULL;
	u64 left = word, right = word;
	u32 left32 = (u32)word, right32 = (u32)word;

	for (unsigned int n = 0; n < 64; n++) {
		assert_int_equal(rol64(word, n), left);
		assert_int_equal(ror64(word, n), right);
		assert_int_equal(rol32((u32)word, n % 32), left32);
		assert_int_equal(ror32((u32)word, n % 32), right32);
		left = left << 1 | left >> 63;
		right = right >> 1 | right << 63;
		left32 = left32 << 1 | left32 >> 31;
		right32 = right32 >> 1 | right32 << 31;
	}
	assert_int_equal(left, word);
	assert_int_equal(right, word);
}

static void orders_of_counts(__unused void **state)
{
	assert_int_equal(get_count_order(0), -1);
	assert_int_equal(get_count_order_long(0), -1);
	for (int n = 1; n < 63; n++) {
		assert_int_equal(get_count_order_long((1UL << n) - 1), n > 1 ? n : 0);
		assert_int_equal(get_count_order_long(1UL << n), n);
		assert_int_equal(get_count_order_long((1UL << n) + 1), n + 1);
		if (n < 32)
			assert_int_equal(get_count_order(1U << n), n);
	}
}

static void bytes_are_swapped(__unused void **state)
{
	static const unsigned char bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	u64 word;

	__builtin_memcpy(&word, bytes, sizeof(word));
	assert_int_equal(be64_to_cpu(word), 0x0102030405060708);
	assert_int_equal(be32_to_cpu((u32)word), 0x01020304);
	assert_int_equal(be16_to_cpu((u16)word), 0x0102);
	assert_int_equal(le64_to_cpu(word), 0x0807060504030201);
	assert_int_equal(le16_to_cpu((u16)word), 0x0201);
	assert_int_equal(swahw32(0x01020304u), 0x03040102);
	assert_int_equal(swahb32(0x01020304u), 0x02010403);
	assert_int_equal(ntohl(htonl((u32)word)), (u32)word);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edges_are_right),        cmocka_unit_test(random_words_are_right),
		cmocka_unit_test(rotations_lose_nothing), cmocka_unit_test(orders_of_counts),
		cmocka_unit_test(bytes_are_swapped),
	};

	return cmocka_run_group_tests_name("bits", tests, NULL, NULL);
}
