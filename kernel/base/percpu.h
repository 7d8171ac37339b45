/* percpu.h: this CPU's copy of a variable, for more than one instruction.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/percpu.h>

#include "kernel/base/preempt.h"

/*
 * get_cpu_var, get_cpu_ptr - this CPU's copy, and stay on this CPU. Never sleep; no sleeping until
 * put_cpu_var, put_cpu_ptr - which may reschedule. Any context; an interrupt may still come between.
 */
#define get_cpu_var(var)                                                                           \
	(*({                                                                                       \
		preempt_disable();                                                                 \
		this_cpu_ptr(&(var));                                                              \
	}))
#define put_cpu_var(var)                                                                           \
	do {                                                                                       \
		(void)&(var);                                                                      \
		preempt_enable();                                                                  \
	} while (0)

#define get_cpu_ptr(ptr)                                                                           \
	({                                                                                         \
		preempt_disable();                                                                 \
		this_cpu_ptr(ptr);                                                                 \
	})
#define put_cpu_ptr(ptr)                                                                           \
	do {                                                                                       \
		(void)(ptr);                                                                       \
		preempt_enable();                                                                  \
	} while (0)

/* Every CPU that has copies, whether it came online or not. */
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (u32)(cpu) < nr_cpus; (cpu)++)
