/* printk_dump.c: memory, in hexadecimal, on the console.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/printk_forms.h"
#include "lib/hexdump.h"
#include "lib/macros.h"

#define LINE_MAX (32 * 3 + 2 + 32 + 1)

void print_hex_dump(const char *level, const char *prefix, enum dump_prefix kind, int row,
		    int group, const void *bytes, size_t size, bool ascii)
{
	char line[LINE_MAX];

	row = row == 32 ? 32 : 16;
	for (size_t at = 0; at < size; at += (size_t)row) {
		const char *from = (const char *)bytes + at;

		hex_dump_to_buffer(from, size - at, row, group, line, sizeof(line), ascii);
		if (kind == DUMP_PREFIX_ADDRESS)
			printk("%s%s%px: %s\n", level, prefix, from, line);
		else if (kind == DUMP_PREFIX_OFFSET)
			printk("%s%s%.8zx: %s\n", level, prefix, at, line);
		else
			printk("%s%s%s\n", level, prefix, line);
	}
}
