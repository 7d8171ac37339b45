/* atomic.h: integers that many CPUs may change at once.
 * SPDX-License-Identifier: MIT
 *
 * Names and orders are Linux's: an operation that returns a value is fully ordered, one that returns
 * nothing, and atomic_read/atomic_set, are not ordered at all. On x86 a LOCK prefix makes the first
 * kind a full barrier and costs the second kind the same. (Intel SDM vol. 3A, 9.1.2 "Bus locking".)
 * These are the operations that the machine has an instruction for, or that locks are made of; all
 * the others, and atomic_long_t, follow from them in kernel/base/atomic.h.
 */
#pragma once

#include <arch/barrier.h>
#include <arch/cmpxchg.h>
#include "lib/instrument.h"
#include "lib/types.h"

#define ATOMIC_INIT(i)                                                                             \
	{                                                                                          \
		(i)                                                                                \
	}
#define ATOMIC64_INIT(i) ATOMIC_INIT(i)

typedef struct {
	int counter;
} atomic_t;

static __always_inline int atomic_read(const atomic_t *v)
{
	return READ_ONCE(v->counter);
}

static __always_inline void atomic_set(atomic_t *v, int i)
{
	WRITE_ONCE(v->counter, i);
}

static __always_inline int atomic_read_acquire(const atomic_t *v)
{
	return smp_load_acquire(&v->counter);
}

static __always_inline void atomic_set_release(atomic_t *v, int i)
{
	smp_store_release(&v->counter, i);
}

static __always_inline void atomic_add(int i, atomic_t *v)
{
	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock addl %1, %0" : "+m"(v->counter) : "ir"(i) : "memory", "cc");
}

static __always_inline void atomic_sub(int i, atomic_t *v)
{
	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock subl %1, %0" : "+m"(v->counter) : "ir"(i) : "memory", "cc");
}

static __always_inline void atomic_inc(atomic_t *v)
{
	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock incl %0" : "+m"(v->counter)::"memory", "cc");
}

static __always_inline void atomic_dec(atomic_t *v)
{
	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock decl %0" : "+m"(v->counter)::"memory", "cc");
}

/* Add and return the value before. The sum wraps; it never overflows in C's sense, because the
 * addition is the instruction's. */
static __always_inline int atomic_fetch_add(int i, atomic_t *v)
{
	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock xaddl %0, %1" : "+r"(i), "+m"(v->counter)::"memory", "cc");
	return i;
}

static __always_inline int atomic_fetch_sub(int i, atomic_t *v)
{
	return atomic_fetch_add((int)-(u32)i, v);
}

static __always_inline int atomic_add_return(int i, atomic_t *v)
{
	return (int)((u32)atomic_fetch_add(i, v) + (u32)i);
}

static __always_inline int atomic_sub_return(int i, atomic_t *v)
{
	return atomic_add_return((int)-(u32)i, v);
}

static __always_inline int atomic_inc_return(atomic_t *v)
{
	return atomic_add_return(1, v);
}

static __always_inline int atomic_dec_return(atomic_t *v)
{
	return atomic_add_return(-1, v);
}

static __always_inline bool atomic_dec_and_test(atomic_t *v)
{
	bool zero;

	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock decl %0" : "+m"(v->counter), "=@ccz"(zero)::"memory");
	return zero;
}

static __always_inline bool atomic_inc_and_test(atomic_t *v)
{
	bool zero;

	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock incl %0" : "+m"(v->counter), "=@ccz"(zero)::"memory");
	return zero;
}

static __always_inline bool atomic_sub_and_test(int i, atomic_t *v)
{
	bool zero;

	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock subl %2, %0" : "+m"(v->counter), "=@ccz"(zero) : "ir"(i) : "memory");
	return zero;
}

static __always_inline void atomic_and(int i, atomic_t *v)
{
	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock andl %1, %0" : "+m"(v->counter) : "ir"(i) : "memory", "cc");
}

static __always_inline void atomic_or(int i, atomic_t *v)
{
	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock orl %1, %0" : "+m"(v->counter) : "ir"(i) : "memory", "cc");
}

static __always_inline void atomic_xor(int i, atomic_t *v)
{
	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock xorl %1, %0" : "+m"(v->counter) : "ir"(i) : "memory", "cc");
}

/* Add, and return whether the sum is negative. */
static __always_inline bool atomic_add_negative(int i, atomic_t *v)
{
	bool negative;

	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock addl %2, %0" : "+m"(v->counter), "=@ccs"(negative) : "ir"(i) : "memory");
	return negative;
}

static __always_inline int atomic_xchg(atomic_t *v, int i)
{
	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("xchgl %0, %1" : "+r"(i), "+m"(v->counter)::"memory");
	return i;
}

/* If *@v is *@old make it @new and return true; else put what it is in *@old and return false. */
static __always_inline bool atomic_try_cmpxchg(atomic_t *v, int *old, int new)
{
	bool done;

	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock cmpxchgl %3, %0"
		     : "+m"(v->counter), "+a"(*old), "=@ccz"(done)
		     : "r"(new)
		     : "memory");
	return done;
}

static __always_inline int atomic_cmpxchg(atomic_t *v, int old, int new)
{
	atomic_try_cmpxchg(v, &old, new);
	return old;
}

/* Add @i unless *@v is @unless; return whether it was added. */
static __always_inline bool atomic_add_unless(atomic_t *v, int i, int unless)
{
	int old = atomic_read(v);

	do {
		if (old == unless)
			return false;
	} while (!atomic_try_cmpxchg(v, &old, (int)((u32)old + (u32)i)));
	return true;
}

static __always_inline bool atomic_inc_not_zero(atomic_t *v)
{
	return atomic_add_unless(v, 1, 0);
}

typedef struct {
	s64 counter;
} atomic64_t;

static __always_inline s64 atomic64_read(const atomic64_t *v)
{
	return READ_ONCE(v->counter);
}

static __always_inline void atomic64_set(atomic64_t *v, s64 i)
{
	WRITE_ONCE(v->counter, i);
}

static __always_inline s64 atomic64_read_acquire(const atomic64_t *v)
{
	return smp_load_acquire(&v->counter);
}

static __always_inline void atomic64_set_release(atomic64_t *v, s64 i)
{
	smp_store_release(&v->counter, i);
}

static __always_inline void atomic64_add(s64 i, atomic64_t *v)
{
	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock addq %1, %0" : "+m"(v->counter) : "er"(i) : "memory", "cc");
}

static __always_inline void atomic64_sub(s64 i, atomic64_t *v)
{
	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock subq %1, %0" : "+m"(v->counter) : "er"(i) : "memory", "cc");
}

static __always_inline void atomic64_inc(atomic64_t *v)
{
	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock incq %0" : "+m"(v->counter)::"memory", "cc");
}

static __always_inline void atomic64_dec(atomic64_t *v)
{
	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock decq %0" : "+m"(v->counter)::"memory", "cc");
}

/* Add and return the value before. The sum wraps; it never overflows in C's sense, because the
 * addition is the instruction's. */
static __always_inline s64 atomic64_fetch_add(s64 i, atomic64_t *v)
{
	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock xaddq %0, %1" : "+r"(i), "+m"(v->counter)::"memory", "cc");
	return i;
}

static __always_inline s64 atomic64_fetch_sub(s64 i, atomic64_t *v)
{
	return atomic64_fetch_add((s64) - (u64)i, v);
}

static __always_inline s64 atomic64_add_return(s64 i, atomic64_t *v)
{
	return (s64)((u64)atomic64_fetch_add(i, v) + (u64)i);
}

static __always_inline s64 atomic64_sub_return(s64 i, atomic64_t *v)
{
	return atomic64_add_return((s64) - (u64)i, v);
}

static __always_inline s64 atomic64_inc_return(atomic64_t *v)
{
	return atomic64_add_return(1, v);
}

static __always_inline s64 atomic64_dec_return(atomic64_t *v)
{
	return atomic64_add_return(-1, v);
}

static __always_inline bool atomic64_dec_and_test(atomic64_t *v)
{
	bool zero;

	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock decq %0" : "+m"(v->counter), "=@ccz"(zero)::"memory");
	return zero;
}

static __always_inline bool atomic64_inc_and_test(atomic64_t *v)
{
	bool zero;

	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock incq %0" : "+m"(v->counter), "=@ccz"(zero)::"memory");
	return zero;
}

static __always_inline bool atomic64_sub_and_test(s64 i, atomic64_t *v)
{
	bool zero;

	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock subq %2, %0" : "+m"(v->counter), "=@ccz"(zero) : "er"(i) : "memory");
	return zero;
}

static __always_inline void atomic64_and(s64 i, atomic64_t *v)
{
	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock andq %1, %0" : "+m"(v->counter) : "er"(i) : "memory", "cc");
}

static __always_inline void atomic64_or(s64 i, atomic64_t *v)
{
	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock orq %1, %0" : "+m"(v->counter) : "er"(i) : "memory", "cc");
}

static __always_inline void atomic64_xor(s64 i, atomic64_t *v)
{
	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock xorq %1, %0" : "+m"(v->counter) : "er"(i) : "memory", "cc");
}

/* Add, and return whether the sum is negative. */
static __always_inline bool atomic64_add_negative(s64 i, atomic64_t *v)
{
	bool negative;

	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock addq %2, %0" : "+m"(v->counter), "=@ccs"(negative) : "er"(i) : "memory");
	return negative;
}

static __always_inline s64 atomic64_xchg(atomic64_t *v, s64 i)
{
	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("xchgq %0, %1" : "+r"(i), "+m"(v->counter)::"memory");
	return i;
}

/* If *@v is *@old make it @new and return true; else put what it is in *@old and return false. */
static __always_inline bool atomic64_try_cmpxchg(atomic64_t *v, s64 *old, s64 new)
{
	bool done;

	instrument_atomic_read_write(v, sizeof(*v));
	asm volatile("lock cmpxchgq %3, %0"
		     : "+m"(v->counter), "+a"(*old), "=@ccz"(done)
		     : "r"(new)
		     : "memory");
	return done;
}

static __always_inline s64 atomic64_cmpxchg(atomic64_t *v, s64 old, s64 new)
{
	atomic64_try_cmpxchg(v, &old, new);
	return old;
}

/* Add @i unless *@v is @unless; return whether it was added. */
static __always_inline bool atomic64_add_unless(atomic64_t *v, s64 i, s64 unless)
{
	s64 old = atomic64_read(v);

	do {
		if (old == unless)
			return false;
	} while (!atomic64_try_cmpxchg(v, &old, (s64)((u64)old + (u64)i)));
	return true;
}

static __always_inline bool atomic64_inc_not_zero(atomic64_t *v)
{
	return atomic64_add_unless(v, 1, 0);
}
