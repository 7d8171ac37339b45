/* preempt.h: the count that says whether this CPU may switch threads, and in which context it is.
 * SPDX-License-Identifier: MIT
 *
 *    31            23..20   19..16    15..8     7..0
 *   +--+----------+------+---------+---------+---------+
 *   |!R|          | NMI  | hardirq | softirq | preempt |     %gs:8, one word per CPU
 *   +--+----------+------+---------+---------+---------+
 *
 * Bit 31 is *clear* when a reschedule is wanted, so that the whole word is zero exactly when the CPU
 * is preemptible and should be preempted: preempt_enable() is one `dec` and one branch. (Linux has
 * the same encoding on x86, since 3.13.) The word belongs to the CPU and not to the thread: every
 * switch happens with the same count, so nothing has to be saved.
 */
#pragma once

#include "kernel/base/cpu.h"
#include "kernel/base/upcalls.h"

#define PREEMPT_OFFSET 0x00000001U
#define SOFTIRQ_OFFSET 0x00000100U
#define HARDIRQ_OFFSET 0x00010000U
#define NMI_OFFSET     0x00100000U

#define PREEMPT_MASK 0x000000ffU
#define SOFTIRQ_MASK 0x0000ff00U
#define HARDIRQ_MASK 0x000f0000U
#define NMI_MASK     0x00f00000U

#define PREEMPT_NOT_WANTED 0x80000000U /* set: nobody wants a reschedule */

/* While a CPU boots, and inside schedule(): preemption is off once. */
#define PREEMPT_COUNT_BOOT (PREEMPT_NOT_WANTED | PREEMPT_OFFSET)

/* The count alone, without the reschedule bit. Any context. */
static __always_inline u32 preempt_count(void)
{
	return this_cpu_read(cpu_local.preempt_count) & ~PREEMPT_NOT_WANTED;
}

static __always_inline void preempt_count_add(u32 n)
{
	this_cpu_add(cpu_local.preempt_count, n);
}

static __always_inline void preempt_count_sub(u32 n)
{
	this_cpu_add(cpu_local.preempt_count, -n);
}

/* Stay on this CPU, and let no other thread run on it, until the matching preempt_enable(). */
static __always_inline void preempt_disable(void)
{
	asm volatile("incl %%gs:%0" : "+m"(cpu_local.preempt_count)::"memory", "cc");
}

static __always_inline void preempt_enable_no_resched(void)
{
	asm volatile("decl %%gs:%0" : "+m"(cpu_local.preempt_count)::"memory", "cc");
}

static __always_inline bool preempt_count_dec_and_test(void)
{
	bool zero;

	asm volatile("decl %%gs:%0" : "+m"(cpu_local.preempt_count), "=@ccz"(zero)::"memory");
	return zero;
}

static __always_inline void preempt_enable(void)
{
	if (unlikely(preempt_count_dec_and_test()))
		preempt_schedule();
}

/* Note in the count, or take back, that this CPU should reschedule. Caller is on that CPU. */
static __always_inline void preempt_fold_need_resched(void)
{
	asm volatile("andl %1, %%gs:%0"
		     : "+m"(cpu_local.preempt_count)
		     : "ir"(~PREEMPT_NOT_WANTED)
		     : "memory", "cc");
}

static __always_inline void preempt_clear_need_resched(void)
{
	asm volatile("orl %1, %%gs:%0"
		     : "+m"(cpu_local.preempt_count)
		     : "ir"(PREEMPT_NOT_WANTED)
		     : "memory", "cc");
}

/* Whether this CPU was asked to choose its thread anew. Any context. */
static __always_inline bool need_resched(void)
{
	return this_cpu_read(cpu_local.need_resched);
}

/* In which context are we? Of the softirq bits the lowest says that one is being served; keeping them
 * off (bh.h) adds two of it. So in_softirq() holds for both, in_serving_softirq() for the first only. As on
 * Linux all but in_task() are the bits themselves, unsigned long. */
#define hardirq_count()      ((unsigned long)preempt_count() & HARDIRQ_MASK)
#define softirq_count()      ((unsigned long)preempt_count() & SOFTIRQ_MASK)
#define irq_count()          (in_nmi() | hardirq_count() | softirq_count())
#define in_nmi()             ((unsigned long)preempt_count() & NMI_MASK)
#define in_hardirq()         hardirq_count()
#define in_irq()             in_hardirq()
#define in_softirq()         softirq_count()
#define in_serving_softirq() ((unsigned long)preempt_count() & SOFTIRQ_OFFSET)
#define in_interrupt()       irq_count()
#define in_task()            ((preempt_count() & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET)) == 0)
#define in_atomic()          (preempt_count() != 0)
#define preemptible()        (preempt_count() == 0 && !irqs_disabled())

/*
 * The number of this CPU; caller has preemption or interrupts off, or may run on no other CPU. If not, the number may be
 * another's at once. To a module's code that is noted, once per place; and this_cpu_ptr() there is misuse.
 * note_number, check_stays - say so of the caller, unless *@told. Any context.
 * stays_here_register - who says whether this thread may run on no other CPU. Boot, once.
 */
#if CONFIG_CHECKED
void note_number(bool *told);
void check_stays(bool *told);
void stays_here_register(bool (*is_bound)(void));
#else
#define stays_here_register(is_bound) ((void)(is_bound))
#endif
#if CONFIG_CHECKED && defined(MODULE)
#define smp_processor_id()                                                                         \
	({                                                                                         \
		static bool __told;                                                                \
		note_number(&__told);                                                              \
		raw_smp_processor_id();                                                            \
	})
#undef this_cpu_ptr
#define this_cpu_ptr(ptr)                                                                          \
	({                                                                                         \
		static bool __told;                                                                \
		check_stays(&__told);                                                              \
		(typeof(ptr))percpu_address((ptr), this_percpu_base());                            \
	})
#else
#define smp_processor_id() raw_smp_processor_id()
#endif

/* Stay on this CPU and learn its number. */
static __always_inline u32 get_cpu(void)
{
	preempt_disable();
	return raw_smp_processor_id();
}

static __always_inline void put_cpu(void)
{
	preempt_enable();
}
