/* rwsem_check.c: what the checked profile finds wrong with the use of a reader-writer semaphore.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/rwsem.h"

#include "kernel/core/panic.h"

#if CONFIG_CHECKED

/* As spin_check_init(). */
void rwsem_check_init(struct rw_semaphore *sem, unsigned long where)
{
	if (likely(sem->dep_map.name))
		return;
	misuse(NULL, "rwsem %p is taken at %pS and is not initialized: call init_rwsem()", sem,
	       (void *)where);
	init_rwsem(sem);
}

void rwsem_check_take(struct rw_semaphore *sem, unsigned long where)
{
	rwsem_check_init(sem, where);
	if (unlikely(READ_ONCE(sem->owner) == current))
		panic("rwsem \"%s\" (%p) is taken at %pS by thread %d \"%s\", which has it for writing",
		      sem->dep_map.name, sem, (void *)where, current->pid, current->comm);
}

/* @what is wrong: say who has it. */
static __cold void report(const struct rw_semaphore *sem, const char *what, unsigned long where)
{
	struct task_struct *owner = READ_ONCE(sem->owner);

	if (lockdep_is_poison(&sem->dep_map)) {
		hook_gone_released("rwsem", sem, where);
		return;
	}
	misuse(owner,
	       "rwsem \"%s\" (%p) is %s at %pS by thread %d \"%s\" on CPU %u; its writer is \"%s\", its readers are %d",
	       rwsem_name(sem), sem, what, (void *)where, current->pid, current->comm,
	       raw_smp_processor_id(), owner ? owner->comm : "nobody",
	       atomic_read(&sem->count) & RWSEM_READERS);
}

bool rwsem_check_read_held(struct rw_semaphore *sem, unsigned long where)
{
	if (likely(sem->dep_map.name && (atomic_read(&sem->count) & RWSEM_READERS)))
		return true;
	report(sem, "released for reading", where);
	return false;
}

bool rwsem_check_read_release(struct rw_semaphore *sem, unsigned long where)
{
	if (unlikely(!rwsem_check_read_held(sem, where)))
		return false;
	if (unlikely(!hook_sleep_released(sem))) {
		report(sem,
		       "released for reading (up_read_non_owner() could) by another than took it,",
		       where);
		return false;
	}
	lock_release(&sem->dep_map, where);
	return true;
}

bool rwsem_check_write_release(struct rw_semaphore *sem, unsigned long where)
{
	if (unlikely(!rwsem_check_write_held(sem, where)))
		return false;
	lock_release(&sem->dep_map, where);
	hook_sleep_released(sem);
	return true;
}

bool rwsem_check_write_held(struct rw_semaphore *sem, unsigned long where)
{
	if (likely(sem->dep_map.name && READ_ONCE(sem->owner) == current))
		return true;
	report(sem, "released or downgraded by another than its writer,", where);
	return false;
}

#endif
