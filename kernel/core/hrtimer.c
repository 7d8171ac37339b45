/* hrtimer.c: a timer that may go on, made of one that fires once.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/hrtimer.h"

#include "kernel/core/leak.h"
#include "kernel/core/panic.h"
#include "kernel/locking/lockdep.h"

/* Held while the function runs, and taken by who waits for that. One that is called by timers of both kinds is two. */
static struct lockdep_map map_of(const struct hrtimer *timer)
{
	struct lockdep_map map = LOCKDEP_FUNCTION_MAP("hrtimer", timer->function);

	map.subclass = timer->ktimer.soft;
	return map;
}

static void hrtimer_fire(struct ktimer *ktimer)
{
	struct hrtimer *timer = container_of(ktimer, struct hrtimer, ktimer);

	enum hrtimer_restart (*function)(struct hrtimer *) = timer->function;
	const struct context_mark before = context_begin("hrtimer function", function);
	struct lockdep_map map __maybe_unused = map_of(timer);
	enum hrtimer_restart restart;

	lock_map_acquire(&map);
	restart = function(timer);
	lock_map_release(&map);
	context_check(&before, "hrtimer function", function);
	// After HRTIMER_NORESTART the timer may be gone: the function may have freed it.
	if (restart == HRTIMER_RESTART)
		timer_start(ktimer, (u64)timer->_softexpires);
}

const struct hrtimer *hrtimer_of(const struct ktimer *ktimer)
{
	return ktimer->function == hrtimer_fire ? container_of(ktimer, struct hrtimer, ktimer) :
						  NULL;
}

static ktime_t get_time(void)
{
	return ktime_get();
}

static const struct hrtimer_clock_base *base_of(clockid_t clock)
{
	static const struct hrtimer_clock_base bases[] = {
		{ CLOCK_MONOTONIC, get_time },
		{ CLOCK_REALTIME, get_time },
		{ CLOCK_BOOTTIME, get_time },
		{ CLOCK_TAI, get_time },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bases); i++)
		if (bases[i].clockid == clock)
			return &bases[i];
	misuse(NULL,
	       "a hrtimer of clock %d: there are CLOCK_MONOTONIC, _REALTIME, _BOOTTIME and _TAI",
	       clock);
	return &bases[0];
}

void hrtimer_init(struct hrtimer *timer, clockid_t clock, enum hrtimer_mode mode)
{
	timer->base = base_of(clock);
	if (mode & HRTIMER_MODE_SOFT)
		timer_init_soft(&timer->ktimer, hrtimer_fire);
	else
		timer_init(&timer->ktimer, hrtimer_fire);
	timer->_softexpires = 0;
	timer->function = NULL;
}

void hrtimer_setup(struct hrtimer *timer, enum hrtimer_restart (*function)(struct hrtimer *),
		   clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}

void hrtimer_start(struct hrtimer *timer, ktime_t time, enum hrtimer_mode mode)
{
	if (unlikely(!timer->function)) {
		misuse(NULL, "hrtimer %p is started and was never set up: call hrtimer_setup()",
		       timer);
		return;
	}
	WARN_ON(!(mode & HRTIMER_MODE_SOFT) != !timer->ktimer.soft);
	timer->_softexpires = mode & HRTIMER_MODE_REL ? ktime_add(ktime_get(), time) : time;
	timer_start(&timer->ktimer, (u64)max(timer->_softexpires, (ktime_t)0));
}

void hrtimer_start_range_ns(struct hrtimer *timer, ktime_t time, u64 slack_ns,
			    enum hrtimer_mode mode)
{
	hrtimer_start(timer, time, mode);
}

int hrtimer_try_to_cancel(struct hrtimer *timer)
{
	return timer_try_cancel(&timer->ktimer);
}

bool hrtimer_is_queued(struct hrtimer *timer)
{
	return timer_state(&timer->ktimer) & TIMER_IS_PENDING;
}

bool hrtimer_callback_running(struct hrtimer *timer)
{
	return timer_state(&timer->ktimer) & TIMER_IS_RUNNING;
}

bool hrtimer_active(struct hrtimer *timer)
{
	return timer_state(&timer->ktimer);
}

int hrtimer_cancel(struct hrtimer *timer)
{
	struct lockdep_map map __maybe_unused = map_of(timer);

	// What is misuse by itself is told of below: to wait in a handler that may be above the function, or in it.
	if (!in_interrupt() ||
	    (!hrtimer_callback_running(timer) && !(timer->ktimer.soft && in_hardirq())))
		lockdep_waits_for(&map, _RET_IP_);
	return timer_cancel_sync(&timer->ktimer);
}

u64 hrtimer_forward(struct hrtimer *timer, ktime_t now, ktime_t interval)
{
	u64 intervals;

	if (now < timer->_softexpires || WARN_ON(hrtimer_is_queued(timer)))
		return 0;
	interval = max(interval, (ktime_t)1);
	intervals = (u64)(now - timer->_softexpires) / (u64)interval + 1;
	timer->_softexpires += (s64)intervals * interval;
	return intervals;
}
