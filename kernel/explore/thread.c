/* thread.c: a thread of the explorer's stage: what others can see of it, and one step of it.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/thread.h"

#include <arch/insn.h>

#include "kernel/core/page.h"
#include "kernel/explore/memory.h"
#include "kernel/explore/model.h"
#include "kernel/explore/visible.h"
#include "lib/string.h"

#define PRIVATE_MAX 20000 /* instructions without one that others can see: it will never come */
#define TRAP_BYTES  48UL  /* of its stack, below %rsp, that the exception after a step takes */

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

	*visible = stage_tso && insn->kind == INSN_FENCE;
	if (*visible)
		thread->next = (struct op){ .rip = thread->state.regs.rip, .how = INSN_LOCKED };
	for (u32 i = 0; i < n; i++) {
		// What a push touches is below %rsp until it has; it is the last of an instruction's.
		bool pushed = pushes(insn) && i == n - 1;

		if (accesses[i].address < PAGE_SIZE)
			return fail(thread, FAULT_EXCEPTION, "memory at a NULL pointer");
		switch (visibility_of(thread, &accesses[i], pushed)) {
		case PRIVATE:
			// A locked instruction is a fence, whatever it locks.
			if (!stage_tso || !(accesses[i].how & INSN_LOCKED))
				continue;
			break;
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
		if (is_in_stack(&stage_threads[t], address))
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

/* The instruction itself, whoever can see it. */
static enum outcome execute(struct vthread *thread, const struct insn *insn)
{
	int exception;

	if (emulate(thread, insn))
		return STEP_OK;
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

/* ---- Stores that are delayed ------------------------------------------------------------------------------------ */

/* To the bytes of @op in memory, what this thread has stored there and others do not see yet. */
static void forward_stores(const struct vthread *thread, const struct op *op)
{
	for (u32 i = 0; i < thread->state.n_stores; i++) {
		const struct store *store = &thread->state.stores[i];
		u64 from = max_t(u64, store->address, op->address);
		u64 to = min_t(u64, store->address + store->size, op->address + op->size);

		if (from < to)
			memcpy((void *)from, (const char *)&store->value + (from - store->address),
			       to - from);
	}
}

static void delay_store(struct vthread *thread, const struct op *op)
{
	thread->state.stores[thread->state.n_stores++] =
		(struct store){ op->address, value_at(op), op->size };
}

void thread_flush(struct vthread *thread)
{
	struct store *stores = thread->state.stores;

	thread->next = (struct op){ .address = stores->address,
				    .size = (u32)stores->size,
				    .how = INSN_WRITE,
				    .model = "flush" };
	note_write(stores->address, (u32)stores->size);
	memcpy((void *)stores->address, &stores->value, stores->size);
	memmove(stores, stores + 1, (STORES_MAX - 1) * sizeof(*stores));
	stores[STORES_MAX - 1] = (struct store){ 0 };
	thread->state.n_stores--;
}

bool thread_must_flush(struct vthread *thread)
{
	if (!thread->state.n_stores)
		return false;
	thread_describe(thread);
	if (thread->next.model || (thread->next.how & INSN_LOCKED))
		return true;
	return (thread->next.how & INSN_WRITE) && thread->state.n_stores == STORES_MAX;
}

/* Execute it, and see to it that memory is for this thread as it has stored, and for others as it was. */
static enum outcome execute_delayed(struct vthread *thread, const struct insn *insn,
				    const struct op *op, bool stores)
{
	u64 others = value_at(op);
	enum outcome outcome;

	forward_stores(thread, op);
	if (op->second_half)
		memcpy((void *)op->address, &thread->state.read, op->size);
	outcome = execute_noted(thread, insn, op);
	if (stores && outcome == STEP_OK)
		delay_store(thread, op);
	memcpy((void *)op->address, &others, op->size);
	return outcome;
}

/* ---- What others can see ---------------------------------------------------------------------------------------- */

/* The first half of a read-modify-write: what is read, and kept. */
static enum outcome execute_first_half(struct vthread *thread, struct op *op)
{
	u64 others = value_at(op);

	op->first_half = true;
	thread->state.halfway = true;
	forward_stores(thread, op);
	memcpy(&thread->state.read, (const void *)op->address, op->size);
	memcpy((void *)op->address, &others, op->size);
	return STEP_OK;
}

/* The second: that is put back, over whatever others have written, and the instruction executed. */
static enum outcome execute_second_half(struct vthread *thread, const struct insn *insn,
					struct op *op)
{
	enum outcome outcome;

	op->second_half = true;
	thread->state.halfway = false;
	note_write(op->address, op->size);
	if (stage_tso) {
		outcome = execute_delayed(thread, insn, op, true);
	} else {
		memcpy((void *)op->address, &thread->state.read, op->size);
		outcome = execute_noted(thread, insn, op);
	}
	thread->state.read = 0;
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
	if (op->size > sizeof(u64))
		return fail(thread, FAULT_UNEXPLAINED, "more than eight bytes at once");
	if (is_divided(op))
		return thread->state.halfway ? execute_second_half(thread, insn, op) :
					       execute_first_half(thread, op);
	if (stage_tso && op->size && !(op->how & INSN_LOCKED))
		return execute_delayed(thread, insn, op, op->how & INSN_WRITE);
	return execute_noted(thread, insn, op);
}
