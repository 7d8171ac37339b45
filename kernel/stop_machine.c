/* stop_machine.c: all CPUs meet, and stay together while a function runs.
 * SPDX-License-Identifier: MIT
 *
 * A thread of the highest priority on each CPU. They meet three times, each going on when all have come:
 *
 *      preemption off     all CPUs are in these threads, so nobody is in the middle of anything
 *      interrupts off     and no handler comes any more: the function runs
 *      it has returned    all leave
 *
 * With interrupts off at once a CPU would wait for one that is still to schedule, and that waits for it to answer an IPI.
 */
#include "kernel/stop_machine.h"

#include "kernel/base/cpumask_ops.h"
#include "kernel/base/irqflags.h"
#include "kernel/base/preempt.h"
#include "kernel/kthread.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/mutex.h"
#include "lib/err.h"
#include "lib/errno.h"

/* [I] when they are let go  [a] atomic */
struct stop {
	int (*fn)(void *data);
	void *data;
	const struct cpumask *cpus;
	int n;           /* threads that meet; 0: not all could be made, and they leave */
	atomic_t met[3]; /* [a] how many have come to each meeting */
	int result;      /* [a] */
	struct completion go, ended;
};

static DEFINE_MUTEX(lock); /* two at once would each have some of the CPUs, and wait for the rest */

static void meet(struct stop *stop, int meeting)
{
	atomic_inc(&stop->met[meeting]);
	while (atomic_read(&stop->met[meeting]) < stop->n)
		cpu_relax();
	smp_mb(); // What was done before any came is seen by all who leave.
}

static bool is_to_run(const struct stop *stop)
{
	u32 cpu = smp_processor_id();

	return stop->cpus ? cpumask_test_cpu(cpu, stop->cpus) :
			    cpu == cpumask_first(cpu_online_mask);
}

/* The middle of a thread's life. Interrupts and preemption are on before and after it. */
static void stop_here(struct stop *stop)
{
	int result = 0;

	preempt_disable();
	meet(stop, 0);
	local_irq_disable();
	meet(stop, 1);
	if (is_to_run(stop))
		result = stop->fn(stop->data);
	if (result)
		WRITE_ONCE(stop->result, result);
	meet(stop, 2);
	local_irq_enable();
	preempt_enable();
}

static int stopper(void *arg)
{
	struct stop *stop = arg;

	wait_for_completion(&stop->go);
	if (stop->n)
		stop_here(stop);
	kthread_complete_and_exit(&stop->ended, 0);
}

static bool start_on(struct stop *stop, u32 cpu)
{
	struct task_struct *task = kthread_create_on_cpu(stopper, stop, cpu, "migration/%u");

	if (IS_ERR(task))
		return false;
	sched_set_prio(task, 0);
	wake_up_process(task);
	return true;
}

int stop_machine(int (*fn)(void *data), void *data, const struct cpumask *cpus)
{
	struct stop stop = { .fn = fn, .data = data, .cpus = cpus };
	int started = 0, wanted = 0;
	u32 cpu;

	init_completion(&stop.go);
	init_completion(&stop.ended);
	mutex_lock(&lock);
	for_each_online_cpu(cpu) {
		wanted++;
		started += start_on(&stop, cpu);
	}
	stop.n = started == wanted ? started : 0;
	preempt_disable(); // The one on this CPU must not run before all are woken.
	complete_all(&stop.go);
	preempt_enable();
	for (int i = 0; i < started; i++)
		wait_for_completion(&stop.ended);
	mutex_unlock(&lock);
	return stop.n ? stop.result : -ENOMEM;
}
