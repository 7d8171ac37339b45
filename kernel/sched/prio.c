/* prio.c: what a thread's priority is, and what follows when it changes.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A thread has a priority of its own (normal_prio) and may be lent a better one by those who wait for
 *   what it holds (boost_prio; rtmutex.c lends). It runs at the better of the two (prio). So a loan that
 *   ends leaves what sched_set_*() said meanwhile, and sched_set_*() does not end a loan.
 *
 *   Its place among equals: who becomes better goes behind those who have waited at that priority; who
 *   becomes worse goes before them, since it has waited or run as something better. So borrowing and
 *   giving back costs a thread no turn. Nothing moves when `prio` stays what it was.
 *   Who becomes better while it waits may also change its CPU, or it would wait for a better one there
 *   while a worse one runs elsewhere.
 *
 *   Who waits for an rt_mutex waits by priority, and lends it on. That is known above: sched_set_prio()
 *   tells it by the function that was registered. Order of locks: pi_lock, wake_lock, run queue.
 */
#include "kernel/core/panic.h"
#include "kernel/sched/runqueue.h"
#include "kernel/sched/sched.h"

static void (*prio_changed)(struct task_struct *task); /* [I] */

void sched_register_prio_changed(void (*function)(struct task_struct *task))
{
	prio_changed = function;
}

/* Change the priority, and so the place, of a thread that waits for a CPU. Caller holds what task_lock()
 * takes; the queue's lock is dropped for a while, and another CPU may have the thread on return. */
static void requeue(struct run_queue *rq, struct task_struct *task, int prio)
{
	bool worse = prio > task->prio;

	runqueue_remove(rq, task);
	WRITE_ONCE(task->prio, prio);
	if (worse) {
		runqueue_add(rq, task, true);
		sched_kick_idle(&task->cpus_allowed);
		return;
	}
	// Nobody else touches it now: it is in no queue, and we hold its wake_lock.
	WRITE_ONCE(task->on_rq, ON_RQ_MIGRATING);
	raw_spin_unlock(&rq->lock);
	sched_enqueue_somewhere(task);
	raw_spin_lock(&rq->lock);
}

/* Make `prio` what it should be. Caller holds what task_lock() takes. */
static void prio_update(struct run_queue *rq, struct task_struct *task)
{
	int prio = min(task->normal_prio, task->boost_prio);

	if (prio == task->prio)
		return;
	if (is_waiting(rq, task)) {
		requeue(rq, task, prio);
		return;
	}
	WRITE_ONCE(task->prio, prio);
	if (rq->curr == task && runqueue_best_prio(rq) < prio)
		resched_cpu(rq->cpu);
}

void sched_set_boost(struct task_struct *task, int prio)
{
	unsigned long flags;
	struct run_queue *rq;

	// Only callers with pi_lock write it, so who would write the same need not lock more.
	if (READ_ONCE(task->boost_prio) == prio)
		return;
	rq = task_lock(task, &flags);
	WRITE_ONCE(task->boost_prio, prio);
	prio_update(rq, task);
	task_unlock(task, rq, flags);
}

void sched_set_prio(struct task_struct *task, int prio)
{
	unsigned long flags;
	struct run_queue *rq;

	BUG_ON(prio < 0 || prio >= MAX_PRIO);
	rq = task_lock(task, &flags);
	WRITE_ONCE(task->normal_prio, prio);
	if (prio >= MAX_RT_PRIO)
		WRITE_ONCE(task->static_prio, prio);
	prio_update(rq, task);
	task_unlock(task, rq, flags);
	if (prio_changed)
		prio_changed(task);
}

static int nice_to_prio(long nice)
{
	return NICE_TO_PRIO((int)clamp(nice, (long)MIN_NICE, (long)MAX_NICE));
}

void sched_set_normal(struct task_struct *task, int nice)
{
	sched_set_prio(task, nice_to_prio(nice));
}

void set_user_nice(struct task_struct *task, long nice)
{
	unsigned long flags;
	struct run_queue *rq = task_lock(task, &flags);

	WRITE_ONCE(task->static_prio, nice_to_prio(nice));
	if (task->normal_prio >= MAX_RT_PRIO) {
		WRITE_ONCE(task->normal_prio, task->static_prio);
		prio_update(rq, task);
	}
	task_unlock(task, rq, flags);
	if (prio_changed)
		prio_changed(task);
}

int task_nice(const struct task_struct *task)
{
	return READ_ONCE(task->static_prio) - DEFAULT_PRIO;
}

void sched_set_fifo(struct task_struct *task)
{
	sched_set_prio(task, MAX_RT_PRIO / 2 - 1);
}

void sched_set_fifo_low(struct task_struct *task)
{
	sched_set_prio(task, MAX_RT_PRIO - 2);
}
