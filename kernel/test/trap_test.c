/* trap_test.c: exceptions caused on purpose: which one, where, and what the machine says of it.
 * SPDX-License-Identifier: MIT
 *
 * The instructions are written out, so that it is known at which address each must fault. What this
 * file knows of the machine is in them and in the table's vectors and error codes.
 */
#include <arch/trap.h>

#include "kernel/core/page.h"
#include "kernel/test/sched_test.h"

#define DIVIDE_ERROR       0
#define BREAKPOINT         3
#define INVALID_OPCODE     6
#define NO_COPROCESSOR     7
#define DOUBLE_FAULT       8
#define GENERAL_PROTECTION 13
#define PAGE_FAULT         14

/* Bits of a page fault's error code; none: a read of a page that is not there. */
#define FAULT_PRESENT 1
#define FAULT_WRITE   2
#define FAULT_FETCH   16

/* void f(void *arg): the instruction at f_at is the one that faults. arg arrives in rdi. */
#define FAULTING(name, before, instruction)                                                        \
	asm(".text\n" #name ":\n\t" before "\n" #name "_at:\n\t" instruction "\n\tret\n");         \
	void name(void *arg);                                                                      \
	extern char name##_at[]

FAULTING(fault_divide, "xorl %edx, %edx; xorl %ecx, %ecx; movl $1, %eax", "divl %ecx");
FAULTING(fault_opcode, "", "ud2");
FAULTING(fault_x87, "", "fnop");
FAULTING(fault_read, "", "movq (%rdi), %rax");
FAULTING(fault_write, "", "movq $0, (%rdi)");
FAULTING(fault_nothing, "", "nop");
FAULTING(fault_irqs_off, "cli", "ud2");

struct fault {
	void (*fn)(void *arg);
	const char *at;
	void *arg;
	int vector;
	u64 error;
};

static void check_fault(const struct fault *fault)
{
	unsigned long address = 0;
	struct trap_frame frame;

	EXPECT_EQ(trap_catch(fault->fn, fault->arg, &frame, &address), fault->vector);
	EXPECT_EQ(frame.vector, fault->vector);
	EXPECT_EQ(frame.rip, fault->at);
	EXPECT_EQ(frame.error, fault->error);
	if (fault->vector == PAGE_FAULT)
		EXPECT_EQ(address, fault->arg);
	EXPECT_EQ(preempt_count(), 0);
	EXPECT(!irqs_disabled());
}

static int cause_faults(void *unused)
{
	// An address that is no sign extension of its lower 48 bits is no address at all.
	const struct fault faults[] = {
		{ fault_divide, fault_divide_at, NULL, DIVIDE_ERROR, 0 },
		{ fault_opcode, fault_opcode_at, NULL, INVALID_OPCODE, 0 },
		{ fault_x87, fault_x87_at, NULL, NO_COPROCESSOR, 0 },
		{ fault_read, fault_read_at, (void *)(1UL << 63), GENERAL_PROTECTION, 0 },
		{ fault_read, fault_read_at, NULL, PAGE_FAULT, 0 },
		{ fault_read, fault_read_at, (void *)0xff8, PAGE_FAULT, 0 },
		{ fault_write, fault_write_at, (void *)0x10, PAGE_FAULT, FAULT_WRITE },
		{ fault_irqs_off, fault_irqs_off_at, NULL, INVALID_OPCODE, 0 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(faults); i++)
		check_fault(&faults[i]);
	EXPECT_EQ(trap_catch(fault_nothing, NULL, NULL, NULL), -1);
	return 1;
}

TEST(trap_exceptions)
{
	EXPECT_EQ(test_run_on_cpus(cause_faults, NULL), num_online_cpus());
}

/* A breakpoint is a trap: the address is that of the next instruction. */
FAULTING(fault_breakpoint, "", "int3");

TEST(trap_breakpoint)
{
	struct trap_frame frame;

	EXPECT_EQ(trap_catch(fault_breakpoint, NULL, &frame, NULL), BREAKPOINT);
	EXPECT_EQ(frame.rip, fault_breakpoint_at + 1);
}

/* ---- The guard pages of stacks --------------------------------------------------------------------- */

TEST(trap_guard_page)
{
	char *stack = stack_alloc();

	REQUIRE(stack);
	check_fault(
		&(struct fault){ fault_write, fault_write_at, stack - 8, PAGE_FAULT, FAULT_WRITE });
	check_fault(&(struct fault){ fault_read, fault_read_at, stack - PAGE_SIZE, PAGE_FAULT, 0 });
	EXPECT_EQ(trap_catch(fault_read, stack, NULL, NULL), -1);
	stack_free(stack);
}

/* Push until the stack is over. The page fault cannot be pushed either: it becomes a double fault. With
 * interrupts off, or a handler could be the one who has no room. */
FAULTING(fault_overflow, "cli\n1:", "pushq $0\n\tjmp 1b");

static int overflow_stack(void *unused)
{
	unsigned long *lowest = current->stack;
	unsigned long kept = *lowest; // stack_free() looks at it
	unsigned long address = 0, base = 0;
	struct trap_frame frame;

	EXPECT_EQ(trap_catch(fault_overflow, NULL, &frame, &address), DOUBLE_FAULT);
	EXPECT_EQ(frame.rip, fault_overflow_at);
	EXPECT_EQ(stack_place(address, &base), STACK_GUARD);
	EXPECT_EQ(base, current->stack);
	EXPECT(!irqs_disabled() && preempt_count() == 0);
	EXPECT_EQ(*lowest, 0);
	*lowest = kept;
	return 1;
}

TEST(trap_stack_overflow)
{
	EXPECT_EQ(test_run_on_cpus(overflow_stack, NULL), num_online_cpus());
}

/* ---- What is caught, and by whom ------------------------------------------------------------------- */

static void fault_inside(void *inner)
{
	*(int *)inner = trap_catch(fault_opcode, NULL, NULL, NULL);
	fault_read(NULL);
}

TEST(trap_catch_nests)
{
	int inner = 0;

	EXPECT_EQ(trap_catch(fault_inside, &inner, NULL, NULL), PAGE_FAULT);
	EXPECT_EQ(inner, INVALID_OPCODE);
}

static void fault_in_preempt_disable(void *unused)
{
	preempt_disable();
	preempt_disable();
	fault_opcode(NULL);
}

TEST(trap_catch_restores_count)
{
	EXPECT_EQ(trap_catch(fault_in_preempt_disable, NULL, NULL, NULL), INVALID_OPCODE);
	EXPECT_EQ(preempt_count(), 0);
	preempt_disable();
	EXPECT_EQ(trap_catch(fault_in_preempt_disable, NULL, NULL, NULL), INVALID_OPCODE);
	EXPECT_EQ(preempt_count(), PREEMPT_OFFSET);
	preempt_enable();
}
