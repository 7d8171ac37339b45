/* rwlock_reader.h: the word of a reader-writer lock that prefers readers.
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
 *   rwlock_readers.c shows it). In return a reader may take it again while it holds it, in every
 *   context. rwlock_fair.h ends the starvation; word.h says which of the two rwlock_t is.
 *   It does not: keep preemption off, turn a reader into a writer (two that try wait for each other
 *   for ever), keep an order among writers, or know which CPUs read.
 *   Source: Courtois, Heymans and Parnas, "Concurrent control with readers and writers", CACM 1971,
 *   the first problem.
 */
#pragma once

#include <arch/atomic.h>

#include "lib/types.h"

#define RWLOCK_WRITER 0x80000000U

struct rwlock_reader {
	atomic_t word;
};

#define RWLOCK_READER_FREE                                                                         \
	{                                                                                          \
		.word = ATOMIC_INIT(0)                                                             \
	}

static inline void rwlock_reader_init(struct rwlock_reader *lock)
{
	atomic_set(&lock->word, 0);
}

/* The contended paths. Out of line: they spin. */
void rwlock_reader_read_slow(struct rwlock_reader *lock);
void rwlock_reader_write_slow(struct rwlock_reader *lock);

/* One try each: the whole of the lock. */
static __always_inline bool rwlock_reader_read_fast(struct rwlock_reader *lock)
{
	return atomic_fetch_add(1, &lock->word) >= 0; // The writer's bit is the sign.
}

static __always_inline bool rwlock_reader_write_fast(struct rwlock_reader *lock)
{
	int free = 0;

	return atomic_try_cmpxchg(&lock->word, &free, (int)RWLOCK_WRITER);
}

/*
 * rwlock_reader_read_lock, _write_lock - take it, spinning while a writer, or anybody, is inside.
 * rwlock_reader_read_trylock, _write_trylock - take it if that is possible at once; return whether they
 *   did. The latter may also fail because a reader that was turned away has not taken its 1 back.
 * rwlock_reader_read_unlock, _write_unlock - release it; caller holds it so.
 * Never sleep. Any context; caller has preemption off.
 */
static __always_inline void rwlock_reader_read_lock(struct rwlock_reader *lock)
{
	if (unlikely(!rwlock_reader_read_fast(lock)))
		rwlock_reader_read_slow(lock);
}

static __always_inline bool rwlock_reader_read_trylock(struct rwlock_reader *lock)
{
	// Look first: a try that must fail should not write to a line that the writer is using.
	if (atomic_read(&lock->word) < 0)
		return false;
	if (rwlock_reader_read_fast(lock))
		return true;
	atomic_dec(&lock->word);
	return false;
}

static __always_inline void rwlock_reader_read_unlock(struct rwlock_reader *lock)
{
	atomic_dec(&lock->word);
}

static __always_inline void rwlock_reader_write_lock(struct rwlock_reader *lock)
{
	if (unlikely(!rwlock_reader_write_fast(lock)))
		rwlock_reader_write_slow(lock);
}

static __always_inline bool rwlock_reader_write_trylock(struct rwlock_reader *lock)
{
	return atomic_read(&lock->word) == 0 && rwlock_reader_write_fast(lock);
}

static __always_inline void rwlock_reader_write_unlock(struct rwlock_reader *lock)
{
	atomic_add((int)RWLOCK_WRITER, &lock->word);
}

/* Whether somebody waits for it: who waits leaves no trace in this word. Any context. */
static __always_inline bool rwlock_reader_is_contended(struct rwlock_reader *lock __unused)
{
	return false;
}
