/* osq.h: the queue of those who spin for a sleeping lock: first come first served, and one may leave.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A mutex that is held by a running thread will soon be free, so it is cheaper to spin for it than
 *   to sleep. But if all who want it spun on its word, each release would be a rush on one cache line;
 *   so they queue, each spins on a word of its own CPU, and only the first looks at the mutex.
 *   It is the MCS lock (Mellor-Crummey and Scott, TOCS 1991) with one thing more: a spinner whose CPU
 *   is wanted for another thread leaves the middle of the queue.
 *
 *       tail --------------------------------+       locked: the one before is done; it is our turn
 *       cpu 2          cpu 0         cpu 3   v       next, prev: the neighbours
 *       [locked] <---> [      ] <---> [      ]
 *
 *   One node per CPU is enough: who spins has preemption off, and interrupt handlers do not.
 *   Leaving is in three steps: take oneself out of the predecessor's `next`, so that it can neither
 *   hand us the lock nor go away; find the successor, or move the tail back; join the two.
 *   Orders: a node's fields are written before it is linked [A], and seen through the link [B];
 *   what the first one did is seen by whom it hands over to: [C] release, [D] acquire.
 */
#pragma once

#include <arch/atomic.h>

#include "lib/types.h"

struct osq {
	atomic_t tail; /* number of the last CPU in the queue plus 1; 0: nobody */
};

#define OSQ_UNLOCKED                                                                               \
	{                                                                                          \
		ATOMIC_INIT(0)                                                                     \
	}

static inline void osq_init(struct osq *osq)
{
	atomic_set(&osq->tail, 0);
}

/*
 * How often the first spinner looks at a sleeping lock that is held and has no owner. It is being taken or released, by
 * a thread that may have been preempted in between; and that may be a lower one of this very CPU,
 * which can go on only when we sleep. 100; the explorer makes it less. [I]
 */
extern unsigned int spin_max_looks;

/*
 * osq_lock - queue, and spin until it is our turn.
 * Never sleeps. Thread context, preemption off; it stays off until osq_unlock(). Returns false, not in
 * the queue, when this CPU is wanted for another thread first.
 * osq_unlock - let the next one spin on the lock. Caller's turn.
 * osq_is_locked - whether somebody is in the queue. Any context.
 */
bool osq_lock(struct osq *osq);
void osq_unlock(struct osq *osq);

static inline bool osq_is_locked(struct osq *osq)
{
	return atomic_read(&osq->tail) != 0;
}
