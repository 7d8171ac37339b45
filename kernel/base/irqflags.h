/* irqflags.h: turning this CPU's interrupts off and on, watched by the lock validator.
 * SPDX-License-Identifier: MIT
 *
 * local_irq_disable, local_irq_enable - take no interrupts from here; take them again.
 * local_irq_save, local_irq_restore - the same, and back to what was before. `flags` belongs to one function.
 * Never sleep. Any context; interrupts that are turned on may come at once.
 */
#pragma once

#include <arch/irqflags.h>

#include "kernel/base/hooks.h"

static __always_inline void local_irq_disable(void)
{
	arch_local_irq_disable();
}

static __always_inline void local_irq_enable(void)
{
	hook_irqs_on();
	arch_local_irq_enable();
}

#define local_irq_save(flags) ((flags) = arch_local_irq_save())

static __always_inline void local_irq_restore(unsigned long flags)
{
	hook_irq_restore();
	if (!irqs_disabled_flags(flags))
		local_irq_enable();
}
