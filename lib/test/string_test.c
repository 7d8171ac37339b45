/* Memory and string functions against libc's. */
/* SPDX-License-Identifier: MIT */
// sources: lib/string.c
// flags: -include rename.h
#include "lib/errno.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "lib/test/include/test.h"

// In this file the plain names are libc's, and ours begin with lib_.
#undef memcmp
#undef memcpy
#undef memmove
#undef memset
#undef strchr
#undef strcmp
#undef strlen
#undef strncmp
#undef strnlen
#undef strrchr
#undef strstr

/* Every alignment of a word, and sizes around several words. */
#define OFFSETS 8
#define SIZES   70
#define AREA    (2 * OFFSETS + SIZES)

static void fill(u8 *area, struct rand_state *rand)
{
	for (size_t i = 0; i < AREA; i++)
		area[i] = (u8)rand_next(rand);
}

static void memcpy_copies(__unused void **state)
{
	u8 from[AREA], expected[AREA], actual[AREA];
	struct rand_state rand;

	rand_seed(&rand, test_seed());
	for (size_t to = 0; to < OFFSETS; to++) {
		for (size_t start = 0; start < OFFSETS; start++) {
			for (size_t size = 0; size <= SIZES; size++) {
				fill(from, &rand);
				fill(expected, &rand);
				memcpy(actual, expected, AREA);
				memcpy(expected + to, from + start, size);
				assert_ptr_equal(lib_memcpy(actual + to, from + start, size),
						 actual + to);
				assert_memory_equal(actual, expected, AREA);
			}
		}
	}
}

/* Copies inside one area from every offset to every other. */
static void memmove_copies_what_overlaps(__unused void **state)
{
	u8 expected[AREA], actual[AREA];
	struct rand_state rand;

	rand_seed(&rand, test_seed());
	for (size_t to = 0; to < 2 * OFFSETS; to++) {
		for (size_t from = 0; from < 2 * OFFSETS; from++) {
			for (size_t size = 0; size <= SIZES; size++) {
				fill(expected, &rand);
				memcpy(actual, expected, AREA);
				memmove(expected + to, expected + from, size);
				assert_ptr_equal(lib_memmove(actual + to, actual + from, size),
						 actual + to);
				assert_memory_equal(actual, expected, AREA);
			}
		}
	}
}

static void memset_fills(__unused void **state)
{
	static const int bytes[] = { 0, 1, 0x7f, 0x80, 0xff, -1, 0x1234 };
	u8 expected[AREA], actual[AREA];

	for (size_t b = 0; b < ARRAY_SIZE(bytes); b++) {
		for (size_t to = 0; to < OFFSETS; to++) {
			for (size_t size = 0; size <= SIZES; size++) {
				memset(expected, 0x55, AREA);
				memset(actual, 0x55, AREA);
				memset(expected + to, bytes[b], size);
				assert_ptr_equal(lib_memset(actual + to, bytes[b], size),
						 actual + to);
				assert_memory_equal(actual, expected, AREA);
			}
		}
	}
}

static int sign(int number)
{
	return (number > 0) - (number < 0);
}

/* A random text of few letters, so that equal beginnings and repetitions are common. */
static char *random_text(struct rand_state *rand, size_t length)
{
	static const char letters[] = { 'a', 'b', (char)0xe9 };
	char *text = malloc(length + 1);

	for (size_t i = 0; i < length; i++)
		text[i] = letters[rand_below(rand, sizeof(letters))];
	text[length] = '\0';
	return text;
}

static void compare_pair(const char *a, const char *b, size_t limit)
{
	assert_int_equal(sign(lib_strcmp(a, b)), sign(strcmp(a, b)));
	assert_int_equal(sign(lib_strncmp(a, b, limit)), sign(strncmp(a, b, limit)));
	assert_ptr_equal(lib_strstr(a, b), strstr(a, b));
	assert_int_equal(lib_strlen(a), strlen(a));
	assert_int_equal(lib_strnlen(a, limit), strnlen(a, limit));
	for (const char *c = "ab\xe9z"; *c; c++) {
		assert_ptr_equal(lib_strchr(a, *c), strchr(a, *c));
		assert_ptr_equal(lib_strrchr(a, *c), strrchr(a, *c));
	}
	assert_ptr_equal(lib_strchr(a, 0), strchr(a, 0));
	assert_ptr_equal(lib_strrchr(a, 0), strrchr(a, 0));
}

static void strings_are_as_in_libc(__unused void **state)
{
	struct rand_state rand;

	rand_seed(&rand, test_seed());
	for (int round = 0; round < 20000; round++) {
		char *a = random_text(&rand, rand_below(&rand, 12));
		char *b = random_text(&rand, rand_below(&rand, 5));

		compare_pair(a, b, rand_below(&rand, 14));
		free(a);
		free(b);
	}
}

static void memcmp_is_as_in_libc(__unused void **state)
{
	struct rand_state rand;

	rand_seed(&rand, test_seed());
	for (int round = 0; round < 20000; round++) {
		size_t size = rand_below(&rand, 8);
		char *a = random_text(&rand, size), *b = random_text(&rand, size);

		assert_int_equal(sign(lib_memcmp(a, b, size)), sign(memcmp(a, b, size)));
		free(a);
		free(b);
	}
	assert_true(lib_memcmp("\x80", "\x7f", 1) > 0);
	assert_true(lib_memcmp("a\0b", "a\0c", 3) < 0);
}

/* What has no terminator may not be read past its bound: the sanitizer watches. */
static void bounds_are_kept(__unused void **state)
{
	char *text = malloc(4), copy[4];

	memcpy(text, "abcd", 4);
	assert_int_equal(lib_strnlen(text, 4), 4);
	assert_int_equal(lib_strncmp(text, "abcd", 4), 0);
	assert_int_equal(strscpy(copy, text, 4), -E2BIG);
	assert_string_equal(copy, "abc");
	free(text);
}

static void strscpy_truncates(__unused void **state)
{
	char to[8];

	for (size_t length = 0; length < 12; length++) {
		char from[16] = "";

		memset(from, 'x', length);
		memset(to, '#', sizeof(to));
		if (length < 6)
			assert_int_equal(strscpy(to, from, 6), length);
		else
			assert_int_equal(strscpy(to, from, 6), -E2BIG);
		assert_int_equal(strlen(to), min(length, (size_t)5));
		assert_int_equal(to[6], '#');
	}
	assert_int_equal(strscpy(to, "text", 0), -E2BIG);
	assert_int_equal(strscpy(to, "", 1), 0);
	assert_int_equal(strscpy(to, "a", 1), -E2BIG);
	assert_string_equal(to, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memcpy_copies),
		cmocka_unit_test(memmove_copies_what_overlaps),
		cmocka_unit_test(memset_fills),
		cmocka_unit_test(memcmp_is_as_in_libc),
		cmocka_unit_test(strings_are_as_in_libc),
		cmocka_unit_test(bounds_are_kept),
		cmocka_unit_test(strscpy_truncates),
	};

	return cmocka_run_group_tests_name("string", tests, NULL, NULL);
}
