/* descriptor.c: the tables that tell the CPU its segments, its spare stacks and its entry points.
 * SPDX-License-Identifier: MIT
 *
 * Each CPU has a GDT and a TSS of its own, per-CPU variables; all share the IDT. Of the TSS only the
 * interrupt stack table is of use: an exception with an IST number switches to that stack whatever
 * state the current one is in.
 *
 *   NMI             may come between any two instructions, those of a stack switch too
 *   double fault    is what a stack overflow becomes: the page fault cannot be pushed
 *   machine check   may come at any time, in an NMI handler too
 *
 * Each stack serves one exception at a time. The CPU holds NMIs off until the handler's iretq; the
 * other two end in a panic or, a double fault in trap_catch(), in one iretq.
 */
#include <arch/cpu.h>
#include <arch/layout.h>
#include <arch/paging.h>

#include "arch/x86_64/debugger.h"
#include "arch/x86_64/traps.h"
#include "kernel/base/cpu.h"
#include "kernel/core/page.h"
#include "lib/errno.h"

struct tss {
	u32 reserved0;
	u64 rsp[3]; // for entries from user mode: there are none
	u64 reserved1;
	u64 ist[7]; // ist[n - 1] is the top of stack n
	u64 reserved2;
	u16 reserved3;
	u16 io_map; // offset of the I/O permission map; at the limit: there is none
} __packed;
static_assert(sizeof(struct tss) == 104);

/* An interrupt gate: the CPU turns interrupts off on the way in. */
struct gate {
	u16 offset_low;
	u16 selector;
	u16 attributes; // bits 0-2 IST, 8-11 type, 13-14 DPL, 15 present
	u16 offset_middle;
	u32 offset_high;
	u32 reserved;
};
static_assert(sizeof(struct gate) == 16);

#define GATE_INTERRUPT 0x8e00 // present, DPL 0, type 14

/* What lgdt and lidt read. */
struct table_pointer {
	u16 limit;
	u64 base;
} __packed;

/* Base and limit of a 64-bit code or data segment are ignored. The type includes "accessed". */
#define GDT_CODE 0x00af9b000000ffffULL // L (64-bit), present, DPL 0, execute and read
#define GDT_DATA 0x00cf93000000ffffULL // present, DPL 0, read and write
#define GDT_TSS  0x0000890000000000ULL // present, DPL 0, 64-bit TSS, available; base, limit to add

enum { GDT_ENTRIES = SELECTOR_TSS / 8 + 2 }; // the TSS's entry is a double one

static DEFINE_PER_CPU(struct tss, cpu_tss);
static DEFINE_PER_CPU(u64, cpu_gdt[GDT_ENTRIES]);
static struct gate idt[NR_VECTORS] __aligned(16);

/* The boot CPU's stacks (layout.h): a guard page that paging_init() unmaps, then the stack. */
struct boot_stack {
	char guard[BOOT_STACK_GUARD];
	char stack[BOOT_STACK_SIZE];
};
struct boot_stack boot_stacks[NR_BOOT_STACKS] __aligned(PAGE_SIZE);

static_assert(BOOT_STACK_GUARD == PAGE_SIZE && BOOT_STACK_SIZE == STACK_SIZE);
static_assert(NR_BOOT_STACKS == 1 + NR_IST);
static_assert(EFER_NUMBER == MSR_EFER && GS_BASE_NUMBER == MSR_GS_BASE);

#define STATIC_STACK(i)                                                                            \
	{                                                                                          \
		(unsigned long)boot_stacks[i].stack, BOOT_STACK_SIZE                               \
	}

const struct static_stack static_stacks[NR_BOOT_STACKS] = {
	STATIC_STACK(0),
	STATIC_STACK(IST_NMI),
	STATIC_STACK(IST_DOUBLE_FAULT),
	STATIC_STACK(IST_MACHINE_CHECK),
};

static void tss_init_boot(void)
{
	struct tss *tss = this_cpu_ptr(&cpu_tss);

	for (u32 i = 1; i <= NR_IST; i++)
		tss->ist[i - 1] = static_stacks[i].base + static_stacks[i].size;
}

int trap_prepare_cpu(u32 id)
{
	struct tss *tss = per_cpu_ptr(&cpu_tss, id);

	for (u32 i = 0; i < NR_IST; i++) {
		char *stack = stack_alloc();

		if (!stack) {
			while (i-- > 0)
				stack_free((void *)(tss->ist[i] - STACK_SIZE));
			return -ENOMEM;
		}
		tss->ist[i] = (u64)stack + STACK_SIZE;
	}
	return 0;
}

static u32 gate_ist(u32 vector)
{
	switch (vector) {
	case VECTOR_NMI:
		return IST_NMI;
	case VECTOR_DOUBLE_FAULT:
		return IST_DOUBLE_FAULT;
	case VECTOR_MACHINE_CHECK:
		return IST_MACHINE_CHECK;
	default:
		return 0; // the stack that is in use
	}
}

void trap_set_entry(u32 vector, const void *entry)
{
	u64 address = (u64)entry ?: (u64)trap_stubs + vector * TRAP_STUB_SIZE;

	idt[vector] = (struct gate){
		.offset_low = (u16)address,
		.selector = SELECTOR_CODE,
		.attributes = (u16)(GATE_INTERRUPT | gate_ist(vector)),
		.offset_middle = (u16)(address >> 16),
		.offset_high = (u32)(address >> 32),
	};
}

static void idt_init(void)
{
	for (u32 vector = 0; vector < NR_VECTORS; vector++)
		trap_set_entry(vector, NULL);
}

/* Fill in the GDT at @gdt. A TSS descriptor's base and limit lie scattered (SDM vol. 3A, 8.2.3). */
static void gdt_init(u64 *gdt, const struct tss *tss)
{
	u64 base = (u64)tss;

	gdt[0] = 0;
	gdt[SELECTOR_CODE / 8] = GDT_CODE;
	gdt[SELECTOR_DATA / 8] = GDT_DATA;
	gdt[SELECTOR_TSS / 8] = GDT_TSS | (sizeof(*tss) - 1) | (base & 0xffffff) << 16 |
				(base >> 24 & 0xff) << 56;
	gdt[SELECTOR_TSS / 8 + 1] = base >> 32;
}

/* Load the tables, and the segment registers anew from them: cs by a far return. gs is left alone,
 * because loading it would clear its base. */
static void load_tables(const u64 *gdt)
{
	struct table_pointer gdtr = { GDT_ENTRIES * sizeof(*gdt) - 1, (u64)gdt };
	struct table_pointer idtr = { sizeof(idt) - 1, (u64)idt };

	asm volatile("lgdt %0\n\t"
		     "lidt %1\n\t"
		     "pushq %2\n\t"
		     "leaq 1f(%%rip), %%rax\n\t"
		     "pushq %%rax\n\t"
		     "lretq\n"
		     "1:\n\t"
		     "movl %3, %%eax\n\t"
		     "movl %%eax, %%ss\n\t"
		     "movl %%eax, %%ds\n\t"
		     "movl %%eax, %%es\n\t"
		     "movl %4, %%eax\n\t"
		     "ltr %%ax"
		     :
		     : "m"(gdtr), "m"(idtr), "i"(SELECTOR_CODE), "i"(SELECTOR_DATA),
		       "i"(SELECTOR_TSS)
		     : "rax", "memory");
}

void trap_init_cpu(void)
{
	struct tss *tss = this_cpu_ptr(&cpu_tss);
	u64 *gdt = (u64 *)this_cpu_ptr(&cpu_gdt);

	if (raw_smp_processor_id() == 0) {
		tss_init_boot();
		idt_init();
	}
	tss->io_map = sizeof(*tss);
	gdt_init(gdt, tss);
	load_tables(gdt);
	debugger_init_cpu();
	machine_check_init_cpu();
}
