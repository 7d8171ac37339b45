/* worker.c: the threads of the workqueues, and the one that makes and ends them.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A queue that has nothing to do has no threads. The first work has one made; who finds no more works
 *   waits WORKER_IDLE for another and leaves. So memory comes back by itself, from the system's queues too.
 *
 *   queue_work() is called from interrupt handlers, where no thread can be made. It wakes an idle worker;
 *   if there is none it puts the pool in its base's list `hungry` and wakes the manager, a thread, which
 *   makes one. How many? A worker for each waiting work would be hundreds, for a burst of works that take a
 *   microsecond each. One would hold up everybody when a work sleeps. The manager looks at a hungry pool
 *   every PATIENCE: if no work has begun there since it last looked, all workers are stuck, asleep or
 *   not, and it makes one more, up to max_active. (Linux has the scheduler tell when a worker sleeps, and
 *   lets one run for each CPU: Documentation/core-api/workqueue.rst. That is faster by PATIENCE, and
 *   costs a hook in every switch.)
 *   The pool stays hungry while works wait and no worker is idle, so a worker that gets stuck later is
 *   noticed too.
 *
 *   Without memory for a thread the pool stays hungry, and the manager tries again.
 *   A worker that is counted keeps its queue alive (`users`): destroy_workqueue() waits for the last.
 *   A pool in the list is of a queue that is not being destroyed.
 */
#include <arch/irqflags.h>

#include "kernel/core/leak.h"
#include "kernel/core/panic.h"
#include "kernel/core/slab.h"
#include "kernel/locking/sleep/wait.h"
#include "kernel/workqueue_pool.h"

#define WORKER_IDLE (HZ / 50) /* 20 ms */
#define PATIENCE_US 1000

static DECLARE_WAIT_QUEUE_HEAD(manager_wait);

static struct worker *first_idle(const struct work_pool *pool)
{
	return list_first_entry_or_null(&pool->idle, struct worker, entry);
}

/* Whether @pool has works that nobody is about to run, and may have another worker. */
static bool is_hungry(const struct work_pool *pool)
{
	return !list_empty(&pool->pending) && list_empty(&pool->idle) &&
	       pool->nr_workers < pool->wq->max_active;
}

void worker_wanted(struct work_pool *pool)
{
	struct worker *worker = first_idle(pool);

	if (worker) {
		list_del_init(&worker->entry);
		worker->idle = false;
		wake_up_process(worker->task);
	} else if (is_hungry(pool) && list_empty(&pool->hungry)) {
		pool->seen_begun =
			pool->nr_begun - 1; // Patience, unless there is no worker at all.
		list_add_tail(&pool->hungry, &pool->base->hungry);
		wake_up(&manager_wait);
	}
}

struct worker *find_worker(const struct work_base *base, const struct work_struct *work,
			   const struct workqueue_struct *wq)
{
	struct worker *worker;

	list_for_each_entry(worker, &base->busy, entry) {
		if (worker->work == work && worker->func == work->func &&
		    (!wq || worker->pool->wq == wq))
			return worker;
	}
	return NULL;
}

/* The first work of @pool that does not run already: whoever runs that looks here again afterwards. */
static struct work_struct *next_work(struct work_pool *pool)
{
	struct work_struct *work;

	list_for_each_entry(work, &pool->pending, entry) {
		if (!find_worker(pool->base, work, pool->wq))
			return work;
	}
	return NULL;
}

/* Whoever waits for the work, or for its queue, waits for what the function takes: it holds both. */
static void call_work(struct workqueue_struct *wq, struct work_struct *work, work_func_t func)
{
	struct lockdep_map map __maybe_unused = work_map_of(work);
	const struct context_mark before = context_begin("work function", func);

	lock_map_acquire(&wq->dep_map);
	lock_map_acquire(&map);
	func(work);
	// The work may be gone.
	lock_map_release(&map);
	lock_map_release(&wq->dep_map);
	context_check(&before, "work function", func);
}

/* Run @work, the first of the pool that may run. The lock is held; it is dropped meanwhile. */
static void run_work(struct worker *worker, struct work_struct *work)
{
	struct work_pool *pool = worker->pool;

	list_del_init(&work->entry);
	// From here on it can be queued anew, and whoever finds it not pending finds it with this worker.
	WRITE_ONCE(work->state, WORK_IDLE);
	WRITE_ONCE(pool->nr_begun, pool->nr_begun + 1);
	worker->work = work;
	worker->func = work->func;
	worker->ticket = work->ticket;
	list_add(&worker->entry, &pool->base->busy);
	spin_unlock_irq(&pool->base->lock);
	call_work(pool->wq, work, worker->func);
	cond_resched();
	spin_lock_irq(&pool->base->lock);
	list_del_init(&worker->entry);
	worker->work = NULL;
	work_finished(pool, worker->ticket);
}

/* Sleep until there is a work, or too long. The lock is held; it is dropped meanwhile. Returns false when
 * this worker is to leave. */
static bool wait_for_work(struct worker *worker)
{
	struct work_pool *pool = worker->pool;
	long left = WORKER_IDLE;

	worker->idle = true;
	list_add(&worker->entry, &pool->idle);
	while (worker->idle && left && !READ_ONCE(pool->wq->dying)) {
		set_current_state(TASK_IDLE);
		spin_unlock_irq(&pool->base->lock);
		left = schedule_timeout(left);
		spin_lock_irq(&pool->base->lock);
	}
	if (!worker->idle)
		return true;
	worker->idle = false;
	list_del_init(&worker->entry);
	return false;
}

/* One worker of @pool less. Caller holds the lock; the queue may be gone then. */
static void uncount_worker(struct work_pool *pool)
{
	pool->nr_workers--;
	workqueue_put_user(pool->wq);
}

void worker_run(struct worker *worker)
{
	struct work_struct *work;

	while ((work = next_work(worker->pool)))
		run_work(worker, work);
}

void worker_serve(struct worker *worker)
{
	struct work_pool *pool = worker->pool;
	struct work_base *base = pool->base;

	worker->task = current;
	spin_lock_irq(&base->lock);
	do {
		worker_run(worker);
	} while (wait_for_work(worker));
	uncount_worker(pool);
	spin_unlock_irq(&base->lock);
}

static int worker_thread(void *worker)
{
	worker_serve(worker);
	kfree(worker);
	return 0;
}

bool is_worker(struct task_struct *task)
{
	return kthread_func(task) == worker_thread;
}

struct worker *current_worker(void)
{
	return in_task() && is_worker(current) ? kthread_data(current) : NULL;
}

/* A worker that is not in the list looks whether the queue is dying before it sleeps, under the lock. */
void workers_dismiss(struct work_pool *pool)
{
	struct worker *worker;

	spin_lock_irq(&pool->base->lock);
	list_del_init(&pool->hungry);
	list_for_each_entry(worker, &pool->idle, entry)
		wake_up_process(worker->task);
	spin_unlock_irq(&pool->base->lock);
}

static struct task_struct *make_thread(struct worker *worker)
{
	const struct work_pool *pool = worker->pool;

	if (pool->cpu < NR_CPUS)
		return kthread_create(worker_thread, worker, "%.11s/%u", pool->wq->name, pool->cpu);
	return kthread_create(worker_thread, worker, "%s", pool->wq->name);
}

/* A worker for @pool, which has counted it already. Sleeps. Returns whether there is memory for it. */
static bool worker_create(struct work_pool *pool)
{
	struct worker *worker = kzalloc(sizeof(*worker), GFP_KERNEL);
	struct task_struct *task;

	if (!worker)
		return false;
	worker->pool = pool;
	INIT_LIST_HEAD(&worker->entry);
	task = make_thread(worker);
	if (IS_ERR(task)) {
		kfree(worker);
		return false;
	}
	if (pool->cpu < NR_CPUS)
		kthread_bind(task, pool->cpu);
	if (pool->wq->flags & WQ_HIGHPRI)
		set_user_nice(task, -20);
	wake_up_process(task);
	return true;
}

/* A pool of @base that needs a worker now; counts it. Pools that are fed are taken out of the list. */
static struct work_pool *pick_hungry(struct work_base *base)
{
	struct work_pool *pool, *next;

	list_for_each_entry_safe(pool, next, &base->hungry, hungry) {
		if (!is_hungry(pool)) {
			list_del_init(&pool->hungry);
		} else if (pool->nr_workers == 0 || pool->nr_begun == pool->seen_begun) {
			pool->nr_workers++;
			atomic_inc(&pool->wq->users);
			// The next one only if nothing has begun by the next look.
			pool->seen_begun = pool->nr_begun - 1;
			return pool;
		}
	}
	return NULL;
}

/* Feed the pools of @base that need it, and note how far the others are. Returns whether there are any. */
static bool feed_hungry(struct work_base *base)
{
	struct work_pool *pool;
	bool fed = true, more;

	spin_lock_irq(&base->lock);
	while (fed) {
		pool = pick_hungry(base);
		if (!pool)
			break;
		spin_unlock_irq(&base->lock);
		fed = worker_create(pool);
		spin_lock_irq(&base->lock);
		if (!fed)
			uncount_worker(pool);
	}
	list_for_each_entry(pool, &base->hungry, hungry)
		pool->seen_begun = pool->nr_begun;
	more = !list_empty(&base->hungry);
	spin_unlock_irq(&base->lock);
	return more;
}

static bool feed_all(void)
{
	bool more = false;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		more |= feed_hungry(work_base_of(cpu));
	return more;
}

static bool some_are_hungry(void)
{
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		if (!list_empty(&work_base_of(cpu)->hungry))
			return true;
	}
	return false;
}

static int manager(void *unused)
{
	while (!__kthread_should_stop()) {
		wait_event_idle(manager_wait, some_are_hungry());
		while (feed_all())
			usleep_range(PATIENCE_US, 2 * PATIENCE_US);
	}
	return 0;
}

void worker_manager_init(void)
{
	if (IS_ERR(kthread_run(manager, NULL, "kworkers")))
		panic("no memory for the manager of the workers");
}
