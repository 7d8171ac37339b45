/* ELF files in memory: what is well formed is read, and nothing beyond the end of the others. */
/* SPDX-License-Identifier: MIT */
// sources: arch/x86_64/elf.c lib/string.c
// flags: -include rename.h -Iarch/x86_64/include
#include "arch/x86_64/elf.h"
#include "lib/macros.h"
#include "lib/test/include/test.h"

#undef memcpy
#undef memset

#define CONTENT "counter\0mutex"

/* A kernel of one segment, its bytes the contents of one section. */
static struct file {
	struct elf_header header;
	struct elf_segment segments[2];
	struct elf_section sections[3];
	char content[16];
	char names[24];
} built;

static void build(void)
{
	static const u8 ident[] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };

	memset(&built, 0, sizeof(built));
	memcpy(built.header.ident, ident, sizeof(ident));
	memcpy(built.content, CONTENT, sizeof(CONTENT));
	memcpy(built.names, "\0.first\0.second\0", 17);
	built.header = (struct elf_header){
		.type = 2,
		.machine = 62,
		.entry = 0x100000,
		.segments_at = offsetof(struct file, segments),
		.segment_size = 56,
		.n_segments = 2,
		.sections_at = offsetof(struct file, sections),
		.section_size = 64,
		.n_sections = 3,
		.names_section = 2,
	};
	memcpy(built.header.ident, ident, sizeof(ident));
	built.segments[0] = (struct elf_segment){
		.type = ELF_LOAD,
		.offset = offsetof(struct file, content),
		.physical = 0x100000,
		.file_size = 16,
		.memory_size = 4096,
	};
	built.segments[1] = (struct elf_segment){ .type = 7, .offset = ~0ULL }; // not loaded
	built.sections[0] =
		(struct elf_section){ .name = 1, .type = 8, .offset = ~0ULL, .size = 9 };
	built.sections[1] = (struct elf_section){
		.name = 8,
		.type = 1,
		.offset = offsetof(struct file, content),
		.size = 14,
	};
	built.sections[2] = (struct elf_section){
		.type = 3,
		.offset = offsetof(struct file, names),
		.size = 16,
	};
}

/* Of a copy that is exactly as long as what may be read; with what is read of it, if it passes. */
static bool passes(size_t size)
{
	void *exact = malloc(size ?: 1);
	bool ok;

	memcpy(exact, &built, size);
	ok = elf_check(exact, size);
	if (ok) {
		const char *names[] = { ".first", ".second", ".none", "" };
		volatile u8 sum = 0;
		size_t n;

		for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
			const u8 *content = elf_section(exact, size, names[i], &n);

			for (size_t j = 0; content && j < n; j++)
				sum += content[j];
		}
		for (u32 i = 0; i < ((struct elf_header *)exact)->n_segments; i++)
			sum += (u8)elf_segments(exact)[i].type;
	}
	free(exact);
	return ok;
}

static void what_is_well_formed_is_read(__unused void **state)
{
	size_t size;

	build();
	assert_true(passes(sizeof(built)));
	assert_int_equal(elf_segments(&built.header)[0].memory_size, 4096);
	assert_memory_equal(elf_section(&built.header, sizeof(built), ".second", &size), CONTENT,
			    sizeof(CONTENT));
	assert_int_equal(size, sizeof(CONTENT));
	assert_null(elf_section(&built.header, sizeof(built), ".first", &size)); // it has no bytes
	assert_null(elf_section(&built.header, sizeof(built), ".sec", &size));
	assert_null(elf_section(&built.header, sizeof(built), ".third", &size));
}

#define BROKEN(field, value)                                                                       \
	do {                                                                                       \
		build();                                                                           \
		built.field = (value);                                                             \
		assert_false(passes(sizeof(built)));                                               \
	} while (0)

static void what_is_broken_is_refused(__unused void **state)
{
	BROKEN(header.ident[1], 'F');
	BROKEN(header.ident[4], 1);
	BROKEN(header.type, 1);
	BROKEN(header.machine, 3);
	BROKEN(header.entry, 1ULL << 32);
	BROKEN(header.segment_size, 32);
	BROKEN(header.section_size, 40);
	BROKEN(header.segments_at, offsetof(struct file, segments) + 4);
	BROKEN(header.segments_at, sizeof(built) - 64);
	BROKEN(header.sections_at, ~7ULL);
	BROKEN(header.n_sections, 5);
	BROKEN(header.names_section, 3);
	BROKEN(segments[0].offset, sizeof(built) - 15);
	BROKEN(segments[0].file_size, 4097);
	BROKEN(segments[0].memory_size, 15);
	BROKEN(segments[0].memory_size, 1ULL << 32);
	BROKEN(segments[0].physical, (1ULL << 32) - 4095);
	BROKEN(sections[1].offset, ~0ULL);
	BROKEN(sections[1].size, sizeof(built));
}

static void every_truncation_is_seen(__unused void **state)
{
	build();
	for (size_t size = 0; size < offsetof(struct file, names) + 16; size++)
		assert_false(passes(size));
	assert_true(passes(offsetof(struct file, names) + 16));
}

/* Under the sanitizer: whatever passes can be read. */
static void random_damage_does_no_harm(__unused void **state)
{
	static const u32 extremes[] = { 0, 1, 7, 8, 0x7fffffff, 0x80000000, ~7u, ~0u };
	unsigned long good = 0;
	struct rand_state rand;

	rand_seed(&rand, test_seed());
	for (unsigned long round = 0; round < 100000; round++) {
		build();
		for (u32 n = rand_below(&rand, 3) + 1; n; n--) {
			u32 at = rand_below(&rand, sizeof(built) / 4) * 4;

			memcpy((u8 *)&built + at,
			       &extremes[rand_below(&rand, ARRAY_SIZE(extremes))], 4);
		}
		good += passes(sizeof(built));
	}
	assert_in_range(good, 1000, 99000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_well_formed_is_read),
		cmocka_unit_test(what_is_broken_is_refused),
		cmocka_unit_test(every_truncation_is_seen),
		cmocka_unit_test(random_damage_does_no_harm),
	};

	return cmocka_run_group_tests_name("elf", tests, NULL, NULL);
}
