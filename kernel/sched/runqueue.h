/* runqueue.h: the threads that want one CPU, by priority.
 * SPDX-License-Identifier: MIT
 *
 * A bitmap says which priorities have waiting threads, a list for each holds them in order: choosing
 * the next one is finding the first bit, whatever the number of threads. The running thread is in
 * no list. All functions: never sleep; caller holds the queue's lock, with interrupts off.
 */
#pragma once

#include "kernel/core/timer.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "kernel/sched/task.h"

/* [q] under `lock`; [I] set once; the counters are read by others without it. */
struct run_queue {
	raw_spinlock_t lock;
	u32 cpu;                  /* [I] */
	unsigned int nr_queued;   /* [q] threads in the lists: the running one is not counted */
	struct task_struct *curr; /* [q] the running thread */
	struct task_struct *idle; /* [I] what runs when nothing else wants to */
	struct task_struct *prev; /* [q] who ran before the switch that is under way */
	bool tick_armed;          /* [q] the slice timer is set */
	struct ktimer tick;       /* ends time slices; not re-armed by an idle CPU */
	unsigned long nr_stolen;  /* [q] threads this CPU took from others */
	DECLARE_BITMAP(waiting, MAX_PRIO);
	struct list_head queue[MAX_PRIO];
};

void runqueue_init(struct run_queue *rq, u32 cpu);

/* runqueue_add - put @task, which is in no queue, behind (or @first: before) others of its priority. */
void runqueue_add(struct run_queue *rq, struct task_struct *task, bool first);

/* runqueue_remove - take @task, which is in this queue, out of it. */
void runqueue_remove(struct run_queue *rq, struct task_struct *task);

/* runqueue_pick - take out the first thread of the best priority; the idle thread if there is none. */
struct task_struct *runqueue_pick(struct run_queue *rq);

/* runqueue_find_for - the best waiting thread that is allowed on @cpu, still queued; or NULL. */
struct task_struct *runqueue_find_for(struct run_queue *rq, u32 cpu);

/* runqueue_allowed - the CPUs that some waiting thread may run on. Looks at every one of them. */
struct cpumask runqueue_allowed(const struct run_queue *rq);

/* runqueue_best_prio - the priority of the first waiting thread; IDLE_PRIO if there is none. */
static inline int runqueue_best_prio(const struct run_queue *rq)
{
	return (int)find_first_bit(rq->waiting, MAX_PRIO);
}

/* is_waiting - whether @task waits in @rq for its turn; caller holds the lock of its queue. */
static inline bool is_waiting(const struct run_queue *rq, const struct task_struct *task)
{
	return task->on_rq == ON_RQ_QUEUED && rq->curr != task;
}

DECLARE_PER_CPU(struct run_queue, run_queues);

static inline struct run_queue *this_rq(void)
{
	return this_cpu_ptr(&run_queues);
}

static inline struct run_queue *cpu_rq(u32 cpu)
{
	return per_cpu_ptr(&run_queues, cpu);
}

/* What came of an attempt to steal. */
enum steal {
	STEAL_NONE, /* nothing there */
	STEAL_BUSY, /* something may be there, in a queue that others are at: try again */
	STEAL_DONE,
};

/*
 * The scheduler's own parts, shared by its files.
 *
 * sched_task_start - where a new thread comes out of its first switch.
 * resched_cpu - have CPU @cpu choose its thread anew. Any context.
 * sched_enqueue - put @task, which is in no queue, into @rq, and see to it that somebody runs it: it
 *   preempts, or an idle CPU is called. Caller holds rq->lock, interrupts off.
 * sched_kick_idle - let some idle CPU of @allowed come and look for work. Any context.
 * sched_steal - take a thread that waits on another CPU. This CPU idle, interrupts off. When it has one
 *   this CPU is to reschedule.
 * sched_enqueue_somewhere - the same into the queue of a CPU that @task may run on. Interrupts off, no
 *   queue locked.
 * task_lock - lock @task against everything that could move it, and return its queue, locked too.
 *   task_unlock - undo that. Any context but NMI.
 * sched_refuse_in_atomic - this thread gives up the CPU where it may not: report it; it stays, awake. Returns false.
 * idle_cpus - those who wait for work; who takes one out sends it the reschedule IPI.
 */
void sched_task_start(void *task) __noreturn;
void resched_cpu(u32 cpu);
void sched_enqueue(struct run_queue *rq, struct task_struct *task);
void sched_kick_idle(const struct cpumask *allowed);
enum steal sched_steal(struct run_queue *rq);
void sched_enqueue_somewhere(struct task_struct *task);
struct run_queue *task_lock(struct task_struct *task, unsigned long *flags);
void task_unlock(struct task_struct *task, struct run_queue *rq, unsigned long flags);
bool sched_refuse_in_atomic(void) __cold;
extern struct cpumask idle_cpus;
