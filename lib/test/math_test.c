/* Arithmetic, sorting, searching, checksums. */
/* SPDX-License-Identifier: MIT */
// sources: lib/math.c lib/sort.c lib/crc32.c
// flags: -include rename.h
#include "lib/crc32.h"
#include "lib/gcd.h"
#include "lib/math.h"
#include "lib/overflow.h"
#include "lib/sort.h"
#include "lib/test/include/test.h"

// In the test itself these are libc's.
#undef memcmp
#undef memcpy

static void rounding(__unused void **state)
{
	int evaluated = 7;
	u64 n = 1000000007;

	assert_int_equal(roundup(21, 10) * 100 + rounddown(29, 10), 3020);
	assert_int_equal(roundup(20, 10), 20);
	assert_int_equal(round_up(17, 16) * 100 + round_down(31, 16), 3216);
	assert_int_equal(DIV_ROUND_CLOSEST(14, 10) * 10 + DIV_ROUND_CLOSEST(15, 10), 12);
	assert_int_equal(DIV_ROUND_CLOSEST(-14, 10) * 10 + DIV_ROUND_CLOSEST(-15, 10), -12);
	assert_int_equal(DIV_ROUND_CLOSEST(15U, 10U) + DIV_ROUND_UP_ULL(11, 10), 4);
	assert_true(mult_frac(1ULL << 62, 3, 4) == 3ULL << 60);
	assert_int_equal(mult_frac(7, 3, 2), 10);
	assert_int_equal(abs(-3) + abs(4), 7);
	assert_true(abs(-(1L << 40)) == 1L << 40);
	assert_int_equal(abs(evaluated++), 7);
	assert_int_equal(evaluated, 8);
	assert_int_equal(min3(3, 1, 2) * 10 + max3(1, 3, 2), 13);
	assert_int_equal(clamp_t(int, 300UL, 0, 255) + clamp_val((u8)5, 7, 9), 262);
	assert_int_equal(min_not_zero(0, 4) * 100 + min_not_zero(3, 0) * 10 + min_not_zero(2, 1),
			 431);
	assert_true(upper_32_bits(0x123456789aULL) == 0x12 &&
		    lower_32_bits(0x123456789aULL) == 0x3456789a);
	assert_int_equal(do_div(n, 10), 7);
	assert_int_equal(n, 100000000);
}

static void bits_of_numbers(__unused void **state)
{
	assert_int_equal(sign_extend32(0xff, 7), -1);
	assert_int_equal(sign_extend32(0x17f, 7), 0x7f);
	assert_int_equal(sign_extend64(0x80, 7), -128);
	assert_int_equal(FIELD_PREP(0xf0, 5), 0x50);
	assert_int_equal(FIELD_GET(0xf0, 0x1a5), 0xa);
	assert_true(FIELD_FIT(0xf0, 15) && !FIELD_FIT(0xf0, 16));
	assert_int_equal(FIELD_MAX(0x70), 7);
	for (unsigned long n = 1; n < 5000; n++) {
		int floor = 0, ceiling = 0;

		while (2UL << floor <= n)
			floor++;
		while (1UL << ceiling < n)
			ceiling++;
		assert_int_equal(ilog2(n), floor);
		assert_int_equal(order_base_2(n), ceiling);
		assert_int_equal(is_power_of_2(n), floor == ceiling);
		assert_int_equal(roundup_pow_of_two(n), 1UL << ceiling);
		assert_int_equal(rounddown_pow_of_two(n), 1UL << floor);
	}
	assert_int_equal(ilog2(~0UL), 63);
	assert_false(is_power_of_2(0));
	static_assert(roundup_pow_of_two(100) == 128 && ilog2(64) == 6);
}

static void divisions(__unused void **state)
{
	u32 rest;
	u64 rest64;
	s32 srest;

	assert_true(div_u64_rem(1ULL << 40, 1000, &rest) == (1ULL << 40) / 1000);
	assert_int_equal(rest, (1ULL << 40) % 1000);
	assert_true(div64_u64_rem(~0ULL, 1ULL << 33, &rest64) == (1ULL << 31) - 1);
	assert_true(rest64 == (1ULL << 33) - 1);
	assert_int_equal(div_s64_rem(-7, 2, &srest), -3);
	assert_int_equal(srest, -1);
	assert_int_equal(div_u64(10, 3) + (u64)div_s64(-10, 5) + div64_u64(9, 3), 4);
	assert_int_equal(div64_s64(-9, 3), -3);
	for (unsigned long n = 0; n < 1000; n++) {
		assert_int_equal(int_sqrt(n * n), n);
		assert_int_equal(int_sqrt(n * n + 2 * n), n);
	}
	assert_int_equal(int_sqrt(~0UL), 0xffffffff);
	assert_int_equal(gcd(12, 18) * 1000 + lcm(4, 6), 6012);
	assert_int_equal(gcd(0, 5) * 100 + gcd(7, 0) * 10 + lcm(0, 5), 570);
}

static void overflows(__unused void **state)
{
	struct {
		long count;
		int numbers[];
	} *list = NULL;
	u8 sum;

	assert_true(type_max(s8) == 127 && type_min(s8) == -128 && type_min(u8) == 0);
	assert_true(type_max(u64) == ~0ULL && type_max(long) == LONG_MAX);
	assert_true(is_signed_type(int) && is_unsigned_type(bool) && is_unsigned_type(u16));
	assert_true(check_add_overflow(200, 100, &sum) && sum == 44);
	assert_false(check_sub_overflow(200, 100, &sum));
	assert_true(check_mul_overflow(200, 2, &sum));
	assert_true(size_mul(1UL << 32, 1UL << 32) == SIZE_MAX &&
		    size_add(SIZE_MAX, 1) == SIZE_MAX);
	assert_int_equal(array3_size(2, 3, 4), 24);
	assert_int_equal(struct_size(list, numbers, 5), 8 + 20);
	assert_true(struct_size(list, numbers, SIZE_MAX / 2) == SIZE_MAX);
}

static int compare_bytes(const void *a, const void *b)
{
	return memcmp(a, b, 1);
}

static int n_exchanges;

static void exchange(void *a, void *b, int size)
{
	char kept[3];

	assert_int_equal(size, 3);
	memcpy(kept, a, 3);
	memcpy(a, b, 3);
	memcpy(b, kept, 3);
	n_exchanges++;
}

/* Elements of 3 bytes: the key, and two that must stay with it. */
static void sorting(__unused void **state)
{
	struct rand_state rand;
	u8 elements[50][3];

	rand_seed(&rand, test_seed());
	for (int round = 0; round < 5000; round++) {
		u32 count = rand_below(&rand, 51), sum = 0;
		u8 *exact = (u8 *)malloc(3 * count + 1) + 1; // the end is where the sanitizer looks

		for (u32 i = 0; i < count; i++) {
			elements[i][0] = (u8)rand_below(&rand, 40);
			elements[i][1] = (u8)(elements[i][0] ^ 0x55);
			elements[i][2] = (u8)i;
			sum += i;
		}
		sort(elements, count, 3, compare_bytes, round % 2 ? exchange : NULL);
		for (u32 i = 0; i < count; i++) {
			assert_true(!i || elements[i][0] >= elements[i - 1][0]);
			assert_int_equal(elements[i][1], elements[i][0] ^ 0x55);
			sum -= elements[i][2];
		}
		assert_int_equal(sum, 0);
		memcpy(exact, elements, 3 * count);
		for (u8 key = 0; key < 42; key++) {
			const u8 *found = bsearch(&key, exact, count, 3, compare_bytes);
			bool there = false;

			for (u32 i = 0; i < count; i++)
				there |= elements[i][0] == key;
			assert_int_equal(found != NULL, there);
			assert_true(!found || *found == key);
		}
		free(exact - 1);
	}
	assert_true(n_exchanges > 0);
}

static void checksums(__unused void **state)
{
	assert_int_equal(~crc32(~0U, "123456789", 9), 0xcbf43926);
	assert_int_equal(crc32_le(crc32_le(7, "12345", 5), "6789", 4), crc32_le(7, "123456789", 9));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rounding),  cmocka_unit_test(bits_of_numbers),
		cmocka_unit_test(divisions), cmocka_unit_test(overflows),
		cmocka_unit_test(sorting),   cmocka_unit_test(checksums),
	};

	return cmocka_run_group_tests_name("math", tests, NULL, NULL);
}
