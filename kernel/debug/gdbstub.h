/* gdbstub.h: the kernel speaks with gdb itself, over the second serial line: `gdb=1`, make debug STUB=kernel.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

struct context;
struct debug_event;
struct task_struct;

/*
 * gdbstub_talk - the machine stands: say why, and do what gdb asks for, until it says who is to run: a CPU, or
 *   DEBUG_ALL_CPUS, which is returned.
 * gdbstub_byte - @byte came while the machine ran. Returns whether a debugger begins to speak.
 * gdbstub_tell_exit - the run ends with @status. gdbstub_is_attached - whether there is a debugger.
 * Never sleep. Any context, one CPU at a time. (arch/debugger.h)
 */
u32 gdbstub_talk(const struct debug_event *event);
bool gdbstub_byte(u8 byte);
void gdbstub_tell_exit(unsigned int status);
bool gdbstub_is_attached(void);

/*
 * gdbstub_register_threads - who knows the threads: the scheduler, which is above. Boot only.
 * next - the thread after @task in the list of all, or the first; NULL: there are no more. The list may be about to change.
 * number - its number, 0 for a CPU's idle thread. home - the CPU it is, or was last, on.
 * saved - the registers of a thread that does not run; NULL: they are not saved yet.
 */
struct gdb_threads {
	const struct task_struct *(*next)(const struct task_struct *task);
	unsigned long (*number)(const struct task_struct *task);
	u32 (*home)(const struct task_struct *task);
	const struct context *(*saved)(const struct task_struct *task);
};
void gdbstub_register_threads(const struct gdb_threads *threads);
