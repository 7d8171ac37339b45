/* ticket.c: waiting for a ticket's turn.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/ticket.h"

#include "kernel/base/hooks.h"

noinline void ticket_wait(struct ticket_lock *lock, u16 ticket)
{
	struct hook_spin outer = hook_spin_begin(lock, "spinlock");

	// [A] pairs with [B] in ticket_unlock(): the last read is an acquire.
	while (smp_load_acquire(&lock->owner) != ticket) {
		hook_spin();
		cpu_relax();
	}
	hook_spin_end(outer);
}
