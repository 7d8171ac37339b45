/* symbols.h: names for addresses: the function, and the line it was compiled from.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

/* What is known of an address of code. All of it lies in the image: nothing here is ever freed. */
struct symbol_info {
	const char *function;
	unsigned long offset; /* of the address in the function */
	unsigned long size;   /* of the function */
	const char *file;     /* relative to the root of the repository; NULL: no line is known */
	unsigned int line;
};

/*
 * symbol_lookup - fill @out with the function, file and line of the code at @addr.
 * Never sleeps. Any context, NMI and panic included: the table is constant and nothing is locked.
 * Returns false, and leaves @out alone, when @addr lies in no function of the kernel.
 * For a return address ask for the byte before it, which belongs to the call.
 */
bool symbol_lookup(unsigned long addr, struct symbol_info *out);

/*
 * symbol_format - write `function+0xoff`, and ` (file:line)` behind it if @with_location and it is
 * known, to @buf of @n bytes, terminated unless @n is 0; an unknown address becomes `0xaddress`.
 * Never sleeps. Any context. Returns the length of what is in @buf.
 */
size_t symbol_format(char *buf, size_t n, unsigned long addr, bool with_location);

/*
 * symbols_init - make printk() name code: `function` with %ps, and what symbol_format() writes, with
 * the location, with %pS, and with %pB for a return address.
 * Never sleeps. On the first CPU, before the others run.
 */
void symbols_init(void);
