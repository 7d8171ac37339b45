/* mode.h: what the kernel can be asked to do with mode=name: each in the file that does it.
 * SPDX-License-Identifier: MIT
 *
 * The section .modes holds them, so what ties the kernel together need not know what runs on top.
 */
#pragma once

#include <arch/cpu.h>

#include "lib/macros.h"
#include "lib/types.h"

struct mode {
	const char *name;
	const char *noun; /* what run=a,b names, for a refusal: "demo", "test" */
	bool (*known)(const char *name);
	void (*print_names)(void); /* a line each */
	/* Do it, for those in @names ("" and "all": every one). Thread context; sleeps. */
	enum verdict (*run)(const char *names, u64 seed);
	/* What it is at, for the report of a run that does not end; NULL: it does not say. Any context. */
	const char *(*doing)(void);
};

/* mode_find - the mode of this name, or NULL. Any context. */
const struct mode *mode_find(const char *name);

/* An array that the linker puts together: compilers may align a lone object to more than its type
 * needs, but not if they are told. */
#define MODE(mode_name, ...)                                                                       \
	static const struct mode __mode_##mode_name __used __section(".modes")                     \
		__aligned(__alignof__(struct mode)) = { .name = #mode_name, __VA_ARGS__ }
