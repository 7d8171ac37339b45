/* semaphore.c: taking units, waiting for them, handing them over.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/semaphore.h"

#include "kernel/base/hooks.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/signal.h"
#include "lib/errno.h"

/* On the waiter's stack, in wait_list until it is served or gives up. All under the semaphore's lock. */
struct semaphore_waiter {
	struct list_head entry;
	struct task_struct *task;
	bool up; /* the unit is ours */
};

/* Wait for a unit. Called and returns with sem->lock held and interrupts off. */
static noinline int down_slow_locked(struct semaphore *sem, unsigned int state, long timeout)
{
	struct semaphore_waiter waiter = { .task = current };

	list_add_tail(&waiter.entry, &sem->wait_list);
	WRITE_ONCE(current->blocked_on, sem);
	while (!waiter.up) {
		if (signal_pending_state(state, current) || timeout <= 0) {
			list_del(&waiter.entry);
			break;
		}
		__set_current_state(state);
		raw_spin_unlock_irq(&sem->lock);
		timeout = schedule_timeout(timeout);
		raw_spin_lock_irq(&sem->lock);
	}
	WRITE_ONCE(current->blocked_on, NULL);
	if (waiter.up)
		return 0;
	return timeout <= 0 ? -ETIME : -EINTR;
}

static int down_common(struct semaphore *sem, unsigned int state, long timeout)
{
	unsigned long flags;
	int result = 0;

	might_sleep();
	raw_spin_lock_irqsave(&sem->lock, flags);
	if (likely(sem->count > 0))
		sem->count--;
	else
		result = down_slow_locked(sem, state, timeout);
	raw_spin_unlock_irqrestore(&sem->lock, flags);
	return result;
}

void down(struct semaphore *sem)
{
	down_common(sem, TASK_UNINTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
}

int down_interruptible(struct semaphore *sem)
{
	return down_common(sem, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
}

int down_killable(struct semaphore *sem)
{
	return down_common(sem, TASK_KILLABLE, MAX_SCHEDULE_TIMEOUT);
}

int down_timeout(struct semaphore *sem, long timeout)
{
	return down_common(sem, TASK_UNINTERRUPTIBLE, timeout);
}

int down_trylock(struct semaphore *sem)
{
	unsigned long flags;
	bool taken;

	raw_spin_lock_irqsave(&sem->lock, flags);
	taken = sem->count > 0;
	if (taken)
		sem->count--;
	raw_spin_unlock_irqrestore(&sem->lock, flags);
	return taken ? 0 : 1;
}

void up(struct semaphore *sem)
{
	struct semaphore_waiter *first;
	unsigned long flags;

	raw_spin_lock_irqsave(&sem->lock, flags);
	if (likely(list_empty(&sem->wait_list))) {
		sem->count++;
	} else {
		first = list_first_entry(&sem->wait_list, struct semaphore_waiter, entry);
		list_del(&first->entry);
		first->up = true;
		wake_up_process(first->task);
	}
	raw_spin_unlock_irqrestore(&sem->lock, flags);
}
