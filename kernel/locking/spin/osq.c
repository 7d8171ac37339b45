/* osq.c: queueing, waiting one's turn, and leaving early.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/osq.h"

#include "kernel/base/hooks.h"
#include "kernel/base/preempt.h"

/* [c] written by this CPU while it queues  [a] by a neighbour */
struct osq_node {
	struct osq_node *next; /* [a] who comes after us */
	struct osq_node *prev; /* [a] who stands before us */
	int locked;            /* [a] 1: it is our turn */
	int ticket;            /* [I] our CPU's number plus 1, as in `tail` */
};

static DEFINE_PER_CPU(struct osq_node, osq_nodes);

unsigned int spin_max_looks = 100;

static struct osq_node *node_of(int ticket)
{
	return per_cpu_ptr(&osq_nodes, ticket - 1);
}

/*
 * Detach @node from what comes after it: return the successor, or NULL when there is none and the tail
 * now stands at @before (0, or the predecessor's ticket). A successor that has drawn its place and has
 * not linked itself yet is waited for; it does so with preemption off.
 */
static struct osq_node *take_next(struct osq *osq, struct osq_node *node, int before)
{
	struct osq_node *next;

	for (;;) {
		if (atomic_read(&osq->tail) == node->ticket &&
		    atomic_cmpxchg(&osq->tail, node->ticket, before) == node->ticket)
			return NULL;
		// By exchange: a successor that leaves takes itself out of this very word.
		if (READ_ONCE(node->next)) {
			next = xchg(&node->next, NULL);
			if (next)
				return next;
		}
		cpu_relax();
	}
}

/* Leave the queue before our turn; returns true if the turn came first. */
static bool leave(struct osq *osq, struct osq_node *node)
{
	struct osq_node *prev = READ_ONCE(node->prev);
	struct osq_node *next;

	// 1. Out of the predecessor's `next`. If it has been emptied already, then either the turn is
	//    being handed to us, or the predecessor is leaving and will give us another one.
	while (READ_ONCE(prev->next) != node || cmpxchg(&prev->next, node, NULL) != node) {
		if (smp_load_acquire(&node->locked)) // [D]
			return true;
		cpu_relax();
		prev = READ_ONCE(node->prev);
	}
	// 2. The predecessor waits for a successor now, and cannot go away. Find ours, or be the tail.
	next = take_next(osq, node, prev->ticket);
	// 3. Join the two.
	if (next) {
		WRITE_ONCE(next->prev, prev);
		smp_store_release(&prev->next, next);
	}
	return false;
}

bool osq_lock(struct osq *osq)
{
	struct osq_node *node = this_cpu_ptr(&osq_nodes);
	struct osq_node *prev;
	int before;

	node->ticket = (int)smp_processor_id() + 1;
	node->next = NULL;
	node->locked = 0;
	// [A] A full barrier: our node is ready before anybody can find it through the tail.
	before = atomic_xchg(&osq->tail, node->ticket);
	if (!before)
		return true;
	prev = node_of(before);
	WRITE_ONCE(node->prev, prev);
	// [B] pairs with the read of prev->next in take_next(): `prev` is set before we are linked, for a
	// predecessor that leaves writes to it.
	smp_store_release(&prev->next, node);
	while (!smp_load_acquire(&node->locked)) { // [D] pairs with [C] in osq_unlock().
		if (need_resched())
			return leave(osq, node);
		hook_spin();
		cpu_relax();
	}
	return true;
}

void osq_unlock(struct osq *osq)
{
	struct osq_node *next = take_next(osq, this_cpu_ptr(&osq_nodes), 0);

	if (next)
		smp_store_release(&next->locked,
				  1); // [C] pairs with [D] in osq_lock() and leave().
}
