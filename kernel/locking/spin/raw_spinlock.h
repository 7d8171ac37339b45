/* raw_spinlock.h: the ticket spinlock, and nothing else.
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
 *   It does not: keep interrupts off (raw_spin_lock_irqsave does), nest, know its owner, or report
 *   deadlock. lockdep does not watch it: printk and the run queues, which lockdep itself needs, use it.
 *   Source: Mellor-Crummey and Scott, "Algorithms for scalable synchronization", TOCS 1991, 2.2.
 *
 * RULES
 *   1. Never sleep, and never call what may sleep, while holding it.
 *   2. A lock that any interrupt handler takes is taken with _irqsave (or _irq) everywhere else.
 *   3. The CPU that took it releases it; it does not nest.
 *   4. Hold it for microseconds. Others burn their CPU meanwhile.
 *   5. Outside the scheduler, printk, memory and timers use spinlock_t, which is this lock checked.
 */
#pragma once

#include <arch/atomic.h>
#include <arch/irqflags.h>

#include "kernel/base/hooks.h"
#include "kernel/base/preempt.h"

typedef struct raw_spinlock {
	union {
		u32 word;
		struct {
			u16 owner; /* the ticket being served; written by the holder only */
			u16 next;  /* the next ticket to draw */
		};
	};
} raw_spinlock_t;

#define TICKET_ONE 0x10000U /* 1 in `next` */

#define RAW_SPIN_LOCK_UNLOCKED                                                                     \
	{                                                                                          \
		{                                                                                  \
			.word = 0                                                                  \
		}                                                                                  \
	}
#define DEFINE_RAW_SPINLOCK(name) raw_spinlock_t name = RAW_SPIN_LOCK_UNLOCKED

static inline void raw_spin_lock_init(raw_spinlock_t *lock)
{
	WRITE_ONCE(lock->word, 0);
}

/* Draw a ticket; return whether it is served at once. */
static __always_inline u32 ticket_draw(raw_spinlock_t *lock)
{
	u32 drawn = TICKET_ONE;

	asm volatile("lock xaddl %0, %1" : "+r"(drawn), "+m"(lock->word)::"memory", "cc");
	return drawn;
}

/* Wait until @ticket is served: the contended path, off the caller's way. */
void ticket_wait(raw_spinlock_t *lock, u16 ticket) __keeps_registers;

/* It is called by hand because the compiler takes every call to spoil registers: each function with a lock
 * in it would save some, always, for a call seldom made. On the stack pointer, so that the frame that a
 * backtrace needs is there before. */
static __always_inline void ticket_wait_inline(raw_spinlock_t *lock, u16 ticket)
{
	register unsigned long stack asm("rsp");

	asm volatile("call ticket_wait"
		     : "+r"(stack), "+m"(lock->word)
		     : "D"(lock), "S"((u32)ticket)
		     : "memory", "cc");
}

/* The ticket lock itself. Caller has preemption or interrupts off, so that it cannot lose its CPU
 * while others wait for its ticket. */
static __always_inline void ticket_lock(raw_spinlock_t *lock)
{
	u32 drawn = ticket_draw(lock);

	if (unlikely((u16)drawn != (u16)(drawn >> 16)))
		ticket_wait_inline(lock, (u16)(drawn >> 16));
}

static __always_inline void ticket_unlock(raw_spinlock_t *lock)
{
	// [B] pairs with [A] in ticket_wait(): a plain store, ordered after all that came before.
	asm volatile("incw %0" : "+m"(lock->owner)::"memory", "cc");
}

/* Take it if it is free, in one try: draw a ticket only when that would be served at once. */
static __always_inline bool ticket_trylock(raw_spinlock_t *lock)
{
	u32 seen = READ_ONCE(lock->word);

	return (u16)seen == (u16)(seen >> 16) && try_cmpxchg(&lock->word, &seen, seen + TICKET_ONE);
}

static __always_inline bool raw_spin_is_locked(raw_spinlock_t *lock)
{
	u32 seen = READ_ONCE(lock->word);

	return (u16)seen != (u16)(seen >> 16);
}

/* Whether somebody waits behind the holder. */
static __always_inline bool raw_spin_is_contended(raw_spinlock_t *lock)
{
	u32 seen = READ_ONCE(lock->word);

	return (u16)((u16)(seen >> 16) - (u16)seen) > 1;
}

/*
 * raw_spin_lock - take @lock, spinning in order of arrival.
 * Never sleeps. Any context, if rule 2 holds. Returns with @lock held and preemption off.
 * raw_spin_trylock - take it if it is free; returns whether it did.
 * raw_spin_unlock - release it; caller holds @lock. May reschedule, if that was wanted meanwhile.
 */
static __always_inline void raw_spin_lock(raw_spinlock_t *lock)
{
	preempt_disable();
	ticket_lock(lock);
	hook_spin_acquired(lock, NULL, _THIS_IP_);
}

static __always_inline bool raw_spin_trylock(raw_spinlock_t *lock)
{
	preempt_disable();
	if (likely(ticket_trylock(lock))) {
		hook_spin_acquired(lock, NULL, _THIS_IP_);
		return true;
	}
	preempt_enable();
	return false;
}

static __always_inline void raw_spin_unlock(raw_spinlock_t *lock)
{
	hook_spin_released(lock);
	ticket_unlock(lock);
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
	hook_spin_released(lock);
	ticket_unlock(lock);
	local_irq_enable();
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
	hook_spin_released(lock);
	ticket_unlock(lock);
	local_irq_restore(flags);
	preempt_enable();
}

/*
 * raw_spin_lock_irqs_off, raw_spin_unlock_irqs_off - the same for a caller that has interrupts off from before
 * the first to after the second. Nothing else runs on this CPU meanwhile, so they leave the preempt count
 * alone: a thread that is woken in between is not switched to before the caller's next preempt_enable().
 */
static __always_inline void raw_spin_lock_irqs_off(raw_spinlock_t *lock)
{
	ticket_lock(lock);
	hook_spin_acquired(lock, NULL, _THIS_IP_);
}

static __always_inline void raw_spin_unlock_irqs_off(raw_spinlock_t *lock)
{
	hook_spin_released(lock);
	ticket_unlock(lock);
}
