/* softirq.h: work that an interrupt leaves for the moment after it, with interrupts on again.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A handler runs with interrupts off, and whatever it does makes every other interrupt of its CPU
 *   wait. So it does the least, and raises a softirq for the rest: a bit in a word of this CPU.
 *   The bits are looked at where the softirq count of the preempt count (kernel/base/bh.h) is 0:
 *   1. at the end of the outermost interrupt, before a thread may be preempted;
 *   2. in local_bh_enable(), for what was raised while they were off;
 *   3. in the thread ksoftirqd of the CPU, which is woken when a thread raised one, or when the
 *      first two gave up (below).
 *   Serving counts SOFTIRQ_OFFSET, so an interrupt that comes meanwhile serves none at its end: a CPU
 *   serves one softirq at a time, to its end. Two CPUs may serve the same one at the same time.
 *
 *   Each round takes the whole word and clears it *before* the functions run, with interrupts off:
 *   what is raised again meanwhile, even of the same number, is another bit, for another round.
 *
 *   The storm: a softirq that raises itself, or interrupts that come as fast as they are served, must
 *   not keep threads from running. At one of the first two places there are at most SOFTIRQ_ROUNDS
 *   rounds, none begins after SOFTIRQ_NS, nor once the CPU is wanted by a thread. What is left then is
 *   ksoftirqd's: a thread of ordinary priority, which takes turns with the others.
 *   Linux does the same, with the same bounds (J. Corbet, "Software interrupts
 *   and realtime", LWN 520076).
 *   It does not: run a softirq on another CPU than the one that raised it, or in any order but that
 *   of the numbers within a round.
 */
#pragma once

#include "kernel/base/bh.h"

/* Lower numbers first. */
/* The numbers are Linux's, whose others are for what is not here: modules print local_softirq_pending(). */
enum softirq {
	HI_SOFTIRQ = 0,      /* tasklets of tasklet_hi_schedule() */
	TIMER_SOFTIRQ = 1,   /* struct timer_list */
	TASKLET_SOFTIRQ = 6, /* tasklets */
	HRTIMER_SOFTIRQ = 8, /* soft ktimers: struct hrtimer with HRTIMER_MODE_SOFT */
	NR_SOFTIRQS
};

#define SOFTIRQ_ROUNDS 10
#define SOFTIRQ_NS     2000000ULL /* 2 ms */

/* open_softirq - who serves softirq @nr: softirq context, interrupts on. Never sleeps. Boot only, once. */
void open_softirq(enum softirq nr, void (*action)(void));

/*
 * raise_softirq - have softirq @nr served on this CPU, soon: once or more often after this call.
 * raise_softirq_irqoff - the same; caller has interrupts off.
 * Never sleep. Any context but NMI.
 */
void raise_softirq(enum softirq nr);
void raise_softirq_irqoff(enum softirq nr);

/*
 * do_softirq - serve what is pending on this CPU, within the bounds, unless this is inside an
 * interrupt, a softirq, or a section that has them off. Never sleeps. Any context but NMI.
 */
void do_softirq(void);

/* softirq_served - how often CPU @cpu served softirq @nr. Any context. */
unsigned long softirq_served(enum softirq nr, u32 cpu);

/*
 * softirq_init - serve softirqs at the end of interrupts and in local_bh_enable().
 * softirq_register_daemon - who wakes this CPU's ksoftirqd; called with interrupts off.
 * Boot only, once.
 */
void softirq_init(void);
void softirq_register_daemon(void (*wake)(void));
