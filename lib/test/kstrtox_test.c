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

static void small_numbers(__unused void **state)
{
	u16 word = UNTOUCHED;
	s16 sword = UNTOUCHED;
	u8 byte = UNTOUCHED;
	s8 sbyte = UNTOUCHED;

	assert_int_equal(kstrtou16("65536", 10, &word), -ERANGE);
	assert_int_equal(kstrtos16("-32769", 10, &sword), -ERANGE);
	assert_int_equal(kstrtou8("256", 10, &byte), -ERANGE);
	assert_int_equal(kstrtos8("128", 10, &sbyte), -ERANGE);
	assert_int_equal(kstrtou8("-1", 10, &byte), -EINVAL);
	assert_true(word == UNTOUCHED && sword == UNTOUCHED);
	assert_true(byte == UNTOUCHED && sbyte == UNTOUCHED);
	assert_int_equal(kstrtou16("0xffff", 0, &word), 0);
	assert_int_equal(kstrtos16("-32768", 10, &sword), 0);
	assert_int_equal(kstrtou8("255", 10, &byte), 0);
	assert_int_equal(kstrtos8("-128", 10, &sbyte), 0);
	assert_true(word == 0xffff && sword == -32768 && byte == 255 && sbyte == -128);
}

static void yes_and_no(__unused void **state)
{
	static const char *const yes[] = { "y", "Yes", "1", "t", "on", "ON\n" };
	static const char *const no[] = { "n", "No\n", "0", "false", "off", "oF" };
	static const char *const neither[] = { "", "2", "o", "ok", " y", "-1" };
	bool value;

	for (size_t i = 0; i < 6; i++) {
		value = false;
		assert_int_equal(kstrtobool(yes[i], &value), 0);
		assert_true(value);
		assert_int_equal(kstrtobool(no[i], &value), 0);
		assert_false(value);
		assert_int_equal(kstrtobool(neither[i], &value), -EINVAL);
	}
	assert_int_equal(kstrtobool(NULL, &value), -EINVAL);
}

static void lenient_numbers(__unused void **state)
{
	static const char text[] = "0x1fg";
	char *end;

	assert_int_equal(simple_strtoul(text, &end, 0), 0x1f);
	assert_ptr_equal(end, text + 4);
	assert_int_equal(simple_strtoul(text, &end, 10), 0);
	assert_ptr_equal(end, text + 1);
	assert_int_equal(simple_strtoul("077 ", NULL, 0), 63);
	assert_int_equal(simple_strtol("-12abc", &end, 10), -12);
	assert_string_equal(end, "abc");
	assert_true(simple_strtoll("-9223372036854775808", NULL, 10) == LLONG_MIN);
	assert_true(simple_strtoull("18446744073709551615", NULL, 10) == ULLONG_MAX);
	assert_int_equal(simple_strtoul("", &end, 10), 0);
	assert_string_equal(end, "");
	assert_int_equal(simple_strtoul("zz", &end, 36), 0);
}

static void sizes_in_memory(__unused void **state)
{
	char *end;

	assert_int_equal(memparse("4k", &end), 4096);
	assert_string_equal(end, "");
	assert_int_equal(memparse("0x2Mb", &end), 2 << 20);
	assert_string_equal(end, "b");
	assert_true(memparse("1G", NULL) == 1ULL << 30);
	assert_true(memparse("3E", NULL) == 3ULL << 60);
	assert_int_equal(memparse("17,", &end), 17);
	assert_string_equal(end, ",");
	assert_int_equal(memparse("k", &end), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unsigned_numbers), cmocka_unit_test(signed_numbers),
		cmocka_unit_test(long_numbers),     cmocka_unit_test(int_numbers),
		cmocka_unit_test(small_numbers),    cmocka_unit_test(yes_and_no),
		cmocka_unit_test(lenient_numbers),  cmocka_unit_test(sizes_in_memory),
	};

	return cmocka_run_group_tests_name("kstrtox", tests, NULL, NULL);
}
