/* wait.c: queueing waiters and waking them.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/wait.h"

#include "kernel/sched/signal.h"
#include "lib/errno.h"

void init_waitqueue_head_named(wait_queue_head_t *wq, const char *name)
{
	spin_lock_init_named(&wq->lock, name);
	INIT_LIST_HEAD(&wq->head);
}

void init_wait_entry(wait_queue_entry_t *entry, bool exclusive)
{
	entry->exclusive = exclusive;
	entry->waiter = current;
	entry->func = autoremove_wake_function;
	INIT_LIST_HEAD(&entry->entry);
}

bool default_wake_function(wait_queue_entry_t *entry, unsigned int mode, void *key)
{
	return wake_up_state(entry->waiter, mode);
}

bool autoremove_wake_function(wait_queue_entry_t *entry, unsigned int mode, void *key)
{
	if (!default_wake_function(entry, mode, key))
		return false;
	list_del_init(&entry->entry);
	return true;
}

/* Exclusive waiters last, in order of arrival; plain ones before them, in any order, since a wake-up wakes
 * them all. Under the queue's lock. */
static void enqueue(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	if (entry->exclusive)
		list_add_tail(&entry->entry, &wq->head);
	else
		list_add(&entry->entry, &wq->head);
}

void add_wait_queue(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	enqueue(wq, entry);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void remove_wait_queue(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	list_del_init(&entry->entry);
	spin_unlock_irqrestore(&wq->lock, flags);
}

static void prepare(wait_queue_head_t *wq, wait_queue_entry_t *entry, unsigned int state,
		    bool exclusive)
{
	unsigned long flags;

	entry->exclusive = exclusive;
	spin_lock_irqsave(&wq->lock, flags);
	if (list_empty(&entry->entry))
		enqueue(wq, entry);
	set_current_state(state); // [S] pairs with [E] in __wake_up().
	spin_unlock_irqrestore(&wq->lock, flags);
}

void prepare_to_wait(wait_queue_head_t *wq, wait_queue_entry_t *entry, unsigned int state)
{
	prepare(wq, entry, state, false);
}

void prepare_to_wait_exclusive(wait_queue_head_t *wq, wait_queue_entry_t *entry, unsigned int state)
{
	prepare(wq, entry, state, true);
}

long prepare_to_wait_event(wait_queue_head_t *wq, wait_queue_entry_t *entry, unsigned int state)
{
	unsigned long flags;

	if (!signal_pending_state(state, current)) {
		prepare(wq, entry, state, entry->exclusive);
		return 0;
	}
	// Out of the queue, under its lock: a wake-up from now on chooses another exclusive waiter; one
	// that chose us came after its condition, which the caller is about to look at.
	spin_lock_irqsave(&wq->lock, flags);
	list_del_init(&entry->entry);
	spin_unlock_irqrestore(&wq->lock, flags);
	return -ERESTARTSYS;
}

void finish_wait(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	__set_current_state(TASK_RUNNING);
	// Always under the lock, queued or not: a waker that took us out may still be looking at @entry,
	// which is on our stack.
	remove_wait_queue(wq, entry);
}

void __wake_up_locked(wait_queue_head_t *wq, unsigned int mode, int nr, void *key)
{
	wait_queue_entry_t *entry, *next;

	list_for_each_entry_safe(entry, next, &wq->head, entry) {
		bool exclusive = entry->exclusive;

		if (entry->func(entry, mode, key) && exclusive && --nr == 0)
			break;
	}
}

void __wake_up(wait_queue_head_t *wq, unsigned int mode, int nr, void *key)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags); // [E] pairs with [S] in prepare().
	__wake_up_locked(wq, mode, nr, key);
	spin_unlock_irqrestore(&wq->lock, flags);
}
