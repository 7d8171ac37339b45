/* locking-selftest.h: what Linux's locking-selftest.c needs, and has here by another name or not at all.
 * SPDX-License-Identifier: MIT
 *
 * make linux-selftest includes it ahead of that file, which is Linux's own, unmodified, and not in this tree.
 * What the kernel has the file gets by its <linux/...> headers. What the kernel has not is declared below,
 * does nothing, and ends the test case that calls it: the case is then skipped, whatever it would have
 * proved. locking_selftest.c counts and prints.
 */
#pragma once

#include "kernel/base/irqflags.h"
#include "kernel/base/percpu.h"
#include "kernel/base/preempt.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/ratelimit.h"
#include "kernel/core/slab.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/rcu.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/rtmutex.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/locking/spin/local_lock.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/module.h"
#include "kernel/sched/sched.h"
#include "kernel/tasklet.h"
#include "kernel/test/linux/locking_selftest.h"
#include "lib/errno.h"
#include "lib/string.h"

/* ---- What Linux's build says, and this kernel is ---------------------------------------------------- */

#define CONFIG_DEBUG_LOCK_ALLOC       1
#define CONFIG_PROVE_LOCKING          1
#define CONFIG_PROVE_RAW_LOCK_NESTING 1
#define CONFIG_RT_MUTEXES             1
#define CONFIG_QUEUED_RWLOCKS         CONFIG_RWLOCK_FAIR
#undef IS_ENABLED
#define IS_ENABLED(option) (option)

#define __setup(text, function)      static_assert(sizeof("" text) > 1)
#define get_option(text, number)     ((void)(text), (void)(number))
#define DEBUG_LOCKS_WARN_ON(problem) ((problem) && debug_locks_off())

/* ---- How it prints, and runs a case --------------------------------------------------------------------- */

#undef printk
#undef pr_cont
#define printk(...)  selftest_print(false, __VA_ARGS__)
#define pr_cont(...) selftest_print(true, __VA_ARGS__)

/* In the file `testcase_fn` is a parameter of dotest(), and once, in front of (), the call of it: that becomes ours.
 * A case that was skipped is undone, as dotest() does it at its end, and not judged. */
#define testcase_fn()                                                                              \
	do {                                                                                       \
		if (selftest_case(testcase_fn))                                                    \
			break;                                                                     \
		preempt_count_set(saved_preempt_count);                                            \
		reset_locks();                                                                     \
		return;                                                                            \
	} while (0)

/* ---- Contexts, as far as the validator looks at them ----------------------------------------------------- */

#define __irq_enter()              preempt_count_add(HARDIRQ_OFFSET)
#define __irq_exit()               preempt_count_sub(HARDIRQ_OFFSET)
#define lockdep_hardirq_threaded() ((void)0) /* a matter of PREEMPT_RT */
#define lockdep_softirq_enter()    preempt_count_add(SOFTIRQ_OFFSET)
#define lockdep_softirq_exit()     preempt_count_sub(SOFTIRQ_OFFSET)
#define in_irq()                   in_hardirq()

/* Make the count what it was. What it was by less than nothing it is by more: 31 bits, signed. */
static inline void preempt_count_set(int count)
{
	preempt_count_add((u32)((int)(((u32)count - preempt_count()) << 1) >> 1));
}

/* ---- Not here: wound/wait mutexes ----------------------------------------------------------------------- */

struct ww_class {
	struct lock_class_key acquire_key, mutex_key;
};
#define DEFINE_WD_CLASS(name) struct ww_class name

struct ww_acquire_ctx {
	unsigned long stamp;
	unsigned int acquired;
	struct lockdep_map dep_map;
};

struct ww_mutex {
	struct mutex base; /* a real one: what takes it alone is no matter of ww_mutex */
	struct ww_acquire_ctx *ctx;
};

static inline void ww_mutex_init(struct ww_mutex *lock, struct ww_class *class)
{
	mutex_init(&lock->base);
	lockdep_set_class(&lock->base, &class->mutex_key);
	lock->ctx = NULL;
}

#define selftest_no_ww(...)   (selftest_missing("ww_mutex"), 0)
#define ww_acquire_init       selftest_no_ww
#define ww_acquire_done       selftest_no_ww
#define ww_acquire_fini       selftest_no_ww
#define ww_mutex_lock         selftest_no_ww
#define ww_mutex_lock_slow    selftest_no_ww
#define ww_mutex_trylock      selftest_no_ww
#define ww_mutex_unlock(lock) selftest_missing("ww_mutex")

/* ---- Not here: memory that is reclaimed --------------------------------------------------------------- */

#define fs_reclaim_acquire(flags) selftest_missing("fs_reclaim")
#define fs_reclaim_release(flags) selftest_missing("fs_reclaim")
#undef might_alloc
#define might_alloc(flags)           selftest_missing("fs_reclaim")
#define memalloc_nofs_save()         0
#define memalloc_nofs_restore(flags) ((void)(flags))
