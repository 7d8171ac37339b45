/* rwlock_kinds.h: the reader-writer locks that this kernel has: Interlock both, Linux the fair one.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#ifdef __INTERLOCK__
#include "kernel/test/rwlock_kinds.h"
#else
#include <linux/spinlock.h>

/* Linux's rwlock is a queue since 3.16: a reader that comes after a writer waits behind it. */
union rwlock_any {
	rwlock_t fair;
};

/* Linux's names for the calls are macros: a member of that name could not be called. */
struct rwlock_kind {
	const char *name;
	bool is_fair;
	void (*init)(union rwlock_any *lock);
	void (*lock_read)(union rwlock_any *lock);
	void (*unlock_read)(union rwlock_any *lock);
	void (*lock_write)(union rwlock_any *lock);
	bool (*trylock_write)(union rwlock_any *lock);
	void (*unlock_write)(union rwlock_any *lock);
	bool (*is_contended)(union rwlock_any *lock);
};

#define __RWLOCK_KIND(type, name, body)                                                            \
	static type rwlock_kind_##name(union rwlock_any *lock)                                     \
	{                                                                                          \
		body;                                                                              \
	}
__RWLOCK_KIND(void, init, rwlock_init(&lock->fair))
__RWLOCK_KIND(void, lock_read, read_lock(&lock->fair))
__RWLOCK_KIND(void, unlock_read, read_unlock(&lock->fair))
__RWLOCK_KIND(void, lock_write, write_lock(&lock->fair))
__RWLOCK_KIND(bool, trylock_write, return write_trylock(&lock->fair))
__RWLOCK_KIND(void, unlock_write, write_unlock(&lock->fair))
__RWLOCK_KIND(bool, is_contended, return rwlock_is_contended(&lock->fair))

static const struct rwlock_kind rwlock_kinds[] = {
	{ "fair", true, rwlock_kind_init, rwlock_kind_lock_read, rwlock_kind_unlock_read,
	  rwlock_kind_lock_write, rwlock_kind_trylock_write, rwlock_kind_unlock_write,
	  rwlock_kind_is_contended },
};
#endif
