/* rwlock_fair.h: the word of a reader-writer lock with a queue: readers and writers in order of arrival.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   The lock of rwlock_reader.h with a ticket queue in the same word. Who cannot go in at once joins
 *   the queue, and while anybody is in the queue nobody goes in beside it: so a writer waits for those
 *   only who were inside or queued when it joined, and a stream of readers cannot starve it.
 *
 *        63               32  31  30             16 15              0
 *       +-------------------+---+------------------+----------------+
 *       | owner: served     | W | queued           | readers        |     free: the lower half is 0
 *       +-------------------+---+------------------+----------------+
 *
 *   Fast: a reader adds 1 to the lower half, and is in if nothing but readers was there; a writer
 *   makes it W if it was 0. One locked instruction each, as in the lock without a queue.
 *   Join: one locked add to the whole word, which for a reader also takes the 1 back, adds 1 to
 *   `queued` and draws the ticket: owner + queued, of the same instant. From here on every fast path
 *   fails, so there is no moment in which a waiter has come and can still be passed. (In Linux's
 *   qrwlock the queue is a lock beside the word, and a writer is noted in the word only when it is
 *   first: until then those that come on the fast path pass it.)
 *   First in the queue (owner is our ticket): a reader waits until W is clear, and goes in by one add
 *   that takes it off the queue and calls the next; if that is a reader too, both are inside together.
 *   A writer waits until W and readers are 0, and does the same by compare-and-exchange, since a
 *   reader in an interrupt may come between. `owner` overflows out of the word, `queued` not at all.
 *
 *   Interrupts: a reader that interrupts a reader would wait behind a writer that waits for the
 *   interrupted one; one that interrupts a waiter would wait for its ticket, behind itself. So in an
 *   interrupt, an NMI or a softirq a reader leaves its 1 in and waits only for W to be clear: it
 *   passes those who wait. They let in no more readers than they interrupt, so it ends. Having softirqs
 *   off is no such context (in Linux's qrwlock it is: read_lock_bh() passes writers there).
 *   In a thread the same is a deadlock:
 *
 *      CPU 0                         CPU 1
 *      read_lock(): is inside
 *                                    write_lock(): joins, waits for the reader
 *      read_lock(): joins, waits for the writer
 *
 *   Orders: all that takes or releases is a locked instruction, a full barrier; the spinning reads
 *   only look. A first reader's last look at W is followed by its locked add.
 *   Cost: when the virtual CPU next in line is not running, all behind it wait: see ticket.h.
 *   It does not: keep preemption off, turn a reader into a writer, or know which CPUs read.
 *   Sources: Krieger, Stumm, Unrau, Hanna, "A fair fast scalable reader-writer lock", ICPP 1993;
 *   Linux's qrwlock (3.16) for the rule about interrupts.
 */
#pragma once

#include <arch/atomic.h>

#include "lib/types.h"

#define RWLOCK_FAIR_READER 1ULL
#define RWLOCK_FAIR_QUEUED 0x10000ULL
#define RWLOCK_FAIR_WRITER 0x80000000ULL
#define RWLOCK_FAIR_SERVED 0x100000000ULL

#define RWLOCK_FAIR_READERS 0xffffU /* the field */

struct rwlock_fair {
	union {
		atomic64_t whole;
		atomic_t half; /* the lower one: who is inside, and how many are queued */
	};
};

#define RWLOCK_FAIR_FREE                                                                           \
	{                                                                                          \
		{                                                                                  \
			.whole = ATOMIC64_INIT(0)                                                  \
		}                                                                                  \
	}

static inline void rwlock_fair_init(struct rwlock_fair *lock)
{
	atomic64_set(&lock->whole, 0);
}

/* The contended paths. Out of line: they spin. */
void rwlock_fair_read_slow(struct rwlock_fair *lock);
void rwlock_fair_write_slow(struct rwlock_fair *lock);

/* The other paths: one locked instruction each. Return whether that was all; else the slow one must follow. */
static __always_inline bool rwlock_fair_read_fast(struct rwlock_fair *lock)
{
	return (u32)atomic_fetch_add(1, &lock->half) <= RWLOCK_FAIR_READERS;
}

static __always_inline bool rwlock_fair_write_fast(struct rwlock_fair *lock)
{
	int free = 0;

	return atomic_try_cmpxchg(&lock->half, &free, (int)RWLOCK_FAIR_WRITER);
}

/*
 * rwlock_fair_read_lock, _write_lock - take it, spinning in order of arrival; a reader in an interrupt
 *   only until no writer is inside. A thread that reads must not read again.
 * rwlock_fair_read_trylock, _write_trylock - take it if that is possible at once and nobody waits (in an
 *   interrupt: no writer is inside); return whether they did. The latter may also fail because a
 *   reader that was turned away has not taken its 1 back.
 * rwlock_fair_read_unlock, _write_unlock - release it; caller holds it so.
 * Never sleep. Any context; caller has preemption off.
 */
static __always_inline void rwlock_fair_read_lock(struct rwlock_fair *lock)
{
	if (unlikely(!rwlock_fair_read_fast(lock)))
		rwlock_fair_read_slow(lock);
}

bool rwlock_fair_read_trylock(struct rwlock_fair *lock);

static __always_inline void rwlock_fair_read_unlock(struct rwlock_fair *lock)
{
	atomic_dec(&lock->half);
}

static __always_inline bool rwlock_fair_write_trylock(struct rwlock_fair *lock)
{
	int free = 0;

	// Look first: a try that must fail should not write to a line that others are using.
	return atomic_read(&lock->half) == 0 &&
	       atomic_try_cmpxchg(&lock->half, &free, (int)RWLOCK_FAIR_WRITER);
}

static __always_inline void rwlock_fair_write_lock(struct rwlock_fair *lock)
{
	if (unlikely(!rwlock_fair_write_fast(lock)))
		rwlock_fair_write_slow(lock);
}

static __always_inline void rwlock_fair_write_unlock(struct rwlock_fair *lock)
{
	// [D] pairs with [C] in rwlock_fair_read_slow(): locked, so after all that the writer did.
	atomic_sub((int)RWLOCK_FAIR_WRITER, &lock->half);
}

/* How many wait in the queue, and whether any does: old at once. Any context. */
static __always_inline unsigned int rwlock_fair_queued(struct rwlock_fair *lock)
{
	return ((u32)atomic_read(&lock->half) & ~(u32)RWLOCK_FAIR_WRITER) / (u32)RWLOCK_FAIR_QUEUED;
}

static __always_inline bool rwlock_fair_is_contended(struct rwlock_fair *lock)
{
	return rwlock_fair_queued(lock) != 0;
}
