/* swait.c: simple wait queues.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/swait.h"

#include "kernel/sched/signal.h"
#include "lib/errno.h"

void init_swait_queue_head(struct swait_queue_head *queue)
{
	raw_spin_lock_init_unwatched(&queue->lock);
	INIT_LIST_HEAD(&queue->task_list);
}

/* Wake the first of @list, then take it out: its frame is there until it has had the lock. The caller holds that. */
static void wake_first(struct list_head *list)
{
	struct swait_queue *wait = list_first_entry(list, struct swait_queue, task_list);

	wake_up_process(wait->task);
	list_del_init(&wait->task_list);
}

void swake_up_locked(struct swait_queue_head *queue)
{
	if (!list_empty(&queue->task_list))
		wake_first(&queue->task_list);
}

void swake_up_one(struct swait_queue_head *queue)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&queue->lock, flags);
	swake_up_locked(queue);
	raw_spin_unlock_irqrestore(&queue->lock, flags);
}

/* Those who come while the lock is let go are in the queue, and not in our list: else this might never end. */
void swake_up_all(struct swait_queue_head *queue)
{
	LIST_HEAD(list);

	raw_spin_lock_irq(&queue->lock);
	list_splice_init(&queue->task_list, &list);
	while (!list_empty(&list)) {
		wake_first(&list);
		raw_spin_unlock_irq(&queue->lock);
		raw_spin_lock_irq(&queue->lock);
	}
	raw_spin_unlock_irq(&queue->lock);
}

static void queue_up(struct swait_queue_head *queue, struct swait_queue *wait, unsigned int state)
{
	if (list_empty(&wait->task_list))
		list_add_tail(&wait->task_list, &queue->task_list);
	set_current_state(state); // [S] in wait.h
}

void prepare_to_swait_exclusive(struct swait_queue_head *queue, struct swait_queue *wait,
				unsigned int state)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&queue->lock, flags);
	wait->task = current;
	queue_up(queue, wait, state);
	raw_spin_unlock_irqrestore(&queue->lock, flags);
}

/* Who leaves for a signal leaves before the lock does: a later swake_up_one() chooses another. */
long prepare_to_swait_event(struct swait_queue_head *queue, struct swait_queue *wait,
			    unsigned int state)
{
	unsigned long flags;
	long result = 0;

	raw_spin_lock_irqsave(&queue->lock, flags);
	if (signal_pending_state(state, current)) {
		list_del_init(&wait->task_list);
		result = -ERESTARTSYS;
	} else {
		queue_up(queue, wait, state);
	}
	raw_spin_unlock_irqrestore(&queue->lock, flags);
	return result;
}

void finish_swait(struct swait_queue_head *queue, struct swait_queue *wait)
{
	unsigned long flags;

	__set_current_state(TASK_RUNNING);
	raw_spin_lock_irqsave(&queue->lock, flags);
	list_del_init(&wait->task_list);
	raw_spin_unlock_irqrestore(&queue->lock, flags);
}
