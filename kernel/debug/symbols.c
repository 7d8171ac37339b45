/* symbols.c: finds the function and the line of an address in the table that the build made.
 * SPDX-License-Identifier: MIT
 *
 * tools/mksymbols.py writes the table from the linked kernel's symbols and DWARF, and a second link
 * puts it behind everything else. A backtrace that names file and line needs no other machine then,
 * and no ELF file that might belong to another build.
 */
#include "kernel/debug/symbols.h"

#include "lib/format.h"
#include "lib/macros.h"

/* The table: its arrays in the order of their counts, and the strings behind them. */
struct symbol_table {
	u32 functions;
	u32 lines;
	u32 files;
	u32 reserved;
	u8 rows[];
};

/* Both arrays ascend by address; in both it is the first member. */
struct function_row {
	u32 address;
	u32 size;
	u32 name; /* an offset into the strings */
};

/* The line holds from this address to that of the next row. */
struct line_row {
	u32 address;
	u16 file; /* an index into the array of names */
	u16 line; /* 0: the code is of no known line */
};

static_assert(sizeof(struct symbol_table) == 16 && sizeof(struct function_row) == 12 &&
		      sizeof(struct line_row) == 8,
	      "tools/mksymbols.py writes these sizes");

/* The kernel's image and all that it jumps to lie below 4 GiB. */
extern const struct symbol_table symtab_image;

static const struct function_row *function_rows(void)
{
	return (const struct function_row *)symtab_image.rows;
}

static const struct line_row *line_rows(void)
{
	return (const struct line_row *)(function_rows() + symtab_image.functions);
}

static const u32 *file_names(void)
{
	return (const u32 *)(line_rows() + symtab_image.lines);
}

static const char *string_at(u32 offset)
{
	return (const char *)(file_names() + symtab_image.files) + offset;
}

/* The last row of an array whose address is not above @addr; NULL when there is none. */
static const void *last_row_up_to(const void *rows, u32 count, size_t row_size, unsigned long addr)
{
	u32 low = 0, high = count;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (*(const u32 *)((const char *)rows + middle * row_size) <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? (const char *)rows + (low - 1) * row_size : NULL;
}

bool symbol_lookup(unsigned long addr, struct symbol_info *out)
{
	const struct function_row *function;
	const struct line_row *row;

	function = last_row_up_to(function_rows(), symtab_image.functions, sizeof(*function), addr);
	if (!function || addr - function->address >= function->size)
		return false;
	row = last_row_up_to(line_rows(), symtab_image.lines, sizeof(*row), addr);
	*out = (struct symbol_info){
		.function = string_at(function->name),
		.offset = addr - function->address,
		.size = function->size,
	};
	if (row && row->line) {
		out->file = string_at(file_names()[row->file]);
		out->line = row->line;
	}
	return true;
}

size_t symbol_format(char *buf, size_t n, unsigned long addr, bool with_location)
{
	struct symbol_info info;

	if (!symbol_lookup(addr, &info))
		return (size_t)scnprintf(buf, n, "0x%lx", addr);
	if (!with_location || !info.file)
		return (size_t)scnprintf(buf, n, "%s+0x%lx", info.function, info.offset);
	return (size_t)scnprintf(buf, n, "%s+0x%lx (%s:%u)", info.function, info.offset, info.file,
				 info.line);
}

/*
 * The hook of lib/format.c: 0 for an address that is in no function. An offset is of use to who has
 * the disassembly, a line to everybody: %pS and %pB give both.
 */
static size_t format_symbol(char *buf, size_t n, unsigned long addr, bool with_offset)
{
	struct symbol_info info;

	if (!symbol_lookup(addr, &info))
		return 0;
	if (with_offset)
		return symbol_format(buf, n, addr, true);
	return (size_t)scnprintf(buf, n, "%s", info.function);
}

void symbols_init(void)
{
	format_symbol_hook = format_symbol;
}
