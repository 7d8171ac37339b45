/* ksoftirqd.c: the thread of each CPU that serves the softirqs for which no interrupt's end is left.
 * SPDX-License-Identifier: MIT
 *
 * Bound to its CPU, at the priority of ordinary threads: a storm of softirqs takes turns with them.
 */
#include "kernel/ksoftirqd.h"

#include <arch/irqflags.h>

#include "kernel/core/panic.h"
#include "kernel/core/softirq.h"
#include "kernel/kthread.h"

static DEFINE_PER_CPU(struct task_struct *, daemon); /* [I] */

noinline void ksoftirqd_wake(void)
{
	wake_up_process(this_cpu_read(daemon));
}

/*
 * Only this CPU raises what we look for, so the race is with its interrupts alone:
 *
 *      ksoftirqd                              interrupt, or thread that preempts us
 *      state = sleeping
 *      sees nothing pending
 *                                             raises one, wakes us: state = running
 *      schedule(): does not sleep
 */
static int ksoftirqd(void *unused)
{
	while (!__kthread_should_stop()) {
		set_current_state(TASK_IDLE);
		if (!local_softirq_pending())
			schedule();
		__set_current_state(TASK_RUNNING);
		do_softirq();
		cond_resched();
	}
	return 0;
}

void ksoftirqd_init(void)
{
	struct task_struct *task;
	u32 cpu;

	for_each_online_cpu(cpu) {
		task = kthread_create_on_cpu(ksoftirqd, NULL, cpu, "ksoftirqd/%u");
		if (IS_ERR(task))
			panic("no memory for ksoftirqd of cpu%u", cpu);
		per_cpu(daemon, cpu) = task;
		wake_up_process(task);
	}
	softirq_register_daemon(ksoftirqd_wake);
}
