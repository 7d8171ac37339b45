/* line: keys against what they do on the terminals that people know. */
/* SPDX-License-Identifier: MIT */
// sources: lib/line.c lib/string.c
// flags: -include rename.h
#include "lib/line.h"
#include "lib/rand.h"
#include "lib/test/include/test.h"

// In the test itself the plain names are libc's.
#undef strlen
#undef strcmp
#undef memset

static struct line line;

static enum line_event keys(const char *text)
{
	enum line_event event = LINE_NOTHING;

	for (; *text; text++)
		event = line_take(&line, *text);
	return event;
}

static void begin(void)
{
	memset(&line, 0, sizeof(line));
}

static void expect(const char *text, u32 at)
{
	assert_string_equal(line.text, text);
	assert_int_equal(line.at, at);
	assert_int_equal(line.n, strlen(text));
}

static void enter(const char *text)
{
	assert_int_equal(keys(text), LINE_CHANGED);
	assert_int_equal(keys("\r"), LINE_ENTERED);
	assert_string_equal(line.text, text);
	line_next(&line);
	expect("", 0);
}

static void edits(void **state)
{
	begin();
	keys("abc\033[D\033[DX");
	expect("aXbc", 2);
	keys("\001Y\005Z");
	expect("YaXbcZ", 6);
	keys("\033[H\033[3~");
	expect("aXbcZ", 0);
	keys("\033[F\177\010");
	expect("aXb", 3);
	keys("\002\002\013");
	expect("a", 1);
	keys(" two  three ");
	keys("\027");
	expect("a two  ", 7);
	keys("\027");
	expect("a ", 2);
	keys("\025");
	expect("", 0);
	keys("ab\033OD\033OH\004");
	expect("b", 0);
	keys("\033[4~\033[1~\006");
	expect("b", 1);
}

static void ends(void **state)
{
	begin();
	assert_int_equal(keys("\004"), LINE_END);
	assert_int_equal(keys("x\003"), LINE_CANCELLED);
	assert_int_equal(keys("\t"), LINE_COMPLETE);
	assert_int_equal(keys("\r"), LINE_ENTERED);
	assert_int_equal(keys("\n"), LINE_NOTHING); // of "\r\n"
	assert_int_equal(keys("\n"), LINE_ENTERED);
	assert_int_equal(keys("\004"), LINE_NOTHING); // deletes, and there is nothing
	expect("x", 1);
	assert_int_equal(keys("\010"), LINE_CHANGED);
	assert_int_equal(keys("\010\033[D\033[C\033[B\033x\001\005\300"), LINE_NOTHING);
	expect("", 0);
}

static void remembers(void **state)
{
	begin();
	enter("one");
	enter("two");
	enter("two");
	assert_int_equal(keys("\r"), LINE_ENTERED);
	line_next(&line);
	keys("dra\033[A");
	expect("two", 3);
	keys("\020");
	expect("one", 3);
	assert_int_equal(keys("\033[A"), LINE_NOTHING);
	keys("\033[B\016");
	expect("dra", 3);
	assert_int_equal(keys("\033[B"), LINE_NOTHING);
	keys("\033[A!\r");
	expect("two!", 4);
	line_next(&line);
	keys("\033[A\033[A");
	expect("two", 3);
	begin();
	for (char c = 'a'; c < 'a' + LINE_PAST + 3; c++)
		enter((char[]){ c, '\0' });
	for (u32 i = 0; i < LINE_PAST; i++)
		assert_int_equal(keys("\033[A"), LINE_CHANGED);
	expect("d", 1);
	assert_int_equal(keys("\033[A"), LINE_NOTHING);
}

static void keeps_within(void **state)
{
	begin();
	for (u32 i = 0; i < 2 * LINE_SIZE; i++)
		keys("a");
	assert_int_equal(line.n, LINE_SIZE - 1);
	line_insert(&line, "more");
	assert_int_equal(strlen(line.text), LINE_SIZE - 1);
}

/* Whatever comes, the line is a string, and the cursor in it. */
static void anything(void **state)
{
	struct rand_state rand;

	begin();
	rand_seed(&rand, 1);
	for (u32 i = 0; i < 300000; i++) {
		u32 bits = (u32)rand_next(&rand);
		char c = bits & 0x700 ? "abc \033[[OABCDHF~13\177"[(bits & 0xff) % 19] : (char)bits;

		if (line_take(&line, c) == LINE_ENTERED)
			line_next(&line);
		assert_true(line.n < LINE_SIZE && line.at <= line.n && strlen(line.text) == line.n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits),     cmocka_unit_test(ends),
		cmocka_unit_test(remembers), cmocka_unit_test(keeps_within),
		cmocka_unit_test(anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
