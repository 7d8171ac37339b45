/* trampoline.h: what the boot CPU leaves in low memory for the CPUs it starts.
 * SPDX-License-Identifier: MIT
 *
 * paging_init() copies boot/trampoline.asm to TRAMPOLINE_ADDRESS. Where the firmware keeps that page
 * or the next for itself, neither is mapped (ask paging_is_mapped()), and no CPU can be started.
 *
 * Many CPUs run the trampoline at the same time. Each looks for its own APIC id in the slots, claims
 * the slot by changing its state from KICKED to ALIVE, and only then touches the slot's stack:
 *
 *   the boot CPU                             a CPU that is late
 *   state = KICKED, send INIT and SIPI
 *   no answer for seconds
 *   cmpxchg(state, KICKED, GIVEN_UP)
 *   leaves it out                            cmpxchg(state, KICKED, ALIVE) fails: parks for good
 *
 * Whichever exchange comes first wins, so a CPU is never both given up and running. A parked CPU has
 * no IDT: it must not be sent an NMI, nor may one be broadcast.
 */
#pragma once

#include <arch/layout.h>

#include "lib/macros.h"
#include "lib/types.h"

struct cpu;

/*
 * [I] set before the CPU is started  [a] atomic, both sides
 */
struct ap_slot {
	u32 apic_id;     /* [I] whose slot it is */
	u32 state;       /* [a] AP_STATE_... */
	void *stack_top; /* [I] 16-byte aligned */
	struct cpu *cpu; /* [I] its per-CPU area, which becomes its GS base */
};

/* At AP_PARAMS_ADDRESS. All of it is set before the first CPU is started. */
struct ap_params {
	u64 cr3;                     /* the final page tables, below 4 GiB */
	struct ap_slot *slots;       /* anywhere in mapped memory */
	void (*entry)(struct cpu *); /* does not return: own stack, GS base set, interrupts off */
	u32 count;                   /* of slots */
};

static_assert(offsetof(struct ap_slot, apic_id) == AP_SLOT_APIC_ID);
static_assert(offsetof(struct ap_slot, state) == AP_SLOT_STATE);
static_assert(offsetof(struct ap_slot, stack_top) == AP_SLOT_STACK_TOP);
static_assert(offsetof(struct ap_slot, cpu) == AP_SLOT_CPU);
static_assert(sizeof(struct ap_slot) == AP_SLOT_SIZE);
static_assert(offsetof(struct ap_params, cr3) == AP_PARAMS_CR3);
static_assert(offsetof(struct ap_params, slots) == AP_PARAMS_SLOTS);
static_assert(offsetof(struct ap_params, entry) == AP_PARAMS_ENTRY);
static_assert(offsetof(struct ap_params, count) == AP_PARAMS_COUNT);
