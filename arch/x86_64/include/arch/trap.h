/* trap.h: exceptions and interrupts, as they arrive.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

/* What entry.asm pushes, lowest address first; the last five are the CPU's own push. */
struct trap_frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 rbp, rdi, rsi, rdx, rcx, rbx, rax;
	u64 vector, error;
	u64 rip, cs, rflags, rsp, ss;
};

/*
 * trap_prepare_cpu - allocate the stacks on which CPU @id, not 0, will take NMIs, double faults and
 * machine checks. CPU 0 has static ones.
 * Never sleeps. Boot CPU, after page_init() and cpu_area_init() of @id, before that CPU runs.
 * Returns 0 or -ENOMEM, with nothing allocated.
 */
int trap_prepare_cpu(u32 id);

/*
 * trap_init_cpu - load this CPU's descriptor tables: GDT, TSS with its stacks for NMI, double fault
 * and machine check, and the IDT that all share.
 * Never sleeps. Interrupts off. CPU 0 first; on another CPU, after trap_prepare_cpu() for it.
 */
void trap_init_cpu(void);

/*
 * irq_register - who is called for interrupt @vector, in interrupt context with interrupts off and
 * the APIC not yet told: the entry code does that afterwards.
 * Never sleeps. Boot only, once a vector. @name is for the log and the shell.
 */
void irq_register(u8 vector, const char *name, void (*handler)(struct trap_frame *frame));

/* irq_unexpected_count - interrupts so far that nobody is registered for. Any context. */
unsigned long irq_unexpected_count(void);

/*
 * trap_exit_register - who is called when an interrupt is about to return to code that may be
 * preempted and this CPU is wanted: the scheduler. Interrupts are off.
 * Never sleeps. Boot only, once.
 */
void trap_exit_register(void (*preempt)(void));

/*
 * trap_softirq_register - who is called at the end of the outermost interrupt, before the above, when
 * softirqs are pending on this CPU and not kept off. Interrupts are off, before and after.
 * Never sleeps. Boot only, once.
 */
void trap_softirq_register(void (*serve)(void));

/*
 * nmi_register - one more who is asked about an NMI (on the NMI stack, nothing may be taken for
 * granted), after those that were registered before.
 * Never sleeps. One CPU at a time. @handler returns false if the NMI was none of its own.
 */
void nmi_register(bool (*handler)(struct trap_frame *frame));

/*
 * trap_catch - run @fn(@arg), and if it causes an exception, end it there. An exception in an
 * interrupt handler that comes meanwhile, and a machine check, panic as ever.
 * Never sleeps. Thread or boot context; holds preemption off; caller holds nothing that @fn takes.
 * Returns the exception's vector, or -1 if there was none; *@caught, if not NULL, is its frame and
 * *@address, if not NULL, the faulting address of a page fault or of the double fault that a stack
 * overflow is. The preempt count and the interrupt flag are then what they were before the call. For
 * tests, and for probing hardware.
 */
int trap_catch(void (*fn)(void *arg), void *arg, struct trap_frame *caught, unsigned long *address);

/*
 * trap_watch_call - have @stored called right after a store, or before an instruction, that is watched (watch.h),
 *   with interrupts off, in the middle of what made it, which then goes on; NULL: it is an exception like others.
 * Never sleeps. Any context; nothing is watched. For tests.
 */
void trap_watch_call(void (*stored)(void));

/* trap_name - the name of exception @vector, e.g. "page fault", or an interrupt's. Any context. */
const char *trap_name(u64 vector);

/* trap_print - print the registers of @frame, one printk a line. Any context. */
void trap_print(const struct trap_frame *frame);

/*
 * backtrace - the return addresses of the frame that @rbp points to and of those above it.
 * Never sleeps. Any context: every address is checked against the known stacks before it is read.
 * Returns how many of @n were filled.
 */
unsigned int backtrace(unsigned long rbp, unsigned long *addresses, unsigned int n);
