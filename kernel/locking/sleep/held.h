/* held.h: whether a lock is held here: the condition of rcu_dereference_protected().
 * SPDX-License-Identifier: MIT
 *
 * It is asked about locks of several types under one name, Linux's. It may say yes too often, and never says
 * no of a lock that the caller holds.
 */
#pragma once

#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/spin/spinlock.h"

/* By its owner. */
static inline bool mutex_may_be_held(const void *lock)
{
	return READ_ONCE(((const struct mutex *)lock)->owner) == current;
}

/* By somebody, if it has a word that says so; and who holds it has preemption off. */
static inline bool spin_may_be_held(const void *lock)
{
	return (!SPIN_HAS_WORD || spin_is_locked((spinlock_t *)lock)) && !preemptible();
}

static inline bool other_may_be_held(const void *lock)
{
	return true;
}

/* lockdep_is_held - whether @lock, a pointer to a lock, may be held by the caller. Any context. */
#define lockdep_is_held(lock)                                                                      \
	_Generic((lock), struct mutex *                                                            \
		 : mutex_may_be_held, spinlock_t *                                                 \
		 : spin_may_be_held, default                                                       \
		 : other_may_be_held)(lock)
