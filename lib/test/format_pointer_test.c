/* The %p family of the printf: addresses, errors, symbols, bytes, bits, and texts inside texts. */
/* SPDX-License-Identifier: MIT */
// sources: lib/format*.c lib/errname.c lib/string.c
// flags: -include rename.h
#include "lib/err.h"
#include "lib/format.h"
#include "lib/test/include/format_expect.h"
#include "lib/test/include/test.h"

static void addresses_have_16_digits(__unused void **state)
{
	void *address = (void *)0x1234abcdUL;

	expect("000000001234abcd", "%p", address);
	expect("000000001234abcd|", "%px|", address);
	expect("  000000001234abcd|", "%18p|", address);
	expect("000000001234abcd  |", "%-18p|", address);
	expect("0000000000000000", "%p", NULL);
	expect("0000000000000000", "%px", NULL);
	expect("ffffffffffffffff.", "%p.", (void *)-1L);
	expect("000000001234abcdQ", "%pQ", address);
}

static void errors_have_names(__unused void **state)
{
	expect("-ENOMEM", "%pe", ERR_PTR(-ENOMEM));
	expect("-ERESTARTSYS!", "%pe!", ERR_PTR(-ERESTARTSYS));
	expect("  -EBUSY", "%8pe", ERR_PTR(-EBUSY));
	expect("-4000", "%pe", ERR_PTR(-4000));
	expect("0000000000001000", "%pe", (void *)4096L);
	expect("0000000000000000", "%pe", NULL);
}

/* Formats what it is given by way of %pV, twice: the list is not used up. */
static void expect_inside(const char *expected, const char *format, ...)
{
	va_list arguments;
	struct va_format inner = { .fmt = format, .va = &arguments };

	va_start(arguments, format);
	expect(expected, "<%pV|%pV>%d", &inner, &inner, 3);
	va_end(arguments);
}

static void texts_have_texts_inside(__unused void **state)
{
	expect_inside("<one 1 two|one 1 two>3", "one %d %s", 1, "two");
	expect_inside("<|>3", "");
	expect("(null)", "%pV", NULL);
}

static void bytes_are_dumped(__unused void **state)
{
	u8 bytes[80];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i * 17);
	expect("00 11 22 33", "%*ph", 4, bytes);
	expect("00:11:22:33.", "%*phC.", 4, bytes);
	expect("00-11-22-33", "%4phD", bytes);
	expect("00112233", "%*phN", 4, bytes);
	expect("00", "%ph", bytes);
	expect("00 11 22", "%*ph", -3, bytes);
	expect("(null) (efault)", "%4ph %4ph", NULL, (void *)1);
}

static void at_most_64_bytes_are_dumped(__unused void **state)
{
	u8 *bytes = calloc(64, 1);
	char output[256];

	assert_int_equal(lib_snprintf(output, sizeof(output), "%*ph", 64, bytes), 64 * 3 - 1);
	assert_int_equal(lib_snprintf(output, sizeof(output), "%*phN", 1000, bytes), 128);
	free(bytes);
}

static size_t name_symbol(char *buffer, size_t size, unsigned long address, bool with_offset)
{
	if (address < 0x1000 || address >= 0x2000)
		return 0;
	return (size_t)(with_offset ? scnprintf(buffer, size, "start+%#lx", address - 0x1000) :
				      scnprintf(buffer, size, "start"));
}

static void symbols_come_from_the_hook(__unused void **state)
{
	expect("0x1234", "%ps", (void *)0x1234);
	expect("0x1234", "%pS", (void *)0x1234);
	format_symbol_hook = name_symbol;
	expect("start", "%ps", (void *)0x1234);
	expect("start+0x234", "%pS", (void *)0x1234);
	expect("start+0x233", "%pB", (void *)0x1234);
	expect("start+0xfff", "%pB", (void *)0x2000);
	expect("     start.", "%10ps.", (void *)0x1234);
	expect("0x2000", "%pS", (void *)0x2000);
	format_symbol_hook = NULL;
}

static void bitmaps(__unused void **state)
{
	static const unsigned long map[2] = { 0x800000000000008fUL, 0x3 };

	expect("0-3,7,63-65.", "%*pbl.", 66, map);
	expect("0-3,7", "%*pbl", 63, map);
	expect("0-2 0-1 0", "%3pbl %2pbl %1pbl", map, map, map);
	expect("()", "(%*pbl)", 0, map);
	expect("3,80000000,0000008f.", "%*pb.", 66, map);
	expect("0f", "%*pb", 6, map);
	expect("(null) (null)", "%*pbl %*pb", 4, NULL, 4, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_have_16_digits),
		cmocka_unit_test(errors_have_names),
		cmocka_unit_test(texts_have_texts_inside),
		cmocka_unit_test(bytes_are_dumped),
		cmocka_unit_test(at_most_64_bytes_are_dumped),
		cmocka_unit_test(symbols_come_from_the_hook),
		cmocka_unit_test(bitmaps),
	};

	return cmocka_run_group_tests_name("format_pointer", tests, NULL, NULL);
}
