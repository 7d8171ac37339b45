/* debug_registers.c: a thread's registers, as gdb numbers them.
 * SPDX-License-Identifier: MIT
 *
 * debug_registers_xml is what gdb is told (GDB manual, "Target Descriptions"); the order there is that of the table here.
 * It insists on the x87 registers, which this kernel never uses, and is told that they are not known.
 */
#include "arch/x86_64/debugger.h"

#include <arch/context.h>
#include <arch/layout.h>

#include "lib/macros.h"

/* One line of the description. */
#define REG64(name)         "<reg name=\"" name "\" bitsize=\"64\" type=\"int64\"/>"
#define REG32(name)         "<reg name=\"" name "\" bitsize=\"32\" type=\"int32\"/>"
#define POINTER(name, type) "<reg name=\"" name "\" bitsize=\"64\" type=\"" type "\"/>"
#define X87(name)           "<reg name=\"" name "\" bitsize=\"80\" type=\"i387_ext\"/>"
#define X87_32(name)        "<reg name=\"" name "\" bitsize=\"32\" type=\"int\" group=\"float\"/>"

/* clang-format off */
const char debug_registers_xml[] =
	"<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">"
	"<architecture>i386:x86-64</architecture>"
	"<feature name=\"org.gnu.gdb.i386.core\">"
	REG64("rax") REG64("rbx") REG64("rcx") REG64("rdx") REG64("rsi") REG64("rdi")
	POINTER("rbp", "data_ptr") POINTER("rsp", "data_ptr")
	REG64("r8") REG64("r9") REG64("r10") REG64("r11")
	REG64("r12") REG64("r13") REG64("r14") REG64("r15")
	POINTER("rip", "code_ptr") REG32("eflags")
	REG32("cs") REG32("ss") REG32("ds") REG32("es") REG32("fs") REG32("gs")
	X87("st0") X87("st1") X87("st2") X87("st3") X87("st4") X87("st5") X87("st6") X87("st7")
	X87_32("fctrl") X87_32("fstat") X87_32("ftag") X87_32("fiseg")
	X87_32("fioff") X87_32("foseg") X87_32("fooff") X87_32("fop")
	"</feature>"
	"<feature name=\"org.gnu.gdb.i386.segments\">"
	REG64("fs_base") REG64("gs_base")
	"</feature></target>";
/* clang-format on */

/* The numbers that have a meaning below. */
enum {
	REG_RSP = 7,
	REG_RIP = 16,
	REG_EFLAGS,
	REG_CS,
	REG_SS,
	REG_DS,
	REG_ES,
	REG_FS,
	REG_GS,
	REG_ST0,
	REG_FCTRL = REG_ST0 + 8,
	REG_FS_BASE = REG_FCTRL + 8,
	REG_GS_BASE,
	NR_REGISTERS,
};

const u32 debug_nr_registers = NR_REGISTERS;

#define IN_FRAME(reg) offsetof(struct trap_frame, reg)

/* Where the frame has each of the first. */
static const u8 in_frame[] = {
	IN_FRAME(rax), IN_FRAME(rbx), IN_FRAME(rcx),    IN_FRAME(rdx), IN_FRAME(rsi),
	IN_FRAME(rdi), IN_FRAME(rbp), IN_FRAME(rsp),    IN_FRAME(r8),  IN_FRAME(r9),
	IN_FRAME(r10), IN_FRAME(r11), IN_FRAME(r12),    IN_FRAME(r13), IN_FRAME(r14),
	IN_FRAME(r15), IN_FRAME(rip), IN_FRAME(rflags), IN_FRAME(cs),  IN_FRAME(ss),
};
static_assert(ARRAY_SIZE(in_frame) == REG_SS + 1);

/* And where switch.asm leaves those that it keeps: words above context.rsp; -1: nowhere. */
static const s8 in_switched[] = {
	-1, 4,  -1, -1, -1, -1, 5, -1, /* rbx, rbp */
	-1, -1, -1, -1, 3,  2,  1, 0,  /* r12 to r15 */
	6,                             /* rip: the return address */
};
static_assert(ARRAY_SIZE(in_switched) == REG_RIP + 1);
#define SWITCHED_WORDS 7

size_t debug_register_size(u32 n)
{
	if (n >= REG_ST0 && n < REG_FCTRL)
		return DEBUG_REGISTER_BYTES;
	return (n >= REG_EFLAGS && n < REG_FS_BASE) ? 4 : 8;
}

/* Where a register of a thread that does not run is; 0: nowhere. */
static unsigned long switched_place(const struct debug_registers *registers, u32 n)
{
	if (!registers->saved || n > REG_RIP || in_switched[n] < 0)
		return 0;
	return registers->saved->rsp + (unsigned long)in_switched[n] * sizeof(u64);
}

static bool switched_register(const struct debug_registers *registers, u32 n, u64 *value)
{
	unsigned long place = switched_place(registers, n);

	if (place)
		return debug_read(place, value, sizeof(*value));
	*value = 0;
	switch (n) {
	case REG_RSP:
		*value = registers->saved->rsp + SWITCHED_WORDS * sizeof(u64);
		return true;
	case REG_CS:
		*value = SELECTOR_CODE;
		return true;
	case REG_SS:
		*value = SELECTOR_DATA;
		return true;
	default:
		return false;
	}
}

static bool value_of(const struct debug_registers *registers, u32 n, u64 *value)
{
	*value = 0;
	if (n == REG_GS_BASE)
		*value = registers->cpu_base;
	if (n >= REG_FS_BASE)
		return n < NR_REGISTERS;
	if (n > REG_SS) {
		*value = n == REG_DS || n == REG_ES ? SELECTOR_DATA : 0;
		return n < REG_ST0;
	}
	if (registers->frame) {
		*value = *(const u64 *)((const u8 *)registers->frame + in_frame[n]);
		return true;
	}
	return registers->saved && switched_register(registers, n, value);
}

bool debug_register(const struct debug_registers *registers, u32 n, u8 *bytes)
{
	u64 value;

	if (!value_of(registers, n, &value))
		return false;
	for (size_t i = 0; i < debug_register_size(n); i++)
		bytes[i] = (u8)(value >> 8 * i);
	return true;
}

bool debug_register_set(const struct debug_registers *registers, u32 n, const u8 *bytes)
{
	unsigned long place = switched_place(registers, n);
	u64 value = 0;

	for (size_t i = 0; i < debug_register_size(n) && i < sizeof(value); i++)
		value |= (u64)bytes[i] << 8 * i;
	if (registers->frame && n <= REG_EFLAGS) {
		*(u64 *)((u8 *)registers->frame + in_frame[n]) = value;
		return true;
	}
	return !registers->frame && place && debug_write(place, &value, sizeof(value));
}
