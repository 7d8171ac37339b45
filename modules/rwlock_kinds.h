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

struct rwlock_kind {
	const char *name;
	bool is_fair;
	void (*init)(union rwlock_any *lock);
	void (*read_lock)(union rwlock_any *lock);
	void (*read_unlock)(union rwlock_any *lock);
	void (*write_lock)(union rwlock_any *lock);
	bool (*write_trylock)(union rwlock_any *lock);
	void (*write_unlock)(union rwlock_any *lock);
	bool (*is_contended)(union rwlock_any *lock);
};

#define __RWLOCK_KIND(type, name, call)                                                            \
	static type rwlock_kind_##name(union rwlock_any *lock)                                     \
	{                                                                                          \
		return call(&lock->fair);                                                          \
	}
__RWLOCK_KIND(void, init, rwlock_init)
__RWLOCK_KIND(void, read_lock, read_lock)
__RWLOCK_KIND(void, read_unlock, read_unlock)
__RWLOCK_KIND(void, write_lock, write_lock)
__RWLOCK_KIND(bool, write_trylock, write_trylock)
__RWLOCK_KIND(void, write_unlock, write_unlock)
__RWLOCK_KIND(bool, is_contended, rwlock_is_contended)

static const struct rwlock_kind rwlock_kinds[] = {
	{ "fair", true, rwlock_kind_init, rwlock_kind_read_lock, rwlock_kind_read_unlock,
	  rwlock_kind_write_lock, rwlock_kind_write_trylock, rwlock_kind_write_unlock,
	  rwlock_kind_is_contended },
};
#endif
