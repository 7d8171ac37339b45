/* freezer.h: what threads do where a machine may be suspended: here it never is.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/kthread.h"
#include "kernel/locking/sleep/wait.h"

/* set_freezable - this thread may be frozen. try_to_freeze - be frozen now, if that is wanted: never; false. */
static inline bool set_freezable(void)
{
	return false;
}

static inline bool try_to_freeze(void)
{
	return false;
}

static inline bool freezing(struct task_struct *task)
{
	return false;
}

/* kthread_freezable_should_stop - kthread_should_stop(); *@was_frozen, if there is one, is false. */
static inline bool kthread_freezable_should_stop(bool *was_frozen)
{
	if (was_frozen)
		*was_frozen = false;
	return kthread_should_stop();
}

/* wait_event_freezable, ..._timeout - as those that can be interrupted: the machine is never suspended meanwhile. */
#define wait_event_freezable(wq, cond) wait_event_interruptible(wq, cond)
#define wait_event_freezable_timeout(wq, cond, timeout)                                            \
	wait_event_interruptible_timeout(wq, cond, timeout)
