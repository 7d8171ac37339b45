/* deed.c: what a thread of the explorer's stage does at a time: a step, a delayed store's end, an interrupt.
 * SPDX-License-Identifier: MIT
 */
#include <arch/insn.h>

#include "kernel/base/cpu.h"
#include "kernel/base/preempt.h"
#include "kernel/explore/memory.h"
#include "kernel/explore/model.h"
#include "kernel/explore/thread.h"
#include "lib/string.h"

#define INTERRUPTS 1 /* that a CPU takes */

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
	enum outcome outcome = thread_execute(thread, insn);

	if (outcome == STEP_OK && (op->how & INSN_WRITE) &&
	    !memory_note_update(op->address, op->size, op->how & INSN_LOCKED, before, value_at(op)))
		return STEP_RESTART;
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

static enum outcome flush(struct vthread *thread)
{
	struct store *stores = thread->state.stores;
	u64 before;

	thread->last = (struct op){ .address = stores->address,
				    .size = (u32)stores->size,
				    .how = INSN_WRITE,
				    .model = "flush" };
	before = value_at(&thread->last);
	memcpy((void *)stores->address, &stores->value, stores->size);
	if (!memory_note_update(stores->address, (u32)stores->size, false, before, stores->value))
		return STEP_RESTART;
	memmove(stores, stores + 1, (STORES_MAX - 1) * sizeof(*stores));
	stores[STORES_MAX - 1] = (struct store){ 0 };
	thread->state.n_stores--;
	return STEP_OK;
}

u32 thread_must_flush(struct vthread *thread)
{
	if (!thread->state.n_stores)
		return 0;
	thread_describe(thread);
	if (thread->next.model || (thread->next.how & INSN_LOCKED))
		return thread->state.n_stores;
	// The first half of a read-modify-write only reads.
	return (thread->next.how & INSN_WRITE) && thread->state.n_stores == STORES_MAX &&
	       (!is_divided(&thread->next) || thread->state.halfway);
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
static enum outcome execute_visible(struct vthread *thread)
{
	const struct insn *insn = insn_at(thread->state.regs.rip);
	const struct model *model = model_at(thread->state.regs.rip);
	struct op *op = &thread->next;

	op->first_half = op->second_half = false;
	if (model)
		return model_call(model, thread);
	if (op->size > sizeof(u64))
		return stage_fails(thread, FAULT_UNEXPLAINED, "more than eight bytes at once");
	if (is_divided(op))
		return thread->state.halfway ? execute_second_half(thread, insn, op) :
					       execute_first_half(thread, op);
	if (stage_tso && op->size && !(op->how & INSN_LOCKED))
		return execute_delayed(thread, insn, op, op->how & INSN_WRITE);
	return execute_noted(thread, insn, op);
}

static enum outcome step(struct vthread *thread)
{
	enum outcome outcome;

	thread->state.inside &= (u8)~thread->state.leaves;
	thread->state.leaves = 0;
	outcome = thread_describe(thread);
	if (outcome == STEP_OK)
		outcome = execute_visible(thread);
	thread->last = thread->next;
	if (outcome == STEP_OK && !thread->state.halfway && !thread->state.done &&
	    !thread->state.asleep)
		outcome = thread_run_private(thread);
	return outcome;
}

/* ---- Interrupts -------------------------------------------------------------------------------------------------- */

/* What an interrupt leaves on the stack, below what it interrupts. */
struct interrupt_frame {
	struct step_regs regs;
	u64 preempt_count;
	u8 asleep, may_time_out, unused[6];
};

bool thread_is_interruptible(const struct vthread *thread)
{
	const struct vthread_state *state = &thread->state;
	u32 chosen = stage_scenario->interrupted ?: ~0U;

	return stage_scenario->interrupt && (chosen & BIT(thread - stage_threads)) &&
	       state->interrupts < INTERRUPTS && !state->irqs_off && !state->done &&
	       !state->halfway && !state->interrupted;
}

static enum outcome interrupt(struct vthread *thread)
{
	struct vthread_state *state = &thread->state;
	u64 rsp = state->regs.gpr[STEP_RSP];
	struct interrupt_frame *frame = (void *)((rsp - sizeof(*frame)) & ~15UL);
	u64 *top;

	// What is shared is kept apart from the stack, and would be put back over the frame.
	while (memory_is_shared((u64)frame - sizeof(*top), sizeof(*frame) + sizeof(*top)))
		frame = (void *)((u64)frame - 16);
	top = (u64 *)frame - 1;
	*frame = (struct interrupt_frame){ .regs = state->regs,
					   .preempt_count = thread->cpu->preempt_count,
					   .asleep = state->asleep,
					   .may_time_out = state->may_time_out };
	*top = (u64)explore_interrupt_ends;
	state->interrupted = rsp;
	state->interrupts++;
	state->irqs_off = true;
	state->spins = state->asleep = state->may_time_out = false;
	state->regs = (struct step_regs){ .rip = (u64)stage_scenario->interrupt,
					  .gs_base = state->regs.gs_base };
	state->regs.gpr[STEP_RDI] = (u64)(thread - stage_threads);
	state->regs.gpr[STEP_RSP] = (u64)top;
	thread_add_preempt_count(thread, HARDIRQ_OFFSET);
	thread->last = (struct op){ .rip = state->regs.rip, .model = "interrupt" };
	return thread_run_private(thread);
}

/* The handler has returned, so %rsp is where the frame begins. */
enum outcome thread_end_interrupt(struct vthread *thread)
{
	struct vthread_state *state = &thread->state;
	const struct interrupt_frame *frame = (const void *)state->regs.gpr[STEP_RSP];

	if (thread->cpu->preempt_count != frame->preempt_count + HARDIRQ_OFFSET)
		return stage_fails(thread, FAULT_CONTEXT,
				   "a handler leaves another preempt count than it found");
	if (!state->irqs_off)
		return stage_fails(thread, FAULT_CONTEXT, "a handler ends with interrupts on");
	thread_add_preempt_count(thread, -HARDIRQ_OFFSET);
	state->regs = frame->regs;
	state->asleep = frame->asleep;
	state->may_time_out = frame->may_time_out;
	state->interrupted = 0;
	state->irqs_off = false;
	return STEP_OK;
}

enum outcome thread_do(struct vthread *thread, enum deed deed)
{
	static enum outcome (*const deeds[DEEDS])(struct vthread *) = {
		[DEED_STEP] = step,
		[DEED_FLUSH] = flush,
		[DEED_INTERRUPT] = interrupt,
	};
	enum outcome outcome;

	thread->yielded = false;
	outcome = deeds[deed](thread);
	thread_clean_stack(thread);
	return outcome;
}
