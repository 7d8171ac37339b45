/* lockdep_table_locks.c: the locks of the scenarios of lockdep_table.h, of every type.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/lockdep.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/rtmutex.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/locking/sleep/semaphore.h"
#include "kernel/locking/spin/local_lock.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/test/lockdep_table.h"

static spinlock_t spins[NR_LOCKS];
static rwlock_t rwlocks[NR_LOCKS];
static struct mutex mutexes[NR_LOCKS];
static struct rw_semaphore rwsems[NR_LOCKS];
static struct rt_mutex rt_mutexes[NR_LOCKS];

static struct semaphore semaphores[NR_LOCKS];
static struct completion completions[NR_LOCKS];

struct local_locks {
	local_lock_t of[NR_LOCKS];
};
static DEFINE_PER_CPU(struct local_locks, locals);

static struct lock_class_key keys[NR_TYPES][NR_LOCKS];
static const char *const names[] = { "A", "B", "C", "D", "X1", "X2", "Y1", "Y2", "Z1" };

/* W is of the class of X, and V of that of Y. */
static u32 class_index(u32 i)
{
	return LETTERS[i] == 'W' || LETTERS[i] == 'V' ? i - 1 : i;
}

#define INIT(init, lock, column, i)                                                                \
	do {                                                                                       \
		init(lock);                                                                        \
		lockdep_set_class_and_name(lock, &keys[column][class_index(i)], names[i]);         \
	} while (0)

/* What has no initializer that takes a class. */
#if CONFIG_CHECKED
#define SET_KEY(map, type, i)                                                                      \
	do {                                                                                       \
		(map)->key = &keys[type][class_index(i)];                                          \
		(map)->name = names[i];                                                            \
	} while (0)
#else
#define SET_KEY(map, type, i) ((void)0)
#endif

static void init_local(u32 i)
{
	u32 cpu;

	for_each_possible_cpu(cpu)
	{
		INIT(local_lock_init, &per_cpu_ptr(&locals, cpu)->of[i], TYPE_LOCAL, i);
	}
}

static void forget_local(u32 i)
{
	u32 cpu;

	for_each_possible_cpu(cpu) lockdep_reset_lock(&per_cpu_ptr(&locals, cpu)->of[i].dep_map);
	init_local(i);
}

void table_init_lock(enum table_column column, u32 i)
{
	switch (column) {
	case COLUMN_SPIN:
		INIT(spin_lock_init, &spins[i], column, i);
		break;
	case COLUMN_WLOCK:
	case COLUMN_RLOCK:
		INIT(rwlock_init, &rwlocks[i], COLUMN_WLOCK, i);
		break;
	case COLUMN_MUTEX:
		INIT(mutex_init, &mutexes[i], column, i);
		break;
	case COLUMN_WSEM:
	case COLUMN_RSEM:
		INIT(init_rwsem, &rwsems[i], COLUMN_WSEM, i);
		break;
	case COLUMN_RTMUTEX:
		INIT(rt_mutex_init, &rt_mutexes[i], column, i);
		break;
	case TYPE_SEMAPHORE:
		sema_init(&semaphores[i], 1);
		SET_KEY(&semaphores[i].unit.dep_map, column, i);
		break;
	case TYPE_LOCAL:
		init_local(i);
		break;
	default:
		INIT(init_completion, &completions[i], column, i);
		complete_all(&completions[i]); // Waits are over at once.
		break;
	}
}

void table_take(enum table_column column, u32 i)
{
	switch (column) {
	case COLUMN_SPIN:
		return spin_lock(&spins[i]);
	case COLUMN_WLOCK:
		return write_lock(&rwlocks[i]);
	case COLUMN_RLOCK:
		return read_lock(&rwlocks[i]);
	case COLUMN_MUTEX:
		return mutex_lock(&mutexes[i]);
	case COLUMN_WSEM:
		return down_write(&rwsems[i]);
	case COLUMN_RSEM:
		return down_read(&rwsems[i]);
	case TYPE_SEMAPHORE:
		return down(&semaphores[i]);
	case TYPE_LOCAL:
		local_lock(&locals.of[i]);
		break;
	case TYPE_COMPLETION:
		return wait_for_completion(&completions[i]);
	default:
		return rt_mutex_lock(&rt_mutexes[i]);
	}
}

bool table_try(enum table_column column, u32 i)
{
	switch (column) {
	case COLUMN_SPIN:
		return spin_trylock(&spins[i]);
	case COLUMN_WLOCK:
		return write_trylock(&rwlocks[i]);
	case COLUMN_RLOCK:
		return read_trylock(&rwlocks[i]);
	case COLUMN_MUTEX:
		return mutex_trylock(&mutexes[i]);
	case COLUMN_WSEM:
		return down_write_trylock(&rwsems[i]);
	case COLUMN_RSEM:
		return down_read_trylock(&rwsems[i]);
	case TYPE_SEMAPHORE:
		return !down_trylock(&semaphores[i]);
	case TYPE_COMPLETION:
		return try_wait_for_completion(&completions[i]);
	default:
		return rt_mutex_trylock(&rt_mutexes[i]);
	}
}

void table_release(enum table_column column, u32 i)
{
	switch (column) {
	case COLUMN_SPIN:
		return spin_unlock(&spins[i]);
	case COLUMN_WLOCK:
		return write_unlock(&rwlocks[i]);
	case COLUMN_RLOCK:
		return read_unlock(&rwlocks[i]);
	case COLUMN_MUTEX:
		return mutex_unlock(&mutexes[i]);
	case COLUMN_WSEM:
		return up_write(&rwsems[i]);
	case COLUMN_RSEM:
		return up_read(&rwsems[i]);
	case TYPE_SEMAPHORE:
		return up(&semaphores[i]);
	case TYPE_LOCAL:
		local_unlock(&locals.of[i]);
		break;
	case TYPE_COMPLETION:
		return complete(&completions[i]);
	default:
		return rt_mutex_unlock(&rt_mutexes[i]);
	}
}

void table_nest(u32 i, u32 outer)
{
	spin_lock_nest_lock(&spins[i], &spins[outer]);
}

void table_forget_all(void)
{
	for (u32 i = 0; i < NR_LOCKS; i++) {
		lockdep_reset_lock(&spins[i].dep_map);
		lockdep_reset_lock(&rwlocks[i].dep_map);
		lockdep_reset_lock(&mutexes[i].dep_map);
		lockdep_reset_lock(&rwsems[i].dep_map);
		lockdep_reset_lock(&rt_mutexes[i].dep_map);
		lockdep_reset_lock(&semaphores[i].unit.dep_map);
		lockdep_reset_lock(&completions[i].dep_map);
		table_init_lock(COLUMN_SPIN, i);
		table_init_lock(COLUMN_WLOCK, i);
		table_init_lock(COLUMN_MUTEX, i);
		table_init_lock(COLUMN_WSEM, i);
		table_init_lock(COLUMN_RTMUTEX, i);
		table_init_lock(TYPE_SEMAPHORE, i);
		table_init_lock(TYPE_COMPLETION, i);
		forget_local(i);
	}
}

void table_release_noted(void)
{
	for (u32 i = 0; i < NR_LOCKS; i++) {
		hook_sleep_released(&mutexes[i]);
		while (hook_sleep_released(&rwsems[i]))
			;
		hook_sleep_released(&rt_mutexes[i]);
	}
}
