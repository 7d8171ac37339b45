/* model.c: what stands for the scheduler, and for who complains.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A thread has a CPU of its own, so there is no run queue. schedule() is two steps: the thread is off its CPU from
 *   the first to the second, and the second can be taken once its state is TASK_RUNNING. If it was that
 *   before, there is only the first. A wake-up looks at the state and changes it in one step, as the real one
 *   does under a lock that the sleeper takes too. A timeout may come at any time.
 */
#include "kernel/explore/model.h"

#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/explore/memory.h"
#include "kernel/sched/sched.h"

/* These are called by threads, and have no body of their own. */
noinline void explore_enter(void)
{
	barrier();
}

noinline void explore_leave(void)
{
	barrier();
}

noinline void explore_failed(const char *what)
{
	asm volatile("" ::"r"(what));
}

noinline void explore_thread_ends(void)
{
	barrier();
}

static enum outcome enter(struct vthread *thread, u64 *result)
{
	return stage_enters(thread);
}

static enum outcome leave(struct vthread *thread, u64 *result)
{
	thread->state.leaves = thread->state.inside;
	return STEP_OK;
}

static enum outcome failed(struct vthread *thread, u64 *result)
{
	return stage_fails(thread, FAULT_ASSERTION, (const char *)thread->state.regs.gpr[STEP_RDI]);
}

static enum outcome end(struct vthread *thread, u64 *result)
{
	return stage_ends(thread);
}

static enum outcome complain(struct vthread *thread, u64 *result)
{
	return stage_fails(thread, FAULT_PANIC, (const char *)thread->state.regs.gpr[STEP_RDI]);
}

static enum outcome nothing(struct vthread *thread, u64 *result)
{
	return STEP_OK;
}

static void set_on_cpu(struct vthread *thread, int on_cpu)
{
	memory_note_write((unsigned long)&thread->task->on_cpu, sizeof(thread->task->on_cpu));
	WRITE_ONCE(thread->task->on_cpu, on_cpu);
}

/* The first step, or with the thread asleep the second. */
static enum outcome sleep(struct vthread *thread, bool may_time_out)
{
	if (!thread->state.asleep && READ_ONCE(thread->task->__state) == TASK_RUNNING)
		return STEP_OK;
	set_on_cpu(thread, thread->state.asleep);
	thread->state.asleep = !thread->state.asleep;
	thread->state.may_time_out = thread->state.asleep && may_time_out;
	return STEP_OK;
}

static enum outcome go_to_sleep(struct vthread *thread, u64 *result)
{
	return sleep(thread, false);
}

static void set_state(struct task_struct *task, unsigned int state)
{
	memory_note_write((unsigned long)&task->__state, sizeof(task->__state));
	WRITE_ONCE(task->__state, state);
}

static enum outcome sleep_for(struct vthread *thread, u64 *result)
{
	bool endless = (s64)thread->state.regs.gpr[STEP_RDI] == MAX_SCHEDULE_TIMEOUT;
	bool wakes = thread->state.asleep;

	*result = endless ? (u64)MAX_SCHEDULE_TIMEOUT : 1;
	if (wakes && READ_ONCE(thread->task->__state) != TASK_RUNNING) {
		set_state(thread->task, TASK_RUNNING);
		*result = 0;
	}
	return sleep(thread, !endless);
}

static enum outcome wake(struct vthread *thread, struct task_struct *task, unsigned int states,
			 u64 *result)
{
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

static const struct model models[] = {
	{ explore_enter, "enter", false, enter },
	{ explore_leave, "leave", false, leave },
	{ explore_failed, "assertion", false, failed },
	{ explore_thread_ends, "end", false, end },
	{ schedule, "schedule", true, go_to_sleep },
	{ schedule_preempt_disabled, "schedule", true, go_to_sleep },
	{ schedule_timeout, "schedule_timeout", true, sleep_for },
	{ wake_up_process, "wake_up_process", true, wake_process },
	{ wake_up_state, "wake_up_state", true, wake_state },
	{ preempt_schedule, "preempt_schedule", false, nothing },
	{ printk, "printk", false, nothing },
	{ panic, "panic", false, complain },
	{ warn_report, "warning", false, complain },
};

const struct model *model_at(unsigned long rip)
{
	for (u32 i = 0; i < ARRAY_SIZE(models); i++) {
		if ((unsigned long)models[i].function == rip)
			return &models[i];
	}
	return NULL;
}

enum outcome model_call(const struct model *model, struct vthread *thread)
{
	struct step_regs *regs = &thread->state.regs;
	u64 result = 0;
	enum outcome outcome = model->call(thread, &result);

	if (outcome != STEP_OK || thread->state.done || thread->state.asleep)
		return outcome;
	regs->gpr[STEP_RAX] = result;
	regs->rip = *(const u64 *)regs->gpr[STEP_RSP];
	regs->gpr[STEP_RSP] += 8;
	return STEP_OK;
}
