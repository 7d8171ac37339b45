/* hooks.h: the calls that checks hang on. Off, each is an empty function and leaves no instruction.
 * SPDX-License-Identifier: MIT
 *
 * The code that calls a hook is the same in every profile, so the lock that is checked is the lock
 * that ships.
 */
#pragma once

#include <arch/irqflags.h>

#include "kernel/base/lockdep_types.h"
#include "kernel/base/misuse.h"
#include "kernel/base/preempt.h"
#include "kernel/base/trace.h"

/* The address of the calling code, and of the code that called it. */
#define _THIS_IP_                                                                                  \
	({                                                                                         \
		unsigned long __ip;                                                                \
		asm("leaq 0(%%rip), %0" : "=r"(__ip));                                             \
		__ip;                                                                              \
	})
#define _RET_IP_ ((unsigned long)__builtin_return_address(0))

/* What a CPU spins for. */
struct hook_spin {
	const void *lock; /* NULL: nothing */
	const char *kind;
};

/* preempt_context - in which context this is, in words, for a report. Any context. */
const char *preempt_context(void);

#if CONFIG_CHECKED

/*
 * hook_spin_acquired, hook_spin_released - this CPU took, or is about to release, the spinlock @lock.
 * Never sleep. Any context; the caller cannot migrate. @name is NULL for a raw spinlock.
 * An interrupt between any two instructions finds the list usable: an entry is reserved before it is
 * filled, and interrupts leave the list as they found it. The second returns whether it is held here; if not, that is
 * misuse, and the caller does not release it.
 */
void hook_spin_acquired(const void *lock, const char *name, unsigned long where);
bool hook_spin_released(const void *lock);

/* hook_spin_released_all - this CPU holds none any more: for tests that leave some held. Interrupts or preemption off. */
void hook_spin_released_all(void);

/* hook_schedule - this CPU chooses a thread, preemption off by the scheduler only. Inside an RCU reader, whose
 * preempt count somebody else has given back, that is misuse; the reader counts as ended. */
void hook_schedule(void);

/* hook_spin - the running thread looks once more at a lock that is held. Any context. */
static __always_inline void hook_spin(void)
{
	struct lockdep_task *task = this_cpu_read(cpu_local.lockdep);

	// What an interrupt's handler counts in between is no part of this wait, and may be lost.
	if (likely(task))
		WRITE_ONCE(task->spins, READ_ONCE(task->spins) + 1);
}

/*
 * hook_spin_begin, hook_spin_end - this CPU begins to spin for the lock at @lock, a "@kind"; it spins no more. The
 * second is given what the first returned, for a wait may be interrupted by another one's. Caller cannot migrate.
 */
static __always_inline struct hook_spin hook_spin_begin(const void *lock, const char *kind)
{
	struct hook_spin outer = { this_cpu_read(cpu_local.spins_for),
				   this_cpu_read(cpu_local.spins_kind) };

	if (!outer.lock) // What interrupts a wait does not end it.
		this_cpu_inc(cpu_local.nr_spins);
	this_cpu_write(cpu_local.spins_kind, kind);
	this_cpu_write(cpu_local.spins_for, lock);
	trace_note(TRACE_SPIN, lock, NULL, 0, 0);
	return outer;
}

static __always_inline void hook_spin_end(struct hook_spin outer)
{
	trace_note(TRACE_SPUN, this_cpu_read(cpu_local.spins_for), NULL, 0, 0);
	this_cpu_write(cpu_local.spins_for, outer.lock);
	this_cpu_write(cpu_local.spins_kind, outer.kind);
}

/* When the function @what, with a lock or the like called @name, or NULL, may not sleep at @where, that is reported.
 * might_sleep - the same of the function that this is in; _here - of one that is not inlined: its caller is named. */
void might_sleep_at(const char *what, const char *name, unsigned long where);
#define might_sleep()      might_sleep_at(__func__, NULL, _THIS_IP_)
#define might_sleep_here() might_sleep_at(__func__, NULL, _RET_IP_)

/* must_be_thread - that @what, called at @where, makes a thread the owner of the lock @name, and so is not for handlers, is
 *   reported if a handler does it; returns whether it may go on. Any context. */
bool must_be_thread(const char *what, const char *name, unsigned long where);

/* hook_gone_released - report that the lock @lock, a "@kind", is released at @where and in memory that was freed. */
void hook_gone_released(const char *kind, const void *lock, unsigned long where) __cold;

/* hook_register_might_sleep - what else is looked at where @what, called at @where, may sleep. Boot, once. */
void hook_register_might_sleep(void (*check)(const char *what, unsigned long where));

/*
 * hook_irqs_on, hook_softirqs_on - interrupts, or softirqs, are about to be turned on. The validator registers
 * what is done then, once, at boot; nothing, while the running thread holds no lock. In an interrupt handler interrupts stay
 * off: that they are turned on is misuse. Any context.
 */
void hook_register_turned_on(void (*function)(bool softirqs, unsigned long where));
void hook_turned_on(bool softirqs, unsigned long where);

static __always_inline bool hook_holds_locks(void)
{
	const struct lockdep_task *task = this_cpu_read(cpu_local.lockdep);

	return task && READ_ONCE(task->depth);
}

static __always_inline void hook_irqs_on(void)
{
	if (unlikely(hook_holds_locks() || in_hardirq()))
		hook_turned_on(false, _THIS_IP_);
}

static __always_inline void hook_softirqs_on(unsigned long where)
{
	if (unlikely(hook_holds_locks()))
		hook_turned_on(true, where);
}

/* hook_irq_restore - interrupts are about to be as `flags` say: they are off, or the section has ended before. */
void hook_restored_twice(unsigned long where) __cold;

static __always_inline void hook_irq_restore(void)
{
	if (unlikely(!irqs_disabled()))
		hook_restored_twice(_THIS_IP_);
}

#else

static inline void hook_irqs_on(void)
{
}

static inline void hook_irq_restore(void)
{
}

static inline void hook_spin_acquired(const void *lock __unused, const char *name __unused,
				      unsigned long where __unused)
{
}

static inline bool hook_spin_released(const void *lock __unused)
{
	return true;
}

static inline void hook_spin_released_all(void)
{
}

static inline void hook_schedule(void)
{
}

static inline void hook_spin(void)
{
}

static inline struct hook_spin hook_spin_begin(const void *lock, const char *kind)
{
	return (struct hook_spin){ NULL, NULL };
}

static inline void hook_spin_end(struct hook_spin outer)
{
}

#define hook_register_might_sleep(check) ((void)0)

#define must_be_thread(what, name, where) true
#define might_sleep_at(what, name, where) ((void)(name))
#define might_sleep_here()                ((void)0)
#define might_sleep()                                                                              \
	do {                                                                                       \
	} while (0)

#endif

#define might_sleep_if(cond)                                                                       \
	do {                                                                                       \
		if (cond)                                                                          \
			might_sleep();                                                             \
	} while (0)

/* The subclass of the second of two locks of one kind, for the _nested forms. */
#define SINGLE_DEPTH_NESTING 1
