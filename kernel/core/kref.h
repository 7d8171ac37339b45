/* kref.h: a reference count with the function that frees.
 * SPDX-License-Identifier: MIT
 *
 * RULES
 *   1. Those of refcount.h.
 *   2. Take a reference before you hand the object on, not after.
 *   3. @release gets the object when nobody has it any more, and finds it by container_of().
 *   4. Who finds objects without having a reference (in a list, say) does so under the lock that
 *      kref_put_lock() takes, or uses kref_get_unless_zero().
 */
#pragma once

#include "kernel/core/refcount.h"

struct kref {
	refcount_t refcount;
};

#define KREF_INIT(n)                                                                               \
	{                                                                                          \
		.refcount = REFCOUNT_INIT(n)                                                       \
	}

/* kref_init - begin with the maker's one reference. kref_read - how many: old at once. */
static inline void kref_init(struct kref *kref)
{
	refcount_set(&kref->refcount, 1);
}

static inline unsigned int kref_read(const struct kref *kref)
{
	return refcount_read(&kref->refcount);
}

/* kref_get - one more; the caller has one. kref_get_unless_zero - one more if there is any: whether. */
static __always_inline void kref_get(struct kref *kref)
{
	refcount_inc(&kref->refcount);
}

static __always_inline int __must_check kref_get_unless_zero(struct kref *kref)
{
	return refcount_inc_not_zero(&kref->refcount);
}

/*
 * kref_put - one less; the last calls @release(@kref), and returns 1, else 0.
 * Sleeps if @release does. Context: that of @release.
 * kref_put_lock - the same, and @release is called with @lock held, and releases it.
 * kref_put_mutex() is in kernel/locking/sleep/refcount_mutex.h.
 */
static __always_inline int kref_put(struct kref *kref, void (*release)(struct kref *kref))
{
	if (!refcount_dec_and_test(&kref->refcount))
		return 0;
	release(kref);
	return 1;
}

static inline int kref_put_lock(struct kref *kref, void (*release)(struct kref *kref),
				spinlock_t *lock)
{
	if (!refcount_dec_and_lock(&kref->refcount, lock))
		return 0;
	release(kref);
	return 1;
}
