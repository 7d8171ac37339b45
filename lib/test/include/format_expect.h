/* What the tests of the printf share: its text against the one that is expected. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/format.h"
#include "lib/test/include/test.h"

// From here on the plain names are libc's, and ours begin with lib_.
#undef memcpy
#undef snprintf
#undef vsnprintf
#undef strchr
#undef strcmp
#undef strlen

#define OUTPUT_SIZE 160

/* Formats by ours alone and compares with a text. */
static inline void expect(const char *expected, const char *format, ...)
{
	char actual[OUTPUT_SIZE];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = lib_vsnprintf(actual, sizeof(actual), format, arguments);
	va_end(arguments);
	assert_string_equal(actual, expected);
	assert_int_equal(length, strlen(expected));
}
