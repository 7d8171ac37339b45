/* smp.h: the other CPUs: starting them, interrupting them.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

struct acpi_info;

/*
 * smp_prepare - give every CPU that @acpi names a struct cpu, stacks and descriptor tables.
 * Never sleeps. Boot CPU, interrupts off, memory allocator up, lapic_init() done. The boot CPU
 * stays CPU 0 wherever it stands in the table. CPUs there is no memory for, whose id the local APIC
 * cannot address, or that are beyond NR_CPUS are reported and left out.
 */
void smp_prepare(const struct acpi_info *acpi);

/* smp_limit - smp_prepare() prepares no more than @cpus, at least one. Never sleeps. Boot CPU, before machine_init(). */
void smp_limit(u32 cpus);

/*
 * smp_start_all - start all other CPUs at the same time, and wait, with a bound, until they are up.
 * Never sleeps. Boot CPU, interrupts may be on. Each CPU that comes up calls @entry, on its own
 * stack, interrupts off, preempt count PREEMPT_COUNT_BOOT; @entry marks it online, never returns.
 * One that does not answer is reported by its APIC id and left out; if it comes later it is parked.
 * Prints `smp: N of M CPUs online in T ms`.
 */
void smp_start_all(void (*entry)(void));

/*
 * smp_ipi_register - who is called, in interrupt context, on a CPU that was sent that IPI.
 * Never sleeps. Boot only, once each.
 */
enum smp_ipi { IPI_RESCHEDULE, IPI_CALL, IPI_TIMER, IPI_IRQ_WORK, NR_IPIS };
void smp_ipi_register(enum smp_ipi ipi, void (*handler)(void));

/*
 * smp_send_ipi - interrupt CPU @cpu, which must be online (it may be this one).
 * smp_send_nmi - the same with an NMI, which interrupts-off cannot hold up.
 * Never sleep. Any context. All memory accesses before are seen by the handler.
 */
void smp_send_ipi(u32 cpu, enum smp_ipi ipi);
void smp_send_nmi(u32 cpu);
