/* completion.c: counting events, and waiting for them.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/completion.h"

#include "kernel/sched/signal.h"
#include "lib/errno.h"

void init_completion_named(struct completion *x, const char *name, const char *site)
{
	*x = (struct completion){ .done = 0 };
	init_waitqueue_head_named(&x->wait, name, LOCK_SITE_INNER(site));
	lockdep_init_event(x, name, site);
}

void reinit_completion(struct completion *x)
{
	WRITE_ONCE(x->done, 0);
}

/* As spin_check_init(). */
static __cold void late_init(struct completion *x, unsigned long where)
{
	misuse(NULL,
	       "completion %p is used at %pS and was never initialized: call init_completion()", x,
	       (void *)where);
	init_completion(x);
}

static __always_inline void check_init(struct completion *x, unsigned long where)
{
	if (CONFIG_CHECKED && unlikely(!READ_ONCE(x->wait.head.next)))
		late_init(x, where);
}

/* Under the lock nothing is woken or switched on the fast paths, so preemption is not counted. */
static __always_inline void lock_irq(struct completion *x)
{
	local_irq_disable();
	spin_lock_irqs_off(&x->wait.lock);
}

static __always_inline void unlock_irq(struct completion *x)
{
	spin_unlock_irqs_off(&x->wait.lock);
	local_irq_enable();
}

/* Count it and wake the first waiter. Called with the lock held and interrupts off; gives back both. */
static noinline void complete_slow_locked(struct completion *x, unsigned long flags)
{
	preempt_disable(); // The wake-up may want this CPU: preempt_enable() sees to it.
	if (x->done != COMPLETION_ALL)
		x->done++;
	__wake_up_locked(&x->wait, TASK_NORMAL, 1);
	spin_unlock_irqs_off(&x->wait.lock);
	local_irq_restore(flags);
	preempt_enable();
}

void complete(struct completion *x)
{
	unsigned long flags;

	check_init(x, _RET_IP_);
	lockdep_completes(&x->dep_map, _RET_IP_);
	flags = arch_local_irq_save();
	spin_lock_irqs_off(&x->wait.lock);
	last_holder_completes(COMPLETION_HOLDERS(x), last_holder_self(), _RET_IP_);
	if (unlikely(!list_empty(&x->wait.head) || (int)x->done < 0)) {
		complete_slow_locked(x, flags);
		return;
	}
	x->done++;
	spin_unlock_irqs_off(&x->wait.lock);
	local_irq_restore(flags);
}

void complete_all(struct completion *x)
{
	unsigned long flags;

	check_init(x, _RET_IP_);
	lockdep_completes(&x->dep_map, _RET_IP_);
	spin_lock_irqsave(&x->wait.lock, flags);
	last_holder_completes(COMPLETION_HOLDERS(x), last_holder_self(), _RET_IP_);
	x->done = COMPLETION_ALL;
	__wake_up_locked(&x->wait, TASK_NORMAL, 0);
	spin_unlock_irqrestore(&x->wait.lock, flags);
}

/* Use up one event. Caller holds the lock and knows that there is one. */
static void take_locked(struct completion *x)
{
	if (x->done != COMPLETION_ALL)
		x->done--;
}

/* Sleep until there is an event, the time is over or a signal is pending. Lock held, and again on return.
 * Returns the time left, or -ERESTARTSYS. */
static long sleep_locked(struct completion *x, long timeout, unsigned int state)
{
	DEFINE_WAIT(wait);

	wait.flags = WQ_FLAG_EXCLUSIVE;
	task_blocks_on(BLOCKED_COMPLETION, x, LOCK_NAME_OF(x));
	while (!x->done && timeout) {
		if (signal_pending_state(state, current)) {
			timeout = -ERESTARTSYS;
			break;
		}
		if (list_empty(&wait.entry))
			list_add_tail(&wait.entry, &x->wait.head);
		__set_current_state(state); // Events are counted under the lock: no barrier needed.
		unlock_irq(x);
		timeout = schedule_timeout(timeout);
		lock_irq(x);
	}
	__set_current_state(TASK_RUNNING);
	list_del_init(&wait.entry);
	task_blocks_no_more();
	return timeout;
}

/* Called with the lock held and interrupts off, returns with neither. */
static noinline long wait_slow_locked(struct completion *x, long timeout, unsigned int state)
{
	if (!x->done)
		timeout = sleep_locked(x, timeout, state);
	if (x->done) {
		take_locked(x);
		timeout = max(timeout, 1L);
	}
	unlock_irq(x);
	return timeout;
}

static __always_inline long wait_common(struct completion *x, long timeout, unsigned int state,
					unsigned long where)
{
	check_init(x, where);
	might_sleep_at("wait_for_completion", LOCK_NAME_OF(x), where);
	if (timeout == MAX_SCHEDULE_TIMEOUT)
		lockdep_sleeps_for(&x->dep_map, where);
	lock_irq(x);
	if (unlikely((int)x->done <= 0)) // none, or all
		return wait_slow_locked(x, timeout, state);
	x->done--;
	unlock_irq(x);
	return max(timeout, 1L);
}

void wait_for_completion(struct completion *x)
{
	wait_common(x, MAX_SCHEDULE_TIMEOUT, TASK_UNINTERRUPTIBLE, _RET_IP_);
}

int wait_for_completion_state(struct completion *x, unsigned int state)
{
	return (int)min(wait_common(x, MAX_SCHEDULE_TIMEOUT, state, _RET_IP_), 0L);
}

int wait_for_completion_interruptible(struct completion *x)
{
	return wait_for_completion_state(x, TASK_INTERRUPTIBLE);
}

int wait_for_completion_killable(struct completion *x)
{
	return wait_for_completion_state(x, TASK_KILLABLE);
}

/* A longer time than a signed number holds is for ever. */
static long longest(unsigned long timeout)
{
	return (long)min_t(unsigned long, timeout, MAX_SCHEDULE_TIMEOUT);
}

unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout)
{
	return (unsigned long)wait_common(x, longest(timeout), TASK_UNINTERRUPTIBLE, _RET_IP_);
}

long wait_for_completion_interruptible_timeout(struct completion *x, unsigned long timeout)
{
	return wait_common(x, longest(timeout), TASK_INTERRUPTIBLE, _RET_IP_);
}

long wait_for_completion_killable_timeout(struct completion *x, unsigned long timeout)
{
	return wait_common(x, longest(timeout), TASK_KILLABLE, _RET_IP_);
}

bool try_wait_for_completion(struct completion *x)
{
	unsigned long flags;
	bool there;

	check_init(x, _RET_IP_);
	spin_lock_irqsave(&x->wait.lock, flags);
	there = x->done > 0;
	if (there)
		take_locked(x);
	spin_unlock_irqrestore(&x->wait.lock, flags);
	return there;
}

bool completion_done(struct completion *x)
{
	unsigned long flags;
	bool there;

	spin_lock_irqsave(&x->wait.lock, flags);
	there = x->done > 0;
	spin_unlock_irqrestore(&x->wait.lock, flags);
	return there;
}
