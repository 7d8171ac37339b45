/* atomic.h: every form of the atomic operations: what the machine has, and what follows from it.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Three families, atomic_ (int), atomic64_ (s64) and atomic_long_ (long), with the same forms. The
 *   names say what comes back, as in Linux (Documentation/atomic_t.txt there):
 *
 *      add(i, v)              nothing; not ordered      fetch_add(i, v)    the value before
 *      add_return(i, v)       the value after           sub_and_test(i, v) whether that is 0
 *      add_unless(v, i, u)    whether it was added      fetch_add_unless   the value before
 *      try_cmpxchg(v, &o, n)  whether it was exchanged; if not, o is what is there
 *
 *   What returns a value orders all accesses before it with all after it. A suffix asks for less:
 *   _acquire keeps what follows behind it, _release what precedes before it, _relaxed neither. On
 *   x86 no locked instruction does less than order everything, so there the suffix is for the
 *   reader, and for the day the code runs elsewhere. A conditional form that changes nothing orders
 *   nothing, whatever its suffix.
 *   The arithmetic wraps. It is done on unsigned numbers or by the instruction, never by C's signed
 *   addition, which would have no meaning there.
 *   Where x86 has no instruction that returns the old value (and, or, xor) it is a loop of cmpxchg:
 *   lock-free, since whoever fails has been overtaken by one who did not, but not fair.
 *
 *   The functions are made by macros, because three families of some eighty differ in nothing but
 *   their types; each macro's body is the function as one would write it.
 */
#pragma once

#include <arch/atomic.h>

/* ---- atomic_long_t: the 64-bit family, with long in the place of s64 ------------------------- */

typedef atomic64_t atomic_long_t;
#define ATOMIC_LONG_INIT(i) ATOMIC64_INIT(i)

#define __ATOMIC_LONG(result, op, parameters, ...)                                                 \
	static __always_inline result atomic_long_##op parameters                                  \
	{                                                                                          \
		return (result)atomic64_##op(__VA_ARGS__);                                         \
	}
#define __ATOMIC_LONG_VOID(op, parameters, ...)                                                    \
	static __always_inline void atomic_long_##op parameters                                    \
	{                                                                                          \
		atomic64_##op(__VA_ARGS__);                                                        \
	}

// clang-format off
__ATOMIC_LONG(long, read, (const atomic_long_t *v), v)
__ATOMIC_LONG(long, read_acquire, (const atomic_long_t *v), v)
__ATOMIC_LONG_VOID(set, (atomic_long_t *v, long i), v, i)
__ATOMIC_LONG_VOID(set_release, (atomic_long_t *v, long i), v, i)
__ATOMIC_LONG_VOID(add, (long i, atomic_long_t *v), i, v)
__ATOMIC_LONG_VOID(sub, (long i, atomic_long_t *v), i, v)
__ATOMIC_LONG_VOID(and, (long i, atomic_long_t *v), i, v)
__ATOMIC_LONG_VOID(or, (long i, atomic_long_t *v), i, v)
__ATOMIC_LONG_VOID(xor, (long i, atomic_long_t *v), i, v)
__ATOMIC_LONG_VOID(inc, (atomic_long_t *v), v)
__ATOMIC_LONG_VOID(dec, (atomic_long_t *v), v)
__ATOMIC_LONG(long, fetch_add, (long i, atomic_long_t *v), i, v)
__ATOMIC_LONG(long, fetch_sub, (long i, atomic_long_t *v), i, v)
__ATOMIC_LONG(long, add_return, (long i, atomic_long_t *v), i, v)
__ATOMIC_LONG(long, sub_return, (long i, atomic_long_t *v), i, v)
__ATOMIC_LONG(long, inc_return, (atomic_long_t *v), v)
__ATOMIC_LONG(long, dec_return, (atomic_long_t *v), v)
__ATOMIC_LONG(bool, sub_and_test, (long i, atomic_long_t *v), i, v)
__ATOMIC_LONG(bool, inc_and_test, (atomic_long_t *v), v)
__ATOMIC_LONG(bool, dec_and_test, (atomic_long_t *v), v)
__ATOMIC_LONG(bool, add_negative, (long i, atomic_long_t *v), i, v)
__ATOMIC_LONG(long, xchg, (atomic_long_t *v, long i), v, i)
__ATOMIC_LONG(long, cmpxchg, (atomic_long_t *v, long old, long new), v, old, new)
__ATOMIC_LONG(bool, try_cmpxchg, (atomic_long_t *v, long *old, long new), v, (s64 *)old, new)
__ATOMIC_LONG(bool, add_unless, (atomic_long_t *v, long i, long unless), v, i, unless)
__ATOMIC_LONG(bool, inc_not_zero, (atomic_long_t *v), v)
// clang-format on

/* ---- What follows from the machine's operations ---------------------------------------------- */

/* Make *@v @next, an expression of `old`; the function returns what it was. */
#define __ATOMIC_FETCH(name, type, integer, op, next)                                              \
	static __always_inline integer name##_fetch_##op(integer i, type *v)                       \
	{                                                                                          \
		integer old = name##_read(v);                                                      \
                                                                                                   \
		while (!name##_try_cmpxchg(v, &old, (next)))                                       \
			;                                                                          \
		return old;                                                                        \
	}

#define __ATOMIC_BITS(name, type, integer)                                                         \
	static __always_inline void name##_andnot(integer i, type *v)                              \
	{                                                                                          \
		name##_and(~i, v);                                                                 \
	}                                                                                          \
	__ATOMIC_FETCH(name, type, integer, and, old &i)                                           \
	__ATOMIC_FETCH(name, type, integer, or, old | i)                                           \
	__ATOMIC_FETCH(name, type, integer, xor, old ^ i)                                          \
	__ATOMIC_FETCH(name, type, integer, andnot, old & ~i)

#define __ATOMIC_STEPS(name, type, integer)                                                        \
	static __always_inline integer name##_fetch_inc(type *v)                                   \
	{                                                                                          \
		return name##_fetch_add(1, v);                                                     \
	}                                                                                          \
	static __always_inline integer name##_fetch_dec(type *v)                                   \
	{                                                                                          \
		return name##_fetch_sub(1, v);                                                     \
	}

/*
 * Conditional steps. fetch_add_unless: add @i unless *@v is @unless; returns what it was.
 * inc_unless_negative, dec_unless_positive: the step, unless it is that; return whether it was made.
 * dec_if_positive: subtract 1 if that leaves no negative number; returns what it was, less 1, either
 * way.
 */
#define __ATOMIC_CONDITIONS(name, type, integer, word)                                             \
	static __always_inline integer name##_fetch_add_unless(type *v, integer i, integer unless) \
	{                                                                                          \
		integer old = name##_read(v);                                                      \
                                                                                                   \
		while (old != unless &&                                                            \
		       !name##_try_cmpxchg(v, &old, (integer)((word)old + (word)i)))               \
			;                                                                          \
		return old;                                                                        \
	}                                                                                          \
	static __always_inline bool name##_inc_unless_negative(type *v)                            \
	{                                                                                          \
		integer old = name##_read(v);                                                      \
                                                                                                   \
		while (old >= 0 && !name##_try_cmpxchg(v, &old, (integer)((word)old + 1)))         \
			;                                                                          \
		return old >= 0;                                                                   \
	}                                                                                          \
	static __always_inline bool name##_dec_unless_positive(type *v)                            \
	{                                                                                          \
		integer old = name##_read(v);                                                      \
                                                                                                   \
		while (old <= 0 && !name##_try_cmpxchg(v, &old, (integer)((word)old - 1)))         \
			;                                                                          \
		return old <= 0;                                                                   \
	}                                                                                          \
	static __always_inline integer name##_dec_if_positive(type *v)                             \
	{                                                                                          \
		integer old = name##_read(v);                                                      \
                                                                                                   \
		while (old > 0 && !name##_try_cmpxchg(v, &old, old - 1))                           \
			;                                                                          \
		return (integer)((word)old - 1);                                                   \
	}

/* ---- The forms that ask for less order ------------------------------------------------------- */

#define __ATOMIC_ORDER(result, form, order, parameters, ...)                                       \
	static __always_inline result form##_##order parameters                                    \
	{                                                                                          \
		return form(__VA_ARGS__);                                                          \
	}
#define __ATOMIC_ORDERS(result, form, parameters, ...)                                             \
	__ATOMIC_ORDER(result, form, relaxed, parameters, __VA_ARGS__)                             \
	__ATOMIC_ORDER(result, form, acquire, parameters, __VA_ARGS__)                             \
	__ATOMIC_ORDER(result, form, release, parameters, __VA_ARGS__)

#define __ATOMIC_ORDERED_FORMS(name, type, integer)                                                \
	__ATOMIC_ORDERS(integer, name##_fetch_add, (integer i, type * v), i, v)                    \
	__ATOMIC_ORDERS(integer, name##_fetch_sub, (integer i, type * v), i, v)                    \
	__ATOMIC_ORDERS(integer, name##_fetch_and, (integer i, type * v), i, v)                    \
	__ATOMIC_ORDERS(integer, name##_fetch_or, (integer i, type * v), i, v)                     \
	__ATOMIC_ORDERS(integer, name##_fetch_xor, (integer i, type * v), i, v)                    \
	__ATOMIC_ORDERS(integer, name##_fetch_andnot, (integer i, type * v), i, v)                 \
	__ATOMIC_ORDERS(integer, name##_fetch_inc, (type * v), v)                                  \
	__ATOMIC_ORDERS(integer, name##_fetch_dec, (type * v), v)                                  \
	__ATOMIC_ORDERS(integer, name##_add_return, (integer i, type * v), i, v)                   \
	__ATOMIC_ORDERS(integer, name##_sub_return, (integer i, type * v), i, v)                   \
	__ATOMIC_ORDERS(integer, name##_inc_return, (type * v), v)                                 \
	__ATOMIC_ORDERS(integer, name##_dec_return, (type * v), v)                                 \
	__ATOMIC_ORDERS(bool, name##_add_negative, (integer i, type * v), i, v)                    \
	__ATOMIC_ORDERS(integer, name##_xchg, (type * v, integer i), v, i)                         \
	__ATOMIC_ORDERS(integer, name##_cmpxchg, (type * v, integer old, integer new), v, old,     \
			new)                                                                       \
	__ATOMIC_ORDERS(bool, name##_try_cmpxchg, (type * v, integer * old, integer new), v, old,  \
			new)

#define __ATOMIC_FORMS(name, type, integer, word)                                                  \
	__ATOMIC_BITS(name, type, integer)                                                         \
	__ATOMIC_STEPS(name, type, integer)                                                        \
	__ATOMIC_CONDITIONS(name, type, integer, word)                                             \
	__ATOMIC_ORDERED_FORMS(name, type, integer)

__ATOMIC_FORMS(atomic, atomic_t, int, u32)
__ATOMIC_FORMS(atomic64, atomic64_t, s64, u64)
__ATOMIC_FORMS(atomic_long, atomic_long_t, long, unsigned long)
