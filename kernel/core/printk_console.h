/* printk_console.h: the half of printk() that takes lines out of the ring, for the other half.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/atomic.h>

#include "kernel/base/cpu.h"
#include "kernel/base/irqflags.h"
#include "lib/types.h"

/* Where waiting must end: how many times to look again, each with about a microsecond between. */
#define PRINTK_PATIENCE 200000

/* CPUs that wait until lines of theirs fit into the ring, and print meanwhile. */
extern atomic_t printk_waiting;

/* [c] Sections of printk() that this CPU is inside of. They are entered with interrupts off, so
 * more than none means: whoever asks interrupted one, and it does not go on before he returns. */
DECLARE_PER_CPU(u32, printk_depth);

static inline unsigned long printk_section_enter(void)
{
	unsigned long flags = arch_local_irq_save();

	this_cpu_inc(printk_depth);
	return flags;
}

static inline void printk_section_leave(unsigned long flags)
{
	this_cpu_dec(printk_depth);
	local_irq_restore(flags);
}

/*
 * console_print_one - print one line, if one is whole and nobody else is printing.
 * console_print_all - print what is recorded, except what somebody else is bound to print. Lines
 * below the place @own are the caller's, and are printed or in other hands on return.
 * Never sleep. Any context.
 * The former returns false when there was nothing to print or the console was taken.
 */
bool console_print_one(void);
void console_print_all(u64 own);

/* console_is_lost - another CPU panics, and has the console for good. Any context. */
bool console_is_lost(void);

/* printk_count_dropped - @n lines are lost; the next one recorded will tell. Any context. */
void printk_count_dropped(u32 n);
