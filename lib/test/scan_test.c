/* sscanf: against libc's where they agree, and tables where Linux's differs. */
/* SPDX-License-Identifier: MIT */
// sources: lib/scan.c lib/kstrtox.c lib/string.c lib/strings.c
// flags: -include rename.h
#include "lib/scan.h"
#include "lib/test/include/test.h"

// In this file sscanf() is libc's, and lib_sscanf() ours.
#undef memcmp
#undef memset
#undef sscanf
#undef strcmp
#undef strlen
#undef strncmp

/* Formats come from tables here. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"

static const char *const strings[] = {
	"",      "1",         "12 34",         "-5 +6",      "0x1f 017",  "  7\t8\n9", "abc def",
	"a=1,b", "1,2,3",     "99999999999 1", "2147483648", "ff FF 0xg", "-",         "- 1",
	"12abc", "key:value", "  spaced  ",    "12:34:56.7", "100%",      "[x] y]",    "aaabbb ccc",
};

static const char *const formats[] = {
	"%d",      "%d %d",  "%d%d",    "%i %i",    "%x %x %x", "%u",     "%o",   "%1d%1d",
	"%2d%d",   "%d,%d",  "%d , %d", "%d:%d:%d", "%2x%2x",   "%*d %d", "%d%%", "%3d%n",
	"%hd %hd", "%d %*s", "x%d",     " %d",      "%i%n %i",  "%d.%d",
};

static void numbers(__unused void **state)
{
	for (size_t s = 0; s < ARRAY_SIZE(strings); s++) {
		for (size_t f = 0; f < ARRAY_SIZE(formats); f++) {
			int a[3] = { 77, 77, 77 }, b[3] = { 77, 77, 77 };
			int x = sscanf(strings[s], formats[f], &a[0], &a[1], &a[2]);
			int y = lib_sscanf(strings[s], formats[f], &b[0], &b[1], &b[2]);

			// A width that ends a number behind its 0x.
			if (!strncmp(strings[s], "0x", 2) && formats[f][1] == '2')
				continue;
			// Of a string that is over, C's says -1 (EOF). A number too large is undefined there.
			if (x < 0)
				x = 0;
			if (strlen(strings[s]) > 9 && strings[s][9] >= '0')
				continue;
			if (x != y || memcmp(a, b, sizeof(a)) != 0)
				fail_msg("\"%s\" as \"%s\": %d, %d %d %d", strings[s], formats[f],
					 y, b[0], b[1], b[2]);
		}
	}
}

/* As Linux's test_scanf.c has it: the number that is cut off is 0, and the next begins behind the x. */
static void numbers_are_cut_behind_0x(__unused void **state)
{
	unsigned int a = 77, b = 77;

	assert_int_equal(lib_sscanf("0x67", "%2i%i", &a, &b), 2);
	assert_true(a == 0 && b == 67);
	assert_int_equal(lib_sscanf("0X67", "%2x%x", &a, &b), 2);
	assert_true(a == 0 && b == 0x67);
	assert_int_equal(lib_sscanf("-0x1f", "%3x%x", &a, &b), 2);
	assert_true(a == 0 && b == 0x1f);
	assert_int_equal(lib_sscanf("0x67", "%1x%n", &a, &b), 1);
	assert_true(a == 0 && b == 1);
	assert_int_equal(lib_sscanf("0x67", "%3x%x", &a, &b), 2);
	assert_true(a == 6 && b == 7);
	assert_int_equal(lib_sscanf("0x67", "%2d%x", &a, &b), 1);
	assert_int_equal(lib_sscanf("0xyz", "%2x%n", &a, &b), 1);
	assert_true(a == 0 && b == 1);
}

static const char *const word_formats[] = {
	"%s",     "%s %s",  "%3s%s",   "%c%c",    "%3c",   "%[a-c]%s", "%[^=]=%s", "%[^,],%[^,]",
	"%*s %s", "%[]x[]", "%[a-]%s", "%2[a]%s", "%[^]]", "%5s",      " %c",      "key:%s",
};

static void words(__unused void **state)
{
	for (size_t s = 0; s < ARRAY_SIZE(strings); s++) {
		for (size_t f = 0; f < ARRAY_SIZE(word_formats); f++) {
			char a[2][32], b[2][32];
			int x, y;

			memset(a, '#', sizeof(a));
			memset(b, '#', sizeof(b));
			x = sscanf(strings[s], word_formats[f], a[0], a[1]);
			y = lib_sscanf(strings[s], word_formats[f], b[0], b[1]);
			// C's stores what there is of a %3c, and does not count it.
			if (strlen(strings[s]) < 3 && !strcmp(word_formats[f], "%3c"))
				continue;
			if (max(x, 0) != y || memcmp(a, b, sizeof(a)) != 0)
				fail_msg("\"%s\" as \"%s\": %d, \"%.32s\", \"%.32s\"", strings[s],
					 word_formats[f], y, b[0], b[1]);
		}
	}
}

static void sizes(__unused void **state)
{
	struct {
		u8 byte;
		u8 after;
		u16 word;
		u16 after_word;
		u64 wide;
		long l;
		size_t size;
	} x = { 0, 9, 0, 9, 0, 0, 0 };
	int n = -1;

	assert_int_equal(lib_sscanf("255 65535 18446744073709551615 -3 7 rest",
				    "%hhu %hu %llu %ld %zu%n", &x.byte, &x.word,
				    (unsigned long long *)&x.wide, &x.l, &x.size, &n),
			 5);
	assert_int_equal(x.byte, 255);
	assert_int_equal(x.word, 65535);
	assert_true(x.after == 9 && x.after_word == 9);
	assert_true(x.wide == ~0ULL && x.l == -3 && x.size == 7);
	assert_int_equal(n, 35);
	assert_int_equal(lib_sscanf("300", "%hhu", &x.byte), 1);
	assert_int_equal(x.byte, 300 - 256);
	// A conversion that is not known ends it.
	assert_int_equal(lib_sscanf("1 2 3", "%d %y %d", &n, &n, &n), 1);
	assert_int_equal(lib_sscanf("1", "%d%", &n), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(numbers_are_cut_behind_0x),
		cmocka_unit_test(words),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
