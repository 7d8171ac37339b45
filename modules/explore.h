/* explore.h: a scenario of one's own for the explorer: make explore MODULE=foo.c (docs/explorer.md).
 * SPDX-License-Identifier: MIT
 *
 *	#include "modules/explore.h"
 *
 *	static DEFINE_MUTEX(lock);
 *	static int i = 7;
 *
 *	static void thread(unsigned int me)
 *	{
 *		mutex_lock(&lock);
 *		i++;
 *		mutex_unlock(&lock);
 *	}
 *
 *	static bool is_9(void)
 *	{
 *		return i == 9;
 *	}
 *
 *	EXPLORE(2, .run = thread, .check = is_9);
 *
 * The threads begin when all data are as the file says. Everything that they share is static or global; it is what the
 * report shows.
 */
#pragma once

#include <linux/completion.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rwlock.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "kernel/explore/explore.h"

/*
 * EXPLORE(n, ...) - once in the file: @n threads, 1 to 4, and as in a designated initializer
 *   .run = fn                 what each does; its argument is the thread's number, from 0
 *   .each = { fn, fn }        or what each does, one by one
 *   .interrupt = fn          or not: a handler that each thread's CPU takes once, at any time, or never
 *   .setup = fn               called before they begin
 *   .check = fn               returns whether all is well when all have ended
 *   .holds = fn               and in every state: of static and global data alone
 *   .guard = "name"           the lock that is to keep the threads apart, for the report
 * In a thread explore_assert(condition) must hold, and only one is between explore_enter() and
 * explore_leave().
 */
#define EXPLORE(n, ...)                                                                            \
	EXPLORE_CHECK_THREADS(n);                                                                  \
	static const struct scenario __scenario __used __section(".scenarios")                     \
		__aligned(__alignof__(struct scenario)) = { .name = KBUILD_MODNAME,                \
							    .threads = (n),                        \
							    __VA_ARGS__ }

/*
 * RCU's grace periods, which the kernel has a thread of its own for, are modelled: a reader is counted on its CPU, and
 * synchronize_rcu() waits for each CPU to be without one. Both are barriers here, which RCU's readers are not. What
 * call_rcu() leaves to that thread is not explored.
 */
static atomic_t __explore_readers[EXPLORE_THREADS];

static inline void __explore_read(int change)
{
	atomic_add(change, &__explore_readers[raw_smp_processor_id() - 1]);
}

static inline void __explore_wait_for_readers(void)
{
	smp_mb();
	for (u32 t = 0; t < EXPLORE_THREADS; t++) {
		while (atomic_read(&__explore_readers[t]))
			cpu_relax();
	}
	smp_mb();
}

#define rcu_read_lock()             (preempt_disable(), __explore_read(1))
#define rcu_read_unlock()           (__explore_read(-1), preempt_enable())
#define synchronize_rcu()           __explore_wait_for_readers()
#define synchronize_rcu_expedited() synchronize_rcu()
