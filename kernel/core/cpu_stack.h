/* cpu_stack.h: what a CPU that runs is doing, asked for by an NMI.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/trap.h>

#include "lib/types.h"

#define CPU_STACK_CALLS 24

struct cpu_stack {
	struct trap_frame frame;              /* its registers; of this CPU itself: none */
	unsigned long calls[CPU_STACK_CALLS]; /* return addresses, innermost first */
	unsigned int n;
	bool own;  /* it is the caller's */
	bool done; /* [a] all of it is there */
};

/*
 * cpu_stack_take - have CPU @cpu note in *@stack where it is, whatever it does, and let it go on.
 * cpu_stack_print - print that. cpu_stack_init - take the NMIs; boot CPU, once.
 * Never sleep. Any context but NMI. The first spins until the CPU has answered, for some seconds at the most;
 * returns whether it did: it does not if it takes no NMI, if its virtual CPU does not run, or if another asks it.
 */
bool cpu_stack_take(u32 cpu, struct cpu_stack *stack);
void cpu_stack_print(const struct cpu_stack *stack);
void cpu_stack_init(void);
