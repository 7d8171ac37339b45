/* multiboot_tags.h: the multiboot2 information, byte by byte. Internal to who reads and writes it.
 * SPDX-License-Identifier: MIT
 *
 * The information is a header and a chain of tags, each at a multiple of 8, ended by a tag of type
 * 0. The names and numbers are those of the Multiboot2 Specification 2.0, section 3.6.
 */
#pragma once

#include "lib/types.h"

struct header {
	u32 total_size, reserved;
};

struct tag {
	u32 type, size; // the size counts these 8 bytes, and not the padding to the next tag
};

enum tag_type {
	TAG_END = 0,
	TAG_CMDLINE = 1,
	TAG_LOADER = 2,
	TAG_MODULE = 3,
	TAG_BASIC_MEMORY = 4,
	TAG_MEMORY_MAP = 6,
	TAG_RSDP_OLD = 14,
	TAG_RSDP_NEW = 15,
	TAG_TYPES,
};

struct tag_module {
	struct tag tag;
	u32 start, end;
	char text[];
};

struct tag_basic_memory {
	struct tag tag;
	u32 lower_kib, upper_kib;
};

struct tag_memory_map {
	struct tag tag;
	u32 entry_size, entry_version;
};

struct memory_map_entry {
	u64 base, size;
	u32 type, reserved;
};

#define TAG_ALIGNMENT 8
#define RSDP_SIZE_OLD 20
