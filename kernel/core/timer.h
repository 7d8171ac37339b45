/* timer.h: functions called at a set time, in interrupt context or, if they are soft, after it.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/list.h"
#include "lib/types.h"

#define NSEC_PER_USEC 1000ULL
#define NSEC_PER_MSEC 1000000ULL
#define NSEC_PER_SEC  1000000000ULL

/*
 * One shot. [q] under its CPU's timer-queue lock  [I] set by timer_init()
 * A timer's memory may be freed once timer_cancel_sync() has returned, or from its own function.
 */
struct ktimer {
	struct list_head entry;            /* [q] in its CPU's queue, sorted by deadline */
	u64 deadline;                      /* [q] clock_ns() at which it is due */
	void (*function)(struct ktimer *); /* [I] no lock held */
	struct timer_queue *queue;         /* [q] where it is queued or was last */
	bool pending;                      /* [q] */
	bool soft;                         /* [I] */
};

void timer_subsystem_init(void); /* boot CPU, after clock_init(); registers with the clock */

/*
 * timer_init - make @timer idle, to call @function in interrupt context with interrupts off.
 * timer_init_soft - to call it in softirq context with interrupts on.
 * Nobody may use it. Never sleep. Any context.
 */
void timer_init(struct ktimer *timer, void (*function)(struct ktimer *));
void timer_init_soft(struct ktimer *timer, void (*function)(struct ktimer *));

/*
 * timer_start - call the timer's function once, on this CPU, at @deadline or soon after; a timer
 * that is pending moves there, and one whose function is running at the moment stays on the CPU
 * where it runs, so that it never runs twice at the same time.
 * Never sleeps. Any context but NMI.
 */
void timer_start(struct ktimer *timer, u64 deadline);

/*
 * timer_cancel - take it out of its queue; returns whether it was pending. Its function may still
 * be running on another CPU.
 * timer_cancel_sync - the same, and wait (spinning) until its function is not running anywhere.
 * Never sleep. Any context but NMI; the _sync form not from the timer's own function, not while
 * holding a lock that the function takes, and of a soft timer not in an interrupt handler (checked).
 */
bool timer_cancel(struct ktimer *timer);
bool timer_cancel_sync(struct ktimer *timer);

/*
 * timer_try_cancel - as timer_cancel(), but if the function runs, leave everything and return -1.
 * timer_state - whether it is pending, and whether its function runs: both at one moment, old at once.
 * Never sleep. Any context but NMI.
 */
int timer_try_cancel(struct ktimer *timer);

#define TIMER_IS_PENDING 1u
#define TIMER_IS_RUNNING 2u
unsigned int timer_state(struct ktimer *timer);

/* timer_walk - call @fn for each timer that is pending. Never sleeps, nor may @fn: it is called under a raw lock. Any
 * context but NMI. */
void timer_walk(void (*fn)(const struct ktimer *timer, void *arg), void *arg);
