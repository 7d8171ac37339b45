/* local_lock.h: a name for "nobody else on this CPU": preemption, or interrupts, off.
 * SPDX-License-Identifier: MIT
 *
 * A local_lock_t is a per-CPU variable that guards others of its CPU. There is no word to take: what keeps others out
 * is that this thread stays, and no one runs in between. The validator is told of it as of a lock, so that it finds
 * who takes it in a handler and elsewhere with interrupts on, and local_lock_is_held() knows. Its order with other locks
 * counts, for where local locks are real ones (Linux's PREEMPT_RT); but no interrupt can come between whom it is
 * waited for and who waits, so what handlers take does not spread over it.
 */
#pragma once

#include "kernel/base/irqflags.h"
#include "kernel/base/percpu.h"
#include "kernel/locking/lockdep.h"

typedef struct local_lock {
#if CONFIG_CHECKED
	struct lockdep_map dep_map;
#endif
} local_lock_t;

#define INIT_LOCAL_LOCK(lockname)                                                                  \
	{                                                                                          \
		DEP_MAP_INIT_LOCAL(local_lock_t, lockname)                                         \
	}
#define local_lock_init(lock) __local_lock_init(lock, #lock, LOCK_SITE(#lock))

#if CONFIG_CHECKED
#define __local_lock_init(lock, name, site)                                                        \
	(lockdep_init_lock(lock, name, site), (void)((lock)->dep_map.is_local = true))
#else
#define __local_lock_init(lock, name, site) ((void)(lock))
#endif

/*
 * local_lock - keep other threads out of what the lock of this CPU guards: preemption is off. _irq, _irqsave -
 *   handlers, too: interrupts are off. @lock is the address of the per-CPU variable.
 * Never sleep. Any context that the lock is meant for: a handler that interrupts local_lock() is not kept out.
 */
#define local_lock(lock)                                                                           \
	do {                                                                                       \
		preempt_disable();                                                                 \
		__local_lock_taken(lock);                                                          \
	} while (0)
#define local_unlock(lock)                                                                         \
	do {                                                                                       \
		__local_lock_released(lock);                                                       \
		preempt_enable();                                                                  \
	} while (0)
#define local_lock_irq(lock)                                                                       \
	do {                                                                                       \
		local_irq_disable();                                                               \
		__local_lock_taken(lock);                                                          \
	} while (0)
#define local_unlock_irq(lock)                                                                     \
	do {                                                                                       \
		__local_lock_released(lock);                                                       \
		local_irq_enable();                                                                \
	} while (0)
#define local_lock_irqsave(lock, flags)                                                            \
	do {                                                                                       \
		local_irq_save(flags);                                                             \
		__local_lock_taken(lock);                                                          \
	} while (0)
#define local_unlock_irqrestore(lock, flags)                                                       \
	do {                                                                                       \
		__local_lock_released(lock);                                                       \
		local_irq_restore(flags);                                                          \
	} while (0)

#if CONFIG_CHECKED
#define __local_lock_taken(lock)                                                                   \
	lock_acquire(&this_cpu_ptr(lock)->dep_map, 0, 0, LOCKDEP_EXCLUSIVE, 1, NULL, _THIS_IP_)
#define __local_lock_released(lock) lock_release(&this_cpu_ptr(lock)->dep_map, _THIS_IP_)
#else
#define __local_lock_taken(lock)    ((void)(lock))
#define __local_lock_released(lock) ((void)(lock))
#endif
