/* workqueue_flush.c: waiting for works, and taking them back. The theory is workqueue.c's.
 * SPDX-License-Identifier: MIT
 */
#include <arch/irqflags.h>

#include "kernel/core/panic.h"
#include "kernel/workqueue_pool.h"

static LIST_HEAD(flushers); /* [q] */

/* ---- Waiting ---- */

void work_finished(struct workqueue_struct *wq, u64 ticket)
{
	struct flusher *flusher, *next;

	wq->unfinished--;
	list_for_each_entry_safe(flusher, next, &flushers, entry) {
		if (ticket < flusher->first || ticket > flusher->last ||
		    (flusher->wq && flusher->wq != wq))
			continue;
		if (--flusher->left == 0) {
			list_del_init(&flusher->entry);
			complete(&flusher->done);
		}
	}
}

/* Wait for the run with @ticket. The lock is held with interrupts off; it is released. */
static void wait_for_ticket(u64 ticket)
{
	struct flusher flusher = { .first = ticket, .last = ticket, .left = 1 };

	init_completion(&flusher.done);
	list_add_tail(&flusher.entry, &flushers);
	spin_unlock_irq(&workqueue_lock);
	wait_for_completion(&flusher.done);
}

/* Wait for the run of @work that goes on, if there is one. The lock is held; it is released. */
static bool wait_for_run(struct work_struct *work)
{
	struct worker *worker = find_worker(work, NULL);

	if (!worker) {
		spin_unlock_irq(&workqueue_lock);
		return false;
	}
	if (unlikely(worker->task == current))
		panic("work function %ps waits for its own end", (void *)work->func);
	wait_for_ticket(worker->ticket);
	return true;
}

bool flush_work(struct work_struct *work)
{
	might_sleep();
	spin_lock_irq(&workqueue_lock);
	if (work->state != WORK_QUEUED)
		return wait_for_run(work);
	wait_for_ticket(work->ticket);
	return true;
}

bool flush_delayed_work(struct delayed_work *dwork)
{
	might_sleep();
	spin_lock_irq(&workqueue_lock);
	if (dwork->work.state == WORK_TIMED) {
		timer_delete(&dwork->timer);
		workqueue_enqueue(dwork->wq, &dwork->work, dwork->cpu);
	}
	spin_unlock_irq(&workqueue_lock);
	return flush_work(&dwork->work);
}

void __flush_workqueue(struct workqueue_struct *wq)
{
	struct flusher flusher = { .wq = wq };
	struct worker *self;

	might_sleep();
	init_completion(&flusher.done);
	spin_lock_irq(&workqueue_lock);
	self = current_worker();
	if (unlikely(self && self->pool->wq == wq))
		panic("work function %ps flushes its own queue, \"%s\"", (void *)self->func,
		      wq->name);
	flusher.last = workqueue_last_ticket;
	flusher.left = wq->unfinished;
	if (flusher.left)
		list_add_tail(&flusher.entry, &flushers);
	spin_unlock_irq(&workqueue_lock);
	if (flusher.left)
		wait_for_completion(&flusher.done);
}

/* ---- Taking back ---- */

static bool take_back_any(struct work_struct *work, int disable)
{
	unsigned long flags;
	bool was_pending;

	spin_lock_irqsave(&workqueue_lock, flags);
	work->disabled += disable;
	was_pending = workqueue_take_back(work);
	spin_unlock_irqrestore(&workqueue_lock, flags);
	return was_pending;
}

bool cancel_work(struct work_struct *work)
{
	return take_back_any(work, 0);
}

bool disable_work(struct work_struct *work)
{
	return take_back_any(work, 1);
}

bool disable_work_sync(struct work_struct *work)
{
	bool was_pending;

	might_sleep();
	was_pending = disable_work(work);
	spin_lock_irq(&workqueue_lock);
	wait_for_run(work);
	return was_pending;
}

bool enable_work(struct work_struct *work)
{
	unsigned long flags;
	int left;

	spin_lock_irqsave(&workqueue_lock, flags);
	if (unlikely(work->disabled == 0))
		panic("enable_work() of %ps, which is not disabled", (void *)work->func);
	left = --work->disabled;
	spin_unlock_irqrestore(&workqueue_lock, flags);
	return left == 0;
}

bool cancel_work_sync(struct work_struct *work)
{
	bool was_pending = disable_work_sync(work);

	enable_work(work);
	return was_pending;
}

bool cancel_delayed_work(struct delayed_work *dwork)
{
	unsigned long flags;
	bool was_pending;

	spin_lock_irqsave(&workqueue_lock, flags);
	was_pending = workqueue_take_back(&dwork->work);
	timer_delete(&dwork->timer);
	spin_unlock_irqrestore(&workqueue_lock, flags);
	return was_pending;
}

bool cancel_delayed_work_sync(struct delayed_work *dwork)
{
	bool was_pending = disable_work_sync(&dwork->work);

	// Nobody can start it now. Its function may still wait for our lock, to find nothing to do.
	timer_delete_sync(&dwork->timer);
	enable_work(&dwork->work);
	return was_pending;
}

unsigned int work_busy(struct work_struct *work)
{
	unsigned long flags;
	unsigned int busy = 0;

	spin_lock_irqsave(&workqueue_lock, flags);
	if (work->state != WORK_IDLE)
		busy |= WORK_BUSY_PENDING;
	if (find_worker(work, NULL))
		busy |= WORK_BUSY_RUNNING;
	spin_unlock_irqrestore(&workqueue_lock, flags);
	return busy;
}

struct work_struct *current_work(void)
{
	unsigned long flags;
	struct worker *worker;
	struct work_struct *work;

	spin_lock_irqsave(&workqueue_lock, flags);
	worker = current_worker();
	work = worker ? worker->work : NULL;
	spin_unlock_irqrestore(&workqueue_lock, flags);
	return work;
}
