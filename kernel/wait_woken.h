/* wait_woken.h: waiting in a loop whose condition may sleep, which wait_event() forbids.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   wait_event() sets the thread's state, then looks at the condition: whatever sleeps in the condition sets
 *   the state to running, and the wait would spin. Here the entry itself remembers that it was woken,
 *   so that the state need not be set while the condition is evaluated.
 *
 *	DEFINE_WAIT_FUNC(wait, woken_wake_function);
 *
 *	add_wait_queue(&wq, &wait);
 *	while (!condition)
 *		timeout = wait_woken(&wait, TASK_INTERRUPTIBLE, timeout);
 *	remove_wait_queue(&wq, &wait);
 *
 *      waiter                                   waker
 *      looks at the condition: not yet
 *                                               condition = true, wake_up():
 *                                               [K] WOKEN = 1, then wakes who sleeps
 *      [A] state = sleeping; WOKEN? yes: stay
 *      [C] WOKEN = 0, then looks again
 *
 *   A thread that kthread_stop() or kthread_park() wants does not sleep here either: its request does not come
 *   through the queue, and leaves no mark in the entry. (Linux looked for the former only, until "sched/wait: Fix a
 *   kthread_park race with wait_woken()", 2023: who parked such a thread could wait for ever.)
 */
#pragma once

#include "kernel/locking/sleep/wait.h"

/*
 * wait_woken - sleep in @state, at most @timeout jiffies, unless @entry was woken since the last time.
 * Sleeps. Thread context; @entry is queued and has woken_wake_function(). Returns the jiffies left.
 */
long wait_woken(wait_queue_entry_t *entry, unsigned int state, long timeout);

/* What such an entry's `func` is. */
int woken_wake_function(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key);
