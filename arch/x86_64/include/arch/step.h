/* step.h: executing single instructions of kernel code with registers, a stack and a %gs base of their own.
 * SPDX-License-Identifier: MIT
 *
 * The trap flag makes the CPU raise the debug exception after each instruction. Its own entry, in step_entry.asm, saves
 * what it finds and returns to the caller of step_run(), whose %gs base it restores: the ordinary entry
 * would take the thread's for this CPU's.
 */
#pragma once

#include "lib/types.h"

/* Registers by the numbers of the encoding. */
#define STEP_RAX 0
#define STEP_RCX 1
#define STEP_RDX 2
#define STEP_RBX 3
#define STEP_RSP 4
#define STEP_RBP 5
#define STEP_RSI 6
#define STEP_RDI 7

/* What is not the interrupt flag and not the trap flag, of RFLAGS. */
#define STEP_ARITHMETIC_FLAGS 0x8d5UL
#define STEP_INTERRUPT_FLAG   0x200UL

/* step_entry.asm knows the order. */
struct step_regs {
	u64 gpr[16];
	u64 rip;
	u64 rflags; /* the arithmetic ones; interrupts are off whatever it says */
	u64 gs_base;
};

#define STEP_DONE (-1)

/*
 * step_run - execute the instruction at regs->rip with @regs, and leave in @regs what it made of them.
 * Never sleeps. One CPU only, interrupts off; between step_begin() and step_end().
 * Returns STEP_DONE, or the number of the exception that it caused instead; @regs are then as they were.
 */
int step_run(struct step_regs *regs);

/* step_begin - have exceptions on this machine end in step_run(). step_end - as before. Interrupts off. */
void step_begin(void);
void step_end(void);
