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
	unsigned long where; /* who called down() */
	bool up;             /* the unit is ours */
};

#if CONFIG_CHECKED
static void set_name(struct semaphore *sem, const char *name)
{
	sem->name = name;
}
#else
static void set_name(struct semaphore *sem, const char *name)
{
}
#endif

void sema_init_named(struct semaphore *sem, int val, const char *name, const char *site)
{
	*sem = (struct semaphore)__SEMAPHORE_INITIALIZER(*sem, (unsigned int)val);
	set_name(sem, name);
	lockdep_unit_init(&sem->unit, val == 1, name, site);
}

/* Under the lock nothing is woken or switched on the fast paths, so preemption is not counted. */
static __always_inline void lock_irq(struct semaphore *sem)
{
	local_irq_disable();
	raw_spin_lock_irqs_off(&sem->lock);
}

static __always_inline void unlock_irq(struct semaphore *sem)
{
	raw_spin_unlock_irqs_off(&sem->lock);
	local_irq_enable();
}

/* As spin_check_init(); it has as many units as is found in it. */
static __cold void late_init(struct semaphore *sem, unsigned long where)
{
	misuse(NULL, "semaphore %p is used at %pS and was never initialized: call sema_init()", sem,
	       (void *)where);
	sema_init(sem, READ_ONCE(sem->count));
}

static __always_inline void check_init(struct semaphore *sem, unsigned long where)
{
	if (CONFIG_CHECKED && unlikely(!READ_ONCE(sem->wait_list.next)))
		late_init(sem, where);
}

/* Wait for a unit. Called with sem->lock held and interrupts off, returns with neither. */
static noinline int down_slow_locked(struct semaphore *sem, unsigned int state, long timeout,
				     unsigned long where)
{
	struct semaphore_waiter waiter = { .task = current, .where = where };

	list_add_tail(&waiter.entry, &sem->wait_list);
	task_blocks_on(BLOCKED_SEMAPHORE, sem, SEMAPHORE_NAME(sem));
	while (!waiter.up) {
		if (signal_pending_state(state, current) || timeout <= 0) {
			list_del(&waiter.entry);
			break;
		}
		__set_current_state(state);
		unlock_irq(sem);
		timeout = schedule_timeout(timeout);
		lock_irq(sem);
	}
	task_blocks_no_more();
	unlock_irq(sem);
	if (waiter.up)
		return 0;
	return timeout <= 0 ? -ETIME : -EINTR;
}

static __always_inline int down_common(struct semaphore *sem, unsigned int state, long timeout)
{
	bool waits = timeout == MAX_SCHEDULE_TIMEOUT;
	int error = 0;

	check_init(sem, _RET_IP_);
	might_sleep_at("down", SEMAPHORE_NAME(sem), _RET_IP_);
	if (waits)
		lockdep_unit_wait(&sem->unit, _RET_IP_);
	lock_irq(sem);
	if (unlikely(sem->count == 0)) {
		error = down_slow_locked(sem, state, timeout, _RET_IP_);
	} else {
		sem->count--;
		last_holder_takes(SEMAPHORE_HOLDERS(sem), last_holder_self(), _RET_IP_);
		unlock_irq(sem);
	}
	if (!error)
		lockdep_unit_taken(&sem->unit, waits, _RET_IP_);
	return error;
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

	check_init(sem, _RET_IP_);
	raw_spin_lock_irqsave(&sem->lock, flags);
	taken = sem->count > 0;
	if (taken) {
		sem->count--;
		last_holder_takes(SEMAPHORE_HOLDERS(sem), last_holder_self(), _RET_IP_);
	}
	raw_spin_unlock_irqrestore(&sem->lock, flags);
	if (taken)
		lockdep_unit_taken(&sem->unit, false, _RET_IP_);
	return taken ? 0 : 1;
}

/* Hand the unit to the first waiter. Called with sem->lock held and interrupts off; gives back both. */
static noinline void up_slow_locked(struct semaphore *sem, unsigned long flags)
{
	struct semaphore_waiter *first;

	preempt_disable(); // The wake-up may want this CPU: preempt_enable() sees to it.
	first = list_first_entry(&sem->wait_list, struct semaphore_waiter, entry);
	list_del(&first->entry);
	first->up = true;
	trace_note(TRACE_HANDOFF, sem, SEMAPHORE_NAME(sem), (u32)first->task->pid, 0);
	last_holder_takes(SEMAPHORE_HOLDERS(sem), first->task->pid, first->where);
	wake_up_process(first->task);
	raw_spin_unlock_irqs_off(&sem->lock);
	local_irq_restore(flags);
	preempt_enable();
}

void up(struct semaphore *sem)
{
	unsigned long flags;

	check_init(sem, _RET_IP_);
	lockdep_unit_given(&sem->unit);
	flags = arch_local_irq_save();
	raw_spin_lock_irqs_off(&sem->lock);
	last_holder_gives(SEMAPHORE_HOLDERS(sem), last_holder_self());
	if (unlikely(!list_empty(&sem->wait_list))) {
		up_slow_locked(sem, flags);
		return;
	}
	sem->count++;
	raw_spin_unlock_irqs_off(&sem->lock);
	local_irq_restore(flags);
}
