/* rwlock_kinds.h: both reader-writer locks behind one table, to be tested and shown side by side.
 * SPDX-License-Identifier: MIT
 *
 * rwlock_t is one of them; word.h says which. Here both are in every build. As the words leave preemption
 * to their caller, these functions see to it.
 */
#pragma once

#include "kernel/base/preempt.h"
#include "kernel/locking/spin/rwlock_fair.h"
#include "kernel/locking/spin/rwlock_reader.h"

union rwlock_any {
	struct rwlock_reader reader;
	struct rwlock_fair fair;
};

struct rwlock_kind {
	const char *name;
	bool is_fair; /* who comes waits behind those who wait */
	void (*init)(union rwlock_any *lock);
	void (*lock_read)(union rwlock_any *lock);
	bool (*trylock_read)(union rwlock_any *lock);
	void (*unlock_read)(union rwlock_any *lock);
	void (*lock_write)(union rwlock_any *lock);
	bool (*trylock_write)(union rwlock_any *lock);
	void (*unlock_write)(union rwlock_any *lock);
	bool (*is_contended)(union rwlock_any *lock);
};

#define __RWLOCK_KIND_TAKE(kind, how)                                                              \
	static inline void kind##_kind_##how##_lock(union rwlock_any *lock)                        \
	{                                                                                          \
		preempt_disable();                                                                 \
		rwlock_##kind##_##how##_lock(&lock->kind);                                         \
	}                                                                                          \
	static inline bool kind##_kind_##how##_trylock(union rwlock_any *lock)                     \
	{                                                                                          \
		bool taken;                                                                        \
		preempt_disable();                                                                 \
		taken = rwlock_##kind##_##how##_trylock(&lock->kind);                              \
		if (!taken)                                                                        \
			preempt_enable();                                                          \
		return taken;                                                                      \
	}                                                                                          \
	static inline void kind##_kind_##how##_unlock(union rwlock_any *lock)                      \
	{                                                                                          \
		rwlock_##kind##_##how##_unlock(&lock->kind);                                       \
		preempt_enable();                                                                  \
	}

#define __RWLOCK_KIND(kind)                                                                        \
	__RWLOCK_KIND_TAKE(kind, read)                                                             \
	__RWLOCK_KIND_TAKE(kind, write)                                                            \
	static inline void kind##_kind_init(union rwlock_any *lock)                                \
	{                                                                                          \
		rwlock_##kind##_init(&lock->kind);                                                 \
	}                                                                                          \
	static inline bool kind##_kind_is_contended(union rwlock_any *lock)                        \
	{                                                                                          \
		return rwlock_##kind##_is_contended(&lock->kind);                                  \
	}

__RWLOCK_KIND(reader)
__RWLOCK_KIND(fair)

#define __RWLOCK_KIND_ENTRY(kind, fair)                                                            \
	{                                                                                          \
#kind, fair, kind##_kind_init, kind##_kind_read_lock, kind##_kind_read_trylock,    \
			kind##_kind_read_unlock, kind##_kind_write_lock,                           \
			kind##_kind_write_trylock, kind##_kind_write_unlock,                       \
			kind##_kind_is_contended                                                   \
	}

static const struct rwlock_kind rwlock_kinds[] = {
	__RWLOCK_KIND_ENTRY(reader, false),
	__RWLOCK_KIND_ENTRY(fair, true),
};
