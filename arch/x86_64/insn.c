/* insn.c: the table of instructions, and the addresses that one will touch.
 * SPDX-License-Identifier: MIT
 */
#include <arch/insn.h>

#include "lib/string.h"

#define MAGIC 0x4e534e49U /* "INSN" */

/* As tools/mkinsns.py writes it. */
struct insn_table {
	u32 magic;
	u32 start; /* of the code */
	u32 size;  /* its bytes */
	u32 shapes;
	struct insn shape[]; /* then twice u16 for each byte of the code */
};
static_assert(sizeof(struct insn) == 12);

extern const char insns_image[], insns_image_end[];

static const struct insn_table *table; /* [I] */
static const u16 *begins;              /* [I] the shape of what begins at each byte */
static const u16 *live;                /* [I] the registers that are read after it, or by it */

bool insn_init(void)
{
	const struct insn_table *image = (const struct insn_table *)insns_image;

	if ((size_t)(insns_image_end - insns_image) < sizeof(*image) || image->magic != MAGIC)
		return false;
	table = image;
	begins = (const u16 *)(image->shape + image->shapes);
	live = begins + image->size;
	return true;
}

const struct insn *insn_at(unsigned long rip)
{
	unsigned long at = rip - table->start;

	return &table->shape[at < table->size ? begins[at] : 0];
}

void insn_forget_dead(struct step_regs *regs)
{
	unsigned long at = regs->rip - table->start;
	u32 alive = at < table->size ? live[at] : ~0U;

	if (!(alive & BIT(STEP_RSP)))
		regs->rflags = 0;
	for (u32 i = 0; i < ARRAY_SIZE(regs->gpr); i++) {
		if (i != STEP_RSP && !(alive & BIT(i)))
			regs->gpr[i] = 0;
	}
}

static u64 register_of(const struct step_regs *regs, u32 number)
{
	return number < ARRAY_SIZE(regs->gpr) ? regs->gpr[number] : 0;
}

static s64 displacement(const struct insn *insn, unsigned long rip)
{
	s8 byte;
	s32 word;

	switch (insn->disp_size) {
	case 0:
		return 0;
	case 1:
		memcpy(&byte, (const char *)rip + insn->disp_at, sizeof(byte));
		return byte;
	default:
		memcpy(&word, (const char *)rip + insn->disp_at, sizeof(word));
		return word;
	}
}

static unsigned long operand_address(const struct insn *insn, const struct step_regs *regs)
{
	u64 address = (u64)displacement(insn, regs->rip);

	if (insn->base == INSN_RIP)
		address += regs->rip + insn->length;
	else
		address += register_of(regs, insn->base);
	address += register_of(regs, insn->index) * insn->scale;
	if (insn->gs)
		address += regs->gs_base;
	// A bit of a string: the operand is the word it is in.
	if (insn->bit < INSN_NO_REGISTER)
		address += (u64)((s64)register_of(regs, insn->bit) >> (insn->size == 8 ? 6 : 5)) *
			   insn->size;
	return address;
}

unsigned long insn_target(const struct insn *insn, const struct step_regs *regs)
{
	unsigned long next = regs->rip + insn->length;

	switch (insn->kind) {
	case INSN_CALL:
	case INSN_JUMP:
		return insn->access || !insn->disp_size ?
			       0 :
			       next + (unsigned long)displacement(insn, regs->rip);
	case INSN_RET:
		return *(const u64 *)regs->gpr[STEP_RSP];
	case INSN_STORE_STRING:
	case INSN_MOVE_STRING:
		return insn->repeats ? regs->rip : next;
	default:
		return next;
	}
}

static u32 add(struct insn_access *accesses, u32 n, unsigned long address, u32 size, u32 how)
{
	accesses[n] = (struct insn_access){ address, size, how };
	return n + 1;
}

static u32 string_accesses(const struct insn *insn, const struct step_regs *regs,
			   struct insn_access *accesses)
{
	u32 n = 0;

	if (insn->repeats && !regs->gpr[STEP_RCX])
		return 0;
	if (insn->kind == INSN_MOVE_STRING)
		n = add(accesses, n, regs->gpr[STEP_RSI], insn->size, INSN_READ);
	return add(accesses, n, regs->gpr[STEP_RDI], insn->size, INSN_WRITE);
}

u32 insn_accesses(const struct insn *insn, const struct step_regs *regs,
		  struct insn_access accesses[INSN_MAX_ACCESSES])
{
	unsigned long rsp = regs->gpr[STEP_RSP];
	u32 n = 0;

	if (insn->access)
		n = add(accesses, n, operand_address(insn, regs), insn->size, insn->access);
	switch (insn->kind) {
	case INSN_PUSH:
	case INSN_CALL:
	case INSN_PUSHF:
		return add(accesses, n, rsp - 8, 8, INSN_WRITE);
	case INSN_POP:
	case INSN_RET:
	case INSN_POPF:
		return add(accesses, n, rsp, 8, INSN_READ);
	case INSN_LEAVE:
		return add(accesses, n, regs->gpr[STEP_RBP], 8, INSN_READ);
	case INSN_STORE_STRING:
	case INSN_MOVE_STRING:
		return string_accesses(insn, regs, accesses);
	default:
		return n;
	}
}
