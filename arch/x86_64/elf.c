/* elf.c: reads an ELF file in memory.
 * SPDX-License-Identifier: MIT
 */
#include "arch/x86_64/elf.h"

#include "lib/macros.h"
#include "lib/string.h"

static_assert(sizeof(struct elf_header) == 64);
static_assert(sizeof(struct elf_segment) == 56);
static_assert(sizeof(struct elf_section) == 64);

#define TYPE_EXECUTABLE 2
#define MACHINE_X86_64  62
#define SECTION_NOBITS  8U /* it takes no bytes of the file */
#define ADDRESS_END     (1ULL << 32)

/* 0x7f "ELF", of 64 bits, little-endian, of version 1. */
static const u8 ident[] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };

static bool fits(u64 at, u64 n, u64 size)
{
	return at <= size && n <= size - at;
}

static const struct elf_section *sections_of(const struct elf_header *file)
{
	return (const struct elf_section *)((const u8 *)file + file->sections_at);
}

const struct elf_segment *elf_segments(const struct elf_header *file)
{
	return (const struct elf_segment *)((const u8 *)file + file->segments_at);
}

static bool segments_fit(const struct elf_header *file, size_t size)
{
	const struct elf_segment *segment = elf_segments(file);

	for (u32 i = 0; i < file->n_segments; i++, segment++) {
		if (segment->type != ELF_LOAD)
			continue;
		if (!fits(segment->offset, segment->file_size, size) ||
		    segment->file_size > segment->memory_size ||
		    !fits(segment->physical, segment->memory_size, ADDRESS_END))
			return false;
	}
	return true;
}

static bool sections_fit(const struct elf_header *file, size_t size)
{
	const struct elf_section *section = sections_of(file);

	for (u32 i = 0; i < file->n_sections; i++, section++) {
		if (section->type != SECTION_NOBITS && !fits(section->offset, section->size, size))
			return false;
	}
	return file->names_section < file->n_sections;
}

bool elf_check(const void *bytes, size_t size)
{
	const struct elf_header *file = bytes;

	if (!IS_ALIGNED((uintptr_t)bytes, 8) || size < sizeof(*file) ||
	    memcmp(file->ident, ident, sizeof(ident)))
		return false;
	if (file->type != TYPE_EXECUTABLE || file->machine != MACHINE_X86_64 ||
	    file->segment_size != sizeof(struct elf_segment) ||
	    file->section_size != sizeof(struct elf_section) ||
	    !IS_ALIGNED(file->segments_at | file->sections_at, 8))
		return false;
	return fits(file->segments_at, file->n_segments * sizeof(struct elf_segment), size) &&
	       fits(file->sections_at, file->n_sections * sizeof(struct elf_section), size) &&
	       file->entry < ADDRESS_END && segments_fit(file, size) && sections_fit(file, size);
}

const void *elf_section(const struct elf_header *file, size_t file_size, const char *name,
			size_t *size)
{
	const struct elf_section *section = sections_of(file);
	const struct elf_section *names = section + file->names_section;
	size_t n = strlen(name) + 1;

	for (u32 i = 0; i < file->n_sections; i++, section++) {
		if (section->type == SECTION_NOBITS || !fits(section->name, n, names->size) ||
		    !fits(names->offset + section->name, n, file_size) ||
		    memcmp((const u8 *)file + names->offset + section->name, name, n))
			continue;
		*size = section->size;
		return (const u8 *)file + section->offset;
	}
	return NULL;
}
