/* The multiboot2 parser on information that is broken: in every known way, and at random. */
/* SPDX-License-Identifier: MIT */
// sources: arch/x86_64/multiboot.c lib/format*.c lib/errname.c lib/string.c
// flags: -include rename.h -Iarch/x86_64/include
#include "lib/test/include/multiboot_build.h"

/* Each of these spoils the usual information, or builds another, that has one thing wrong. */
static void no_end_tag(void)
{
	build_usual();
	built.size -= 8;
	set_u32(0, built.size);
}

static void total_size_of_zero(void)
{
	build_usual();
	set_u32(0, 0);
}

static void total_size_of_seven(void)
{
	build_usual();
	set_u32(0, 7);
}

static void total_size_too_large(void)
{
	build_usual();
	set_u32(0, built.size + 1);
}

static void total_size_huge(void)
{
	build_usual();
	set_u32(0, U32_MAX);
}

static void total_size_cuts_a_tag(void)
{
	build_usual();
	set_u32(0, 20);
}

static void tag_size_of_zero(void)
{
	build_usual();
	set_u32(8 + 4, 0);
}

static void tag_size_of_seven(void)
{
	build_usual();
	set_u32(8 + 4, 7);
}

static void tag_size_huge(void)
{
	build_usual();
	set_u32(8 + 4, U32_MAX);
}

/* The padded size wraps around in 32 bits. */
static void tag_size_wraps(void)
{
	build_usual();
	set_u32(8 + 4, U32_MAX - 3);
}

static void command_line_not_terminated(void)
{
	begin();
	add_tag(1, "abc", 3);
	add_memory_map(2, 24);
	end();
}

static void module_short(void)
{
	begin();
	add_tag(3, "1234567", 7);
	add_memory_map(2, 24);
	end();
}

static void module_without_text(void)
{
	begin();
	add_tag(3, "\0\0\0\0\0\0\0\0", 8);
	add_memory_map(2, 24);
	end();
}

static void module_backwards(void)
{
	begin();
	add_module(0x1001, 0x1000, "x");
	add_memory_map(2, 24);
	end();
}

static void command_line_empty(void)
{
	begin();
	add_tag(1, NULL, 0);
	add_memory_map(2, 24);
	end();
}

static void loader_not_terminated(void)
{
	begin();
	add_tag(2, "abcdefgh", 8);
	add_memory_map(2, 24);
	end();
}

static void basic_memory_short(void)
{
	begin();
	add_tag(4, "1234567", 7);
	add_memory_map(2, 24);
	end();
}

static void memory_map_short(void)
{
	begin();
	add_tag(6, "1234567", 7);
	end();
}

static void entries_of_zero(void)
{
	begin();
	set_u32(add_memory_map(2, 24) + 8, 0);
	end();
}

static void entries_too_small(void)
{
	begin();
	set_u32(add_memory_map(2, 24) + 8, 16);
	end();
}

static void entries_not_aligned(void)
{
	begin();
	set_u32(add_memory_map(2, 24) + 8, 28);
	end();
}

static void memory_map_ends_in_an_entry(void)
{
	u32 map;

	begin();
	map = add_memory_map(3, 24);
	set_u32(map + 4, 16 + 2 * 24 + 8);
	end();
}

static void root_pointer_short(void)
{
	begin();
	add_tag(15, old_rsdp, 19);
	add_memory_map(2, 24);
	end();
}

static void no_memory_map(void)
{
	begin();
	add_text(1, "mode=test");
	end();
}

static void memory_map_without_memory(void)
{
	begin();
	add_memory_map(1, 24);
	end();
}

static const struct {
	void (*build)(void);
	const char *error;
} broken[] = {
	{ no_end_tag, "there is no end tag in 400 bytes" },
	{ total_size_of_zero, "there is no end tag in 0 bytes" },
	{ total_size_of_seven, "there is no end tag in 7 bytes" },
	{ total_size_too_large, "it says it has 409 bytes, and only 408 can be read" },
	{ total_size_huge, "it says it has 4294967295 bytes, and only 408 can be read" },
	{ total_size_cuts_a_tag, "tag 1 at 8 does not end in 20 bytes" },
	{ tag_size_of_zero, "tag 1 at 8 has a size of 0" },
	{ tag_size_of_seven, "tag 1 at 8 has a size of 7" },
	{ tag_size_huge, "tag 1 at 8 does not end in 408 bytes" },
	{ tag_size_wraps, "tag 1 at 8 does not end in 408 bytes" },
	{ command_line_not_terminated, "the command line is not terminated" },
	{ command_line_empty, "the command line is not terminated" },
	{ loader_not_terminated, "the loader's name is not terminated" },
	{ module_short, "a module's tag has only 15 bytes" },
	{ module_without_text, "a module's text is not terminated" },
	{ module_backwards, "a module ends at 0x1000, before it begins" },
	{ basic_memory_short, "the basic memory tag has only 15 bytes" },
	{ memory_map_short, "the memory map tag has only 15 bytes" },
	{ entries_of_zero, "the memory map has entries of 0 bytes" },
	{ entries_too_small, "the memory map has entries of 16 bytes" },
	{ entries_not_aligned, "the memory map has entries of 28 bytes" },
	{ memory_map_ends_in_an_entry, "the memory map ends inside an entry" },
	{ root_pointer_short, "the ACPI tag has only 27 bytes" },
	{ no_memory_map, "there is no memory map" },
	{ memory_map_without_memory, "there is no memory map" },
};

static void what_is_broken_is_refused(__unused void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		broken[i].build();
		assert_int_equal(parse(), -EINVAL);
		assert_string_equal(info.error, broken[i].error);
	}
}

static void no_place_no_information(__unused void **state)
{
	build_usual();
	assert_int_equal(multiboot_parse(NULL, 100, &info), -EINVAL);
	assert_string_equal(info.error, "no information can be at address 0x0");
	assert_int_equal(multiboot_parse(built.bytes + 4, 100, &info), -EINVAL);
}

/* Whatever the limit is, nothing beyond it is read. */
static void every_limit_is_kept(__unused void **state)
{
	build_usual();
	for (size_t limit = 0; limit < built.size; limit++)
		assert_int_equal(parse_limited(limit), -EINVAL);
	assert_int_equal(parse_limited(built.size), 0);
}

/* And the same where the total size agrees with the limit. */
static void every_truncation_is_seen(__unused void **state)
{
	build_usual();
	for (u32 size = 8; size < built.size; size++) {
		set_u32(0, size);
		assert_int_equal(parse_limited(size), -EINVAL);
	}
}

/* What must be true of any result. */
static void check_result(int result, unsigned long round)
{
	bool is_error = result == -EINVAL;

	if (result != 0 && !is_error)
		fail_in_round(round, "the result is %d", result);
	if (is_error != (info.error[0] != '\0') || strnlen(info.error, 80) == 80)
		fail_in_round(round, "%d with the error '%.80s'", result, info.error);
	if (strnlen(info.cmdline, sizeof(info.cmdline)) == sizeof(info.cmdline) ||
	    strnlen(info.loader, sizeof(info.loader)) == sizeof(info.loader))
		fail_in_round(round, "a text is not terminated");
	if (info.n_memory > BOOT_MEMORY_MAX || info.rsdp_size > BOOT_RSDP_SIZE)
		fail_in_round(round, "a count is too large");
	for (u32 i = 0; i < info.n_modules; i++) {
		const struct boot_module *module = &info.modules[i];

		if (i >= BOOT_MODULES_MAX || module->end < module->start ||
		    strnlen(module->words, sizeof(module->words)) == sizeof(module->words))
			fail_in_round(round, "module %u", i);
	}
	for (u32 i = 0; i < info.n_memory; i++) {
		if (!info.memory[i].size || info.memory[i].base + info.memory[i].size == 0 ||
		    info.memory[i].base + info.memory[i].size < info.memory[i].base)
			fail_in_round(round, "memory %u is empty or wraps", i);
	}
}

/* One byte or one aligned word somewhere becomes something else; words like extreme values. */
static void damage(struct rand_state *rand)
{
	static const u32 extremes[] = { 0, 1, 7, 8, 9, 24, 0x7fffffff, 0x80000000, ~7u, ~0u };

	if (rand_below(rand, 2))
		built.bytes[rand_below(rand, built.size)] = (u8)rand_next(rand);
	else
		set_u32(ALIGN_DOWN(rand_below(rand, built.size), 4),
			extremes[rand_below(rand, ARRAY_SIZE(extremes))]);
}

static void random_damage_does_no_harm(__unused void **state)
{
	unsigned long good = 0;
	struct rand_state rand;
	int result;

	rand_seed(&rand, test_seed());
	for (unsigned long round = 0; round < 100000; round++) {
		build_usual();
		for (u32 n = rand_below(&rand, 4) + 1; n; n--)
			damage(&rand);
		result = parse_limited(rand_below(&rand, 8) ? built.size :
							      rand_below(&rand, built.size));
		check_result(result, round);
		good += result == 0;
	}
	assert_in_range(good, 1000, 99000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_broken_is_refused),
		cmocka_unit_test(no_place_no_information),
		cmocka_unit_test(every_limit_is_kept),
		cmocka_unit_test(every_truncation_is_seen),
		cmocka_unit_test(random_damage_does_no_harm),
	};

	return cmocka_run_group_tests_name("multiboot_broken", tests, NULL, NULL);
}
