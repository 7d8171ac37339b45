/* completion.h: wait for something to have happened.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A counter of events that nobody has waited for yet, and a queue of those who wait.
 *   complete() adds one and wakes the first waiter, wait_for_completion() takes one. The counter
 *   remembers, so it does not matter who comes first.
 *   Why not a semaphore at 0, or a mutex? A completion may stand on the waiter's stack: complete()
 *   touches it for the last time when it releases the inner spinlock, and the waiter cannot leave
 *   without taking that spinlock. (Linux got completions in 2.4.7 because its semaphores of
 *   that time did not keep this promise.)
 *
 * RULES
 *   1. One complete() lets one waiter pass; complete_all() lets all pass, then and later.
 *   2. Before it is used again after complete_all(): reinit_completion(), with nobody waiting.
 *   3. complete() may be called from interrupt handlers; waiting sleeps.
 */
#pragma once

#include "kernel/locking/sleep/last_holders.h"
#include "kernel/locking/sleep/wait.h"

#define COMPLETION_ALL                                                                             \
	UINT_MAX /* complete_all() was called: it never runs out; as an int, negative */

struct completion {
	unsigned int done;      /* under wait.lock */
	wait_queue_head_t wait; /* exclusive waiters, in order of arrival */
#if CONFIG_CHECKED
	struct last_holders last; /* under wait.lock: who completed it */
	struct lockdep_map dep_map;
#endif
};

#if CONFIG_CHECKED
#define COMPLETION_HOLDERS(x) (&(x)->last)
#else
#define COMPLETION_HOLDERS(x) ((struct last_holders *)NULL)
#endif

#define COMPLETION_INITIALIZER(name)                                                               \
	{                                                                                          \
		DEP_MAP_INIT_EVENT(struct completion, name).done = 0,                              \
						      .wait = WAIT_QUEUE_HEAD_INIT(name.wait)      \
	}
#define DECLARE_COMPLETION(name)             struct completion name = COMPLETION_INITIALIZER(name)
#define DECLARE_COMPLETION_ONSTACK(name)     DECLARE_COMPLETION(name)
#define COMPLETION_INITIALIZER_ONSTACK(name) ((struct completion)COMPLETION_INITIALIZER(name))

/* init_completion - nothing has happened, nobody waits. reinit_completion - nothing has happened. */
void init_completion_named(struct completion *x, const char *name, const char *site);
#define init_completion(x) init_completion_named((x), #x, LOCK_SITE(#x))
void reinit_completion(struct completion *x);

/* completion_expect - @task is going to complete @x: for reports. Nobody uses @x yet. Never sleeps. */
static inline void completion_expect(struct completion *x, const struct task_struct *task)
{
	last_holder_completes(COMPLETION_HOLDERS(x), task->pid, 0);
}

/* complete, complete_all - it has happened: for one waiter, for all. Never sleep. Any context but NMI. */
void complete(struct completion *x);
void complete_all(struct completion *x);

/*
 * wait_for_completion - sleep until it has happened, and use up one.
 * _interruptible, _killable - return 0, or -ERESTARTSYS if a signal came first. _state - sleeps in @state: as
 *   that one of the three does.
 * _timeout - at most @timeout jiffies: returns those left (at least 1), or 0 if it did not happen.
 * _io - the same, in Linux, accounted as waiting for a device.
 * Sleep. Thread context.
 */
void wait_for_completion(struct completion *x);
int wait_for_completion_interruptible(struct completion *x);
int wait_for_completion_killable(struct completion *x);
int wait_for_completion_state(struct completion *x, unsigned int state);
unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout);
long wait_for_completion_interruptible_timeout(struct completion *x, unsigned long timeout);
long wait_for_completion_killable_timeout(struct completion *x, unsigned long timeout);
#define wait_for_completion_io(x)                  wait_for_completion(x)
#define wait_for_completion_io_timeout(x, timeout) wait_for_completion_timeout(x, timeout)

/* try_wait_for_completion - use up one if there is one. completion_done - whether there is one.
 * Never sleep. Any context but NMI. */
bool try_wait_for_completion(struct completion *x);
bool completion_done(struct completion *x);
