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

#include "kernel/base/preempt.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
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
	thread->state.inside = true;
	thread->state.leaves = false;
	return STEP_OK;
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

noinline void explore_interrupt_ends(void)
{
	barrier();
}

static enum outcome end_interrupt(struct vthread *thread, u64 *result)
{
	return thread_end_interrupt(thread);
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
	WRITE_ONCE(thread->task->on_cpu, on_cpu);
}

/* The first step, or with the thread asleep the second. @held: how often it may have turned preemption off. */
static enum outcome sleep(struct vthread *thread, u32 held, bool may_time_out)
{
	if (thread->state.irqs_off || (thread->cpu->preempt_count & PREEMPT_MASK) > held)
		return stage_fails(thread, FAULT_CONTEXT, "sleeps where it must not");
	if (!thread->state.asleep && READ_ONCE(thread->task->__state) == TASK_RUNNING)
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

static void set_state(struct task_struct *task, unsigned int state)
{
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
	return sleep(thread, 0, !endless);
}

static enum outcome wake(struct vthread *thread, struct task_struct *task, unsigned int states,
			 u64 *result)
{
	bool known = false;

	for (u32 t = 0; t < stage_n_threads; t++)
		known |= stage_threads[t].task == task;
	if (!known)
		return stage_fails(thread, FAULT_EXCEPTION, "a wake-up of what is no thread");
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

static struct task_struct *own(const struct vthread *thread)
{
	return thread->task;
}

static struct task_struct *first_argument(const struct vthread *thread)
{
	return (struct task_struct *)thread->state.regs.gpr[STEP_RDI];
}

static const struct model models[] = {
	{ explore_enter, "enter", NULL, enter },
	{ explore_leave, "leave", NULL, leave },
	{ explore_failed, "assertion", NULL, failed },
	{ explore_thread_ends, "end", NULL, end },
	{ explore_interrupt_ends, "interrupt_ends", NULL, end_interrupt },
	{ schedule, "schedule", own, go_to_sleep },
	{ schedule_preempt_disabled, "schedule", own, go_to_sleep_held },
	{ schedule_timeout, "schedule_timeout", own, sleep_for },
	{ wake_up_process, "wake_up_process", first_argument, wake_process },
	{ wake_up_state, "wake_up_state", first_argument, wake_state },
	{ preempt_schedule, "preempt_schedule", NULL, nothing },
	{ printk, "printk", NULL, nothing },
	{ panic, "panic", NULL, complain },
	{ warn_report, "warning", NULL, complain },
};

const struct model *model_at(unsigned long rip)
{
	for (u32 i = 0; i < ARRAY_SIZE(models); i++) {
		if ((unsigned long)models[i].function == rip)
			return &models[i];
	}
	return NULL;
}

/* A task's state and whether it is on a CPU are in one word. */
static_assert(offsetof(struct task_struct, on_cpu) == offsetof(struct task_struct, __state) + 4);

struct op model_op(const struct model *model, const struct vthread *thread)
{
	struct op op = { .rip = thread->state.regs.rip, .model = model->name };

	if (!model->task)
		return op;
	op.address = (unsigned long)&model->task(thread)->__state;
	op.size = 8;
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
	regs->rip = *(const u64 *)regs->gpr[STEP_RSP];
	regs->gpr[STEP_RSP] += 8;
	return STEP_OK;
}
