/* ipi.c: interrupts from one CPU to another.
 * SPDX-License-Identifier: MIT
 */
#include <arch/apic.h>
#include <arch/layout.h>
#include <arch/smp.h>
#include <arch/trap.h>

#include "kernel/base/cpu.h"
#include "kernel/base/trace.h"
#include "kernel/core/leak.h"

static_assert(VECTOR_CALL - VECTOR_RESCHEDULE == IPI_CALL - IPI_RESCHEDULE);
static_assert(VECTOR_TIMER_KICK - VECTOR_RESCHEDULE == IPI_TIMER - IPI_RESCHEDULE);
static_assert(VECTOR_IRQ_WORK - VECTOR_RESCHEDULE == IPI_IRQ_WORK - IPI_RESCHEDULE);

static void (*handlers[NR_IPIS])(void); /* [I] */

static u8 ipi_vector(enum smp_ipi ipi)
{
	return (u8)(VECTOR_RESCHEDULE + ipi - IPI_RESCHEDULE);
}

static void ipi_interrupt(struct trap_frame *frame)
{
	void (*handler)(void) = handlers[frame->vector - VECTOR_RESCHEDULE];
	const struct context_mark before = context_mark();

	handler();
	context_check(&before, "IPI handler", handler);
}

void smp_ipi_register(enum smp_ipi ipi, void (*handler)(void))
{
	static const char *const names[NR_IPIS] = { "reschedule", "call", "timer", "irq work" };

	handlers[ipi] = handler;
	irq_register(ipi_vector(ipi), names[ipi], ipi_interrupt);
}

void smp_send_ipi(u32 cpu, enum smp_ipi ipi)
{
	trace_note(TRACE_IPI, NULL, NULL, ipi, cpu);
	lapic_send_ipi(cpu_by_id(cpu)->hw_id, ipi_vector(ipi));
}

void smp_send_nmi(u32 cpu)
{
	lapic_send_nmi(cpu_by_id(cpu)->hw_id);
}
