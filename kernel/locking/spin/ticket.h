/* ticket.h: the ticket lock: who comes first is served first.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Mutual exclusion between CPUs for sections of a few hundred instructions, first come first
 *   served. Whoever wants the lock draws a ticket and waits until it is being served.
 *
 *        31            16 15             0
 *       +----------------+----------------+
 *       | next: to draw  | owner: served  |      free: next == owner
 *       +----------------+----------------+
 *
 *   Take: one `lock xadd` of 1 to `next` draws the ticket and reads `owner` in the same instant, so
 *   an uncontended take is that one instruction. Then spin reading `owner`: a read keeps the cache
 *   line shared among the waiters, while spinning with a locked write (test-and-set) would drag it
 *   from CPU to CPU and slow the holder who needs it to release.
 *   Release: add 1 to `owner` with a plain 16-bit add. Only the holder ever writes `owner`, so it
 *   needs no LOCK; being 16 bits wide it cannot carry into `next`, so tickets wrap safely as long as
 *   fewer than 65,536 CPUs hold or wait.
 *   Orders: `lock xadd` is a full barrier, and the loop's last read of `owner` is an acquire [A];
 *   the add is a store, which x86 never moves before an earlier access, hence a release [B].
 *   What the previous holder wrote before [B] is seen by the next one after [A].
 *   Cost of fairness: when the CPU next in line does not run (its virtual CPU is preempted by the
 *   host), everybody behind it waits for it although the lock is free. Test-and-set has no such
 *   convoy and no bound on waiting either. An MCS queue spins on a line per CPU and is worth its
 *   second word only with many CPUs.
 *   Can a waiter far from its turn do better than spin? Four virtual CPUs on two cores, QEMU 7.2 TCG, Xeon
 *   2.8 GHz; thousand acquisitions a second, the median of 8 rounds of 150 ms in each of two runs, rows in
 *   turn, otherwise idle but for compilers (kernel/bench/fifo.c; make bench RUN=tas,ticket,ticket_halt...):
 *
 *                                short section    10 us section    longest wait, 10 us
 *       test-and-set               7740, 6330        53, 47             72-152 ms
 *       pause between looks         110,  119       2.5, 1.5            18-32 ms
 *       no pause                    222,  285       2.0, 1.5            20-36 ms
 *       pause longer, far off       127,  246       1.5, 1.6            32-44 ms
 *       halt until next in line     127,  101        32,  17             8-19 ms, Jain 1.00 (else 0.7)
 *
 *   So only a CPU that stops helps: it gives its core to the one whose turn it is. On two CPUs, where nobody
 *   is far from its turn, all are alike; the fast path and the release cost the same with all. Yet it
 *   is not what is done here. It is worth nothing for the short sections that this lock is for (rule 4
 *   of raw_spinlock.h): a hand-over then takes an interrupt, and that is its rate. It cannot be had
 *   where interrupts are off, which is where the kernel's own busy locks are taken. It would have
 *   the lowest lock call the interrupt controller. Who must hold a lock for long has the mutex.
 *   It does not: keep preemption or interrupts off, or know who holds it: raw_spinlock.h does the one,
 *   spinlock.h the other.
 *   Source: Mellor-Crummey and Scott, "Algorithms for scalable synchronization", TOCS 1991, 2.2.
 */
#pragma once

#include <arch/atomic.h>

#include "lib/types.h"

struct ticket_lock {
	union {
		u32 both;
		struct {
			u16 owner; /* the ticket being served; written by the holder only */
			u16 next;  /* the next ticket to draw */
		};
	};
};

#define TICKET_ONE 0x10000U /* 1 in `next` */

#define TICKET_LOCK_FREE                                                                           \
	{                                                                                          \
		{                                                                                  \
			.both = 0                                                                  \
		}                                                                                  \
	}

static inline void ticket_init(struct ticket_lock *lock)
{
	WRITE_ONCE(lock->both, 0);
}

/* Draw a ticket; return the word of that instant, which says which, and whose turn it was. */
static __always_inline u32 ticket_draw(struct ticket_lock *lock)
{
	u32 drawn = TICKET_ONE;

	instrument_atomic_read_write(&lock->both, sizeof(lock->both));
	asm volatile("lock xaddl %0, %1" : "+r"(drawn), "+m"(lock->both)::"memory", "cc");
	return drawn;
}

/* Whether the ticket that was drawn as @drawn is served at once. */
static __always_inline bool ticket_is_served(u32 drawn)
{
	return (u16)drawn == (u16)(drawn >> 16);
}

/* Wait until @ticket is served: the contended path, off the caller's way. */
void ticket_wait(struct ticket_lock *lock, u16 ticket) __keeps_registers;

/* It is called by hand because the compiler takes every call to spoil registers: each function with a lock
 * in it would save some, always, for a call seldom made. On the stack pointer, so that the frame that a
 * backtrace needs is there before. */
static __always_inline void ticket_wait_inline(struct ticket_lock *lock, u32 drawn)
{
	register unsigned long stack asm("rsp");

	asm volatile("call ticket_wait"
		     : "+r"(stack), "+m"(lock->both)
		     : "D"(lock), "S"(drawn >> 16)
		     : "memory", "cc");
}

/* The ticket lock itself. Caller has preemption or interrupts off, so that it cannot lose its CPU
 * while others wait for its ticket. */
static __always_inline void ticket_lock(struct ticket_lock *lock)
{
	u32 drawn = ticket_draw(lock);

	if (unlikely(!ticket_is_served(drawn)))
		ticket_wait_inline(lock, drawn);
}

static __always_inline void ticket_unlock(struct ticket_lock *lock)
{
	// [B] pairs with [A] in ticket_wait(): a plain store, ordered after all that came before.
	instrument_atomic_write(&lock->owner, sizeof(lock->owner));
	asm volatile("incw %0" : "+m"(lock->owner)::"memory", "cc");
}

/* Take it if it is free, in one try: draw a ticket only when that would be served at once. */
static __always_inline bool ticket_trylock(struct ticket_lock *lock)
{
	u32 seen = READ_ONCE(lock->both);

	return (u16)seen == (u16)(seen >> 16) && try_cmpxchg(&lock->both, &seen, seen + TICKET_ONE);
}

static __always_inline bool ticket_is_locked(struct ticket_lock *lock)
{
	u32 seen = READ_ONCE(lock->both);

	return (u16)seen != (u16)(seen >> 16);
}

/* Whether somebody waits behind the holder. */
static __always_inline bool ticket_is_contended(struct ticket_lock *lock)
{
	u32 seen = READ_ONCE(lock->both);

	return (u16)((u16)(seen >> 16) - (u16)seen) > 1;
}
