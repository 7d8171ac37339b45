/* rtmutex_test.h: what the tests of the rt_mutex share: threads that hold one and want another.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/sleep/rtmutex_chain.h"
#include "kernel/test/sched_test.h"

/*
 * A thread of priority @prio that takes `holds`, if that is not NULL, and then, when it is told to,
 * `wants` by `lock`; it leaves both when it may.
 *
 * locker_start - make it and wait until it has what it holds. Returns whether it has.
 * locker_waits - tell it to go for what it wants, and wait until it sleeps there, and all it lends is
 *   lent. Returns whether it does.
 * locker_end - let it release what it holds, and wait for its end. Returns what `lock` did.
 * Sleep. Thread context.
 */
struct locker {
	struct rt_mutex *holds, *wants;
	int (*lock)(struct rt_mutex *lock);
	int prio;
	u32 cpu;
	struct actor actor;
	u32 *served;   /* under `wants`: counts who had it */
	u32 place;     /* as which it was served */
	int prio_then; /* its priority when it had left `wants` */
	int prio_last; /* its priority when it had left both */
	bool ready, go, leave;
};

bool locker_start(struct locker *locker);
bool locker_waits(struct locker *locker);
int locker_end(struct locker *locker);

/* The forms, as functions. */
int lock_plain(struct rt_mutex *lock);
int lock_interruptible(struct rt_mutex *lock);
int lock_killable(struct rt_mutex *lock);

/* LOCKER - one that holds @h, wants @w interruptibly, and has priority @p. */
#define LOCKER(h, w, p)                                                                            \
	{                                                                                          \
		.holds = (h), .wants = (w), .prio = (p), .lock = lock_interruptible,               \
		.cpu = ANY_CPU                                                                     \
	}

/* init_unordered - make @lock one that the test takes in circles, on purpose: the validator is not to mind. */
#define init_unordered(lock)                                                                       \
	do {                                                                                       \
		rt_mutex_init(lock);                                                               \
		lockdep_set_novalidate_class(lock);                                                \
	} while (0)

/* boost - lend @task priority @prio, or nothing more (MAX_PRIO), as the mutexes would. Any context but NMI. */
void boost(struct task_struct *task, int prio);

/* expect_prios - @locker runs at @prio, of which its own is @normal. Any context. */
void expect_prios(const struct locker *locker, int prio, int normal);

/* expect_rt_mutex_free - nobody has @lock or waits. expect_no_loan - nothing is lent to @task. */
void expect_rt_mutex_free(struct rt_mutex *lock);
void expect_no_loan(const struct task_struct *task);
