/* multiboot_build.c: writes the multiboot2 information, as a boot loader does, for another kernel.
 * SPDX-License-Identifier: MIT
 */
#include "arch/x86_64/multiboot.h"
#include "arch/x86_64/multiboot_tags.h"
#include "lib/macros.h"
#include "lib/string.h"

/* What is written so far; of what does not fit only the size counts. */
struct writer {
	u8 *out;
	size_t used, room;
};

/* Room for a tag of @size bytes, its header filled in; NULL if there is none. */
static void *add_tag(struct writer *writer, u32 type, size_t size)
{
	size_t at = writer->used, padded = ALIGN_UP(size, TAG_ALIGNMENT);
	struct tag *tag = (struct tag *)(writer->out + at);

	writer->used += padded;
	if (writer->used > writer->room)
		return NULL;
	memset(tag, 0, padded);
	*tag = (struct tag){ type, (u32)size };
	return tag;
}

static void add_text(struct writer *writer, u32 type, const char *text)
{
	size_t n = strlen(text) + 1;
	struct tag *tag = add_tag(writer, type, sizeof(*tag) + n);

	if (tag)
		memcpy(tag + 1, text, n);
}

static void add_memory(struct writer *writer, const struct boot_info *info)
{
	struct tag_memory_map *map;
	struct memory_map_entry *entries;

	map = add_tag(writer, TAG_MEMORY_MAP, sizeof(*map) + info->n_memory * sizeof(*entries));
	if (!map)
		return;
	map->entry_size = sizeof(*entries);
	entries = (struct memory_map_entry *)(map + 1);
	for (u32 i = 0; i < info->n_memory; i++) {
		const struct boot_memory *memory = &info->memory[i];

		entries[i] =
			(struct memory_map_entry){ memory->base, memory->size, memory->type, 0 };
	}
}

static void add_module(struct writer *writer, const struct boot_module *module)
{
	size_t n = strlen(module->words) + 1;
	struct tag_module *tag = add_tag(writer, TAG_MODULE, sizeof(*tag) + n);

	if (!tag)
		return;
	tag->start = (u32)module->start;
	tag->end = (u32)module->end;
	memcpy(tag->text, module->words, n);
}

static void add_rsdp(struct writer *writer, const struct boot_info *info)
{
	u32 type = info->rsdp_size > RSDP_SIZE_OLD ? TAG_RSDP_NEW : TAG_RSDP_OLD;
	struct tag *tag = add_tag(writer, type, sizeof(*tag) + info->rsdp_size);

	if (tag)
		memcpy(tag + 1, info->rsdp, info->rsdp_size);
}

static void add_basic_memory(struct writer *writer, const struct boot_info *info)
{
	struct tag_basic_memory *tag = add_tag(writer, TAG_BASIC_MEMORY, sizeof(*tag));

	if (!tag)
		return;
	tag->lower_kib = info->memory_lower_kib;
	tag->upper_kib = info->memory_upper_kib;
}

size_t multiboot_build(const struct boot_info *info, const char *cmdline, void *out, size_t room)
{
	struct writer writer = { .out = out, .used = sizeof(struct header), .room = room };

	add_text(&writer, TAG_CMDLINE, cmdline);
	add_text(&writer, TAG_LOADER, info->loader);
	add_basic_memory(&writer, info);
	add_memory(&writer, info);
	for (u32 i = 0; i < info->n_modules; i++)
		add_module(&writer, &info->modules[i]);
	if (info->rsdp_valid)
		add_rsdp(&writer, info);
	add_tag(&writer, TAG_END, sizeof(struct tag));
	if (writer.used > room)
		return 0;
	*(struct header *)out = (struct header){ (u32)writer.used, 0 };
	return writer.used;
}
