/* held.h: which locks are held, by whom: for checks and reports of the checked profile.
 * SPDX-License-Identifier: MIT
 *
 * What spins is in struct cpu (hooks.h). What sleeps is held by a thread, wherever it runs, and is kept
 * here. Off, each function is empty and leaves no instruction.
 */
#pragma once

#include "kernel/base/cpu.h"

struct held_lock {
	const void *lock;
	const char *name;         /* NULL: a raw spinlock, which has no name */
	unsigned long where;      /* the address that took it */
	struct task_struct *task; /* the thread that holds it; NULL: a CPU does */
	u32 cpu;                  /* which */
};

#if CONFIG_CHECKED

/*
 * hook_sleep_acquired, hook_sleep_released - this thread took, or is about to release, the sleeping lock
 * @lock; of several acquisitions (a reader's) each is noted. A lock that has no owner is not noted.
 * The latter returns whether this thread can have taken it.
 * Never sleep. Thread context.
 */
void hook_sleep_acquired(const void *lock, const char *name, unsigned long where);
bool hook_sleep_released(const void *lock);

/* hook_sleep_released_all - @task, this thread or one that has ended, holds none any more: for tests that leave some
 * held. As above. */
void hook_sleep_released_all(const struct task_struct *task);

/*
 * held_lock_in - whether a lock is held that lies in [@start, @start + @size): then *@found is one.
 * held_lock_of - whether @task holds a sleeping lock: then *@found is one.
 * held_locks - the sleeping locks that @task (NULL: anybody) holds; only @lock, unless that is NULL. Fills
 *   up to @n of @found; returns how many it filled.
 * held_spinlock - whether CPU @cpu holds the spinlock or rwlock @lock: then *@found says how.
 * Never sleep. Any context. True of what is held all the while; else old at once.
 */
bool held_lock_in(const void *start, size_t size, struct held_lock *found);
bool held_lock_of(const struct task_struct *task, struct held_lock *found);
u32 held_locks(const struct task_struct *task, const void *lock, struct held_lock *found, u32 n);
bool held_spinlock(u32 cpu, const void *lock, struct held_lock *found);

#else

static inline void hook_sleep_acquired(const void *lock, const char *name, unsigned long where)
{
}

static inline bool hook_sleep_released(const void *lock)
{
	return true;
}

static inline void hook_sleep_released_all(const struct task_struct *task)
{
}

static inline bool held_lock_in(const void *start, size_t size, struct held_lock *found)
{
	return false;
}

static inline bool held_lock_of(const struct task_struct *task, struct held_lock *found)
{
	return false;
}

static inline u32 held_locks(const struct task_struct *task, const void *lock,
			     struct held_lock *found, u32 n)
{
	return 0;
}

static inline bool held_spinlock(u32 cpu, const void *lock, struct held_lock *found)
{
	return false;
}

#endif
