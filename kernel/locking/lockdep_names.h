/* lockdep_names.h: lock_acquire() and lock_release() by the names that they have in Linux for each type of lock.
 * SPDX-License-Identifier: MIT
 *
 * For modules that build locks of their own, or tell the validator what a lock does behind its back. The kernel's
 * own locks do not use them; @map is a struct lockdep_map, @ip the address of the code that takes it.
 */
#pragma once

#include "kernel/locking/lockdep.h"

#define __lock_acquire_as(map, sub, try, read, nest, ip)                                           \
	lock_acquire(map, sub, try, read, 1, nest, ip)
#define lock_acquire_exclusive(map, sub, try, nest, ip)                                            \
	__lock_acquire_as(map, sub, try, LOCKDEP_EXCLUSIVE, nest, ip)
#define lock_acquire_shared(map, sub, try, nest, ip)                                               \
	__lock_acquire_as(map, sub, try, LOCKDEP_READ, nest, ip)
#define lock_acquire_shared_recursive(map, sub, try, nest, ip)                                     \
	__lock_acquire_as(map, sub, try, LOCKDEP_READ_REC, nest, ip)

#define spin_acquire(map, sub, try, ip)            lock_acquire_exclusive(map, sub, try, NULL, ip)
#define spin_acquire_nest(map, sub, try, nest, ip) lock_acquire_exclusive(map, sub, try, nest, ip)
#define spin_release(map, ip)                      lock_release(map, ip)

#define rwlock_acquire(map, sub, try, ip) lock_acquire_exclusive(map, sub, try, NULL, ip)
#define rwlock_acquire_read(map, sub, try, ip)                                                     \
	(CONFIG_RWLOCK_FAIR && in_task() && !READ_ONCE(force_read_lock_recursive) ?                \
		 lock_acquire_shared(map, sub, try, NULL, ip) :                                    \
		 lock_acquire_shared_recursive(map, sub, try, NULL, ip))
#define rwlock_release(map, ip) lock_release(map, ip)

#define mutex_acquire(map, sub, try, ip)            lock_acquire_exclusive(map, sub, try, NULL, ip)
#define mutex_acquire_nest(map, sub, try, nest, ip) lock_acquire_exclusive(map, sub, try, nest, ip)
#define mutex_release(map, ip)                      lock_release(map, ip)

#define rwsem_acquire(map, sub, try, ip)            lock_acquire_exclusive(map, sub, try, NULL, ip)
#define rwsem_acquire_nest(map, sub, try, nest, ip) lock_acquire_exclusive(map, sub, try, nest, ip)
#define rwsem_acquire_read(map, sub, try, ip)       lock_acquire_shared(map, sub, try, NULL, ip)
#define rwsem_release(map, ip)                      lock_release(map, ip)
