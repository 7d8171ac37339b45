/* Lines of a hexadecimal dump, and strings of digits. */
/* SPDX-License-Identifier: MIT */
// sources: lib/hexdump.c lib/format.c lib/format_pointer.c lib/errname.c lib/string.c
// flags: -include rename.h
#include "lib/errno.h"
#include "lib/hexdump.h"
#include "lib/macros.h"
#include "lib/test/include/test.h"

// In the test itself the plain names are libc's.
#undef memcmp
#undef memset
#undef strlen

static void check(const char *bytes, size_t size, int row, int group, bool ascii,
		  const char *expected)
{
	char line[200];
	int length = (int)strlen(expected);

	assert_int_equal(hex_dump_to_buffer(bytes, size, row, group, line, sizeof(line), ascii),
			 length);
	assert_string_equal(line, expected);
	// Cut to any length, terminated, and nothing beyond.
	for (int room = 0; room <= length; room++) {
		memset(line, '#', sizeof(line));
		assert_int_equal(hex_dump_to_buffer(bytes, size, row, group, line, (size_t)room,
						    ascii),
				 length);
		assert_int_equal(line[room], '#');
		assert_true(!room ||
			    (!memcmp(line, expected, (size_t)room - 1) && !line[room - 1]));
	}
}

static void lines(__unused void **state)
{
	static const char text[] = "Hello,\x01\xff world! and more";

	check(text, 5, 16, 1, false, "48 65 6c 6c 6f");
	check(text, 5, 16, 1, true, "48 65 6c 6c 6f                                   Hello");
	check(text, 28, 16, 1, true,
	      "48 65 6c 6c 6f 2c 01 ff 20 77 6f 72 6c 64 21 20  Hello,.. world! ");
	check(text, 8, 16, 4, true, "6c6c6548 ff012c6f                    Hello,..");
	check(text, 8, 16, 8, false, "ff012c6f6c6c6548");
	check(text, 4, 16, 2, false, "6548 6c6c");
	check(text, 5, 16, 2, false, "48 65 6c 6c 6f");
	check(text, 20, 32, 4, false, "6c6c6548 ff012c6f 726f7720 2021646c 20646e61");
	check(text, 20, 7, 3, false, "48 65 6c 6c 6f 2c 01 ff 20 77 6f 72 6c 64 21 20");
	check(text, 0, 16, 1, true, "");
}

static void digits(__unused void **state)
{
	char text[9] = "########";
	u8 bytes[4];

	assert_ptr_equal(bin2hex(text, "\x01\xab\xf0", 3), text + 6);
	assert_string_equal(text, "01abf0##");
	assert_int_equal(hex2bin(bytes, "01aBF0", 3), 0);
	assert_memory_equal(bytes, "\x01\xab\xf0", 3);
	assert_int_equal(hex2bin(bytes, "0", 1), -EINVAL);
	assert_int_equal(hex2bin(bytes, "", 1), -EINVAL);
	assert_int_equal(hex2bin(bytes, "x0", 1), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(digits),
	};

	return cmocka_run_group_tests_name("hexdump", tests, NULL, NULL);
}
