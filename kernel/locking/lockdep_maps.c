/* lockdep_maps.c: what is asked of the lock validator and told to it, besides acquisitions: making and
 * forgetting locks, whether one is held, turning it off for a while.
 * SPDX-License-Identifier: MIT
 */
#include <arch/irqflags.h>

#include "kernel/base/held.h"
#include "kernel/locking/lockdep_internal.h"
#include "kernel/locking/lockstat.h"
#include "lib/string.h"

#if CONFIG_CHECKED

/* A lock that this thread holds is made anew: it would be held no more, and released all the same. */
static void check_not_held(const struct lockdep_map *map, const char *name)
{
	unsigned long flags;
	struct lockdep_task *task = lockdep_enter(&flags);
	const struct lockdep_held *held;

	if (!task)
		return;
	held = lockdep_find_held(task, map);
	if (held && held->map == map)
		lockdep_complain(&(struct lockdep_report){
			.problem = LOCKDEP_INIT_HELD, .task = task, .held = held, .what = name });
	lockdep_leave(task, flags);
}

void lockdep_init_map(struct lockdep_map *map, const char *name, const void *key, int subclass)
{
	check_not_held(map, name);
	*map = (struct lockdep_map){ .name = name, .key = key, .subclass = (u8)subclass };
}

void lockdep_init_map_site(struct lockdep_map *map, const char *name, const char *site)
{
	check_not_held(map, name);
	*map = (struct lockdep_map){ .name = name, .key = site, .site = site };
}

void lockdep_set_map_class(struct lockdep_map *map, const char *name, const void *key, int subclass)
{
	check_not_held(map, name);
	map->name = name;
	map->key = key;
	map->site = NULL;
	map->subclass = (u8)subclass;
	memset(map->classes, 0, sizeof(map->classes));
}

/* ---- Changing what is held ------------------------------------------------------------------------- */

void lock_downgrade(struct lockdep_map *map, unsigned long where)
{
	unsigned long flags;
	struct lockdep_task *task = lockdep_enter(&flags);
	struct lockdep_held *held;

	if (!task)
		return;
	held = lockdep_find_held(task, map);
	if (held) {
		if (unlikely(held->stat))
			lockstat_downgraded(held);
		held->read = LOCKDEP_READ;
		held->where = where;
		lockdep_renew_chains(task, (u32)(held - task->held));
	}
	lockdep_leave(task, flags);
}

void lock_set_class(struct lockdep_map *map, const char *name, const void *key,
		    unsigned int subclass, unsigned long where)
{
	struct lockdep_held *held;
	unsigned long flags;
	struct lockdep_task *task = lockdep_enter(&flags);

	if (!task)
		return;
	map->name = name;
	map->key = key;
	held = lockdep_find_held(task, map);
	if (held) {
		u16 class = lockdep_class_of(map, subclass);

		held->class = class ?: held->class;
		held->where = where;
		lockdep_judge_again(task, (u32)(held - task->held));
	}
	lockdep_leave(task, flags);
}

/* ---- Waiting for what is no lock --------------------------------------------------------------------- */

void lockdep_waits_for(struct lockdep_map *map, unsigned long where)
{
	// The function may run in a softirq. That one may interrupt this wait does not matter: it is no lock.
	unsigned long flags = arch_local_irq_save();

	lock_acquire(map, 0, 0, LOCKDEP_EXCLUSIVE, 1, NULL, where);
	lock_release(map, where);
	arch_local_irq_restore(flags);
}

void lockdep_sleeps_for(struct lockdep_map *map, unsigned long where)
{
	if (in_task())
		lockdep_waits_for(map, where);
}

void lockdep_rewind(u32 depth)
{
	unsigned long flags = arch_local_irq_save();
	struct lockdep_task *task = this_cpu()->lockdep;

	if (task) {
		task->depth = min_t(u32, task->depth, depth);
		task->off = 0;
	}
	arch_local_irq_restore(flags);
}

static void shift_off(int by)
{
	unsigned long flags = arch_local_irq_save();
	struct lockdep_task *task = this_cpu()->lockdep;

	if (task)
		task->off += (u32)by;
	arch_local_irq_restore(flags);
}

void lockdep_off(void)
{
	shift_off(1);
}

void lockdep_on(void)
{
	shift_off(-1);
}

void lockdep_register_key(struct lock_class_key *key)
{
	// A key is any address: there is nothing to be prepared.
}

void lockdep_unregister_key(struct lock_class_key *key)
{
	unsigned long flags = arch_local_irq_save();

	lockdep_graph_lock();
	lockdep_forget_key(key);
	lockdep_graph_unlock();
	arch_local_irq_restore(flags);
}

void lockdep_free_key_range(const void *start, size_t size)
{
	unsigned long flags = arch_local_irq_save();

	lockdep_graph_lock();
	lockdep_forget_range(start, size);
	lockdep_graph_unlock();
	arch_local_irq_restore(flags);
}

void lockdep_reset_lock(struct lockdep_map *map)
{
	unsigned long flags = arch_local_irq_save();

	lockdep_graph_lock();
	lockdep_forget_key(lockdep_map_key(map));
	lockdep_graph_unlock();
	arch_local_irq_restore(flags);
}

static struct task_struct *selftest_task; /* [a] */

static bool is_selftest(void)
{
	return READ_ONCE(selftest_task) == current;
}

/* Whether what is wrong here is only to be noted. */
static bool forgives(void)
{
	if (!is_selftest() || !READ_ONCE(debug_locks_silent))
		return false;
	debug_locks_off();
	return true;
}

void lockdep_set_selftest_task(struct task_struct *task)
{
	WRITE_ONCE(selftest_task, task);
	hook_register_forgives(task ? forgives : NULL);
}

/* Nothing that a self-test took is noted as held any more, by whatever case it was left. */
static void forget_notes(void)
{
	hook_spin_released_all();
	hook_sleep_released_all(current);
}

void lockdep_reset(void)
{
	unsigned long flags = arch_local_irq_save();
	struct lockdep_task *task = this_cpu()->lockdep;

	lockdep_graph_lock();
	lockdep_chains_forget();
	lockdep_graph_unlock();
	if (task)
		task->depth = task->n_sections = 0;
	if (is_selftest())
		forget_notes();
	WRITE_ONCE(debug_locks, 1);
	arch_local_irq_restore(flags);
}

/* ---- Asking --------------------------------------------------------------------------------------- */

/* Whether it is held, with that @read or, < 0, anyhow; @unknown, when nothing is known here. */
static bool is_held(const struct lockdep_map *map, int read, bool unknown)
{
	unsigned long flags;
	struct lockdep_task *task = lockdep_enter(&flags);
	const struct lockdep_held *held;

	if (!task)
		return unknown;
	held = lockdep_find_held(task, map);
	lockdep_leave(task, flags);
	return held && (read < 0 || !!held->read == !!read);
}

bool lock_is_not_held(const struct lockdep_map *map)
{
	return !is_held(map, -1, false);
}

bool lock_is_held_type(const struct lockdep_map *map, int read)
{
	return is_held(map, read, true);
}

void lockdep_assert_failed(const char *what, unsigned long where)
{
	unsigned long flags;
	struct lockdep_task *task = lockdep_enter(&flags);

	if (!task)
		return;
	lockdep_complain(&(struct lockdep_report){
		.problem = LOCKDEP_NOT_HELD, .task = task, .what = what, .where = where });
	lockdep_leave(task, flags);
}

#endif
