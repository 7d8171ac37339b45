/* percpu.h: variables of which each CPU has its own copy.
 * SPDX-License-Identifier: MIT
 *
 * The section .percpu is linked at address 0 with struct cpu at its head, and each CPU has a copy of
 * it at the address in its GS base. So the address of a per-CPU variable is its offset in the copy,
 * `%gs:variable` is this CPU's, in one instruction that preemption cannot divide, and whoever
 * forgets and uses the bare variable meets the unmapped page 0.
 */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

#define DEFINE_PER_CPU(type, name)  __section(".percpu") typeof(type) name
#define DECLARE_PER_CPU(type, name) extern typeof(type) name

/* The base of CPU @cpu's copy: defined in kernel/base/cpu.c, set once before the CPU starts. */
extern char *percpu_base[];

/* Hide from the compiler that it adds a base to a variable's address: C has no such arithmetic. */
static __always_inline void *percpu_address(const void *var, char *base)
{
	unsigned long at;

	asm("" : "=r"(at) : "0"(var));
	return base + at;
}

/* Volatile: two reads in one function may be on two CPUs, with a switch between them. */
static __always_inline char *this_percpu_base(void)
{
	char *base;

	asm volatile("movq %%gs:0, %0" : "=r"(base));
	return base;
}

/* A pointer to the variable of CPU @cpu, or of this one. The latter is steady only while the thread
 * cannot migrate: caller has preemption or interrupts off. */
#define per_cpu_ptr(ptr, cpu) ((typeof(ptr))percpu_address((ptr), percpu_base[cpu]))
#define this_cpu_ptr(ptr)     ((typeof(ptr))percpu_address((ptr), this_percpu_base()))
#define per_cpu(var, cpu)     (*per_cpu_ptr(&(var), cpu))

/* One instruction on this CPU's copy: any context, preemptible too (the answer may be old at once). */
#define this_cpu_read(var)                                                                         \
	({                                                                                         \
		typeof(var) __value;                                                               \
		asm volatile("mov %%gs:%1, %0" : "=r"(__value) : "m"(var));                        \
		__value;                                                                           \
	})

#define this_cpu_write(var, v)                                                                     \
	do {                                                                                       \
		typeof(var) __value = (v);                                                         \
		asm volatile("mov %1, %%gs:%0" : "=m"(var) : "r"(__value) : "memory");             \
	} while (0)

/* The addition is atomic against interrupts of this CPU, and not against other CPUs. */
#define this_cpu_add(var, n)                                                                       \
	do {                                                                                       \
		typeof(var) __value = (typeof(var))(n);                                            \
		asm volatile("add %1, %%gs:%0" : "+m"(var) : "r"(__value) : "memory", "cc");       \
	} while (0)

#define this_cpu_inc(var) this_cpu_add(var, 1)
#define this_cpu_dec(var) this_cpu_add(var, -1)
