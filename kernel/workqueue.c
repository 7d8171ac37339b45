/* workqueue.c: what is queued where, taking it back, and waiting for it.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   One lock, workqueue_lock, holds for the state of every work, queue and worker. It is held for some
 *   hundred instructions, by queueing and by each begin and end of a function, and never while one runs.
 *   What it buys: a work and whoever runs it are looked at in one instant. Linux has a lock for each pool
 *   and a word in each work that packs flags, pool number and the right to change it; the windows
 *   between the two ("off queue", "somebody is taking it") are the hard part of its workqueue.c.
 *
 *   A work is idle, timed or queued, and besides it may run, which its worker knows and it does not: a
 *   function may free its own work, so after the call nothing here touches it.
 *   Never twice at the same time: a work that runs in this queue is queued in the pool where it runs, even
 *   if that is another CPU's, and no worker begins a work that another one runs (worker.c).
 *
 *   Each queueing draws a ticket. Who flushes notes the tickets he waits for and how many of them are
 *   unfinished, and each end of a run (or taking back) counts one off. So a work that queues itself again
 *   and again cannot hold up flush_work(), and again no work is touched that may be gone.
 *
 *   Cancelling for good must beat a function that queues its own work:
 *
 *      CPU 0, cancel_work_sync()               CPU 1, the function
 *      not queued, but it runs: waits
 *                                              queue_work(): queued again
 *                                              ends
 *      returns, and frees the work             runs it
 *
 *   So cancel_work_sync() counts `disabled` up first, which makes queue_work() refuse, and down at the end.
 *   A delayed work whose timer has fired, and whose timer function waits for the lock, is found timed by
 *   cancel: it makes it idle, and the timer function then finds nothing to do. That a work started anew
 *   meanwhile is not queued by the old firing, timer_pending() tells, for both happen under the lock.
 *   It does not: suspend, move a work from one queue to another while it is pending, or see a cycle of
 *   works that wait for one another.
 */
#include <arch/irqflags.h>

#include "kernel/core/panic.h"
#include "kernel/core/slab.h"
#include "kernel/workqueue_pool.h"
#include "lib/format.h"

DEFINE_SPINLOCK(workqueue_lock);

u64 workqueue_last_ticket; /* [q] */

struct workqueue_struct *system_wq;
struct workqueue_struct *system_long_wq;
struct workqueue_struct *system_unbound_wq;
struct workqueue_struct *system_highpri_wq;

/* ---- Queueing: caller holds workqueue_lock where it says nothing else ---- */

static struct work_pool *choose_pool(struct workqueue_struct *wq, const struct work_struct *work,
				     unsigned int cpu)
{
	struct worker *worker = find_worker(work, wq);

	if (worker)
		return worker->pool;
	if (wq->flags & WQ_UNBOUND)
		return &wq->pools[0];
	if (cpu == WORK_CPU_UNBOUND)
		cpu = raw_smp_processor_id();
	if (unlikely(cpu >= nr_cpus || !READ_ONCE(cpu_by_id(cpu)->online)))
		panic("work %ps is queued on cpu%u, which is not online", (void *)work->func, cpu);
	return &wq->pools[cpu];
}

/* While a queue is drained only its own works may queue more. */
static bool is_closed_to_us(const struct workqueue_struct *wq)
{
	const struct worker *worker;

	if (likely(!wq->draining))
		return false;
	worker = current_worker();
	return WARN_ON(!worker || worker->pool->wq != wq);
}

void workqueue_enqueue(struct workqueue_struct *wq, struct work_struct *work, unsigned int cpu)
{
	struct work_pool *pool = choose_pool(wq, work, cpu);

	WRITE_ONCE(work->state, WORK_QUEUED);
	work->pool = pool;
	work->ticket = ++workqueue_last_ticket;
	wq->unfinished++;
	list_add_tail(&work->entry, &pool->pending);
	worker_wanted(pool);
}

static void check_initialized(const struct workqueue_struct *wq, const struct work_struct *work)
{
	if (unlikely(!wq || !work->func))
		panic("work %p is queued without a queue or a function: INIT_WORK() it", work);
}

static bool may_queue(const struct workqueue_struct *wq, const struct work_struct *work)
{
	return work->state == WORK_IDLE && !work->disabled && !is_closed_to_us(wq);
}

bool workqueue_take_back(struct work_struct *work)
{
	enum work_state was = work->state;

	WRITE_ONCE(work->state, WORK_IDLE);
	if (was == WORK_QUEUED) {
		list_del_init(&work->entry);
		work_finished(work->pool->wq, work->ticket);
	}
	return was != WORK_IDLE;
}

void init_work(struct work_struct *work, work_func_t func)
{
	*work = (struct work_struct)__WORK_INITIALIZER(*work, func);
}

void init_delayed_work(struct delayed_work *dwork, work_func_t func)
{
	init_work(&dwork->work, func);
	timer_setup(&dwork->timer, delayed_work_timer_fn, TIMER_IRQSAFE);
	dwork->wq = NULL;
}

bool queue_work_on(unsigned int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	unsigned long flags;
	bool queued;

	check_initialized(wq, work);
	spin_lock_irqsave(&workqueue_lock, flags);
	queued = may_queue(wq, work);
	if (queued)
		workqueue_enqueue(wq, work, cpu);
	spin_unlock_irqrestore(&workqueue_lock, flags);
	return queued;
}

/* The time has come, unless the work was taken back, or started anew, since the timer fired. */
void delayed_work_timer_fn(struct timer_list *timer)
{
	struct delayed_work *dwork = from_timer(dwork, timer, timer);
	unsigned long flags;

	spin_lock_irqsave(&workqueue_lock, flags);
	if (dwork->work.state == WORK_TIMED && !timer_pending(timer))
		workqueue_enqueue(dwork->wq, &dwork->work, dwork->cpu);
	spin_unlock_irqrestore(&workqueue_lock, flags);
}

/* Start an idle delayed work. */
static void enqueue_delayed(unsigned int cpu, struct workqueue_struct *wq,
			    struct delayed_work *dwork, unsigned long delay)
{
	if (!delay) {
		workqueue_enqueue(wq, &dwork->work, cpu);
		return;
	}
	WRITE_ONCE(dwork->work.state, WORK_TIMED);
	dwork->wq = wq;
	dwork->cpu = cpu == WORK_CPU_UNBOUND ? raw_smp_processor_id() : cpu;
	mod_timer(&dwork->timer, jiffies + delay);
}

bool queue_delayed_work_on(unsigned int cpu, struct workqueue_struct *wq,
			   struct delayed_work *dwork, unsigned long delay)
{
	unsigned long flags;
	bool queued;

	check_initialized(wq, &dwork->work);
	spin_lock_irqsave(&workqueue_lock, flags);
	queued = may_queue(wq, &dwork->work);
	if (queued)
		enqueue_delayed(cpu, wq, dwork, delay);
	spin_unlock_irqrestore(&workqueue_lock, flags);
	return queued;
}

bool mod_delayed_work_on(unsigned int cpu, struct workqueue_struct *wq, struct delayed_work *dwork,
			 unsigned long delay)
{
	unsigned long flags;
	bool was_pending;

	check_initialized(wq, &dwork->work);
	spin_lock_irqsave(&workqueue_lock, flags);
	was_pending = workqueue_take_back(&dwork->work);
	timer_delete(&dwork->timer);
	if (may_queue(wq, &dwork->work))
		enqueue_delayed(cpu, wq, dwork, delay);
	spin_unlock_irqrestore(&workqueue_lock, flags);
	return was_pending;
}

/* ---- Queues ---- */

static void init_pool(struct work_pool *pool, struct workqueue_struct *wq, u32 cpu)
{
	pool->wq = wq;
	pool->cpu = cpu;
	INIT_LIST_HEAD(&pool->pending);
	INIT_LIST_HEAD(&pool->idle);
	INIT_LIST_HEAD(&pool->hungry);
}

struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags, int max_active, ...)
{
	unsigned int nr_pools = flags & WQ_UNBOUND ? 1 : nr_cpus;
	struct workqueue_struct *wq;
	va_list args;

	wq = kzalloc(sizeof(*wq) + nr_pools * sizeof(wq->pools[0]), GFP_KERNEL);
	if (!wq)
		return NULL;
	va_start(args, max_active);
	vsnprintf(wq->name, sizeof(wq->name), fmt, args);
	va_end(args);
	wq->flags = flags;
	wq->max_active = (unsigned int)clamp(max_active ?: WQ_DFL_ACTIVE, 1, WQ_MAX_ACTIVE);
	init_completion(&wq->workerless);
	wq->nr_pools = nr_pools;
	for (u32 i = 0; i < nr_pools; i++)
		init_pool(&wq->pools[i], wq, flags & WQ_UNBOUND ? NR_CPUS : i);
	return wq;
}

void drain_workqueue(struct workqueue_struct *wq)
{
	might_sleep();
	spin_lock_irq(&workqueue_lock);
	wq->draining++;
	while (wq->unfinished) {
		spin_unlock_irq(&workqueue_lock);
		__flush_workqueue(wq);
		spin_lock_irq(&workqueue_lock);
	}
	wq->draining--;
	spin_unlock_irq(&workqueue_lock);
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	drain_workqueue(wq);
	spin_lock_irq(&workqueue_lock);
	if (unlikely(wq->unfinished))
		panic("workqueue \"%s\" is destroyed while works are queued in it", wq->name);
	wq->dying = true;
	for (u32 i = 0; i < wq->nr_pools; i++)
		list_del_init(&wq->pools[i].hungry);
	workers_dismiss(wq);
	spin_unlock_irq(&workqueue_lock);
	wait_for_completion(&wq->workerless);
	kfree(wq);
}

static struct workqueue_struct *make_system_queue(const char *name, unsigned int flags)
{
	struct workqueue_struct *wq = alloc_workqueue("%s", flags, 0, name);

	if (!wq)
		panic("no memory for the workqueue \"%s\"", name);
	return wq;
}

void workqueue_init(void)
{
	worker_manager_init();
	system_wq = make_system_queue("events", 0);
	system_long_wq = make_system_queue("events_long", 0);
	system_unbound_wq = make_system_queue("events_unbound", WQ_UNBOUND);
	system_highpri_wq = make_system_queue("events_highpri", WQ_HIGHPRI);
}
