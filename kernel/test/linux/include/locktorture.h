/* locktorture.h: what Linux's locktorture.c needs, and does not exist here: included ahead of it.
 * SPDX-License-Identifier: MIT
 *
 * The file has one lock more than this kernel: nobody may choose it (tools/linux_tests.py says so, and skips it).
 */
#pragma once

#include "kernel/base/upcalls.h"
#include "kernel/core/panic.h"
#include "kernel/module.h"
#include "kernel/sched/sched.h"

/* Another thread may run here, if preemption is on: in Linux a call that saves all registers. */
#define __preempt_schedule() preempt_schedule()

struct ww_class {
	int unused;
};

struct ww_acquire_ctx {
	int unused;
};

struct ww_mutex {
	int unused;
};

#define DEFINE_WD_CLASS(name) struct ww_class name

static inline int __no_ww_mutex(void)
{
	panic("there is no ww_mutex here: choose another torture_type");
}

#define ww_mutex_init(lock, class)    ((void)(class), __no_ww_mutex())
#define ww_acquire_init(ctx, class)   ((void)(ctx), __no_ww_mutex())
#define ww_acquire_fini(ctx)          ((void)(ctx), __no_ww_mutex())
#define ww_mutex_lock(lock, ctx)      ((void)(ctx), __no_ww_mutex())
#define ww_mutex_lock_slow(lock, ctx) ((void)(ctx), __no_ww_mutex())
#define ww_mutex_unlock(lock)         __no_ww_mutex()

/* Who ends it waits until each thread has had the lock once: the machine that runs this may be slow. A thread that never
 * gets it is found by the limit of the run. At the end of the file, where the file's own `cxt` is known. */
#undef module_exit
#define module_exit(fn)                                                                            \
	static void __wait_for_each(const struct lock_stress_stats *stats, int threads)            \
	{                                                                                          \
		for (int i = 0; stats && i < threads; i++) {                                       \
			while (!READ_ONCE(stats[i].n_lock_acquired))                               \
				msleep(1);                                                         \
		}                                                                                  \
	}                                                                                          \
	static void __end_of_torture(void)                                                         \
	{                                                                                          \
		__wait_for_each(cxt.lwsa, cxt.nrealwriters_stress);                                \
		__wait_for_each(cxt.lrsa, cxt.nrealreaders_stress);                                \
		fn();                                                                              \
	}                                                                                          \
	__MODULE_ENTRY(__UNIQUE_ID(__module_exit), .exit = __end_of_torture)
