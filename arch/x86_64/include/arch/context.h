/* context.h: a thread's saved registers, and the switch from one to another.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

/* All that is kept outside the thread's own stack: the rest is pushed there by context_switch(). */
struct context {
	unsigned long rsp;
};

/*
 * context_init - make @context start @entry(@arg) on the empty stack that ends at @stack_top.
 * Never sleeps. Any context. The new thread starts with interrupts off; @entry does not return.
 */
void context_init(struct context *context, void *stack_top, void (*entry)(void *arg), void *arg);

/*
 * context_switch - save this thread in @from and go on with @to.
 * Never sleeps. Interrupts off. Returns when somebody switches back to @from.
 * Saves rbx rbp r12-r15 and rsp; everything else is the caller's under the C ABI. (switch.asm)
 */
void context_switch(struct context *from, const struct context *to);

/* context_frame - the frame pointer of a thread that is switched out, for backtrace(). */
unsigned long context_frame(const struct context *context);
