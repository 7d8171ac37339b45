/* mcs.h: the MCS lock: a queue in which everybody spins on a word of its own.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   All who wait for a ticket lock read one word, so each release takes that cache line away from all of
 *   them, and n waiters fetch it n times until the last one is in. Here each brings a node, hangs it on
 *   the last one's, and spins on its own word; a release writes to one waiter's line, and wakes nobody
 *   else. The order is that of arrival at the tail, as fair as tickets.
 *
 *       the lock's word: tail -------------------------+        NULL: free, and nobody waits
 *                                                      v
 *       [node of the holder] -next-> [node] -next-> [node]      locked: it is our turn
 *
 *   Take: one exchange of the tail. NULL before: the lock is ours. Otherwise link our node to that one's
 *   `next`, and spin until its owner sets our `locked`.
 *   Release: if we have no `next`, the tail is taken from us to NULL by compare-and-exchange; if that
 *   fails, somebody has exchanged the tail and not linked itself yet, and is waited for.
 *
 *      CPU 0, holds it               CPU 1
 *                                    before = xchg(tail, mine)      == CPU 0's node
 *      next is NULL
 *      cmpxchg(tail, mine, NULL) fails
 *      spins on next                 before->next = mine
 *      next->locked = 1
 *
 *   Orders: the exchange is a full barrier: our node is ready before anybody finds it. It is linked
 *   with a release [A] and found with an acquire [B], so that `locked` is 0 before it can be set. What
 *   the holder did is seen by the next one: [C] release, [D] acquire.
 *   Cost: a second word, and a node that the caller must provide and keep until the release; two locked
 *   instructions where a ticket takes one. Where the virtual CPU next in line is not running, it stalls
 *   as tickets do. So spinlock_t is not made of it; osq.h is, which lets waiters leave.
 *   It does not: keep preemption off, know its owner, or let a waiter leave.
 *   Source: Mellor-Crummey and Scott, "Algorithms for scalable synchronization", TOCS 1991, 2.4.
 *
 * RULES
 *   1. Preemption is off from before mcs_spin_lock() until after mcs_spin_unlock(): if an interrupt handler
 *      takes the lock too, interrupts.
 *   2. A node is used for one lock at a time, and lives until the release. It may be on the stack.
 *   3. The release is given the node that the lock was taken with.
 */
#pragma once

#include <arch/atomic.h>

#include "lib/types.h"

struct mcs_spinlock {
	struct mcs_spinlock *next; /* [a] who comes after us; written once, by that one */
	int locked;                /* [a] 1: it is our turn; written once, by the one before us */
};

/*
 * mcs_join - stand in the queue of @lock with @node; returns whether it is our turn at once. From here on
 *   nobody who comes later is served before us.
 * mcs_wait - spin until it is our turn.
 * mcs_spin_lock - both.
 * mcs_spin_unlock - release @lock, which was taken with @node.
 * mcs_is_locked - whether somebody holds it: old at once.
 * Never sleep. Any context, if rule 1 holds.
 */
bool mcs_join(struct mcs_spinlock **lock, struct mcs_spinlock *node);
void mcs_wait(struct mcs_spinlock *node);
void mcs_spin_unlock(struct mcs_spinlock **lock, struct mcs_spinlock *node);

static inline void mcs_spin_lock(struct mcs_spinlock **lock, struct mcs_spinlock *node)
{
	if (!mcs_join(lock, node))
		mcs_wait(node);
}

static inline bool mcs_is_locked(struct mcs_spinlock **lock)
{
	return READ_ONCE(*lock) != NULL;
}
