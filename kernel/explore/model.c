/* model.c: what stands for the scheduler, and for who complains.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A thread has a CPU of its own, so there is no run queue. schedule() is two steps: the thread is off its CPU from
 *   the first to the second, and the second can be taken once its state is TASK_RUNNING. If it was that
 *   before, there is only the first. A wake-up looks at the state and changes it in one step, as the real one
 *   does under a lock that the sleeper takes too. A timeout may come at any time; a signal that is there keeps awake.
 *
 *   A scenario of the scheduler itself runs all of this for real; a thread of the explorer's is a CPU there. What is
 *   modelled is context_switch(): it returns at once, to the code of whoever comes now, which is the same. Thread 0's
 *   task is in the critical section from when its registers are loaded until they are saved: two CPUs that run it
 *   are two inside. Nobody is sent an interrupt, and no slice ends: a CPU that is wanted finds its mark.
 */
#include "kernel/explore/model.h"

#include <arch/clock.h>
#include <arch/context.h>
#include <arch/smp.h>

#include "kernel/base/misuse.h"
#include "kernel/base/preempt.h"
#include "kernel/core/page.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/slab_cache.h"
#include "kernel/core/timer.h"
#include "kernel/explore/object.h"
#include "kernel/ksoftirqd.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/signal.h"
#include "kernel/workqueue.h"

extern char demos_data_start[],
	demos_data_end[]; /* a module's, if it is one whose scenario it is */

static u8 who_is_inside(const struct vthread *thread)
{
	return thread->state.interrupted ? INSIDE_HANDLER : INSIDE_SELF;
}

/* A handler may have come before its thread left, even if that has left by now: nobody saw when. */
static enum outcome enter(struct vthread *thread, u64 *result)
{
	u8 who = who_is_inside(thread);

	if (who == INSIDE_HANDLER && (thread->state.inside & INSIDE_SELF))
		return stage_fails(thread, FAULT_EXCLUSION,
				   "a handler is in the section of what it has interrupted");
	thread->state.inside |= who;
	thread->state.leaves &= (u8)~who;
	return STEP_OK;
}

static enum outcome leave(struct vthread *thread, u64 *result)
{
	thread->state.leaves |= thread->state.inside & who_is_inside(thread);
	return STEP_OK;
}

static enum outcome failed(struct vthread *thread, u64 *result)
{
	return stage_fails(thread, FAULT_ASSERTION, (const char *)thread->state.regs.gpr[STEP_RDI]);
}

/* All that a function does that has a body elsewhere: its return reads the stack, which others may see. */
static __attribute__((naked)) noinline void returns(void)
{
	asm volatile("ret");
}

static enum outcome end_interrupt(struct vthread *thread, u64 *result)
{
	return thread_end_interrupt(thread);
}

static void set_state(struct task_struct *task, unsigned int state)
{
	WRITE_ONCE(task->__state, state);
}

static enum outcome end(struct vthread *thread, u64 *result)
{
	if (stage_scenario->threads_go)
		set_state(thread->task, TASK_DEAD);
	return stage_ends(thread);
}

static enum outcome complain(struct vthread *thread, u64 *result)
{
	return stage_fails(thread, FAULT_PANIC, (const char *)thread->state.regs.gpr[STEP_RDI]);
}

/* Its format is what the report says. */
static enum outcome complain_of_misuse(struct vthread *thread, u64 *result)
{
	return stage_fails(thread, FAULT_PANIC, (const char *)thread->state.regs.gpr[STEP_RSI]);
}

static enum outcome nothing(struct vthread *thread, u64 *result)
{
	return STEP_OK;
}

/* Time stands still, and what is stepped is slow enough. */
static enum outcome delay(struct vthread *thread, u64 *result)
{
	thread->yielded = true;
	return STEP_OK;
}

/* The explorer itself allocates: a lock of the allocator's must be free whenever it does. */
static enum outcome allocates(struct vthread *thread, u64 *result)
{
	return stage_fails(thread, FAULT_UNEXPLAINED,
			   "allocates or frees memory: take a static object, and explore_object()");
}

static void set_on_cpu(struct vthread *thread, int on_cpu)
{
	WRITE_ONCE(thread->task->on_cpu, on_cpu);
}

/* Whether it need not sleep: woken before it could, or a signal is there, as schedule() finds. */
static bool is_awake(struct task_struct *task)
{
	if (signal_pending_state(READ_ONCE(task->__state), task))
		set_state(task, TASK_RUNNING);
	return READ_ONCE(task->__state) == TASK_RUNNING;
}

/* The first step, or with the thread asleep the second. @held: how often it may have turned preemption off. */
static enum outcome sleep(struct vthread *thread, u32 held, bool may_time_out)
{
	if (thread->state.irqs_off || (thread->cpu->preempt_count & PREEMPT_MASK) > held)
		return stage_fails(thread, FAULT_CONTEXT, "sleeps where it must not");
	if (!thread->state.asleep && is_awake(thread->task))
		return STEP_OK;
	set_on_cpu(thread, thread->state.asleep);
	thread->state.asleep = !thread->state.asleep;
	thread->state.may_time_out = thread->state.asleep && may_time_out;
	return STEP_OK;
}

static enum outcome go_to_sleep(struct vthread *thread, u64 *result)
{
	return sleep(thread, 0, false);
}

static enum outcome go_to_sleep_held(struct vthread *thread, u64 *result)
{
	return sleep(thread, 1, false);
}

/* Of schedule_until() as well, which says no more than whether there is time left. */
static enum outcome sleep_for(struct vthread *thread, u64 *result)
{
	bool endless = (s64)thread->state.regs.gpr[STEP_RDI] == MAX_SCHEDULE_TIMEOUT;
	bool wakes = thread->state.asleep;

	*result = endless ? (u64)MAX_SCHEDULE_TIMEOUT : 1;
	if (wakes && READ_ONCE(thread->task->__state) != TASK_RUNNING) {
		set_state(thread->task, TASK_RUNNING);
		*result = 0;
	}
	return sleep(thread, 0, !endless);
}

static bool is_known(const struct task_struct *task)
{
	for (u32 t = 0; t < stage_n_threads; t++) {
		if (stage_threads[t].task == task)
			return true;
	}
	return false;
}

static enum outcome leaves_work(struct vthread *thread, u64 *result)
{
	return stage_fails(thread, FAULT_UNEXPLAINED,
			   "leaves work to a thread of the kernel's own, which is not explored");
}

/* A module's scenario, if it is one, may wait for what the kernel's own threads and interrupts do; ours do not. */
static bool is_modules(void)
{
	return &demos_data_start[0] < &demos_data_end[0];
}

/* A CPU that is wanted finds its mark; who else would be interrupted has a handler in the scenario, or nobody waits for it. */
static enum outcome send_ipi(struct vthread *thread, u64 *result)
{
	if (is_modules() && thread->state.regs.gpr[STEP_RSI] != IPI_RESCHEDULE)
		return stage_fails(thread, FAULT_UNEXPLAINED,
				   "interrupts another CPU, which is not explored");
	return STEP_OK;
}

/* Whether it is a thread, if it is none of the scenario's: a worker, or one of RCU's. */
static bool is_kernels_own(const struct task_struct *task)
{
	const struct task_struct *other;

	for_each_task(other)
	{
		if (other == task)
			return true;
	}
	return false;
}

static enum outcome wake(struct vthread *thread, struct task_struct *task, unsigned int states,
			 u64 *result)
{
	// That one never runs.
	if (!is_known(task) && is_kernels_own(task))
		return is_modules() ? leaves_work(thread, result) : STEP_OK;
	if (!is_known(task))
		return stage_fails(thread, FAULT_EXCEPTION, "a wake-up of what is no thread");
	if (READ_ONCE(task->__state) == TASK_DEAD)
		return stage_fails(thread, FAULT_FREED, "wakes a thread that has ended");
	*result = (READ_ONCE(task->__state) & states) != 0;
	if (*result)
		set_state(task, TASK_RUNNING);
	return STEP_OK;
}

static enum outcome wake_process(struct vthread *thread, u64 *result)
{
	return wake(thread, (struct task_struct *)thread->state.regs.gpr[STEP_RDI],
		    TASK_NORMAL | TASK_NEW, result);
}

static enum outcome wake_state(struct vthread *thread, u64 *result)
{
	return wake(thread, (struct task_struct *)thread->state.regs.gpr[STEP_RDI],
		    (unsigned int)thread->state.regs.gpr[STEP_RSI], result);
}

static enum outcome lend(struct vthread *thread, u64 *result)
{
	struct task_struct *task = (struct task_struct *)thread->state.regs.gpr[STEP_RDI];

	if (!is_known(task))
		return stage_fails(thread, FAULT_EXCEPTION, "a priority for what is no thread");
	task->boost_prio = (int)thread->state.regs.gpr[STEP_RSI];
	task->prio = min(task->normal_prio, task->boost_prio);
	return STEP_OK;
}

static enum outcome set_free(struct vthread *thread, u64 *result)
{
	u64 *freed = object_freed(thread->state.regs.gpr[STEP_RDI]);

	if (!freed)
		return stage_fails(thread, FAULT_EXCEPTION, "frees what is no object");
	if (*freed)
		return stage_fails(thread, FAULT_FREED, "frees it again");
	*freed = 1;
	return STEP_OK;
}

static enum outcome switch_context(struct vthread *thread, u64 *result)
{
	const struct context *first = &explore_task(0)->context;

	if (thread->state.regs.gpr[STEP_RDI] == (u64)first)
		return leave(thread, result);
	if (thread->state.regs.gpr[STEP_RSI] == (u64)first)
		return enter(thread, result);
	return STEP_OK;
}

static const void *own(const struct vthread *thread)
{
	return thread->task;
}

static const void *first_argument(const struct vthread *thread)
{
	return (const void *)thread->state.regs.gpr[STEP_RDI];
}

static const void *freed_of_first(const struct vthread *thread)
{
	return object_freed(thread->state.regs.gpr[STEP_RDI]);
}

/* What they touch: at most two words. */
#define NOTHING    NULL, 0, 0
#define STATE      offsetof(struct task_struct, __state), 8
#define SLEEP      offsetof(struct task_struct, __state), 16 /* and the signals */
#define PRIORITIES offsetof(struct task_struct, prio), 16
static_assert(offsetof(struct task_struct, on_cpu) == offsetof(struct task_struct, __state) + 4);
static_assert(offsetof(struct task_struct, signals) == offsetof(struct task_struct, __state) + 8);
static_assert(offsetof(struct task_struct, boost_prio) == offsetof(struct task_struct, prio) + 8);

static const struct model always[] = {
	{ explore_enter, "enter", enter, NOTHING },
	{ explore_leave, "leave", leave, NOTHING },
	{ explore_failed, "assertion", failed, NOTHING },
	{ explore_thread_ends, "end", end, NOTHING },
	{ explore_interrupt_ends, "interrupt_ends", end_interrupt, NOTHING },
	{ explore_free, "free", set_free, freed_of_first, 0, 8 },
	{ task_exit, "task_exit", end, NOTHING },
	{ printk, "printk", nothing, NOTHING },
	{ _printk, "printk", nothing, NOTHING },
	{ slab_alloc, "slab_alloc", allocates, NOTHING },
	{ slab_free, "slab_free", allocates, NOTHING },
	{ page_alloc, "page_alloc", allocates, NOTHING },
	{ panic, "panic", complain, NOTHING },
	{ warn_report, "warning", complain, NOTHING },
	{ misuse, "misuse", complain_of_misuse, NOTHING },
	{ clock_delay_ns, "delay", delay, NOTHING },
	{ clock_event_set, "clock_event_set", nothing, NOTHING },
	{ clock_event_stop, "clock_event_stop", nothing, NOTHING },
};

static const struct model end_that_is_seen = { explore_thread_ends, "end", end, own, STATE };

static const struct model in_place_of_scheduler[] = {
	{ schedule, "schedule", go_to_sleep, own, SLEEP },
	{ schedule_preempt_disabled, "schedule", go_to_sleep_held, own, SLEEP },
	{ schedule_timeout, "schedule_timeout", sleep_for, own, SLEEP },
	{ schedule_until, "schedule_until", sleep_for, own, SLEEP },
	{ queue_work_on, "queue_work", leaves_work, NOTHING },
	{ queue_delayed_work_on, "queue_delayed_work", leaves_work, NOTHING },
	{ mod_delayed_work_on, "mod_delayed_work", leaves_work, NOTHING },
	{ ksoftirqd_wake, "ksoftirqd_wake", leaves_work, NOTHING },
	{ wake_up_process, "wake_up_process", wake_process, first_argument, STATE },
	{ wake_up_state, "wake_up_state", wake_state, first_argument, STATE },
	{ sched_set_boost, "sched_set_boost", lend, first_argument, PRIORITIES },
	{ preempt_schedule, "preempt_schedule", nothing, NOTHING },
	{ smp_send_ipi, "smp_send_ipi", send_ipi, NOTHING },
};

static const struct model below_scheduler[] = {
	{ context_switch, "context_switch", switch_context, NOTHING },
	{ smp_send_ipi, "smp_send_ipi", nothing, NOTHING },
	{ timer_start, "timer_start", nothing, NOTHING },
};

static const struct model *find(const struct model *models, u32 n, unsigned long rip)
{
	for (u32 i = 0; i < n; i++) {
		if ((unsigned long)models[i].function == rip)
			return &models[i];
	}
	return NULL;
}

const struct model *model_at(unsigned long rip)
{
	const struct model *model = find(always, ARRAY_SIZE(always), rip);

	if (model && model->call == end && stage_scenario->threads_go)
		return &end_that_is_seen;
	if (model)
		return model;
	if (stage_scenario->scheduler)
		return find(below_scheduler, ARRAY_SIZE(below_scheduler), rip);
	model = find(in_place_of_scheduler, ARRAY_SIZE(in_place_of_scheduler), rip);
	return model && model->call == leaves_work && stage_scenario->workers ? NULL : model;
}

struct op model_op(const struct model *model, const struct vthread *thread)
{
	struct op op = { .rip = thread->state.regs.rip, .model = model->name };

	if (!model->datum || !model->datum(thread))
		return op;
	op.address = (unsigned long)model->datum(thread) + model->offset;
	op.size = (u32)model->size;
	op.how = INSN_READ | INSN_WRITE | INSN_LOCKED;
	return op;
}

enum outcome model_call(const struct model *model, struct vthread *thread)
{
	struct step_regs *regs = &thread->state.regs;
	u64 result = 0;
	enum outcome outcome = model->call(thread, &result);

	if (outcome != STEP_OK || thread->state.done || thread->state.asleep ||
	    regs->rip != (u64)model->function)
		return outcome;
	regs->gpr[STEP_RAX] = result;
	regs->rip = (u64)returns;
	return STEP_OK;
}
