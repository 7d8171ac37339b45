/* Parsing numbers: every form, every base, every limit. */
/* SPDX-License-Identifier: MIT */
// sources: lib/kstrtox.c
// flags:
#include "lib/errno.h"
#include "lib/kstrtox.h"
#include "lib/limits.h"
#include "lib/test/include/test.h"

#define UNTOUCHED 77

static const struct {
	const char *string;
	unsigned int base;
	int result;
	unsigned long long number;
} unsigned_cases[] = {
	{ "0", 10, 0, 0 },
	{ "42", 10, 0, 42 },
	{ "+42", 10, 0, 42 },
	{ "42\n", 10, 0, 42 },
	{ "0042", 10, 0, 42 },
	{ "ff", 16, 0, 255 },
	{ "0xFf", 16, 0, 255 },
	{ "0Xff", 0, 0, 255 },
	{ "017", 0, 0, 15 },
	{ "0", 0, 0, 0 },
	{ "17", 0, 0, 17 },
	{ "17", 8, 0, 15 },
	{ "1011", 2, 0, 11 },
	{ "18446744073709551615", 10, 0, ULLONG_MAX },
	{ "0xffffffffffffffff", 0, 0, ULLONG_MAX },
	{ "18446744073709551616", 10, -ERANGE, UNTOUCHED },
	{ "99999999999999999999999999", 10, -ERANGE, UNTOUCHED },
	{ "0x10000000000000000", 16, -ERANGE, UNTOUCHED },
	{ "", 10, -EINVAL, UNTOUCHED },
	{ "\n", 10, -EINVAL, UNTOUCHED },
	{ "+", 10, -EINVAL, UNTOUCHED },
	{ "-1", 10, -EINVAL, UNTOUCHED },
	{ "++1", 10, -EINVAL, UNTOUCHED },
	{ " 1", 10, -EINVAL, UNTOUCHED },
	{ "1 ", 10, -EINVAL, UNTOUCHED },
	{ "1\n\n", 10, -EINVAL, UNTOUCHED },
	{ "1a", 10, -EINVAL, UNTOUCHED },
	{ "0x", 0, -EINVAL, UNTOUCHED },
	{ "0x", 16, -EINVAL, UNTOUCHED },
	{ "0xg", 16, -EINVAL, UNTOUCHED },
	{ "0x1", 10, -EINVAL, UNTOUCHED },
	{ "08", 0, -EINVAL, UNTOUCHED },
	{ "2", 2, -EINVAL, UNTOUCHED },
	{ "1", 1, -EINVAL, UNTOUCHED },
	{ "1", 17, -EINVAL, UNTOUCHED },
};

static void unsigned_numbers(__unused void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(unsigned_cases); i++) {
		unsigned long long number = UNTOUCHED;
		int result = kstrtoull(unsigned_cases[i].string, unsigned_cases[i].base, &number);

		if (result != unsigned_cases[i].result || number != unsigned_cases[i].number)
			fail_msg("\"%s\" in base %u: %d, %llu", unsigned_cases[i].string,
				 unsigned_cases[i].base, result, number);
	}
}

static const struct {
	const char *string;
	int result;
	long long number;
} signed_cases[] = {
	{ "0", 0, 0 },
	{ "-0", 0, 0 },
	{ "-1", 0, -1 },
	{ "+1", 0, 1 },
	{ "-0x10\n", 0, -16 },
	{ "9223372036854775807", 0, LLONG_MAX },
	{ "-9223372036854775808", 0, LLONG_MIN },
	{ "9223372036854775808", -ERANGE, UNTOUCHED },
	{ "-9223372036854775809", -ERANGE, UNTOUCHED },
	{ "18446744073709551616", -ERANGE, UNTOUCHED },
	{ "", -EINVAL, UNTOUCHED },
	{ "-", -EINVAL, UNTOUCHED },
	{ "--1", -EINVAL, UNTOUCHED },
	{ "-+1", -EINVAL, UNTOUCHED },
	{ "+-1", -EINVAL, UNTOUCHED },
	{ "1-", -EINVAL, UNTOUCHED },
};

static void signed_numbers(__unused void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(signed_cases); i++) {
		long long number = UNTOUCHED;
		int result = kstrtoll(signed_cases[i].string, 0, &number);

		if (result != signed_cases[i].result || number != signed_cases[i].number)
			fail_msg("\"%s\": %d, %lld", signed_cases[i].string, result, number);
	}
}

static void long_numbers(__unused void **state)
{
	unsigned long u = UNTOUCHED;
	long s = UNTOUCHED;

	assert_int_equal(kstrtoul("18446744073709551615", 10, &u), 0);
	assert_true(u == ULONG_MAX);
	assert_int_equal(kstrtol("-9223372036854775808", 10, &s), 0);
	assert_true(s == LONG_MIN);
	assert_int_equal(kstrtoul("x", 10, &u), -EINVAL);
	assert_int_equal(kstrtol("9223372036854775808", 10, &s), -ERANGE);
	assert_true(u == ULONG_MAX && s == LONG_MIN);
}

static void int_numbers(__unused void **state)
{
	unsigned int u = UNTOUCHED;
	int s = UNTOUCHED;

	assert_int_equal(kstrtouint("4294967296", 10, &u), -ERANGE);
	assert_int_equal(kstrtoint("2147483648", 10, &s), -ERANGE);
	assert_int_equal(kstrtoint("-2147483649", 10, &s), -ERANGE);
	assert_int_equal(kstrtouint("-1", 10, &u), -EINVAL);
	assert_int_equal(kstrtoint("1.5", 10, &s), -EINVAL);
	assert_true(u == UNTOUCHED && s == UNTOUCHED);
	assert_int_equal(kstrtouint("4294967295", 10, &u), 0);
	assert_int_equal(kstrtoint("-2147483648", 10, &s), 0);
	assert_true(u == UINT_MAX && s == INT_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unsigned_numbers),
		cmocka_unit_test(signed_numbers),
		cmocka_unit_test(long_numbers),
		cmocka_unit_test(int_numbers),
	};

	return cmocka_run_group_tests_name("kstrtox", tests, NULL, NULL);
}
