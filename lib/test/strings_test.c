/* The rest of the string functions: against libc's, and those that libc has not against tables. */
/* SPDX-License-Identifier: MIT */
// sources: lib/string.c lib/strings.c
// flags: -include rename.h
#include "lib/ctype.h"
#include "lib/errno.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "lib/test/include/test.h"

// In this file these plain names are libc's, and ours begin with lib_.
#undef memchr
#undef memcmp
#undef memcpy
#undef memset
#undef snprintf
#undef stpcpy
#undef strcasecmp
#undef strcat
#undef strchrnul
#undef strcmp
#undef strcpy
#undef strcspn
#undef strlen
#undef strncasecmp
#undef strncat
#undef strncpy
#undef strnlen
#undef strpbrk
#undef strsep
#undef strspn

// Text that does not fit is the point.
#pragma GCC diagnostic ignored "-Wformat-truncation"

#define LENGTH 12

/* Few letters, so that there is much to find; some above ASCII, which no one may take for negative. */
static void make(struct rand_state *rand, char *string)
{
	static const char letters[] = "aAbBz \xe9";
	u32 length = rand_below(rand, LENGTH);

	for (u32 i = 0; i < length; i++)
		string[i] = letters[rand_below(rand, sizeof(letters) - 1)];
	string[length] = '\0';
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void check_looking(const char *a, const char *b, size_t n)
{
	assert_int_equal(lib_strspn(a, b), strspn(a, b));
	assert_int_equal(lib_strcspn(a, b), strcspn(a, b));
	assert_ptr_equal(lib_strpbrk(a, b), strpbrk(a, b));
	assert_int_equal(sign(lib_strcasecmp(a, b)), sign(strcasecmp(a, b)));
	assert_int_equal(sign(lib_strncasecmp(a, b, n)), sign(strncasecmp(a, b, n)));
	assert_ptr_equal(lib_strchrnul(a, b[0]), strchrnul(a, b[0]));
	assert_ptr_equal(lib_memchr(a, b[0], strlen(a)), memchr(a, b[0], strlen(a)));
	assert_ptr_equal(memscan((void *)a, b[0], strlen(a)),
			 memchr(a, b[0], strlen(a)) ?: (void *)(a + strlen(a)));
	assert_ptr_equal(strnchr(a, n, b[0]), memchr(a, b[0], min(n, strlen(a) + 1)));
}

static void numbers_are_filled(__unused void **state)
{
	u16 narrow[4] = { 0 };
	u32 wide[4] = { 0 };
	u64 widest[4] = { 0 };

	assert_ptr_equal(memset16(narrow, 0x1234, 3), narrow);
	assert_ptr_equal(memset32(wide, 0x12345678, 3), wide);
	assert_ptr_equal(memset64(widest, ~5ULL, 3), widest);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(narrow[i], i < 3 ? 0x1234 : 0);
		assert_int_equal(wide[i], i < 3 ? 0x12345678 : 0);
		assert_int_equal(widest[i], i < 3 ? ~5ULL : 0);
	}
}

/* Both into an area of the same content: what is beyond must not change either. */
static void check_copying(const char *a, const char *b, size_t n)
{
	char x[3 * LENGTH], y[3 * LENGTH];

	memset(x, '#', sizeof(x));
	memset(y, '#', sizeof(y));
	assert_ptr_equal(lib_strcpy(x, a), x);
	strcpy(y, a);
	assert_memory_equal(x, y, sizeof(x));
	assert_ptr_equal(lib_strcat(x, b), x);
	strcat(y, b);
	assert_memory_equal(x, y, sizeof(x));
	assert_ptr_equal(lib_stpcpy(x, b), x + strlen(b));
	stpcpy(y, b);
	assert_ptr_equal(lib_strncat(x, a, n), x);
	strncat(y, a, n);
	assert_memory_equal(x, y, sizeof(x));
	assert_ptr_equal(lib_strncpy(x, b, n), x);
	strncpy(y, b, n);
	assert_memory_equal(x, y, sizeof(x));
}

static void check_limited(const char *a, const char *b, size_t n)
{
	char x[2 * LENGTH], y[2 * LENGTH];

	memset(x, '#', sizeof(x));
	assert_int_equal(lib_strlcpy(x, a, n), strlen(a));
	if (n)
		assert_int_equal(snprintf(y, n, "%s", a), strlen(a));
	assert_true(!n || !strcmp(x, y));
	assert_int_equal(x[n], '#');
	strcpy(x, a);
	memset(x + strlen(a) + 1, '#', sizeof(x) - strlen(a) - 1);
	assert_int_equal(lib_strlcat(x, b, n), min(n, strlen(a)) + strlen(b));
	if (n > strlen(a)) {
		snprintf(y, n, "%s%s", a, b);
		assert_string_equal(x, y);
	} else {
		assert_string_equal(x, a);
	}
	memset(x, '#', sizeof(x));
	if (strscpy_pad(x, a, n) >= 0) {
		strncpy(y, a, n);
		assert_memory_equal(x, y, n);
	}
	assert_int_equal(x[n], '#');
}

static void check_cutting(const char *a, const char *b)
{
	char x[LENGTH], y[LENGTH], *s = x, *t = y, *token;

	strcpy(x, a);
	strcpy(y, a);
	do {
		token = strsep(&t, b);
		s = s ?: NULL;
		if (!token) {
			assert_null(lib_strsep(&s, b));
			break;
		}
		assert_string_equal(lib_strsep(&s, b), token);
		assert_int_equal(s ? s - x : -1, t ? t - y : -1);
	} while (1);
	assert_memory_equal(x, y, strlen(a) + 1);
}

/* The first place, within the first n characters, where memcmp() finds it. */
static const char *find_within(const char *a, const char *b, size_t n)
{
	size_t length = strnlen(a, n);

	for (size_t i = 0; i + strlen(b) <= length; i++) {
		if (!memcmp(a + i, b, strlen(b)))
			return a + i;
	}
	return NULL;
}

static void as_in_libc(__unused void **state)
{
	char a[LENGTH], b[LENGTH];
	struct rand_state rand;

	rand_seed(&rand, test_seed());
	for (int round = 0; round < 100000; round++) {
		size_t n = rand_below(&rand, LENGTH + 3);

		make(&rand, a);
		make(&rand, b);
		check_looking(a, b, n);
		check_copying(a, b, n);
		check_limited(a, b, n);
		check_cutting(a, b);
		b[min(strlen(b), (size_t)2)] = '\0';
		assert_ptr_equal(strnstr(a, b, n), find_within(a, b, n));
	}
}

static void kinds_of_characters(__unused void **state)
{
	for (int c = -1; c < 256; c++) {
		assert_int_equal(lib_isalpha(c), !!isalpha(c));
		assert_int_equal(lib_isalnum(c), !!isalnum(c));
		assert_int_equal(lib_isdigit(c), !!isdigit(c));
		assert_int_equal(lib_isxdigit(c), !!isxdigit(c));
		assert_int_equal(lib_islower(c), !!islower(c));
		assert_int_equal(lib_isupper(c), !!isupper(c));
		assert_int_equal(lib_isspace(c), !!isspace(c));
		assert_int_equal(lib_isgraph(c), !!isgraph(c));
		assert_int_equal(lib_isprint(c), !!isprint(c));
		assert_int_equal(lib_ispunct(c), !!ispunct(c));
		assert_int_equal(lib_iscntrl(c), !!iscntrl(c));
		assert_int_equal(lib_isascii(c), !!isascii(c));
		assert_int_equal(lib_toupper(c), toupper(c));
		assert_int_equal(lib_tolower(c), tolower(c));
	}
	assert_int_equal(hex_to_bin('7') * 10000 + hex_to_bin('a') * 100 + hex_to_bin('F'), 71015);
	assert_int_equal(hex_to_bin('g') + hex_to_bin(' '), -2);
}

static void blanks_and_bytes(__unused void **state)
{
	char text[] = " \t two words \n ", blank[] = " \n", bytes[20];

	assert_string_equal(skip_spaces(text), "two words \n ");
	assert_string_equal(strim(text), "two words");
	assert_string_equal(strstrip(blank), "");
	assert_string_equal(strreplace(text + 3, 'o', '0'), "tw0 w0rds");
	memset(bytes, 7, sizeof(bytes));
	assert_null(memchr_inv(bytes, 7, sizeof(bytes)));
	bytes[19] = bytes[13] = 8;
	assert_ptr_equal(memchr_inv(bytes, 7, sizeof(bytes)), bytes + 13);
	assert_null(memchr_inv(bytes, 0x107, 13));
	for (size_t from = 0; from < sizeof(bytes); from++) {
		for (size_t odd = from; odd < sizeof(bytes); odd++) {
			memset(bytes, 7, sizeof(bytes));
			bytes[odd] = 8;
			assert_ptr_equal(memchr_inv(bytes + from, 7, sizeof(bytes) - from),
					 bytes + odd);
			assert_null(memchr_inv(bytes + from, 7, odd - from));
		}
	}
	memzero_explicit(bytes, 19);
	assert_null(memchr_inv(bytes, 0, 19));
	assert_int_equal(bytes[19], 8);
}

static void names(__unused void **state)
{
	static const char *const colours[] = { "red", "green", NULL, "blue" };

	assert_int_equal(match_string(colours, 4, "green"), 1);
	assert_int_equal(match_string(colours, 1, "green"), -EINVAL);
	assert_int_equal(match_string(colours, 4, "blue"), -EINVAL);
	assert_int_equal(match_string(colours, 4, "red\n"), -EINVAL);
	assert_int_equal(sysfs_match_string(colours, "red\n"), 0);
	assert_int_equal(sysfs_match_string(colours, "re"), -EINVAL);
	assert_true(sysfs_streq("a", "a\n") && sysfs_streq("a\n", "a") && sysfs_streq("", "\n"));
	assert_false(sysfs_streq("a", "a\n\n") || sysfs_streq("a", "ab") ||
		     sysfs_streq("a\nb", "a"));
	assert_int_equal(str_has_prefix("prefix", "pre"), 3);
	assert_int_equal(str_has_prefix("pre", "prefix"), 0);
	assert_true(strstarts("a", "") && strstarts("ab", "ab") && !strstarts("ab", "b"));
	assert_string_equal(kbasename("a/b/x.c"), "x.c");
	assert_string_equal(kbasename("x.c"), "x.c");
	assert_string_equal(kbasename("dir/"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_in_libc),         cmocka_unit_test(kinds_of_characters),
		cmocka_unit_test(blanks_and_bytes),   cmocka_unit_test(names),
		cmocka_unit_test(numbers_are_filled),
	};

	return cmocka_run_group_tests_name("strings", tests, NULL, NULL);
}
