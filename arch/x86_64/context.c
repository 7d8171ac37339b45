/* context.c: the stack of a thread that does not run, as switch.asm leaves it.
 * SPDX-License-Identifier: MIT
 */
#include <arch/context.h>

#include "lib/macros.h"

/* What context_switch() pops, lowest address first. */
struct saved_registers {
	unsigned long r15, r14, r13, r12, rbx;
	unsigned long rbp, return_address; /* a stack frame */
};

extern const char context_start[];

void context_init(struct context *context, void *stack_top, void (*entry)(void *arg), void *arg)
{
	struct saved_registers *saved = (struct saved_registers *)stack_top - 1;

	*saved = (struct saved_registers){
		.r12 = (unsigned long)arg,
		.rbx = (unsigned long)entry,
		.rbp = 0,                                           // here a backtrace ends
		.return_address = (unsigned long)context_start + 1, // behind the nop
	};
	context->rsp = (unsigned long)saved;
}

unsigned long context_frame(const struct context *context)
{
	return READ_ONCE(context->rsp) + offsetof(struct saved_registers, rbp);
}
