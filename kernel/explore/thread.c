/* thread.c: a thread of the explorer's stage: what others can see of it, and one step of it.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/thread.h"

#include <arch/insn.h>

#include "kernel/core/page.h"
#include "kernel/explore/memory.h"
#include "kernel/explore/model.h"
#include "lib/string.h"

#define PRIVATE_MAX 20000 /* instructions without one that others can see: it will never come */
#define TRAP_BYTES  48UL  /* of its stack, below %rsp, that the exception after a step takes */

extern char text_start[], rodata_end[];

static u64 steps;

u64 stage_steps(void)
{
	return steps;
}

static enum outcome fail(struct vthread *thread, enum fault fault, const char *text)
{
	stage_note_failure(fault, (u32)(thread - stage_threads), text);
	return STEP_FAILED;
}

/* ---- Whose memory it is --------------------------------------------------------------------------------------- */

static bool in_stack(const struct vthread *thread, unsigned long address)
{
	return address - thread->stack < STACK_SIZE;
}

static bool in_cpu(const struct vthread *thread, unsigned long address)
{
	return address - (unsigned long)thread->cpu < thread->cpu_size;
}

/* Whose the memory is. */
enum owner {
	OWNER_NOBODY, /* everybody's */
	OWNER_SELF,
	OWNER_OTHER,
	OWNER_CONSTANT,
};

static enum owner owner_of(const struct vthread *thread, unsigned long address,
			   const struct vthread **whose)
{
	if (address - (unsigned long)text_start < (unsigned long)(rodata_end - text_start))
		return OWNER_CONSTANT;
	for (u32 t = 0; t < stage_n_threads; t++) {
		*whose = &stage_threads[t];
		if (in_stack(*whose, address) || in_cpu(*whose, address))
			return *whose == thread ? OWNER_SELF : OWNER_OTHER;
	}
	return OWNER_NOBODY;
}

/* What is to be done about an access. */
enum visibility {
	PRIVATE,
	VISIBLE,
	NEWLY_SHARED,
	DEAD, /* a stack frame that is gone */
};

static enum visibility visibility_of(const struct vthread *thread, const struct insn_access *access,
				     bool pushes)
{
	const struct vthread *whose;

	switch (owner_of(thread, access->address, &whose)) {
	case OWNER_CONSTANT:
		return PRIVATE;
	case OWNER_NOBODY:
		// What nobody ever writes, everybody can read unseen.
		if (memory_is_shared(access->address, access->size))
			return VISIBLE;
		return access->how & INSN_WRITE ? NEWLY_SHARED : PRIVATE;
	case OWNER_SELF:
		if (!pushes && in_stack(thread, access->address) &&
		    access->address < thread->state.regs.gpr[STEP_RSP])
			return DEAD;
		return memory_is_shared(access->address, access->size) ? VISIBLE : PRIVATE;
	case OWNER_OTHER:
		if (in_stack(whose, access->address) &&
		    (whose->state.done || access->address < whose->state.regs.gpr[STEP_RSP]))
			return DEAD;
		return memory_is_shared(access->address, access->size) ? VISIBLE : NEWLY_SHARED;
	}
	return VISIBLE;
}

/* ---- Steps ------------------------------------------------------------------------------------------------ */

static bool pushes(const struct insn *insn)
{
	return insn->kind == INSN_PUSH || insn->kind == INSN_CALL || insn->kind == INSN_PUSHF;
}

/* Look at what comes next. STEP_OK: it is private, or thread->next says what others will see. */
static enum outcome look(struct vthread *thread, const struct insn *insn, bool *visible)
{
	struct insn_access accesses[INSN_MAX_ACCESSES];
	u32 n = insn_accesses(insn, &thread->state.regs, accesses);

	*visible = false;
	for (u32 i = 0; i < n; i++) {
		// What a push touches is below %rsp until it has; it is the last of an instruction's.
		bool pushed = pushes(insn) && i == n - 1;

		if (accesses[i].address < PAGE_SIZE)
			return fail(thread, FAULT_EXCEPTION, "memory at a NULL pointer");
		switch (visibility_of(thread, &accesses[i], pushed)) {
		case PRIVATE:
			continue;
		case NEWLY_SHARED:
			memory_share(accesses[i].address, accesses[i].size);
			return STEP_RESTART;
		case DEAD:
			return fail(thread, FAULT_DEAD_FRAME,
				    "memory of a stack frame that is gone");
		case VISIBLE:
			break;
		}
		if (*visible)
			return fail(thread, FAULT_UNEXPLAINED,
				    "an instruction that touches shared memory in two places");
		*visible = true;
		thread->next = (struct op){ .rip = thread->state.regs.rip,
					    .address = accesses[i].address,
					    .size = accesses[i].size,
					    .how = accesses[i].how };
	}
	return STEP_OK;
}

/* Stacks are kept with their threads, from %rsp up. */
static void note_write(unsigned long address, u32 size)
{
	for (u32 t = 0; t < stage_n_threads; t++) {
		if (in_stack(&stage_threads[t], address))
			return;
	}
	memory_note_write(address, size);
}

static void note_writes(struct vthread *thread, const struct insn *insn)
{
	struct insn_access accesses[INSN_MAX_ACCESSES];
	u32 n = insn_accesses(insn, &thread->state.regs, accesses);

	for (u32 i = 0; i < n; i++) {
		if (accesses[i].how & INSN_WRITE)
			note_write(accesses[i].address, accesses[i].size);
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

/* The instruction itself. */
static enum outcome execute(struct vthread *thread, const struct insn *insn)
{
	int exception;

	note_writes(thread, insn);
	steps++;
	exception = step_run(&thread->state.regs);
	forget_trap_frame(thread);
	thread->state.regs.rflags &= STEP_ARITHMETIC_FLAGS;
	if (exception == STEP_DONE)
		return STEP_OK;
	return fail(thread, insn->kind == INSN_TRAP ? FAULT_PANIC : FAULT_EXCEPTION,
		    insn->kind == INSN_TRAP ? "BUG()" : "an exception");
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

	thread->next = (struct op){ .rip = rip, .model = model ? model->name : NULL };
	return model ? STEP_OK : look(thread, insn_at(rip), &visible);
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

/* Go on up to the next instruction that others can see, and leave that in thread->next. */
enum outcome thread_run_private(struct vthread *thread)
{
	has_paused = false;
	for (u32 i = 0; i < PRIVATE_MAX; i++) {
		const struct insn *insn = insn_at(thread->state.regs.rip);
		const struct model *model = model_at(thread->state.regs.rip);
		enum outcome outcome = STEP_OK;
		bool visible = false;

		if (model && !model->visible)
			outcome = model_call(model, thread);
		else if (!model && (insn->kind == INSN_UNKNOWN || insn->kind == INSN_NONE ||
				    insn->kind == INSN_HLT))
			return fail(thread, FAULT_UNEXPLAINED, "an unknown instruction");
		else if (!model)
			outcome = look(thread, insn, &visible);
		if (visible || (model && model->visible)) {
			insn_forget_dead(&thread->state.regs);
			return outcome;
		}
		if (outcome == STEP_OK && !model) {
			if (insn->kind == INSN_PAUSE)
				note_pause(thread);
			if (thread->state.spins)
				return STEP_OK;
			if (!emulate(thread, insn))
				outcome = execute(thread, insn);
		}
		if (outcome != STEP_OK || thread->state.done)
			return outcome;
	}
	return fail(thread, FAULT_LIVELOCK, "a loop that looks at nothing that others write");
}

static bool is_divided(const struct op *op)
{
	return op->how == (INSN_READ | INSN_WRITE);
}

static u64 value_at(const struct op *op)
{
	u64 value = 0;

	memcpy(&value, (const void *)op->address, min_t(u32, op->size, sizeof(value)));
	return value;
}

/* Execute it, and note what it did to the datum. */
static enum outcome execute_noted(struct vthread *thread, const struct insn *insn,
				  const struct op *op)
{
	u64 before = value_at(op);
	enum outcome outcome = execute(thread, insn);

	if (outcome == STEP_OK && (op->how & INSN_WRITE))
		memory_note_update(op->address, op->size, before, value_at(op));
	return outcome;
}

/* The instruction that others can see. */
enum outcome thread_execute(struct vthread *thread)
{
	const struct insn *insn = insn_at(thread->state.regs.rip);
	const struct model *model = model_at(thread->state.regs.rip);
	struct op *op = &thread->next;

	op->first_half = op->second_half = false;
	if (model)
		return model_call(model, thread);
	if (!is_divided(op) || op->size > sizeof(thread->state.read))
		return execute_noted(thread, insn, op);
	if (!thread->state.halfway) {
		op->first_half = true;
		thread->state.halfway = true;
		memcpy(&thread->state.read, (const void *)op->address, op->size);
		return STEP_OK;
	}
	op->second_half = true;
	thread->state.halfway = false;
	note_write(op->address, op->size);
	memcpy((void *)op->address, &thread->state.read, op->size);
	thread->state.read = 0;
	return execute_noted(thread, insn, op);
}
