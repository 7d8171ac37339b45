/* thread.c: a thread of the explorer's stage: its instructions, and which of them others can see.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/thread.h"

#include <arch/insn.h>
#include <arch/paging.h>

#include "kernel/core/page.h"
#include "kernel/explore/explore.h"
#include "kernel/explore/memory.h"
#include "kernel/explore/model.h"
#include "kernel/explore/visible.h"
#include "lib/string.h"

#define PRIVATE_MAX 20000 /* instructions without one that others can see: it will never come */
#define TRAP_BYTES                                                                                 \
	64UL /* of its stack, below %rsp, that step_entry.asm takes: 7 words, from a multiple of 16 on */

extern char text_start[], text_end[];

static u64 steps;

u64 stage_steps(void)
{
	return steps;
}

/* ---- Steps ------------------------------------------------------------------------------------------------ */

static bool pushes(const struct insn *insn)
{
	return insn->kind == INSN_PUSH || insn->kind == INSN_CALL || insn->kind == INSN_PUSHF;
}

/* Between two instructions that change whether interrupts are on, one may come. */
static bool is_seen_by_interrupts(const struct vthread *thread, const struct insn *insn)
{
	return stage_scenario->interrupt && !thread->state.interrupted &&
	       (insn->kind == INSN_STI || insn->kind == INSN_CLI || insn->kind == INSN_POPF);
}

/* It turns out to be shared. */
static enum outcome share(struct vthread *thread, const struct insn_access *access)
{
	if (!paging_is_mapped(access->address) ||
	    !paging_is_mapped(access->address + access->size - 1))
		return stage_fails(thread, FAULT_EXCEPTION, "memory that is not there");
	if (!memory_share(access->address, access->size))
		return stage_fails(thread, FAULT_UNEXPLAINED, "the threads share too many words");
	return STEP_RESTART;
}

/* Look at what comes next. STEP_OK: it is private, or thread->next says what others will see. */
static enum outcome look(struct vthread *thread, const struct insn *insn, bool *visible)
{
	struct insn_access accesses[INSN_MAX_ACCESSES];
	u32 n = insn_accesses(insn, &thread->state.regs, accesses);

	*visible = (stage_tso && insn->kind == INSN_FENCE) || is_seen_by_interrupts(thread, insn);
	if (*visible)
		thread->next = (struct op){
			.rip = thread->state.regs.rip,
			.how = insn->kind == INSN_FENCE ? INSN_LOCKED : 0,
		};
	for (u32 i = 0; i < n; i++) {
		// What a push touches is below %rsp until it has; it is the last of an instruction's.
		bool pushed = pushes(insn) && i == n - 1;

		if (accesses[i].address < PAGE_SIZE)
			return stage_fails(thread, FAULT_EXCEPTION, "memory at a NULL pointer");
		switch (visibility_of(thread, &accesses[i], pushed)) {
		case PRIVATE:
			// A locked instruction is a fence, whatever it locks.
			if (!stage_tso || !(accesses[i].how & INSN_LOCKED))
				continue;
			break;
		case NEWLY_SHARED:
			return share(thread, &accesses[i]);
		case DEAD:
			return stage_fails(thread, FAULT_DEAD_FRAME,
					   "its own memory below its stack");
		case VISIBLE:
			break;
		}
		if (*visible)
			return stage_fails(
				thread, FAULT_UNEXPLAINED,
				"an instruction that touches shared memory in two places");
		*visible = true;
		thread->next = (struct op){ .rip = thread->state.regs.rip,
					    .address = accesses[i].address,
					    .size = accesses[i].size,
					    .how = accesses[i].how };
	}
	return STEP_OK;
}

/* Stacks are kept with their threads, from %rsp up, and what is shared apart. */
static void note_writes(struct vthread *thread, const struct insn *insn)
{
	struct insn_access accesses[INSN_MAX_ACCESSES];
	u32 n = insn_accesses(insn, &thread->state.regs, accesses);

	for (u32 i = 0; i < n; i++) {
		if (accesses[i].how & INSN_WRITE)
			cpu_words_note(thread, &accesses[i]);
	}
}

/* The exception after a step has left its frame below %rsp, where a stack frame may be next. */
static void forget_trap_frame(struct vthread *thread)
{
	unsigned long rsp = thread->state.regs.gpr[STEP_RSP];
	unsigned long frame = (rsp & ~15UL) - TRAP_BYTES;

	memset((void *)frame, 0, rsp - frame);
	thread->low = min(thread->low, rsp);
}

static u64 pop(struct vthread *thread)
{
	u64 *top = (u64 *)thread->state.regs.gpr[STEP_RSP];

	thread->state.regs.gpr[STEP_RSP] += 8;
	return *top;
}

/* What is never stepped, since the CPU is not the thread's. Returns whether @insn is of that kind. */
static bool emulate(struct vthread *thread, const struct insn *insn)
{
	struct step_regs *regs = &thread->state.regs;

	switch (insn->kind) {
	case INSN_PAUSE:
		thread->yielded = true;
		break;
	case INSN_STI:
		thread->state.irqs_off = false;
		break;
	case INSN_CLI:
		thread->state.irqs_off = true;
		break;
	case INSN_PUSHF:
		regs->gpr[STEP_RSP] -= 8;
		*(u64 *)regs->gpr[STEP_RSP] = regs->rflags |
					      (thread->state.irqs_off ? 0 : STEP_INTERRUPT_FLAG);
		break;
	case INSN_POPF: {
		u64 flags = pop(thread);

		thread->state.irqs_off = !(flags & STEP_INTERRUPT_FLAG);
		regs->rflags = flags & STEP_ARITHMETIC_FLAGS;
		break;
	}
	case INSN_RDTSC: // Time stands still: nothing that is explored may depend on it.
		regs->gpr[STEP_RAX] = 0;
		regs->gpr[STEP_RDX] = 0;
		break;
	default:
		return false;
	}
	regs->rip += insn->length;
	return true;
}

/* Whether the CPU stopped where one instruction leads: QEMU goes on after some, as after `pause`. */
static bool is_one_further(const struct insn *insn, unsigned long next, unsigned long target,
			   unsigned long rip)
{
	bool leaves = insn->kind == INSN_CALL || insn->kind == INSN_RET;

	return (rip == next && !leaves) || rip == target ||
	       (!target && insn_at(rip)->kind != INSN_NONE);
}

/* The instruction itself, whoever can see it. */
enum outcome thread_execute(struct vthread *thread, const struct insn *insn)
{
	unsigned long next = thread->state.regs.rip + insn->length, target;
	int exception;

	if (emulate(thread, insn))
		return STEP_OK;
	target = insn_target(insn, &thread->state.regs);
	note_writes(thread, insn);
	steps++;
	exception = step_run(&thread->state.regs);
	forget_trap_frame(thread);
	thread->state.regs.rflags &= STEP_ARITHMETIC_FLAGS;
	if (exception == STEP_DONE)
		return is_one_further(insn, next, target, thread->state.regs.rip) ?
			       STEP_OK :
			       stage_fails(thread, FAULT_UNEXPLAINED,
					   "the CPU did not stop after one instruction");
	return stage_fails(thread, insn->kind == INSN_TRAP ? FAULT_PANIC : FAULT_EXCEPTION,
			   insn->kind == INSN_TRAP ? "BUG()" : "an exception");
}

/* Make 0 what is below %rsp now: what a new frame finds there must not depend on what frames were there before. */
void thread_clean_stack(struct vthread *thread)
{
	unsigned long rsp = thread->state.done ? thread->stack + STACK_SIZE :
						 thread->state.regs.gpr[STEP_RSP];

	if (thread->low < rsp)
		memset((void *)thread->low, 0, rsp - thread->low);
	thread->low = rsp;
}

/* Leave in thread->next what it will do, which its registers say. What could be touched when it came here need not be
 * there any more. */
enum outcome thread_describe(struct vthread *thread)
{
	unsigned long rip = thread->state.regs.rip;
	const struct model *model = model_at(rip);
	bool visible;

	if (model) {
		thread->next = model_op(model, thread);
		return STEP_OK;
	}
	thread->next = (struct op){ .rip = rip };
	return look(thread, insn_at(rip), &visible);
}

/* Where the thread paused last, since its last step that others can see. */
static struct step_regs paused_at;
static bool has_paused;

/*
 * A thread that waits in a loop for a word that so far is its own, as the waiters of an MCS queue do, each for one of its
 * own CPU, waits for ever, unless another one writes that word. When one does, the word turns out to be shared,
 * and the search begins anew: so the thread can stand still here.
 */
static void note_pause(struct vthread *thread)
{
	if (has_paused && !memcmp(&paused_at, &thread->state.regs, sizeof(paused_at)))
		thread->state.spins = true;
	paused_at = thread->state.regs;
	has_paused = true;
}

static bool is_code(unsigned long rip)
{
	return rip - (unsigned long)text_start < (unsigned long)(text_end - text_start);
}

/* Go on up to the next instruction that others can see, and leave that in thread->next. */
enum outcome thread_run_private(struct vthread *thread)
{
	has_paused = false;
	for (u32 i = 0; i < PRIVATE_MAX; i++) {
		const struct insn *insn = insn_at(thread->state.regs.rip);
		const struct model *model = model_at(thread->state.regs.rip);
		enum outcome outcome = STEP_OK;
		bool visible = false;

		if (model && !model->datum)
			outcome = model_call(model, thread);
		else if (!model && !is_code(thread->state.regs.rip))
			return stage_fails(thread, FAULT_EXCEPTION, "it jumps to what is no code");
		else if (!model && (insn->kind == INSN_UNKNOWN || insn->kind == INSN_NONE ||
				    insn->kind == INSN_HLT))
			return stage_fails(thread, FAULT_UNEXPLAINED, "an unknown instruction");
		else if (!model)
			outcome = look(thread, insn, &visible);
		if (visible || (model && model->datum)) {
			insn_forget_dead(&thread->state.regs);
			return outcome;
		}
		if (outcome == STEP_OK && !model) {
			if (insn->kind == INSN_PAUSE)
				note_pause(thread);
			if (thread->state.spins)
				return STEP_OK;
			outcome = thread_execute(thread, insn);
		}
		if (outcome != STEP_OK || thread->state.done)
			return outcome;
	}
	return stage_fails(
		thread, FAULT_LIVELOCK,
		"a loop that looks at nothing that others write: is a READ_ONCE() missing?");
}

/* These are called by threads, and have no body of their own: model.c. */
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

noinline void explore_interrupt_ends(void)
{
	barrier();
}
