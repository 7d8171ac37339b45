/* scenario_work.c: works: who queues them, who waits for them, and the workers that run them.
 * SPDX-License-Identifier: MIT
 *
 * A worker is a thread of the scenario's, and its own manager: when it has waited for too long it leaves, and comes back
 * as long as there may be works.
 */
#include "kernel/explore/explore.h"
#include "kernel/sched/task.h"
#include "kernel/workqueue_pool.h"
#include "lib/string.h"

#define POOLS (1 + EXPLORE_THREADS) /* one for each CPU that there is */

static u8 room[sizeof(struct workqueue_struct) + POOLS * sizeof(struct work_pool)] __aligned(64);
static struct workqueue_struct *const wq = (struct workqueue_struct *)room;
static struct worker workers[2];
static struct work_struct work;

#define FIRST  1
#define SECOND 2
#define BOTH   (FIRST | SECOND)

static atomic_t asked; /* for what a run was queued */
static int seen;       /* and what the last one has found */
static bool over;      /* no run is to come, nor to go on */
static bool finished;  /* nor any other */

/* The CPUs of the pools: they have no thread, or what is theirs would be private to it as long as nobody else came there. */
static u32 first_cpu(void)
{
	return explore_task(EXPLORE_THREADS - 1)->cpu;
}

static u32 other_cpu(void)
{
	return explore_task(EXPLORE_THREADS - 2)->cpu;
}

static void give_worker(u32 thread, u32 cpu)
{
	cpu_by_id(cpu)->online = true;
	workers[thread] = (struct worker){ .pool = &wq->pools[cpu] };
	INIT_LIST_HEAD(&workers[thread].entry);
}

static void queue_setup(work_func_t func)
{
	work_bases_init();
	memset(room, 0, sizeof(room));
	wq->max_active = 2;
	wq->nr_pools = POOLS;
	init_completion(&wq->userless);
	atomic_set(&wq->users, 1);
	for (u32 cpu = 0; cpu < POOLS; cpu++)
		work_pool_init(&wq->pools[cpu], wq, cpu);
	give_worker(0, first_cpu());
	INIT_WORK(&work, func);
	work.home = first_cpu();
	atomic_set(&asked, 0);
	seen = 0;
	over = finished = false;
}

/* Until there has been nothing to do for too long, which may be at once. */
static void serve(u32 thread)
{
	struct work_pool *pool = workers[thread].pool;

	spin_lock_irq(&pool->base->lock);
	pool->nr_workers++;
	atomic_inc(&wq->users);
	spin_unlock_irq(&pool->base->lock);
	worker_serve(&workers[thread]);
}

static void serve_all(u32 thread)
{
	while (!READ_ONCE(finished))
		serve(thread);
}

static void look(struct work_struct *unused)
{
	explore_enter();
	WRITE_ONCE(seen, atomic_read(&asked));
	explore_leave();
}

static void ask(int what, u32 cpu)
{
	atomic_or(what, &asked);
	queue_work_on(cpu, wq, &work);
}

/* ---- Who has flushed it knows that it has run ---- */

static void work_setup(void)
{
	queue_setup(look);
}

static void ask_and_flush(u32 thread)
{
	ask(BOTH, first_cpu());
	flush_work(&work);
	explore_assert(READ_ONCE(seen) == BOTH);
	WRITE_ONCE(finished, true);
}

SCENARIO(work, 2, .about = "queue_work() and flush_work()", .workers = true, .setup = work_setup,
	 .each = { serve_all, ask_and_flush },
	 .watch = { WATCH(work.state), WATCH(asked), WATCH(seen) });

/* ---- Who has cancelled it may free it ---- */

static void look_before_over(struct work_struct *unused)
{
	explore_assert(!READ_ONCE(over));
}

static void cancel_setup(void)
{
	queue_setup(look_before_over);
	explore_object(&work, sizeof(work));
}

static void ask_and_cancel(u32 thread)
{
	queue_work_on(first_cpu(), wq, &work);
	cancel_work_sync(&work);
	WRITE_ONCE(over, true);
	explore_free(&work);
	WRITE_ONCE(finished, true);
}

SCENARIO(work_cancel, 2, .about = "queue_work() and cancel_work_sync()", .workers = true,
	 .setup = cancel_setup, .each = { serve_all, ask_and_cancel },
	 .watch = { WATCH(work.state), WATCH(over) });

/* A worker that never sleeps, while there may be works: two that sleep are too many states. */
static void run_all(u32 thread)
{
	struct worker *worker = &workers[thread];

	while (!READ_ONCE(finished)) {
		spin_lock_irq(&worker->pool->base->lock);
		worker_run(worker);
		spin_unlock_irq(&worker->pool->base->lock);
	}
}

/* ---- It runs on one CPU at a time, although it is queued on two, and once more after each time it was queued ---- */

static void look_and_end(struct work_struct *unused)
{
	look(unused);
	if (READ_ONCE(seen) == BOTH)
		WRITE_ONCE(finished, true);
}

static void move_setup(void)
{
	queue_setup(look_and_end);
	give_worker(1, other_cpu());
}

static void ask_on_both(u32 thread)
{
	ask(FIRST, first_cpu());
	ask(SECOND, other_cpu());
	run_all(thread);
}

SCENARIO(work_moves, 2, .about = "queue_work_on() of two CPUs", .workers = true,
	 .setup = move_setup, .each = { run_all, ask_on_both },
	 .watch = { WATCH(work.state), WATCH(work.home), WATCH(asked), WATCH(seen) });

/* ---- And by one worker at a time, although its pool has two ---- */

static void two_setup(void)
{
	queue_setup(look_and_end);
	give_worker(1, first_cpu());
}

static void ask_and_run(u32 thread)
{
	ask(thread ? FIRST : SECOND, first_cpu());
	run_all(thread);
}

SCENARIO(work_two, 2, .about = "queue_work() by two workers", .workers = true, .setup = two_setup,
	 .run = ask_and_run, .watch = { WATCH(work.state), WATCH(asked), WATCH(seen) });
