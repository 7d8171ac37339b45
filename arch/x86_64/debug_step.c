/* debug_step.c: one instruction of a CPU.
 * SPDX-License-Identifier: MIT
 *
 * The trap flag raises the debug exception behind an instruction. Interrupts that wait would come before it, and a
 * step would end in the handler of the timer every time: so they are off for the step, and what the instruction itself
 * does to the two flags, or shows of them, is put right afterwards.
 */
#include "arch/x86_64/debugger.h"

#include "lib/macros.h"

#define FLAG_TRAP       BIT(8)
#define FLAG_INTERRUPTS BIT(9)

/* Instructions that have to do with the flags, and the one that waits for interrupts. */
#define OP_PUSHF 0x9c
#define OP_POPF  0x9d
#define OP_IRET  0xcf // behind a prefix
#define OP_HLT   0xf4
#define OP_CLI   0xfa
#define OP_STI   0xfb
#define REX_W    0x48

bool debug_step_begin(struct debug_step *step, struct trap_frame *frame)
{
	step->code[0] = step->code[1] = 0;
	if (!debug_read((unsigned long)frame->rip, step->code, sizeof(step->code)))
		debug_read((unsigned long)frame->rip, step->code, 1);
	if (step->code[0] == OP_HLT) {
		frame->rip++;
		return false;
	}
	step->on = true;
	step->rip = (unsigned long)frame->rip;
	step->interrupts = frame->rflags & FLAG_INTERRUPTS;
	frame->rflags = (frame->rflags & ~FLAG_INTERRUPTS) | FLAG_TRAP;
	return true;
}

static u64 as_before(const struct debug_step *step, u64 flags)
{
	flags &= ~(FLAG_TRAP | FLAG_INTERRUPTS);
	return step->interrupts ? flags | FLAG_INTERRUPTS : flags;
}

/* The copy that a `pushf` has made. */
static void mend_pushed(const struct debug_step *step, const struct trap_frame *frame)
{
	u64 flags;

	if (!debug_read((unsigned long)frame->rsp, &flags, sizeof(flags)))
		return;
	flags = as_before(step, flags);
	debug_write((unsigned long)frame->rsp, &flags, sizeof(flags));
}

void debug_step_end(struct debug_step *step, struct trap_frame *frame)
{
	u8 code = step->code[0];

	if (!step->on)
		return;
	step->on = false;
	frame->rflags &= ~FLAG_TRAP;
	if (code == OP_POPF || (code == REX_W && step->code[1] == OP_IRET))
		return; // it has brought its own
	if (code == OP_CLI || code == OP_STI)
		step->interrupts = code == OP_STI;
	frame->rflags = as_before(step, frame->rflags);
	if (code == OP_PUSHF)
		mend_pushed(step, frame);
}

void debug_step_cancel(struct debug_step *step, struct trap_frame *frame)
{
	if (!step->on || frame->rip != step->rip || !(frame->rflags & FLAG_TRAP))
		return;
	step->on = false;
	frame->rflags = as_before(step, frame->rflags);
}
