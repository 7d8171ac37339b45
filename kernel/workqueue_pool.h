/* workqueue_pool.h: what workqueue.c (queueing), workqueue_flush.c (waiting) and worker.c (running) share.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/kthread.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/workqueue.h"

/* One lock for all queues, pools, works and workers: [q]. Taken with interrupts off. */
extern spinlock_t workqueue_lock;

/* The works of one CPU, or of an unbound queue, that wait, and the threads that run them. */
struct work_pool {
	struct workqueue_struct *wq; /* [I] */
	u32 cpu;                     /* [I] NR_CPUS: any */
	struct list_head pending;    /* [q] works, in order */
	struct list_head idle;       /* [q] workers that sleep */
	unsigned int nr_workers;     /* [q] all of them, those included that are being made */
	unsigned long nr_begun;      /* [q] works that began */
	unsigned long seen_begun;    /* [q] the same when the manager last looked */
	struct list_head hungry;     /* [q] in the manager's list: it may need another worker */
};

struct workqueue_struct {
	unsigned int flags;           /* [I] */
	unsigned int max_active;      /* [I] of each pool */
	char name[TASK_COMM_LEN];     /* [I] */
	unsigned int draining;        /* [q] how many wait for it to be empty */
	unsigned long unfinished;     /* [q] works queued and running */
	bool dying;                   /* [q] workers leave, none is made */
	unsigned int nr_workers;      /* [q] of all pools */
	struct completion workerless; /* dying, and the last worker has left */
	struct list_head entry;       /* [q] in the list of all */
	unsigned int nr_pools;        /* [I] */
	struct work_pool pools[];
};

/* [q], but for the worker's own thread, which may read what it alone writes */
struct worker {
	struct list_head entry;   /* in its pool's `idle`, or in `busy_workers` */
	struct work_pool *pool;   /* [I] */
	struct task_struct *task; /* [I] set when it begins */
	bool idle;                /* in `idle`: sleeps, or was just taken out to be woken */
	struct work_struct *work; /* what it runs: only compared, for it may be freed */
	work_func_t func;         /* its function: other memory at that address is another work */
	u64 ticket;               /* of this run */
};

extern struct list_head busy_workers; /* [q] */
extern u64 workqueue_last_ticket;     /* [q] */

/*
 * Somebody who waits for works that have a ticket from first to last, of @wq or, if that is NULL, of all.
 * On his stack: it is out of the list before he is told.
 */
struct flusher {
	struct list_head entry; /* [q] */
	const struct workqueue_struct *wq;
	u64 first, last;
	unsigned long left; /* [q] works not finished */
	struct completion done;
};

/* Caller holds workqueue_lock. */

/* workqueue_enqueue - queue @work, which is in no list. */
void workqueue_enqueue(struct workqueue_struct *wq, struct work_struct *work, unsigned int cpu);
/* workqueue_take_back - make @work idle. Returns whether it was pending. */
bool workqueue_take_back(struct work_struct *work);
/* worker_wanted - @pool has a work more: wake a worker, or see to it that there will be one. */
void worker_wanted(struct work_pool *pool);
/* work_finished - the work of @wq with @ticket has run, or was taken back. */
void work_finished(struct workqueue_struct *wq, u64 ticket);
/* find_worker - who runs @work now, of @wq or, if that is NULL, of any; NULL: nobody. */
struct worker *find_worker(const struct work_struct *work, const struct workqueue_struct *wq);
/* current_worker - the worker whose thread this is, or NULL. */
struct worker *current_worker(void);
/* workers_dismiss - no worker of @wq, which is dying and empty, is to stay. */
void workers_dismiss(struct workqueue_struct *wq);

void worker_manager_init(void); /* the first thread */
