/* leak.c: the report of a function that did not leave its context as it found it.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/leak.h"

#include <arch/atomic.h>

#include "kernel/core/panic.h"
#include "kernel/locking/lockdep_internal.h"
#include "lib/format.h"

#if CONFIG_CHECKED
/* Name the lock that was taken last. */
static void describe_lock(char *text, size_t size)
{
	const struct lockdep_task *task = this_cpu_read(cpu_local.lockdep);
	const struct lockdep_held *held = &task->held[task->depth - 1];

	// Not the lock's own name: it may lie in memory that was freed.
	scnprintf(text, size, ": \"%s\", which was taken at %pS, is still held",
		  lockdep_classes[held->class].name, (void *)held->where);
}
#else
static void describe_lock(char *text, size_t size)
{
}
#endif

static void put_right(const struct context_mark *before)
{
	lockdep_rewind(before->locks);
	this_cpu_write(cpu_local.rcu_nesting, before->readers);
	preempt_count_add(before->count - preempt_count());
	if (before->irqs_off)
		arch_local_irq_disable();
	else
		arch_local_irq_enable();
}

unsigned long code_gone_begin, code_gone_size;
static const void *reported_gone; /* [a] */

void code_gone(const void *begin, size_t size)
{
	WRITE_ONCE(reported_gone, NULL);
	WRITE_ONCE(code_gone_begin, (unsigned long)begin);
	WRITE_ONCE(code_gone_size, size);
}

/* Of a function that comes again and again, once. */
noinline void code_gone_called(const char *what, const void *func)
{
	if (xchg(&reported_gone, func) == func)
		return;
	warn_report("%s %ps is called, and its module is gone: exit must wait for it, or cancel it",
		    what, func);
}

noinline void context_leaked(const struct context_mark *before, const char *what, const void *func)
{
	struct context_mark now = context_mark();
	char lock[200] = "";

	arch_local_irq_disable(); // Whatever the count says, this thread stays here.
	if (now.locks > before->locks)
		describe_lock(lock, sizeof(lock));
	else if (now.readers > before->readers)
		scnprintf(lock, sizeof(lock), ": the RCU reader that begins at %pS has not ended",
			  (void *)this_cpu()->rcu_where);
	warn_report("%s %ps began with preempt count %#x, interrupts %s and %u locks held, and "
		    "ended with preempt count %#x, interrupts %s and %u locks held%s",
		    what, func, before->count, before->irqs_off ? "off" : "on", before->locks,
		    now.count, now.irqs_off ? "off" : "on", now.locks, lock);
	put_right(before);
}
