/* spinlock.h: the spinlock of everyday use: the ticket lock with a name and, checked, an owner.
 * SPDX-License-Identifier: MIT
 *
 * Theory, word and memory orders are raw_spinlock.h's. What this adds is checks, which are empty
 * functions in PROFILE=fast. Taking it twice on one CPU panics, for it would wait for ever; releasing what this CPU
 * does not hold, and using it before it is initialized, are reported, with the lock, the holder and the place, and the
 * run goes on.
 *
 * RULES
 *   1. Never sleep while holding it: no mutex, no msleep(), no kthread_stop().
 *   2. If an interrupt handler takes it, everybody else takes it with _irqsave (or _irq, when
 *      interrupts are known to be on). Otherwise the handler may interrupt the holder on its own
 *      CPU and spin for ever.
 *   3. If no handler takes it, but a softirq does (a timer_list, a tasklet), threads take it with _bh;
 *      the softirq itself, which no other interrupts on its CPU, with plain spin_lock().
 *   4. Of two locks, all take the same one first.
 *   5. The CPU that took it releases it. It does not nest.
 *   6. `flags` of spin_lock_irqsave() belong to one function and one lock.
 */
#pragma once

#include "kernel/base/atomic.h"
#include "kernel/base/bh.h"
#include "kernel/base/hooks.h"
#include "kernel/base/irqflags.h"
#include "kernel/base/preempt.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/lockstat.h"
#include "kernel/locking/spin/word.h"

#define SPINLOCK_NO_OWNER 0xffffffffU

/* owner: the CPU that holds it, or SPINLOCK_NO_OWNER; where: the address that took it. */
#if CONFIG_CHECKED
#define __SPIN_LOCK_FIELDS                                                                         \
	spin_word_t word;                                                                          \
	u32 owner;                                                                                 \
	unsigned long where;                                                                       \
	struct lockdep_map dep_map;
#else
#define __SPIN_LOCK_FIELDS spin_word_t word;
#endif

typedef struct spinlock {
	__SPIN_LOCK_FIELDS
} spinlock_t;

#if CONFIG_CHECKED
#define SPIN_LOCK_UNLOCKED(lockname)                                                               \
	{                                                                                          \
		.word = SPIN_WORD_FREE, .owner = SPINLOCK_NO_OWNER,                                \
		DEP_MAP_INIT(spinlock_t, lockname)                                                 \
	}

/* If @lock was never initialized, that is reported, and done. Any context. */
void spin_check_init(spinlock_t *lock, unsigned long where);
/* Panic if this CPU may not take @lock now; note who holds it; tell the validator, @subclass and @nest as in
 * lock_acquire(). _tried: by a trylock. _release: return whether this CPU holds it; if not, that is reported, and
 * the caller leaves it as it is. Caller cannot migrate. */
void spin_check_take(spinlock_t *lock, unsigned int subclass, const struct lockdep_map *nest,
		     unsigned long where);
void spin_note_taken(spinlock_t *lock, unsigned long where);
void spin_note_tried(spinlock_t *lock, unsigned long where);
bool spin_check_release(spinlock_t *lock, unsigned long where);
#else
#define SPIN_LOCK_UNLOCKED(lockname)                                                               \
	{                                                                                          \
		.word = SPIN_WORD_FREE                                                             \
	}

static inline void spin_check_init(spinlock_t *lock, unsigned long where)
{
}

static inline void spin_check_take(spinlock_t *lock, unsigned int subclass,
				   const struct lockdep_map *nest, unsigned long where)
{
}

static inline void spin_note_taken(spinlock_t *lock, unsigned long where)
{
}

static inline void spin_note_tried(spinlock_t *lock, unsigned long where)
{
}

static inline bool spin_check_release(spinlock_t *lock, unsigned long where)
{
	return true;
}
#endif

#define DEFINE_SPINLOCK(lockname)      spinlock_t lockname = SPIN_LOCK_UNLOCKED(lockname)
#define __SPIN_LOCK_UNLOCKED(lockname) (spinlock_t) SPIN_LOCK_UNLOCKED(lockname)

/* spin_lock_init - make @lock free; nobody may hold or want it. Never sleeps. Any context. */
void spin_lock_init_named(spinlock_t *lock, const char *name, const char *site);
#define spin_lock_init(lock) spin_lock_init_named((lock), #lock, LOCK_SITE(#lock))

/* The lock without the count: taken by a caller who cannot migrate. */
static __always_inline void spin_lock_word(spinlock_t *lock, unsigned int subclass,
					   const struct lockdep_map *nest)
{
	u32 drawn;

	spin_check_take(lock, subclass, nest, _THIS_IP_);
	drawn = spin_word_draw(&lock->word);
	if (unlikely(!spin_word_is_served(drawn))) {
		lock_contended(&lock->dep_map, _THIS_IP_);
		spin_word_wait(&lock->word, drawn);
	}
	spin_note_taken(lock, _THIS_IP_);
}

/*
 * spin_lock - take @lock, spinning in order of arrival.
 * Never sleeps. Any context, if rule 2 holds. Returns with @lock held and preemption off.
 */
static __always_inline void spin_lock(spinlock_t *lock)
{
	preempt_disable();
	spin_lock_word(lock, 0, NULL);
}

/*
 * spin_lock_nested, spin_lock_nest_lock - the same while another lock of the same class is held, in an order
 *   that @subclass stands for, or that the lock @outer, which is held, makes irrelevant.
 */
static __always_inline void spin_lock_nested(spinlock_t *lock, unsigned int subclass)
{
	preempt_disable();
	spin_lock_word(lock, subclass, NULL);
}

#define spin_lock_nest_lock(lock, outer)                                                           \
	do {                                                                                       \
		preempt_disable();                                                                 \
		spin_lock_word((lock), 0, LOCKDEP_MAP_OF(outer));                                  \
	} while (0)

/* spin_trylock - take @lock if it is free; returns whether it did. Otherwise as spin_lock(). */
static __always_inline bool spin_trylock(spinlock_t *lock)
{
	preempt_disable();
	spin_check_init(lock, _THIS_IP_);
	if (likely(spin_word_trylock(&lock->word))) {
		spin_note_tried(lock, _THIS_IP_);
		return true;
	}
	preempt_enable();
	return false;
}

/*
 * spin_unlock - release @lock, which this CPU holds. Checked: if it does not, @lock stays as it is.
 * Never sleeps; may switch threads, if that became wanted while the lock was held. Any context.
 */
static __always_inline void spin_unlock(spinlock_t *lock)
{
	if (unlikely(!spin_check_release(lock, _THIS_IP_)))
		return;
	spin_word_unlock(&lock->word);
	preempt_enable();
}

/*
 * spin_lock_irq - the same with interrupts off while it is held; they are on before and after.
 * spin_lock_irqsave - the same, and spin_unlock_irqrestore() puts back what was before.
 */
static __always_inline void spin_lock_irq(spinlock_t *lock)
{
	local_irq_disable();
	spin_lock(lock);
}

static __always_inline void spin_unlock_irq(spinlock_t *lock)
{
	bool released = spin_check_release(lock, _THIS_IP_);

	if (likely(released))
		spin_word_unlock(&lock->word);
	local_irq_enable();
	if (likely(released))
		preempt_enable();
}

#define spin_lock_irqsave(lock, flags) spin_lock_irqsave_nested(lock, flags, 0)
#define spin_lock_irqsave_nested(lock, flags, subclass)                                            \
	do {                                                                                       \
		BUILD_BUG_ON(!__same_type(flags, unsigned long));                                  \
		(flags) = arch_local_irq_save();                                                   \
		spin_lock_nested(lock, subclass);                                                  \
	} while (0)

static __always_inline void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	bool released = spin_check_release(lock, _THIS_IP_);

	if (likely(released))
		spin_word_unlock(&lock->word);
	local_irq_restore(flags);
	if (likely(released))
		preempt_enable();
}

/* spin_lock_irqs_off, spin_unlock_irqs_off - as those of raw_spinlock.h: interrupts are off before and after. */
static __always_inline void spin_lock_irqs_off(spinlock_t *lock)
{
	spin_lock_word(lock, 0, NULL);
}

static __always_inline void spin_unlock_irqs_off(spinlock_t *lock)
{
	if (likely(spin_check_release(lock, _THIS_IP_)))
		spin_word_unlock(&lock->word);
}

static __always_inline bool spin_trylock_irq(spinlock_t *lock)
{
	local_irq_disable();
	if (spin_trylock(lock))
		return true;
	local_irq_enable();
	return false;
}

#define spin_trylock_irqsave(lock, flags)                                                          \
	({                                                                                         \
		BUILD_BUG_ON(!__same_type(flags, unsigned long));                                  \
		(flags) = arch_local_irq_save();                                                   \
		bool __taken = spin_trylock(lock);                                                 \
		if (!__taken)                                                                      \
			local_irq_restore(flags);                                                  \
		__taken;                                                                           \
	})

/*
 * spin_lock_bh - the same with softirqs kept off this CPU while it is held; interrupts come.
 * Never sleeps. Thread or softirq context, interrupts on.
 * spin_unlock_bh - release it; then softirqs that were raised meanwhile run, and the CPU may be given
 *   away. In this order: a softirq that finds the lock held by the thread it interrupts waits for ever.
 *   Both counts, of softirqs and of preemption, move at once; the last step of preemption is left for
 *   after the softirqs, which may wake the thread that then should run.
 * spin_trylock_bh - take it if it is free; returns whether it did.
 */
static __always_inline void spin_lock_bh(spinlock_t *lock)
{
	bh_disable_add(SOFTIRQ_LOCK_OFFSET);
	spin_lock_word(lock, 0, NULL);
}

static __always_inline void spin_unlock_bh(spinlock_t *lock)
{
	if (unlikely(!spin_check_release(lock, _THIS_IP_)))
		return;
	spin_word_unlock(&lock->word);
	bh_enable_sub(SOFTIRQ_LOCK_OFFSET);
}

static __always_inline bool spin_trylock_bh(spinlock_t *lock)
{
	bh_disable_add(SOFTIRQ_LOCK_OFFSET);
	spin_check_init(lock, _THIS_IP_);
	if (likely(spin_word_trylock(&lock->word))) {
		spin_note_tried(lock, _THIS_IP_);
		return true;
	}
	bh_enable_sub(SOFTIRQ_LOCK_OFFSET);
	return false;
}

/* Whether somebody holds @lock, and whether somebody waits for it: old at once. Any context. */
static __always_inline bool spin_is_locked(spinlock_t *lock)
{
	return spin_word_is_locked(&lock->word);
}

static __always_inline bool spin_is_contended(spinlock_t *lock)
{
	return spin_word_is_contended(&lock->word);
}

#define assert_spin_locked(lock)                                                                   \
	do {                                                                                       \
		if (unlikely(SPIN_HAS_WORD && !spin_is_locked(lock)))                              \
			panic("%s: %s must be held", __func__, #lock);                             \
	} while (0)

/*
 * atomic_dec_and_lock - subtract 1 from @count; if it is 0 then, return true with @lock held. So who finds an object under
 *   @lock, and adds 1 there, finds it whole or not at all. While it is not the last, @lock is not touched.
 * atomic_dec_and_lock_irqsave - the same with interrupts off, and what they were in @flags.
 * Never sleep. Context: that of @lock. refcount_dec_and_lock() also finds mistakes.
 */
static inline int atomic_dec_and_lock(atomic_t *count, spinlock_t *lock)
{
	if (atomic_add_unless(count, -1, 1))
		return false;
	spin_lock(lock);
	if (atomic_dec_and_test(count))
		return true;
	spin_unlock(lock);
	return false;
}

#define atomic_dec_and_lock_irqsave(count, lock, flags)                                            \
	__atomic_dec_and_lock_irqsave((count), (lock), &(flags))
static inline int __atomic_dec_and_lock_irqsave(atomic_t *count, spinlock_t *lock,
						unsigned long *flags)
{
	if (atomic_add_unless(count, -1, 1))
		return false;
	spin_lock_irqsave(lock, *flags);
	if (atomic_dec_and_test(count))
		return true;
	spin_unlock_irqrestore(lock, *flags);
	return false;
}
