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

/* Linux's other forms: aligned to a line of the cache, or the same. */
#define DEFINE_PER_CPU_ALIGNED(type, name)         DEFINE_PER_CPU(type, name) ____cacheline_aligned
#define DEFINE_PER_CPU_SHARED_ALIGNED(type, name)  DEFINE_PER_CPU_ALIGNED(type, name)
#define DECLARE_PER_CPU_ALIGNED(type, name)        DECLARE_PER_CPU(type, name) ____cacheline_aligned
#define DECLARE_PER_CPU_SHARED_ALIGNED(type, name) DECLARE_PER_CPU_ALIGNED(type, name)
#define DEFINE_PER_CPU_READ_MOSTLY(type, name)     DEFINE_PER_CPU(type, name)
#define DECLARE_PER_CPU_READ_MOSTLY(type, name)    DECLARE_PER_CPU(type, name)

/* What stands before the * of a pointer to a per-CPU variable: for the reader. */
#define __percpu

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

/* One instruction on this CPU's copy: any context, preemptible too (the answer may be old at once).
 * @var is a per-CPU variable, or *pointer of one that alloc_percpu() gave. */
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

/* The change is atomic against interrupts of this CPU, and not against other CPUs: no LOCK. */
#define this_cpu_add(var, n) __this_cpu_op("add", var, n)
#define this_cpu_sub(var, n) __this_cpu_op("sub", var, n)
#define this_cpu_and(var, n) __this_cpu_op("and", var, n)
#define this_cpu_or(var, n)  __this_cpu_op("or", var, n)
#define this_cpu_inc(var)    this_cpu_add(var, 1)
#define this_cpu_dec(var)    this_cpu_sub(var, 1)
#define __this_cpu_op(op, var, n)                                                                  \
	do {                                                                                       \
		typeof(var) __value = (typeof(var))(n);                                            \
		asm volatile(op " %1, %%gs:%0" : "+m"(var) : "r"(__value) : "memory", "cc");       \
	} while (0)

/* The value after. The last addition wraps, as the instruction does. */
#define this_cpu_add_return(var, n)                                                                \
	({                                                                                         \
		typeof(var) __n = (typeof(var))(n), __before = __n;                                \
		asm volatile("xadd %0, %%gs:%1" : "+r"(__before), "+m"(var)::"memory", "cc");      \
		(typeof(var))((u64)__before + (u64)__n);                                           \
	})
#define this_cpu_sub_return(var, n) this_cpu_add_return(var, -(typeof(var))(n))
#define this_cpu_inc_return(var)    this_cpu_add_return(var, 1)
#define this_cpu_dec_return(var)    this_cpu_sub_return(var, 1)

/* If the copy of whichever CPU it is by then is *@oldp make it @new: true; else put what it is in
 * *@oldp: false. */
#define this_cpu_try_cmpxchg(var, oldp, new)                                                       \
	({                                                                                         \
		typeof(var) __n = (new);                                                           \
		bool __done;                                                                       \
		static_assert(sizeof(var) == sizeof(*(oldp)), "two sizes of object");              \
		asm volatile("cmpxchg %3, %%gs:%0"                                                 \
			     : "+m"(var), "+a"(*(oldp)), "=@ccz"(__done)                           \
			     : "r"(__n)                                                            \
			     : "memory");                                                          \
		__done;                                                                            \
	})

/* The value before. */
#define this_cpu_cmpxchg(var, old, new)                                                            \
	({                                                                                         \
		typeof(var) __o = (old);                                                           \
		this_cpu_try_cmpxchg(var, &__o, new);                                              \
		__o;                                                                               \
	})

/* By cmpxchg, because an xchg with memory is always locked and costs as much as for all CPUs. */
#define this_cpu_xchg(var, v)                                                                      \
	({                                                                                         \
		typeof(var) __x = (v);                                                             \
		typeof(var) __was = this_cpu_read(var);                                            \
		while (!this_cpu_try_cmpxchg(var, &__was, __x))                                    \
			;                                                                          \
		__was;                                                                             \
	})

/* Linux's forms for callers that cannot migrate, or do not mind. Where one instruction does it they
 * are the same. */
#define raw_cpu_ptr(ptr)                     this_cpu_ptr(ptr)
#define raw_cpu_read(var)                    this_cpu_read(var)
#define raw_cpu_write(var, v)                this_cpu_write(var, v)
#define raw_cpu_add(var, n)                  this_cpu_add(var, n)
#define raw_cpu_sub(var, n)                  this_cpu_sub(var, n)
#define raw_cpu_inc(var)                     this_cpu_inc(var)
#define raw_cpu_dec(var)                     this_cpu_dec(var)
#define raw_cpu_add_return(var, n)           this_cpu_add_return(var, n)
#define raw_cpu_xchg(var, v)                 this_cpu_xchg(var, v)
#define raw_cpu_cmpxchg(var, old, new)       this_cpu_cmpxchg(var, old, new)
#define raw_cpu_try_cmpxchg(var, oldp, new)  this_cpu_try_cmpxchg(var, oldp, new)
#define __this_cpu_read(var)                 this_cpu_read(var)
#define __this_cpu_write(var, v)             this_cpu_write(var, v)
#define __this_cpu_add(var, n)               this_cpu_add(var, n)
#define __this_cpu_sub(var, n)               this_cpu_sub(var, n)
#define __this_cpu_inc(var)                  this_cpu_inc(var)
#define __this_cpu_dec(var)                  this_cpu_dec(var)
#define __this_cpu_and(var, n)               this_cpu_and(var, n)
#define __this_cpu_or(var, n)                this_cpu_or(var, n)
#define __this_cpu_add_return(var, n)        this_cpu_add_return(var, n)
#define __this_cpu_sub_return(var, n)        this_cpu_sub_return(var, n)
#define __this_cpu_inc_return(var)           this_cpu_inc_return(var)
#define __this_cpu_dec_return(var)           this_cpu_dec_return(var)
#define __this_cpu_xchg(var, v)              this_cpu_xchg(var, v)
#define __this_cpu_cmpxchg(var, old, new)    this_cpu_cmpxchg(var, old, new)
#define __this_cpu_try_cmpxchg(var, oldp, n) this_cpu_try_cmpxchg(var, oldp, n)
