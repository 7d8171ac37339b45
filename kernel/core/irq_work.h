/* irq_work.h: functions called in interrupt context, as soon as interrupts are on: also from an NMI.
 * SPDX-License-Identifier: MIT
 *
 * RULES
 *   1. init_irq_work() first. Then it is queued, runs once, and can be queued again, by its function too.
 *   2. The function runs in an interrupt handler, interrupts off: it never sleeps. It must not free its own
 *      work. Queued on two CPUs, it may run on both at the same time.
 *   3. Before its memory goes: irq_work_sync(), and nobody who queues it again.
 */
#pragma once

#include <arch/atomic.h>

#include "lib/llist.h"
#include "lib/types.h"

/*
 *         31                    1      0
 *       +-----------------------+---------+   PENDING  in a CPU's list: its run has not begun
 *       | queued and not ended  | PENDING |   the rest counts those runs, and those that go on
 *       +-----------------------+---------+   `state`: locked operations only
 */
#define IRQ_WORK_PENDING 1
#define IRQ_WORK_RUN_ONE 2

/* [I] set by init_irq_work()  [a] atomic  [p] of who set PENDING, and then of the list's CPU */
struct irq_work {
	struct llist_node node;          /* [p] */
	atomic_t state;                  /* [a] */
	void (*func)(struct irq_work *); /* [I] */
};

#define IRQ_WORK_INIT(fn)                                                                          \
	(struct irq_work)                                                                          \
	{                                                                                          \
		.func = (fn)                                                                       \
	}
/* Linux: at the next tick, or not after the interrupt. Both are the same here. */
#define IRQ_WORK_INIT_LAZY(fn)    IRQ_WORK_INIT(fn)
#define IRQ_WORK_INIT_HARD(fn)    IRQ_WORK_INIT(fn)
#define DEFINE_IRQ_WORK(name, fn) struct irq_work name = IRQ_WORK_INIT(fn)

/* init_irq_work - make @work idle, to call @func. Nobody may use it. Never sleeps. Any context. */
static inline void init_irq_work(struct irq_work *work, void (*func)(struct irq_work *))
{
	*work = IRQ_WORK_INIT(func);
}

/*
 * irq_work_queue - have @work run on this CPU, once interrupts are on. irq_work_queue_on - on CPU @cpu,
 *   which is online.
 * Never sleep. Any context, NMI included. Return false, with nothing done, if it is pending: then it runs
 * after this call. What was stored before is seen by the function.
 */
bool irq_work_queue(struct irq_work *work);
bool irq_work_queue_on(struct irq_work *work, u32 cpu);

/* irq_work_is_pending - whether its run has not begun. irq_work_is_busy - or has not ended. Old at once.
 * Never sleep. Any context. */
static inline bool irq_work_is_pending(const struct irq_work *work)
{
	return atomic_read(&work->state) & IRQ_WORK_PENDING;
}

static inline bool irq_work_is_busy(const struct irq_work *work)
{
	return atomic_read(&work->state) != 0;
}

/*
 * irq_work_sync - wait, spinning, until @work is neither pending nor runs anywhere.
 * May sleep. Thread context, interrupts on.
 */
void irq_work_sync(struct irq_work *work);

/* irq_work_run - run what is queued on this CPU: what its interrupt does. Interrupts off. */
void irq_work_run(void);

void irq_work_init(void); /* boot CPU; registers with the IPI */
