/* rtmutex_chain.h: who waits for an rt_mutex, and what it lends to whom; for rtmutex.c and its tests.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/sleep/rtmutex.h"

/*
 * A thread's place in the queue of @lock, on its stack.
 * [I] set when it is queued  [w] under lock->wait_lock  [p] under that and the pi_lock of the owner
 */
struct rt_mutex_waiter {
	struct list_head entry; /* [w] in lock->waiters */
	struct list_head
		pi_entry; /* [p] in the owner's pi_waiters, while this is the best of @lock */
	struct task_struct *task; /* [I] */
	struct rt_mutex *lock;    /* [I] */
	u64 ticket;               /* [I] a number that no other wait has: see rtmutex_chain.c */
	int prio;                 /* [w] where it stands in lock->waiters */
	int pi_prio;              /* [p] and in pi_waiters: what is lent */
};

/* A thread that waits for an rt_mutex, seen in its wait @ticket. With a reference; task NULL: nobody. */
struct rt_mutex_link {
	struct task_struct *task;
	u64 ticket;
};

/* rt_mutex_top_waiter - who is to have @lock next, or NULL. Caller holds its wait_lock. */
static inline struct rt_mutex_waiter *rt_mutex_top_waiter(struct rt_mutex *lock)
{
	return list_first_entry_or_null(&lock->waiters, struct rt_mutex_waiter, entry);
}

/*
 * The steps of a wait. Never sleep. Caller holds lock->wait_lock, interrupts off.
 *
 * rt_chain_join - queue this thread for @lock, and lend its priority to the owner.
 * rt_chain_leave - take it out of the queue, without the lock.
 *   Both return the link that rt_chain_walk() is to begin with.
 * rt_chain_take - this thread becomes the owner of @lock, which has none, and borrows from who still
 *   waits; @waiter is its place in the queue, or NULL.
 * rt_chain_release - give back what was lent to this thread, the owner, for @lock.
 */
struct rt_mutex_link rt_chain_join(struct rt_mutex *lock, struct rt_mutex_waiter *waiter);
struct rt_mutex_link rt_chain_leave(struct rt_mutex *lock, struct rt_mutex_waiter *waiter);
void rt_chain_take(struct rt_mutex *lock, struct rt_mutex_waiter *waiter);
void rt_chain_release(struct rt_mutex *lock);

/*
 * rt_chain_walk - tell the threads behind @link, each waiting for the next, of a change at @link. Where
 *   nothing changes it ends; with @waiter, this thread's new wait, it goes on and looks for a circle.
 * Never sleeps. Any context but NMI, no lock of an rt_mutex held, preemption off. Drops the references.
 * Returns 0, or -EDEADLK if the last of them waits for this thread.
 */
int rt_chain_walk(struct rt_mutex_link link, const struct rt_mutex_waiter *waiter);

/* rt_chain_describe - the threads and locks from @lock on up to this thread again, into @buf. As above. */
void rt_chain_describe(struct rt_mutex *lock, char *buf, size_t n);
