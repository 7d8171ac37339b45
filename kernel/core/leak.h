/* leak.h: what a called function must leave as it found it: the preempt count, interrupts, readers, locks.
 * SPDX-License-Identifier: MIT
 *
 *	struct context_mark before = context_begin("timer function", function);
 *
 *	function(timer);
 *	context_check(&before, "timer function", function);
 *
 * A function that does not is reported by name, once each time it is called, and what it left is put right: so
 * that the report is of the one that erred, and not of who comes to run after it. A lock that it left held
 * stays held, though: only who took it knows whether it may be released. It is taken off the validator's stack.
 *
 * And what is called must be there: a timer, a work or an RCU callback that a module has left behind calls into code
 * that Linux has freed. Here the code stays, since it is part of the kernel's image; that it is called is reported.
 */
#pragma once

#include "kernel/base/irqflags.h"
#include "kernel/base/preempt.h"
#include "kernel/locking/lockdep.h"

struct context_mark {
	u32 count;     /* preempt_count() */
	u32 readers;   /* RCU's, checked: cpu.h */
	u32 locks;     /* lockdep_depth() */
	bool irqs_off; /* irqs_disabled() */
};

/* context_mark - how it is here. Caller cannot migrate, or holds no lock and is no reader. Never sleeps. Any context. */
static __always_inline struct context_mark context_mark(void)
{
	return (struct context_mark){ .count = preempt_count(),
				      .readers = this_cpu_read(cpu_local.rcu_nesting),
				      .locks = lockdep_depth(),
				      .irqs_off = irqs_disabled() };
}

/* [a] The code of modules that are gone: none, while there are code_gone_size 0 bytes of it. */
extern unsigned long code_gone_begin, code_gone_size;

/* code_gone - from now on who calls a function in the @size bytes at @begin is reported. Thread context. */
void code_gone(const void *begin, size_t size);
void code_gone_called(const char *what, const void *func) __cold;

/* context_begin - context_mark(), before @func, a "@what", is called. Never sleeps. Any context. */
static __always_inline struct context_mark context_begin(const char *what, const void *func)
{
	if (unlikely((unsigned long)func - READ_ONCE(code_gone_begin) < READ_ONCE(code_gone_size)))
		code_gone_called(what, func);
	return context_mark();
}

/* Report what differs from @before, and put it right. */
void context_leaked(const struct context_mark *before, const char *what, const void *func) __cold;

/* context_check - it is here as in @before; if not, @func, which is called "@what", is to blame. As context_mark(). */
static __always_inline void context_check(const struct context_mark *before, const char *what,
					  const void *func)
{
	if (unlikely(preempt_count() != before->count || irqs_disabled() != before->irqs_off ||
		     lockdep_depth() != before->locks))
		context_leaked(before, what, func);
}

/* context_check_thread - as context_check() at the end of a thread, which began with nothing; a lock that lets it sleep is
 * looked at by task_check_exit(). */
static __always_inline void context_check_thread(const void *func)
{
	const struct context_mark before = { .locks = preempt_count() ? 0 : lockdep_depth() };

	context_check(&before, "thread function", func);
}
