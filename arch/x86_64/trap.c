/* trap.c: who deals with an exception or an interrupt.
 * SPDX-License-Identifier: MIT
 *
 * The kernel causes no exception on purpose, except inside trap_catch(): any other ends in a panic.
 * Interrupts go to whoever registered for the vector. The end of an interrupt is also where a thread
 * is preempted, after the softirqs that the interrupt raised: if the CPU is wanted and what was interrupted may lose it, the scheduler is called on
 * the interrupted thread's stack, and the interrupt returns when that thread runs again.
 */
#include <arch/apic.h>
#include <arch/bitops.h>
#include <arch/cpu.h>
#include <arch/irqflags.h>
#include <arch/layout.h>
#include <arch/watch.h>

#include "arch/x86_64/debugger.h"
#include "arch/x86_64/traps.h"
#include "kernel/base/bh.h"
#include "kernel/base/quiescent.h"
#include "kernel/base/trace.h"
#include "kernel/core/leak.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "lib/string.h"

static_assert(offsetof(struct trap_frame, rbp) == FRAME_RBP);
static_assert(offsetof(struct trap_frame, rip) == FRAME_RIP);
static_assert(sizeof(struct trap_frame) == FRAME_SIZE);
static_assert(FRAME_SIZE % 16 == 0, "trap_common calls C with an aligned stack");

#define RFLAGS_ALWAYS_ONE 0x2UL
#define NMI_HANDLERS      4

/*
 * [I] set at boot, before the interrupt can come
 */
struct irq_line {
	const char *name;                          /* [I] */
	void (*handler)(struct trap_frame *frame); /* [I] NULL: nobody expects it */
};

static struct irq_line irq_lines[NR_VECTORS];
static void (*preempt_handler)(void);                                /* [I] */
static void (*softirq_handler)(void);                                /* [I] */
static bool (*nmi_handlers[NMI_HANDLERS])(struct trap_frame *frame); /* [I] asked in this order */

static unsigned long irqs_reported[NR_VECTORS / BITS_PER_LONG]; /* a bit for each vector; atomic */
static atomic_t irqs_unexpected;
static atomic_t nmis_unknown;

/* Where trap_catch() goes on after an exception: on its stack, while it runs. */
struct catch_point {
	unsigned long rsp;         /* for trap_resume() */
	u32 count;                 /* the preempt count to go back to */
	int vector;                /* the result */
	unsigned long address;     /* the result: CR2 */
	struct trap_frame frame;   /* the result */
	struct catch_point *outer; /* the one that this one is nested in */
};

/* The innermost catch point of what runs on this CPU: it is steady, since preemption is off. */
static DEFINE_PER_CPU(struct catch_point *, catching);

void irq_register(u8 vector, const char *name, void (*handler)(struct trap_frame *frame))
{
	struct irq_line *line = &irq_lines[vector];

	BUG_ON(vector < VECTOR_FIRST_IRQ || line->handler);
	line->name = name;
	WRITE_ONCE(line->handler, handler);
}

void trap_exit_register(void (*preempt)(void))
{
	BUG_ON(preempt_handler);
	WRITE_ONCE(preempt_handler, preempt);
}

void trap_softirq_register(void (*serve)(void))
{
	BUG_ON(softirq_handler);
	WRITE_ONCE(softirq_handler, serve);
}

void nmi_register(bool (*handler)(struct trap_frame *frame))
{
	u32 n = 0;

	while (nmi_handlers[n])
		BUG_ON(++n == NMI_HANDLERS);
	WRITE_ONCE(nmi_handlers[n], handler);
}

unsigned long irq_unexpected_count(void)
{
	return (unsigned long)atomic_read(&irqs_unexpected);
}

static void irq_unexpected(u64 vector)
{
	atomic_inc(&irqs_unexpected);
	if (!test_and_set_bit((long)vector, irqs_reported))
		pr_warn("irq: nobody expects vector %#llx (said once)", vector);
}

static void irq_call_handler(struct trap_frame *frame)
{
	void (*handler)(struct trap_frame *) = READ_ONCE(irq_lines[frame->vector].handler);
	const struct context_mark before = context_mark();

	if (likely(handler)) {
		handler(frame);
		context_check(&before, "interrupt handler", handler);
	} else if (frame->vector != VECTOR_SPURIOUS) {
		irq_unexpected(frame->vector);
	}
}

/* Count 0 means preemptible and wanted (preempt.h). Code that had interrupts off, and got here by an
 * `int` instruction, is not to be preempted either. */
static bool preempt_here(const struct trap_frame *frame)
{
	return this_cpu_read(cpu_local.preempt_count) == 0 && !irqs_disabled_flags(frame->rflags);
}

/* Not inline: most interrupts raise nothing, and pass by with one test. */
static noinline void serve_softirqs(const struct trap_frame *frame)
{
	void (*serve)(void) = READ_ONCE(softirq_handler);

	if (serve && !in_interrupt() && !irqs_disabled_flags(frame->rflags))
		serve();
}

/*
 * An NMI, or an exception, between `sti` and `hlt` ends the time in which `sti` holds interrupts off:
 *
 *      need_resched? no
 *      sti
 *                      an NMI; meanwhile the reschedule IPI arrives
 *                      iretq
 *                      the IPI is taken: need_resched = 1, and no IPI will come for it again
 *      hlt
 *
 * The interrupt is what the `hlt` waits for: it returns behind it.
 */
static void skip_halt(struct trap_frame *frame)
{
	if (unlikely(frame->rip == (u64)arch_halt_instruction))
		frame->rip++;
}

static void irq_dispatch(struct trap_frame *frame)
{
	void (*preempt)(void) = READ_ONCE(preempt_handler);

	skip_halt(frame);
	preempt_count_add(HARDIRQ_OFFSET);
	this_cpu_inc(cpu_local.nr_irqs);
	trace_note(TRACE_IRQ_ENTER, NULL, irq_lines[frame->vector].name, (u32)frame->rip,
		   (u32)frame->vector);
	irq_call_handler(frame);
	trace_note(TRACE_IRQ_EXIT, NULL, NULL, 0, (u32)frame->vector);
	// A spurious interrupt was never in service: an EOI would end another one.
	if (frame->vector != VECTOR_SPURIOUS)
		lapic_eoi();
	preempt_count_sub(HARDIRQ_OFFSET);
	if (unlikely(local_softirq_pending()))
		serve_softirqs(frame);
	if (preempt && preempt_here(frame))
		preempt();
}

static bool nmi_is_expected(struct trap_frame *frame)
{
	for (u32 n = 0; n < NMI_HANDLERS && READ_ONCE(nmi_handlers[n]); n++) {
		if (nmi_handlers[n](frame))
			return true;
	}
	return false;
}

static void nmi_dispatch(struct trap_frame *frame)
{
	preempt_count_add(NMI_OFFSET);
	if (!nmi_is_expected(frame) && !debugger_is_on()) {
		atomic_inc(&nmis_unknown);
		pr_emerg("nmi: one that nobody asked for, at %pS (%d so far)", (void *)frame->rip,
			 atomic_read(&nmis_unknown));
	}
	preempt_count_sub(NMI_OFFSET);
}

static void (*watch_function)(void); /* [a] */

void trap_watch_call(void (*stored)(void))
{
	WRITE_ONCE(watch_function, stored);
}

/* Was it the code under trap_catch() that caused this exception, not a handler that interrupted it? */
static bool is_caught(const struct catch_point *point)
{
	const u32 handlers = HARDIRQ_MASK | NMI_MASK;

	return point && ((preempt_count() ^ point->count) & handlers) == 0;
}

/* Take notes, and make the exception return to trap_resume() instead. */
static void catch_exception(struct catch_point *point, struct trap_frame *frame)
{
	point->vector = (int)frame->vector;
	point->address = read_cr2();
	point->frame = *frame;
	this_cpu_write(catching, NULL);
	preempt_count_add(point->count - preempt_count());
	frame->rip = (u64)trap_resume;
	frame->rsp = point->rsp;
	frame->rflags = RFLAGS_ALWAYS_ONE;
}

static void exception_dispatch(struct trap_frame *frame)
{
	struct catch_point *point = this_cpu_read(catching);
	void (*stored)(void) = READ_ONCE(watch_function);

	if (frame->vector == VECTOR_WATCH && stored) {
		stored();
		return;
	}
	if (frame->vector == VECTOR_MACHINE_CHECK)
		machine_check_report(frame);
	if (!is_caught(point))
		trap_report(frame);
	catch_exception(point, frame);
}

void trap_dispatch(struct trap_frame *frame)
{
	bool idle = quiescent_interrupt();

	if (frame->vector >= VECTOR_FIRST_IRQ)
		irq_dispatch(frame);
	else if (frame->vector == VECTOR_NMI)
		nmi_dispatch(frame);
	else
		exception_dispatch(frame);
	quiescent_resume(idle);
}

void trap_debug_dispatch(struct trap_frame *frame)
{
	if (!debugger_trap(frame))
		trap_dispatch(frame);
}

int trap_catch(void (*fn)(void *arg), void *arg, struct trap_frame *caught, unsigned long *address)
{
	struct catch_point point = { .vector = -1 };

	preempt_disable();
	point.count = preempt_count();
	point.outer = this_cpu_read(catching);
	this_cpu_write(catching, &point);
	trap_call(fn, arg, &point.rsp);
	this_cpu_write(catching, point.outer);
	preempt_enable();
	if (caught)
		*caught = point.frame;
	if (address)
		*address = point.address;
	return point.vector;
}

const char *trap_name(u64 vector)
{
	static const char *const exceptions[VECTOR_FIRST_IRQ] = {
		[0] = "divide error",
		[VECTOR_WATCH] = "debug exception",
		[VECTOR_NMI] = "non-maskable interrupt",
		[VECTOR_BREAKPOINT] = "breakpoint",
		[4] = "overflow",
		[5] = "bound range exceeded",
		[6] = "invalid opcode",
		[7] = "x87 or SSE instruction",
		[VECTOR_DOUBLE_FAULT] = "double fault",
		[9] = "coprocessor segment overrun",
		[10] = "invalid TSS",
		[11] = "segment not present",
		[12] = "stack-segment fault",
		[13] = "general protection fault",
		[VECTOR_PAGE_FAULT] = "page fault",
		[16] = "x87 floating-point error",
		[17] = "alignment check",
		[VECTOR_MACHINE_CHECK] = "machine check",
		[19] = "SIMD floating-point exception",
		[20] = "virtualization exception",
		[21] = "control-protection exception",
		[28] = "hypervisor injection exception",
		[29] = "VMM communication exception",
		[30] = "security exception",
	};
	const char *name = NULL;

	if (vector < ARRAY_SIZE(exceptions))
		name = exceptions[vector];
	else if (vector < NR_VECTORS)
		name = irq_lines[vector].name;
	return name ? name : "unknown vector";
}
