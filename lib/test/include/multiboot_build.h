/* Builds multiboot2 information for the tests of its parser, and parses it. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <arch/boot_info.h>

#include "arch/x86_64/multiboot.h"
#include "lib/errno.h"
#include "lib/limits.h"
#include "lib/macros.h"
#include "lib/test/include/test.h"

// Here and in the tests the plain names are libc's.
#undef memcpy
#undef memset
#undef strlen
#undef strnlen

/* Information under construction: tags are appended, and the total size follows. */
struct builder {
	u8 bytes[16384] __aligned(8);
	u32 size;
};

static struct builder built;
static struct boot_info info;

static inline void begin(void)
{
	memset(&built, 0, sizeof(built));
	built.size = 8;
}

/* Appends a tag with `size` bytes after its header; returns its offset. */
static inline u32 add_tag(u32 type, const void *content, u32 size)
{
	u32 offset = built.size, header[2] = { type, size + 8 };

	memcpy(built.bytes + offset, header, 8);
	if (size)
		memcpy(built.bytes + offset + 8, content, size);
	built.size = ALIGN_UP(offset + 8 + size, 8);
	return offset;
}

static inline u32 add_text(u32 type, const char *text)
{
	return add_tag(type, text, (u32)strlen(text) + 1);
}

static inline u32 add_module(u32 start, u32 end, const char *text)
{
	u8 content[8 + 2048] = { 0 };
	u32 range[2] = { start, end }, n = (u32)strlen(text) + 1;

	memcpy(content, range, 8);
	memcpy(content + 8, text, n);
	return add_tag(3, content, 8 + n);
}

static inline void set_u32(u32 offset, u32 value)
{
	memcpy(built.bytes + offset, &value, sizeof(value));
}

/* A memory map of `count` entries of `entry_size` bytes: entry i is i MiB at i GiB, type i % 5 + 1.
 */
static inline u32 add_memory_map(u32 count, u32 entry_size)
{
	u8 content[8 + 300 * 40] = { 0 };
	u32 header[2] = { entry_size, 0 };

	memcpy(content, header, 8);
	for (u32 i = 0; i < count; i++) {
		u64 range[2] = { (u64)i << 30, (u64)i << 20 };
		u32 type = i % 5 + 1;

		memcpy(content + 8 + i * entry_size, range, 16);
		memcpy(content + 8 + i * entry_size + 16, &type, 4);
	}
	return add_tag(6, content, 8 + count * entry_size);
}

static inline void end(void)
{
	add_tag(0, NULL, 0);
	set_u32(0, built.size);
}

/* Parses a copy that is exactly as long as what may be read. */
static inline int parse_limited(size_t limit)
{
	u8 *exact = malloc(limit);
	int result;

	memcpy(exact, built.bytes, limit);
	memset(&info, 0xaa, sizeof(info));
	result = multiboot_parse(exact, limit, &info);
	free(exact);
	return result;
}

static inline int parse(void)
{
	return parse_limited(built.size);
}

static const u8 old_rsdp[20] = "RSD PTR old";
static const u8 new_rsdp[36] = "RSD PTR new";

/* What a loader really passes: all tags we know, some we do not. */
static inline void build_usual(void)
{
	static const u32 basic[2] = { 639, 261120 };

	begin();
	add_text(1, "mode=test seed=5");
	add_text(2, "GRUB 2.06");
	add_tag(10, "an APM table, which nobody reads", 20);
	add_memory_map(5, 24);
	add_module(0x1000000, 0x1000010, "explore mode=explore");
	add_module(0x2000000, 0x2000000, "");
	add_tag(4, basic, sizeof(basic));
	add_tag(14, old_rsdp, sizeof(old_rsdp));
	add_tag(15, new_rsdp, sizeof(new_rsdp));
	add_tag(0x12345678, NULL, 0);
	end();
}
