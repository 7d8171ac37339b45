/* rwlock.h: the reader-writer spinlock of everyday use: many readers, or one writer.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   The word, its races and its orders are rwlock_fair.h's, or rwlock_reader.h's with RWLOCK=reader;
 *   word.h argues which. What this adds is preemption, softirqs and interrupts kept off, in the forms
 *   that spinlock.h has too, and checks, which are empty functions in PROFILE=fast.
 *   The checks know of this CPU only, and are exact: hooks.h lists what it holds, and `owner` says
 *   which CPU writes. They name the lock, the place and the CPU, and panic, for it would wait
 *   for ever, when
 *     - a CPU takes what it writes already, or wants to write what it reads,
 *     - a thread reads again what it reads already, unless RWLOCK=reader;
 *   they report it, and the run goes on, when
 *     - a lock is used that was never initialized: it is, then,
 *     - a CPU releases what it does not hold in that way: it does not.
 *   It does not: turn a reader into a writer, or check the words' users below.
 *
 * RULES
 *   1. Those of spinlock.h, for readers and writers both: never sleep.
 *   2. A reader only reads. What it must change, it changes after it took the lock as a writer.
 *   3. If a handler reads, writers use _irqsave; if a handler writes, all use _irqsave. The same with a
 *      softirq and _bh.
 *   4. A thread does not read again what it reads already: behind a waiting writer both would wait for
 *      ever. Handlers and softirqs may read on top of a reader.
 *   5. Use it where reads are long and writes are rare. For short sections the reader's two locked
 *      instructions cost more than a spinlock's one. Where readers need not keep writers out, seqlock.h.
 */
#pragma once

#include "kernel/locking/spin/spinlock.h"
#include "kernel/locking/spin/word.h"

typedef struct rwlock {
	rw_word_t word;
#if CONFIG_CHECKED
	u32 owner; /* the CPU that writes, or SPINLOCK_NO_OWNER */
	struct lockdep_map dep_map;
#endif
} rwlock_t;

#if CONFIG_CHECKED
#define RW_LOCK_UNLOCKED(lockname)                                                                 \
	{                                                                                          \
		.word = RW_WORD_FREE, .owner = SPINLOCK_NO_OWNER, DEP_MAP_INIT(rwlock_t, lockname) \
	}

/* If @lock was never initialized, that is reported, and done. Any context. */
void rwlock_check_init(rwlock_t *lock, unsigned long where);
/* Panic if this CPU may not take it so now; note who holds the lock; tell the validator. _tried: by a trylock.
 * _release: return whether this CPU holds it so; if not, that is reported, and the caller leaves it as it is. Caller
 * cannot migrate. */
void rwlock_check_take(rwlock_t *lock, bool write, unsigned int subclass, unsigned long where);
void rwlock_note_taken(rwlock_t *lock, bool write, unsigned long where);
void rwlock_note_tried(rwlock_t *lock, bool write, unsigned long where);
bool rwlock_check_release(rwlock_t *lock, bool write, unsigned long where);
#else
#define RW_LOCK_UNLOCKED(lockname)                                                                 \
	{                                                                                          \
		.word = RW_WORD_FREE                                                               \
	}

static inline void rwlock_check_init(rwlock_t *lock, unsigned long where)
{
}

static inline void rwlock_check_take(rwlock_t *lock, bool write, unsigned int subclass,
				     unsigned long where)
{
}

static inline void rwlock_note_taken(rwlock_t *lock, bool write, unsigned long where)
{
}

static inline void rwlock_note_tried(rwlock_t *lock, bool write, unsigned long where)
{
}

static inline bool rwlock_check_release(rwlock_t *lock, bool write, unsigned long where)
{
	return true;
}
#endif

#define DEFINE_RWLOCK(lockname)      rwlock_t lockname = RW_LOCK_UNLOCKED(lockname)
#define __RW_LOCK_UNLOCKED(lockname) (rwlock_t) RW_LOCK_UNLOCKED(lockname)

/* rwlock_init - make @lock free; nobody may hold or want it. Never sleeps. Any context. */
void rwlock_init_named(rwlock_t *lock, const char *name, const char *site);
#define rwlock_init(lock) rwlock_init_named((lock), #lock, LOCK_SITE(#lock))

/* The lock without the count: taken and released by a caller who cannot migrate. */
static __always_inline void __read_lock(rwlock_t *lock)
{
	rwlock_check_take(lock, false, 0, _THIS_IP_);
	if (unlikely(!rw_word_read_fast(&lock->word))) {
		lock_contended(&lock->dep_map, _THIS_IP_);
		rw_word_read_slow(&lock->word);
	}
	rwlock_note_taken(lock, false, _THIS_IP_);
}

static __always_inline bool __read_unlock(rwlock_t *lock)
{
	if (unlikely(!rwlock_check_release(lock, false, _THIS_IP_)))
		return false;
	rw_word_read_unlock(&lock->word);
	return true;
}

static __always_inline void __write_lock(rwlock_t *lock, unsigned int subclass)
{
	rwlock_check_take(lock, true, subclass, _THIS_IP_);
	if (unlikely(!rw_word_write_fast(&lock->word))) {
		lock_contended(&lock->dep_map, _THIS_IP_);
		rw_word_write_slow(&lock->word);
	}
	rwlock_note_taken(lock, true, _THIS_IP_);
}

static __always_inline bool __write_unlock(rwlock_t *lock)
{
	if (unlikely(!rwlock_check_release(lock, true, _THIS_IP_)))
		return false;
	rw_word_write_unlock(&lock->word);
	return true;
}

/*
 * read_lock - take @lock for reading, spinning while a writer is inside or waits its turn before us.
 * Never sleeps. Any context, if rules 3 and 4 hold. Returns with preemption off.
 * read_unlock - release @lock, held for reading by this CPU. May switch threads, if wanted.
 */
static __always_inline void read_lock(rwlock_t *lock)
{
	preempt_disable();
	__read_lock(lock);
}

static __always_inline void read_unlock(rwlock_t *lock)
{
	if (likely(__read_unlock(lock)))
		preempt_enable();
}

/*
 * write_lock - take @lock for writing, spinning until nobody is inside and it is our turn.
 * Never sleeps. Any context, if rule 3 holds; does not nest. Returns with preemption off.
 * write_unlock - release @lock, held for writing by this CPU. May switch threads, if wanted.
 */
static __always_inline void write_lock(rwlock_t *lock)
{
	preempt_disable();
	__write_lock(lock, 0);
}

/* write_lock_nested - the same inside another lock of its class: see spin_lock_nested(). */
static __always_inline void write_lock_nested(rwlock_t *lock, unsigned int subclass)
{
	preempt_disable();
	__write_lock(lock, subclass);
}

static __always_inline void write_unlock(rwlock_t *lock)
{
	if (likely(__write_unlock(lock)))
		preempt_enable();
}

/*
 * read_trylock, write_trylock - take @lock if that is possible at once; return whether they did.
 * Never sleep. Any context. write_trylock() may also fail because a reader that was turned away
 * has not taken its 1 back yet.
 */
bool read_trylock(rwlock_t *lock);
bool write_trylock(rwlock_t *lock);

/* rwlock_is_contended - whether somebody waits in the queue: old at once; never with RWLOCK=reader, which
 * has none. Any context. */
static __always_inline bool rwlock_is_contended(rwlock_t *lock)
{
	return rw_word_is_contended(&lock->word);
}

/*
 * The same with interrupts off while it is held: _irq turns them on at the end whatever they were
 * before, _irqsave puts back what was. And with softirqs off, in thread or softirq context.
 */
static __always_inline void read_lock_irq(rwlock_t *lock)
{
	local_irq_disable();
	read_lock(lock);
}

static __always_inline void read_unlock_irq(rwlock_t *lock)
{
	bool released = __read_unlock(lock);

	local_irq_enable();
	if (likely(released))
		preempt_enable();
}

static __always_inline void write_lock_irq(rwlock_t *lock)
{
	local_irq_disable();
	write_lock(lock);
}

static __always_inline void write_unlock_irq(rwlock_t *lock)
{
	bool released = __write_unlock(lock);

	local_irq_enable();
	if (likely(released))
		preempt_enable();
}

#define read_lock_irqsave(lock, flags)                                                             \
	do {                                                                                       \
		BUILD_BUG_ON(!__same_type(flags, unsigned long));                                  \
		(flags) = arch_local_irq_save();                                                   \
		read_lock(lock);                                                                   \
	} while (0)

static __always_inline void read_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
	bool released = __read_unlock(lock);

	local_irq_restore(flags);
	if (likely(released))
		preempt_enable();
}

#define write_lock_irqsave(lock, flags)                                                            \
	do {                                                                                       \
		BUILD_BUG_ON(!__same_type(flags, unsigned long));                                  \
		(flags) = arch_local_irq_save();                                                   \
		write_lock(lock);                                                                  \
	} while (0)

static __always_inline void write_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
	bool released = __write_unlock(lock);

	local_irq_restore(flags);
	if (likely(released))
		preempt_enable();
}

#define write_trylock_irqsave(lock, flags)                                                         \
	({                                                                                         \
		BUILD_BUG_ON(!__same_type(flags, unsigned long));                                  \
		(flags) = arch_local_irq_save();                                                   \
		bool __taken = write_trylock(lock);                                                \
		if (!__taken)                                                                      \
			local_irq_restore(flags);                                                  \
		__taken;                                                                           \
	})

static __always_inline void read_lock_bh(rwlock_t *lock)
{
	bh_disable_add(SOFTIRQ_LOCK_OFFSET);
	__read_lock(lock);
}

static __always_inline void read_unlock_bh(rwlock_t *lock)
{
	if (likely(__read_unlock(lock)))
		bh_enable_sub(SOFTIRQ_LOCK_OFFSET);
}

static __always_inline void write_lock_bh(rwlock_t *lock)
{
	bh_disable_add(SOFTIRQ_LOCK_OFFSET);
	__write_lock(lock, 0);
}

static __always_inline void write_unlock_bh(rwlock_t *lock)
{
	if (likely(__write_unlock(lock)))
		bh_enable_sub(SOFTIRQ_LOCK_OFFSET);
}
