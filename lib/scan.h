/* The one scanf: numbers and words out of a string. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdarg.h>

#include "lib/macros.h"

#define __scanf(format, first) __attribute__((__format__(__scanf__, format, first)))

/*
 * sscanf, vsscanf - read `string` as `format` says. Conversions: %d %i %u %o %x %X %c %s %[ ] %[^ ] %n %%, a `*`
 * (read and forget), a width, and the lengths hh h l ll z t j. A blank in the format matches any blanks; each
 * conversion but %c, %[ and %n skips blanks. A number wraps where it does not fit into its type; %s and %[ without
 * a width trust the buffer. Unlike C's, and like Linux's: a blank after a sign is not skipped.
 * Never sleep. Any context. Return how many values were stored; the first that cannot be read ends it.
 */
int sscanf(const char *string, const char *format, ...) __scanf(2, 3);
int vsscanf(const char *string, const char *format, va_list arguments) __scanf(2, 0);
