/* wait_event.h: sleep until a condition holds: every form of wait_event(). Part of wait.h.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   One loop, and for each form a state to sleep in, whether the waiter is exclusive, and what to do while
 *   the condition does not hold. Macros, because the condition is an expression that is evaluated anew
 *   each time round.
 *
 *   form                    sleeps until also         returns
 *   wait_event              -                         nothing
 *   _interruptible          a signal                  0, or -ERESTARTSYS
 *   _killable               a fatal signal            0, or -ERESTARTSYS
 *   _timeout                @timeout jiffies          those left, at least 1, or 0 if they are over
 *   _hrtimeout              @timeout of ktime         0, or -ETIME
 *   _idle                   -                         nothing; for threads that wait for work
 *   _exclusive              as the form without it; a wake-up ends one of these waits
 *   _freezable              a signal                  as _interruptible
 *   _lock_irq, _locked      as the form without it; see there
 *   _cmd                    -                         nothing; runs a statement before and after each sleep
 *
 *   All sleep: thread context, nothing spinning held. The rules over wait.h's queue hold.
 */
#pragma once

#include <arch/clock.h>

#include "kernel/locking/sleep/wait.h"
#include "lib/errno.h"
#include "lib/limits.h"

/*
 * The one loop of all the wait_event forms, and of others like them. @prepare is to be in the queue, and says whether
 * a signal is there; @sleep is what to do when the condition does not hold; it sets __ret for the forms with a timeout.
 * @cond is looked at before the signal is: a waiter that was chosen by an exclusive wake-up uses it, signal or not.
 */
#define ___wait_loop(prepare, cond, ret, sleep, finish)                                            \
	({                                                                                         \
		long __ret = (ret);                                                                \
		for (;;) {                                                                         \
			long __signal = prepare;                                                   \
			if (cond)                                                                  \
				break;                                                             \
			if (__signal) {                                                            \
				__ret = __signal;                                                  \
				break;                                                             \
			}                                                                          \
			sleep;                                                                     \
		}                                                                                  \
		finish;                                                                            \
		__ret;                                                                             \
	})

#define ___wait_event(wq, cond, state, exclusive, ret, sleep)                                      \
	({                                                                                         \
		wait_queue_entry_t __entry;                                                        \
		init_wait_entry(&__entry, (exclusive) ? WQ_FLAG_EXCLUSIVE : 0);                    \
		___wait_loop(prepare_to_wait_event(&(wq), &__entry, (state)), cond, ret, sleep,    \
			     finish_wait(&(wq), &__entry));                                        \
	})

/* ---- Until it holds, or a signal ---- */

#define __wait_event_signal(wq, cond, state, exclusive)                                            \
	({                                                                                         \
		int __result = 0;                                                                  \
		might_sleep_at("wait_event", #wq, _THIS_IP_);                                      \
		if (!(cond))                                                                       \
			__result = (int)___wait_event(wq, cond, state, exclusive, 0, schedule());  \
		__result;                                                                          \
	})

#define wait_event(wq, cond)               ((void)__wait_event_signal(wq, cond, TASK_UNINTERRUPTIBLE, false))
#define wait_event_interruptible(wq, cond) __wait_event_signal(wq, cond, TASK_INTERRUPTIBLE, false)
#define wait_event_killable(wq, cond)      __wait_event_signal(wq, cond, TASK_KILLABLE, false)
#define wait_event_idle(wq, cond)          ((void)__wait_event_signal(wq, cond, TASK_IDLE, false))
#define wait_event_interruptible_exclusive(wq, cond)                                               \
	__wait_event_signal(wq, cond, TASK_INTERRUPTIBLE, true)
#define wait_event_killable_exclusive(wq, cond) __wait_event_signal(wq, cond, TASK_KILLABLE, true)
#define wait_event_idle_exclusive(wq, cond)     ((void)__wait_event_signal(wq, cond, TASK_IDLE, true))

/* Linux's _freezable forms let the machine be suspended meanwhile, which this one never is. */
#define wait_event_freezable(wq, cond)           wait_event_interruptible(wq, cond)
#define wait_event_freezable_exclusive(wq, cond) wait_event_interruptible_exclusive(wq, cond)

#define __wait_event_cmd(wq, cond, exclusive, before, after)                                       \
	do {                                                                                       \
		if (!(cond))                                                                       \
			(void)___wait_event(wq, cond, TASK_UNINTERRUPTIBLE, exclusive, 0, before;  \
					    schedule(); after);                                    \
	} while (0)
#define wait_event_cmd(wq, cond, before, after) __wait_event_cmd(wq, cond, false, before, after)
#define wait_event_exclusive_cmd(wq, cond, before, after)                                          \
	__wait_event_cmd(wq, cond, true, before, after)

/* ---- Until it holds, or the time is over ---- */

/* The condition of a wait with a timeout, of which @left is left: true also when the time is over;
 * at least 1 is left when @cond holds. */
#define ___wait_cond_timeout(cond, left)                                                           \
	({                                                                                         \
		bool __cond = !!(cond);                                                            \
		if (__cond && !(left))                                                             \
			(left) = 1;                                                                \
		__cond || !(left);                                                                 \
	})

/* An exclusive waiter looks once more when it is out of the queue: a wake-up may have chosen it between its
 * last look and that, and must not be lost to another. */
#define __wait_event_timeout(wq, cond, state, exclusive, timeout)                                  \
	({                                                                                         \
		long __left = (timeout);                                                           \
		might_sleep_at("wait_event", #wq, _THIS_IP_);                                      \
		if (!___wait_cond_timeout(cond, __left))                                           \
			__left = ___wait_event(wq, ___wait_cond_timeout(cond, __ret), state,       \
					       exclusive, __left,                                  \
					       __ret = schedule_timeout(__ret));                   \
		if ((exclusive) && !__left && (cond))                                              \
			__left = 1;                                                                \
		__left;                                                                            \
	})

#define wait_event_timeout(wq, cond, timeout)                                                      \
	__wait_event_timeout(wq, cond, TASK_UNINTERRUPTIBLE, false, timeout)
#define wait_event_interruptible_timeout(wq, cond, timeout)                                        \
	__wait_event_timeout(wq, cond, TASK_INTERRUPTIBLE, false, timeout)
#define wait_event_killable_timeout(wq, cond, timeout)                                             \
	__wait_event_timeout(wq, cond, TASK_KILLABLE, false, timeout)
#define wait_event_idle_timeout(wq, cond, timeout)                                                 \
	__wait_event_timeout(wq, cond, TASK_IDLE, false, timeout)
#define wait_event_freezable_timeout(wq, cond, timeout)                                            \
	wait_event_interruptible_timeout(wq, cond, timeout)
#define wait_event_idle_exclusive_timeout(wq, cond, timeout)                                       \
	__wait_event_timeout(wq, cond, TASK_IDLE, true, timeout)

/* The clock at @timeout from now: for ever, if that is longer than the clock lasts. */
static inline u64 __wait_deadline(s64 timeout)
{
	u64 now = clock_ns();

	return timeout > S64_MAX - (s64)now ? S64_MAX : now + (u64)max(timeout, (s64)0);
}

/* The condition is looked at once more after the time is over: it may have come to hold just then. */
#define __wait_event_hrtimeout(wq, cond, timeout, state)                                           \
	({                                                                                         \
		int __result = 0;                                                                  \
		u64 __deadline = __wait_deadline(timeout);                                         \
		bool __over = false;                                                               \
		might_sleep_at("wait_event", #wq, _THIS_IP_);                                      \
		if (!(cond))                                                                       \
			__result = (int)___wait_event(wq, (cond) || (__over && (__ret = -ETIME)),  \
						      state, false, 0,                             \
						      __over = !schedule_until(__deadline));       \
		__result;                                                                          \
	})

#define wait_event_hrtimeout(wq, cond, timeout)                                                    \
	__wait_event_hrtimeout(wq, cond, timeout, TASK_UNINTERRUPTIBLE)
#define wait_event_interruptible_hrtimeout(wq, cond, timeout)                                      \
	((long)__wait_event_hrtimeout(wq, cond, timeout, TASK_INTERRUPTIBLE))

/*
 * ---- With a spinlock held ----
 * The condition is evaluated with spinlock @lock held and interrupts off, as the caller has them; the lock
 * is released for the sleep, and held again on return. _cmd: @cmd is run with it released, before it.
 */
#define __wait_event_lock_irq(wq, cond, lock, state, cmd, ret, sleep)                              \
	___wait_event(wq, cond, state, false, ret, spin_unlock_irq(&(lock)); cmd; sleep;           \
		      spin_lock_irq(&(lock)))

#define __wait_event_lock_irq_signal(wq, cond, lock, state, cmd)                                   \
	({                                                                                         \
		int __result = 0;                                                                  \
		if (!(cond))                                                                       \
			__result = (int)__wait_event_lock_irq(wq, cond, lock, state, cmd, 0,       \
							      schedule());                         \
		__result;                                                                          \
	})

#define wait_event_lock_irq_cmd(wq, cond, lock, cmd)                                               \
	((void)__wait_event_lock_irq_signal(wq, cond, lock, TASK_UNINTERRUPTIBLE, cmd))
#define wait_event_lock_irq(wq, cond, lock) wait_event_lock_irq_cmd(wq, cond, lock, )
#define wait_event_interruptible_lock_irq_cmd(wq, cond, lock, cmd)                                 \
	__wait_event_lock_irq_signal(wq, cond, lock, TASK_INTERRUPTIBLE, cmd)
#define wait_event_interruptible_lock_irq(wq, cond, lock)                                          \
	wait_event_interruptible_lock_irq_cmd(wq, cond, lock, )

#define __wait_event_lock_irq_timeout(wq, cond, lock, timeout, state)                              \
	({                                                                                         \
		long __left = (timeout);                                                           \
		if (!___wait_cond_timeout(cond, __left))                                           \
			__left = __wait_event_lock_irq(wq, ___wait_cond_timeout(cond, __ret),      \
						       lock, state, , __left,                      \
						       __ret = schedule_timeout(__ret));           \
		__left;                                                                            \
	})

#define wait_event_lock_irq_timeout(wq, cond, lock, timeout)                                       \
	__wait_event_lock_irq_timeout(wq, cond, lock, timeout, TASK_UNINTERRUPTIBLE)
#define wait_event_interruptible_lock_irq_timeout(wq, cond, lock, timeout)                         \
	__wait_event_lock_irq_timeout(wq, cond, lock, timeout, TASK_INTERRUPTIBLE)

/*
 * ---- With the queue's own lock held ----
 * The condition is evaluated with @wq.lock held, as the caller has it, plainly or with _irq; it is released for the sleep,
 * and held again on return. Who makes the condition true holds it as well, and calls wake_up_locked().
 */
#define __wait_event_locked(wq, cond, exclusive, suffix)                                           \
	({                                                                                         \
		int __result = 0;                                                                  \
		wait_queue_entry_t __entry;                                                        \
		init_wait_entry(&__entry, (exclusive) ? WQ_FLAG_EXCLUSIVE : 0);                    \
		if (!(cond))                                                                       \
			__result = (int)___wait_loop(                                              \
				prepare_to_wait_locked(&(wq), &__entry, TASK_INTERRUPTIBLE), cond, \
				0, spin_unlock##suffix(&(wq).lock);                                \
				schedule(); spin_lock##suffix(&(wq).lock),                         \
					    finish_wait_locked(&(wq), &__entry));                  \
		__result;                                                                          \
	})

#define wait_event_interruptible_locked(wq, cond)           __wait_event_locked(wq, cond, false, )
#define wait_event_interruptible_locked_irq(wq, cond)       __wait_event_locked(wq, cond, false, _irq)
#define wait_event_interruptible_exclusive_locked(wq, cond) __wait_event_locked(wq, cond, true, )
#define wait_event_interruptible_exclusive_locked_irq(wq, cond)                                    \
	__wait_event_locked(wq, cond, true, _irq)
