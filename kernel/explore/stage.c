/* stage.c: threads that are stepped, what of their memory is shared, and states that can be kept and compared.
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
 *   The state is the threads' registers and their stacks from %rsp up, and every other line of memory that was ever
 *   written and is not as it was in the beginning. Lines are noted before they are written first; who did not
 *   write a line has it as in the beginning, so states that were kept before it was noted remain right.
 *
 *   With delayed stores (x86-TSO) a plain store goes into a buffer of four, oldest first. Its own thread reads through the
 *   buffer, so memory is made to look that way while it executes an instruction that others can see. The oldest
 *   store becomes visible as a step of its own, by the buffer, at any time. A locked instruction, mfence, and
 *   what is modelled wait until the buffer is empty; a fifth store until there is room.
 *   Source: P. Sewell et al., "x86-TSO", CACM 53 (7), 2010.
 *   It does not: run interrupt handlers, or let time pass.
 */
#include "kernel/explore/stage.h"

#include <arch/insn.h>

#include "kernel/base/irqflags.h"
#include "kernel/base/preempt.h"
#include "kernel/core/page.h"
#include "kernel/core/panic.h"
#include "kernel/core/slab.h"
#include "kernel/explore/memory.h"
#include "kernel/explore/model.h"
#include "kernel/explore/thread.h"
#include "kernel/sched/task.h"
#include "lib/string.h"

struct vthread stage_threads[EXPLORE_THREADS];
u32 stage_n_threads;
bool stage_tso;

static const struct scenario *scenario;
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

static enum outcome fail(struct vthread *thread, enum fault fault, const char *text)
{
	stage_note_failure(fault, (u32)(thread - stage_threads), text);
	return STEP_FAILED;
}

u32 stage_actors(void)
{
	return stage_tso ? 2 * stage_n_threads : stage_n_threads;
}

u32 stage_thread_of(u32 actor)
{
	return actor % stage_n_threads;
}

static enum outcome flush(struct vthread *thread)
{
	thread_flush(thread);
	last_op = thread->next;
	return STEP_OK;
}

enum outcome stage_step(u32 actor)
{
	struct vthread *thread = &stage_threads[stage_thread_of(actor)];
	enum outcome outcome;

	if (actor >= stage_n_threads)
		return flush(thread);
	if (thread->state.leaves)
		thread->state.leaves = thread->state.inside = false;
	thread->yielded = false;
	outcome = thread_describe(thread);
	if (outcome == STEP_OK)
		outcome = thread_execute(thread);
	last_op = thread->next;
	if (outcome == STEP_OK && !thread->state.halfway && !thread->state.done &&
	    !thread->state.asleep)
		outcome = thread_run_private(thread);
	thread_clean_stack(thread);
	return outcome;
}

enum outcome stage_enters(struct vthread *thread)
{
	for (u32 t = 0; t < stage_n_threads; t++) {
		if (&stage_threads[t] != thread && stage_threads[t].state.inside)
			return fail(thread, FAULT_EXCLUSION, "two are in the critical section");
	}
	thread->state.inside = true;
	thread->state.leaves = false;
	return STEP_OK;
}

enum outcome stage_fails(struct vthread *thread, enum fault fault, const char *text)
{
	return fail(thread, fault, text);
}

enum outcome stage_ends(struct vthread *thread)
{
	if (thread->cpu->preempt_count != PREEMPT_NOT_WANTED)
		return fail(thread, FAULT_CONTEXT, "a thread ends with preemption off");
	if (thread->state.irqs_off)
		return fail(thread, FAULT_CONTEXT, "a thread ends with interrupts off");
	// What it has stored becomes visible all the same.
	memset(&thread->state.regs, 0, sizeof(thread->state.regs));
	thread->state.inside = thread->state.leaves = false;
	thread->state.done = true;
	thread->next = (struct op){ 0 };
	return STEP_OK;
}

const struct op *stage_next(u32 actor)
{
	struct vthread *thread = &stage_threads[stage_thread_of(actor)];
	static struct op flushed;

	if (actor < stage_n_threads) {
		thread_describe(thread);
		return &thread->next;
	}
	flushed = (struct op){ .address = thread->state.stores[0].address,
			       .size = (u32)thread->state.stores[0].size,
			       .how = INSN_WRITE,
			       .model = "flush" };
	return &flushed;
}

bool stage_yielded(u32 t)
{
	return stage_threads[t].yielded;
}

bool stage_enabled(u32 actor)
{
	struct vthread *thread = &stage_threads[stage_thread_of(actor)];

	if (actor >= stage_n_threads)
		return thread->state.n_stores;
	if (thread->state.done || thread->state.spins)
		return false;
	if (thread->state.asleep && !thread->state.may_time_out &&
	    READ_ONCE(thread->task->__state) != TASK_RUNNING)
		return false;
	return !thread_must_flush(thread);
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
	if (left < EXPLORE_THREADS)
		return fail(&stage_threads[left], all_sleep ? FAULT_LOST_WAKEUP : FAULT_DEADLOCK,
			    "waits, and nobody is left who could end that");
	if (scenario->check && !scenario->check())
		return fail(&stage_threads[0], FAULT_ASSERTION, "the final check does not hold");
	return STEP_OK;
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

bool stage_init(void)
{
	for (u32 t = 0; t < EXPLORE_THREADS; t++) {
		if (!init_thread(t))
			return false;
	}
	return true;
}

static void begin_thread(u32 t)
{
	struct vthread *thread = &stage_threads[t];
	u64 *top = (u64 *)(thread->stack + STACK_SIZE);

	memset((void *)thread->stack, 0, STACK_SIZE);
	thread->low = (unsigned long)top;
	memset(thread->cpu, 0, thread->cpu_size);
	cpu_area_init(thread->cpu, t + 1, 0);
	thread->cpu->preempt_count = PREEMPT_NOT_WANTED;
	thread->cpu->running = thread->task;
	thread->cpu->online = true;
	thread->task->__state = TASK_RUNNING;
	thread->task->on_cpu = 1;
	thread->task->cpu = t + 1;
	memory_share((unsigned long)&thread->task->__state, sizeof(thread->task->__state));
	memory_share((unsigned long)&thread->task->on_cpu, sizeof(thread->task->on_cpu));
	*--top = 0;
	*--top = 0;
	*--top = (u64)explore_thread_ends;
	thread->state =
		(struct vthread_state){ .regs = { .rip = (u64)(scenario->each[t] ?: scenario->run),
						  .gs_base = (u64)thread->cpu } };
	thread->state.regs.gpr[STEP_RDI] = t;
	thread->state.regs.gpr[STEP_RSP] = (u64)top;
}

enum outcome stage_begin(const struct scenario *what, bool tso)
{
	enum outcome outcome = STEP_OK;

	memory_undo();
	scenario = what;
	stage_n_threads = what->threads;
	stage_tso = tso;
	failure = (struct failure){ 0 };
	if (scenario->setup)
		scenario->setup();
	for (u32 t = 0; t < stage_n_threads; t++)
		begin_thread(t);
	for (u32 t = 0; t < stage_n_threads && outcome == STEP_OK; t++) {
		outcome = thread_run_private(&stage_threads[t]);
		thread_clean_stack(&stage_threads[t]);
	}
	for (u32 i = 0; i < n_first_steps && outcome == STEP_OK; i++)
		outcome = stage_step(first_steps[i]);
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
	memory_forget_shared();
}

static u32 real_cpus; /* nr_cpus, outside */

/* The threads' CPUs are the numbers from 1: who goes through all CPUs must find them. */
void stage_enter(void)
{
	preempt_disable();
	local_irq_disable();
	real_cpus = nr_cpus;
	nr_cpus = 1 + EXPLORE_THREADS;
	step_begin();
}

void stage_leave(void)
{
	step_end();
	nr_cpus = real_cpus;
	local_irq_enable();
	preempt_enable();
}

/* ---- States -------------------------------------------------------------------------------------------------- */

/* A state in bytes: each thread's part, then its stack; then the lines that are not as at first, each after its number. */
static u64 live_stack(const struct vthread *thread)
{
	return thread->state.done ? 0 :
				    thread->stack + STACK_SIZE - thread->state.regs.gpr[STEP_RSP];
}

static char *put(char *to, const void *from, size_t size)
{
	memcpy(to, from, size);
	return to + size;
}

/* Whether the next step of some thread touches the word at @address. */
static bool is_wanted(unsigned long address)
{
	for (u32 t = 0; t < stage_n_threads; t++) {
		const struct vthread *thread = &stage_threads[t];
		struct insn_access accesses[INSN_MAX_ACCESSES];
		u32 n = 0;

		if (!thread->state.done && !model_at(thread->state.regs.rip))
			n = insn_accesses(insn_at(thread->state.regs.rip), &thread->state.regs,
					  accesses);
		for (u32 i = 0; i < n; i++) {
			if (accesses[i].address < address + 4 &&
			    address < accesses[i].address + accesses[i].size)
				return true;
		}
	}
	return false;
}

size_t stage_save(void *buffer, u64 *hash)
{
	char *at = buffer;

	for (u32 t = 0; t < stage_n_threads; t++) {
		const struct vthread *thread = &stage_threads[t];
		u64 live = live_stack(thread);

		BUG_ON(at + sizeof(thread->state) + live > (char *)buffer + STAGE_STATE_MAX);
		at = put(at, &thread->state, sizeof(thread->state));
		at = put(at, (const void *)(thread->stack + STACK_SIZE - live), live);
	}
	*hash = memory_hash(memory_mix(0, buffer, (size_t)(at - (char *)buffer)), is_wanted);
	at = memory_save(at, (size_t)((char *)buffer + STAGE_STATE_MAX - at));
	return (size_t)(at - (char *)buffer);
}

static const char *get(void *to, const char *from, size_t size)
{
	memcpy(to, from, size);
	return from + size;
}

void stage_restore(const void *buffer)
{
	const char *at = buffer;
	for (u32 t = 0; t < stage_n_threads; t++) {
		struct vthread *thread = &stage_threads[t];
		u64 live;

		at = get(&thread->state, at, sizeof(thread->state));
		thread_clean_stack(thread);
		live = live_stack(thread);
		at = get((void *)(thread->stack + STACK_SIZE - live), at, live);
	}
	memory_restore(at);
}
