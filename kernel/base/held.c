/* held.c: the sleeping locks that threads hold, and the search among all that are held.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   One table for all threads, because the question is about all of them: does anybody hold a lock in
 *   this memory? (Linux's lockdep asks only the thread that frees.) An entry is claimed for a thread by
 *   cmpxchg, filled, and then shown by the store of `lock` [A]; releasing hides it before the entry is
 *   free. A thread begins to search where its address says, so that threads seldom meet.
 *
 *      this thread                                 who frees memory
 *      claims entry: task = current
 *      name, where
 *      lock = the mutex [A]                        reads lock [B]: in the memory that is freed
 *                                                  reads task, name, where: those of that lock
 *
 *   The entry is hidden before the lock is released, so whoever has taken the lock since, or knows by it
 *   that it is free, does not find the entry of the last holder: no false report.
 *   When the table is full the lock is not noted, only counted; and as long as one such is held, a release
 *   for which there is no entry may be its.
 */
#include "kernel/base/held.h"

#if CONFIG_CHECKED

#define HELD_MAX 256

/* [a] atomic  [s] written by the thread that has claimed the entry */
static struct {
	struct task_struct *task; /* [a] NULL: free */
	const char *name;         /* [s] */
	unsigned long where;      /* [s] */
} holders[HELD_MAX];
static const void *locks[HELD_MAX]; /* [a] apart, because this is what is searched; NULL: not shown */
static atomic_t left_out;           /* those that are held and have no entry */

static u32 first_entry(void)
{
	return (u32)((unsigned long)current >> 6) % HELD_MAX;
}

void hook_sleep_acquired(const void *lock, const char *name, unsigned long where)
{
	u32 entry = first_entry();

	for (u32 i = 0; i < HELD_MAX; i++, entry = (entry + 1) % HELD_MAX) {
		struct task_struct *nobody = NULL;

		if (READ_ONCE(holders[entry].task) ||
		    !try_cmpxchg(&holders[entry].task, &nobody, current))
			continue;
		WRITE_ONCE(holders[entry].name, name);
		WRITE_ONCE(holders[entry].where, where);
		smp_store_release(&locks[entry], lock); // [A] pairs with [B] in held_lock_in()
		return;
	}
	atomic_inc(&left_out);
}

bool hook_sleep_released(const void *lock)
{
	u32 entry = first_entry();

	for (u32 i = 0; i < HELD_MAX; i++, entry = (entry + 1) % HELD_MAX) {
		if (READ_ONCE(locks[entry]) != lock || READ_ONCE(holders[entry].task) != current)
			continue;
		WRITE_ONCE(locks[entry], NULL);
		smp_store_release(&holders[entry].task, NULL);
		return true;
	}
	return atomic_add_unless(&left_out, -1, 0);
}

void hook_sleep_released_all(const struct task_struct *task)
{
	for (u32 entry = 0; entry < HELD_MAX; entry++) {
		if (READ_ONCE(holders[entry].task) != task)
			continue;
		WRITE_ONCE(locks[entry], NULL);
		smp_store_release(&holders[entry].task, NULL);
	}
}

static bool is_in(const void *lock, const void *start, size_t size)
{
	return lock && (unsigned long)lock - (unsigned long)start < size;
}

/* Fill *@found from the entry, which showed @lock; returns whether it still does. */
static bool read_entry(u32 entry, const void *lock, struct held_lock *found)
{
	*found = (struct held_lock){
		.lock = lock,
		.name = READ_ONCE(holders[entry].name),
		.where = READ_ONCE(holders[entry].where),
		.task = READ_ONCE(holders[entry].task),
	};
	return found->task && READ_ONCE(locks[entry]) == lock;
}

/* The same for a spinlock of CPU @id, whose list may change under us unless it is ours. */
static bool spinlock_in(u32 id, const void *start, size_t size, struct held_lock *found)
{
	const struct cpu *cpu = cpu_by_id(id);
	u32 n = min_t(u32, READ_ONCE(cpu->nr_held), CPU_MAX_HELD);

	for (u32 i = 0; i < n; i++) {
		const void *lock = READ_ONCE(cpu->held[i].lock);

		if (!is_in(lock, start, size))
			continue;
		*found = (struct held_lock){ .lock = lock,
					     .name = READ_ONCE(cpu->held[i].name),
					     .where = READ_ONCE(cpu->held[i].where),
					     .cpu = id };
		if (READ_ONCE(cpu->held[i].lock) == lock)
			return true;
	}
	return false;
}

bool held_lock_in(const void *start, size_t size, struct held_lock *found)
{
	for (u32 id = 0; id < nr_cpus; id++) {
		if (spinlock_in(id, start, size, found))
			return true;
	}
	for (u32 i = 0; i < HELD_MAX; i++) {
		const void *lock =
			smp_load_acquire(&locks[i]); // [B] pairs with [A] in hook_sleep_acquired()

		if (is_in(lock, start, size) && read_entry(i, lock, found))
			return true;
	}
	return false;
}

u32 held_locks(const struct task_struct *task, const void *lock, struct held_lock *found, u32 n)
{
	u32 filled = 0;

	for (u32 i = 0; i < HELD_MAX && filled < n; i++) {
		// [B] pairs with [A] in hook_sleep_acquired()
		const void *held = smp_load_acquire(&locks[i]);

		if (!held || (lock && held != lock) || (task && READ_ONCE(holders[i].task) != task))
			continue;
		filled += read_entry(i, held, &found[filled]);
	}
	return filled;
}

bool held_lock_of(const struct task_struct *task, struct held_lock *found)
{
	return held_locks(task, NULL, found, 1) > 0;
}

bool held_spinlock(u32 cpu, const void *lock, struct held_lock *found)
{
	return spinlock_in(cpu, lock, 1, found);
}

#endif
