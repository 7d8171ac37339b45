/* The %p family of the printf: addresses, symbols, error names, bytes. */
/* SPDX-License-Identifier: MIT */
#include "lib/bitmap.h"
#include "lib/err.h"
#include "lib/errname.h"
#include "lib/format.h"
#include "lib/format_spec.h"
#include "lib/string.h"

#define ADDRESS_DIGITS 16
#define SYMBOL_MAX     128
#define BYTES_MAX      64
#define FIRST_MAPPED   4096UL

size_t (*format_symbol_hook)(char *buffer, size_t size, unsigned long address, bool with_offset);

/* Whether the processor would take it: its upper 17 bits are alike. What was read of freed memory is not. */
static bool is_canonical(const void *pointer)
{
	s64 address = (s64)(unsigned long)pointer;

	return (s64)((u64)address << 16) >> 16 == address;
}

const char *format_bad_pointer(const void *pointer)
{
	if (!pointer)
		return "(null)";
	if ((unsigned long)pointer < FIRST_MAPPED || IS_ERR(pointer) || !is_canonical(pointer))
		return "(efault)";
	return NULL;
}

static void format_word(struct format_output *output, const struct format_spec *spec,
			const char *word)
{
	format_text(output, spec, word, strlen(word));
}

static void format_address(struct format_output *output, struct format_spec *spec,
			   const void *address)
{
	spec->precision = ADDRESS_DIGITS;
	format_number(output, spec, (unsigned long)address, 16, "");
}

static void format_symbol(struct format_output *output, struct format_spec *spec,
			  unsigned long address, bool with_offset)
{
	char symbol[SYMBOL_MAX];
	size_t length = 0;

	if (format_symbol_hook)
		length = format_symbol_hook(symbol, sizeof(symbol), address, with_offset);
	if (length)
		format_text(output, spec, symbol, min(length, sizeof(symbol) - 1));
	else
		format_number(output, spec, address, 16, "0x");
}

static void format_symbol_name(struct format_output *output, struct format_spec *spec,
			       const void *address)
{
	format_symbol(output, spec, (unsigned long)address, false);
}

static void format_symbol_offset(struct format_output *output, struct format_spec *spec,
				 const void *address)
{
	format_symbol(output, spec, (unsigned long)address, true);
}

static void format_return_address(struct format_output *output, struct format_spec *spec,
				  const void *address)
{
	format_symbol(output, spec, (unsigned long)address - 1, true);
}

/* What is no error is an address; an error without a name is a number. */
static void format_error(struct format_output *output, struct format_spec *spec,
			 const void *pointer)
{
	const char *name = errname((int)-PTR_ERR(pointer));
	char text[32];

	if (!IS_ERR(pointer)) {
		format_address(output, spec, pointer);
		return;
	}
	if (name)
		snprintf(text, sizeof(text), "-%s", name);
	else
		snprintf(text, sizeof(text), "%ld", PTR_ERR(pointer));
	format_word(output, spec, text);
}

/* The width is the number of bytes. `separator` is '\0' for none. */
static void format_bytes(struct format_output *output, const struct format_spec *spec,
			 const void *pointer, char separator)
{
	static const struct format_spec two_digits = { .precision = 2 }, no_padding = { 0 };
	const char *bad = format_bad_pointer(pointer);
	int count = clamp(spec->width, 1, BYTES_MAX);
	const u8 *bytes = pointer;

	if (bad) {
		format_word(output, &no_padding, bad);
		return;
	}
	for (int i = 0; i < count; i++) {
		if (i && separator)
			format_text(output, &no_padding, &separator, 1);
		format_number(output, &two_digits, bytes[i], 16, "");
	}
}

/* spec->end is at the `h`; the letter behind it may choose a separator. */
static void format_hex_dump(struct format_output *output, struct format_spec *spec,
			    const void *pointer)
{
	static const char letters[] = "CDN", separators[] = ":-";
	const char *letter = *spec->end ? strchr(letters, *spec->end) : NULL;

	if (letter)
		spec->end++;
	format_bytes(output, spec, pointer, letter ? separators[letter - letters] : ' ');
}

/* The bits that are set, as numbers and ranges with commas between: 0-3,7. The width is the number of bits. */
static void format_bit_list(struct format_output *output, const struct format_spec *spec,
			    const unsigned long *map)
{
	static const struct format_spec plain = { .precision = -1 };
	unsigned long bits = (unsigned long)max(spec->width, 0), first, end;
	const char *comma = "";

	for (first = find_first_bit(map, bits); first < bits;
	     first = find_next_bit(map, bits, end)) {
		end = find_next_zero_bit(map, bits, first);
		format_number(output, &plain, first, 10, comma);
		if (end - first > 1)
			format_number(output, &plain, end - 1, 10, "-");
		comma = ",";
	}
}

/* The same map as one hexadecimal number, in groups of 32 bits with commas between; the highest first. */
static void format_bit_map(struct format_output *output, const struct format_spec *spec,
			   const unsigned long *map)
{
	unsigned long bits = (unsigned long)max(spec->width, 1);

	for (unsigned long group = DIV_ROUND_UP(bits, 32); group; group--) {
		unsigned long first = (group - 1) * 32, here = min(bits - first, 32UL);
		const struct format_spec digits = { .precision = (int)DIV_ROUND_UP(here, 4) };
		u64 value = map[first / BITS_PER_LONG] >> first % BITS_PER_LONG & (BIT(here) - 1);

		format_number(output, &digits, value, 16,
			      group == DIV_ROUND_UP(bits, 32) ? "" : ",");
	}
}

/* %*pb, %*pbl: spec->end is behind the `b`. */
static void format_bits(struct format_output *output, struct format_spec *spec, const void *map)
{
	static const struct format_spec no_padding = { 0 };
	const char *bad = format_bad_pointer(map);
	bool list = *spec->end == 'l';

	spec->end += list;
	if (bad)
		format_word(output, &no_padding, bad);
	else if (list)
		format_bit_list(output, spec, map);
	else
		format_bit_map(output, spec, map);
}

/* A text with arguments of its own, formatted in place. The list stays as it is. */
static void format_va_format(struct format_output *output, const struct va_format *inner)
{
	static const struct format_spec no_padding = { 0 };
	const char *bad = format_bad_pointer(inner);
	struct format_arguments copy;

	if (bad) {
		format_word(output, &no_padding, bad);
		return;
	}
	va_copy(copy.list, *inner->va);
	format_all(output, inner->fmt, &copy);
	va_end(copy.list);
}

/* The pointer's meaning is in the letter behind %p, and the rest, if any, behind that. */
void format_pointer(struct format_output *output, struct format_spec *spec,
		    struct format_arguments *arguments)
{
	const void *pointer = va_arg(arguments->list, const void *);

	switch (*spec->end++) {
	case 'b':
		format_bits(output, spec, pointer);
		return;
	case 'V':
		format_va_format(output, pointer);
		return;
	case 'x':
	case 'K':
		format_address(output, spec, pointer);
		return;
	case 's':
		format_symbol_name(output, spec, pointer);
		return;
	case 'S':
		format_symbol_offset(output, spec, pointer);
		return;
	case 'B':
		format_return_address(output, spec, pointer);
		return;
	case 'e':
		format_error(output, spec, pointer);
		return;
	case 'h':
		format_hex_dump(output, spec, pointer);
		return;
	default:
		spec->end--;
		format_address(output, spec, pointer);
	}
}
