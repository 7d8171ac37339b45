/* mcs.c: joining the queue, waiting in it, and calling the next one.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/mcs.h"

bool mcs_join(struct mcs_spinlock **lock, struct mcs_spinlock *node)
{
	struct mcs_spinlock *before;

	WRITE_ONCE(node->next, NULL);
	WRITE_ONCE(node->locked, 0);
	before = xchg(lock, node);
	if (!before)
		return true;
	// [A] pairs with [B] in mcs_spin_unlock(): `locked` is 0 before anybody can set it.
	smp_store_release(&before->next, node);
	return false;
}

void mcs_wait(struct mcs_spinlock *node)
{
	// [D] pairs with [C] in mcs_spin_unlock().
	while (!smp_load_acquire(&node->locked))
		cpu_relax();
}

void mcs_spin_unlock(struct mcs_spinlock **lock, struct mcs_spinlock *node)
{
	struct mcs_spinlock *next =
		smp_load_acquire(&node->next); // [B] pairs with [A] in mcs_join()

	if (!next) {
		if (cmpxchg(lock, node, NULL) == node)
			return;
		// Somebody has come, and is about to say so: with preemption off, so within moments.
		while (!(next = smp_load_acquire(&node->next))) // [B]
			cpu_relax();
	}
	// [C] pairs with [D] in mcs_wait(): the last that touches either node.
	smp_store_release(&next->locked, 1);
}
