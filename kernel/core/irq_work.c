/* irq_work.c: from a place where hardly anything is allowed to one where a little more is.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   An NMI may come between any two instructions, so its handler can take no lock that others take: not
 *   wake a thread, not start a timer, not print in order. What it can do is to store a pointer, and to have
 *   the CPU interrupt itself. That interrupt comes as soon as interrupts are on, and there all is allowed
 *   that handlers may do.
 *
 *   Each CPU has a list without a lock (lib/llist.h), which only its interrupt takes from. Who finds it
 *   empty sends the interrupt, as with the calls of smpcall.c: one that found the list in use came before
 *   the list was taken, so the interrupt is still to come.
 *
 *   Who sets PENDING owns the node until it is in a list. The run clears PENDING *first*, and then calls:
 *
 *      CPU 0, irq_work_queue()                 CPU 1, runs the work
 *      stores data
 *      sets PENDING [A]                        clears PENDING [B]
 *      it was set: returns false               calls the function, which sees the data
 *      it was clear: queues it again
 *
 *   Both are full barriers, so a request is never lost between the two. And the node is read (`next`)
 *   before that, for afterwards it may be in another list.
 *
 *   irq_work_sync() must not take a work for done that runs on one CPU, and was queued and run on another
 *   meanwhile. So not a bit says that it runs, but a count: each queueing adds one, the end of each run takes
 *   one away [C], as the last thing that is done to the work.
 *   It does not: keep the function from running on two CPUs at once (Linux does not either).
 */
#include "kernel/core/irq_work.h"

#include <arch/smp.h>

#include "kernel/base/atomic.h"
#include "kernel/base/hooks.h"
#include "kernel/core/leak.h"
#include "kernel/core/panic.h"

static DEFINE_PER_CPU(struct llist_head, irq_works);

/* Set PENDING. Returns false if it was set. */
static bool claim(struct irq_work *work)
{
	// [A] pairs with [B] in run_work(): a full barrier, whether it was set or not.
	if (atomic_fetch_or(IRQ_WORK_PENDING, &work->state) & IRQ_WORK_PENDING)
		return false;
	atomic_add(IRQ_WORK_RUN_ONE, &work->state);
	return true;
}

/* Caller cannot migrate: between adding and sending, others rely on our interrupt. */
static void add(struct irq_work *work, u32 cpu)
{
	if (llist_add(&work->node, per_cpu_ptr(&irq_works, cpu)))
		smp_send_ipi(cpu, IPI_IRQ_WORK);
}

bool irq_work_queue_on(struct irq_work *work, u32 cpu)
{
	BUG_ON(!work->func || cpu >= nr_cpus || !READ_ONCE(cpu_by_id(cpu)->online));
	if (!claim(work))
		return false;
	preempt_disable();
	add(work, cpu);
	preempt_enable();
	return true;
}

bool irq_work_queue(struct irq_work *work)
{
	BUG_ON(!work->func);
	if (!claim(work))
		return false;
	preempt_disable();
	add(work, raw_smp_processor_id());
	preempt_enable();
	return true;
}

static void run_work(struct irq_work *work)
{
	void (*func)(struct irq_work *) = work->func;
	const struct context_mark before = context_begin("irq_work function", func);

	// [B] pairs with [A] in claim(): from here on it can be queued again.
	atomic_fetch_sub(IRQ_WORK_PENDING, &work->state);
	func(work);
	context_check(&before, "irq_work function", func);
	// [C] pairs with [D] in irq_work_sync(): then its memory may go.
	atomic_fetch_sub(IRQ_WORK_RUN_ONE, &work->state);
}

void irq_work_run(void)
{
	struct llist_node *newest = llist_del_all(this_cpu_ptr(&irq_works));
	struct irq_work *work, *next;

	llist_for_each_entry_safe(work, next, llist_reverse_order(newest), node) run_work(work);
}

void irq_work_sync(struct irq_work *work)
{
	might_sleep_here();
	// [D] pairs with [C] in run_work()
	while (atomic_read_acquire(&work->state))
		cpu_relax();
}

void irq_work_init(void)
{
	smp_ipi_register(IPI_IRQ_WORK, irq_work_run);
}
