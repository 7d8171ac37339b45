/* insn.h: what each instruction of the kernel touches, known before it is executed.
 * SPDX-License-Identifier: MIT
 *
 * The table is made by tools/mkinsns.py from the linked kernel, and is there only in the explorer's.
 */
#pragma once

#include <arch/step.h>

#include "lib/macros.h"
#include "lib/types.h"

/* The same numbers as in tools/mkinsns.py. */
enum insn_kind {
	INSN_NONE, /* no instruction begins here */
	INSN_PLAIN,
	INSN_PUSH,
	INSN_POP,
	INSN_CALL,
	INSN_RET,
	INSN_LEAVE,
	INSN_PAUSE,
	INSN_STI,
	INSN_CLI,
	INSN_PUSHF,
	INSN_POPF,
	INSN_HLT,
	INSN_RDTSC,
	INSN_FENCE,
	INSN_STORE_STRING,
	INSN_MOVE_STRING,
	INSN_TRAP,
	INSN_XADD,
	INSN_JUMP,
	INSN_UNKNOWN,
};

#define INSN_READ   1U
#define INSN_WRITE  2U
#define INSN_LOCKED 4U

#define INSN_NO_REGISTER 16U
#define INSN_RIP         17U

/* The shape of an instruction: all but the displacement, which stands in the code. */
struct insn {
	u8 length;
	u8 kind;   /* enum insn_kind */
	u8 access; /* INSN_READ and so on, of the memory operand; 0: there is none */
	u8 size;   /* of the memory operand, in bytes */
	u8 base;   /* registers, numbered as in the encoding */
	u8 index;
	u8 scale;
	u8 gs;      /* the address is relative to %gs */
	u8 disp_at; /* where the displacement, of memory or a jump, stands in the instruction */
	u8 disp_size;
	u8 bit;     /* bt and kin: the register that counts bits from the address on */
	u8 repeats; /* a string instruction with a count */
};

/* What one instruction will touch: at most two places. */
struct insn_access {
	unsigned long address;
	u32 size;
	u32 how; /* INSN_READ, INSN_WRITE, INSN_LOCKED */
};
#define INSN_MAX_ACCESSES 2

/* insn_init - find the table; false if the kernel has none. Boot or thread context. */
bool insn_init(void);

/* insn_at - the shape of the instruction at @rip, of kind INSN_NONE if none begins there. Any context. */
const struct insn *insn_at(unsigned long rip);

/* insn_target - where the instruction at regs->rip, @insn, leads, if not to the one behind it; 0: where its operand says. Any
 * context. */
unsigned long insn_target(const struct insn *insn, const struct step_regs *regs);

/* insn_forget_dead - make 0 what is in @regs and will never be read, of the code at regs->rip. Any context. */
void insn_forget_dead(struct step_regs *regs);

/* insn_accesses - what @insn, which is at regs->rip, will touch when it is executed with @regs; returns how many
 * places. Any context. */
u32 insn_accesses(const struct insn *insn, const struct step_regs *regs,
		  struct insn_access accesses[INSN_MAX_ACCESSES]);
