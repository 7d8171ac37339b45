/* workqueue.c: what is queued where, taking it back, and waiting for it.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Each CPU has a base: a lock, which holds for the state of the pools that belong to it, of the workers in
 *   them, and of the works whose `home` it is. It is held for some hundred instructions, by queueing and by
 *   each begin and end of a function, and never while one runs. What it buys: a work and whoever runs it are
 *   looked at in one instant. (Linux has a lock for each pool and a word in each work that packs flags, pool
 *   number and the right to change it; the windows between the two, "off queue" and "somebody is taking it",
 *   are the hard part of its workqueue.c.) The lock is the base's and not the pool's own, since works name
 *   it that may outlive their queue.
 *
 *   A work's home is the base of the pool where it is queued, or was last; lock_base_of() looks again after
 *   it has the lock. To queue it in another base's pool, it is given that home, while it is idle, and the old
 *   lock is dropped before the new one is taken: two are never held. In between it is as before, and who
 *   takes it there first decides; so all is looked at anew under the new lock.
 *
 *   A work is idle, timed or queued, and besides it may run, which its worker knows and it does not: a
 *   function may free its own work, so after the call nothing here touches it.
 *   Never twice at the same time: a work that runs in this queue is queued in the pool where it runs, even
 *   if that is another CPU's, and no worker begins a work that another one runs (worker.c). Thus it keeps
 *   its home while it runs: one look there says whether it does. A work that is queued in another queue
 *   while it runs has `strayed`: who waits for it then looks into every base.
 *
 *   Each queueing draws a ticket. Who flushes notes the tickets he waits for and how many of them are
 *   unfinished, and each end of a run (or taking back) counts one off. So a work that queues itself again
 *   and again cannot hold up flush_work(), and again no work is touched that may be gone.
 *   drain_workqueue() forbids queueing, then takes every pool's lock, so who queued before is counted, and
 *   goes on until the queue's works are all finished. A work that queues another is itself unfinished
 *   meanwhile, so the count is 0 only at the end.
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
 *   But the timer function still looks at the work, and what is queued may run at once and free itself. So it is
 *   never queued past a timer function that is on its way: mod_delayed_work() with no delay then leaves
 *   it to the timer, started anew; flush_delayed_work() and cancel_delayed_work() wait until it is through.
 *   It does not: suspend, move a work from one queue to another while it is pending, or see a cycle of
 *   works that wait for one another.
 */
#include <arch/irqflags.h>

#include "kernel/base/hooks.h"
#include "kernel/core/panic.h"
#include "kernel/core/slab.h"
#include "kernel/workqueue_pool.h"
#include "lib/format.h"

static DEFINE_PER_CPU(struct work_base, work_bases);

static atomic64_t last_ticket;
static atomic_t nr_unbound; /* queues so far: their pools go to the bases in turn */

struct workqueue_struct *system_wq;
struct workqueue_struct *system_long_wq;
struct workqueue_struct *system_unbound_wq;
struct workqueue_struct *system_highpri_wq;

struct work_base *work_base_of(u32 cpu)
{
	return per_cpu_ptr(&work_bases, cpu);
}

struct work_base *lock_base_of(const struct work_struct *work)
{
	for (;;) {
		u32 cpu = READ_ONCE(work->home);
		struct work_base *base = work_base_of(cpu);

		spin_lock(&base->lock);
		if (likely(cpu == READ_ONCE(work->home)))
			return base;
		spin_unlock(&base->lock);
	}
}

s64 workqueue_last_ticket(void)
{
	return atomic64_read(&last_ticket);
}

/* ---- Queueing: caller holds the lock of the work's home where it says nothing else ---- */

static struct work_pool *choose_pool(const struct work_base *home, struct workqueue_struct *wq,
				     const struct work_struct *work, unsigned int cpu)
{
	struct worker *worker = find_worker(home, work, wq);

	if (worker)
		return worker->pool;
	if (wq->flags & WQ_UNBOUND)
		return &wq->pools[0];
	if (cpu == WORK_CPU_UNBOUND)
		cpu = raw_smp_processor_id();
	if (unlikely(cpu >= nr_cpus || !READ_ONCE(cpu_by_id(cpu)->online))) {
		misuse(NULL, "work %ps is queued on cpu%u, which is not online", (void *)work->func,
		       cpu);
		cpu = raw_smp_processor_id();
	}
	return &wq->pools[cpu];
}

/* While a queue is drained only its own works may queue more. */
static bool is_closed_to_us(const struct workqueue_struct *wq, const struct work_struct *work)
{
	const struct worker *worker;

	if (likely(!atomic_read(&wq->draining)))
		return false;
	worker = current_worker();
	if (worker && worker->pool->wq == wq)
		return false;
	// Not the queue's name: its memory may be free.
	misuse(NULL,
	       "work %ps is queued on a queue that is being drained, or was destroyed: what queues it ends before "
	       "destroy_workqueue()",
	       (void *)work->func);
	return true;
}

static void enqueue(struct work_pool *pool, struct work_struct *work)
{
	WRITE_ONCE(work->state, WORK_QUEUED);
	work->pool = pool;
	work->ticket = atomic64_inc_return(&last_ticket);
	atomic_inc(&pool->wq->unfinished);
	list_add_tail(&work->entry, &pool->pending);
	worker_wanted(pool);
}

/* Queue @work, which is in no list. Returns false if it was only given its new home: begin anew there. */
static bool try_enqueue(const struct work_base *home, struct workqueue_struct *wq,
			struct work_struct *work, unsigned int cpu)
{
	struct work_pool *pool = choose_pool(home, wq, work, cpu);

	if (pool->base == home) {
		enqueue(pool, work);
		return true;
	}
	if (find_worker(home, work, NULL))
		work->strayed = true;
	WRITE_ONCE(work->home, pool->base->cpu);
	return false;
}

static bool is_initialized(const struct workqueue_struct *wq, const struct work_struct *work)
{
	if (likely(wq && work->func))
		return true;
	misuse(NULL, "work %p is queued without a queue or a function: INIT_WORK() it", work);
	return false;
}

static bool may_queue(const struct workqueue_struct *wq, const struct work_struct *work)
{
	return work->state == WORK_IDLE && !work->disabled && !is_closed_to_us(wq, work);
}

bool work_take_back(struct work_struct *work)
{
	enum work_state was = work->state;

	WRITE_ONCE(work->state, WORK_IDLE);
	if (was == WORK_QUEUED) {
		list_del_init(&work->entry);
		work_finished(work->pool, work->ticket);
	}
	return was != WORK_IDLE;
}

void init_work(struct work_struct *work, work_func_t func, const char *name, const char *site)
{
	*work = (struct work_struct)__WORK_INITIALIZER(*work, func);
	work->home = raw_smp_processor_id();
	set_work_map(work, name, site);
}

void init_delayed_work(struct delayed_work *dwork, work_func_t func, const char *name,
		       const char *site)
{
	init_work(&dwork->work, func, name, site);
	timer_setup(&dwork->timer, delayed_work_timer_fn, TIMER_IRQSAFE);
	dwork->wq = NULL;
}

bool queue_work_on(unsigned int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	struct work_base *home;
	unsigned long flags;
	bool may;

	if (unlikely(!is_initialized(wq, work)))
		return false;
	flags = arch_local_irq_save();
	for (;;) {
		home = lock_base_of(work);
		may = may_queue(wq, work);
		if (!may || try_enqueue(home, wq, work, cpu))
			break;
		spin_unlock(&home->lock);
	}
	spin_unlock_irqrestore(&home->lock, flags);
	return may;
}

void work_enqueue_timed(struct delayed_work *dwork)
{
	unsigned long flags = arch_local_irq_save();
	struct work_base *home;

	for (;;) {
		home = lock_base_of(&dwork->work);
		if (dwork->work.state != WORK_TIMED || timer_pending(&dwork->timer) ||
		    try_enqueue(home, dwork->wq, &dwork->work, dwork->cpu))
			break;
		spin_unlock(&home->lock);
	}
	spin_unlock_irqrestore(&home->lock, flags);
}

void delayed_work_timer_fn(struct timer_list *timer)
{
	work_enqueue_timed(container_of(timer, struct delayed_work, timer));
}

static void start_timer(unsigned int cpu, struct workqueue_struct *wq, struct delayed_work *dwork,
			unsigned long delay)
{
	WRITE_ONCE(dwork->work.state, WORK_TIMED);
	dwork->wq = wq;
	dwork->cpu = cpu == WORK_CPU_UNBOUND ? raw_smp_processor_id() : cpu;
	mod_timer(&dwork->timer, jiffies + delay);
}

bool queue_delayed_work_on(unsigned int cpu, struct workqueue_struct *wq,
			   struct delayed_work *dwork, unsigned long delay)
{
	struct work_base *home;
	unsigned long flags;
	bool may;

	if (!delay)
		return queue_work_on(cpu, wq, &dwork->work);
	if (unlikely(!is_initialized(wq, &dwork->work)))
		return false;
	flags = arch_local_irq_save();
	home = lock_base_of(&dwork->work);
	may = may_queue(wq, &dwork->work);
	if (may)
		start_timer(cpu, wq, dwork, delay);
	spin_unlock_irqrestore(&home->lock, flags);
	return may;
}

bool mod_delayed_work_on(unsigned int cpu, struct workqueue_struct *wq, struct delayed_work *dwork,
			 unsigned long delay)
{
	struct work_base *home;
	bool was_pending = false, fires;
	unsigned long flags;

	if (unlikely(!is_initialized(wq, &dwork->work)))
		return false;
	flags = arch_local_irq_save();
	for (;;) {
		home = lock_base_of(&dwork->work);
		was_pending |= work_take_back(&dwork->work);
		fires = try_to_del_timer_sync(&dwork->timer) < 0;
		if (delay || fires || !may_queue(wq, &dwork->work) ||
		    try_enqueue(home, wq, &dwork->work, cpu))
			break;
		spin_unlock(&home->lock);
	}
	if ((delay || fires) && may_queue(wq, &dwork->work))
		start_timer(cpu, wq, dwork, delay);
	spin_unlock_irqrestore(&home->lock, flags);
	return was_pending;
}

/* ---- Queues ---- */

void work_pool_init(struct work_pool *pool, struct workqueue_struct *wq, u32 cpu)
{
	pool->base =
		work_base_of(cpu < NR_CPUS ? cpu : (u32)atomic_inc_return(&nr_unbound) % nr_cpus);
	pool->wq = wq;
	pool->cpu = cpu;
	INIT_LIST_HEAD(&pool->pending);
	INIT_LIST_HEAD(&pool->idle);
	INIT_LIST_HEAD(&pool->hungry);
}

noinline struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags,
						  int max_active, ...)
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
	init_completion(&wq->userless);
	atomic_set(&wq->users, 1);
	wq->nr_pools = nr_pools;
	set_queue_map(wq);
	for (u32 i = 0; i < nr_pools; i++)
		work_pool_init(&wq->pools[i], wq, flags & WQ_UNBOUND ? NR_CPUS : i);
	workqueue_list(wq, _RET_IP_);
	return wq;
}

void drain_workqueue(struct workqueue_struct *wq)
{
	might_sleep_here();
	atomic_inc(&wq->draining);
	do {
		__flush_workqueue(wq);
	} while (atomic_read(&wq->unfinished));
	atomic_dec(&wq->draining);
}

void workqueue_put_user(struct workqueue_struct *wq)
{
	if (atomic_dec_and_test(&wq->users))
		complete(&wq->userless);
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	workqueue_take_back_delayed(wq);
	drain_workqueue(wq);
	if (unlikely(atomic_read(&wq->unfinished)))
		panic("workqueue \"%s\" is destroyed while works are queued in it", wq->name);
	WRITE_ONCE(wq->dying, true);
	for (u32 i = 0; i < wq->nr_pools; i++)
		workers_dismiss(&wq->pools[i]);
	workqueue_put_user(wq);
	wait_for_completion(&wq->userless);
	forget_queue_map(wq);
	workqueue_unlist(wq);
	kfree(wq);
}

static struct workqueue_struct *make_system_queue(const char *name, unsigned int flags)
{
	struct workqueue_struct *wq = alloc_workqueue("%s", flags, 0, name);

	if (!wq)
		panic("no memory for the workqueue \"%s\"", name);
	return wq;
}

void work_bases_init(void)
{
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		struct work_base *base = work_base_of(cpu);

		spin_lock_init(&base->lock);
		base->cpu = cpu;
		INIT_LIST_HEAD(&base->busy);
		INIT_LIST_HEAD(&base->hungry);
		INIT_LIST_HEAD(&base->flushers);
	}
}

void workqueue_init(void)
{
	work_bases_init();
	worker_manager_init();
	system_wq = make_system_queue("events", 0);
	system_long_wq = make_system_queue("events_long", 0);
	system_unbound_wq = make_system_queue("events_unbound", WQ_UNBOUND);
	system_highpri_wq = make_system_queue("events_highpri", WQ_HIGHPRI);
}
