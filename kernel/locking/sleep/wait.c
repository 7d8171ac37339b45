/* wait.c: queueing waiters and waking them.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/wait.h"

#include "kernel/sched/signal.h"
#include "lib/errno.h"

extern char text_start[], text_end[];

void init_waitqueue_head_named(wait_queue_head_t *wq, const char *name, const char *site)
{
	spin_lock_init_named(&wq->lock, name, site);
	INIT_LIST_HEAD(&wq->head);
}

/* As spin_check_init(). */
static __cold void late_init(wait_queue_head_t *wq, unsigned long where)
{
	misuse(NULL,
	       "wait queue %p is used at %pS and was never initialized: call init_waitqueue_head()",
	       wq, (void *)where);
	init_waitqueue_head(wq);
}

static __always_inline void check_init(wait_queue_head_t *wq, unsigned long where)
{
	if (CONFIG_CHECKED && unlikely(!READ_ONCE(wq->head.next)))
		late_init(wq, where);
}

void init_wait_entry(wait_queue_entry_t *entry, unsigned int flags)
{
	init_waitqueue_entry(entry, current);
	entry->flags = flags;
	entry->func = autoremove_wake_function;
}

void init_waitqueue_entry(wait_queue_entry_t *entry, struct task_struct *task)
{
	init_waitqueue_func_entry(entry, default_wake_function);
	entry->private = task;
}

void init_waitqueue_func_entry(wait_queue_entry_t *entry, wait_queue_func_t func)
{
	*entry = (wait_queue_entry_t){ .func = func };
	INIT_LIST_HEAD(&entry->entry);
}

int default_wake_function(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key)
{
	return wake_up_state(entry->private, mode);
}

int autoremove_wake_function(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key)
{
	if (!default_wake_function(entry, mode, flags, key))
		return 0;
	list_del_init(&entry->entry);
	return 1;
}

/* Exclusive waiters last, in order of arrival; plain ones before them, in any order, since a wake-up wakes
 * them all. Under the queue's lock. */
static void enqueue(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	if (entry->flags & WQ_FLAG_EXCLUSIVE)
		__add_wait_queue_entry_tail(wq, entry);
	else
		__add_wait_queue(wq, entry);
}

void add_wait_queue(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	unsigned long flags;

	check_init(wq, _RET_IP_);
	entry->flags &= ~WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	enqueue(wq, entry);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void add_wait_queue_exclusive(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	unsigned long flags;

	check_init(wq, _RET_IP_);
	entry->flags |= WQ_FLAG_EXCLUSIVE;
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

/* Queue @entry, if it is not queued, and set the state. Returns whether it is now queued as the first. Under the
 * queue's lock. */
static bool prepare_locked(wait_queue_head_t *wq, wait_queue_entry_t *entry, unsigned int state)
{
	bool was_empty = false;

	if (list_empty(&entry->entry)) {
		was_empty = list_empty(&wq->head);
		enqueue(wq, entry);
	}
	// A lock that is made of a wait queue has said better what is waited for.
	if (!READ_ONCE(current->blocked_on))
		task_blocks_on(BLOCKED_QUEUE, wq, LOCK_NAME_OF(&wq->lock));
	set_current_state(state); // [S] pairs with [E] in __wake_up().
	return was_empty;
}

static bool prepare(wait_queue_head_t *wq, wait_queue_entry_t *entry, unsigned int state,
		    unsigned long where)
{
	unsigned long flags;
	bool was_empty;

	check_init(wq, where);
	spin_lock_irqsave(&wq->lock, flags);
	was_empty = prepare_locked(wq, entry, state);
	note_state_change_at(where);
	spin_unlock_irqrestore(&wq->lock, flags);
	return was_empty;
}

/* This thread waits in @wq no more. */
static void leave_queue(const wait_queue_head_t *wq)
{
	if (READ_ONCE(current->blocked_on) == wq)
		task_blocks_no_more();
}

void prepare_to_wait(wait_queue_head_t *wq, wait_queue_entry_t *entry, unsigned int state)
{
	entry->flags &= ~WQ_FLAG_EXCLUSIVE;
	prepare(wq, entry, state, _RET_IP_);
}

bool prepare_to_wait_exclusive(wait_queue_head_t *wq, wait_queue_entry_t *entry, unsigned int state)
{
	entry->flags |= WQ_FLAG_EXCLUSIVE;
	return prepare(wq, entry, state, _RET_IP_);
}

long prepare_to_wait_event(wait_queue_head_t *wq, wait_queue_entry_t *entry, unsigned int state)
{
	unsigned long flags;

	if (!signal_pending_state(state, current)) {
		prepare(wq, entry, state, _RET_IP_);
		return 0;
	}
	// Out of the queue, under its lock: a wake-up from now on chooses another exclusive waiter; one
	// that chose us came after its condition, which the caller is about to look at.
	spin_lock_irqsave(&wq->lock, flags);
	list_del_init(&entry->entry);
	spin_unlock_irqrestore(&wq->lock, flags);
	leave_queue(wq);
	return -ERESTARTSYS;
}

void finish_wait(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	__set_current_state(TASK_RUNNING);
	// Always under the lock, queued or not: a waker that took us out may still be looking at @entry,
	// which is on our stack.
	remove_wait_queue(wq, entry);
	leave_queue(wq);
}

long prepare_to_wait_locked(wait_queue_head_t *wq, wait_queue_entry_t *entry, unsigned int state)
{
	if (signal_pending_state(state, current))
		return -ERESTARTSYS;
	prepare_locked(wq, entry, state);
	return 0;
}

void finish_wait_locked(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	__set_current_state(TASK_RUNNING);
	__remove_wait_queue(wq, entry);
	leave_queue(wq);
}

/* Whether @entry is one still: its function is code. */
static bool is_entry(const wait_queue_entry_t *entry)
{
	const char *func = (const char *)entry->func;

	return !CONFIG_CHECKED || (func >= text_start && func < text_end);
}

/* What comes behind @entry is lost with it. */
static __cold void forget_all(wait_queue_head_t *wq, const wait_queue_entry_t *entry)
{
	misuse(NULL,
	       "wait queue \"%s\" (%p): its entry at %p is none any more: finish_wait() was missing in the "
	       "function whose stack it was on; who waits behind it is not woken",
	       LOCK_NAME_OF(&wq->lock), wq, entry);
	INIT_LIST_HEAD(&wq->head);
}

/* Wake the waiters that sleep in @mode: plain ones, and @nr exclusive ones (0: all). Under the queue's lock. */
static void wake_locked(wait_queue_head_t *wq, unsigned int mode, int nr, void *key)
{
	wait_queue_entry_t *entry, *next;

	list_for_each_entry_safe(entry, next, &wq->head, entry) {
		if (unlikely(!is_entry(entry))) {
			forget_all(wq, entry);
			break;
		}
		// Read before: a woken waiter may be gone as soon as the lock is, and an entry with a
		// function of its own at once.
		bool exclusive = entry->flags & WQ_FLAG_EXCLUSIVE;
		int woken = entry->func(entry, mode, 0, key);

		if (woken < 0 || (woken && exclusive && --nr == 0))
			break;
	}
}

void __wake_up_locked(wait_queue_head_t *wq, unsigned int mode, int nr)
{
	wake_locked(wq, mode, nr, NULL);
}

void __wake_up_locked_key(wait_queue_head_t *wq, unsigned int mode, void *key)
{
	wake_locked(wq, mode, 1, key);
}

void __wake_up(wait_queue_head_t *wq, unsigned int mode, int nr, void *key)
{
	unsigned long flags;

	check_init(wq, _RET_IP_);
	spin_lock_irqsave(&wq->lock, flags); // [E] pairs with [S] in prepare().
	wake_locked(wq, mode, nr, key);
	spin_unlock_irqrestore(&wq->lock, flags);
}
