/* bh.h: keeping softirqs ("bottom halves") off this CPU for a while.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A softirq (kernel/core/softirq.h) runs at the end of an interrupt, on top of whatever the interrupt
 *   hit. Data that a thread shares with one is safe on this CPU while the thread keeps softirqs off:
 *   interrupts still come and may raise softirqs, which then wait until the matching enable.
 *
 *   The softirq field of the preempt count (preempt.h) holds both reasons for not starting one:
 *   bit 0 is set while one is served, and each local_bh_disable() adds 2 above it. Whoever is about to
 *   run softirqs looks at the field, and at nothing else, so neither can come on top of the other.
 *
 *   No softirq is forgotten, for the count goes down before the pending word is looked at:
 *
 *      local_bh_enable()               an interrupt of this CPU, which raises a softirq
 *                                      before the count is down: leaves it pending
 *      count goes down
 *                                      between the two: runs it itself, at its end
 *      reads softirq_pending           after: runs it itself
 *
 *   Only this CPU reads or writes either word, so program order is all the order that is needed.
 *
 *   Preemption stays off until the softirqs have run: the last unit of what bh_enable_sub() takes
 *   away is a preempt_enable(), so that what they wake is switched to once, at the end.
 *   The layer that runs softirqs is above this one, and hands its function down once, at boot.
 *   It does not: keep another CPU's softirqs off (that takes a lock: spin_lock_bh()).
 *
 * RULES
 *   1. Thread or softirq context with interrupts on; never in a handler, and never with interrupts off:
 *      the softirqs would then run with interrupts off as well.
 *   2. Never sleep in between: the count belongs to the CPU.
 *   3. It nests; each disable has its enable, on the same CPU.
 */
#pragma once

#include "kernel/base/hooks.h"
#include "kernel/base/preempt.h"

#define SOFTIRQ_DISABLE_OFFSET (2 * SOFTIRQ_OFFSET)
#define SOFTIRQ_LOCK_OFFSET    (SOFTIRQ_DISABLE_OFFSET + PREEMPT_OFFSET) /* spin_lock_bh(): both */

/*
 * bh_register - who is called to run this CPU's pending softirqs: interrupts on, preemption off.
 * Never sleeps. Boot only, once. Before that, softirqs stay pending.
 */
void bh_register(void (*run)(void));

/* Run what is pending, unless this is inside an interrupt, a softirq, or another section. */
void bh_run_pending(void);

#if CONFIG_CHECKED
/* Report if softirqs may not be turned off, or on again, here. The second returns whether they may; if not, it has done to
 * the count, from which @count is to be taken, what can be done. Caller cannot migrate. */
void bh_check_disable(unsigned long where);
bool bh_check_enable(u32 count, unsigned long where);
#else
static inline void bh_check_disable(unsigned long where)
{
}

static inline bool bh_check_enable(u32 count, unsigned long where)
{
	return true;
}
#endif

/* The softirqs that were raised on this CPU and have not begun: a bit each. Any context. */
static __always_inline u32 local_softirq_pending(void)
{
	return this_cpu_read(cpu_local.softirq_pending);
}

/* Add @count, one of the two above, to the preempt count; and take it away again. */
static __always_inline void bh_disable_add(u32 count)
{
	preempt_count_add(count);
	bh_check_disable(_THIS_IP_);
}

static __always_inline void bh_enable_sub(u32 count)
{
	if (unlikely(!bh_check_enable(count, _THIS_IP_)))
		return;
	preempt_count_sub(count - PREEMPT_OFFSET);
	if (unlikely(local_softirq_pending()))
		bh_run_pending();
	preempt_enable();
}

/*
 * local_bh_disable - run no softirq on this CPU until the matching local_bh_enable(). Preemption is off
 *   as well meanwhile. Never sleeps. Rule 1.
 * local_bh_enable - the end of it; softirqs that were raised meanwhile run now. May switch threads, never
 *   blocks. Rule 1.
 */
static __always_inline void local_bh_disable(void)
{
	bh_disable_add(SOFTIRQ_DISABLE_OFFSET);
}

static __always_inline void local_bh_enable(void)
{
	bh_enable_sub(SOFTIRQ_DISABLE_OFFSET);
}
