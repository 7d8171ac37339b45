/* apic.h: the interrupt controllers: one local APIC in each CPU, I/O APICs for the devices.
 * SPDX-License-Identifier: MIT
 *
 * The local APIC is driven as xAPIC (registers in memory, 8-bit ids) or as x2APIC (registers are
 * MSRs, 32-bit ids); nobody above this header can tell which.
 */
#pragma once

#include "lib/types.h"

struct acpi_info;

/*
 * lapic_init - choose xAPIC or x2APIC, register the error interrupt, and set up the boot CPU's
 * APIC. @acpi is kept; it may hold no CPUs.
 * lapic_init_cpu - set up the calling CPU's APIC in the same mode; its timer is masked.
 * Never sleep. Interrupts off, after trap_init_cpu(); the boot CPU calls the first, the others the
 * second. That there is a local APIC has been seen in start.asm.
 */
void lapic_init(const struct acpi_info *acpi);
void lapic_init_cpu(void);

/* lapic_mode - "xAPIC" or "x2APIC". lapic_max_id - the highest id that this mode can address. */
const char *lapic_mode(void);
u32 lapic_max_id(void);

/* lapic_id - the calling CPU's own id. Caller cannot migrate. lapic_init() came before. */
u32 lapic_id(void);

/*
 * lapic_eoi - the interrupt in service is dealt with. Not for the spurious vector, which was never
 * in service. Never sleeps. Interrupts off.
 */
void lapic_eoi(void);

/* lapic_errors - error interrupts of all CPUs so far. Any context. */
unsigned long lapic_errors(void);

/*
 * lapic_send_ipi - interrupt the CPU whose APIC id is @hw_id at @vector; it may be this one.
 * lapic_send_nmi - the same with an NMI.
 * lapic_send_init, lapic_send_startup - reset it, and start it in real mode at @page, which is
 * page-aligned and below 1 MiB. The delays between them are the caller's.
 * Never sleep. Any context, NMI included. What was stored before is seen by who is interrupted.
 */
void lapic_send_ipi(u32 hw_id, u8 vector);
void lapic_send_nmi(u32 hw_id);
void lapic_send_init(u32 hw_id);
void lapic_send_startup(u32 hw_id, u32 page);

/*
 * lapic_timer_setup - route the calling CPU's timer to @vector; it does not run yet.
 * lapic_timer_start - interrupt once after @ticks ticks (1 to 2^32-1); replaces what was set.
 * lapic_timer_stop - do not interrupt; an interrupt that is already pending still comes.
 * lapic_timer_count - ticks left to go.
 * Never sleep. Interrupts off. The clock (clock.c) knows how long a tick is.
 */
void lapic_timer_setup(u8 vector);
void lapic_timer_start(u32 ticks);
void lapic_timer_stop(void);
u32 lapic_timer_count(void);

/*
 * pic_mask_all - silence the two 8259s that PCs have for compatibility, after moving their vectors
 * away from the exceptions. Never sleeps. Boot CPU, interrupts off.
 */
void pic_mask_all(void);

/*
 * ioapic_init - find the I/O APICs of @acpi, which is kept, and mask all their pins.
 * Never sleeps. Boot CPU, interrupts off.
 */
void ioapic_init(const struct acpi_info *acpi);

/*
 * ioapic_route - deliver the ISA interrupt @irq (0 to 15) at @vector to the CPU with APIC id
 * @hw_id. Pin, polarity and trigger mode are the ones that ACPI gives for it.
 * ioapic_route_nmi - the same as an NMI.
 * Never sleep. Any context but NMI, after ioapic_init(). Return 0, -ENODEV where no I/O APIC has
 * that pin, or -EINVAL for an @hw_id over 254, which an I/O APIC cannot address.
 */
int ioapic_route(u8 irq, u8 vector, u32 hw_id);
int ioapic_route_nmi(u8 irq, u32 hw_id);
