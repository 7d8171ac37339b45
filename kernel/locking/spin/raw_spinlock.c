/* raw_spinlock.c: waiting for a ticket's turn.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/raw_spinlock.h"

noinline void ticket_wait(raw_spinlock_t *lock, u16 ticket)
{
	// [A] pairs with [B] in ticket_unlock(): the last read is an acquire.
	while (smp_load_acquire(&lock->owner) != ticket)
		cpu_relax();
}
