/* panic.c: the report at the end of a run that cannot go on.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   The first CPU to arrive writes the report; `panic_cpu` is how it is chosen:
 *
 *      CPU 0                                   CPU 2
 *      panic(): cmpxchg(NOBODY -> 0) succeeds
 *                                              panic(): cmpxchg fails: says so, parks
 *      takes the console, says why
 *      NMI to CPU 1, 2, 3 ------------------->  (parked, or in the middle of anything)
 *      waits, with a bound                     panic_nmi(): leaves its trap frame, parks [S]
 *      registers, backtrace, locks: its own,
 *      then those of each CPU that stopped
 *
 *   An NMI, because the others may have interrupts off, and because it shows them where they are.
 *   It cannot be told apart from any other NMI, nor need it: in a panic every NMI stops its CPU.
 *   The reason is printed before anything else is tried. Whatever breaks afterwards (the panic
 *   within the panic) adds one line and ends the run, so a panic always ends.
 *   It takes no lock: who holds one may be stopped. Nothing that is read here changes any more,
 *   except on a CPU that did not answer, and that one's state is not read.
 */
#include "kernel/base/irqflags.h"
#include "kernel/core/panic.h"

#include <arch/atomic.h>
#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/smp.h>
#include <arch/trap.h>

#include "kernel/base/hooks.h"
#include "kernel/base/preempt.h"
#include "kernel/base/trace.h"
#include "kernel/core/printk.h"
#include "kernel/debug/trace_dump.h"
#include "lib/format.h"

#define NOBODY NR_CPUS

/* How long all other CPUs together may take to stop: a virtual CPU can be preempted for long. */
#define STOP_PATIENCE_MS 2000

static u32 panic_cpu = NOBODY; /* [a] who writes the report */
static u32 panic_depth;        /* [c] of that CPU: a panic within the panic is 2 */
static char panic_message[512];
static void (*describe_task)(const struct task_struct *task, char *buf, size_t n);  /* [I] */
static void (*panic_filter)(const char *message);                                   /* [a] */
static void (*panic_debugger)(const struct trap_frame *frame, const char *message); /* [I] */

void panic_register_describe(void (*describe)(const struct task_struct *task, char *buf, size_t n))
{
	WRITE_ONCE(describe_task, describe);
}

void panic_set_filter(void (*filter)(const char *message))
{
	WRITE_ONCE(panic_filter, filter);
}

void panic_register_debugger(void (*stop)(const struct trap_frame *frame, const char *message))
{
	WRITE_ONCE(panic_debugger, stop);
}

void panic_ask_filter(const char *message)
{
	void (*filter)(const char *) = READ_ONCE(panic_filter);

	if (filter && !panic_in_progress())
		filter(message);
}

/* A test may be waiting for just this panic; then the filter does not return. A debugger stops here first. */
static void __printf(2, 0) ask_others(const struct trap_frame *frame, const char *fmt, va_list args)
{
	void (*stop)(const struct trap_frame *, const char *) = READ_ONCE(panic_debugger);
	char message[512];
	va_list copy;

	va_copy(copy, args);
	vsnprintf(message, sizeof(message), fmt, copy);
	va_end(copy);
	panic_ask_filter(message);
	local_irq_disable();
	if (stop && !panic_in_progress())
		stop(frame, message);
}

bool panic_in_progress(void)
{
	return READ_ONCE(panic_cpu) != NOBODY;
}

bool panic_nmi(struct trap_frame *frame)
{
	if (!panic_in_progress())
		return false;
	if (READ_ONCE(panic_cpu) == raw_smp_processor_id())
		return true; // a stray one; the report goes on
	// [S] pairs with [S] in wait_until_stopped(): the frame is there to read, and all before
	// it.
	smp_store_release(&this_cpu()->stopped_frame, (void *)frame);
	arch_park();
}

static void wait_until_stopped(const struct cpu *cpu, u32 *patience)
{
	// [S] pairs with [S] in panic_nmi()
	while (!smp_load_acquire(&cpu->stopped_frame) && *patience) {
		clock_delay_ns(1000000);
		(*patience)--;
	}
}

/* One after the other, each with what the ones before it left of the time. */
static void stop_others(void)
{
	u32 patience = STOP_PATIENCE_MS;
	u32 id;

	for_each_online_cpu(id) {
		if (id == raw_smp_processor_id())
			continue;
		smp_send_nmi(id);
		wait_until_stopped(cpu_by_id(id), &patience);
	}
}

void panic_describe_task(const struct task_struct *task, char *buf, size_t n)
{
	void (*describe)(const struct task_struct *, char *, size_t) = READ_ONCE(describe_task);

	if (describe)
		describe(task, buf, n);
	else
		snprintf(buf, n, "thread %px", task);
}

static void print_thread(const struct cpu *cpu)
{
	char text[96] = "no thread yet";

	if (cpu->running)
		panic_describe_task(cpu->running, text, sizeof(text));
	pr_emerg("cpu%u runs: %s%s", cpu->id, text,
		 READ_ONCE(cpu->need_resched) ? "; it was asked to choose anew" : "");
}

void panic_print_held(const struct cpu *cpu)
{
	u32 n = min(READ_ONCE(cpu->nr_held), (u32)CPU_MAX_HELD);

	if (!CONFIG_CHECKED) {
		pr_emerg("spinlocks of cpu%u: not recorded; PROFILE=checked does", cpu->id);
		return;
	}
	if (n == 0)
		pr_emerg("spinlocks of cpu%u: none", cpu->id);
	for (u32 i = 0; i < n; i++) {
		const struct held_spinlock *held = &cpu->held[i];

		if (held->lock)
			pr_emerg("spinlock of cpu%u: %s (%px), taken at %pS", cpu->id,
				 held->name ? held->name : "raw", held->lock, (void *)held->where);
	}
}

/* Its registers, where it was, and its locks; @frame is where it was stopped, or stopped itself. */
static void print_state(const struct cpu *cpu, const struct trap_frame *frame)
{
	trap_print(frame);
	pr_emerg("backtrace of cpu%u:", cpu->id);
	backtrace_print((unsigned long)frame->rip, (unsigned long)frame->rbp);
	panic_print_held(cpu);
}

static void report_this_cpu(const struct trap_frame *frame, u32 count)
{
	print_thread(this_cpu());
	pr_emerg("preempt count %#x, interrupts %s", count,
		 irqs_disabled_flags(frame->rflags) ? "off" : "on");
	print_state(this_cpu(), frame);
}

static void report_other_cpu(const struct cpu *cpu)
{
	// [S] pairs with [S] in panic_nmi()
	const struct trap_frame *frame = smp_load_acquire(&cpu->stopped_frame);

	if (!frame) {
		pr_emerg("cpu%u did not stop: it takes no NMI, or its virtual CPU does not run",
			 cpu->id);
		return;
	}
	print_thread(cpu);
	print_state(cpu, frame);
}

static void __noreturn report(const struct trap_frame *frame, u32 count)
{
	u32 id;

	printk_panic_takeover();
	pr_emerg(REPORT_LINE "\npanic on cpu%u: %s", raw_smp_processor_id(), panic_message);
	stop_others();
	report_this_cpu(frame, count);
	for_each_online_cpu(id) {
		if (id != raw_smp_processor_id())
			report_other_cpu(cpu_by_id(id));
	}
	pr_emerg("What to do: the first backtrace is where it broke, the locks say who took part.");
	pr_emerg("`make debug`, then `break panic` and `continue`, stops there with all in place.");
	pr_emerg(REPORT_LINE);
	if (trace_is_on())
		trace_dump();
	printk_flush();
	machine_exit(VERDICT_PANIC);
}

/* What was to be reported next may be what is broken: say why, and end. */
static void __noreturn __printf(1, 0) panic_within_panic(const char *fmt, va_list args)
{
	if (++panic_depth == 2) {
		vsnprintf(panic_message, sizeof(panic_message), fmt, args);
		pr_emerg("panic within the panic: %s", panic_message);
		printk_flush();
	}
	machine_exit(VERDICT_PANIC);
}

/* This CPU panics too, but another was first: stop as if it had been stopped, which it will be. */
static void __noreturn __printf(2, 0)
	panic_too_late(const struct trap_frame *frame, const char *fmt, va_list args)
{
	char message[128];

	vsnprintf(message, sizeof(message), fmt, args);
	pr_emerg("panic here, too: %s", message);
	// [S] pairs with [S] in wait_until_stopped(). In an NMI's handler no NMI will come for it.
	smp_store_release(&this_cpu()->stopped_frame, (void *)frame);
	arch_park();
}

void panic_vframe(const struct trap_frame *frame, const char *fmt, va_list args)
{
	u32 count = preempt_count();
	u32 first;

	ask_others(frame, fmt, args);
	first = cmpxchg(&panic_cpu, NOBODY, raw_smp_processor_id());
	if (first == raw_smp_processor_id())
		panic_within_panic(fmt, args);
	if (first != NOBODY)
		panic_too_late(frame, fmt, args);
	panic_depth = 1;
	vsnprintf(panic_message, sizeof(panic_message), fmt, args);
	report(frame, count);
}

void panic_frame(const struct trap_frame *frame, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	panic_vframe(frame, fmt, args);
}
