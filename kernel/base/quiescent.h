/* quiescent.h: a count that shows from outside when a CPU was certainly in no RCU reader.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   An RCU reader holds preemption off, so a CPU that chooses a thread with nothing but the scheduler
 *   itself holding preemption off is in no reader; nor is one that is idle and has not been interrupted.
 *   The first is a moment, the second lasts. One word per CPU says both, and only that CPU changes it:
 *
 *       quiescent   odd    the CPU works: what it runs may be a reader
 *                   even   the CPU is halted in its idle loop: no reader, for as long as that is so
 *                   + 2    at each pass through the scheduler, whether another thread was chosen or not
 *
 *   Who looks twice and finds the count even, or changed, knows that every reader which ran here at the
 *   first look has ended. The idle CPU is not woken for that.
 *
 *   An interrupt of an idle CPU may be a reader: its handler runs in odd time. The race is
 *
 *       idle CPU, interrupted                     grace period on another CPU
 *       count becomes odd                         p = NULL
 *       full barrier [H]                          full barrier [G]
 *       reads p                                   reads the count
 *
 *   If the grace period still finds the count even, the handler finds p changed. A change of the count
 *   is one locked instruction, which is the barrier too: so not even an NMI has a reader between them.
 *   The same instruction, seen from the other side, ends what came before it: a reader's last access
 *   is made when the count that follows it is seen.
 *   An interrupt that comes between a look at the count and its change leaves the count as it was.
 */
#pragma once

#include <arch/atomic.h>

#include "kernel/base/cpu.h"

/* Change this CPU's count, with everything before it done, and before anything after it begins. */
static __always_inline void quiescent_add(s64 n)
{
	smp_mb__before_atomic();
	atomic64_add(n, &this_cpu()->quiescent);
	smp_mb__after_atomic(); // [H] pairs with [G] in rounds_begin()
}

/*
 * quiescent_pass - this CPU is in no reader at this moment.
 * quiescent_begin, quiescent_end - from here, to there, it is in none, unless it is interrupted.
 * Never sleep. Thread context, preemption off once and for no other reason than the caller's.
 */
static __always_inline void quiescent_pass(void)
{
	quiescent_add(2);
}

static __always_inline void quiescent_begin(void)
{
	quiescent_add(1);
}

static __always_inline void quiescent_end(void)
{
	quiescent_add(1);
}

static __always_inline bool quiescent_is_idle(u64 count)
{
	return !(count & 1);
}

/*
 * quiescent_interrupt - an interrupt, an NMI or an exception begins: first of all, end the idle time it
 *   came in. quiescent_resume - last of all, go back to it. @idle is what the former returned.
 * Never sleep. Interrupts off.
 */
static __always_inline bool quiescent_interrupt(void)
{
	bool idle = quiescent_is_idle((u64)this_cpu_read(cpu_local.quiescent.counter));

	if (unlikely(idle))
		quiescent_end();
	return idle;
}

static __always_inline void quiescent_resume(bool idle)
{
	if (unlikely(idle))
		quiescent_begin();
}

/* quiescent_read - the count of CPU @cpu. What it did before that is done. Any context. */
static inline u64 quiescent_read(u32 cpu)
{
	return (u64)atomic64_read_acquire(&cpu_by_id(cpu)->quiescent);
}
