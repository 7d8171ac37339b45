/* wait_woken.c: an entry that remembers that it was woken. It stands above kthread.c, whose requests end the
 * wait too.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/wait_woken.h"

#include "kernel/kthread.h"

static bool is_wanted(void)
{
	return current->kthread && kthread_should_stop_or_park();
}

long wait_woken(wait_queue_entry_t *entry, unsigned int state, long timeout)
{
	might_sleep();
	set_current_state(state); // [A] pairs with [K] in woken_wake_function(): a full barrier.
	if (!(READ_ONCE(entry->flags) & WQ_FLAG_WOKEN) && !is_wanted())
		timeout = schedule_timeout(timeout);
	__set_current_state(TASK_RUNNING);
	// [C] pairs with [K] in woken_wake_function(): a full barrier. If it takes away a mark that was made
	// just now, the condition that the caller looks at next holds already.
	smp_store_mb(entry->flags, entry->flags & ~WQ_FLAG_WOKEN);
	return timeout;
}

int woken_wake_function(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key)
{
	smp_mb(); // [K] pairs with [C] in wait_woken(): the condition is stored before the mark.
	WRITE_ONCE(entry->flags, entry->flags | WQ_FLAG_WOKEN);
	// The wake-up is a full barrier before it looks at the state: [K] pairs with [A] in wait_woken().
	return default_wake_function(entry, mode, flags, key);
}
