/* jump_label.h: switches that are nearly always one way, under Linux's names: static keys.
 * SPDX-License-Identifier: MIT
 *
 * Linux rewrites the code where a key is asked, so that it costs nothing. Here a key is a variable: the answer is the
 * same, and costs a load. Any context.
 */
#pragma once

#include <arch/atomic.h>

struct static_key {
	atomic_t enabled; /* above 0: true */
};

/* Two types, as Linux has: what it is at first, and so what it is expected to be. */
struct static_key_true {
	struct static_key key;
};

struct static_key_false {
	struct static_key key;
};

#define STATIC_KEY_TRUE_INIT                                                                       \
	(struct static_key_true)                                                                   \
	{                                                                                          \
		{                                                                                  \
			ATOMIC_INIT(1)                                                             \
		}                                                                                  \
	}
#define STATIC_KEY_FALSE_INIT                                                                      \
	(struct static_key_false)                                                                  \
	{                                                                                          \
		{                                                                                  \
			ATOMIC_INIT(0)                                                             \
		}                                                                                  \
	}
#define STATIC_KEY_INIT_TRUE                                                                       \
	{                                                                                          \
		ATOMIC_INIT(1)                                                                     \
	}
#define STATIC_KEY_INIT_FALSE                                                                      \
	{                                                                                          \
		ATOMIC_INIT(0)                                                                     \
	}

#define DEFINE_STATIC_KEY_TRUE(name)   struct static_key_true name = { { ATOMIC_INIT(1) } }
#define DEFINE_STATIC_KEY_FALSE(name)  struct static_key_false name = { { ATOMIC_INIT(0) } }
#define DECLARE_STATIC_KEY_TRUE(name)  extern struct static_key_true name
#define DECLARE_STATIC_KEY_FALSE(name) extern struct static_key_false name

#define static_key_enabled(which)     (atomic_read(&__static_key(which)->enabled) > 0)
#define static_key_count(which)       atomic_read(&__static_key(which)->enabled)
#define static_branch_likely(which)   likely(static_key_enabled(which))
#define static_branch_unlikely(which) unlikely(static_key_enabled(which))
#define static_key_false(which)       unlikely(static_key_enabled(which))
#define static_key_true(which)        likely(static_key_enabled(which))

/* _enable, _disable - true, or false. _inc, _dec - true as long as the count is above 0. */
#define static_branch_enable(which)  atomic_set(&__static_key(which)->enabled, 1)
#define static_branch_disable(which) atomic_set(&__static_key(which)->enabled, 0)
#define static_branch_inc(which)     atomic_inc(&__static_key(which)->enabled)
#define static_branch_dec(which)     atomic_dec(&__static_key(which)->enabled)
#define static_key_enable(which)     static_branch_enable(which)
#define static_key_disable(which)    static_branch_disable(which)
#define static_key_slow_inc(which)   static_branch_inc(which)
#define static_key_slow_dec(which)   static_branch_dec(which)

/* Each of the three types begins with the key, or is one. */
#define __static_key(which)                                                                        \
	({                                                                                         \
		static_assert(sizeof(*(which)) == sizeof(struct static_key), "not a static key");  \
		(struct static_key *)(which);                                                      \
	})
