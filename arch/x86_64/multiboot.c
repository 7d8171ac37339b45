/* Parses the multiboot2 information the boot loader leaves in memory. */
/* SPDX-License-Identifier: MIT */
#include "arch/x86_64/multiboot.h"
#include "arch/x86_64/multiboot_tags.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/limits.h"
#include "lib/macros.h"
#include "lib/string.h"

static int __printf(2, 3) refuse(struct boot_info *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(out->error, sizeof(out->error), format, arguments);
	va_end(arguments);
	return -EINVAL;
}

/* The text that begins @at bytes into a tag; NULL when it does not end inside the tag. */
static const char *tag_text(const struct tag *tag, size_t at)
{
	const char *text = (const char *)tag + at;
	size_t room = tag->size - at;

	return strnlen(text, room) < room ? text : NULL;
}

static int parse_cmdline(const struct tag *tag, struct boot_info *out)
{
	const char *text = tag_text(tag, sizeof(*tag));

	if (!text)
		return refuse(out, "the command line is not terminated");
	out->cmdline_truncated = strscpy(out->cmdline, text, sizeof(out->cmdline)) < 0;
	return 0;
}

static int parse_loader(const struct tag *tag, struct boot_info *out)
{
	const char *text = tag_text(tag, sizeof(*tag));

	if (!text)
		return refuse(out, "the loader's name is not terminated");
	strscpy(out->loader, text, sizeof(out->loader));
	return 0;
}

static int parse_module(const struct tag *tag, struct boot_info *out)
{
	const struct tag_module *module = container_of(tag, struct tag_module, tag);
	struct boot_module *to = &out->modules[out->n_modules];
	const char *text;

	if (tag->size < sizeof(*module))
		return refuse(out, "a module's tag has only %u bytes", tag->size);
	if (module->end < module->start)
		return refuse(out, "a module ends at %#x, before it begins", module->end);
	text = tag_text(tag, sizeof(*module));
	if (!text)
		return refuse(out, "a module's text is not terminated");
	if (out->n_modules == BOOT_MODULES_MAX || strscpy(to->words, text, sizeof(to->words)) < 0)
		return 0;
	to->start = module->start;
	to->end = module->end;
	out->n_modules++;
	return 0;
}

static int parse_basic_memory(const struct tag *tag, struct boot_info *out)
{
	const struct tag_basic_memory *memory = container_of(tag, struct tag_basic_memory, tag);

	if (tag->size < sizeof(*memory))
		return refuse(out, "the basic memory tag has only %u bytes", tag->size);
	out->memory_lower_kib = memory->lower_kib;
	out->memory_upper_kib = memory->upper_kib;
	return 0;
}

/* An entry that would wrap ends at the last address; empty ones are dropped. */
static void add_memory(const struct memory_map_entry *entry, struct boot_info *out)
{
	u64 size = min(entry->size, U64_MAX - entry->base);

	if (!size)
		return;
	if (out->n_memory == BOOT_MEMORY_MAX) {
		out->n_memory_ignored++;
		return;
	}
	out->memory[out->n_memory++] = (struct boot_memory){ entry->base, size, entry->type };
}

/* Entries may be larger than the fields known today; how large, the tag says. */
static int parse_memory_map(const struct tag *tag, struct boot_info *out)
{
	const struct tag_memory_map *map = container_of(tag, struct tag_memory_map, tag);
	const u8 *entries = (const u8 *)(map + 1);
	size_t room;

	if (tag->size < sizeof(*map))
		return refuse(out, "the memory map tag has only %u bytes", tag->size);
	if (map->entry_size < sizeof(struct memory_map_entry) ||
	    !IS_ALIGNED(map->entry_size, TAG_ALIGNMENT))
		return refuse(out, "the memory map has entries of %u bytes", map->entry_size);
	room = tag->size - sizeof(*map);
	if (room % map->entry_size)
		return refuse(out, "the memory map ends inside an entry");
	for (size_t at = 0; at < room; at += map->entry_size)
		add_memory((const struct memory_map_entry *)(entries + at), out);
	return 0;
}

static int parse_rsdp(const struct tag *tag, struct boot_info *out)
{
	size_t size = tag->size - sizeof(*tag);

	if (size < RSDP_SIZE_OLD)
		return refuse(out, "the ACPI tag has only %u bytes", tag->size);
	out->rsdp_size = (u32)min(size, sizeof(out->rsdp));
	memcpy(out->rsdp, tag + 1, out->rsdp_size);
	out->rsdp_valid = true;
	return 0;
}

/* The new root pointer counts more than the old one, whichever comes first. */
static int parse_rsdp_old(const struct tag *tag, struct boot_info *out)
{
	return out->rsdp_valid ? 0 : parse_rsdp(tag, out);
}

/* The tag at `offset`, wholly inside the information; NULL, with the reason, when it is not. */
static const struct tag *tag_at(const void *info, size_t total, size_t offset,
				struct boot_info *out)
{
	const struct tag *tag = (const struct tag *)((const u8 *)info + offset);

	if (offset + sizeof(*tag) > total) {
		refuse(out, "there is no end tag in %zu bytes", total);
		return NULL;
	}
	if (tag->size < sizeof(*tag)) {
		refuse(out, "tag %u at %zu has a size of %u", tag->type, offset, tag->size);
		return NULL;
	}
	if (tag->size > total - offset) {
		refuse(out, "tag %u at %zu does not end in %zu bytes", tag->type, offset, total);
		return NULL;
	}
	return tag;
}

static int parse_tag(const struct tag *tag, unsigned long *seen, struct boot_info *out)
{
	static int (*const parsers[TAG_TYPES])(const struct tag *, struct boot_info *) = {
		[TAG_CMDLINE] = parse_cmdline,
		[TAG_LOADER] = parse_loader,
		[TAG_BASIC_MEMORY] = parse_basic_memory,
		[TAG_MEMORY_MAP] = parse_memory_map,
		[TAG_RSDP_OLD] = parse_rsdp_old,
		[TAG_RSDP_NEW] = parse_rsdp,
		[TAG_MODULE] = parse_module,
	};
	bool again = tag->type < TAG_TYPES && tag->type != TAG_MODULE && (*seen & BIT(tag->type));

	if (tag->type >= TAG_TYPES || !parsers[tag->type] || again)
		return 0;
	*seen |= BIT(tag->type);
	return parsers[tag->type](tag, out);
}

static int parse_tags(const void *info, size_t total, struct boot_info *out)
{
	size_t offset = sizeof(struct header);
	unsigned long seen = 0;
	const struct tag *tag;
	int error;

	for (;;) {
		tag = tag_at(info, total, offset, out);
		if (!tag)
			return -EINVAL;
		if (tag->type == TAG_END)
			return 0;
		error = parse_tag(tag, &seen, out);
		if (error)
			return error;
		offset += ALIGN_UP((size_t)tag->size, TAG_ALIGNMENT);
	}
}

int multiboot_parse(const void *info, size_t limit, struct boot_info *out)
{
	const struct header *header = info;
	int error;

	memset(out, 0, sizeof(*out));
	if (!info || !IS_ALIGNED((uintptr_t)info, TAG_ALIGNMENT))
		return refuse(out, "no information can be at address %#lx", (uintptr_t)info);
	if (limit < sizeof(*header))
		return refuse(out, "only %zu bytes of the information can be read", limit);
	if (header->total_size > limit)
		return refuse(out, "it says it has %u bytes, and only %zu can be read",
			      header->total_size, limit);
	error = parse_tags(info, header->total_size, out);
	if (!error && !out->n_memory)
		return refuse(out, "there is no memory map");
	return error;
}
