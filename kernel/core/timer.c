/* timer.c: functions called at a set time.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Each CPU has a queue of timers, sorted by deadline, and the CPU's one-shot clock event is set
 *   to the first of them. No timer, no event: an idle CPU is left alone. (A timer that was
 *   cancelled by another CPU leaves one event behind, which finds nothing to do.)
 *
 *   A timer is in at most one queue, the one that timer->queue names, and only whoever holds that
 *   queue's lock may touch it. Since the name may change before the lock is got, lock_queue_of()
 *   looks again after it has it.
 *
 *   The function runs with no lock held, so it may do what it likes with its timer: start it again,
 *   or free it. After the call nothing here touches the timer; queue->running is only compared.
 *
 *   timer_cancel_sync() must not be deceived by a timer that is neither queued nor finished:
 *
 *      CPU 0, fires the timer                 CPU 1, timer_cancel_sync()
 *      takes it out of the queue
 *      calls its function
 *                                             finds it not pending: returns?
 *      ... which starts the timer again
 *      (or still uses what CPU 1 now frees)
 *
 *   So CPU 0 names it in queue->running, under the lock, in the same step that takes it out [R].
 *   CPU 1, under the lock as well, sees it pending, or running, or neither; and only the last means
 *   done. If it runs, CPU 1 waits and then begins anew, since it may have been started again.
 *   This needs one place to look at: a timer whose function runs is started again *in the queue
 *   where it runs*, on whatever CPU the caller is. So it never runs on two CPUs at once either.
 *
 *   Moving to another CPU's queue: two locks are never held. The timer leaves the old queue, is
 *   given the new queue's name, and the lock is dropped before the new one is taken. In between it
 *   is in no queue, yet still `pending`: who cancels it then is told so, and we find out and start
 *   afresh.
 *   Soft timers have a queue of their own on each CPU, and its one clock event is for the first of both
 *   queues. For a soft one that is due its handler only raises HRTIMER_SOFTIRQ; until that has called what is
 *   due, the queue is `raised`, and no event is for it. `next` says what a queue needs, so that the one can
 *   be looked at under the other's lock: this CPU's event is set by this CPU alone, and what others change in
 *   `next` meanwhile is later (a cancelled timer: the event finds nothing to do), or of a queue whose function
 *   runs, and when that ends the event is set again.
 *   It does not: keep thousands of timers well (insertion walks the queue), or save a CPU from a
 *   function that starts its own timer in the past again and again.
 */
#include "kernel/core/timer.h"

#include <arch/clock.h>

#include "kernel/base/cpu.h"
#include "kernel/core/leak.h"
#include "kernel/core/panic.h"
#include "kernel/core/softirq.h"
#include "kernel/locking/spin/raw_spinlock.h"

/* [q] under lock */
struct timer_queue {
	raw_spinlock_t lock;
	struct list_head timers; /* [q] by deadline; among equals, the first to come first */
	struct ktimer *running;  /* [q] whose function this CPU is calling; only ever compared */
	u64 next;                /* [q] when it needs the event: NO_EVENT, it does not */
	bool raised;             /* [q] the softirq is going to look at it */
} __aligned(64);

#define NO_EVENT ~0ULL

/* [soft]. An array and not a per-CPU variable: a list head cannot be copied from a template. */
static struct timer_queue timer_queues[NR_CPUS][2];

/* This CPU's. Caller has interrupts off. */
static struct timer_queue *this_queue(bool soft)
{
	return &timer_queues[raw_smp_processor_id()][soft];
}

static bool is_here(const struct timer_queue *queue)
{
	return queue == this_queue(false) || queue == this_queue(true);
}

/* Lock the queue that @timer belongs to. Interrupts off. */
static struct timer_queue *lock_queue_of(const struct ktimer *timer)
{
	for (;;) {
		struct timer_queue *queue = READ_ONCE(timer->queue);

		if (unlikely(!queue))
			panic("timer %p was never set up: call timer_init(), or hrtimer_setup()",
			      timer);
		raw_spin_lock(&queue->lock);
		if (likely(queue == READ_ONCE(timer->queue)))
			return queue;
		raw_spin_unlock(&queue->lock);
	}
}

static struct ktimer *first_timer(const struct timer_queue *queue)
{
	return list_first_entry_or_null(&queue->timers, struct ktimer, entry);
}

/* Note what @queue needs, and if it is this CPU's set the clock event. Caller holds queue->lock. */
static void set_event(struct timer_queue *queue)
{
	const struct ktimer *first = first_timer(queue);
	u64 next;

	WRITE_ONCE(queue->next, first && !queue->raised ? first->deadline : NO_EVENT);
	if (!is_here(queue))
		return;
	next = min(READ_ONCE(this_queue(false)->next), READ_ONCE(this_queue(true)->next));
	if (next != NO_EVENT)
		clock_event_set(next);
	else
		clock_event_stop();
}

/* Caller holds queue->lock, and @timer is in no queue. */
static void insert(struct timer_queue *queue, struct ktimer *timer, u64 deadline)
{
	struct list_head *before = queue->timers.prev;

	while (before != &queue->timers &&
	       list_entry(before, struct ktimer, entry)->deadline > deadline)
		before = before->prev;
	timer->deadline = deadline;
	WRITE_ONCE(timer->pending, true);
	list_add(&timer->entry, before);
}

/* Call the first timer's function. Caller holds queue->lock, which is dropped meanwhile. */
static void run_first(struct timer_queue *queue)
{
	struct ktimer *timer = first_timer(queue);
	void (*function)(struct ktimer *) = timer->function;
	bool soft = timer->soft;
	struct context_mark before;

	list_del_init(&timer->entry);
	WRITE_ONCE(timer->pending, false);
	// [R] pairs with [R] in timer_cancel_sync(): under the lock, so one step with the above.
	WRITE_ONCE(queue->running, timer);
	raw_spin_unlock(&queue->lock);
	if (soft)
		local_irq_enable();
	before = context_begin("timer function", function);
	function(timer);
	context_check(&before, "timer function", function);
	if (soft)
		local_irq_disable();
	raw_spin_lock(&queue->lock);
	WRITE_ONCE(queue->running, NULL);
}

/* Call what is due in @queue. Caller holds queue->lock, which is dropped meanwhile. */
static void run_due(struct timer_queue *queue)
{
	const struct ktimer *first;

	while ((first = first_timer(queue)) && first->deadline <= clock_ns())
		run_first(queue);
}

/* The softirq is to look at @queue, if anything in it is due. */
static void raise_if_due(struct timer_queue *queue)
{
	raw_spin_lock(&queue->lock);
	if (queue->next <= clock_ns()) {
		queue->raised = true;
		WRITE_ONCE(queue->next, NO_EVENT);
		raise_softirq_irqoff(HRTIMER_SOFTIRQ);
	}
	raw_spin_unlock(&queue->lock);
}

/* The clock event: call what is due. It may be early, and it may be for a timer that is gone. */
static void timer_fired(void)
{
	struct timer_queue *queue = this_queue(false);

	raise_if_due(this_queue(true));
	raw_spin_lock(&queue->lock);
	run_due(queue);
	set_event(queue);
	raw_spin_unlock(&queue->lock);
}

/* HRTIMER_SOFTIRQ: the same for the soft ones. */
static void timer_softirq(void)
{
	struct timer_queue *queue;

	local_irq_disable();
	queue = this_queue(true);
	raw_spin_lock(&queue->lock);
	run_due(queue);
	queue->raised = false;
	set_event(queue);
	raw_spin_unlock(&queue->lock);
	local_irq_enable();
}

static void init(struct ktimer *timer, void (*function)(struct ktimer *), bool soft)
{
	INIT_LIST_HEAD(&timer->entry);
	timer->deadline = 0;
	timer->function = function;
	timer->pending = false;
	timer->soft = soft;
	timer->queue = this_queue(soft); // any queue would do, so that there always is one to lock
}

void timer_init(struct ktimer *timer, void (*function)(struct ktimer *))
{
	init(timer, function, false);
}

void timer_init_soft(struct ktimer *timer, void (*function)(struct ktimer *))
{
	init(timer, function, true);
}

/*
 * Take @timer out of its queue, and lock the one that it is to be started in: this CPU's, or, while
 * its function runs, the one where it runs. Interrupts off.
 */
static struct timer_queue *lock_queue_to_start(struct ktimer *timer)
{
	for (;;) {
		struct timer_queue *queue = lock_queue_of(timer);

		list_del_init(&timer->entry);
		if (is_here(queue) || queue->running == timer)
			return queue;
		WRITE_ONCE(timer->queue, this_queue(timer->soft));
		raw_spin_unlock(&queue->lock);
	}
}

void timer_start(struct ktimer *timer, u64 deadline)
{
	unsigned long flags = arch_local_irq_save();
	struct timer_queue *queue = lock_queue_to_start(timer);

	insert(queue, timer, deadline);
	// While a function runs, whoever calls it sets the event when it is done.
	if (!queue->running)
		set_event(queue);
	raw_spin_unlock_irqrestore(&queue->lock, flags);
}

/* Caller holds queue->lock, of the queue that @timer belongs to. */
static bool cancel(struct timer_queue *queue, struct ktimer *timer)
{
	bool was_first = first_timer(queue) == timer;
	bool was_pending = timer->pending;

	list_del_init(&timer->entry);
	WRITE_ONCE(timer->pending, false);
	if (was_first)
		set_event(queue);
	return was_pending;
}

bool timer_cancel(struct ktimer *timer)
{
	unsigned long flags = arch_local_irq_save();
	struct timer_queue *queue = lock_queue_of(timer);
	bool was_pending = cancel(queue, timer);

	raw_spin_unlock_irqrestore(&queue->lock, flags);
	return was_pending;
}

int timer_try_cancel(struct ktimer *timer)
{
	unsigned long flags = arch_local_irq_save();
	struct timer_queue *queue = lock_queue_of(timer);
	int result = queue->running == timer ? -1 : cancel(queue, timer);

	raw_spin_unlock_irqrestore(&queue->lock, flags);
	return result;
}

unsigned int timer_state(struct ktimer *timer)
{
	unsigned long flags = arch_local_irq_save();
	struct timer_queue *queue = lock_queue_of(timer);
	unsigned int state = (timer->pending ? TIMER_IS_PENDING : 0) |
			     (queue->running == timer ? TIMER_IS_RUNNING : 0);

	raw_spin_unlock_irqrestore(&queue->lock, flags);
	return state;
}

bool timer_cancel_sync(struct ktimer *timer)
{
	bool was_pending = false;

	if (CONFIG_CHECKED && unlikely(timer->soft && in_hardirq())) {
		misuse(NULL,
		       "soft timer function %ps is waited for in an interrupt handler, which it may be below",
		       (void *)timer->function);
		return timer_cancel(timer);
	}
	for (;;) {
		unsigned long flags = arch_local_irq_save();
		struct timer_queue *queue = lock_queue_of(timer);
		bool here = is_here(queue);
		bool running = queue->running == timer;

		was_pending |= cancel(queue, timer);
		raw_spin_unlock_irqrestore(&queue->lock, flags);
		// [R] pairs with [R] in run_first()
		if (!running)
			return was_pending;
		if (here) {
			misuse(NULL,
			       "timer_cancel_sync() waits for the function it is called from, %ps",
			       (void *)timer->function);
			return was_pending;
		}
		while (READ_ONCE(queue->running) == timer)
			cpu_relax();
	}
}

void timer_walk(void (*fn)(const struct ktimer *timer, void *arg), void *arg)
{
	for (u32 i = 0; i < 2 * NR_CPUS; i++) {
		struct timer_queue *queue = &timer_queues[i / 2][i % 2];
		const struct ktimer *timer;
		unsigned long flags;

		raw_spin_lock_irqsave(&queue->lock, flags);
		list_for_each_entry(timer, &queue->timers, entry)
			fn(timer, arg);
		raw_spin_unlock_irqrestore(&queue->lock, flags);
	}
}

void timer_subsystem_init(void)
{
	for (u32 i = 0; i < 2 * NR_CPUS; i++) {
		struct timer_queue *queue = &timer_queues[i / 2][i % 2];

		raw_spin_lock_init_unwatched(&queue->lock);
		INIT_LIST_HEAD(&queue->timers);
		queue->next = NO_EVENT;
	}
	clock_event_register(timer_fired);
	open_softirq(HRTIMER_SOFTIRQ, timer_softirq);
}
