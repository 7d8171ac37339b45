/* workqueue_flush.c: waiting for works, and taking them back. The theory is workqueue.c's.
 * SPDX-License-Identifier: MIT
 */
#include <arch/irqflags.h>

#include "kernel/core/panic.h"
#include "kernel/workqueue_pool.h"

/* ---- Waiting ---- */

void work_finished(struct work_pool *pool, s64 ticket)
{
	struct flusher *flusher, *next;

	list_for_each_entry_safe(flusher, next, &pool->base->flushers, entry) {
		if (ticket < flusher->first || ticket > flusher->last ||
		    (flusher->pool && flusher->pool != pool))
			continue;
		if (--flusher->left == 0) {
			list_del_init(&flusher->entry);
			complete(&flusher->done);
		}
	}
	atomic_dec(&pool->wq->unfinished);
}

/* Wait until nothing is left of @flusher. The lock of @base is held, interrupts are off; it is released. */
static void wait_for_flusher(struct work_base *base, struct flusher *flusher)
{
	init_completion(&flusher->done);
	list_add_tail(&flusher->entry, &base->flushers);
	spin_unlock_irq(&base->lock);
	wait_for_completion(&flusher->done);
}

/* Wait for the run with @ticket. As above. */
static void wait_for_ticket(struct work_base *base, s64 ticket)
{
	struct flusher flusher = { .first = ticket, .last = ticket, .left = 1 };

	wait_for_flusher(base, &flusher);
}

/* Wait for a run of @work that goes on in @base, if there is one. As above. */
static bool wait_for_run(struct work_base *base, const struct work_struct *work)
{
	struct worker *worker = find_worker(base, work, NULL);

	if (!worker) {
		spin_unlock_irq(&base->lock);
		return false;
	}
	wait_for_ticket(base, worker->ticket);
	return true;
}

static struct work_base *lock_base(u32 cpu)
{
	struct work_base *base = work_base_of(cpu);

	spin_lock_irq(&base->lock);
	return base;
}

static struct work_base *lock_home_irq(const struct work_struct *work)
{
	local_irq_disable();
	return lock_base_of(work);
}

/* Whether this thread is to wait for the work that it runs: it must not. */
static bool is_self(const struct work_struct *work)
{
	const struct worker *self = current_worker();

	if (likely(!self || self->work != work || self->func != work->func))
		return false;
	misuse(NULL, "work function %ps waits for its own end", (void *)work->func);
	return true;
}

/* Whether it is to wait for one in its own pool that is not begun before it has ended: it must not. */
static bool is_behind(const struct work_struct *work)
{
	const struct worker *self = current_worker();
	struct work_base *home;
	unsigned long flags;
	bool behind;

	if (likely(!self || self->pool->wq->max_active > 1))
		return false;
	flags = arch_local_irq_save();
	home = lock_base_of(work);
	behind = work->state == WORK_QUEUED && work->pool == self->pool;
	spin_unlock_irqrestore(&home->lock, flags);
	if (unlikely(behind))
		misuse(NULL,
		       "work function %ps waits for %ps, which is behind it in the queue \"%s\"",
		       (void *)self->func, (void *)work->func, self->pool->wq->name);
	return behind;
}

/* The queue of @work, if its works run one at a time and it waits there: then it waits for all before it. It is not
 * destroyed until workqueue_put_user(). */
static struct workqueue_struct *get_queue_before(const struct work_struct *work)
{
	struct workqueue_struct *wq = NULL;
	unsigned long flags = arch_local_irq_save();
	struct work_base *home = lock_base_of(work);

	if (work->state == WORK_QUEUED && work->pool->wq->max_active == 1) {
		wq = work->pool->wq;
		atomic_inc(&wq->users);
	}
	spin_unlock_irqrestore(&home->lock, flags);
	return wq;
}

/* Tell the validator what flush_work() at @where waits for. */
static void note_flush(const struct work_struct *work, unsigned long where)
{
	struct lockdep_map map __maybe_unused = work_map_of(work);
	struct workqueue_struct *wq;

	if (!CONFIG_CHECKED)
		return;
	lockdep_sleeps_for(&map, where);
	wq = get_queue_before(work);
	if (!wq)
		return;
	lockdep_sleeps_for(&wq->dep_map, where);
	workqueue_put_user(wq);
}

static bool flush(struct work_struct *work, const char *what, unsigned long where)
{
	struct work_base *home;
	bool waited = false;

	if (unlikely(is_self(work) || is_behind(work)))
		return false;
	might_sleep_at(what, NULL, where);
	note_flush(work, where);
	home = lock_home_irq(work);
	if (work->state == WORK_QUEUED) {
		wait_for_ticket(home, work->ticket);
		return true;
	}
	if (likely(!work->strayed))
		return wait_for_run(home, work);
	spin_unlock_irq(&home->lock);
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		waited |= wait_for_run(lock_base(cpu), work);
	return waited;
}

bool flush_work(struct work_struct *work)
{
	return flush(work, __func__, _RET_IP_);
}

bool flush_delayed_work(struct delayed_work *dwork)
{
	might_sleep_here();
	timer_delete_sync(&dwork->timer);
	work_enqueue_timed(dwork);
	return flush(&dwork->work, __func__, _RET_IP_);
}

/* The works of @pool, queued and running, whose ticket is at most @last. The lock is held. */
static unsigned int count_unfinished(const struct work_pool *pool, s64 last)
{
	const struct work_struct *work;
	const struct worker *worker;
	unsigned int n = 0;

	list_for_each_entry(worker, &pool->base->busy, entry)
		n += worker->pool == pool && worker->ticket <= last;
	list_for_each_entry(work, &pool->pending, entry) {
		if (work->ticket > last)
			break;
		n++;
	}
	return n;
}

static void flush_pool(const struct work_pool *pool, s64 last)
{
	struct flusher flusher = { .pool = pool, .last = last };
	struct work_base *base = pool->base;

	spin_lock_irq(&base->lock);
	flusher.left = count_unfinished(pool, last);
	if (flusher.left)
		wait_for_flusher(base, &flusher);
	else
		spin_unlock_irq(&base->lock);
}

void __flush_workqueue(struct workqueue_struct *wq)
{
	s64 last = workqueue_last_ticket();
	const struct worker *self = current_worker();

	if (unlikely(self && self->pool->wq == wq)) {
		misuse(NULL, "work function %ps flushes its own queue, \"%s\"", (void *)self->func,
		       wq->name);
		return;
	}
	might_sleep_here();
	lockdep_sleeps_for(&wq->dep_map, _RET_IP_);
	for (u32 i = 0; i < wq->nr_pools; i++)
		flush_pool(&wq->pools[i], last);
}

/* ---- Taking back ---- */

static bool take_back_any(struct work_struct *work, int disable)
{
	unsigned long flags = arch_local_irq_save();
	struct work_base *home = lock_base_of(work);
	bool was_pending;

	work->disabled += disable;
	was_pending = work_take_back(work);
	spin_unlock_irqrestore(&home->lock, flags);
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

/* Wait until @work, which is disabled, runs nowhere: it keeps its home. */
static void wait_for_all_runs(const struct work_struct *work)
{
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		if (cpu != READ_ONCE(work->home) && !READ_ONCE(work->strayed))
			continue;
		while (wait_for_run(lock_base(cpu), work))
			;
	}
}

static bool disable_sync(struct work_struct *work, const char *what, unsigned long where)
{
	struct lockdep_map map __maybe_unused = work_map_of(work);
	bool was_pending;

	if (unlikely(is_self(work)))
		return disable_work(work);
	might_sleep_at(what, NULL, where);
	lockdep_sleeps_for(&map, where);
	was_pending = disable_work(work);
	wait_for_all_runs(work);
	return was_pending;
}

bool disable_work_sync(struct work_struct *work)
{
	return disable_sync(work, __func__, _RET_IP_);
}

bool enable_work(struct work_struct *work)
{
	unsigned long flags = arch_local_irq_save();
	struct work_base *home = lock_base_of(work);
	int left;

	left = work->disabled - 1;
	if (likely(left >= 0))
		work->disabled = left;
	spin_unlock_irqrestore(&home->lock, flags);
	if (unlikely(left < 0))
		misuse(NULL, "enable_work() of %ps, which is not disabled", (void *)work->func);
	return left <= 0;
}

bool cancel_work_sync(struct work_struct *work)
{
	bool was_pending = disable_sync(work, __func__, _RET_IP_);

	enable_work(work);
	return was_pending;
}

bool cancel_delayed_work(struct delayed_work *dwork)
{
	unsigned long flags = arch_local_irq_save();
	struct work_base *home = lock_base_of(&dwork->work);
	bool was_pending;

	// A timer function on its way queues the work, or finds it started anew; then it is through.
	while (try_to_del_timer_sync(&dwork->timer) < 0) {
		spin_unlock_irqrestore(&home->lock, flags);
		cpu_relax();
		flags = arch_local_irq_save();
		home = lock_base_of(&dwork->work);
	}
	was_pending = work_take_back(&dwork->work);
	spin_unlock_irqrestore(&home->lock, flags);
	return was_pending;
}

bool cancel_delayed_work_sync(struct delayed_work *dwork)
{
	bool was_pending = disable_sync(&dwork->work, __func__, _RET_IP_);

	// Nobody can start it now. Its function may still wait for our lock, to find nothing to do.
	timer_delete_sync(&dwork->timer);
	enable_work(&dwork->work);
	return was_pending;
}

unsigned int work_busy(struct work_struct *work)
{
	unsigned long flags = arch_local_irq_save();
	struct work_base *home = lock_base_of(work);
	unsigned int busy = 0;

	if (work->state != WORK_IDLE)
		busy |= WORK_BUSY_PENDING;
	if (find_worker(home, work, NULL))
		busy |= WORK_BUSY_RUNNING;
	spin_unlock_irqrestore(&home->lock, flags);
	return busy;
}

struct work_struct *current_work(void)
{
	const struct worker *worker = current_worker();

	return worker ? worker->work : NULL;
}
