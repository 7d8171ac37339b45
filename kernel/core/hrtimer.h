/* hrtimer.h: Linux's high-resolution timers: functions called at a set time, perhaps again and again.
 * SPDX-License-Identifier: MIT
 *
 * A thin layer over struct ktimer, which calls once: here the function's answer says whether the
 * timer goes on. The function runs in interrupt context with interrupts off, or, of a timer that was
 * made with HRTIMER_MODE_SOFT, in softirq context with interrupts on; on the CPU that started the
 * timer, and on that CPU it stays.
 */
#pragma once

#include "kernel/core/ktime.h"
#include "kernel/core/timer.h"

enum hrtimer_restart {
	HRTIMER_NORESTART, /* the timer is done */
	HRTIMER_RESTART,   /* again at `_softexpires`, which hrtimer_forward() has moved on */
};

/* How the time of hrtimer_start() is meant. Linux's other bits say what is always so here. */
enum hrtimer_mode {
	HRTIMER_MODE_ABS = 0,
	HRTIMER_MODE_REL = 1,
	HRTIMER_MODE_PINNED = 2, /* stays on this CPU */
	HRTIMER_MODE_SOFT = 4,   /* in softirq context */
	HRTIMER_MODE_HARD = 8,   /* in interrupt context, not after it */
	HRTIMER_MODE_ABS_PINNED = HRTIMER_MODE_ABS | HRTIMER_MODE_PINNED,
	HRTIMER_MODE_REL_PINNED = HRTIMER_MODE_REL | HRTIMER_MODE_PINNED,
	HRTIMER_MODE_ABS_SOFT = HRTIMER_MODE_ABS | HRTIMER_MODE_SOFT,
	HRTIMER_MODE_REL_SOFT = HRTIMER_MODE_REL | HRTIMER_MODE_SOFT,
	HRTIMER_MODE_ABS_PINNED_SOFT = HRTIMER_MODE_ABS_PINNED | HRTIMER_MODE_SOFT,
	HRTIMER_MODE_REL_PINNED_SOFT = HRTIMER_MODE_REL_PINNED | HRTIMER_MODE_SOFT,
	HRTIMER_MODE_ABS_HARD = HRTIMER_MODE_ABS | HRTIMER_MODE_HARD,
	HRTIMER_MODE_REL_HARD = HRTIMER_MODE_REL | HRTIMER_MODE_HARD,
	HRTIMER_MODE_ABS_PINNED_HARD = HRTIMER_MODE_ABS_PINNED | HRTIMER_MODE_HARD,
	HRTIMER_MODE_REL_PINNED_HARD = HRTIMER_MODE_REL_PINNED | HRTIMER_MODE_HARD,
};

/* Linux's clocks. All of them are ktime_get() here (ktime.h): they differ by their names only. */
typedef int clockid_t;
#define CLOCK_REALTIME  0
#define CLOCK_MONOTONIC 1
#define CLOCK_BOOTTIME  7
#define CLOCK_TAI       11

/* What a timer knows of its clock: timer->base->get_time() is hrtimer_cb_get_time(timer). */
struct hrtimer_clock_base {
	clockid_t clockid;
	ktime_t (*get_time)(void);
};

/* [I] set by hrtimer_init()  [u] the user's while the timer is idle, its function's while that runs */
struct hrtimer {
	struct ktimer ktimer;
	const struct hrtimer_clock_base *base;              /* [I] */
	ktime_t _softexpires;                               /* [u] when it is due, or was last */
	enum hrtimer_restart (*function)(struct hrtimer *); /* [u] set before it is started */
};

/*
 * hrtimer_init - make @timer idle; then set its `function`. hrtimer_setup - both at once.
 * @clock is one of the above: another is reported, and CLOCK_MONOTONIC taken.
 * @mode says whether it is soft; the same must be said when it is started (checked).
 * Never sleep. Any context.
 */
void hrtimer_init(struct hrtimer *timer, clockid_t clock, enum hrtimer_mode mode);
void hrtimer_setup(struct hrtimer *timer, enum hrtimer_restart (*function)(struct hrtimer *),
		   clockid_t clock, enum hrtimer_mode mode);

/*
 * hrtimer_start - call the timer's function on this CPU, at @time or @time from now, or soon after;
 * a timer that is pending moves there.
 * Never sleeps. Any context but NMI.
 */
void hrtimer_start(struct hrtimer *timer, ktime_t time, enum hrtimer_mode mode);

/* hrtimer_start_range_ns - the same; it may be @slack_ns late, of which no use is made here. */
void hrtimer_start_range_ns(struct hrtimer *timer, ktime_t time, u64 slack_ns,
			    enum hrtimer_mode mode);

/* hrtimer_start_expires - start it at the `_softexpires` that it has. hrtimer_restart - likewise, absolute. */
static inline void hrtimer_start_expires(struct hrtimer *timer, enum hrtimer_mode mode)
{
	hrtimer_start(timer, timer->_softexpires, mode);
}

static inline void hrtimer_restart(struct hrtimer *timer)
{
	hrtimer_start_expires(timer, timer->ktimer.soft ? HRTIMER_MODE_ABS_SOFT : HRTIMER_MODE_ABS);
}

/*
 * hrtimer_cancel - stop @timer: when this returns it is not pending, and its function does not run
 * anywhere, even if the function wanted to be called again.
 * Never sleeps, but spins for the function's end. Any context but NMI and the function itself, nor, of a
 * soft timer, handlers; not with a lock held that the function takes. Returns 1 if the timer was pending, else 0.
 */
int hrtimer_cancel(struct hrtimer *timer);

/* hrtimer_try_to_cancel - the same without waiting: returns -1, with nothing done, if the function runs.
 * Never sleeps. Any context but NMI, the function itself included. */
int hrtimer_try_to_cancel(struct hrtimer *timer);

/*
 * hrtimer_is_queued - whether it waits for its time. hrtimer_callback_running - whether its function runs.
 * hrtimer_active - one or the other, looked at in one moment. Old at once. Never sleep. Any context but NMI.
 */
bool hrtimer_is_queued(struct hrtimer *timer);
bool hrtimer_callback_running(struct hrtimer *timer);
bool hrtimer_active(struct hrtimer *timer);

/*
 * hrtimer_forward - move `_softexpires` on by as many whole @interval as bring it after @now;
 * hrtimer_forward_now - after this moment.
 * Never sleep. The timer's function, or whoever has the idle timer. Return how many intervals: more
 * than 1 means that calls were missed. An @interval that is not more than 0 counts as the shortest there is,
 * a nanosecond. Of a timer that is queued, whose place in the queue that would belie, it warns, and leaves it.
 */
u64 hrtimer_forward(struct hrtimer *timer, ktime_t now, ktime_t interval);

static inline u64 hrtimer_forward_now(struct hrtimer *timer, ktime_t interval)
{
	return hrtimer_forward(timer, ktime_get(), interval);
}

/* hrtimer_of - the hrtimer that @ktimer is part of, or NULL: it is one by itself. Any context. */
const struct hrtimer *hrtimer_of(const struct ktimer *ktimer);

/* When it is due, or was last; and how long that is from now, negative if it is past. No use is made of the range in
 * which Linux may be late: it ends where it begins. */
static inline ktime_t hrtimer_get_expires(const struct hrtimer *timer)
{
	return timer->_softexpires;
}

static inline void hrtimer_set_expires(struct hrtimer *timer, ktime_t time)
{
	timer->_softexpires = time;
}

static inline void hrtimer_set_expires_range_ns(struct hrtimer *timer, ktime_t time, u64 slack_ns)
{
	hrtimer_set_expires(timer, time);
}

static inline void hrtimer_add_expires(struct hrtimer *timer, ktime_t time)
{
	timer->_softexpires = ktime_add_safe(timer->_softexpires, time);
}

static inline void hrtimer_add_expires_ns(struct hrtimer *timer, u64 ns)
{
	timer->_softexpires = ktime_add_ns(timer->_softexpires, ns);
}

static inline ktime_t hrtimer_cb_get_time(const struct hrtimer *timer)
{
	return ktime_get();
}

static inline ktime_t hrtimer_get_remaining(const struct hrtimer *timer)
{
	return ktime_sub(timer->_softexpires, ktime_get());
}

#define hrtimer_get_softexpires(timer)   hrtimer_get_expires(timer)
#define hrtimer_get_expires_ns(timer)    ktime_to_ns(hrtimer_get_expires(timer))
#define hrtimer_expires_remaining(timer) hrtimer_get_remaining(timer)
