/* stage.c: threads that are stepped, and what of their memory is shared.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Each thread has a CPU of its own: registers, a stack, a copy of the per-CPU variables that its %gs points to, and
 *   a struct task_struct. It executes the kernel's compiled code, an instruction at a time.
 *   A *step* is one instruction that touches what another thread may touch, and then all that follow which
 *   do not, up to the next that does: what is private can be done at any time, and nobody sees when. Private is a
 *   thread's own stack, its CPU's variables, and what is never written. That is not a guess that must be right: when a
 *   thread touches another's stack or CPU, those eight bytes are shared from then on, and the search begins
 *   anew. What an instruction touches is known before it is executed (insn.h); one that is not understood
 *   ends the search.
 *   A read-modify-write without LOCK is two steps, as it is to other CPUs: the first keeps what was read; the
 *   second puts it back, over whatever was written meanwhile, and executes the instruction.
 *   Interrupts are really off all the time; `sti`, `cli`, `pushf` and `popf` change a flag of the thread's.
 *   `pause` does nothing; it is remembered, for who waits by it is not preempted when another one runs.
 *
 *   The state is the threads' registers, their stacks from %rsp up, what they have written to their CPUs' variables, and
 *   the words that are shared. How states are kept and told apart is in local.c and state.c.
 *
 *   With delayed stores (x86-TSO) a plain store goes into a buffer of STORES_MAX, oldest first. Its own thread reads through the
 *   buffer, so memory is made to look that way while it executes an instruction that others can see. The oldest
 *   store becomes visible as a step of its own, by the buffer, at any time. A locked instruction, mfence, and
 *   what is modelled wait until the buffer is empty; a store that finds it full until there is room.
 *   Source: P. Sewell et al., "x86-TSO", CACM 53 (7), 2010.
 *
 *   An interrupt's handler is a part of its CPU's thread: it begins between two steps, if the thread has interrupts on,
 *   on the thread's stack below what is interrupted, and goes on by steps of its own until it returns; each CPU takes
 *   one, or none. What private instructions do between two steps is the same whether the handler comes before or after,
 *   unless both use the same words of their CPU or stack: then these are shared, as between CPUs (visible.c). Where
 *   interrupts go on or off is a step.
 *   It does not: interrupt a handler, or a thread that sleeps; or let time pass.
 */
#include "kernel/explore/stage.h"

#include "kernel/base/irqflags.h"
#include "kernel/base/preempt.h"
#include "kernel/core/page.h"
#include "kernel/core/panic.h"
#include "kernel/core/slab.h"
#include "kernel/explore/memory.h"
#include "kernel/explore/model.h"
#include "kernel/explore/object.h"
#include "kernel/explore/thread.h"
#include "kernel/explore/visible.h"
#include "kernel/sched/task.h"
#include "lib/string.h"

struct vthread stage_threads[EXPLORE_THREADS];
u32 stage_n_threads;
bool stage_tso;

const struct scenario *stage_scenario;
static struct failure failure;
static struct op last_op;
static const u8 *first_steps;
static u32 n_first_steps;

const struct failure *stage_failure(void)
{
	return &failure;
}

const struct op *stage_last(void)
{
	return &last_op;
}

void stage_note_failure(enum fault fault, u32 thread, const char *text)
{
	failure = (struct failure){ fault, thread, stage_threads[thread].state.regs.rip, text };
}

enum outcome stage_fails(struct vthread *thread, enum fault fault, const char *text)
{
	static const char *const texts[] = {
		[FAULT_EXCLUSION] = "two are in the critical section",
		[FAULT_DEAD_FRAME] = "memory of a stack frame that is gone",
		[FAULT_FREED] = "memory that was freed",
	};

	stage_note_failure(fault, (u32)(thread - stage_threads), text ?: texts[fault]);
	return STEP_FAILED;
}

u32 stage_actors(void)
{
	return stage_n_threads * (stage_scenario->interrupt ? 3 : stage_tso ? 2 : 1);
}

enum deed stage_deed_of(u32 actor)
{
	return (enum deed)(actor / stage_n_threads);
}

u32 stage_thread_of(u32 actor)
{
	return actor % stage_n_threads;
}

/* Is what @thread touches in a frame of another one's stack that is gone? */
static bool is_in_dead_frame(const struct vthread *thread, unsigned long address)
{
	for (u32 t = 0; t < stage_n_threads; t++) {
		const struct vthread *other = &stage_threads[t];

		if (other != thread && is_in_stack(other, address))
			return other->state.done || address < other->state.regs.gpr[STEP_RSP];
	}
	return false;
}

enum outcome stage_step(u32 actor)
{
	struct vthread *thread = &stage_threads[stage_thread_of(actor)];
	enum deed deed = stage_deed_of(actor);
	const u64 *freed;
	enum outcome outcome;

	last_op = *stage_next(actor);
	if (is_in_dead_frame(thread, last_op.address))
		return stage_fails(thread, FAULT_DEAD_FRAME, NULL);
	freed = object_freed(last_op.address);
	if (freed && *freed)
		return stage_fails(thread, FAULT_FREED, NULL);
	outcome = thread_do(thread, deed);
	last_op = thread->last;
	for (u32 t = 0; t < stage_n_threads && outcome == STEP_OK && thread->state.inside; t++) {
		if (&stage_threads[t] != thread && stage_threads[t].state.inside)
			return stage_fails(thread, FAULT_EXCLUSION, NULL);
	}
	return outcome == STEP_OK ? stage_check(thread) : outcome;
}

enum outcome stage_check(struct vthread *thread)
{
	if (stage_scenario->holds && !stage_scenario->holds())
		return stage_fails(thread, FAULT_ASSERTION, "what must hold in every state");
	return STEP_OK;
}

enum outcome stage_ends(struct vthread *thread)
{
	if (thread->cpu->preempt_count != PREEMPT_NOT_WANTED)
		return stage_fails(thread, FAULT_CONTEXT, "a thread ends with preemption off");
	if (thread->state.irqs_off)
		return stage_fails(thread, FAULT_CONTEXT, "a thread ends with interrupts off");
	// What it has stored becomes visible all the same.
	memset(&thread->state.regs, 0, sizeof(thread->state.regs));
	thread->state.inside = thread->state.leaves = 0;
	thread->state.done = true;
	thread->next = (struct op){ 0 };
	return STEP_OK;
}

const struct op *stage_next(u32 actor)
{
	struct vthread *thread = &stage_threads[stage_thread_of(actor)];
	static struct op op;

	switch (stage_deed_of(actor)) {
	case DEED_FLUSH:
		op = (struct op){ .address = thread->state.stores[0].address,
				  .size = (u32)thread->state.stores[0].size,
				  .how = INSN_WRITE,
				  .model = "flush" };
		return &op;
	case DEED_INTERRUPT:
		op = (struct op){ .rip = (u64)stage_scenario->interrupt, .model = "interrupt" };
		return &op;
	default:
		thread_describe(thread);
		return &thread->next;
	}
}

bool stage_enabled(u32 actor)
{
	struct vthread *thread = &stage_threads[stage_thread_of(actor)];

	switch (stage_deed_of(actor)) {
	case DEED_FLUSH:
		return thread->state.n_stores;
	case DEED_INTERRUPT:
		return thread_is_interruptible(thread);
	default:
		break;
	}
	if (thread->state.done || thread->state.spins)
		return false;
	if (thread->state.asleep && !thread->state.may_time_out &&
	    READ_ONCE(thread->task->__state) != TASK_RUNNING)
		return false;
	return !thread_must_flush(thread);
}

enum outcome stage_judge(u32 left, bool all_sleep)
{
	if (left < EXPLORE_THREADS)
		return stage_fails(&stage_threads[left],
				   all_sleep ? FAULT_LOST_WAKEUP : FAULT_DEADLOCK,
				   "waits, and nobody is left who could end that");
	if (stage_scenario->check && !stage_scenario->check())
		return stage_fails(&stage_threads[0], FAULT_ASSERTION,
				   "the final check does not hold");
	return STEP_OK;
}

enum outcome stage_end(void)
{
	bool all_sleep = true;
	u32 left = EXPLORE_THREADS;

	for (u32 actor = 0; actor < stage_actors(); actor++) {
		if (stage_enabled(actor))
			return STEP_OK;
	}
	for (u32 t = 0; t < stage_n_threads; t++) {
		if (stage_threads[t].state.done)
			continue;
		left = t;
		all_sleep &= stage_threads[t].state.asleep;
	}
	return stage_judge(left, all_sleep);
}

/* ---- Beginning --------------------------------------------------------------------------------------------- */

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
	if (!init_first_area())
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
	failure = (struct failure){ 0 };
	objects_forget();
	for (u32 t = 0; t < EXPLORE_THREADS; t++)
		begin_cpu(t);
	for (u32 t = 0; t < stage_n_threads; t++)
		begin_thread(t);
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
