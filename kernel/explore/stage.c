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
 *   A CPU whose thread sleeps takes it as well, as one that is idle would; that thread stands for the idle one then.
 *   It does not: interrupt a handler; or let time pass.
 */
#include "kernel/explore/stage.h"

#include "kernel/base/preempt.h"
#include "kernel/core/page.h"
#include "kernel/explore/model.h"
#include "kernel/explore/object.h"
#include "kernel/explore/thread.h"
#include "kernel/explore/visible.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/sched/task.h"
#include "kernel/wait_graph.h"
#include "lib/string.h"

struct vthread stage_threads[EXPLORE_THREADS];
u32 stage_n_threads;
bool stage_tso;

const struct scenario *stage_scenario;
static struct failure failure;
static struct op last_op;

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

bool stage_wait_of(u32 thread, struct thread_wait *wait, bool *is_read)
{
	struct task_struct *task = stage_threads[thread].task;
	bool waits = wait_of(task, wait);
	bool rwsem = task->blocked_kind == BLOCKED_READ || task->blocked_kind == BLOCKED_WRITE;

	*is_read = waits && !wait->spins && rwsem &&
		   (atomic_read(&((const struct rw_semaphore *)wait->lock)->count) & RWSEM_READERS);
	return waits;
}

/* Whether a thread waits for a lock that another one has: not for one that was released, and nobody told it. */
static bool some_wait_for_owner(void)
{
	struct thread_wait wait;
	bool is_read;

	for (u32 t = 0; t < stage_n_threads; t++) {
		if (stage_wait_of(t, &wait, &is_read) && (wait.n_holders || is_read))
			return true;
	}
	return false;
}

enum outcome stage_judge(u32 left, bool all_sleep)
{
	if (left < EXPLORE_THREADS)
		return stage_fails(&stage_threads[left],
				   all_sleep && !some_wait_for_owner() ? FAULT_LOST_WAKEUP :
									 FAULT_DEADLOCK,
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
