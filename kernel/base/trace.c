/* trace.c: writing down what happens, on each CPU for itself.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Who looks for a race must not put it right by looking: a lock around the notes would bring the CPUs into
 *   line. So each CPU has a ring of its own, and writes there without asking anybody:
 *
 *        this CPU                                     an interrupt, or an NMI, in between
 *        interrupts off: it stays on this CPU
 *        slot = head++       [one instruction]
 *                                                     slot' = head++, another one
 *        kind = NONE, fills the slot                  fills slot', kind = what it is
 *        kind = what it is, last
 *
 *   `head` is moved by one instruction of this CPU, which an NMI comes before or after. Interrupts could come too;
 *   they are off all the same, because an interrupt may end in another thread, and this one go on elsewhere.
 *   The ring is written over from its oldest record on: what is there at the end of a run, or at a panic, is
 *   the time before that. Nobody reads it before all CPUs have stopped writing (trace_stop()), but after
 *   a panic: then a record that was being written says NONE, or is still the old one.
 *
 *   Time is clock_ns(), which never runs backwards from one CPU to another: what was seen before, is before.
 *   It does not: keep text or names that may go away. A record's `name` is a string constant; a thread's
 *   name is kept aside. What it costs, off and on: `make bench`.
 */
#include "kernel/base/trace.h"

#include <arch/clock.h>
#include <arch/irqflags.h>

#include "kernel/base/cpu.h"
#include "kernel/base/preempt.h"
#include "lib/format.h"
#include "lib/math.h"
#include "lib/string.h"

#if CONFIG_CHECKED

u32 trace_on;

DEFINE_PER_CPU(struct trace_ring, trace_ring);

/* [a] each written by who makes the thread; a slot is another thread's after TRACE_THREADS of them */
struct trace_thread trace_threads[TRACE_THREADS];

void trace_thread(int pid, const char *name)
{
	struct trace_thread *thread = &trace_threads[(u32)pid % TRACE_THREADS];

	thread->pid = pid;
	strscpy(thread->name, name, sizeof(thread->name));
}

static u8 context_flags(void)
{
	return (u8)((in_serving_softirq() ? TRACE_IN_SOFTIRQ : 0) |
		    (in_hardirq() ? TRACE_IN_HARDIRQ : 0) | (in_nmi() ? TRACE_IN_NMI : 0));
}

/* The first of @n slots in a row. Interrupts are off. */
static u64 claim(u32 n)
{
	return this_cpu_add_return(trace_ring.head, n) - n;
}

static struct trace_record *slot(struct trace_ring *ring, u64 number)
{
	struct trace_record *record = &ring->records[number & (TRACE_RECORDS - 1)];

	WRITE_ONCE(record->kind, TRACE_NONE);
	barrier();
	return record;
}

static void finish(struct trace_record *record, enum trace_kind kind)
{
	barrier(); // An NMI's panic on this CPU finds it whole, or NONE.
	WRITE_ONCE(record->kind, (u8)kind);
}

static void fill(struct trace_ring *ring, struct trace_record *record, enum trace_kind kind)
{
	record->ns = clock_ns();
	record->pid = ring->pid;
	record->flags = context_flags();
	finish(record, kind);
}

void trace_record(enum trace_kind kind, const void *object, const char *name, u32 arg, u32 value)
{
	unsigned long flags = arch_local_irq_save();
	struct trace_ring *ring = this_cpu_ptr(&trace_ring);
	struct trace_record *record;

	if (likely(ring->records)) {
		record = slot(ring, claim(1));
		record->object = (u64)object;
		record->name = (u32)(unsigned long)name;
		record->arg = arg;
		record->value = (u16)value;
		fill(ring, record, kind);
	}
	arch_local_irq_restore(flags);
}

void trace_mark(const char *fmt, ...)
{
	unsigned long flags, where = (unsigned long)__builtin_return_address(0);
	char text[TRACE_TEXT_MAX + TRACE_TEXT_SIZE] = "";
	struct trace_record *mark;
	struct trace_ring *ring;
	va_list args;
	u32 n, i;
	u64 first;

	va_start(args, fmt);
	n = (u32)vscnprintf(text, TRACE_TEXT_MAX + 1, fmt, args);
	va_end(args);
	n = DIV_ROUND_UP(n, TRACE_TEXT_SIZE);
	flags = arch_local_irq_save();
	ring = this_cpu_ptr(&trace_ring);
	if (likely(ring->records)) {
		first = claim(n + 1);
		for (i = 0; i < n; i++) {
			struct trace_record *record = slot(ring, first + 1 + i);

			memcpy(record, text + i * TRACE_TEXT_SIZE, TRACE_TEXT_SIZE);
			finish(record, TRACE_TEXT);
		}
		mark = slot(ring, first);
		mark->object = 0;
		mark->name = 0;
		mark->arg = (u32)where;
		mark->value = (u16)n;
		fill(ring, mark, TRACE_MARK);
	}
	arch_local_irq_restore(flags);
}

#endif
