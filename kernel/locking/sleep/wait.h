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

/*
 * Try to wake @entry's waiter if it sleeps in @mode. @flags and @key come from the waker. Under the queue's
 * lock. Returns 1 if it did, 0 if not; negative: wake nobody after it.
 */
typedef int (*wait_queue_func_t)(wait_queue_entry_t *entry, unsigned int mode, int flags,
				 void *key);

#define WQ_FLAG_EXCLUSIVE 0x01u /* uses up what it waits for */
#define WQ_FLAG_WOKEN     0x02u /* see woken_wake_function() */

struct wait_queue_entry {
	unsigned int flags;     /* [I], but for WQ_FLAG_WOKEN */
	void *private;          /* [I] the thread, for the functions below */
	wait_queue_func_t func; /* [I] */
	struct list_head entry; /* under the queue's lock */
};

#define WAIT_QUEUE_HEAD_INIT(name)                                                                 \
	{                                                                                          \
		.lock = SPIN_LOCK_UNLOCKED(name.lock), .head = LIST_HEAD_INIT(name.head)           \
	}
#define __WAIT_QUEUE_HEAD_INITIALIZER(name)   WAIT_QUEUE_HEAD_INIT(name)
#define DECLARE_WAIT_QUEUE_HEAD(name)         wait_queue_head_t name = WAIT_QUEUE_HEAD_INIT(name)
#define DECLARE_WAIT_QUEUE_HEAD_ONSTACK(name) DECLARE_WAIT_QUEUE_HEAD(name)

/* init_waitqueue_head - make the queue empty. Never sleeps. Any context. */
void init_waitqueue_head_named(wait_queue_head_t *wq, const char *name, const char *site);
#define init_waitqueue_head(wq) init_waitqueue_head_named((wq), #wq, LOCK_SITE(#wq))

/* What an entry's `func` may be: wake the waiter; and also take the entry out of the queue. */
int default_wake_function(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key);
int autoremove_wake_function(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key);

/*
 * DEFINE_WAIT - an entry of this thread that a wake-up takes out of the queue; _FUNC: with @function.
 * DECLARE_WAITQUEUE - an entry of thread @task that stays in the queue.
 * init_wait, init_wait_entry, init_waitqueue_entry, init_waitqueue_func_entry - the same for one that is
 *   there already; the last has no thread, but a function that knows what to do. Never sleep.
 */
#define DEFINE_WAIT_FUNC(name, function)                                                           \
	wait_queue_entry_t name = { .private = current,                                            \
				    .func = (function),                                            \
				    .entry = LIST_HEAD_INIT(name.entry) }
#define DEFINE_WAIT(name) DEFINE_WAIT_FUNC(name, autoremove_wake_function)

#define __WAITQUEUE_INITIALIZER(name, task)                                                        \
	{                                                                                          \
		.private = (task), .func = default_wake_function,                                  \
		.entry = LIST_HEAD_INIT(name.entry)                                                \
	}
#define DECLARE_WAITQUEUE(name, task) wait_queue_entry_t name = __WAITQUEUE_INITIALIZER(name, task)

void init_wait_entry(wait_queue_entry_t *entry, unsigned int flags);
void init_waitqueue_entry(wait_queue_entry_t *entry, struct task_struct *task);
void init_waitqueue_func_entry(wait_queue_entry_t *entry, wait_queue_func_t func);
#define init_wait(entry) init_wait_entry((entry), 0)

/*
 * add_wait_queue, add_wait_queue_exclusive - queue @entry, which is in no queue: among the plain waiters,
 *   at the head; or among the exclusive ones, at the tail. remove_wait_queue - take it out.
 * Those with __: caller holds the queue's lock. Never sleep. Any context but NMI.
 */
void add_wait_queue(wait_queue_head_t *wq, wait_queue_entry_t *entry);
void add_wait_queue_exclusive(wait_queue_head_t *wq, wait_queue_entry_t *entry);
void remove_wait_queue(wait_queue_head_t *wq, wait_queue_entry_t *entry);

static inline void __add_wait_queue(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	list_add(&entry->entry, &wq->head);
}

static inline void __add_wait_queue_entry_tail(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	list_add_tail(&entry->entry, &wq->head);
}

static inline void __add_wait_queue_exclusive(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	entry->flags |= WQ_FLAG_EXCLUSIVE;
	__add_wait_queue_entry_tail(wq, entry);
}

static inline void __remove_wait_queue(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	list_del_init(&entry->entry);
}

/*
 * prepare_to_wait - queue @entry, if it is not queued, and set this thread's state.
 * prepare_to_wait_exclusive - the same, as an exclusive waiter; returns whether it came to an empty queue.
 * prepare_to_wait_event - the same, and returns -ERESTARTSYS, with @entry not queued, when a signal is
 *   pending that ends a sleep in @state.
 * finish_wait - set the state to running and take @entry out of the queue.
 * Never sleep. Thread context.
 */
void prepare_to_wait(wait_queue_head_t *wq, wait_queue_entry_t *entry, unsigned int state);
bool prepare_to_wait_exclusive(wait_queue_head_t *wq, wait_queue_entry_t *entry,
			       unsigned int state);
long prepare_to_wait_event(wait_queue_head_t *wq, wait_queue_entry_t *entry, unsigned int state);
void finish_wait(wait_queue_head_t *wq, wait_queue_entry_t *entry);

/*
 * __wake_up - wake the waiters that sleep in @mode: all plain ones, and @nr exclusive ones (0: all).
 * __wake_up_locked, __wake_up_locked_key - the same; caller holds the queue's lock. _key: one exclusive.
 * @key is handed to the waiters' functions. Never sleep. Any context but NMI.
 */
void __wake_up(wait_queue_head_t *wq, unsigned int mode, int nr, void *key);
void __wake_up_locked(wait_queue_head_t *wq, unsigned int mode, int nr);
void __wake_up_locked_key(wait_queue_head_t *wq, unsigned int mode, void *key);

#define wake_up(wq)                      __wake_up((wq), TASK_NORMAL, 1, NULL)
#define wake_up_nr(wq, nr)               __wake_up((wq), TASK_NORMAL, (nr), NULL)
#define wake_up_all(wq)                  __wake_up((wq), TASK_NORMAL, 0, NULL)
#define wake_up_locked(wq)               __wake_up_locked((wq), TASK_NORMAL, 1)
#define wake_up_all_locked(wq)           __wake_up_locked((wq), TASK_NORMAL, 0)
#define wake_up_interruptible(wq)        __wake_up((wq), TASK_INTERRUPTIBLE, 1, NULL)
#define wake_up_interruptible_nr(wq, nr) __wake_up((wq), TASK_INTERRUPTIBLE, (nr), NULL)
#define wake_up_interruptible_all(wq)    __wake_up((wq), TASK_INTERRUPTIBLE, 0, NULL)

/* That the waker sleeps soon is a hint, of which nothing is made. What poll() waits for is the key. */
#define wake_up_sync(wq)               wake_up(wq)
#define wake_up_interruptible_sync(wq) wake_up_interruptible(wq)
#define poll_to_key(mask)              ((void *)(uintptr_t)(u32)(mask))
#define key_to_poll(key)               ((__poll_t)(uintptr_t)(key))
#define wake_up_poll(wq, mask)         __wake_up((wq), TASK_NORMAL, 1, poll_to_key(mask))
#define wake_up_interruptible_poll(wq, mask)                                                       \
	__wake_up((wq), TASK_INTERRUPTIBLE, 1, poll_to_key(mask))

/*
 * waitqueue_active - whether somebody waits. Without the queue's lock it is for the waker only, after it
 * changed the condition and a full barrier; see [E]. wq_has_sleeper - the same with that barrier.
 * wq_has_single_sleeper - whether exactly one waits; under the queue's lock.
 */
static inline bool waitqueue_active(wait_queue_head_t *wq)
{
	return !list_empty(&wq->head);
}

static inline bool wq_has_sleeper(wait_queue_head_t *wq)
{
	smp_mb(); // [H] pairs with [S] in prepare(), in the place of [E].
	return waitqueue_active(wq);
}

static inline bool wq_has_single_sleeper(wait_queue_head_t *wq)
{
	return list_is_singular(&wq->head);
}

#include "kernel/locking/sleep/wait_event.h"
