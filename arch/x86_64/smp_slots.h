/* smp_slots.h: the CPUs that are to be started: smp_prepare.c fills it in, smp.c starts them.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "arch/x86_64/trampoline.h"
#include "kernel/base/cpu.h"

/* [I] from smp_prepare(), but for the slots' states, which are [a]. */
struct ap_slots {
	struct ap_slot slot[NR_CPUS]; /* of CPU 1 and up */
	u32 n;                        /* slots in use */
	u32 n_named;                  /* CPUs of this machine, whether we can use them or not */
};

extern struct ap_slots ap_slots;
