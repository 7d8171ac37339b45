/* The multiboot2 information that is written for another kernel: the parser reads what went in. */
/* SPDX-License-Identifier: MIT */
// sources: arch/x86_64/multiboot.c arch/x86_64/multiboot_build.c lib/format*.c lib/errname.c lib/string.c
// flags: -include rename.h -Iarch/x86_64/include
#include "lib/test/include/multiboot_build.h"

#define ROOM 4096

static u8 *rebuilt; /* of exactly as many bytes as may be written to */
static struct boot_info before;

static size_t rebuild(const char *cmdline, size_t room)
{
	free(rebuilt);
	rebuilt = malloc(room);
	memset(rebuilt, 0xaa, room);
	return multiboot_build(&before, cmdline, rebuilt, room);
}

static void prepare(void)
{
	build_usual();
	assert_int_equal(parse(), 0);
	before = info;
}

static void what_went_in_comes_out(__unused void **state)
{
	size_t size;

	prepare();
	size = rebuild("mode=explore", ROOM);
	assert_true(size > 0);
	assert_int_equal(multiboot_parse(rebuilt, size, &info), 0);
	assert_string_equal(info.cmdline, "mode=explore");
	memcpy(info.cmdline, before.cmdline, sizeof(info.cmdline));
	assert_memory_equal(&info, &before, sizeof(info));
	assert_int_equal(info.n_modules, 2);
}

static void the_old_root_pointer_stays_old(__unused void **state)
{
	size_t size;

	prepare();
	before.rsdp_size = 20;
	size = rebuild("", ROOM);
	assert_int_equal(multiboot_parse(rebuilt, size, &info), 0);
	assert_int_equal(info.rsdp_size, 20);
	before.rsdp_valid = false;
	size = rebuild("", ROOM);
	assert_int_equal(multiboot_parse(rebuilt, size, &info), 0);
	assert_false(info.rsdp_valid);
}

/* Room for all but one byte is no room, and what there is not is not written to. */
static void too_little_room_is_said(__unused void **state)
{
	size_t size;

	prepare();
	size = rebuild("words", ROOM);
	assert_int_equal(rebuild("words", size), size);
	for (size_t room = 8; room < size; room++)
		assert_int_equal(rebuild("words", room), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_went_in_comes_out),
		cmocka_unit_test(the_old_root_pointer_stays_old),
		cmocka_unit_test(too_little_room_is_said),
	};

	return cmocka_run_group_tests_name("multiboot_build", tests, NULL, NULL);
}
