/* wait.h: wait queues: sleep until a condition holds.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   The condition belongs to the user; the queue only knows who waits for it. The race that every
 *   wait must close is the wake-up that comes between looking at the condition and going to sleep:
 *
 *      waiter                                waker
 *      queues itself
 *      state = sleeping
 *      [S] full barrier                      condition = true
 *      if (condition) leave                  [E] wake_up() takes the queue's lock: full barrier
 *      schedule()                            wakes all that are queued
 *
 *   Whichever way the two interleave, the waiter sees the condition, or the waker sees the waiter
 *   in the queue and its state. A waiter that is woken after it looked, and before it sleeps, does
 *   not sleep: its state is running again by then.
 *   wake_up() wakes all plain waiters and one exclusive one: plain ones stand at the queue's head,
 *   exclusive ones at its tail in order of arrival. Exclusive waits are for conditions that one
 *   waiter uses up; waking all of them would be a stampede (a "thundering herd").
 *
 * RULES
 *   1. Change the condition first, then call wake_up(). Calling it too often is only slow.
 *   2. The condition is evaluated several times, at least once with the state set: no side effects, and
 *      nothing in it that sleeps.
 *   3. Reading the condition needs no lock only if it is one word. Otherwise take a lock inside it.
 *   4. An _interruptible wait returns -ERESTARTSYS when a signal ends it: check it.
 *   5. A queue on a stack or in freed memory must have no waiters, and no waker inside, any more.
 */
#pragma once

#include "kernel/locking/spin/spinlock.h"
#include "kernel/sched/sched.h"
#include "lib/list.h"

typedef struct wait_queue_head {
	spinlock_t lock;
	struct list_head head; /* under lock: wait_queue_entry.entry */
} wait_queue_head_t;

typedef struct wait_queue_entry wait_queue_entry_t;

/* Try to wake @entry's waiter if it sleeps in @mode; returns whether it did. Under the queue's lock. */
typedef bool (*wait_queue_func_t)(wait_queue_entry_t *entry, unsigned int mode, void *key);

struct wait_queue_entry {
	bool exclusive;             /* [I] */
	struct task_struct *waiter; /* [I] */
	wait_queue_func_t func;     /* [I] */
	struct list_head entry;     /* under the queue's lock */
};

#define WAIT_QUEUE_HEAD_INIT(name)                                                                 \
	{                                                                                          \
		.lock = SPIN_LOCK_UNLOCKED(name.lock), .head = LIST_HEAD_INIT(name.head)           \
	}
#define DECLARE_WAIT_QUEUE_HEAD(name) wait_queue_head_t name = WAIT_QUEUE_HEAD_INIT(name)

/* init_waitqueue_head - make the queue empty. Never sleeps. Any context. */
void init_waitqueue_head_named(wait_queue_head_t *wq, const char *name);
#define init_waitqueue_head(wq) init_waitqueue_head_named((wq), #wq)

/* What an entry's `func` may be: wake the waiter; and also take the entry out of the queue. */
bool default_wake_function(wait_queue_entry_t *entry, unsigned int mode, void *key);
bool autoremove_wake_function(wait_queue_entry_t *entry, unsigned int mode, void *key);

void init_wait_entry(wait_queue_entry_t *entry, bool exclusive);

#define DEFINE_WAIT(name)                                                                          \
	wait_queue_entry_t name = { .waiter = current,                                             \
				    .func = autoremove_wake_function,                              \
				    .entry = LIST_HEAD_INIT(name.entry) }

/* add_wait_queue, remove_wait_queue - queue an entry, or take it out. Never sleep. Any context. */
void add_wait_queue(wait_queue_head_t *wq, wait_queue_entry_t *entry);
void remove_wait_queue(wait_queue_head_t *wq, wait_queue_entry_t *entry);

/*
 * prepare_to_wait - queue @entry, if it is not queued, and set this thread's state.
 * prepare_to_wait_exclusive - the same, as an exclusive waiter.
 * prepare_to_wait_event - the same, and returns -ERESTARTSYS, with @entry not queued, when a signal is
 *   pending that ends a sleep in @state.
 * finish_wait - set the state to running and take @entry out of the queue.
 * Never sleep. Thread context.
 */
void prepare_to_wait(wait_queue_head_t *wq, wait_queue_entry_t *entry, unsigned int state);
void prepare_to_wait_exclusive(wait_queue_head_t *wq, wait_queue_entry_t *entry,
			       unsigned int state);
long prepare_to_wait_event(wait_queue_head_t *wq, wait_queue_entry_t *entry, unsigned int state);
void finish_wait(wait_queue_head_t *wq, wait_queue_entry_t *entry);

/*
 * __wake_up - wake the waiters that sleep in @mode: all plain ones, and @nr exclusive ones (0: all).
 * __wake_up_locked - the same; caller holds the queue's lock.
 * Never sleep. Any context but NMI.
 */
void __wake_up(wait_queue_head_t *wq, unsigned int mode, int nr, void *key);
void __wake_up_locked(wait_queue_head_t *wq, unsigned int mode, int nr, void *key);

#define wake_up(wq)                   __wake_up((wq), TASK_NORMAL, 1, NULL)
#define wake_up_nr(wq, nr)            __wake_up((wq), TASK_NORMAL, (nr), NULL)
#define wake_up_all(wq)               __wake_up((wq), TASK_NORMAL, 0, NULL)
#define wake_up_interruptible(wq)     __wake_up((wq), TASK_INTERRUPTIBLE, 1, NULL)
#define wake_up_interruptible_all(wq) __wake_up((wq), TASK_INTERRUPTIBLE, 0, NULL)

/* waitqueue_active - whether somebody waits. Without the queue's lock it is for the waker only, after
 * it changed the condition and a full barrier; see [E]. */
static inline bool waitqueue_active(wait_queue_head_t *wq)
{
	return !list_empty(&wq->head);
}

/*
 * The one loop of all the wait_event forms. @sleep is what to do when the condition does not hold; it
 * sets __ret for the forms with a timeout. @cond is looked at before the signal is: a waiter that was
 * chosen by an exclusive wake-up uses it, signal or not.
 */
#define ___wait_event(wq, cond, state, exclusive, ret, sleep)                                      \
	({                                                                                         \
		long __ret = (ret);                                                                \
		wait_queue_entry_t __entry;                                                        \
		init_wait_entry(&__entry, exclusive);                                              \
		for (;;) {                                                                         \
			long __signal = prepare_to_wait_event(&(wq), &__entry, (state));           \
			if (cond)                                                                  \
				break;                                                             \
			if (__signal) {                                                            \
				__ret = __signal;                                                  \
				break;                                                             \
			}                                                                          \
			sleep;                                                                     \
		}                                                                                  \
		finish_wait(&(wq), &__entry);                                                      \
		__ret;                                                                             \
	})

/* The condition of a wait with a timeout, of which @left is left: true also when the time is over;
 * at least 1 is left when @cond holds. */
#define ___wait_cond_timeout(cond, left)                                                           \
	({                                                                                         \
		bool __cond = !!(cond);                                                            \
		if (__cond && !(left))                                                             \
			(left) = 1;                                                                \
		__cond || !(left);                                                                 \
	})

/*
 * wait_event - sleep until @cond holds. Sleeps. Thread context, nothing spinning held.
 * wait_event_interruptible - returns 0, or -ERESTARTSYS if a signal came first; _killable: a fatal one.
 * wait_event_timeout - at most @timeout jiffies: returns those left (at least 1) if @cond holds, else 0.
 * wait_event_interruptible_timeout - both.
 * wait_event_interruptible_exclusive - as an exclusive waiter.
 */
#define wait_event(wq, cond)                                                                       \
	do {                                                                                       \
		might_sleep();                                                                     \
		if (!(cond))                                                                       \
			(void)___wait_event(wq, cond, TASK_UNINTERRUPTIBLE, false, 0, schedule()); \
	} while (0)

#define __wait_event_signal(wq, cond, state, exclusive)                                            \
	({                                                                                         \
		int __result = 0;                                                                  \
		might_sleep();                                                                     \
		if (!(cond))                                                                       \
			__result = (int)___wait_event(wq, cond, state, exclusive, 0, schedule());  \
		__result;                                                                          \
	})

#define wait_event_interruptible(wq, cond) __wait_event_signal(wq, cond, TASK_INTERRUPTIBLE, false)
#define wait_event_killable(wq, cond)      __wait_event_signal(wq, cond, TASK_KILLABLE, false)
#define wait_event_interruptible_exclusive(wq, cond)                                               \
	__wait_event_signal(wq, cond, TASK_INTERRUPTIBLE, true)

#define __wait_event_timeout(wq, cond, state, timeout)                                             \
	({                                                                                         \
		long __left = (timeout);                                                           \
		might_sleep();                                                                     \
		if (!___wait_cond_timeout(cond, __left))                                           \
			__left = ___wait_event(wq, ___wait_cond_timeout(cond, __ret), state,       \
					       false, __left, __ret = schedule_timeout(__ret));    \
		__left;                                                                            \
	})

#define wait_event_timeout(wq, cond, timeout)                                                      \
	__wait_event_timeout(wq, cond, TASK_UNINTERRUPTIBLE, timeout)
#define wait_event_interruptible_timeout(wq, cond, timeout)                                        \
	__wait_event_timeout(wq, cond, TASK_INTERRUPTIBLE, timeout)
