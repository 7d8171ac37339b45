/* raw_spinlock.h: the spinlock of those who may not sleep on any kernel, and of what the checks stand on.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Mutual exclusion between CPUs for sections of a few hundred instructions, in order of arrival:
 *   ticket.h has the word, its race and its orders. Who holds a spinlock must not lose its CPU, for
 *   all who want it burn theirs meanwhile: so preemption is off from before the ticket is drawn until
 *   after the release. In a build for one CPU (make UP=1) this is all that is left: word.h.
 *   On a kernel with PREEMPT_RT spinlock_t sleeps, and this does not. Here both are one word, and checked the same:
 *   a raw spinlock with a name is watched as spinlock.h says. One without is not, and knows no owner: that is for
 *   printk, the run queues, memory and timers, which the validator and its reports need themselves.
 *
 * RULES
 *   1. Never sleep, and never call what may sleep, while holding it.
 *   2. A lock that any interrupt handler takes is taken with _irqsave (or _irq) everywhere else.
 *   3. The CPU that took it releases it; it does not nest.
 *   4. Hold it for microseconds. Others burn their CPU meanwhile.
 *   5. Outside the scheduler, printk, memory and timers use spinlock_t, or one with a name.
 */
#pragma once

#include "kernel/locking/spin/spinlock.h"

typedef struct raw_spinlock {
	union {
		struct {
			__SPIN_LOCK_FIELDS
		};
		spinlock_t watched; /* the same, with a name */
	};
} raw_spinlock_t;

/* RAW_SPIN_LOCK_UNLOCKED, raw_spin_lock_init_unwatched - one without a name. */
#define RAW_SPIN_LOCK_UNLOCKED                                                                     \
	{                                                                                          \
		.word = SPIN_WORD_FREE                                                             \
	}
#if CONFIG_CHECKED
#define __RAW_SPIN_LOCK_UNLOCKED(lockname)                                                         \
	(raw_spinlock_t)                                                                           \
	{                                                                                          \
		.word = SPIN_WORD_FREE, .owner = SPINLOCK_NO_OWNER,                                \
		DEP_MAP_INIT(raw_spinlock_t, lockname)                                             \
	}
#define raw_spin_is_watched(lock) ((lock)->dep_map.name != NULL)
#else
#define __RAW_SPIN_LOCK_UNLOCKED(lockname) (raw_spinlock_t) RAW_SPIN_LOCK_UNLOCKED
#define raw_spin_is_watched(lock)          false
#endif
#define DEFINE_RAW_SPINLOCK(lockname) raw_spinlock_t lockname = __RAW_SPIN_LOCK_UNLOCKED(lockname)

/* raw_spin_lock_init - make @lock free, and watched; nobody may hold or want it. Never sleeps. Any context. */
#define raw_spin_lock_init(lock) spin_lock_init_named(&(lock)->watched, #lock, LOCK_SITE(#lock))

static inline void raw_spin_lock_init_unwatched(raw_spinlock_t *lock)
{
	*lock = (raw_spinlock_t)RAW_SPIN_LOCK_UNLOCKED;
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

/* The lock without the count: taken by a caller who cannot migrate; tried by one; and whether it is his to release. */
static __always_inline void raw_spin_lock_word(raw_spinlock_t *lock, unsigned int subclass,
					       const struct lockdep_map *nest)
{
	if (unlikely(raw_spin_is_watched(lock))) {
		spin_lock_word(&lock->watched, subclass, nest);
		return;
	}
	spin_word_lock(&lock->word);
	hook_spin_acquired(lock, NULL, _THIS_IP_);
}

static __always_inline bool raw_spin_trylock_word(raw_spinlock_t *lock)
{
	if (unlikely(!spin_word_trylock(&lock->word)))
		return false;
	if (unlikely(raw_spin_is_watched(lock)))
		spin_note_tried(&lock->watched, _THIS_IP_);
	else
		hook_spin_acquired(lock, NULL, _THIS_IP_);
	return true;
}

static __always_inline bool raw_spin_check_release(raw_spinlock_t *lock)
{
	return raw_spin_is_watched(lock) ? spin_check_release(&lock->watched, _THIS_IP_) :
					   hook_spin_released(lock);
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
	raw_spin_lock_word(lock, 0, NULL);
}

/* raw_spin_lock_nested, raw_spin_lock_nest_lock - as spin_lock_nested() and spin_lock_nest_lock(). */
static __always_inline void raw_spin_lock_nested(raw_spinlock_t *lock, unsigned int subclass)
{
	preempt_disable();
	raw_spin_lock_word(lock, subclass, NULL);
}

#define raw_spin_lock_nest_lock(lock, outer)                                                       \
	do {                                                                                       \
		preempt_disable();                                                                 \
		raw_spin_lock_word((lock), 0, LOCKDEP_MAP_OF(outer));                              \
	} while (0)

static __always_inline bool raw_spin_trylock(raw_spinlock_t *lock)
{
	preempt_disable();
	if (likely(raw_spin_trylock_word(lock)))
		return true;
	preempt_enable();
	return false;
}

static __always_inline void raw_spin_unlock(raw_spinlock_t *lock)
{
	if (unlikely(!raw_spin_check_release(lock)))
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
	bool released = raw_spin_check_release(lock);

	if (likely(released))
		spin_word_unlock(&lock->word);
	local_irq_enable();
	if (likely(released))
		preempt_enable();
}

#define raw_spin_lock_irqsave(lock, flags) raw_spin_lock_irqsave_nested(lock, flags, 0)
#define raw_spin_lock_irqsave_nested(lock, flags, subclass)                                        \
	do {                                                                                       \
		BUILD_BUG_ON(!__same_type(flags, unsigned long));                                  \
		(flags) = arch_local_irq_save();                                                   \
		raw_spin_lock_nested(lock, subclass);                                              \
	} while (0)

static __always_inline void raw_spin_unlock_irqrestore(raw_spinlock_t *lock, unsigned long flags)
{
	bool released = raw_spin_check_release(lock);

	if (likely(released))
		spin_word_unlock(&lock->word);
	local_irq_restore(flags);
	if (likely(released))
		preempt_enable();
}

static __always_inline bool raw_spin_trylock_irq(raw_spinlock_t *lock)
{
	local_irq_disable();
	if (raw_spin_trylock(lock))
		return true;
	local_irq_enable();
	return false;
}

#define raw_spin_trylock_irqsave(lock, flags)                                                      \
	({                                                                                         \
		BUILD_BUG_ON(!__same_type(flags, unsigned long));                                  \
		(flags) = arch_local_irq_save();                                                   \
		bool __taken = raw_spin_trylock(lock);                                             \
		if (!__taken)                                                                      \
			local_irq_restore(flags);                                                  \
		__taken;                                                                           \
	})

/* raw_spin_lock_bh, raw_spin_unlock_bh, raw_spin_trylock_bh - as spin_lock_bh() and those beside it. */
static __always_inline void raw_spin_lock_bh(raw_spinlock_t *lock)
{
	bh_disable_add(SOFTIRQ_LOCK_OFFSET);
	raw_spin_lock_word(lock, 0, NULL);
}

static __always_inline void raw_spin_unlock_bh(raw_spinlock_t *lock)
{
	if (unlikely(!raw_spin_check_release(lock)))
		return;
	spin_word_unlock(&lock->word);
	bh_enable_sub(SOFTIRQ_LOCK_OFFSET);
}

static __always_inline bool raw_spin_trylock_bh(raw_spinlock_t *lock)
{
	bh_disable_add(SOFTIRQ_LOCK_OFFSET);
	if (likely(raw_spin_trylock_word(lock)))
		return true;
	bh_enable_sub(SOFTIRQ_LOCK_OFFSET);
	return false;
}

#define assert_raw_spin_locked(lock) assert_spin_locked(&(lock)->watched)

/*
 * raw_spin_lock_irqs_off, raw_spin_unlock_irqs_off - the same for a caller that has interrupts off from before
 * the first to after the second. Nothing else runs on this CPU meanwhile, so they leave the preempt count
 * alone: a thread that is woken in between is not switched to before the caller's next preempt_enable().
 */
static __always_inline void raw_spin_lock_irqs_off(raw_spinlock_t *lock)
{
	raw_spin_lock_word(lock, 0, NULL);
}

static __always_inline void raw_spin_unlock_irqs_off(raw_spinlock_t *lock)
{
	if (likely(raw_spin_check_release(lock)))
		spin_word_unlock(&lock->word);
}
