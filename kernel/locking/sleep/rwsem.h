/* rwsem.h: the reader-writer semaphore: many readers, or one writer, and both may sleep.
 * SPDX-License-Identifier: MIT
 *
 * RULES
 *   1. Any number of threads hold it for reading, or one thread holds it for writing.
 *   2. Taking it may sleep: thread context, no spinlock held, preemption on. The trylock forms do not
 *      sleep, and are for threads all the same.
 *   3. The thread that took it releases it. A reader's hold may be passed on to another thread, if it is taken
 *      by down_read_non_owner() and released by up_read_non_owner().
 *   4. It does not nest, not even for reading: a reader that takes it again waits behind a writer that
 *      waits for that reader.
 *   5. A reader cannot become a writer; a writer can become a reader, by downgrade_write().
 *   6. init_rwsem() before use; no hold when the thread ends or the memory is freed.
 *   7. An _interruptible or _killable form may fail: then it is not held.
 *   8. Use it where readers are many and stay long. For short sections a mutex costs less.
 *   Theory, word and paths: rwsem.c.
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

/* The word, drawn in rwsem.c. */
#define RWSEM_CONTENDED ((int)0x80000000)
#define RWSEM_WRITER    0x40000000
#define RWSEM_READERS   0x3fffffff

/* As MUTEX_MAX_PASSES in mutex.h: how many may go before the first waiter. */
#define RWSEM_MAX_PASSES 16

/* Counted in the checked profile. [o] by who owns it for writing, [w] under wait_lock. */
struct rwsem_stats {
	unsigned long spun;       /* [o] writers that had it by spinning */
	unsigned long slept;      /* [o] writers that had it after they slept and were woken */
	unsigned long handed;     /* [w] writers that were handed it */
	unsigned long let_in;     /* [w] readers that were let in from the wait list */
	unsigned int most_passed; /* [o] the most spinners that went before one first waiter */
};

/* [a] atomic  [o] by who owns it for writing  [w] under wait_lock  [I] set once */
struct rw_semaphore {
	atomic_t count;            /* [a] the word */
	unsigned int passed;       /* [o] spinners that went before the first waiter */
	struct task_struct *owner; /* [o] the writer, or NULL; while it is taken it lags behind */
	raw_spinlock_t wait_lock;
	struct osq osq;             /* the spinning writers' queue */
	struct list_head wait_list; /* [w] struct rwsem_waiter, in order of arrival */
#if CONFIG_CHECKED
	struct rwsem_stats stats;
	struct lockdep_map dep_map; /* [I] without a name: never initialized */
#endif
};

#if CONFIG_CHECKED
#define RWSEM_DEBUG_INIT(lockname) DEP_MAP_INIT(struct rw_semaphore, lockname)
#define rwsem_count(sem, field)    ((void)(sem)->stats.field++)

/* Panic if this thread, which writes, wants it again; initialize it if it never was, and report that. _held, _release:
 * return whether this thread holds it so; if not, that is reported, with the holders, and the caller leaves it. Any
 * context. */
void rwsem_check_init(struct rw_semaphore *sem, unsigned long where);
void rwsem_check_take(struct rw_semaphore *sem, unsigned long where);
bool rwsem_check_read_held(struct rw_semaphore *sem, unsigned long where);
bool rwsem_check_write_held(struct rw_semaphore *sem, unsigned long where);

/* The same, and note that it is held no more. Called right before it is released. */
bool rwsem_check_read_release(struct rw_semaphore *sem, unsigned long where);
bool rwsem_check_write_release(struct rw_semaphore *sem, unsigned long where);

static inline void rwsem_set_name(struct rw_semaphore *sem, const char *name, const char *site)
{
	lockdep_init_lock(sem, name, site);
}

static inline const char *rwsem_name(const struct rw_semaphore *sem)
{
	return sem->dep_map.name ?: "never initialized";
}

static inline void rwsem_note_pass(struct rw_semaphore *sem)
{
	sem->stats.most_passed = max(sem->stats.most_passed, sem->passed);
}

/* rwsem_get_stats - what the checked profile counted; zeros in the fast one. Any context. */
static inline struct rwsem_stats rwsem_get_stats(const struct rw_semaphore *sem)
{
	return sem->stats;
}
#else
#define RWSEM_DEBUG_INIT(lockname)
#define rwsem_count(sem, field) ((void)0)

static inline void rwsem_set_name(struct rw_semaphore *sem, const char *name, const char *site)
{
}

static inline void rwsem_check_init(struct rw_semaphore *sem, unsigned long where)
{
}

static inline void rwsem_check_take(struct rw_semaphore *sem, unsigned long where)
{
}

static inline bool rwsem_check_read_held(struct rw_semaphore *sem, unsigned long where)
{
	return true;
}

static inline bool rwsem_check_write_held(struct rw_semaphore *sem, unsigned long where)
{
	return true;
}

static inline bool rwsem_check_read_release(struct rw_semaphore *sem, unsigned long where)
{
	return true;
}

static inline bool rwsem_check_write_release(struct rw_semaphore *sem, unsigned long where)
{
	return true;
}

static inline const char *rwsem_name(const struct rw_semaphore *sem)
{
	return "?";
}

static inline void rwsem_note_pass(struct rw_semaphore *sem)
{
}

static inline struct rwsem_stats rwsem_get_stats(const struct rw_semaphore *sem)
{
	return (struct rwsem_stats){ 0 };
}
#endif

#define __RWSEM_INITIALIZER_IN(sem, lockname)                                                      \
	{                                                                                          \
		.count = ATOMIC_INIT(0), .wait_lock = RAW_SPIN_LOCK_UNLOCKED, .osq = OSQ_UNLOCKED, \
		.wait_list = LIST_HEAD_INIT((sem).wait_list), RWSEM_DEBUG_INIT(lockname)           \
	}
#define __RWSEM_INITIALIZER(lockname) __RWSEM_INITIALIZER_IN(lockname, lockname)
#define DECLARE_RWSEM(lockname)       struct rw_semaphore lockname = __RWSEM_INITIALIZER(lockname)

/* init_rwsem - make @sem free; nobody may hold or want it. Never sleeps. Any context. */
void init_rwsem_named(struct rw_semaphore *sem, const char *name, const char *site);
#define init_rwsem(sem) init_rwsem_named((sem), #sem, LOCK_SITE(#sem))

/* The slow paths, out of line: they are long, and a caller that does not wait should not carry them. */
int rwsem_read_slow(struct rw_semaphore *sem, unsigned int state);
int rwsem_write_slow(struct rw_semaphore *sem, unsigned int state);
void rwsem_release_slow(struct rw_semaphore *sem, int held);
void rwsem_downgrade_slow(struct rw_semaphore *sem);

/*
 * The fast paths: one compare-and-exchange each. Return whether it is done.
 * A reader comes in beside readers if nobody waits, a writer if nobody is there at all.
 */
static __always_inline bool rwsem_read_fast(struct rw_semaphore *sem)
{
	int count = atomic_read(&sem->count);

	return (u32)count < RWSEM_WRITER && atomic_try_cmpxchg(&sem->count, &count, count + 1);
}

static __always_inline bool rwsem_write_fast(struct rw_semaphore *sem)
{
	int free = 0;

	if (!atomic_try_cmpxchg(&sem->count, &free, RWSEM_WRITER))
		return false;
	WRITE_ONCE(sem->owner, current);
	return true;
}

/* Take it for whoever comes to release it. @where is the caller. */
static __always_inline int __must_check rwsem_read_anonymously(struct rw_semaphore *sem,
							       unsigned int state,
							       unsigned long where)
{
	rwsem_check_take(sem, where);
	might_sleep_at("down_read", rwsem_name(sem), where);
	return likely(rwsem_read_fast(sem)) ? 0 : rwsem_read_slow(sem, state);
}

/* It was taken, or not after all: note it. @where is the caller. */
static __always_inline void rwsem_note_end(struct rw_semaphore *sem, int error, unsigned long where)
{
	if (likely(!error)) {
		hook_sleep_acquired(sem, rwsem_name(sem), where);
		lock_acquired(&sem->dep_map, where);
	} else {
		lock_release(&sem->dep_map, where);
	}
}

/* Take it, and note that this thread has it. @subclass and @nest are for the validator, see lock_acquire(). */
static __always_inline int __must_check rwsem_read_state(struct rw_semaphore *sem,
							 unsigned int subclass, unsigned int state,
							 unsigned long where)
{
	int error;

	rwsem_check_take(sem, where);
	might_sleep_at("down_read", rwsem_name(sem), where);
	lock_acquire(&sem->dep_map, subclass, 0, LOCKDEP_READ, 1, NULL, where);
	error = rwsem_read_anonymously(sem, state, where);
	rwsem_note_end(sem, error, where);
	return error;
}

static __always_inline int __must_check rwsem_write_state(struct rw_semaphore *sem,
							  unsigned int subclass,
							  const struct lockdep_map *nest,
							  unsigned int state, unsigned long where)
{
	int error;

	rwsem_check_take(sem, where);
	might_sleep_at("down_write", rwsem_name(sem), where);
	lock_acquire(&sem->dep_map, subclass, 0, LOCKDEP_EXCLUSIVE, 1, nest, where);
	error = likely(rwsem_write_fast(sem)) ? 0 : rwsem_write_slow(sem, state);
	rwsem_note_end(sem, error, where);
	return error;
}

/*
 * down_read - take @sem for reading, with other readers; sleep while a writer has it or waits for it.
 * down_write - take it for writing, alone; spin while its writer runs, else sleep.
 * _interruptible, _killable - the same, until a signal, or a fatal one, is pending.
 * Sleep. Thread context, nothing spinning held. Return with @sem held; the last two 0, or -EINTR without.
 */
static __always_inline void down_read(struct rw_semaphore *sem)
{
	(void)!rwsem_read_state(sem, 0, TASK_UNINTERRUPTIBLE, _THIS_IP_);
}

static __always_inline int __must_check down_read_interruptible(struct rw_semaphore *sem)
{
	return rwsem_read_state(sem, 0, TASK_INTERRUPTIBLE, _THIS_IP_);
}

static __always_inline int __must_check down_read_killable(struct rw_semaphore *sem)
{
	return rwsem_read_state(sem, 0, TASK_KILLABLE, _THIS_IP_);
}

static __always_inline void down_write(struct rw_semaphore *sem)
{
	(void)!rwsem_write_state(sem, 0, NULL, TASK_UNINTERRUPTIBLE, _THIS_IP_);
}

static __always_inline int __must_check down_write_killable(struct rw_semaphore *sem)
{
	return rwsem_write_state(sem, 0, NULL, TASK_KILLABLE, _THIS_IP_);
}

/*
 * down_read_trylock, down_write_trylock - take @sem if that needs no waiting, and passes nobody who waits.
 * Never sleep. Thread context. Return 1 with @sem held, 0 without.
 */
int down_read_trylock(struct rw_semaphore *sem);
int down_write_trylock(struct rw_semaphore *sem);

static __always_inline void rwsem_read_release(struct rw_semaphore *sem)
{
	int count = atomic_read(&sem->count);

	if (unlikely(count < 0 || !atomic_try_cmpxchg(&sem->count, &count, count - 1)))
		rwsem_release_slow(sem, 1);
}

/*
 * up_read, up_write - release @sem, which this thread holds for reading, or for writing.
 * Never sleep; may switch threads. Thread context. They do not touch @sem after another thread can have
 * it, so the next owner may free it.
 */
static __always_inline void up_read(struct rw_semaphore *sem)
{
	if (unlikely(!rwsem_check_read_release(sem, _THIS_IP_)))
		return;
	rwsem_read_release(sem);
}

static __always_inline void up_write(struct rw_semaphore *sem)
{
	int count = RWSEM_WRITER;

	if (unlikely(!rwsem_check_write_release(sem, _THIS_IP_)))
		return;
	WRITE_ONCE(sem->owner, NULL);
	if (unlikely(!atomic_try_cmpxchg(&sem->count, &count, 0)))
		rwsem_release_slow(sem, RWSEM_WRITER);
}

/*
 * downgrade_write - become a reader without letting a writer in between. The readers at the head of the
 * wait list come in too. Never sleeps; may switch threads. Thread context; caller holds it for writing.
 */
static __always_inline void downgrade_write(struct rw_semaphore *sem)
{
	int count = RWSEM_WRITER;

	if (unlikely(!rwsem_check_write_held(sem, _THIS_IP_)))
		return;
	lock_downgrade(&sem->dep_map, _THIS_IP_);
	WRITE_ONCE(sem->owner, NULL);
	if (unlikely(!atomic_try_cmpxchg(&sem->count, &count, 1)))
		rwsem_downgrade_slow(sem);
}

/* The same inside another semaphore of the same class, in an order that the caller answers for: @subclass names
 * the place in that order, @outer the lock, held, that makes it irrelevant. */
#define down_read_nested(sem, subclass)                                                            \
	((void)!rwsem_read_state((sem), (subclass), TASK_UNINTERRUPTIBLE, _THIS_IP_))
#define down_read_killable_nested(sem, subclass)                                                   \
	rwsem_read_state((sem), (subclass), TASK_KILLABLE, _THIS_IP_)
#define down_write_nested(sem, subclass)                                                           \
	((void)!rwsem_write_state((sem), (subclass), NULL, TASK_UNINTERRUPTIBLE, _THIS_IP_))
#define down_write_killable_nested(sem, subclass)                                                  \
	rwsem_write_state((sem), (subclass), NULL, TASK_KILLABLE, _THIS_IP_)
#define down_write_nest_lock(sem, outer)                                                           \
	((void)!rwsem_write_state((sem), 0, LOCKDEP_MAP_OF(outer), TASK_UNINTERRUPTIBLE, _THIS_IP_))

/* down_read_non_owner, up_read_non_owner - as down_read() and up_read(), for a hold that another thread may
 * release: nobody is noted as its holder. */
static __always_inline void down_read_non_owner(struct rw_semaphore *sem)
{
	(void)!rwsem_read_anonymously(sem, TASK_UNINTERRUPTIBLE, _THIS_IP_);
}

static __always_inline void up_read_non_owner(struct rw_semaphore *sem)
{
	if (unlikely(!rwsem_check_read_held(sem, _THIS_IP_)))
		return;
	rwsem_read_release(sem);
}

/* rwsem_is_locked - whether somebody holds @sem; rwsem_is_contended - whether somebody sleeps for it, or is
 * about to. Both old at once. Never sleep. Any context. */
static inline bool rwsem_is_locked(struct rw_semaphore *sem)
{
	return (atomic_read(&sem->count) & ~RWSEM_CONTENDED) != 0;
}

static inline bool rwsem_is_contended(struct rw_semaphore *sem)
{
	return atomic_read(&sem->count) < 0;
}
