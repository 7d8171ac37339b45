/* refcount.c: what is not in the fast path of a reference count: its last steps, and its mistakes.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/refcount.h"

#include "kernel/core/panic.h"

noinline void refcount_fault(refcount_t *r, int old, enum refcount_fault fault)
{
	static const char *const texts[] = {
		[REFCOUNT_ADD_OVERFLOW] = "a reference too many: the counter is full",
		[REFCOUNT_ADD_TO_ZERO] = "a reference to an object without any: a use after free",
		[REFCOUNT_SUB_UNDERFLOW] =
			"a reference was dropped that was not there: a double free",
		[REFCOUNT_GONE] = "the object is in memory that was freed: a use after free",
		[REFCOUNT_DEC_TO_ZERO] = "refcount_dec() dropped the last reference: a leak",
	};

	// Freed memory stays as it was.
	atomic_set(&r->refs, fault == REFCOUNT_GONE ? REFCOUNT_POISON : REFCOUNT_SATURATED);
	// A stuck counter was reported when it got stuck.
	if (old >= 0)
		warn_report("refcount %p, which was %d, at %pB: %s; the object is never freed now",
			    r, old, (void *)_RET_IP_, texts[fault]);
}

bool refcount_dec_if_one(refcount_t *r)
{
	int old = 1;

	return atomic_try_cmpxchg(&r->refs, &old, 0); // fully ordered: [A] and [B] at once
}

bool refcount_dec_not_one(refcount_t *r)
{
	int old = atomic_read(&r->refs);

	do {
		if (old < 0)
			return true;
		if (old == 1)
			return false;
		if (old == 0) {
			refcount_fault(r, old, REFCOUNT_SUB_UNDERFLOW);
			return true;
		}
		// [A] pairs with [B] in refcount_sub_and_test()
	} while (!atomic_try_cmpxchg_release(&r->refs, &old, old - 1));
	return true;
}

bool refcount_dec_and_lock(refcount_t *r, spinlock_t *lock)
{
	if (refcount_dec_not_one(r))
		return false;
	spin_lock(lock);
	if (refcount_dec_and_test(r))
		return true;
	spin_unlock(lock);
	return false;
}

bool refcount_dec_and_lock_irqsave(refcount_t *r, spinlock_t *lock, unsigned long *flags)
{
	if (refcount_dec_not_one(r))
		return false;
	spin_lock_irqsave(lock, *flags);
	if (refcount_dec_and_test(r))
		return true;
	spin_unlock_irqrestore(lock, *flags);
	return false;
}
