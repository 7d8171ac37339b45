/* mutex.h: mutual exclusion between threads that may sleep.
 * SPDX-License-Identifier: MIT
 *
 * RULES
 *   1. One thread holds it at a time, and that thread releases it. Not interrupt handlers, not
 *      timers, not even by mutex_trylock().
 *   2. Taking it may sleep: thread context, no spinlock held, preemption on.
 *   3. It does not nest: a thread that holds it and takes it again waits for itself.
 *   4. A thread that ends, and memory that is freed, hold no mutex.
 *   5. mutex_init() before use, once; mutex_destroy() when nobody can want it any more.
 *   6. mutex_lock_interruptible() may fail: then the mutex is not held.
 *   7. Of two mutexes, all take the same one first.
 *   Theory, word and paths: mutex.c.
 */
#pragma once

#include <arch/atomic.h>

#include "kernel/base/held.h"
#include "kernel/base/hooks.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/lockstat.h"
#include "kernel/locking/spin/osq.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "kernel/sched/task.h"
#include "lib/list.h"

/* How many spinners may go before the first waiter. Each saves one sleep and one wake-up of the spinner's
 * and costs the waiter one critical section. */
#define MUTEX_MAX_PASSES 16

/* How often a mutex was taken by each of its ways. [o] written by the owner only. */
struct mutex_stats {
	unsigned long fast;       /* [o] by the one instruction */
	unsigned long spun;       /* [o] by spinning, or found free on the way to sleep */
	unsigned long slept;      /* [o] from the wait list, after it was released */
	unsigned long handed;     /* [o] from the wait list, handed over */
	unsigned int most_passed; /* [o] the most spinners that went before one first waiter */
};

/* [a] atomic  [o] written by the owner only, read by anybody  [w] under wait_lock  [I] set once */
struct mutex {
	atomic_t count; /* [a] 1: free; 0: held; negative: held or contended, see mutex.c */
	u32 released;   /* [a] 1: contended, and free for the first waiter or a spinner */
	struct task_struct *owner; /* [o] or NULL; while it is taken or released it lags behind */
	raw_spinlock_t wait_lock;
	unsigned int passed;        /* [o] spinners that went before the first waiter */
	struct osq osq;             /* the spinners' queue */
	struct list_head wait_list; /* [w] struct mutex_waiter, in order of arrival */
#if CONFIG_CHECKED
	struct lockdep_map dep_map; /* [I] without a name: never initialized, or destroyed */
	struct mutex_stats stats;
#endif
};

#if CONFIG_CHECKED
#define MUTEX_DEBUG_INIT(lockname) DEP_MAP_INIT(struct mutex, lockname)

/* If @lock was never initialized, that is reported, and done. Any context. */
void mutex_check_init(struct mutex *lock, unsigned long where);
/* Panic if this thread holds @lock and wants it again. _release: return whether it holds it; if not, that is reported,
 * with the owner, and the caller leaves it. */
void mutex_check_take(struct mutex *lock, unsigned long where);
bool mutex_check_release(struct mutex *lock, unsigned long where);
/* Count one acquisition in the field of mutex_stats, and note it. Caller owns the mutex. */
#define mutex_count(lock, field)                                                                   \
	((lock)->stats.field++, hook_sleep_acquired(lock, (lock)->dep_map.name, _THIS_IP_))

static inline void mutex_note_pass(struct mutex *lock)
{
	lock->stats.most_passed = max(lock->stats.most_passed, lock->passed);
}

/* mutex_destroy - @lock is not to be used again: free, with no waiters; or that is reported,
 * and it stays what it is. Any context. */
void mutex_destroy(struct mutex *lock);
/* mutex_get_stats - what the checked profile counted; zeros in the fast one. Any context. */
static inline struct mutex_stats mutex_get_stats(const struct mutex *lock)
{
	return lock->stats;
}
#else
#define MUTEX_DEBUG_INIT(lockname)
#define mutex_count(lock, field) ((void)0)

static inline void mutex_note_pass(struct mutex *lock)
{
}

static inline void mutex_check_init(struct mutex *lock, unsigned long where)
{
}

static inline void mutex_check_take(struct mutex *lock, unsigned long where)
{
}

static inline bool mutex_check_release(struct mutex *lock, unsigned long where)
{
	return true;
}

static inline void mutex_destroy(struct mutex *lock)
{
}

static inline struct mutex_stats mutex_get_stats(const struct mutex *lock)
{
	return (struct mutex_stats){ 0 };
}
#endif

#define __MUTEX_INITIALIZER(lockname)                                                              \
	{                                                                                          \
		.count = ATOMIC_INIT(1), .wait_lock = RAW_SPIN_LOCK_UNLOCKED, .osq = OSQ_UNLOCKED, \
		.wait_list = LIST_HEAD_INIT((lockname).wait_list), MUTEX_DEBUG_INIT(lockname)      \
	}
#define DEFINE_MUTEX(lockname) struct mutex lockname = __MUTEX_INITIALIZER(lockname)

/* mutex_init - make @lock free; nobody may hold or want it. Never sleeps. Any context. */
void mutex_init_named(struct mutex *lock, const char *name, const char *site);
#define mutex_init(lock) mutex_init_named((lock), #lock, LOCK_SITE(#lock))

/*
 * The fast paths: the lock is one instruction and one branch each. Returns whether it is done.
 * Free (1) becomes held (0), and held becomes free; anything else is for the slow path, which finds
 * the count changed by one and puts it right.
 */
static __always_inline bool mutex_take_fast(struct mutex *lock)
{
	instrument_atomic_read_write(&lock->count, sizeof(lock->count));
	asm goto("lock decl %0\n\tjns %l[taken]" ::"m"(lock->count.counter)
		 : "memory", "cc"
		 : taken);
	return false;
taken:
	return true;
}

static __always_inline bool mutex_release_fast(struct mutex *lock)
{
	instrument_atomic_read_write(&lock->count, sizeof(lock->count));
	asm goto("lock incl %0\n\tjg %l[released]" ::"m"(lock->count.counter)
		 : "memory", "cc"
		 : released);
	return false;
released:
	return true;
}

/* The rest, out of line: they are long, and a caller that does not wait should not carry them. */
int mutex_lock_slow(struct mutex *lock, unsigned int state);
void mutex_unlock_slow(struct mutex *lock);

/* mutex_lock() of all kinds: @subclass and @nest are for the validator, see lock_acquire(). */
static __always_inline void mutex_lock_class(struct mutex *lock, unsigned int subclass,
					     const struct lockdep_map *nest)
{
	mutex_check_take(lock, _THIS_IP_);
	might_sleep_at("mutex_lock", LOCK_NAME_OF(lock), _THIS_IP_);
	lock_acquire(&lock->dep_map, subclass, 0, LOCKDEP_EXCLUSIVE, 1, nest, _THIS_IP_);
	if (unlikely(!mutex_take_fast(lock))) {
		mutex_lock_slow(lock, TASK_UNINTERRUPTIBLE);
		return;
	}
	WRITE_ONCE(lock->owner, current);
	mutex_count(lock, fast);
	lock_acquired(&lock->dep_map, _THIS_IP_);
}

/*
 * mutex_lock - take @lock; spin while its owner runs, else sleep.
 * Sleeps. Thread context, nothing spinning held. Returns with @lock held by this thread.
 */
static __always_inline void mutex_lock(struct mutex *lock)
{
	mutex_lock_class(lock, 0, NULL);
}

/*
 * mutex_lock_interruptible - the same, until a signal is pending.
 * mutex_lock_killable - the same, until a fatal signal is.
 * Return 0 with @lock held, or -EINTR without.
 */
static __always_inline int __must_check mutex_lock_state(struct mutex *lock, unsigned int subclass,
							 unsigned int state)
{
	mutex_check_take(lock, _THIS_IP_);
	might_sleep_at("mutex_lock", LOCK_NAME_OF(lock), _THIS_IP_);
	lock_acquire(&lock->dep_map, subclass, 0, LOCKDEP_EXCLUSIVE, 1, NULL, _THIS_IP_);
	if (unlikely(!mutex_take_fast(lock)))
		return mutex_lock_slow(lock, state);
	WRITE_ONCE(lock->owner, current);
	mutex_count(lock, fast);
	lock_acquired(&lock->dep_map, _THIS_IP_);
	return 0;
}

static __always_inline int __must_check mutex_lock_interruptible(struct mutex *lock)
{
	return mutex_lock_state(lock, 0, TASK_INTERRUPTIBLE);
}

static __always_inline int __must_check mutex_lock_killable(struct mutex *lock)
{
	return mutex_lock_state(lock, 0, TASK_KILLABLE);
}

/*
 * The same inside another mutex of the same class, in an order that the caller answers for: @subclass names
 * the place in that order, @outer the lock, held, that makes it irrelevant.
 * mutex_lock_io - the same, in Linux, accounted as waiting for a device.
 */
#define mutex_lock_nested(lock, subclass) mutex_lock_class((lock), (subclass), NULL)
#define mutex_lock_interruptible_nested(lock, subclass)                                            \
	mutex_lock_state((lock), (subclass), TASK_INTERRUPTIBLE)
#define mutex_lock_killable_nested(lock, subclass)                                                 \
	mutex_lock_state((lock), (subclass), TASK_KILLABLE)
#define mutex_lock_nest_lock(lock, outer)    mutex_lock_class((lock), 0, LOCKDEP_MAP_OF(outer))
#define mutex_lock_io(lock)                  mutex_lock(lock)
#define mutex_lock_io_nested(lock, subclass) mutex_lock_nested(lock, subclass)

/*
 * atomic_dec_and_mutex_lock - take 1 from @count; if it becomes 0, do so with @lock held.
 * May sleep. Thread context, nothing spinning held. Returns 1 with @lock held and *@count 0; else 0 without.
 */
int atomic_dec_and_mutex_lock(atomic_t *count, struct mutex *lock);

/*
 * mutex_trylock - take @lock if it is free.
 * Never sleeps. Thread context. Returns 1 with @lock held, 0 without: the opposite of down_trylock().
 */
int mutex_trylock(struct mutex *lock);

/*
 * mutex_unlock - release @lock, which this thread holds.
 * Never sleeps; may switch threads. Thread context. It does not touch @lock after another thread can
 * own it, so the next owner may free it (mutex.c says why; Linux's mutex does not promise this).
 */
static __always_inline void mutex_unlock(struct mutex *lock)
{
	if (unlikely(!mutex_check_release(lock, _THIS_IP_)))
		return;
	WRITE_ONCE(lock->owner, NULL);
	if (unlikely(!mutex_release_fast(lock)))
		mutex_unlock_slow(lock);
}

/* mutex_is_locked - whether somebody holds @lock: old at once. Never sleeps. Any context. */
static inline bool mutex_is_locked(struct mutex *lock)
{
	return atomic_read(&lock->count) != 1 && !READ_ONCE(lock->released);
}
