/* The printf against the host's, over a grid of all conversions; and what only ours has. */
/* SPDX-License-Identifier: MIT */
// sources: lib/format*.c lib/errname.c lib/string.c
// flags: -include rename.h
#include "lib/err.h"
#include "lib/format.h"
#include "lib/limits.h"
#include "lib/test/include/format_expect.h"
#include "lib/test/include/test.h"

static unsigned long compared;

/* Formats by both and compares text and length. */
static void compare(const char *format, ...)
{
	char expected[OUTPUT_SIZE], actual[OUTPUT_SIZE];
	int expected_length, actual_length;
	va_list arguments;

	va_start(arguments, format);
	expected_length = vsnprintf(expected, sizeof(expected), format, arguments);
	va_end(arguments);
	va_start(arguments, format);
	actual_length = lib_vsnprintf(actual, sizeof(actual), format, arguments);
	va_end(arguments);
	compared++;
	if (actual_length != expected_length || strcmp(actual, expected) != 0)
		fail_msg("\"%s\": \"%s\" (%d) should be \"%s\" (%d)", format, actual, actual_length,
			 expected, expected_length);
}

/* The flags of a subset of `letters`, in their order. */
static void flags_of(unsigned int subset, const char *letters, char *flags)
{
	for (; *letters; letters++, subset >>= 1) {
		if (subset & 1)
			*flags++ = *letters;
	}
	*flags = '\0';
}

static unsigned long zeros_with_prefix; /* what is not as on the host */

static const s64 values[] = {
	0,      1,     -1,      8,       100,      -128,      255,       32767,
	-32768, 65536, INT_MAX, INT_MIN, UINT_MAX, LLONG_MAX, LLONG_MIN,
};

static bool is_zero(s64 value, const char *length)
{
	if (strcmp(length, "hh") == 0)
		return !(u8)value;
	if (strcmp(length, "h") == 0)
		return !(u16)value;
	return *length ? !value : !(u32)value;
}

/* All integer conversions with one set of flags, width, precision and length. */
static void compare_integers(const char *flags, const char *width, const char *precision,
			     const char *length)
{
	bool is_long = length[0] && length[0] != 'h';
	char format[32];

	for (const char *conversion = "diuoxX"; *conversion; conversion++) {
		snprintf(format, sizeof(format), "<%%%s%s%s%s%c>", flags, width, precision, length,
			 *conversion);
		for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
			if (strchr(flags, '#') && (*conversion | 0x20) == 'x' &&
			    is_zero(values[i], length))
				zeros_with_prefix++;
			else if (is_long)
				compare(format, values[i]);
			else
				compare(format, (int)values[i]);
		}
	}
}

static void integers_are_as_on_the_host(__unused void **state)
{
	static const char *const widths[] = { "", "1", "7", "25" };
	static const char *const precisions[] = { "", ".", ".1", ".6", ".023" };
	static const char *const lengths[] = { "hh", "h", "", "l", "ll", "z", "t", "j" };
	char flags[8];

	compared = 0;
	for (unsigned int subset = 0; subset < 32; subset++) {
		flags_of(subset, "-+ #0", flags);
		for (size_t w = 0; w < ARRAY_SIZE(widths); w++) {
			for (size_t p = 0; p < ARRAY_SIZE(precisions); p++) {
				for (size_t l = 0; l < ARRAY_SIZE(lengths); l++)
					compare_integers(flags, widths[w], precisions[p],
							 lengths[l]);
			}
		}
	}
	assert_int_equal(compared + zeros_with_prefix, 32UL * 4 * 5 * 8 * 6 * ARRAY_SIZE(values));
}

static void strings_are_as_on_the_host(__unused void **state)
{
	static const char *const formats[] = {
		"<%s>",     "<%9s>",  "<%-9s>", "<%.3s>", "<%9.3s>",
		"<%-9.3s>", "<%.0s>", "<%.s>",  "<%1s>",
	};
	static const char *const strings[] = { "", "a", "abc", "abcd", "a longer string of text" };

	for (size_t f = 0; f < ARRAY_SIZE(formats); f++) {
		for (size_t s = 0; s < ARRAY_SIZE(strings); s++)
			compare(formats[f], strings[s]);
	}
}

static void a_precision_bounds_what_is_read(__unused void **state)
{
	char *unterminated = malloc(3), output[8];

	memcpy(unterminated, "xyz", 3);
	assert_int_equal(lib_snprintf(output, sizeof(output), "%.3s", unterminated), 3);
	assert_string_equal(output, "xyz");
	free(unterminated);
}

static void characters_are_as_on_the_host(__unused void **state)
{
	for (int c = 1; c < 256; c++) {
		compare("<%c>", c);
		compare("<%4c>", c);
		compare("<%-4c>", c);
	}
}

static void a_nul_character_is_counted(__unused void **state)
{
	char output[8];

	assert_int_equal(lib_snprintf(output, sizeof(output), "a%cb", 0), 3);
	assert_memory_equal(output, "a\0b", 4);
}

static void sizes_come_from_arguments(__unused void **state)
{
	for (int width = -12; width <= 12; width++) {
		for (int precision = -2; precision <= 12; precision++) {
			compare("<%*.*d>", width, precision, -345);
			compare("<%0*.*x>", width, precision, 0xabc);
			compare("<%*.*s>", width, precision, "string");
		}
		compare("<%0*d>", width, 77);
	}
}

static void conversions_follow_each_other(__unused void **state)
{
	compare("");
	compare("plain");
	compare("%%");
	compare("%d%%%s%c", 5, "five", '5');
	compare("%s: %d of %u at %#lx, %lld%s", "name", -1, 2u, 3ul, -4ll, "");
	compare("%hhd %hd %d %ld %lld %zd %td %jd", 1, 2, 3, 4l, 5ll, (ssize_t)6, (ptrdiff_t)7,
		(intmax_t)8);
}

/* The buffer is exactly as large as is said: the sanitizer sees one byte more. */
static void truncation_keeps_to_the_buffer(__unused void **state)
{
	static const char whole[] = "one -00042 0xbeef      pad%";

	for (size_t size = 0; size <= sizeof(whole) + 2; size++) {
		char *buffer = malloc(size);
		int length =
			lib_snprintf(buffer, size, "%s %06d %#x %8s%%", "one", -42, 0xbeef, "pad");

		assert_int_equal(length, sizeof(whole) - 1);
		if (size) {
			size_t kept = min(size - 1, sizeof(whole) - 1);

			assert_memory_equal(buffer, whole, kept);
			assert_int_equal(buffer[kept], '\0');
		}
		free(buffer);
	}
}

static void sprintf_has_no_limit(__unused void **state)
{
	char buffer[8] = "#######";

	assert_int_equal(sprintf(buffer, "%d-%s", 12, "ab"), 5);
	assert_memory_equal(buffer, "12-ab\0#", 8);
}

static void scnprintf_returns_what_is_there(__unused void **state)
{
	char buffer[8];

	assert_int_equal(scnprintf(buffer, 8, "%s", "1234"), 4);
	assert_int_equal(scnprintf(buffer, 5, "%s", "1234"), 4);
	assert_int_equal(scnprintf(buffer, 4, "%s", "1234"), 3);
	assert_string_equal(buffer, "123");
	assert_int_equal(scnprintf(buffer, 1, "%s", "1234"), 0);
	assert_int_equal(scnprintf(NULL, 0, "%s", "1234"), 0);
	assert_int_equal(lib_snprintf(NULL, 0, "%s", "1234"), 4);
}

/* Our snprintf() with a format that the compiler does not check, and would refuse. */
static int format_unchecked(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = lib_vsnprintf(buffer, size, format, arguments);
	va_end(arguments);
	return length;
}

/* A width of 2^31 would take seconds if it were counted character by character. */
static void huge_sizes_cost_nothing(__unused void **state)
{
	char buffer[8];

	assert_int_equal(format_unchecked(buffer, 8, "%*d", INT_MAX, 1), INT_MAX);
	assert_string_equal(buffer, "       ");
	assert_int_equal(format_unchecked(buffer, 8, "%*d", INT_MIN, 1), INT_MAX);
	assert_string_equal(buffer, "1      ");
	assert_int_equal(format_unchecked(buffer, 8, "%99999999999d", 1), INT_MAX);
	assert_int_equal(format_unchecked(buffer, 8, "%.*d", INT_MAX, 1), INT_MAX);
	assert_string_equal(buffer, "0000000");
	for (int i = 0; i < 1000; i++)
		format_unchecked(buffer, 8, "%*d%*d", INT_MAX, 1, INT_MAX, 1);
}

/* Here the host's has none. */
static void zero_has_a_prefix_too(__unused void **state)
{
	expect("0x0 0X0", "%#x %#lX", 0, 0UL);
	expect("   0x0|0x0   |0x0000", "%#6x|%-#6x|%#06x", 0, 0, 0);
	expect("0x000 0", "%#.3x %#o", 0, 0);
}

static void what_is_unknown_prints_itself(__unused void **state)
{
	expect("%f 7", "%f %d", 7);
	expect("<%-5.2f>7", "<%-5.2f>%d", 7);
	expect("%q%y%", "%q%y%");
	expect("%", "%");
	expect("%-5", "%-5");
	expect("%ll", "%ll");
	expect("%\xff", "%\xff");
}

static void percent_n_writes_nothing(__unused void **state)
{
	int written = 1234;

	expect("ab 5", "a%nb %d", &written, 5);
	expect("ab 5", "a%hhnb %d", &written, 5);
	assert_int_equal(written, 1234);
}

static void bad_strings_are_not_read(__unused void **state)
{
	expect("(null)", "%s", NULL);
	expect("  (null)", "%8s", NULL);
	expect("(nu", "%.3s", NULL);
	expect("(efault)", "%s", (char *)8);
	expect("(efault)", "%s", ERR_PTR(-EINVAL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_as_on_the_host),
		cmocka_unit_test(zero_has_a_prefix_too),
		cmocka_unit_test(strings_are_as_on_the_host),
		cmocka_unit_test(a_precision_bounds_what_is_read),
		cmocka_unit_test(characters_are_as_on_the_host),
		cmocka_unit_test(a_nul_character_is_counted),
		cmocka_unit_test(sizes_come_from_arguments),
		cmocka_unit_test(conversions_follow_each_other),
		cmocka_unit_test(truncation_keeps_to_the_buffer),
		cmocka_unit_test(sprintf_has_no_limit),
		cmocka_unit_test(scnprintf_returns_what_is_there),
		cmocka_unit_test(huge_sizes_cost_nothing),
		cmocka_unit_test(what_is_unknown_prints_itself),
		cmocka_unit_test(percent_n_writes_nothing),
		cmocka_unit_test(bad_strings_are_not_read),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
