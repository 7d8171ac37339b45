/* torture_stir.c: what disturbs the threads: signals, moves, other priorities, a CPU that is taken away.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/base/bh.h"
#include "kernel/base/perturb.h"
#include "kernel/core/smpcall.h"
#include "kernel/sched/runqueue.h"
#include "kernel/sched/signal.h"
#include "kernel/test/torture_body.h"

static struct task_struct *any_thread(struct torture *torture)
{
	u32 i = rand_below(&torture->rand, torture_nr_threads(torture));

	return torture->threads[i].actor.task;
}

/* Bind @task to some CPU, or let it go anywhere. */
static void move(struct torture *torture, struct task_struct *task)
{
	struct cpumask mask = cpumask_of_cpu(test_cpu(rand_below(&torture->rand, NR_CPUS)));

	if (rand_below(&torture->rand, 4))
		cpumask_setall(&mask);
	set_cpus_allowed_ptr(task, &mask);
}

/* Keep some CPU from the threads, for so many loops: the stirrer goes before all of them. */
static void hog(struct torture *torture)
{
	struct cpumask mask = cpumask_of_cpu(test_cpu(rand_below(&torture->rand, NR_CPUS)));

	set_cpus_allowed_ptr(current, &mask);
	torture_spin(rand_below(&torture->rand, 2000));
	cpumask_setall(&mask);
	set_cpus_allowed_ptr(current, &mask);
}

void torture_stir(struct torture *torture)
{
	switch (rand_below(&torture->rand, 6)) {
	case 0:
		send_sig(SIGUSR1, any_thread(torture), 0);
		break;
	case 1:
		send_sig(SIGKILL, any_thread(torture), 0);
		break;
	case 2:
		move(torture, any_thread(torture));
		break;
	case 3:
		hog(torture);
		break;
	default:
		sched_set_prio(any_thread(torture), torture_any_prio(&torture->rand));
	}
	usleep_range(200, 200 + rand_below(&torture->rand, 100 * num_online_cpus()));
}

static void start_here(void *arg)
{
	struct torture *torture = arg;
	struct torture_handler *handler = &torture->handlers[smp_processor_id()];

	timer_start(&handler->timer, clock_ns() + 50 * NSEC_PER_USEC);
}

void torture_handlers_start(struct torture *torture)
{
	if (torture->ops->irq_writers || torture->ops->irq_readers)
		on_each_cpu(start_here, torture, true);
}

void torture_handlers_stop(struct torture *torture)
{
	u32 cpu;

	for_each_online_cpu(cpu) {
		struct torture_handler *handler = &torture->handlers[cpu];

		timer_cancel_sync(&handler->timer);
		// What it scheduled before it saw the end may start it once more, and no more than that.
		tasklet_kill(&handler->softirq);
		timer_cancel_sync(&handler->timer);
	}
}

/*
 * The threads that are disturbed, by pid: two with the same remainder share a place, and one is not. The
 * pid is looked at first, so only a thread whose place it is touches what is there.
 */
#define NR_PLACES 1024
#define NOBODY    (-1)

static struct place {
	int pid;
	struct torture_thread *thread;
} places[NR_PLACES];

static struct place *place_of(const struct task_struct *task)
{
	return &places[(u32)task->pid % NR_PLACES];
}

void jitter_enter(struct torture_thread *thread)
{
	struct place *place = place_of(current);

	WRITE_ONCE(place->thread, thread);
	WRITE_ONCE(place->pid, current->pid);
}

void jitter_leave(struct torture_thread *thread)
{
	cmpxchg(&place_of(current)->pid, current->pid, NOBODY);
}

/* Lose the CPU to an equal at the next chance, which may be the release of this very spinlock. Only
 * this CPU's own schedule() looks at `yielded` of the thread that runs. */
static void lose_cpu_soon(void)
{
	WRITE_ONCE(current->yielded, true);
	resched_cpu(smp_processor_id());
}

/* Lose the CPU at the next chance, and be long about it: who then waits is not asleep yet, and who
 * wakes it is quicker. */
static void stall_soon(struct torture_thread *self)
{
	self->stalls = true;
	lose_cpu_soon();
}

/* How many spinlocks this thread holds; of an interrupt or a softirq: many. */
static u32 lock_depth(void)
{
	u32 count = preempt_count();

	return count -
	       ((count & SOFTIRQ_MASK) == SOFTIRQ_DISABLE_OFFSET ? SOFTIRQ_DISABLE_OFFSET : 0);
}

/*
 * Around a spinlock that this thread holds, in the checked profile. Only the outermost one: inside it
 * are the scheduler's own, for which all CPUs queue, and a delay there delays all; except in
 * schedule() itself, once, after stall_soon(): that is where a lock has just been released.
 */
static void jitter(void)
{
	struct place *place = place_of(current);
	u32 depth = lock_depth();
	struct torture_thread *self;

	if (depth > 2 || !current->pid || READ_ONCE(place->pid) != current->pid)
		return;
	self = READ_ONCE(place->thread);
	if (depth != 1) {
		if (self->stalls)
			torture_spin(rand_below(&self->jitter, 500));
		self->stalls = false;
		return;
	}
	switch (rand_below(&self->jitter, 32)) {
	case 0:
		torture_spin(rand_below(&self->jitter, 100));
		break;
	case 1:
		lose_cpu_soon();
		break;
	case 2:
		stall_soon(self);
		break;
	default:
		break;
	}
}

void jitter_on(void)
{
	perturb_set(jitter);
}

void jitter_off(void)
{
	perturb_set(NULL);
}

void jitter_here(struct torture_who *who)
{
	switch (rand_below(&who->rand, 32)) {
	case 0:
		yield();
		break;
	case 1:
		torture_spin(rand_below(&who->rand, 500));
		break;
	case 2:
		sched_set_prio(current, torture_any_prio(&who->rand));
		break;
	case 3:
		usleep_range(10, 100);
		break;
	default:
		break;
	}
}
