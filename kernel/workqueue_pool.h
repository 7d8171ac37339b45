/* workqueue_pool.h: what workqueue.c (queueing), workqueue_flush.c (waiting) and worker.c (running) share.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/kthread.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/workqueue.h"

/*
 * A base for each CPU: a lock, taken with interrupts off, for the pools that belong to it, of all queues,
 * and for the works whose `home` it is: [q]. It outlives them all.
 */
struct work_base {
	spinlock_t lock;
	u32 cpu;                   /* [I] */
	struct list_head busy;     /* [q] workers that run a function */
	struct list_head hungry;   /* [q] pools that may need another worker */
	struct list_head flushers; /* [q] */
};

/* The works of one CPU, or of an unbound queue, that wait, and the threads that run them. */
struct work_pool {
	struct work_base *base;      /* [I] */
	struct workqueue_struct *wq; /* [I] */
	u32 cpu;                     /* [I] NR_CPUS: any */
	struct list_head pending;    /* [q] works, in the order of their tickets */
	struct list_head idle;       /* [q] workers that sleep */
	unsigned int nr_workers;     /* [q] all of them, those included that are being made */
	unsigned long nr_begun;      /* [q] works that began */
	unsigned long seen_begun;    /* [q] the same when the manager last looked */
	struct list_head hungry;     /* [q] in its base's list */
};

/* [a] atomic  [l] under all_queues_lock */
struct workqueue_struct {
	struct list_head entry;     /* [l] in all_queues */
	unsigned long made_at;      /* [I] the code that asked for it */
	unsigned int flags;         /* [I] */
	unsigned int max_active;    /* [I] of each pool */
	char name[TASK_COMM_LEN];   /* [I] */
	atomic_t draining;          /* [a] how many wait for it to be empty */
	atomic_t unfinished;        /* [a] works queued and running */
	bool dying;                 /* [a] workers leave, none is made */
	atomic_t users;             /* [a] workers of all pools, and 1 until it is dying */
	struct completion userless; /* the last one has left */
#if CONFIG_CHECKED
	struct lockdep_map
		dep_map; /* [I] held while a work runs, taken by who waits for all before it */
#endif
	unsigned int nr_pools; /* [I] */
	struct work_pool pools[];
};

/* [q] of its pool's base, but for the worker's own thread, which may read what it alone writes */
struct worker {
	struct list_head entry;   /* in its pool's `idle`, or in its base's `busy` */
	struct work_pool *pool;   /* [I] */
	struct task_struct *task; /* [I] set when it begins */
	bool idle;                /* in `idle`: sleeps, or was just taken out to be woken */
	struct work_struct *work; /* what it runs: only compared, for it may be freed */
	work_func_t func;         /* its function: other memory at that address is another work */
	s64 ticket;               /* of this run */
};

/*
 * Somebody who waits for works of one base that have a ticket from first to last, of @pool or, if that is
 * NULL, of all. On his stack: it is out of the list before he is told.
 */
struct flusher {
	struct list_head entry; /* [q] */
	const struct work_pool *pool;
	s64 first, last;
	unsigned int left; /* [q] works not finished */
	struct completion done;
};

/* The validator's maps of a work and of a queue: made, and of a queue that goes, forgotten. */
#if CONFIG_CHECKED
static inline void set_work_map(struct work_struct *work, const char *name, const char *site)
{
	work->dep_map = (struct lockdep_map){ name, site, site, .is_function = true };
}

/* A queue is a class of its own, as long as it is there. */
static inline void set_queue_map(struct workqueue_struct *wq)
{
	lockdep_init_map(&wq->dep_map, wq->name, wq, 0);
	wq->dep_map.is_function = true;
}

static inline void forget_queue_map(struct workqueue_struct *wq)
{
	lockdep_reset_lock(&wq->dep_map);
}
#else
static inline void set_work_map(struct work_struct *work, const char *name, const char *site)
{
}

static inline void set_queue_map(struct workqueue_struct *wq)
{
}

static inline void forget_queue_map(struct workqueue_struct *wq)
{
}
#endif

/* work_map_of - a copy of the validator's map: the work may be gone when its function returns. */
#if CONFIG_CHECKED
static inline struct lockdep_map work_map_of(const struct work_struct *work)
{
	return work->dep_map;
}
#else
static inline struct lockdep_map work_map_of(const struct work_struct *work)
{
	return (struct lockdep_map){ .name = NULL };
}
#endif

/* workqueue_list, _unlist - @wq, made at @made_at, is among those that workqueue_walk() goes through; and no more. */
void workqueue_list(struct workqueue_struct *wq, unsigned long made_at);
void workqueue_unlist(struct workqueue_struct *wq);

/* work_base_of - the base of CPU @cpu. lock_base_of - lock the home of @work, with interrupts off. */
struct work_base *work_base_of(u32 cpu);
struct work_base *lock_base_of(const struct work_struct *work);

/* workqueue_last_ticket - the last that was drawn: what is queued before this has no later one. */
s64 workqueue_last_ticket(void);

/* workqueue_take_back_delayed - @wq is about to be destroyed: report and cancel the delayed works that are yet to be queued in
 * it. Sleeps. Thread context. */
void workqueue_take_back_delayed(struct workqueue_struct *wq);

/* is_worker - whether @task, which is not being freed, is a thread of some queue. Any context. */
bool is_worker(struct task_struct *task);

/* current_worker - the worker whose thread this is, or NULL. Any context. */
struct worker *current_worker(void);

/* put_user - one user of @wq less: then it may be gone. Any context. */
void workqueue_put_user(struct workqueue_struct *wq);

/* Caller holds the lock of the home or of the pool in question. */

/* work_take_back - make @work idle. Returns whether it was pending. */
bool work_take_back(struct work_struct *work);
/* worker_wanted - @pool has a work more: wake a worker, or see to it that there will be one. */
void worker_wanted(struct work_pool *pool);
/* work_finished - the work of @pool with @ticket has run, or was taken back. */
void work_finished(struct work_pool *pool, s64 ticket);
/* find_worker - who in @base runs @work now, of @wq or, if that is NULL, of any; NULL: nobody. */
struct worker *find_worker(const struct work_base *base, const struct work_struct *work,
			   const struct workqueue_struct *wq);

/* workers_dismiss - no worker of @pool, whose queue is dying and empty, is to stay. No lock is held. */
void workers_dismiss(struct work_pool *pool);

/* work_enqueue_timed - the time of @dwork has come, unless it was taken back or started anew. Any context. */
void work_enqueue_timed(struct delayed_work *dwork);

void worker_manager_init(void); /* the first thread */

/*
 * For those above, and for the explorer, which makes its own pools and workers.
 * work_bases_init - all bases, empty. work_pool_init - @pool, of @wq, for CPU @cpu (NR_CPUS: any), empty.
 * worker_run - run the works of @worker's pool that may run. The pool's lock is held; it is dropped meanwhile.
 * worker_serve - this thread is @worker, which its pool has counted: run works until there has been none for too long, or the
 *   queue is dying. No lock is held.
 * The last two sleep. Thread context.
 */
void work_bases_init(void);
void work_pool_init(struct work_pool *pool, struct workqueue_struct *wq, u32 cpu);
void worker_run(struct worker *worker);
void worker_serve(struct worker *worker);
