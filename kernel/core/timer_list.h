/* timer_list.h: Linux's everyday timers: functions called in softirq context, at a jiffy.
 * SPDX-License-Identifier: MIT
 *
 * RULES
 *   1. timer_setup() first; then the timer is started by add_timer() or mod_timer().
 *   2. The function runs once for each start, in softirq context: it never sleeps. It may start its own
 *      timer again, and it may free it.
 *   3. A lock that the function takes is taken with spin_lock_bh() by threads.
 *   4. Before a timer's memory goes: timer_delete_sync(), and nobody who starts it again meanwhile;
 *      where the function, or another, might, timer_shutdown_sync().
 *   5. timer_delete_sync() waits for the function: not from it, and not with a lock held that it takes. The
 *      validator knows of that wait, and reports it whether or not the function runs just then.
 */
#pragma once

#include "kernel/base/lockdep_types.h"
#include "kernel/core/jiffies.h"
#include "lib/list.h"

/*
 * [b] under the lock of the base that `cpu` names  [I] set by timer_setup()
 */
struct timer_list {
	struct list_head entry;                /* [b] in its base's list, sorted by `expires` */
	unsigned long expires;                 /* [b] jiffies; the user's while it is not pending */
	void (*function)(struct timer_list *); /* [b] NULL: shut down, it can never start again */
	u32 flags;                             /* [I] */
	u32 cpu;                               /* [b] in whose base it is, or was last */
	bool pending;                          /* [b] */
#if CONFIG_CHECKED
	struct lockdep_map dep_map; /* [I] held while the function runs, taken by who waits for it */
#endif
};

#define TIMER_DEFERRABLE 0x1u /* Linux: need not wake an idle CPU. Here it does. */
#define TIMER_PINNED     0x2u /* stays on the CPU that starts it: so does every timer here */
#define TIMER_IRQSAFE    0x4u /* the function runs with interrupts off */
#define TIMER_INIT_FLAGS (TIMER_DEFERRABLE | TIMER_PINNED | TIMER_IRQSAFE)

#define __TIMER_INITIALIZER(name, fn, timer_flags)                                                 \
	{                                                                                          \
		.entry = LIST_HEAD_INIT((name).entry), .function = (fn), .flags = (timer_flags),   \
		DEP_MAP_INIT_COPIED("timer " #fn)                                                  \
	}
#define DEFINE_TIMER(name, fn) struct timer_list name = __TIMER_INITIALIZER(name, fn, 0)

/* timer_check_setup - @timer is about to be set up at @where; that it is pending is reported, and it is stopped: checked. */
#if CONFIG_CHECKED
void timer_check_setup(struct timer_list *timer, unsigned long where);
#else
#define timer_check_setup(timer, where) ((void)0)
#endif

/* timer_check_pending - whether @timer, the first of @list, is one still; if not, that is reported, and the list emptied: checked.
 * Never sleeps. Caller holds the lock of the list. */
#if CONFIG_CHECKED
bool timer_check_pending(const struct timer_list *timer, struct list_head *list);
#else
#define timer_check_pending(timer, list) ((void)(timer), true)
#endif

/*
 * timer_setup - make @timer idle, to call @function. Nobody may use it. Never sleeps. Any context. All timers that
 *   one line sets up are alike to the validator.
 * The others are its names for a timer on a stack, which must be stopped before the stack is left.
 */
void timer_setup_named(struct timer_list *timer, void (*function)(struct timer_list *), u32 flags,
		       const char *name, const char *site);
#define timer_setup(timer, function, flags)                                                        \
	timer_setup_named((timer), (function), (flags), "timer " #function,                        \
			  LOCK_SITE("timer " #function))
#define timer_setup_on_stack(timer, function, flags) timer_setup(timer, function, flags)
#define setup_timer_on_stack(timer, function, flags) timer_setup(timer, function, flags)
#define destroy_timer_on_stack(timer)                ((void)(timer))

/* The structure that the timer a function was called with is part of. */
#define timer_container_of(var, timer, field) container_of(timer, typeof(*(var)), field)
#define from_timer(var, timer, field)         timer_container_of(var, timer, field)

/*
 * add_timer - start @timer, which is not pending, at its `expires`. add_timer_on - on CPU @cpu, online.
 * mod_timer - start it at @expires, pending or not. mod_timer_pending - only if it is pending.
 * timer_reduce - start it at @expires, unless it is pending for an earlier time.
 * Never sleep. Any context but NMI. It fires on this CPU, unless its function runs on another one at the
 * moment: then there, so that it never runs twice at the same time. One that was shut down stays so.
 * Return whether it was pending.
 */
void add_timer(struct timer_list *timer);
void add_timer_on(struct timer_list *timer, u32 cpu);
int mod_timer(struct timer_list *timer, unsigned long expires);
int mod_timer_pending(struct timer_list *timer, unsigned long expires);
int timer_reduce(struct timer_list *timer, unsigned long expires);

/*
 * timer_delete - stop @timer; its function may still run on another CPU.
 * timer_delete_sync - the same, and wait (spinning) until the function runs nowhere. Rule 5.
 * try_to_del_timer_sync - the same, but returns -1 and leaves it alone if the function runs.
 * timer_shutdown, timer_shutdown_sync - as the first two, and it can never be started again, until
 *   timer_setup().
 * Never sleep. Any context but NMI; the _sync forms not in an interrupt handler, unless the timer is
 * TIMER_IRQSAFE. Return 1 if it was pending, else 0.
 */
int timer_delete(struct timer_list *timer);
int timer_delete_sync(struct timer_list *timer);
int try_to_del_timer_sync(struct timer_list *timer);
int timer_shutdown(struct timer_list *timer);
int timer_shutdown_sync(struct timer_list *timer);

/* The names before Linux 6.2. */
#define del_timer(timer)             timer_delete(timer)
#define del_timer_sync(timer)        timer_delete_sync(timer)
#define del_singleshot_timer_sync(t) timer_delete_sync(t)

/* timer_pending - whether it waits for its time: old at once. Any context. */
static inline int timer_pending(const struct timer_list *timer)
{
	return READ_ONCE(timer->pending);
}

/* timer_list_walk - call @fn for each timer that is pending. Never sleeps, nor may @fn: it is called under a raw lock.
 * Any context but NMI. */
void timer_list_walk(void (*fn)(const struct timer_list *timer, void *arg), void *arg);

/* timer_list_init - boot CPU, after softirq_init() and smp_prepare(). _cpu - the part of it that is for CPU @cpu. */
void timer_list_init(void);
void timer_list_init_cpu(u32 cpu);
