/* freezer.h: what threads do where a machine may be suspended: here it never is.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/kthread.h"

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
