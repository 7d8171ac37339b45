/* seqcount_lock.h: sequence counts that know which lock keeps their writers apart.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A seqcount_t (seqlock.h) trusts its writers: that one lock excludes them is written nowhere. A
 *   seqcount_spinlock_t, and the like for other locks, is told the lock when it is initialized. Checked, a writer who
 *   does not hold it is reported. A mutex lets its holder be preempted, so there writing keeps preemption off itself.
 *   Readers are those of seqcount_t. In PROFILE=fast the lock is forgotten.
 *   The functions below are macros over those of seqlock.h, for each of the types.
 *   It does not: exist for ww_mutex, which is not here.
 */
#pragma once

#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/locking/spin/seqlock.h"

#if CONFIG_CHECKED
#define __SEQCOUNT_LOCK(of_lock) of_lock
#define __SEQCOUNT_LOCK_ZERO(countname, its_lock)                                                  \
	{                                                                                          \
		.seqcount = SEQCNT_ZERO(countname), .lock = (its_lock)                             \
	}
#else
#define __SEQCOUNT_LOCK(of_lock)
#define __SEQCOUNT_LOCK_ZERO(countname, its_lock)                                                  \
	{                                                                                          \
		.seqcount = SEQCNT_ZERO(countname)                                                 \
	}
#endif

#define __SEQCOUNT_LOCK_FIELDS(lock_type)                                                          \
	{                                                                                          \
		seqcount_t seqcount;                                                               \
		__SEQCOUNT_LOCK(lock_type *lock;)                                                  \
	}
typedef struct seqcount_raw_spinlock __SEQCOUNT_LOCK_FIELDS(raw_spinlock_t) seqcount_raw_spinlock_t;
typedef struct seqcount_spinlock __SEQCOUNT_LOCK_FIELDS(spinlock_t) seqcount_spinlock_t;
typedef struct seqcount_rwlock __SEQCOUNT_LOCK_FIELDS(rwlock_t) seqcount_rwlock_t;
typedef struct seqcount_mutex __SEQCOUNT_LOCK_FIELDS(struct mutex) seqcount_mutex_t;

/* Of one type: its count; what a writer does first, and last. */
#define __SEQCOUNT_LOCK_TYPE(name, holder_is_preempted)                                            \
	static __always_inline seqcount_t *__seqcount_of_##name(const seqcount_##name##_t *s)      \
	{                                                                                          \
		return (seqcount_t *)&s->seqcount;                                                 \
	}                                                                                          \
	static __always_inline void __seqcount_enter_##name(const seqcount_##name##_t *s)          \
	{                                                                                          \
		if (holder_is_preempted)                                                           \
			preempt_disable();                                                         \
		__SEQCOUNT_LOCK(seqcount_check_lock(&s->seqcount, &s->lock->dep_map, _THIS_IP_);)  \
	}                                                                                          \
	static __always_inline void __seqcount_leave_##name(const seqcount_##name##_t *s)          \
	{                                                                                          \
		if (holder_is_preempted)                                                           \
			preempt_enable();                                                          \
	}

__SEQCOUNT_LOCK_TYPE(raw_spinlock, false)
__SEQCOUNT_LOCK_TYPE(spinlock, false)
__SEQCOUNT_LOCK_TYPE(rwlock, false)
__SEQCOUNT_LOCK_TYPE(mutex, true)

static __always_inline seqcount_t *__seqcount_of_plain(const seqcount_t *s)
{
	return (seqcount_t *)s;
}

static __always_inline void __seqcount_enter_plain(const seqcount_t *s)
{
}

static __always_inline void __seqcount_leave_plain(const seqcount_t *s)
{
}

#define __seqcount_do(what, s)                                                                     \
	_Generic(*(s), seqcount_t                                                                  \
		 : __seqcount_##what##_plain, seqcount_raw_spinlock_t                              \
		 : __seqcount_##what##_raw_spinlock, seqcount_spinlock_t                           \
		 : __seqcount_##what##_spinlock, seqcount_rwlock_t                                 \
		 : __seqcount_##what##_rwlock, seqcount_mutex_t                                    \
		 : __seqcount_##what##_mutex)(s)

/*
 * SEQCNT_SPINLOCK_ZERO(name, lock) and the like - the initial value of the count @name, whose writers hold @lock.
 * seqcount_spinlock_init(s, lock) and the like - make @s ready; nobody may use it. Never sleep. Any context.
 */
#define SEQCNT_RAW_SPINLOCK_ZERO(name, lock) __SEQCOUNT_LOCK_ZERO(name, lock)
#define SEQCNT_SPINLOCK_ZERO(name, lock)     __SEQCOUNT_LOCK_ZERO(name, lock)
#define SEQCNT_RWLOCK_ZERO(name, lock)       __SEQCOUNT_LOCK_ZERO(name, lock)
#define SEQCNT_MUTEX_ZERO(name, lock)        __SEQCOUNT_LOCK_ZERO(name, lock)

#define __seqcount_lock_init(s, its_lock)                                                          \
	do {                                                                                       \
		seqcount_init_named(&(s)->seqcount, #s, LOCK_SITE(#s));                            \
		__SEQCOUNT_LOCK((s)->lock = (its_lock);)                                           \
	} while (0)
#define seqcount_raw_spinlock_init(s, lock) __seqcount_lock_init(s, lock)
#define seqcount_spinlock_init(s, lock)     __seqcount_lock_init(s, lock)
#define seqcount_rwlock_init(s, lock)       __seqcount_lock_init(s, lock)
#define seqcount_mutex_init(s, lock)        __seqcount_lock_init(s, lock)

/* As in seqlock.h, of a count of any of these types. Who writes holds its lock. */
#define __read_seqcount_begin(s)        __read_seqcount_begin(__seqcount_do(of, s))
#define read_seqcount_begin(s)          read_seqcount_begin(__seqcount_do(of, s))
#define raw_read_seqcount(s)            raw_read_seqcount(__seqcount_do(of, s))
#define raw_seqcount_begin(s)           raw_seqcount_begin(__seqcount_do(of, s))
#define __read_seqcount_retry(s, start) __read_seqcount_retry(__seqcount_do(of, s), start)
#define read_seqcount_retry(s, start)   read_seqcount_retry(__seqcount_do(of, s), start)
#define raw_write_seqcount_barrier(s)   raw_write_seqcount_barrier(__seqcount_do(of, s))

#define write_seqcount_begin(s)                                                                    \
	do {                                                                                       \
		__seqcount_do(enter, s);                                                           \
		write_seqcount_begin(__seqcount_do(of, s));                                        \
	} while (0)
#define write_seqcount_end(s)                                                                      \
	do {                                                                                       \
		write_seqcount_end(__seqcount_do(of, s));                                          \
		__seqcount_do(leave, s);                                                           \
	} while (0)
#define raw_write_seqcount_begin(s)                                                                \
	do {                                                                                       \
		__seqcount_do(enter, s);                                                           \
		raw_write_seqcount_begin(__seqcount_do(of, s));                                    \
	} while (0)
#define raw_write_seqcount_end(s)                                                                  \
	do {                                                                                       \
		raw_write_seqcount_end(__seqcount_do(of, s));                                      \
		__seqcount_do(leave, s);                                                           \
	} while (0)
