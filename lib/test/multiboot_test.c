/* The multiboot2 parser on information that is well formed. */
/* SPDX-License-Identifier: MIT */
// sources: arch/x86_64/multiboot.c lib/format*.c lib/errname.c lib/string.c
// flags: -include rename.h -Iarch/x86_64/include
#include "lib/test/include/multiboot_build.h"

static void everything_is_read(__unused void **state)
{
	build_usual();
	assert_int_equal(parse(), 0);
	assert_string_equal(info.error, "");
	assert_string_equal(info.cmdline, "mode=test seed=5");
	assert_false(info.cmdline_truncated);
	assert_string_equal(info.loader, "GRUB 2.06");
	assert_int_equal(info.memory_lower_kib, 639);
	assert_int_equal(info.memory_upper_kib, 261120);
	assert_int_equal(info.n_memory, 4); // the entry of size 0 is dropped
	assert_int_equal(info.n_memory_ignored, 0);
	for (u32 i = 0; i < info.n_memory; i++) {
		assert_true(info.memory[i].base == (u64)(i + 1) << 30);
		assert_true(info.memory[i].size == (u64)(i + 1) << 20);
		assert_int_equal(info.memory[i].type, i + 2);
	}
	assert_int_equal(info.n_modules, 2);
	assert_true(info.modules[0].start == 0x1000000 && info.modules[0].end == 0x1000010);
	assert_string_equal(info.modules[0].words, "explore mode=explore");
	assert_true(info.modules[1].start == info.modules[1].end);
	assert_string_equal(info.modules[1].words, "");
	assert_true(info.rsdp_valid);
	assert_int_equal(info.rsdp_size, 36);
	assert_memory_equal(info.rsdp, new_rsdp, 36);
}

static void the_least_is_a_memory_map(__unused void **state)
{
	begin();
	add_memory_map(2, 24);
	end();
	assert_int_equal(parse(), 0);
	assert_string_equal(info.cmdline, "");
	assert_string_equal(info.loader, "");
	assert_false(info.rsdp_valid);
	assert_int_equal(info.n_memory, 1);
}

static void larger_entries_are_stepped_over(__unused void **state)
{
	begin();
	add_memory_map(5, 40);
	end();
	assert_int_equal(parse(), 0);
	assert_int_equal(info.n_memory, 4);
	assert_true(info.memory[3].base == 4ULL << 30);
}

static void too_many_entries_are_counted(__unused void **state)
{
	begin();
	add_memory_map(300, 24);
	end();
	assert_int_equal(parse(), 0);
	assert_int_equal(info.n_memory, BOOT_MEMORY_MAX);
	assert_int_equal(info.n_memory_ignored, 299 - BOOT_MEMORY_MAX);
}

static void a_wrapping_entry_is_cut(__unused void **state)
{
	static const u64 size = U64_MAX;
	u32 map;

	begin();
	map = add_memory_map(3, 24);
	memcpy(built.bytes + map + 16 + 2 * 24 + 8, &size, 8);
	end();
	assert_int_equal(parse(), 0);
	assert_int_equal(info.n_memory, 2);
	assert_true(info.memory[1].base + info.memory[1].size == U64_MAX);
}

static void a_long_command_line_is_cut(__unused void **state)
{
	char text[BOOT_CMDLINE_SIZE + 1];

	for (size_t length = sizeof(info.cmdline) - 1; length <= sizeof(info.cmdline); length++) {
		memset(text, 'x', length);
		text[length] = '\0';
		begin();
		add_text(1, text);
		add_text(2, text);
		add_memory_map(2, 24);
		end();
		assert_int_equal(parse(), 0);
		assert_int_equal(strlen(info.cmdline), sizeof(info.cmdline) - 1);
		assert_int_equal(info.cmdline_truncated, length == sizeof(info.cmdline));
		assert_int_equal(strlen(info.loader), sizeof(info.loader) - 1);
	}
}

static void modules_without_room_are_left_out(__unused void **state)
{
	char text[BOOT_CMDLINE_SIZE + 1];

	memset(text, 'x', sizeof(text) - 1);
	text[BOOT_CMDLINE_SIZE] = '\0';
	begin();
	add_module(1, 2, text);
	add_module(3, 4, text + 1);
	add_module(5, 6, "b");
	add_module(7, 8, "c");
	add_memory_map(2, 24);
	end();
	assert_int_equal(parse(), 0);
	assert_int_equal(info.n_modules, 2);
	assert_string_equal(info.modules[0].words, text + 1);
	assert_int_equal(info.modules[1].start, 5);
}

static void the_new_root_pointer_counts_more(__unused void **state)
{
	for (int new_first = 0; new_first < 2; new_first++) {
		begin();
		if (new_first)
			add_tag(15, new_rsdp, sizeof(new_rsdp));
		add_tag(14, old_rsdp, sizeof(old_rsdp));
		if (!new_first)
			add_tag(15, new_rsdp, sizeof(new_rsdp));
		add_memory_map(2, 24);
		end();
		assert_int_equal(parse(), 0);
		assert_int_equal(info.rsdp_size, 36);
		assert_memory_equal(info.rsdp, new_rsdp, 36);
	}
}

static void the_old_root_pointer_suffices(__unused void **state)
{
	begin();
	add_tag(14, old_rsdp, sizeof(old_rsdp));
	add_memory_map(2, 24);
	end();
	assert_int_equal(parse(), 0);
	assert_true(info.rsdp_valid);
	assert_int_equal(info.rsdp_size, 20);
	assert_memory_equal(info.rsdp, old_rsdp, 20);
}

static void the_first_of_two_tags_counts(__unused void **state)
{
	begin();
	add_text(1, "first");
	add_text(1, "second");
	add_memory_map(3, 24);
	add_memory_map(5, 24);
	end();
	assert_int_equal(parse(), 0);
	assert_string_equal(info.cmdline, "first");
	assert_int_equal(info.n_memory, 2);
}

static void what_was_read_before_an_error_is_kept(__unused void **state)
{
	begin();
	add_text(1, "mode=test");
	add_memory_map(2, 20);
	end();
	assert_int_equal(parse(), -EINVAL);
	assert_string_equal(info.cmdline, "mode=test");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(the_least_is_a_memory_map),
		cmocka_unit_test(larger_entries_are_stepped_over),
		cmocka_unit_test(too_many_entries_are_counted),
		cmocka_unit_test(a_wrapping_entry_is_cut),
		cmocka_unit_test(a_long_command_line_is_cut),
		cmocka_unit_test(modules_without_room_are_left_out),
		cmocka_unit_test(the_new_root_pointer_counts_more),
		cmocka_unit_test(the_old_root_pointer_suffices),
		cmocka_unit_test(the_first_of_two_tags_counts),
		cmocka_unit_test(what_was_read_before_an_error_is_kept),
	};

	return cmocka_run_group_tests_name("multiboot", tests, NULL, NULL);
}
