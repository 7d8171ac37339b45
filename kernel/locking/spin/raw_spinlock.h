/* raw_spinlock.h: the spinlock itself: its word, with preemption off, or interrupts.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Mutual exclusion between CPUs for sections of a few hundred instructions, in order of arrival:
 *   ticket.h has the word, its race and its orders. Who holds a spinlock must not lose its CPU, for
 *   all who want it burn theirs meanwhile: so preemption is off from before the ticket is drawn until
 *   after the release. In a build for one CPU (make UP=1) this is all that is left: word.h.
 *   It does not: nest, know its owner, or report deadlock. lockdep does not watch it: printk and the
 *   run queues, which lockdep itself needs, use it.
 *
 * RULES
 *   1. Never sleep, and never call what may sleep, while holding it.
 *   2. A lock that any interrupt handler takes is taken with _irqsave (or _irq) everywhere else.
 *   3. The CPU that took it releases it; it does not nest.
 *   4. Hold it for microseconds. Others burn their CPU meanwhile.
 *   5. Outside the scheduler, printk, memory and timers use spinlock_t, which is this lock checked.
 */
#pragma once

#include "kernel/base/hooks.h"
#include "kernel/base/irqflags.h"
#include "kernel/base/preempt.h"
#include "kernel/locking/spin/word.h"

typedef struct raw_spinlock {
	spin_word_t word;
} raw_spinlock_t;

#define RAW_SPIN_LOCK_UNLOCKED                                                                     \
	{                                                                                          \
		.word = SPIN_WORD_FREE                                                             \
	}
#define DEFINE_RAW_SPINLOCK(name) raw_spinlock_t name = RAW_SPIN_LOCK_UNLOCKED

static inline void raw_spin_lock_init(raw_spinlock_t *lock)
{
	spin_word_init(&lock->word);
}

/* Whether somebody holds @lock, and whether somebody waits behind the holder: old at once. Never with
 * UP=1, where nobody can see it held but the holder and who interrupts him. Any context. */
static __always_inline bool raw_spin_is_locked(raw_spinlock_t *lock)
{
	return spin_word_is_locked(&lock->word);
}

static __always_inline bool raw_spin_is_contended(raw_spinlock_t *lock)
{
	return spin_word_is_contended(&lock->word);
}

/*
 * raw_spin_lock - take @lock, spinning in order of arrival.
 * Never sleeps. Any context, if rule 2 holds. Returns with @lock held and preemption off.
 * raw_spin_trylock - take it if it is free; returns whether it did. With UP=1 it always does: only who
 *   interrupts the holder could find it held, and must not try (rule 2).
 * raw_spin_unlock - release it; caller holds @lock. May reschedule, if that was wanted meanwhile.
 */
static __always_inline void raw_spin_lock(raw_spinlock_t *lock)
{
	preempt_disable();
	spin_word_lock(&lock->word);
	hook_spin_acquired(lock, NULL, _THIS_IP_);
}

static __always_inline bool raw_spin_trylock(raw_spinlock_t *lock)
{
	preempt_disable();
	if (likely(spin_word_trylock(&lock->word))) {
		hook_spin_acquired(lock, NULL, _THIS_IP_);
		return true;
	}
	preempt_enable();
	return false;
}

static __always_inline void raw_spin_unlock(raw_spinlock_t *lock)
{
	if (unlikely(!hook_spin_released(lock)))
		return;
	spin_word_unlock(&lock->word);
	preempt_enable();
}

/*
 * The same with this CPU's interrupts off while it is held: for data that a handler touches too.
 * _irq turns them on at the end whatever they were before; _irqsave puts back what was.
 */
static __always_inline void raw_spin_lock_irq(raw_spinlock_t *lock)
{
	local_irq_disable();
	raw_spin_lock(lock);
}

static __always_inline void raw_spin_unlock_irq(raw_spinlock_t *lock)
{
	bool released = hook_spin_released(lock);

	if (likely(released))
		spin_word_unlock(&lock->word);
	local_irq_enable();
	if (likely(released))
		preempt_enable();
}

#define raw_spin_lock_irqsave(lock, flags)                                                         \
	do {                                                                                       \
		BUILD_BUG_ON(!__same_type(flags, unsigned long));                                  \
		(flags) = arch_local_irq_save();                                                   \
		raw_spin_lock(lock);                                                               \
	} while (0)

static __always_inline void raw_spin_unlock_irqrestore(raw_spinlock_t *lock, unsigned long flags)
{
	bool released = hook_spin_released(lock);

	if (likely(released))
		spin_word_unlock(&lock->word);
	local_irq_restore(flags);
	if (likely(released))
		preempt_enable();
}

/*
 * raw_spin_lock_irqs_off, raw_spin_unlock_irqs_off - the same for a caller that has interrupts off from before
 * the first to after the second. Nothing else runs on this CPU meanwhile, so they leave the preempt count
 * alone: a thread that is woken in between is not switched to before the caller's next preempt_enable().
 */
static __always_inline void raw_spin_lock_irqs_off(raw_spinlock_t *lock)
{
	spin_word_lock(&lock->word);
	hook_spin_acquired(lock, NULL, _THIS_IP_);
}

static __always_inline void raw_spin_unlock_irqs_off(raw_spinlock_t *lock)
{
	if (likely(hook_spin_released(lock)))
		spin_word_unlock(&lock->word);
}
