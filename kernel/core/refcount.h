/* refcount.h: how many use an object: the last one frees it, and a mistake does not free it twice.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A plain atomic counter turns two mistakes into memory that is freed while in use: a reference
 *   taken and never dropped, 2^32 times, wraps to 0; and a reference dropped twice frees too early.
 *   This counter gets stuck instead: whatever goes wrong makes it SATURATED, a value in the middle of
 *   the negative half, and from there no step leads to 0. The object then leaks, which is the
 *   smaller evil.
 *
 *        0        1 ... 0x7fffffff       0x80000000 ..... 0xc0000000 ..... 0xffffffff
 *        free     in use                 <----------------- stuck ----------------->
 *                                                         SATURATED
 *
 *   Steps are plain additions, looked at afterwards; there is no loop and no lock. Between the
 *   addition that goes wrong and the store of SATURATED other CPUs may step too:
 *
 *      CPU 0                                CPU 1
 *      fetch_add: 0x7fffffff, wrong
 *                                           fetch_add: 0x80000000, negative: wrong, too
 *      stores SATURATED                     stores SATURATED
 *
 *   Each CPU stores SATURATED again whenever it finds a negative number, so to get out of the negative
 *   half takes 2^30 steps between two such stores, each by a thread that is stopped just between its
 *   addition and its look: more threads than there is memory for.
 *   A mistake is reported where a good counter goes bad, which is once for each counter, with the
 *   caller and a backtrace. Later steps of a stuck counter say nothing more. In both profiles.
 *
 *   Orders. Taking a reference needs none: who takes one has one already, or (inc_not_zero) found the
 *   object by something that orders. Dropping is a release [A], and the drop that reaches zero an
 *   acquire [B]: what every user did with the object is over before the last one frees it.
 *   It does not: say who holds the references, or protect the object itself.
 *   Source: Linux 4.11 (E. Reshetova, P. Zijlstra), and Will Deacon's form of 5.5.
 *
 * RULES
 *   1. It begins at 1: the maker has a reference. At 0 the object is gone, and nobody may add to it.
 *   2. refcount_inc() needs a reference of the caller's own; refcount_inc_not_zero() a reason why
 *      the memory is still a refcount: a lock, RCU, a type-stable cache.
 *   3. Who gets true from _and_test() is alone with the object and frees it.
 *   4. It counts users, nothing else: for numbers that may be 0 for a while use atomic_t.
 */
#pragma once

#include "kernel/base/atomic.h"
#include "kernel/locking/spin/spinlock.h"
#include "lib/limits.h"

typedef struct refcount_struct {
	atomic_t refs; /* [a] through the functions below only */
} refcount_t;

#define REFCOUNT_INIT(n)                                                                           \
	{                                                                                          \
		.refs = ATOMIC_INIT(n)                                                             \
	}
#define REFCOUNT_MAX       INT_MAX
#define REFCOUNT_SATURATED (INT_MIN / 2)

/* What went wrong. */
enum refcount_fault {
	REFCOUNT_ADD_OVERFLOW,  /* more references than the counter can count */
	REFCOUNT_ADD_TO_ZERO,   /* a reference to what is being freed */
	REFCOUNT_SUB_UNDERFLOW, /* a reference dropped that was not there */
	REFCOUNT_DEC_TO_ZERO,   /* refcount_dec() dropped the last one, and nobody frees */
	REFCOUNT_GONE,          /* the object is in memory that was freed */
};

/* What is left of a count in memory that was freed, give or take a few: checked. */
#define REFCOUNT_POISON 0x6b6b6b6b

static __always_inline bool refcount_is_gone(int old)
{
	return CONFIG_CHECKED && (u32)(old - REFCOUNT_POISON + 64) < 128;
}

/* Make @r stuck; report it if it was good, as @old, until now. Never sleeps. Any context. */
void refcount_fault(refcount_t *r, int old, enum refcount_fault fault) __cold;

/* refcount_set - begin to count at @n; nobody else uses it yet. refcount_read - old at once. */
static inline void refcount_set(refcount_t *r, int n)
{
	atomic_set(&r->refs, n);
}

static inline unsigned int refcount_read(const refcount_t *r)
{
	return (unsigned int)atomic_read(&r->refs);
}

/*
 * refcount_add, refcount_inc - take references; the caller has one. Rule 2.
 * refcount_add_not_zero, refcount_inc_not_zero - take them unless there are none: return whether.
 * Never sleep. Any context.
 */
static __always_inline void refcount_add(int i, refcount_t *r)
{
	int old = atomic_fetch_add_relaxed(i, &r->refs);

	if (unlikely(old == 0))
		refcount_fault(r, old, REFCOUNT_ADD_TO_ZERO);
	else if (unlikely(old < 0 || old > REFCOUNT_MAX - i))
		refcount_fault(r, old, REFCOUNT_ADD_OVERFLOW);
	else if (unlikely(refcount_is_gone(old)))
		refcount_fault(r, old, REFCOUNT_GONE);
}

static __always_inline void refcount_inc(refcount_t *r)
{
	refcount_add(1, r);
}

static __always_inline bool __must_check refcount_add_not_zero(int i, refcount_t *r)
{
	int old = atomic_fetch_add_unless(&r->refs, i, 0);

	if (unlikely(old < 0 || old > REFCOUNT_MAX - i))
		refcount_fault(r, old, REFCOUNT_ADD_OVERFLOW);
	return old != 0;
}

static __always_inline bool __must_check refcount_inc_not_zero(refcount_t *r)
{
	return refcount_add_not_zero(1, r);
}

/*
 * refcount_sub_and_test, refcount_dec_and_test - drop references; return whether they were the last.
 * refcount_dec - drop one that is not the last.
 * Never sleep. Any context.
 */
static __always_inline bool __must_check refcount_sub_and_test(int i, refcount_t *r)
{
	int old = atomic_fetch_sub_release(
		i, &r->refs); // [A] pairs with [B] in refcount_sub_and_test()

	if (old == i) {
		smp_acquire__after_ctrl_dep(); // [B] pairs with [A] in refcount_sub_and_test()
		return true;
	}
	if (unlikely(old < i))
		refcount_fault(r, old, REFCOUNT_SUB_UNDERFLOW);
	else if (unlikely(refcount_is_gone(old)))
		refcount_fault(r, old, REFCOUNT_GONE);
	return false;
}

static __always_inline bool __must_check refcount_dec_and_test(refcount_t *r)
{
	return refcount_sub_and_test(1, r);
}

static __always_inline void refcount_dec(refcount_t *r)
{
	int old = atomic_fetch_sub_release(1, &r->refs);

	if (unlikely(old <= 1))
		refcount_fault(r, old, old == 1 ? REFCOUNT_DEC_TO_ZERO : REFCOUNT_SUB_UNDERFLOW);
	else if (unlikely(refcount_is_gone(old)))
		refcount_fault(r, old, REFCOUNT_GONE);
}

/*
 * refcount_dec_if_one - drop the reference if it is the last; return whether it was.
 * refcount_dec_not_one - drop it if it is not the last; return whether it was dropped. A stuck counter
 * stays as it is, and is never the last: true.
 * Never sleep. Any context.
 */
bool __must_check refcount_dec_if_one(refcount_t *r);
bool __must_check refcount_dec_not_one(refcount_t *r);

/*
 * refcount_dec_and_lock, _irqsave - drop a reference; if it is the last return true with @lock held.
 * So who looks the object up under @lock, and takes a reference there, finds it whole or not at all.
 * While it is not the last, @lock is not touched. Never sleep. Context: that of @lock.
 * refcount_dec_and_mutex_lock() is in kernel/locking/sleep/refcount_mutex.h.
 */
bool __must_check refcount_dec_and_lock(refcount_t *r, spinlock_t *lock);
bool __must_check refcount_dec_and_lock_irqsave(refcount_t *r, spinlock_t *lock,
						unsigned long *flags);
