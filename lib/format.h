/* The one printf: formats into a buffer of known size. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdarg.h>

#include "lib/macros.h"
#include "lib/types.h"

/*
 * None of these sleeps, locks or allocates; all may be called from any context, also from NMI.
 *
 * Conversions: %d %i %u %o %x %X %c %s %p %% with the flags `- + space # 0`, width and precision
 * (also `*`) and the lengths hh h l ll z t j, as in the C standard. %n is refused: it takes its
 * argument, writes nowhere and prints nothing. %#x of 0 is 0x0, as in Linux. Any other conversion, %f among them, prints itself
 * and takes no argument. A NULL string prints (null).
 *
 * Additions to %p, as in Linux:
 *	%p %px %pK	the address in 16 hexadecimal digits, never hashed
 *	%ps %pS %pB	function, function+0xoff, and the same of a return address (see below)
 *	%pe		an error pointer's name, such as -EBUSY
 *	%*pb %*pbl	a bitmap of * bits, as a hexadecimal number, or as numbers and ranges
 *	%pV		a struct va_format: a text and its arguments, formatted here
 *	%*ph %*phC %*phD %*phN	1 to 64 bytes in hexadecimal, separated by ` `, `:`, `-` or nothing
 */

/* What %pV prints: for a function of ours that puts something before what its caller says. */
struct va_format {
	const char *fmt;
	va_list *va;
};

/*
 * Formats into `buffer`, which holds `size` bytes, and always terminates unless `size` is 0.
 * Returns the length the whole text has, as if `size` were unlimited.
 */
int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments) __printf(3, 0);
int snprintf(char *buffer, size_t size, const char *format, ...) __printf(3, 4);

/* The same; returns the length of what is in the buffer: size - 1 at most, and 0 if `size` is 0. */
int vscnprintf(char *buffer, size_t size, const char *format, va_list arguments) __printf(3, 0);
int scnprintf(char *buffer, size_t size, const char *format, ...) __printf(3, 4);

/* The same without a limit: whoever knows that there is room. Returns the length. */
int vsprintf(char *buffer, const char *format, va_list arguments) __printf(2, 0);
int sprintf(char *buffer, const char *format, ...) __printf(2, 3);

/*
 * Who knows the symbols sets this once, before other CPUs run. The hook writes at most `size` bytes
 * including a terminator, and returns the text's length; 0 when it does not know the address. It is
 * called from any context. Without a hook, or with an unknown address, the number is printed.
 *
 * For %pB the address asked for is one less, inside the call instruction: a call that does not
 * return may be the last instruction of its function, and the return address is then in the next.
 */
extern size_t (*format_symbol_hook)(char *buffer, size_t size, unsigned long address,
				    bool with_offset);
