/* kthread_worker.c: one thread that runs works in order.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Each worker has a lock, for its lists, for its works, and for what it runs: so a work and whoever runs it
 *   are looked at in one instant. It is held for some hundred instructions and never while a function runs.
 *   A work is idle, timed (in delayed_work_list) or queued (in work_list), and besides it may run, which its
 *   worker knows and it does not: a function may free its own work, so from the call on nothing here touches
 *   it. `current_work` is an address to compare.
 *
 *   Waiting is itself a work, on the waiter's stack: put right behind the one that is waited for, or first in
 *   the list if that runs already, it tells the waiter when its turn comes. Works run in order, so then
 *   the other has ended, and again nothing is touched that may be gone.
 *
 *   The worker sleeps when the list is empty. Who queues sees, under the lock, whether it runs something: then
 *   it looks at the list again before it sleeps. If not, it is woken: it may be about to sleep.
 *
 *   Cancelling must beat a function that queues its own work, and whoever else does:
 *
 *      CPU 0, cancels                          CPU 1, the function
 *      not queued, but it runs: waits
 *                                              kthread_queue_work(): queued again
 *                                              ends
 *      returns, and frees the work             runs it
 *
 *   So `canceling` is counted up first, in the step that takes the work back, and down at the end; until
 *   then nobody can queue it.
 *
 *   A delayed work's timer may have fired, and its function wait for the lock, while the work is taken back
 *   or given another time. The work is not timed then, or is, but by a timer that is pending:
 *
 *      CPU 0, timer function                   CPU 1, kthread_mod_delayed_work()
 *      the timer is not pending any more       has the lock: takes the work back
 *      waits for the lock                      timed again: the timer is pending
 *      timed, but the timer is pending:        releases the lock
 *      this firing is an old one
 *
 *   For it is started under the lock, and never fires on two CPUs at the same time. Cancelling waits for that
 *   function, for it looks at the work. kthread_mod_delayed_work() may be called where waiting is not
 *   possible, and may queue the work at once: then it would run, and might free itself, with the function still
 *   on its way to the lock. So while the function runs, a work with no delay is timed too, for now: a timer
 *   whose function runs fires again only after that.
 *   It does not: keep a function that frees its work, and makes another at the same address, from being
 *   waited for in the other's place, once too often; or see works that wait for one another.
 */
#include "kernel/kthread_worker.h"

#include <arch/irqflags.h>

#include "kernel/core/leak.h"
#include "kernel/core/panic.h"
#include "kernel/core/slab.h"
#include "kernel/locking/sleep/completion.h"
#include "lib/format.h"

/* Of all works of @worker: who waits for one waits for those before it. */
static struct lockdep_map worker_map(const struct kthread_worker *worker)
{
	return LOCKDEP_FUNCTION_MAP("works of a kthread_worker", worker);
}

/* Another worker may be there, or have been. */
static void forget_map(const struct kthread_worker *worker)
{
	lockdep_unregister_key((struct lock_class_key *)worker);
}

void kthread_init_worker_named(struct kthread_worker *worker, const char *lock_name,
			       const char *site)
{
	forget_map(worker);
	*worker = (struct kthread_worker){ .flags = 0 };
	spin_lock_init_named(&worker->lock, lock_name, site);
	INIT_LIST_HEAD(&worker->work_list);
	INIT_LIST_HEAD(&worker->delayed_work_list);
}

void kthread_init_work(struct kthread_work *work, kthread_work_func_t func)
{
	*work = (struct kthread_work)KTHREAD_WORK_INIT(*work, func);
}

void kthread_init_delayed_work(struct kthread_delayed_work *dwork, kthread_work_func_t func)
{
	kthread_init_work(&dwork->work, func);
	timer_setup(&dwork->timer, kthread_delayed_work_timer_fn, TIMER_IRQSAFE);
}

/* ---- Queueing: caller holds the worker's lock where it says nothing else ---- */

static bool is_pending(const struct kthread_work *work)
{
	return !list_empty(&work->node);
}

static bool is_queued(const struct kthread_work *work)
{
	return is_pending(work) && !work->timed;
}

/* Queue @work, which is idle, before @pos in the worker's list. */
static void insert_work(struct kthread_worker *worker, struct kthread_work *work,
			struct list_head *pos)
{
	list_add_tail(&work->node, pos);
	WRITE_ONCE(work->worker, worker);
	if (!worker->current_work && worker->task)
		wake_up_process(worker->task);
}

/* Have @dwork, which is idle, wait for its time. */
static void start_timer(struct kthread_worker *worker, struct kthread_delayed_work *dwork,
			unsigned long delay)
{
	list_add_tail(&dwork->work.node, &worker->delayed_work_list);
	WRITE_ONCE(dwork->work.worker, worker);
	dwork->work.timed = true;
	mod_timer(&dwork->timer, jiffies + delay);
}

/* Make @work idle. Returns whether it was pending. */
static bool take_back(struct kthread_work *work)
{
	bool was_pending = is_pending(work);

	list_del_init(&work->node);
	work->timed = false;
	return was_pending;
}

static bool may_queue(const struct kthread_worker *worker, const struct kthread_work *work)
{
	if (unlikely(!work->func)) {
		misuse(NULL, "kthread_work %p is queued without a function: kthread_init_work() it",
		       work);
		return false;
	}
	if (unlikely(work->worker && work->worker != worker))
		warn_report("work %ps belongs to another worker: kthread_init_work() it",
			    (void *)work->func);
	return !is_pending(work) && !work->canceling;
}

bool kthread_queue_work(struct kthread_worker *worker, struct kthread_work *work)
{
	unsigned long flags;
	bool queued;

	spin_lock_irqsave(&worker->lock, flags);
	queued = may_queue(worker, work);
	if (queued)
		insert_work(worker, work, &worker->work_list);
	spin_unlock_irqrestore(&worker->lock, flags);
	return queued;
}

/* The time has come, unless the work was taken back, or started anew, since the timer fired. */
void kthread_delayed_work_timer_fn(struct timer_list *timer)
{
	struct kthread_delayed_work *dwork = from_timer(dwork, timer, timer);
	struct kthread_worker *worker = READ_ONCE(dwork->work.worker);
	unsigned long flags;

	spin_lock_irqsave(&worker->lock, flags);
	if (dwork->work.timed && !timer_pending(timer)) {
		take_back(&dwork->work);
		insert_work(worker, &dwork->work, &worker->work_list);
	}
	spin_unlock_irqrestore(&worker->lock, flags);
}

bool kthread_queue_delayed_work(struct kthread_worker *worker, struct kthread_delayed_work *dwork,
				unsigned long delay)
{
	unsigned long flags;
	bool queued;

	spin_lock_irqsave(&worker->lock, flags);
	queued = may_queue(worker, &dwork->work);
	if (queued && delay)
		start_timer(worker, dwork, delay);
	else if (queued)
		insert_work(worker, &dwork->work, &worker->work_list);
	spin_unlock_irqrestore(&worker->lock, flags);
	return queued;
}

/* Start @dwork anew. Returns whether it was pending. */
static bool mod_locked(struct kthread_worker *worker, struct kthread_delayed_work *dwork,
		       unsigned long delay)
{
	bool was_pending = take_back(&dwork->work);
	bool fires = try_to_del_timer_sync(&dwork->timer) < 0;

	if (!may_queue(worker, &dwork->work))
		return true; // It is being cancelled.
	if (delay || fires)
		start_timer(worker, dwork, delay);
	else
		insert_work(worker, &dwork->work, &worker->work_list);
	return was_pending;
}

bool kthread_mod_delayed_work(struct kthread_worker *worker, struct kthread_delayed_work *dwork,
			      unsigned long delay)
{
	unsigned long flags;
	bool was_pending;

	spin_lock_irqsave(&worker->lock, flags);
	was_pending = mod_locked(worker, dwork, delay);
	spin_unlock_irqrestore(&worker->lock, flags);
	return was_pending;
}

/* ---- Running ---- */

/* Take the next work out of the list, or note that there is none. */
static struct kthread_work *next_work(struct kthread_worker *worker, kthread_work_func_t *func)
{
	struct kthread_work *work;

	spin_lock_irq(&worker->lock);
	work = list_first_entry_or_null(&worker->work_list, struct kthread_work, node);
	// From here on it can be queued anew, and whoever finds it not pending finds that it runs.
	if (work) {
		list_del_init(&work->node);
		*func = work->func;
	}
	worker->current_work = work;
	spin_unlock_irq(&worker->lock);
	return work;
}

static struct lockdep_map work_map(kthread_work_func_t func)
{
	return LOCKDEP_FUNCTION_MAP("kthread_work", func);
}

static void call_work(struct kthread_worker *worker, struct kthread_work *work,
		      kthread_work_func_t func)
{
	struct lockdep_map all __maybe_unused = worker_map(worker);
	struct lockdep_map map __maybe_unused = work_map(func);
	const struct context_mark before = context_begin("work function", func);

	__set_current_state(TASK_RUNNING);
	lock_map_acquire(&all);
	lock_map_acquire(&map);
	func(work);
	// The work may be gone.
	lock_map_release(&map);
	lock_map_release(&all);
	context_check(&before, "work function", func);
	cond_resched();
}

/* Note that @task, or NULL, runs the worker's works. */
static void set_task(struct kthread_worker *worker, struct task_struct *task)
{
	spin_lock_irq(&worker->lock);
	if (unlikely(task && worker->task && worker->task != task))
		panic("thread %d \"%s\" is a second thread of worker %p", task->pid, task->comm,
		      worker);
	worker->task = task;
	worker->current_work = NULL;
	spin_unlock_irq(&worker->lock);
}

int kthread_worker_fn(void *worker_ptr)
{
	struct kthread_worker *worker = worker_ptr;
	kthread_work_func_t func;

	set_task(worker, current);
	for (;;) {
		struct kthread_work *work;

		// Not interruptible: a signal that a function left pending must not keep it awake.
		set_current_state(TASK_IDLE);
		if (__kthread_should_stop())
			break;
		work = next_work(worker, &func);
		if (work)
			call_work(worker, work, func);
		else
			schedule();
	}
	__set_current_state(TASK_RUNNING);
	set_task(worker, NULL);
	return 0;
}

/* ---- Waiting ---- */

struct flush {
	struct kthread_work work;
	struct completion done;
};

static void flush_reached(struct kthread_work *work)
{
	// What this waits for is said by wait_before(), once.
	lockdep_off();
	complete(&container_of(work, struct flush, work)->done);
	lockdep_on();
}

/* Wait until all works before @pos have run. The worker's lock is held; it is released. */
static void wait_before(struct kthread_worker *worker, struct list_head *pos, unsigned long where)
{
	struct lockdep_map all __maybe_unused = worker_map(worker);
	struct flush flush;

	if (unlikely(worker->task == current)) {
		spin_unlock_irq(&worker->lock);
		misuse(NULL, "a work of worker thread \"%s\" waits for that thread", current->comm);
		return;
	}
	kthread_init_work(&flush.work, flush_reached);
	init_completion(&flush.done);
	insert_work(worker, &flush.work, pos);
	spin_unlock_irq(&worker->lock);
	lockdep_sleeps_for(&all, where);
	wait_for_completion(&flush.done);
}

static void flush(struct kthread_work *work, unsigned long where)
{
	struct kthread_worker *worker = READ_ONCE(work->worker);
	struct lockdep_map map __maybe_unused = work_map(work->func);

	might_sleep_at("kthread_flush_work", NULL, where);
	if (!worker)
		return;
	// A work that waits for itself is told of below.
	if (READ_ONCE(worker->task) != current)
		lockdep_sleeps_for(&map, where);
	spin_lock_irq(&worker->lock);
	if (is_queued(work))
		wait_before(worker, work->node.next, where);
	else if (worker->current_work == work)
		wait_before(worker, worker->work_list.next, where);
	else
		spin_unlock_irq(&worker->lock);
}

void kthread_flush_work(struct kthread_work *work)
{
	flush(work, _RET_IP_);
}

void kthread_flush_worker(struct kthread_worker *worker)
{
	might_sleep_here();
	spin_lock_irq(&worker->lock);
	wait_before(worker, &worker->work_list, _RET_IP_);
}

/* ---- Taking back ---- */

/* @timer is that of a delayed work, or NULL. */
static bool cancel_sync(struct kthread_work *work, struct timer_list *timer, unsigned long where)
{
	struct kthread_worker *worker = READ_ONCE(work->worker);
	bool was_pending;

	might_sleep_at("kthread_cancel_work_sync", NULL, where);
	if (!worker)
		return false;
	spin_lock_irq(&worker->lock);
	work->canceling++;
	was_pending = take_back(work);
	spin_unlock_irq(&worker->lock);
	// Nobody can start it now.
	if (timer)
		timer_delete_sync(timer);
	flush(work, where);
	spin_lock_irq(&worker->lock);
	work->canceling--;
	spin_unlock_irq(&worker->lock);
	return was_pending;
}

bool kthread_cancel_work_sync(struct kthread_work *work)
{
	return cancel_sync(work, NULL, _RET_IP_);
}

bool kthread_cancel_delayed_work_sync(struct kthread_delayed_work *dwork)
{
	return cancel_sync(&dwork->work, &dwork->timer, _RET_IP_);
}
