/* The command line: good words, bad words and what is said of them, random lines. */
/* SPDX-License-Identifier: MIT */
// sources: lib/cmdline.c lib/kstrtox.c lib/format*.c lib/errname.c lib/string*.c
// flags: -include rename.h
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/limits.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "lib/test/include/test.h"

static unsigned int mode;
static char names[16];
static unsigned long seed, level;
static bool quiet;

static const struct cmdline_option options[] = {
	{ .key = "mode", .type = CMDLINE_CHOICE, .target = &mode, .accepted = "run|test|shell" },
	{ .key = "run",
	  .type = CMDLINE_STRING,
	  .target = names,
	  .min = 1,
	  .max = sizeof(names),
	  .accepted = "names, separated by commas" },
	{ .key = "seed", .type = CMDLINE_NUMBER, .target = &seed, .max = ULONG_MAX },
	{ .key = "loglevel", .type = CMDLINE_NUMBER, .target = &level, .min = 1, .max = 7 },
	{ .key = "quiet", .type = CMDLINE_BOOL, .target = &quiet },
};

static char error[200];

static int parse(const char *line)
{
	mode = 99;
	strscpy(names, "default", sizeof(names));
	seed = 1;
	level = 4;
	quiet = false;
	strscpy(error, "untouched", sizeof(error));
	return cmdline_parse(line, options, ARRAY_SIZE(options), error, sizeof(error));
}

static void an_empty_line_keeps_the_defaults(__unused void **state)
{
	assert_int_equal(parse(""), 0);
	assert_int_equal(parse(" \t \n"), 0);
	assert_int_equal(mode, 99);
	assert_string_equal(names, "default");
	assert_int_equal(seed, 1);
	assert_int_equal(level, 4);
	assert_false(quiet);
	assert_string_equal(error, "untouched");
}

static void good_words_are_stored(__unused void **state)
{
	assert_int_equal(parse("mode=test run=a,b  seed=18446744073709551615 loglevel=7 quiet"), 0);
	assert_int_equal(mode, 1);
	assert_string_equal(names, "a,b");
	assert_true(seed == ULONG_MAX);
	assert_int_equal(level, 7);
	assert_true(quiet);
}

static void every_choice_has_its_index(__unused void **state)
{
	assert_int_equal(parse("mode=run"), 0);
	assert_int_equal(mode, 0);
	assert_int_equal(parse("mode=shell"), 0);
	assert_int_equal(mode, 2);
}

static void numbers_are_decimal_or_hexadecimal(__unused void **state)
{
	assert_int_equal(parse("seed=010"), 0);
	assert_int_equal(seed, 10);
	assert_int_equal(parse("seed=0xff"), 0);
	assert_int_equal(seed, 255);
}

static void booleans_have_three_spellings(__unused void **state)
{
	static const char *const yes[] = { "quiet", "quiet=on", "quiet=1", "quiet=y" };
	static const char *const no[] = { "quiet quiet=off", "quiet quiet=0", "quiet quiet=n" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		assert_int_equal(parse(yes[i]), 0);
		assert_true(quiet);
	}
	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		assert_int_equal(parse(no[i]), 0);
		assert_false(quiet);
	}
}

static void the_last_of_two_counts(__unused void **state)
{
	assert_int_equal(parse("seed=5 mode=run seed=6"), 0);
	assert_int_equal(seed, 6);
}

static void quotes_keep_spaces(__unused void **state)
{
	assert_int_equal(parse("run=\"a b\" seed=3"), 0);
	assert_string_equal(names, "a b");
	assert_int_equal(seed, 3);
	assert_int_equal(parse("\"run=c d\" seed=4"), 0);
	assert_string_equal(names, "c d");
	assert_int_equal(seed, 4);
	assert_int_equal(parse("\"run=say \\\"x\\\" \\\\\\'\""), 0);
	assert_string_equal(names, "say \"x\" \\'");
	assert_int_equal(parse("run=a\\b"), 0);
	assert_string_equal(names, "a\\b");
}

static const struct {
	const char *line, *error;
} bad_lines[] = {
	{ "seed=abc", "seed=abc: accepted is a number from 0 to 18446744073709551615" },
	{ "seed=18446744073709551616",
	  "seed=18446744073709551616: accepted is a number from 0 to 18446744073709551615" },
	{ "seed=-1", "seed=-1: accepted is a number from 0 to 18446744073709551615" },
	{ "seed=", "seed=: accepted is a number from 0 to 18446744073709551615" },
	{ "seed", "seed: accepted is a number from 0 to 18446744073709551615" },
	{ "loglevel=0", "loglevel=0: accepted is a number from 1 to 7" },
	{ "loglevel=8", "loglevel=8: accepted is a number from 1 to 7" },
	{ "colour=red", "colour=red: unknown; accepted are mode, run, seed, loglevel, quiet" },
	{ "=red", "=red: unknown; accepted are mode, run, seed, loglevel, quiet" },
	{ "\"\"", ": unknown; accepted are mode, run, seed, loglevel, quiet" },
	{ "see=1", "see=1: unknown; accepted are mode, run, seed, loglevel, quiet" },
	{ "seeds=1", "seeds=1: unknown; accepted are mode, run, seed, loglevel, quiet" },
	{ "Seed=1", "Seed=1: unknown; accepted are mode, run, seed, loglevel, quiet" },
	{ "mode=fly", "mode=fly: accepted is run|test|shell" },
	{ "mode=tes", "mode=tes: accepted is run|test|shell" },
	{ "mode=tests", "mode=tests: accepted is run|test|shell" },
	{ "mode=run|test", "mode=run|test: accepted is run|test|shell" },
	{ "mode=", "mode=: accepted is run|test|shell" },
	{ "mode", "mode: accepted is run|test|shell" },
	{ "run=", "run=: accepted is names, separated by commas (1 to 15 characters)" },
	{ "run", "run: accepted is names, separated by commas (1 to 15 characters)" },
	{ "run=0123456789abcdef",
	  "run=0123456789abcdef: accepted is names, separated by commas (1 to 15 characters)" },
	{ "quiet=maybe", "quiet=maybe: accepted is on or off" },
	{ "quiet=", "quiet=: accepted is on or off" },
	{ "run=\"a b", "run=a b: a quote is not closed" },
	{ "seed=5 \"", ": a quote is not closed" },
	{ "a\033[2Jb\x80=1", "a?[2Jb?=1: unknown; accepted are mode, run, seed, loglevel, quiet" },
};

static void bad_words_are_explained(__unused void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_lines); i++) {
		assert_int_equal(parse(bad_lines[i].line), -EINVAL);
		assert_string_equal(error, bad_lines[i].error);
	}
}

static void a_bad_value_keeps_the_default(__unused void **state)
{
	assert_int_equal(parse("run=0123456789abcdef"), -EINVAL);
	assert_string_equal(names, "default");
	assert_int_equal(parse("loglevel=9"), -EINVAL);
	assert_int_equal(level, 4);
	assert_int_equal(parse("mode=fly"), -EINVAL);
	assert_int_equal(mode, 99);
}

static void words_before_the_bad_one_are_stored(__unused void **state)
{
	assert_int_equal(parse("seed=7 loglevel=9 mode=run"), -EINVAL);
	assert_int_equal(seed, 7);
	assert_int_equal(mode, 99);
}

static void the_longest_word_fits(__unused void **state)
{
	char line[CMDLINE_WORD_MAX + 2], text[CMDLINE_WORD_MAX];
	const struct cmdline_option option = { "k", CMDLINE_STRING, text, 0, sizeof(text), NULL };

	memset(line, 'x', sizeof(line));
	line[0] = 'k';
	line[1] = '=';
	line[CMDLINE_WORD_MAX] = '\0';
	assert_int_equal(cmdline_parse(line, &option, 1, error, sizeof(error)), 0);
	assert_int_equal(strlen(text), CMDLINE_WORD_MAX - 2);
	line[CMDLINE_WORD_MAX] = 'x';
	line[CMDLINE_WORD_MAX + 1] = '\0';
	assert_int_equal(cmdline_parse(line, &option, 1, error, sizeof(error)), -EINVAL);
	assert_string_equal(error,
			    "k=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: the word is too long");
}

static void an_error_text_keeps_to_its_size(__unused void **state)
{
	for (size_t size = 0; size < 80; size++) {
		char *text = malloc(size);

		for (size_t i = 0; i < ARRAY_SIZE(bad_lines); i++) {
			assert_int_equal(cmdline_parse(bad_lines[i].line, options,
						       ARRAY_SIZE(options), text, size),
					 -EINVAL);
			assert_true(size == 0 || strlen(text) < size);
		}
		free(text);
	}
}

/* Lines of random pieces, in buffers of exactly their size. */
static void random_lines_do_no_harm(__unused void **state)
{
	static const char *const pieces[] = {
		"seed", "mode", "run",  "quiet", "=",  " ",    "\"",
		"\\",   "7",    "test", "0x",    "\t", "\x01",
	};
	struct rand_state rand;
	int good = 0;

	rand_seed(&rand, test_seed());
	for (int round = 0; round < 100000; round++) {
		char line[128] = "", *exact;

		for (u32 n = rand_below(&rand, 12); n; n--)
			strcat(line, pieces[rand_below(&rand, ARRAY_SIZE(pieces))]);
		exact = strdup(line);
		good += parse(exact) == 0;
		free(exact);
	}
	assert_in_range(good, 1000, 99000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_line_keeps_the_defaults),
		cmocka_unit_test(good_words_are_stored),
		cmocka_unit_test(every_choice_has_its_index),
		cmocka_unit_test(numbers_are_decimal_or_hexadecimal),
		cmocka_unit_test(booleans_have_three_spellings),
		cmocka_unit_test(the_last_of_two_counts),
		cmocka_unit_test(quotes_keep_spaces),
		cmocka_unit_test(bad_words_are_explained),
		cmocka_unit_test(a_bad_value_keeps_the_default),
		cmocka_unit_test(words_before_the_bad_one_are_stored),
		cmocka_unit_test(the_longest_word_fits),
		cmocka_unit_test(an_error_text_keeps_to_its_size),
		cmocka_unit_test(random_lines_do_no_harm),
	};

	return cmocka_run_group_tests_name("cmdline", tests, NULL, NULL);
}
