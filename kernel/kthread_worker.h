/* kthread_worker.h: works that one thread of your own runs, one after the other.
 * SPDX-License-Identifier: MIT
 *
 * A workqueue chooses the threads; here there is one, with a name, a priority and CPUs that you choose.
 *
 * RULES
 *   1. kthread_init_work() once, before the first use. Then a work is queued, runs once, and can be queued
 *      again. It belongs to the worker that it was first queued at: initialize it anew to use another.
 *   2. The function may sleep, queue its own work again, and free it. Whatever else the worker has to do
 *      waits meanwhile, so a function waits for nothing that only another work of this worker does.
 *   3. Do not flush or cancel, from a work, what then waits for this very thread: that is reported, and not waited for.
 *      To the validator works of one function are of one class: one that waits for another of its kind is reported, too.
 *   4. Before a work's memory goes: kthread_cancel_work_sync(), for a delayed work
 *      kthread_cancel_delayed_work_sync(), with no lock held that the function takes, and nobody who queues
 *      it again.
 *   5. Before a worker goes: nobody queues any more, and delayed works were cancelled.
 */
#pragma once

#include "kernel/core/timer_list.h"
#include "kernel/kthread.h"
#include "kernel/locking/spin/spinlock.h"
#include "lib/list.h"

struct kthread_work;

typedef void (*kthread_work_func_t)(struct kthread_work *work);

/* Flag of kthread_create_worker(). Linux: it rests while the machine is suspended, which this one never is. */
#define KTW_FREEZABLE 0x1u

/* [w] under `lock`  [I] set once */
struct kthread_worker {
	unsigned int flags; /* [I] */
	spinlock_t lock;
	struct list_head work_list;         /* [w] works that wait for their turn, in order */
	struct list_head delayed_work_list; /* [w] works that wait for their time */
	struct task_struct *task;           /* [w] its thread */
	struct kthread_work *current_work;  /* [w] what it runs: only compared, it may be freed */
};

/* [w] under its worker's lock  [I] set by kthread_init_work() */
struct kthread_work {
	struct list_head node;         /* [w] in one of its worker's lists, if it is pending */
	kthread_work_func_t func;      /* [I] */
	struct kthread_worker *worker; /* [w] set when it is first queued */
	int canceling;                 /* [w] how many keep it from being queued */
	bool timed;                    /* [w] it is pending, and waits for its time */
};

struct kthread_delayed_work {
	struct kthread_work work;
	struct timer_list timer;
};

#define KTHREAD_WORKER_INIT(name)                                                                  \
	{                                                                                          \
		.lock = SPIN_LOCK_UNLOCKED(name.lock),                                             \
		.work_list = LIST_HEAD_INIT((name).work_list),                                     \
		.delayed_work_list = LIST_HEAD_INIT((name).delayed_work_list)                      \
	}
#define KTHREAD_WORK_INIT(name, fn)                                                                \
	{                                                                                          \
		.node = LIST_HEAD_INIT((name).node), .func = (fn)                                  \
	}
#define KTHREAD_DELAYED_WORK_INIT(name, fn)                                                        \
	{                                                                                          \
		.work = KTHREAD_WORK_INIT((name).work, fn),                                        \
		.timer = __TIMER_INITIALIZER((name).timer, kthread_delayed_work_timer_fn,          \
					     TIMER_IRQSAFE)                                        \
	}
#define DEFINE_KTHREAD_WORKER(name)         struct kthread_worker name = KTHREAD_WORKER_INIT(name)
#define DEFINE_KTHREAD_WORKER_ONSTACK(name) DEFINE_KTHREAD_WORKER(name)
#define DEFINE_KTHREAD_WORK(name, fn)       struct kthread_work name = KTHREAD_WORK_INIT(name, fn)
#define DEFINE_KTHREAD_DELAYED_WORK(name, fn)                                                      \
	struct kthread_delayed_work name = KTHREAD_DELAYED_WORK_INIT(name, fn)

/* kthread_init_worker, kthread_init_work, kthread_init_delayed_work - make it empty, or idle. Nobody may
 * use it. Never sleep. Any context. */
void kthread_init_worker_named(struct kthread_worker *worker, const char *lock_name,
			       const char *site);
#define kthread_init_worker(worker) kthread_init_worker_named((worker), #worker, LOCK_SITE(#worker))
void kthread_init_work(struct kthread_work *work, kthread_work_func_t func);
void kthread_init_delayed_work(struct kthread_delayed_work *dwork, kthread_work_func_t func);
void kthread_delayed_work_timer_fn(struct timer_list *timer);

/*
 * kthread_worker_fn - what a worker's thread does: for kthread_run(kthread_worker_fn, worker, ...) with a
 *   worker of your own. It runs what is queued, what was queued before it began too, until it is stopped;
 *   what is still queued then stays so. Returns 0.
 * kthread_create_worker - a worker and its thread, which runs, named by @namefmt. @flags: KTW_*.
 * kthread_create_worker_on_cpu - the same, bound to CPU @cpu, which is online; -1: any.
 * May sleep. Thread context. Return it, or ERR_PTR(-ENOMEM).
 * kthread_destroy_worker - run what is queued, end the thread, free the worker that those two made. Sleeps.
 *   Thread context; rule 5: works that are left are reported.
 */
int kthread_worker_fn(void *worker_ptr);
struct kthread_worker *kthread_create_worker_on_cpu(int cpu, unsigned int flags,
						    const char *namefmt, ...) __printf(3, 4);
void kthread_destroy_worker(struct kthread_worker *worker);
#define kthread_create_worker(flags, namefmt, ...)                                                 \
	kthread_create_worker_on_cpu(-1, (flags), namefmt, ##__VA_ARGS__)

/*
 * kthread_queue_work - have @worker run @work after all that is queued there now.
 * kthread_queue_delayed_work - the same, after @delay jiffies; until then it is pending as well.
 * Never sleep. Any context but NMI. Return false, with nothing done, if it is pending (then it runs, once,
 * after this call), or is being cancelled. What was stored before is seen by the function.
 *
 * kthread_mod_delayed_work - after @delay jiffies from now, pending or not. Never sleeps. Any context but NMI.
 * Returns whether it was pending; true, with nothing done, if it is being cancelled. So who counts what is
 * queued adds one when it returns false.
 */
bool kthread_queue_work(struct kthread_worker *worker, struct kthread_work *work);
bool kthread_queue_delayed_work(struct kthread_worker *worker, struct kthread_delayed_work *dwork,
				unsigned long delay);
bool kthread_mod_delayed_work(struct kthread_worker *worker, struct kthread_delayed_work *dwork,
			      unsigned long delay);

/*
 * kthread_flush_work - wait until @work has run, if it is queued or runs: the run that was queued last before
 *   this. A delayed work whose time has not come is not waited for.
 * kthread_flush_worker - wait until all that was queued before this has run.
 * Sleep. Thread context; rule 3.
 */
void kthread_flush_work(struct kthread_work *work);
void kthread_flush_worker(struct kthread_worker *worker);

/*
 * kthread_cancel_work_sync, kthread_cancel_delayed_work_sync - take it back if it is pending, and wait for a
 *   function that runs; meanwhile nobody can queue it, its own function neither.
 * Sleep. Thread context; rules 3 and 4. Return whether it was pending.
 */
bool kthread_cancel_work_sync(struct kthread_work *work);
bool kthread_cancel_delayed_work_sync(struct kthread_delayed_work *dwork);
