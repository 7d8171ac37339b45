/* runqueue.c: the lists and the bitmap of one CPU's waiting threads.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/sched/runqueue.h"

#include "kernel/core/panic.h"

void runqueue_init(struct run_queue *rq, u32 cpu)
{
	raw_spin_lock_init_unwatched(&rq->lock);
	rq->cpu = cpu;
	for (int prio = 0; prio < MAX_PRIO; prio++)
		INIT_LIST_HEAD(&rq->queue[prio]);
}

/* Note whether anybody waits at @prio. In one write: idle CPUs look at the bitmap without the lock. */
static void note_waiting(struct run_queue *rq, int prio, bool waits)
{
	unsigned long *word = &rq->waiting[prio / BITS_PER_LONG];
	unsigned long bit = BIT(prio % BITS_PER_LONG);

	WRITE_ONCE(*word, waits ? *word | bit : *word & ~bit);
}

void runqueue_add(struct run_queue *rq, struct task_struct *task, bool first)
{
	ASSERT(task->cpu == rq->cpu && task->prio < MAX_PRIO);
	ASSERT(cpumask_test_cpu(rq->cpu, &task->cpus_allowed));
	if (first)
		list_add(&task->run_entry, &rq->queue[task->prio]);
	else
		list_add_tail(&task->run_entry, &rq->queue[task->prio]);
	note_waiting(rq, task->prio, true);
	WRITE_ONCE(rq->nr_queued, rq->nr_queued + 1);
}

void runqueue_remove(struct run_queue *rq, struct task_struct *task)
{
	ASSERT(task->cpu == rq->cpu && rq->nr_queued > 0);
	list_del_init(&task->run_entry);
	if (list_empty(&rq->queue[task->prio]))
		note_waiting(rq, task->prio, false);
	WRITE_ONCE(rq->nr_queued, rq->nr_queued - 1);
}

struct task_struct *runqueue_pick(struct run_queue *rq)
{
	int prio = runqueue_best_prio(rq);
	struct task_struct *task;

	if (prio >= MAX_PRIO)
		return rq->idle;
	task = list_first_entry(&rq->queue[prio], struct task_struct, run_entry);
	runqueue_remove(rq, task);
	return task;
}

struct task_struct *runqueue_find_for(struct run_queue *rq, u32 cpu)
{
	struct task_struct *task;
	int prio;

	for_each_set_bit(prio, rq->waiting, MAX_PRIO) {
		list_for_each_entry(task, &rq->queue[prio], run_entry) {
			if (cpumask_test_cpu(cpu, &task->cpus_allowed))
				return task;
		}
	}
	return NULL;
}

struct cpumask runqueue_allowed(const struct run_queue *rq)
{
	struct cpumask allowed = { { 0 } };
	struct task_struct *task;
	int prio;

	for_each_set_bit(prio, rq->waiting, MAX_PRIO) {
		list_for_each_entry(task, &rq->queue[prio], run_entry)
			cpumask_or(&allowed, &allowed, &task->cpus_allowed);
	}
	return allowed;
}
