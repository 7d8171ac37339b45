/* refcount_mutex.h: the last reference is dropped under a mutex: refcount.h and kref.h above sleeping.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/kref.h"
#include "kernel/locking/sleep/mutex.h"

/*
 * refcount_dec_and_mutex_lock - drop a reference; if it is the last return true with @lock held.
 * While it is not the last, @lock is not touched. May sleep. Thread context.
 */
static inline bool __must_check refcount_dec_and_mutex_lock(refcount_t *r, struct mutex *lock)
{
	might_sleep();
	if (refcount_dec_not_one(r))
		return false;
	mutex_lock(lock);
	if (refcount_dec_and_test(r))
		return true;
	mutex_unlock(lock);
	return false;
}

/*
 * kref_put_mutex - one less; the last calls @release(@kref) with @lock held, which releases it.
 * Returns 1 if it was the last, else 0. May sleep. Thread context.
 */
static inline int kref_put_mutex(struct kref *kref, void (*release)(struct kref *kref),
				 struct mutex *lock)
{
	if (!refcount_dec_and_mutex_lock(&kref->refcount, lock))
		return 0;
	release(kref);
	return 1;
}
