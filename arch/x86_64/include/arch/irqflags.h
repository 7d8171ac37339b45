/* irqflags.h: whether this CPU takes interrupts (the IF bit of RFLAGS).
 * SPDX-License-Identifier: MIT
 *
 * The bare instructions. kernel/base/irqflags.h has the functions of everyday use, which the validator
 * watches.
 */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

#define ARCH_IRQ_FLAG 0x200UL /* RFLAGS.IF */

static __always_inline unsigned long arch_save_flags(void)
{
	unsigned long flags;

	// A register: offered memory too, clang takes it, and puts a stack protector around it.
	asm volatile("pushfq\n\tpopq %0" : "=r"(flags)::"memory");
	return flags;
}

static __always_inline void arch_local_irq_disable(void)
{
	asm volatile("cli" ::: "memory");
}

static __always_inline void arch_local_irq_enable(void)
{
	asm volatile("sti" ::: "memory");
}

static __always_inline bool irqs_disabled_flags(unsigned long flags)
{
	return !(flags & ARCH_IRQ_FLAG);
}

static __always_inline bool irqs_disabled(void)
{
	return irqs_disabled_flags(arch_save_flags());
}

static __always_inline unsigned long arch_local_irq_save(void)
{
	unsigned long flags = arch_save_flags();

	arch_local_irq_disable();
	return flags;
}

/* Turn interrupts on again if they were on when @flags was saved. Testing and `sti` is a fifth of
 * the cost of `popf`, which reloads every flag. */
static __always_inline void arch_local_irq_restore(unsigned long flags)
{
	if (!irqs_disabled_flags(flags))
		arch_local_irq_enable();
}

/*
 * arch_safe_halt - turn interrupts on and wait for one, with nothing between (entry.asm).
 * Never sleeps. Interrupts off; on afterwards. `sti` holds interrupts off until the instruction after it has
 * begun (Intel SDM vol. 2B, STI), so none can slip in before the `hlt`, but after an NMI that came between the
 * two. One that arrives at arch_halt_instruction for that reason returns behind it (trap.c).
 */
void arch_safe_halt(void);
extern const char arch_halt_instruction[];
