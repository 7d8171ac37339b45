/* begin.c: the explorer's CPUs, and how each scenario begins on them.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/base/irqflags.h"
#include "kernel/base/preempt.h"
#include "kernel/core/page.h"
#include "kernel/core/slab.h"
#include "kernel/core/timer_list.h"
#include "kernel/explore/memory.h"
#include "kernel/explore/model.h"
#include "kernel/explore/object.h"
#include "kernel/explore/thread.h"
#include "kernel/explore/visible.h"
#include "kernel/sched/task.h"
#include "lib/string.h"

static const u8 *first_steps;
static u32 n_first_steps;

static bool init_thread(u32 t)
{
	struct vthread *thread = &stage_threads[t];
	size_t pages = DIV_ROUND_UP(cpu_area_size(), PAGE_SIZE);
	char *stack = stack_alloc();

	thread->cpu_size = pages * PAGE_SIZE;
	thread->cpu = kzalloc(thread->cpu_size, GFP_KERNEL);
	thread->task = task_create("explored", NULL, NULL);
	if (!stack || !thread->cpu || !thread->task)
		return false;
	thread->stack = (unsigned long)stack;
	thread->task->pid = (int)t;
	return true;
}

/* Those of a module's scenario, as its file says: a setup may add to them, and is called for each beginning. */
extern char demos_data_start[], demos_data_end[];
static char *fresh_data;

static bool keep_data(void)
{
	size_t size = (size_t)(demos_data_end - demos_data_start);

	if (!size)
		return true;
	fresh_data = kmalloc(size, GFP_KERNEL);
	if (fresh_data)
		memcpy(fresh_data, demos_data_start, size);
	return fresh_data;
}

/* Of CPU 0, for the threads. */
static void *first_area;

static bool init_first_area(void)
{
	void *real = percpu_base[0];

	first_area = kzalloc(cpu_area_size(), GFP_KERNEL);
	if (!first_area)
		return false;
	local_irq_disable();
	cpu_area_init(first_area, 0, 0);
	percpu_base[0] = real;
	local_irq_enable();
	return true;
}

bool stage_init(void)
{
	if (!init_first_area() || !keep_data())
		return false;
	for (u32 t = 0; t < EXPLORE_THREADS; t++) {
		if (!init_thread(t))
			return false;
	}
	return true;
}

/* Those without a thread are there, too, and never came up. */
static void begin_cpu(u32 t)
{
	struct vthread *thread = &stage_threads[t];

	memset(thread->cpu, 0, thread->cpu_size);
	cpu_area_init(thread->cpu, t + 1, 0);
	timer_list_init_cpu(t + 1);
	thread->cpu->preempt_count = PREEMPT_NOT_WANTED;
	thread->cpu->running = thread->task;
	thread->cpu->online = t < stage_n_threads;
	thread->task->cpu = t + 1;
	thread->task->on_rq = ON_RQ_NO;
	thread->task->prio = thread->task->normal_prio = DEFAULT_PRIO;
	cpumask_setall(&thread->task->cpus_allowed);
	thread->task->kthread = NULL;
	thread->task->signals = thread->task->signals_allowed = 0;
}

static void begin_thread(u32 t)
{
	struct vthread *thread = &stage_threads[t];
	u64 *top = (u64 *)(thread->stack + STACK_SIZE);

	memset((void *)thread->stack, 0, STACK_SIZE);
	thread->low = (unsigned long)top;
	thread->task->__state = TASK_RUNNING;
	thread->task->on_cpu = 1;
	thread->n_cpu_words = 0;
	thread->n_stack_words = 0;
	for (u32 i = 0; i < memory_words(); i++) {
		if (is_in_stack(thread, (unsigned long)memory_at(i)))
			thread->stack_words[thread->n_stack_words++] = i;
	}
	*--top = 0;
	*--top = 0;
	*--top = (u64)explore_thread_ends;
	thread->state = (struct vthread_state){ .regs = { .rip = (u64)(stage_scenario->each[t] ?:
									       stage_scenario->run),
							  .gs_base = (u64)thread->cpu } };
	thread->state.regs.gpr[STEP_RDI] = t;
	thread->state.regs.gpr[STEP_RSP] = (u64)top;
}

/* Nobody sees them write it. */
static void share_what_models_write(void)
{
	for (u32 t = 0; t < EXPLORE_THREADS; t++) {
		const struct task_struct *task = stage_threads[t].task;

		memory_share((unsigned long)&task->__state, 8);
		memory_share((unsigned long)&task->prio, 16);
	}
}

enum outcome stage_begin(const struct scenario *what, bool tso)
{
	enum outcome outcome = STEP_OK;

	memory_undo();
	share_what_models_write();
	stage_scenario = what;
	stage_n_threads = what->threads;
	stage_tso = tso;
	stage_note_failure(FAULT_NONE, 0, NULL);
	objects_forget();
	for (u32 t = 0; t < EXPLORE_THREADS; t++)
		begin_cpu(t);
	for (u32 t = 0; t < stage_n_threads; t++) {
		if (!what->each[t] && !what->run)
			return stage_fails(&stage_threads[t], FAULT_UNEXPLAINED,
					   "the thread has no function: give .run or .each");
		begin_thread(t);
	}
	if (fresh_data)
		memcpy(demos_data_start, fresh_data, (size_t)(demos_data_end - demos_data_start));
	if (what->setup)
		what->setup();
	if (!objects_share())
		return stage_fails(&stage_threads[0], FAULT_UNEXPLAINED, "too large objects");
	for (u32 t = 0; t < stage_n_threads && outcome == STEP_OK; t++) {
		// An interrupt may come before the very first instruction; which may be found to be shared.
		outcome = what->interrupt ? thread_describe(&stage_threads[t]) :
					    thread_run_private(&stage_threads[t]);
		thread_clean_stack(&stage_threads[t]);
	}
	for (u32 i = 0; i < n_first_steps && outcome == STEP_OK; i++) {
		if (stage_enabled(first_steps[i]))
			outcome = stage_step(first_steps[i]);
		else
			outcome = stage_fails(&stage_threads[stage_thread_of(first_steps[i])],
					      FAULT_UNEXPLAINED,
					      "the steps so far are none any more");
	}
	return outcome;
}

void stage_first_steps(const u8 *actors, u32 n)
{
	first_steps = actors;
	n_first_steps = n;
}

struct task_struct *explore_task(u32 thread)
{
	return stage_threads[thread].task;
}

void stage_forget_shared(void)
{
	memory_undo();
	memory_forget_shared();
}

/* Outside: how many CPUs there are, and the first one's variables. */
static u32 real_cpus;
static void *real_first;

/* The threads' CPUs are the numbers from 1: who goes through all CPUs must find them. Number 0, which executes all of
 * this, is there one that never came up. */
void stage_enter(void)
{
	preempt_disable();
	local_irq_disable();
	real_cpus = nr_cpus;
	real_first = percpu_base[0];
	nr_cpus = 1 + EXPLORE_THREADS;
	percpu_base[0] = first_area;
	step_begin();
}

/* The machine goes on with its own data as they were: a scenario may have changed those of the scheduler. */
void stage_leave(void)
{
	memory_undo();
	step_end();
	nr_cpus = real_cpus;
	percpu_base[0] = real_first;
	local_irq_enable();
	preempt_enable();
}
