/* softirq.c: the rounds in which softirqs are served.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/base/irqflags.h"
#include "kernel/core/softirq.h"

#include <arch/bitops.h>
#include <arch/clock.h>
#include <arch/trap.h>

#include "kernel/core/leak.h"
#include "kernel/core/panic.h"

static void (*actions[NR_SOFTIRQS])(void); /* [I] */
static void (*wake_daemon)(void);          /* [I] NULL: not there yet */

static DEFINE_PER_CPU(unsigned long, served[NR_SOFTIRQS]); /* written by its CPU only */

void open_softirq(enum softirq nr, void (*action)(void))
{
	BUG_ON(actions[nr]);
	WRITE_ONCE(actions[nr], action);
}

/* Interrupts off. */
static void leave_to_daemon(void)
{
	void (*wake)(void) = READ_ONCE(wake_daemon);

	if (wake)
		wake();
}

void raise_softirq_irqoff(enum softirq nr)
{
	ASSERT(irqs_disabled() && actions[nr]);
	this_cpu_write(cpu_local.softirq_pending, local_softirq_pending() | 1U << nr);
	// Inside, the end of what we are inside of serves it. A thread has no such end.
	if (!in_interrupt())
		leave_to_daemon();
}

void raise_softirq(enum softirq nr)
{
	unsigned long flags = arch_local_irq_save();

	raise_softirq_irqoff(nr);
	local_irq_restore(flags);
}

static void serve(enum softirq nr)
{
	const struct context_mark before = context_mark();

	this_cpu_inc(served[nr]);
	actions[nr]();
	context_check(&before, "softirq", actions[nr]);
}

/* Take the word, and serve what is in it. Interrupts off; on meanwhile. */
static void serve_round(void)
{
	u32 pending = local_softirq_pending();

	this_cpu_write(cpu_local.softirq_pending, 0);
	local_irq_enable();
	for (; pending; pending &= pending - 1)
		serve((enum softirq)__ffs(pending));
	local_irq_disable();
}

/* Interrupts off; on meanwhile. Nothing that keeps softirqs off is in effect. */
static void serve_rounds(void)
{
	u64 end = clock_ns() + SOFTIRQ_NS;
	unsigned int round = 0;

	preempt_count_add(SOFTIRQ_OFFSET);
	do {
		serve_round();
	} while (local_softirq_pending() && ++round < SOFTIRQ_ROUNDS && !need_resched() &&
		 clock_ns() < end);
	preempt_count_sub(SOFTIRQ_OFFSET);
	if (local_softirq_pending())
		leave_to_daemon();
}

void do_softirq(void)
{
	unsigned long flags;

	if (in_interrupt())
		return;
	flags = arch_local_irq_save();
	if (local_softirq_pending())
		serve_rounds();
	local_irq_restore(flags);
}

unsigned long softirq_served(enum softirq nr, u32 cpu)
{
	const unsigned long *counts = per_cpu_ptr(&served[0], cpu);

	return READ_ONCE(counts[nr]);
}

void softirq_register_daemon(void (*wake)(void))
{
	BUG_ON(wake_daemon);
	WRITE_ONCE(wake_daemon, wake);
}

void softirq_init(void)
{
	bh_register(do_softirq);
	trap_softirq_register(serve_rounds);
}
