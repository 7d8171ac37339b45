/* rtmutex.h: mutual exclusion between threads, with priority inheritance.
 * SPDX-License-Identifier: MIT
 *
 * RULES
 *   1. One thread holds it at a time, and that thread releases it. Not interrupt handlers, not timers,
 *      not even by rt_mutex_trylock().
 *   2. Taking it may sleep: thread context, no spinlock held, preemption on.
 *   3. It does not nest. A lock that would close a circle of waiting threads is refused with -EDEADLK,
 *      or panics where no error can be returned.
 *   4. A thread that ends, and memory that is freed, hold no rt_mutex.
 *   5. rt_mutex_init() before use, once; rt_mutex_destroy() when nobody can want it any more.
 *   6. The interruptible and killable forms may fail: then it is not held.
 *   7. Hold it for a time that you know: the best thread of the machine waits that long.
 *   Theory, word and paths: rtmutex.c. The loans: rtmutex_chain.c.
 */
#pragma once

#include <arch/atomic.h>

#include "kernel/base/held.h"
#include "kernel/base/hooks.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/lockstat.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "kernel/sched/task.h"
#include "lib/list.h"

#define RT_MUTEX_HAS_WAITERS 1UL /* in `owner`: lock and unlock take the slow path */

/* [a] atomic  [w] under wait_lock  [I] set once */
struct rt_mutex {
	unsigned long owner; /* [a] the owner's task_struct, or 0; and RT_MUTEX_HAS_WAITERS */
	raw_spinlock_t wait_lock;
	struct list_head
		waiters; /* [w] struct rt_mutex_waiter: best first, then in order of arrival */
#if CONFIG_CHECKED
	struct lockdep_map dep_map; /* [I] without a name: never initialized, or destroyed */
#endif
};

/* rt_mutex_owner - the owner, or NULL. Steady under wait_lock; else old at once. Any context. */
static inline struct task_struct *rt_mutex_owner(const struct rt_mutex *lock)
{
	return (struct task_struct *)(READ_ONCE(lock->owner) & ~RT_MUTEX_HAS_WAITERS);
}

#if CONFIG_CHECKED
#define RT_MUTEX_DEBUG_INIT(lockname) DEP_MAP_INIT(struct rt_mutex, lockname)

/* Panic if an interrupt takes @lock; initialize it if it never was, and report that. _release: return whether this
 * thread owns it; if not, that is reported, with the owner, and the caller leaves it. */
void rt_mutex_check_take(struct rt_mutex *lock, unsigned long where);
bool rt_mutex_check_release(struct rt_mutex *lock, unsigned long where);

static inline void rt_mutex_set_name(struct rt_mutex *lock, const char *name, const char *site)
{
	lockdep_init_lock(lock, name, site);
}

static inline const char *rt_mutex_name(const struct rt_mutex *lock)
{
	return lock->dep_map.name ?: "never initialized";
}

/* rt_mutex_destroy - @lock is not to be used again: free, with no waiters; or that is reported,
 * and it stays what it is. Any context. */
void rt_mutex_destroy(struct rt_mutex *lock);
#else
#define RT_MUTEX_DEBUG_INIT(lockname)

static inline void rt_mutex_check_take(struct rt_mutex *lock, unsigned long where)
{
}

static inline bool rt_mutex_check_release(struct rt_mutex *lock, unsigned long where)
{
	return true;
}

static inline void rt_mutex_set_name(struct rt_mutex *lock, const char *name, const char *site)
{
}

static inline const char *rt_mutex_name(const struct rt_mutex *lock)
{
	return "?";
}

static inline void rt_mutex_destroy(struct rt_mutex *lock)
{
}
#endif

#define __RT_MUTEX_INITIALIZER(lockname)                                                           \
	{                                                                                          \
		.owner = 0, .wait_lock = RAW_SPIN_LOCK_UNLOCKED,                                   \
		.waiters = LIST_HEAD_INIT((lockname).waiters), RT_MUTEX_DEBUG_INIT(lockname)       \
	}
#define DEFINE_RT_MUTEX(lockname) struct rt_mutex lockname = __RT_MUTEX_INITIALIZER(lockname)

/* rt_mutex_init - make @lock free; nobody may hold or want it. Never sleeps. Any context. */
void rt_mutex_init_named(struct rt_mutex *lock, const char *name, const char *site);
#define rt_mutex_init(lock) rt_mutex_init_named((lock), #lock, LOCK_SITE(#lock))

/* __rt_mutex_init - the same, with the name and the key of its class, as lockdep_set_class_and_name(). */
#define __rt_mutex_init(lock, name, key)                                                           \
	do {                                                                                       \
		rt_mutex_init_named((lock), (name), NULL);                                         \
		lockdep_set_class_and_name(lock, key, name);                                       \
	} while (0)

/* The fast paths: one compare-and-exchange each, which fails when somebody holds it or waits. */
static __always_inline bool rt_mutex_take_fast(struct rt_mutex *lock)
{
	unsigned long free = 0;

	return try_cmpxchg(&lock->owner, &free, (unsigned long)current);
}

static __always_inline bool rt_mutex_release_fast(struct rt_mutex *lock)
{
	unsigned long mine = (unsigned long)current;

	return try_cmpxchg(&lock->owner, &mine, 0UL);
}

/* The rest, out of line: a caller that does not wait should not carry it. */
int rt_mutex_lock_slow(struct rt_mutex *lock, unsigned int state);
bool rt_mutex_trylock_slow(struct rt_mutex *lock);
void rt_mutex_unlock_slow(struct rt_mutex *lock);

/*
 * rt_mutex_lock_interruptible - take @lock, lending its owner this thread's priority meanwhile; until a
 *   signal is pending. rt_mutex_lock_killable - until a fatal one is.
 * Sleep. Thread context, nothing spinning held.
 * Return 0 with @lock held; without it -EINTR, or -EDEADLK if its owner waits, by way of any number of
 * others, for this thread, or is this thread.
 */
static __always_inline int rt_mutex_lock_state(struct rt_mutex *lock, unsigned int subclass,
					       const struct lockdep_map *nest, unsigned int state)
{
	int result = 0;

	rt_mutex_check_take(lock, _THIS_IP_);
	might_sleep_at("rt_mutex_lock", rt_mutex_name(lock), _THIS_IP_);
	lock_acquire(&lock->dep_map, subclass, 0, LOCKDEP_EXCLUSIVE, 1, nest, _THIS_IP_);
	if (unlikely(!rt_mutex_take_fast(lock)))
		result = rt_mutex_lock_slow(lock, state);
	if (likely(!result)) {
		hook_sleep_acquired(lock, rt_mutex_name(lock), _THIS_IP_);
		lock_acquired(&lock->dep_map, _THIS_IP_);
	} else {
		lock_release(&lock->dep_map, _THIS_IP_);
	}
	return result;
}

static __always_inline int __must_check rt_mutex_lock_interruptible(struct rt_mutex *lock)
{
	return rt_mutex_lock_state(lock, 0, NULL, TASK_INTERRUPTIBLE);
}

static __always_inline int __must_check rt_mutex_lock_killable(struct rt_mutex *lock)
{
	return rt_mutex_lock_state(lock, 0, NULL, TASK_KILLABLE);
}

/*
 * rt_mutex_lock - the same, whatever signals come.
 * Sleeps. Thread context, nothing spinning held. Returns with @lock held. Where the others return
 * -EDEADLK it panics, in both profiles, and names the threads and locks of the circle.
 */
static __always_inline void rt_mutex_lock(struct rt_mutex *lock)
{
	rt_mutex_lock_state(lock, 0, NULL, TASK_UNINTERRUPTIBLE);
}

/* rt_mutex_lock_nested, rt_mutex_lock_nest_lock - the same inside another of its class: see mutex_lock_nested(). */
static __always_inline void rt_mutex_lock_nested(struct rt_mutex *lock, unsigned int subclass)
{
	rt_mutex_lock_state(lock, subclass, NULL, TASK_UNINTERRUPTIBLE);
}

#define rt_mutex_lock_nest_lock(lock, outer)                                                       \
	((void)rt_mutex_lock_state((lock), 0, LOCKDEP_MAP_OF(outer), TASK_UNINTERRUPTIBLE))

/*
 * rt_mutex_trylock - take @lock if it is free, and nobody as good waits for it.
 * Never sleeps. Thread context. Returns 1 with @lock held, 0 without.
 */
static __always_inline int rt_mutex_trylock(struct rt_mutex *lock)
{
	rt_mutex_check_take(lock, _THIS_IP_);
	if (!rt_mutex_take_fast(lock) && !rt_mutex_trylock_slow(lock))
		return 0;
	lock_acquire(&lock->dep_map, 0, 1, LOCKDEP_EXCLUSIVE, 1, NULL, _THIS_IP_);
	lock_acquired(&lock->dep_map, _THIS_IP_);
	hook_sleep_acquired(lock, rt_mutex_name(lock), _THIS_IP_);
	return 1;
}

/*
 * rt_mutex_unlock - release @lock, which this thread holds, and give back what was lent for it.
 * Never sleeps; may switch threads. Thread context. It does not touch @lock after another thread can
 * own it, so the next owner may free it.
 */
static __always_inline void rt_mutex_unlock(struct rt_mutex *lock)
{
	if (unlikely(!rt_mutex_check_release(lock, _THIS_IP_)))
		return;
	lock_release(&lock->dep_map, _THIS_IP_);
	hook_sleep_released(lock);
	if (unlikely(!rt_mutex_release_fast(lock)))
		rt_mutex_unlock_slow(lock);
}

/* rt_mutex_is_locked - whether somebody holds @lock: old at once. Never sleeps. Any context. */
static inline bool rt_mutex_is_locked(const struct rt_mutex *lock)
{
	return rt_mutex_owner(lock) != NULL;
}

void rt_mutexes_init(void); /* boot CPU, after sched_init() */
