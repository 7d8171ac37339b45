/* task_debug.c: the threads, as a debugger finds them when the machine stands still anywhere.
 * SPDX-License-Identifier: MIT
 */
#include <arch/debugger.h>

#include "kernel/debug/gdbstub.h"
#include "kernel/sched/task.h"

/* The list may be in the middle of a change: what leads nowhere ends it. */
static const struct task_struct *next(const struct task_struct *task)
{
	const struct list_head *link = task ? &task->all_entry : &all_tasks;
	const struct task_struct *found;
	unsigned long after, beyond;

	if (!debug_read((unsigned long)&link->next, &after, sizeof(after)) ||
	    after == (unsigned long)&all_tasks)
		return NULL;
	found = container_of((const struct list_head *)after, struct task_struct, all_entry);
	if (!debug_read((unsigned long)&found->all_entry, &beyond, sizeof(beyond)) ||
	    !debug_read((unsigned long)found, &beyond, sizeof(beyond)))
		return NULL;
	return found;
}

static unsigned long number(const struct task_struct *task)
{
	return (unsigned long)task->pid;
}

static u32 home(const struct task_struct *task)
{
	return READ_ONCE(task->cpu);
}

static const struct context *saved(const struct task_struct *task)
{
	return READ_ONCE(task->on_cpu) ? NULL : &task->context;
}

void task_debug_init(void)
{
	static const struct gdb_threads threads = { next, number, home, saved };

	gdbstub_register_threads(&threads);
}
