/* Bytes as hexadecimal text. */
/* SPDX-License-Identifier: MIT */
#include "lib/hexdump.h"

#include "lib/ctype.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/macros.h"
#include "lib/string.h"

/* The text so far, as long as it would be with room enough. */
struct line {
	char *text;
	size_t room;
	int length;
};

static void add(struct line *line, const char *format, ...) __printf(2, 3);

static void add(struct line *line, const char *format, ...)
{
	size_t used = min((size_t)line->length, line->room);
	va_list arguments;

	va_start(arguments, format);
	line->length += vsnprintf(line->text + used, line->room - used, format, arguments);
	va_end(arguments);
}

/* A group is a number of this machine, lowest byte first in memory. */
static void add_group(struct line *line, const u8 *bytes, int group)
{
	unsigned long long number = 0;

	memcpy(&number, bytes, (size_t)group);
	add(line, "%0*llx", 2 * group, number);
}

int hex_dump_to_buffer(const void *memory, size_t size, int row, int group, char *text, size_t room,
		       bool ascii)
{
	struct line line = { .text = text, .room = room };
	const u8 *bytes = memory;
	int n, column;

	if (row != 32)
		row = 16;
	n = (int)min(size, (size_t)row);
	if ((group != 2 && group != 4 && group != 8) || n % group)
		group = 1;
	if (room)
		text[0] = '\0';
	for (int i = 0; i < n; i += group) {
		if (i)
			add(&line, " ");
		add_group(&line, bytes + i, group);
	}
	if (!ascii || !n)
		return line.length;
	column = 2 * row + row / group + 1;
	add(&line, "%*s", column - line.length, "");
	for (int i = 0; i < n; i++)
		add(&line, "%c", isprint(bytes[i]) ? bytes[i] : '.');
	return line.length;
}

char *bin2hex(char *to, const void *from, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	for (const u8 *byte = from; size; size--, byte++) {
		*to++ = digits[*byte >> 4];
		*to++ = digits[*byte & 15];
	}
	return to;
}

int hex2bin(u8 *to, const char *from, size_t size)
{
	for (; size; size--, from += 2) {
		int high = hex_to_bin((u8)from[0]), low = high < 0 ? -1 : hex_to_bin((u8)from[1]);

		if (low < 0)
			return -EINVAL;
		*to++ = (u8)(high << 4 | low);
	}
	return 0;
}
