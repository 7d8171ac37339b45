/* rtmutex_check.c: what the checked profile says to whoever uses an rt_mutex wrongly.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/panic.h"
#include "kernel/locking/sleep/rtmutex.h"

#if CONFIG_CHECKED

/* As spin_check_init(). */
static __cold void late_init(struct rt_mutex *lock, unsigned long where)
{
	misuse(NULL, "rt_mutex %p is taken at %pS and is not initialized: call rt_mutex_init()",
	       lock, (void *)where);
	rt_mutex_init(lock);
}

void rt_mutex_check_take(struct rt_mutex *lock, unsigned long where)
{
	if (unlikely(!lock->dep_map.name))
		late_init(lock, where);
	if (unlikely(in_interrupt()))
		panic("rt_mutex \"%s\" (%p) is taken at %pS in an interrupt, on behalf of nobody",
		      lock->dep_map.name, lock, (void *)where);
}

bool rt_mutex_check_release(struct rt_mutex *lock, unsigned long where)
{
	const struct task_struct *owner = rt_mutex_owner(lock);

	if (likely(owner == current))
		return true;
	if (lockdep_is_poison(&lock->dep_map)) {
		hook_gone_released("rt_mutex", lock, where);
		return false;
	}
	misuse(owner,
	       "rt_mutex \"%s\" (%p) is released at %pS by thread %d \"%s\"; its owner is \"%s\"",
	       rt_mutex_name(lock), lock, (void *)where, current->pid, current->comm,
	       owner ? owner->comm : "nobody");
	return false;
}

void rt_mutex_destroy(struct rt_mutex *lock)
{
	if (likely(lock->dep_map.name && !READ_ONCE(lock->owner) && list_empty(&lock->waiters)))
		lock->dep_map.name = NULL;
	else
		misuse(rt_mutex_owner(lock), "rt_mutex \"%s\" (%p) is destroyed %s",
		       rt_mutex_name(lock), lock,
		       lock->dep_map.name ? "while it is held" : "and was never initialized");
}

#endif
