/* barrier.h: what keeps memory accesses in order.
 * SPDX-License-Identifier: MIT
 *
 * x86 keeps loads in order with loads, stores with stores, and a load before a later store (Intel
 * SDM vol. 3A, 9.2 "Memory ordering"). The one thing it does is let a store wait in the CPU's store
 * buffer while later loads go ahead. Only smp_mb() prevents that; every other barrier here merely
 * stops the compiler from moving what the CPU would not.
 */
#pragma once

#include "lib/instrument.h"
#include "lib/macros.h"

/* Full barriers against devices and other CPUs: what stands before is seen before what follows. */
static __always_inline void mb(void)
{
	asm volatile("mfence" ::: "memory");
}

static __always_inline void rmb(void)
{
	asm volatile("lfence" ::: "memory");
}

static __always_inline void wmb(void)
{
	asm volatile("sfence" ::: "memory");
}

/* Between CPUs: a locked operation on the stack drains the store buffer, and costs less than mfence
 * on every processor we know of (Linux and the JVMs chose it for that). */
static __always_inline void smp_mb(void)
{
	asm volatile("lock addl $0, -4(%%rsp)" ::: "memory", "cc");
}

static __always_inline void smp_rmb(void)
{
	barrier();
}

static __always_inline void smp_wmb(void)
{
	barrier();
}

/* A locked read-modify-write is itself a full barrier on x86. */
static __always_inline void smp_mb__before_atomic(void)
{
	barrier();
}

static __always_inline void smp_mb__after_atomic(void)
{
	barrier();
}

/* Store @v, and let it be seen before any later load. xchg with memory is always locked. */
#define smp_store_mb(var, v)                                                                       \
	do {                                                                                       \
		typeof(var) __new = (v);                                                           \
		instrument_atomic_write((const void *)&(var), sizeof(__new));                      \
		asm volatile("xchg %0, %1" : "+r"(__new), "+m"(var)::"memory");                    \
	} while (0)

/* All accesses before the store are seen before it. */
#define smp_store_release(p, v)                                                                    \
	do {                                                                                       \
		barrier();                                                                         \
		WRITE_ONCE(*(p), (v));                                                             \
	} while (0)

/* No access after the load is made before it. */
#define smp_load_acquire(p)                                                                        \
	({                                                                                         \
		typeof(*(p)) __loaded = READ_ONCE(*(p));                                           \
		barrier();                                                                         \
		__loaded;                                                                          \
	})

/* Spin, reading, until @cond (which may use VAL, the value read) holds; then an acquire. */
#define smp_cond_load_acquire(p, cond)                                                             \
	({                                                                                         \
		typeof(*(p)) __seen = smp_cond_load_relaxed(p, cond);                              \
		smp_acquire__after_ctrl_dep();                                                     \
		__seen;                                                                            \
	})

/* The same without the acquire: what follows may have been read before the condition held. */
#define smp_cond_load_relaxed(p, cond)                                                             \
	({                                                                                         \
		typeof(*(p)) VAL;                                                                  \
		while (VAL = READ_ONCE(*(p)), !(cond))                                             \
			cpu_relax();                                                               \
		VAL;                                                                               \
	})

/* After a branch on a value read, makes of that read an acquire: loads keep their order anyhow. */
static __always_inline void smp_acquire__after_ctrl_dep(void)
{
	barrier();
}

/* After spin_lock(), and after an unlock and a lock: a full barrier. Taking is a locked instruction. */
static __always_inline void smp_mb__after_spinlock(void)
{
	barrier();
}

static __always_inline void smp_mb__after_unlock_lock(void)
{
	barrier();
}

/* Tell the CPU that this is a spin loop: it saves power, leaves the core's other thread its share,
 * and under an emulator that runs CPUs in turn it gives the turn away. */
static __always_inline void cpu_relax(void)
{
	asm volatile("pause" ::: "memory");
}
