/* elf.h: an ELF file in memory: a kernel, not yet where it belongs.
 * SPDX-License-Identifier: MIT
 *
 * The layout is that of the System V ABI for 64-bit files, little-endian. Every offset in it is distrusted.
 */
#pragma once

#include "lib/types.h"

#define ELF_LOAD 1U /* the type of a segment that is loaded */

struct elf_header {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry;
	u64 segments_at, sections_at; /* offsets in the file */
	u32 flags;
	u16 size;
	u16 segment_size, n_segments;
	u16 section_size, n_sections;
	u16 names_section; /* the number of the section with the names of sections */
};

struct elf_segment {
	u32 type, flags;
	u64 offset, virtual, physical;
	u64 file_size, memory_size; /* the rest becomes 0 */
	u64 alignment;
};

struct elf_section {
	u32 name, type;
	u64 flags, address;
	u64 offset, size;
	u32 link, info;
	u64 alignment, entry_size;
};

/*
 * elf_check - whether the @size bytes at @file are an executable file for this machine, all its segments and sections lie in
 *   them, and all that is loaded below 4 GiB.
 * elf_segments - its segments, file->n_segments of them.
 * elf_section - the contents of its section @name, @size bytes; NULL if there is none. Of @file_size bytes.
 * Never sleep. Any context. The last two only of what elf_check() has passed.
 */
bool elf_check(const void *file, size_t size);
const struct elf_segment *elf_segments(const struct elf_header *file);
const void *elf_section(const struct elf_header *file, size_t file_size, const char *name,
			size_t *size);
