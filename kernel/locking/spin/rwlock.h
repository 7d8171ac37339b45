/* rwlock.h: the reader-writer spinlock: many readers, or one writer.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Readers that only look may do so at the same time; a writer needs to be alone.
 *
 *        31  30                              0
 *       +---+---------------------------------+
 *       | W |        number of readers        |     free: 0
 *       +---+---------------------------------+
 *
 *   Read: add 1; if W was clear we are in. If not, take the 1 back and spin until W is clear. The
 *   passing 1 of a reader that meets a writer does no harm: the writer clears its bit and not the
 *   word.
 *   Write: 0 -> W, by compare-and-exchange, when no reader and no writer is there.
 *   Orders: taking is a locked instruction, a full barrier [A]. A writer releases by a locked
 *   instruction too, because readers may count in the same word meanwhile; so does a reader [B].
 *
 *   It prefers readers: one that finds others inside joins them at once, however long a writer has
 *   been waiting, so a steady stream of readers starves the writer for ever (modules/
 *   rwlock_readers.c shows it). In return a reader may take it again while it holds it, and an
 *   interrupt handler that only reads needs no _irq in the readers it interrupts: with a fair lock
 *   both would deadlock behind a waiting writer. That is why Linux kept this rule for interrupts, and
 *   why it is the default here.
 *   It does not: turn a reader into a writer (two that try wait for each other for ever), or know
 *   which CPUs read.
 *   Source: Courtois, Heymans and Parnas, "Concurrent control with readers and writers", CACM 1971,
 *   the first problem.
 *
 * RULES
 *   1. Those of spinlock.h, for readers and writers both: never sleep.
 *   2. A reader only reads. What it must change, it changes after it took the lock as a writer.
 *   3. If a handler reads, writers use _irqsave; if a handler writes, all use _irqsave.
 *   4. Use it where reads are long and writes are rare. For short sections the reader's two locked
 *      instructions cost as much as a spinlock, which is fair.
 */
#pragma once

#include "kernel/locking/spin/spinlock.h"

#define RWLOCK_WRITER 0x80000000U

typedef struct rwlock {
	atomic_t word;
#if CONFIG_CHECKED
	u32 owner;        /* the CPU that writes, or SPINLOCK_NO_OWNER */
	const char *name; /* [I] NULL: never initialized */
#endif
} rwlock_t;

#if CONFIG_CHECKED
#define RW_LOCK_UNLOCKED(lockname)                                                                 \
	{                                                                                          \
		.word = ATOMIC_INIT(0), .owner = SPINLOCK_NO_OWNER, .name = #lockname              \
	}

/* Panic if @lock was never initialized. Any context. */
void rwlock_check_init(const rwlock_t *lock, unsigned long where);
/* Panic if this CPU may not do that now; note who holds the lock. Caller cannot migrate. */
void rwlock_check_take(const rwlock_t *lock, unsigned long where);
void rwlock_note_taken(rwlock_t *lock, bool write, unsigned long where);
void rwlock_check_release(rwlock_t *lock, bool write, unsigned long where);
#else
#define RW_LOCK_UNLOCKED(lockname)                                                                 \
	{                                                                                          \
		.word = ATOMIC_INIT(0)                                                             \
	}

static inline void rwlock_check_init(const rwlock_t *lock, unsigned long where)
{
}

static inline void rwlock_check_take(const rwlock_t *lock, unsigned long where)
{
}

static inline void rwlock_note_taken(rwlock_t *lock, bool write, unsigned long where)
{
}

static inline void rwlock_check_release(rwlock_t *lock, bool write, unsigned long where)
{
}
#endif

#define DEFINE_RWLOCK(lockname) rwlock_t lockname = RW_LOCK_UNLOCKED(lockname)

/* rwlock_init - make @lock free; nobody may hold or want it. Never sleeps. Any context. */
void rwlock_init_named(rwlock_t *lock, const char *name);
#define rwlock_init(lock) rwlock_init_named((lock), #lock)

/* The contended paths. Out of line: they spin. */
void read_lock_slow(rwlock_t *lock);
void write_lock_slow(rwlock_t *lock);

/* One try each: the whole of the lock. */
static __always_inline bool rwlock_try_read(rwlock_t *lock)
{
	return atomic_fetch_add(1, &lock->word) >= 0; // The writer's bit is the sign.
}

static __always_inline bool rwlock_try_write(rwlock_t *lock)
{
	int free = 0;

	return atomic_try_cmpxchg(&lock->word, &free, (int)RWLOCK_WRITER);
}

/*
 * read_lock - take @lock for reading, spinning while a writer is inside.
 * Never sleeps. Any context, if rule 3 holds; may nest in itself. Returns with preemption off.
 */
static __always_inline void read_lock(rwlock_t *lock)
{
	preempt_disable();
	rwlock_check_take(lock, _THIS_IP_);
	if (unlikely(!rwlock_try_read(lock)))
		read_lock_slow(lock);
	rwlock_note_taken(lock, false, _THIS_IP_);
}

/* read_unlock - release @lock, held for reading by this CPU. May switch threads, if wanted. */
static __always_inline void read_unlock(rwlock_t *lock)
{
	rwlock_check_release(lock, false, _THIS_IP_);
	atomic_dec(&lock->word);
	preempt_enable();
}

/*
 * write_lock - take @lock for writing, spinning until nobody is inside.
 * Never sleeps. Any context, if rule 3 holds; does not nest. Returns with preemption off.
 */
static __always_inline void write_lock(rwlock_t *lock)
{
	preempt_disable();
	rwlock_check_take(lock, _THIS_IP_);
	if (unlikely(!rwlock_try_write(lock)))
		write_lock_slow(lock);
	rwlock_note_taken(lock, true, _THIS_IP_);
}

/* write_unlock - release @lock, held for writing by this CPU. May switch threads, if wanted. */
static __always_inline void write_unlock(rwlock_t *lock)
{
	rwlock_check_release(lock, true, _THIS_IP_);
	atomic_add((int)RWLOCK_WRITER, &lock->word);
	preempt_enable();
}

/*
 * read_trylock, write_trylock - take @lock if that is possible at once; return whether they did.
 * Never sleep. Any context. write_trylock() may also fail because a reader that was turned away
 * has not taken its 1 back yet.
 */
bool read_trylock(rwlock_t *lock);
bool write_trylock(rwlock_t *lock);

/* The same with interrupts off while it is held; _irqsave puts back what was before. */
static __always_inline void read_lock_irq(rwlock_t *lock)
{
	local_irq_disable();
	read_lock(lock);
}

static __always_inline void read_unlock_irq(rwlock_t *lock)
{
	rwlock_check_release(lock, false, _THIS_IP_);
	atomic_dec(&lock->word);
	local_irq_enable();
	preempt_enable();
}

static __always_inline void write_lock_irq(rwlock_t *lock)
{
	local_irq_disable();
	write_lock(lock);
}

static __always_inline void write_unlock_irq(rwlock_t *lock)
{
	rwlock_check_release(lock, true, _THIS_IP_);
	atomic_add((int)RWLOCK_WRITER, &lock->word);
	local_irq_enable();
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
	rwlock_check_release(lock, false, _THIS_IP_);
	atomic_dec(&lock->word);
	local_irq_restore(flags);
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
	rwlock_check_release(lock, true, _THIS_IP_);
	atomic_add((int)RWLOCK_WRITER, &lock->word);
	local_irq_restore(flags);
	preempt_enable();
}
