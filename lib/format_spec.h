/* What the two halves of the formatter share: the output, one conversion, the arguments. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdarg.h>

#include "lib/types.h"

/* The buffer, and how long the text is so far, whether it fitted or not. */
struct format_output {
	char *buffer;
	size_t size;
	size_t length;
};

enum format_length {
	LENGTH_INT,
	LENGTH_CHAR,
	LENGTH_SHORT,
	LENGTH_64, // l, ll, z, t and j are all 64 bits here
};

/* One conversion, from its `%` to the character before `end`. */
struct format_spec {
	bool left, plus, space, alternate, zero; // the flags - + space # 0
	bool upper;                              // hexadecimal digits as in %X
	int width;                               // 0 when there is none
	int precision;                           // -1 when there is none
	enum format_length length;
	const char *end;
};

/* A va_list in a struct can be handed down by address, whatever a va_list is. */
struct format_arguments {
	va_list list;
};

/* The two ways a conversion ends: a text of known length, padded; a number in a base, padded. */
void format_text(struct format_output *output, const struct format_spec *spec, const char *text,
		 size_t length);
void format_number(struct format_output *output, const struct format_spec *spec, u64 magnitude,
		   unsigned int base, const char *prefix);

/* A whole text with its conversions, behind what is in the output already. */
void format_all(struct format_output *output, const char *format,
		struct format_arguments *arguments);

/* %p and all that may follow it; moves spec->end past what it takes. */
void format_pointer(struct format_output *output, struct format_spec *spec,
		    struct format_arguments *arguments);

/* What stands for a pointer that cannot be read: NULL, one in page 0, or an error; else NULL. */
const char *format_bad_pointer(const void *pointer);
