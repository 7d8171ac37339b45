/* swait.h: simple wait queues: a list of sleeping threads, and nothing else.
 * SPDX-License-Identifier: MIT
 *
 * A wait queue (wait.h) calls a function of each entry, as many as there are, with its lock held and interrupts off. Here there are
 * no functions: waking one thread takes the same time always, and waking all lets the lock go in between. So the lock may be
 * a raw one. All waits are exclusive: swake_up_one() wakes the first. RULES 1 to 5 of wait.h hold.
 */
#pragma once

#include "kernel/locking/sleep/wait.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "kernel/sched/sched.h"
#include "lib/list.h"

struct swait_queue_head {
	raw_spinlock_t lock;
	struct list_head task_list; /* under lock: swait_queue.task_list, in order of arrival */
};

struct swait_queue {
	struct task_struct *task; /* [I] who waits */
	struct list_head task_list;
};

#define __SWAITQUEUE_INITIALIZER(name)                                                             \
	{                                                                                          \
		.task = current, .task_list = LIST_HEAD_INIT((name).task_list)                     \
	}
#define DECLARE_SWAITQUEUE(name) struct swait_queue name = __SWAITQUEUE_INITIALIZER(name)
#define __SWAIT_QUEUE_HEAD_INITIALIZER(name)                                                       \
	{                                                                                          \
		.lock = RAW_SPIN_LOCK_UNLOCKED, .task_list = LIST_HEAD_INIT((name).task_list)      \
	}
#define DECLARE_SWAIT_QUEUE_HEAD(name)                                                             \
	struct swait_queue_head name = __SWAIT_QUEUE_HEAD_INITIALIZER(name)
#define DECLARE_SWAIT_QUEUE_HEAD_ONSTACK(name) DECLARE_SWAIT_QUEUE_HEAD(name)

/* init_swait_queue_head - make the queue empty. Never sleeps. Any context. */
void init_swait_queue_head(struct swait_queue_head *queue);

/*
 * swake_up_one - wake the first waiter. swake_up_locked - the same; caller holds the lock. swake_up_all - wake those who wait now:
 *   interrupts on. swait_active - whether there are any; only with a full barrier before it that means something.
 *   swq_has_sleeper - with that barrier. Never sleep. Any context but NMI.
 */
void swake_up_one(struct swait_queue_head *queue);
void swake_up_locked(struct swait_queue_head *queue);
void swake_up_all(struct swait_queue_head *queue);

static inline bool swait_active(const struct swait_queue_head *queue)
{
	return !list_empty(&queue->task_list);
}

static inline bool swq_has_sleeper(const struct swait_queue_head *queue)
{
	smp_mb(); // [S] in wait.h
	return swait_active(queue);
}

/*
 * prepare_to_swait_exclusive - be in @queue, and in state @state. prepare_to_swait_event - the same; returns 0, or -ERESTARTSYS if a
 *   signal is there, and then @wait is in no queue. finish_swait - be running, and in no queue. Never sleep. Thread context.
 */
void prepare_to_swait_exclusive(struct swait_queue_head *queue, struct swait_queue *wait,
				unsigned int state);
long prepare_to_swait_event(struct swait_queue_head *queue, struct swait_queue *wait,
			    unsigned int state);
void finish_swait(struct swait_queue_head *queue, struct swait_queue *wait);

/* The forms of swait_event(), as those of wait_event.h without the s. They sleep. Thread context. */
#define ___swait_event(queue, cond, state, ret, sleep)                                             \
	({                                                                                         \
		DECLARE_SWAITQUEUE(__wait);                                                        \
		___wait_loop(prepare_to_swait_event(&(queue), &__wait, (state)), cond, ret, sleep, \
			     finish_swait(&(queue), &__wait));                                     \
	})
#define __swait_event_signal(queue, cond, state)                                                   \
	({                                                                                         \
		int __result = 0;                                                                  \
		might_sleep();                                                                     \
		if (!(cond))                                                                       \
			__result = (int)___swait_event(queue, cond, state, 0, schedule());         \
		__result;                                                                          \
	})
#define __swait_event_timeout(queue, cond, state, timeout)                                         \
	({                                                                                         \
		long __left = (timeout);                                                           \
		might_sleep();                                                                     \
		if (!___wait_cond_timeout(cond, __left))                                           \
			__left = ___swait_event(queue, ___wait_cond_timeout(cond, __ret), state,   \
						__left, __ret = schedule_timeout(__ret));          \
		__left;                                                                            \
	})

#define swait_event_exclusive(queue, cond)                                                         \
	((void)__swait_event_signal(queue, cond, TASK_UNINTERRUPTIBLE))
#define swait_event_interruptible_exclusive(queue, cond)                                           \
	__swait_event_signal(queue, cond, TASK_INTERRUPTIBLE)
#define swait_event_idle_exclusive(queue, cond) ((void)__swait_event_signal(queue, cond, TASK_IDLE))
#define swait_event_timeout_exclusive(queue, cond, timeout)                                        \
	__swait_event_timeout(queue, cond, TASK_UNINTERRUPTIBLE, timeout)
#define swait_event_interruptible_timeout_exclusive(queue, cond, timeout)                          \
	__swait_event_timeout(queue, cond, TASK_INTERRUPTIBLE, timeout)
#define swait_event_idle_timeout_exclusive(queue, cond, timeout)                                   \
	__swait_event_timeout(queue, cond, TASK_IDLE, timeout)
