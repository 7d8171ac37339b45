/* wakeup.c: making threads runnable, choosing their CPU, moving them between CPUs.
 * SPDX-License-Identifier: MIT
 *
 * Who may change what: a thread's place (cpu, on_rq) changes under the lock of the queue it is in;
 * that of a thread which is in none, under its wake_lock. Both locks are taken to change its
 * priority or its CPUs. Order: wake_lock, then one queue; never two queues at once.
 */
#include "kernel/core/panic.h"
#include "kernel/sched/runqueue.h"
#include "kernel/sched/sched.h"
#include "lib/errno.h"

/*
 * Lock the queue that @task is in, or was last. Interrupts off. A thread on its way between two queues
 * arrives soon: who moves it has interrupts off. It arrives under the other queue's lock, so `on_rq`,
 * which is stored last there, must be read first here. The other way round:
 *
 *      here, queue 1 locked             the thread arrives in queue 2
 *      task->cpu == 1: still the old
 *                                       task->cpu = 2
 *                                       task->on_rq = ON_RQ_QUEUED
 *      not ON_RQ_MIGRATING: locked,
 *      but the wrong queue
 */
static struct run_queue *task_rq_lock(struct task_struct *task)
{
	for (;;) {
		struct run_queue *rq = cpu_rq(READ_ONCE(task->cpu));

		raw_spin_lock(&rq->lock);
		// [M] pairs with [A] in sched_enqueue()
		if (likely(smp_load_acquire(&task->on_rq) != ON_RQ_MIGRATING &&
			   READ_ONCE(task->cpu) == rq->cpu))
			return rq;
		raw_spin_unlock(&rq->lock);
		cpu_relax();
	}
}

/* Take one of @allowed, @first if possible, out of idle_cpus: that CPU is now ours to call, and nobody
 * else sends work to it in the belief that it has none. Returns NR_CPUS if none of them is idle. */
static u32 claim_idle_cpu(const struct cpumask *allowed, u32 first)
{
	u32 cpu = first;

	if (!cpumask_test_cpu(first, allowed) || !cpumask_test_cpu(first, &idle_cpus))
		cpu = cpumask_first_and(&idle_cpus, allowed);
	while (cpu < NR_CPUS && !cpumask_test_and_clear_cpu(cpu, &idle_cpus))
		cpu = cpumask_first_and(&idle_cpus, allowed);
	return cpu;
}

void sched_kick_idle(const struct cpumask *allowed)
{
	u32 cpu;

	// [K] pairs with [I] in sched_idle_loop(): the thread is queued before we look who is idle.
	smp_mb();
	cpu = claim_idle_cpu(allowed, raw_smp_processor_id());
	if (cpu < NR_CPUS)
		resched_cpu(cpu);
}

void sched_enqueue(struct run_queue *rq, struct task_struct *task)
{
	if (task->cpu != rq->cpu) {
		WRITE_ONCE(task->cpu, rq->cpu);
		WRITE_ONCE(task->nr_migrations, task->nr_migrations + 1);
		trace_note(TRACE_MIGRATE, NULL, NULL, (u32)task->pid, rq->cpu);
	}
	smp_store_release(&task->on_rq, ON_RQ_QUEUED); // [A] pairs with [M] in task_rq_lock()
	runqueue_add(rq, task, false);
	if (task->prio < rq->curr->prio)
		resched_cpu(rq->cpu);
	// Unless it is the only one, and about to run, somebody will have to wait here.
	if (task->prio >= rq->curr->prio || rq->nr_queued > 1)
		sched_kick_idle(&task->cpus_allowed);
}

/* The CPU of the lowest-priority running thread, if it is lower than @task and may be replaced. */
static u32 find_cpu_to_preempt(const struct task_struct *task)
{
	int lowest = task->prio;
	u32 best = NR_CPUS;
	u32 cpu;

	for_each_online_cpu(cpu) {
		int prio = READ_ONCE(task_curr_on(cpu)->prio);

		if (prio > lowest && cpumask_test_cpu(cpu, &task->cpus_allowed)) {
			lowest = prio;
			best = cpu;
		}
	}
	return best;
}

static u32 first_allowed_cpu(const struct task_struct *task)
{
	u32 cpu;

	for_each_online_cpu(cpu) {
		if (cpumask_test_cpu(cpu, &task->cpus_allowed))
			return cpu;
	}
	panic("thread %d \"%s\" is allowed on no CPU", task->pid, task->comm);
}

/* Where to run @task: where it ran if it can run there at once (its data is in that cache), else on an
 * idle CPU, else where it preempts the least, else where it was. What is read here may be old at once:
 * a bad choice costs time, and is mended by stealing. */
static u32 select_cpu(const struct task_struct *task)
{
	u32 last = task->cpu;
	u32 cpu;

	if (!READ_ONCE(cpu_by_id(last)->online) || !cpumask_test_cpu(last, &task->cpus_allowed))
		last = first_allowed_cpu(task);
	cpu = claim_idle_cpu(&task->cpus_allowed, last);
	if (cpu < NR_CPUS)
		return cpu;
	if (task->prio < READ_ONCE(task_curr_on(last)->prio))
		return last;
	cpu = find_cpu_to_preempt(task);
	return cpu < NR_CPUS ? cpu : last;
}

void sched_enqueue_somewhere(struct task_struct *task)
{
	struct run_queue *rq = cpu_rq(select_cpu(task));

	raw_spin_lock(&rq->lock);
	sched_enqueue(rq, task);
	raw_spin_unlock(&rq->lock);
}

/* Wake a thread that said it would sleep and has not left its queue yet. */
static bool wake_queued(struct task_struct *task)
{
	struct run_queue *rq = task_rq_lock(task);
	bool queued = task->on_rq == ON_RQ_QUEUED;

	if (queued)
		WRITE_ONCE(task->__state, TASK_RUNNING);
	raw_spin_unlock(&rq->lock);
	return queued;
}

bool wake_up_state(struct task_struct *task, unsigned int state)
{
	unsigned long flags;
	bool woken = false;

	// [W] pairs with [S] in set_current_state(): taking the lock is a full barrier, so the caller's
	// condition is seen by a sleeper whose state we do not see yet.
	raw_spin_lock_irqsave(&task->wake_lock, flags);
	if (READ_ONCE(task->__state) & state) {
		woken = true;
		// State before on_rq: whoever left its queue had said before that it would sleep.
		smp_rmb();
		if (!READ_ONCE(task->on_rq) || !wake_queued(task)) {
			// [D] pairs with [C] in finish_switch().
			smp_cond_load_acquire(&task->on_cpu, !VAL);
			trace_note(TRACE_WAKE, NULL, NULL, (u32)task->pid, task->cpu);
			WRITE_ONCE(task->__state, TASK_RUNNING);
			sched_enqueue_somewhere(task);
		}
	}
	raw_spin_unlock_irqrestore(&task->wake_lock, flags);
	return woken;
}

bool wake_up_process(struct task_struct *task)
{
	return wake_up_state(task, TASK_NORMAL | TASK_NEW);
}

/* Take the best thread that waits on @victim and may run here. Interrupts off. */
static enum steal steal_from(struct run_queue *rq, struct run_queue *victim)
{
	struct task_struct *task;

	// A CPU with nothing to do does not stand in line with those that have: they would wait for
	// its ticket too, and when virtual CPUs outnumber real ones it may be away for long.
	// (SMP=8 on two busy cores, sched_bound_threads_stay: median 6.7 s -> 1.6 s, worst of 14
	// 50 s -> 2.7 s.)
	if (!raw_spin_trylock(&victim->lock))
		return STEAL_BUSY;
	task = runqueue_find_for(victim, rq->cpu);
	if (task) {
		runqueue_remove(victim, task);
		WRITE_ONCE(task->on_rq, ON_RQ_MIGRATING);
	}
	raw_spin_unlock(&victim->lock);
	if (!task)
		return STEAL_NONE;
	raw_spin_lock(&rq->lock);
	WRITE_ONCE(rq->nr_stolen, rq->nr_stolen + 1);
	sched_enqueue(rq, task);
	raw_spin_unlock(&rq->lock);
	return STEAL_DONE;
}

enum steal sched_steal(struct run_queue *rq)
{
	struct run_queue *best = NULL;
	enum steal result = STEAL_NONE;
	u32 cpu;

	// The best thread of the machine first; if that was not to be had, any.
	for_each_online_cpu(cpu) {
		struct run_queue *other = cpu_rq(cpu);

		if (other != rq && READ_ONCE(other->nr_queued) &&
		    (!best || runqueue_best_prio(other) < runqueue_best_prio(best)))
			best = other;
	}
	if (!best)
		return STEAL_NONE;
	if (steal_from(rq, best) == STEAL_DONE)
		return STEAL_DONE;
	for_each_online_cpu(cpu) {
		struct run_queue *other = cpu_rq(cpu);
		enum steal from;

		if (other == rq || !READ_ONCE(other->nr_queued))
			continue;
		from = steal_from(rq, other);
		if (from == STEAL_DONE)
			return STEAL_DONE;
		if (from == STEAL_BUSY)
			result = STEAL_BUSY;
	}
	return result;
}

struct run_queue *task_lock(struct task_struct *task, unsigned long *flags)
{
	raw_spin_lock_irqsave(&task->wake_lock, *flags);
	return task_rq_lock(task);
}

void task_unlock(struct task_struct *task, struct run_queue *rq, unsigned long flags)
{
	raw_spin_unlock(&rq->lock);
	raw_spin_unlock_irqrestore(&task->wake_lock, flags);
}

bool wait_task_inactive(struct task_struct *task, unsigned int match_state)
{
	might_sleep();
	for (;;) {
		unsigned long flags;
		struct run_queue *rq = task_lock(task, &flags);
		bool matches = READ_ONCE(task->__state) == match_state;
		bool running = READ_ONCE(task->on_cpu);
		bool queued = task->on_rq != ON_RQ_NO;

		task_unlock(task, rq, flags);
		if (!matches || (!running && !queued))
			return matches;
		// One that was preempted before it could sleep may need this CPU for that.
		if (running)
			cpu_relax();
		else
			schedule_timeout_uninterruptible(1);
	}
}

static bool mask_has_online_cpu(const struct cpumask *mask)
{
	u32 cpu;

	for_each_online_cpu(cpu) {
		if (cpumask_test_cpu(cpu, mask))
			return true;
	}
	return false;
}

int set_cpus_allowed_ptr(struct task_struct *task, const struct cpumask *mask)
{
	struct run_queue *rq;
	unsigned long flags;
	bool stays, move;

	if (!mask_has_online_cpu(mask))
		return -EINVAL;
	rq = task_lock(task, &flags);
	task->cpus_allowed = *mask;
	stays = cpumask_test_cpu(rq->cpu, mask);
	move = is_waiting(rq, task) && !stays;
	if (move) {
		runqueue_remove(rq, task);
		WRITE_ONCE(task->on_rq, ON_RQ_MIGRATING);
	} else if (is_waiting(rq, task)) {
		sched_kick_idle(mask); // An idle CPU may be allowed to take it now.
	} else if (task->on_rq == ON_RQ_QUEUED && !stays) {
		resched_cpu(rq->cpu); // It runs: put_prev() sends it away.
	}
	raw_spin_unlock(&rq->lock);
	if (move)
		sched_enqueue_somewhere(task);
	raw_spin_unlock_irqrestore(&task->wake_lock, flags);
	if (task == current && !cpumask_test_cpu(raw_smp_processor_id(), mask))
		schedule();
	return 0;
}
