/* module.h: the modules that were linked in: found, run, and their checks counted.
 * SPDX-License-Identifier: MIT
 *
 * A module is a file of Linux's kind: module_init(f) and module_exit(g) put its functions into the
 * section .modules under the file's name. mode=run calls f, and then g, which waits for the module's
 * threads. A demo also says what it checks (modules/demo.h) and reports each check here.
 */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

/* One fact about the module @name: the fields that it does not state are NULL or 0. */
struct module_entry {
	const char *name;
	int (*init)(void);
	void (*exit)(void);
	const char *checks;   /* what a demo checks, for the table */
	unsigned int threads; /* how many threads it runs */
};

#define MODULE_ENTRY(...)                                                                          \
	static const struct module_entry __UNIQUE_ID(__module_entry) __used __aligned(8)           \
		__section(".modules") = { .name = KBUILD_MODNAME, __VA_ARGS__ }

#define module_init(fn) MODULE_ENTRY(.init = (fn))
#define module_exit(fn) MODULE_ENTRY(.exit = (fn))

/* Linux's marks for what is needed only at the beginning, or only at the end. Here all stays. */
#define __init
#define __exit
#define __initdata

/* What a module says of itself. Linux keeps it in the file; here the source is enough, but it must be
 * text. THIS_MODULE: no one counts who uses a module that is never unloaded. */
#define MODULE_INFO_TEXT(text)   static_assert(sizeof("" text) > 1, "a text that says something")
#define MODULE_LICENSE(text)     MODULE_INFO_TEXT(text)
#define MODULE_AUTHOR(text)      MODULE_INFO_TEXT(text)
#define MODULE_DESCRIPTION(text) MODULE_INFO_TEXT(text)
#define MODULE_VERSION(text)     MODULE_INFO_TEXT(text)
#define THIS_MODULE              ((struct module *)NULL)
struct module;

/*
 * module_check - note that a check of module @name held, or did not: then say so, with the place.
 * Never sleeps. Any context but NMI. Returns @held.
 */
bool module_check(const char *name, bool held, const char *what, const char *file, int line);
