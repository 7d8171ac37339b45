/* module_left.h: what modules left behind.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

/* How things were before the first module's init. */
struct module_mark {
	int pid;       /* threads with a higher one came later */
	size_t memory; /* kmalloc_in_use() */
};

struct module_mark module_mark(void);

/*
 * module_left - now that the modules are gone, report what they have left: timers, works and queues at once; then wait a
 *   moment for threads that are about to end, and report threads and memory.
 * Sleeps. Thread context, by a thread that the mark is younger than. Returns how many things there were.
 */
unsigned int module_left(const struct module_mark *mark);
