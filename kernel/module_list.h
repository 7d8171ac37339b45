/* module_list.h: the modules that were linked in, for those who run them.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/module.h"

/* How far a module of mode=module has come. */
enum module_state { MODULE_LINKED, MODULE_LIVE, MODULE_GONE, MODULE_REFUSED };

/* A module, put together from its entries. The counters are atomic: its threads report checks.
 * [a] atomic  [r] whoever runs it */
struct linked_module {
	struct module_entry info;
	atomic_t checks_held;    /* [a] */
	atomic_t checks_failed;  /* [a] */
	bool ran;                /* [r] demo.c */
	bool passed;             /* [r] of mode=module: its init returned 0 */
	enum module_state state; /* [r] module_run.c */
};

/*
 * module_at - the module with number @i in the order of linking, or NULL behind the last.
 * module_find - the module @name, or NULL.
 * Never sleep. Any context; the first call of all by one CPU alone.
 */
struct linked_module *module_at(unsigned int i);
struct linked_module *module_find(const char *name);

/* module_stop - whether nobody uses @module: then nobody can any more. Never sleeps. Any context. */
bool module_stop(struct module *module);

/* The file that holds a module's code: NULL, @address is in none that was linked with MODULE=. Any context. */
const struct module *module_of_code(unsigned long address);
