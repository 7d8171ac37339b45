/* trap_report.c: an exception in words, in registers and in return addresses.
 * SPDX-License-Identifier: MIT
 */
#include <arch/cpu.h>
#include <arch/layout.h>
#include <arch/paging.h>

#include "arch/x86_64/traps.h"
#include "kernel/core/page.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/slab.h"

/* A page fault's error code (Intel SDM vol. 3A, figure 4-12). */
#define FAULT_PRESENT  BIT(0) // the page is there, and does not allow this
#define FAULT_WRITE    BIT(1)
#define FAULT_RESERVED BIT(3) // a page-table entry has a bit set that must be 0
#define FAULT_FETCH    BIT(4)

/* Of a backtrace: an NMI, a double fault and a machine check can be on three stacks above the first. */
#define MAX_STACK_CHANGES NR_IST

/* Where a pointer that is NULL, or an offset in one that is, may lead: page 0 is not mapped. A
 * per-CPU variable's bare address is an offset too. */
#define NULL_ZONE LOW_MEMORY_END

static const char *fault_reason(u64 error)
{
	if (error & FAULT_RESERVED)
		return "a broken page-table entry";
	if (!(error & FAULT_PRESENT))
		return "nothing is mapped there";
	if (error & FAULT_FETCH)
		return "it is data, not code";
	if (error & FAULT_WRITE)
		return "it is read-only";
	return "it may not be read";
}

static const char *fault_access(u64 error)
{
	if (error & FAULT_FETCH)
		return "execution at";
	return error & FAULT_WRITE ? "write to" : "read of";
}

/* Panic if @address is in the unmapped page under some stack. */
static void report_guard_page(const struct trap_frame *frame, unsigned long address)
{
	unsigned long base;

	if (stack_place(address, &base) != STACK_GUARD)
		return;
	panic_frame(frame, "%s: stack overflow: %#lx is in the guard page of the stack %#lx-%#lx",
		    trap_name(frame->vector), address, base, base + STACK_SIZE);
}

static void __noreturn report_page_fault(const struct trap_frame *frame)
{
	unsigned long address = read_cr2();

	report_guard_page(frame, address);
	panic_frame(frame, "page fault: %s %#lx: %s%s", fault_access(frame->error), address,
		    fault_reason(frame->error),
		    address < NULL_ZONE ? " (a NULL pointer, or a bare per-CPU variable?)" : "");
}

/* A page fault that cannot be pushed, because the stack is what faults, becomes a double fault: CR2
 * still is the address. */
static void __noreturn report_double_fault(const struct trap_frame *frame)
{
	report_guard_page(frame, read_cr2());
	report_guard_page(frame, (unsigned long)frame->rsp);
	panic_frame(frame, "double fault: rsp %#llx, CR2 %#lx", frame->rsp, read_cr2());
}

/* Whether a register holds what memory that was freed is filled with. */
static bool holds_poison(const struct trap_frame *frame)
{
	const u64 held[] = { frame->rax, frame->rbx, frame->rcx, frame->rdx, frame->rsi,
			     frame->rdi, frame->r8,  frame->r9,  frame->r10, frame->r11,
			     frame->r12, frame->r13, frame->r14, frame->r15 };

	for (u32 i = 0; i < ARRAY_SIZE(held); i++) {
		if (slab_is_poison(held[i]))
			return true;
	}
	return false;
}

void trap_report(const struct trap_frame *frame)
{
	switch (frame->vector) {
	case VECTOR_PAGE_FAULT:
		report_page_fault(frame);
	case VECTOR_DOUBLE_FAULT:
		report_double_fault(frame);
	case VECTOR_PROTECTION:
		if (holds_poison(frame))
			panic_frame(
				frame,
				"%s: a pointer was followed that was read in memory that was freed (0x6b), or that nobody has "
				"written to (0xa5), at %pS",
				trap_name(frame->vector), (void *)frame->rip);
		fallthrough;
	default:
		// The error code, if there is one, is a selector; 0 says "not that of a segment".
		panic_frame(frame, "%s (vector %llu, error code %#llx)", trap_name(frame->vector),
			    frame->vector, frame->error);
	}
}

void trap_print(const struct trap_frame *frame)
{
	pr_emerg("rip %016llx %pS", frame->rip, (void *)frame->rip);
	pr_emerg("rsp %016llx rflags %08llx cs %04llx ss %04llx", frame->rsp, frame->rflags,
		 frame->cs, frame->ss);
	pr_emerg("rax %016llx rbx %016llx rcx %016llx", frame->rax, frame->rbx, frame->rcx);
	pr_emerg("rdx %016llx rsi %016llx rdi %016llx", frame->rdx, frame->rsi, frame->rdi);
	pr_emerg("rbp %016llx r8  %016llx r9  %016llx", frame->rbp, frame->r8, frame->r9);
	pr_emerg("r10 %016llx r11 %016llx r12 %016llx", frame->r10, frame->r11, frame->r12);
	pr_emerg("r13 %016llx r14 %016llx r15 %016llx", frame->r13, frame->r14, frame->r15);
	// A CPU that an NMI has stopped caused nothing, and its cr2 is not ours to read; nor did a call.
	if (frame->vector == VECTOR_NMI || frame->vector == VECTOR_NONE)
		return;
	pr_emerg("cr2 %016lx cr3 %016lx vector %llu (%s) error %#llx", read_cr2(), read_cr3(),
		 frame->vector, trap_name(frame->vector), frame->error);
}

/* A va_list in memory (System V ABI, AMD64 supplement, 3.5.7). */
struct va_list_image {
	u32 gp_offset;
	u32 fp_offset;
	void *overflow_arg_area;
	const void *reg_save_area;
};
static_assert(sizeof(struct va_list_image) == sizeof(va_list));

/* panic()'s arguments: @args the six in registers, of which fmt is the first, @more the others. */
void panic_called(const struct trap_frame *frame, const u64 *args, void *more)
{
	struct va_list_image list = { .gp_offset = sizeof(*args),
				      .fp_offset = 6 * sizeof(*args),
				      .overflow_arg_area = more,
				      .reg_save_area = args };

	panic_vframe(frame, (const char *)args[0], *(va_list *)&list);
}

/* Whether the two words of a frame at @rbp can be read; *@stack is then the stack they are in. */
static bool is_frame(unsigned long rbp, unsigned long *stack)
{
	unsigned long last;

	return IS_ALIGNED(rbp, sizeof(rbp)) && stack_place(rbp, stack) == STACK_INSIDE &&
	       stack_place(rbp + sizeof(rbp), &last) == STACK_INSIDE && last == *stack;
}

/*
 * On one stack, callers are always higher up; else what was read is no frame. From an NMI or a
 * double fault's stack the way leads to another stack, but a few times at most, so this ends. Another
 * thread's stack may change while it is read: then the addresses are wrong, but every read is safe.
 */
unsigned int backtrace(unsigned long rbp, unsigned long *addresses, unsigned int n)
{
	unsigned long stack = 0, last_stack = 0, last_rbp = 0;
	unsigned int count = 0, changes = 0;

	while (count < n && is_frame(rbp, &stack)) {
		const unsigned long *frame = (const unsigned long *)rbp;

		if (stack == last_stack && rbp <= last_rbp)
			break;
		if (stack != last_stack && changes++ > MAX_STACK_CHANGES)
			break;
		addresses[count++] = READ_ONCE(frame[1]);
		last_stack = stack;
		last_rbp = rbp;
		rbp = READ_ONCE(frame[0]);
	}
	return count;
}
