/* sleep.c: sleeping and waiting for a length of time.
 * SPDX-License-Identifier: MIT
 */
#include <arch/clock.h>

#include "kernel/core/panic.h"
#include "kernel/core/timer.h"
#include "kernel/sched/hrtimeout.h"
#include "kernel/sched/runqueue.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/signal.h"
#include "lib/errno.h"
#include "lib/limits.h"

#define NSEC_PER_JIFFY (NSEC_PER_SEC / HZ)
#define REFUSED_MAX    (20 * NSEC_PER_SEC)

/* On the sleeper's stack: it leaves only after timer_cancel_sync(). */
struct sleeper {
	struct ktimer timer;
	struct task_struct *task;
};

static void sleeper_wake(struct ktimer *timer)
{
	struct sleeper *sleeper = container_of(timer, struct sleeper, timer);

	wake_up_process(sleeper->task);
}

bool schedule_until(u64 deadline)
{
	struct sleeper sleeper = { .task = current };

	timer_init(&sleeper.timer, sleeper_wake);
	timer_start(&sleeper.timer, deadline);
	WRITE_ONCE(current->wakes_at, deadline);
	schedule();
	WRITE_ONCE(current->wakes_at, 0);
	timer_cancel_sync(&sleeper.timer);
	return clock_ns() < deadline;
}

long schedule_timeout(long timeout)
{
	u64 now = clock_ns();
	u64 deadline;

	if (timeout == MAX_SCHEDULE_TIMEOUT) {
		schedule();
		return timeout;
	}
	if (unlikely(timeout < 0)) {
		warn_report("schedule_timeout() is called at %pS with %ld: no time is less than 0",
			    (void *)_RET_IP_, timeout);
		__set_current_state(TASK_RUNNING);
		return 0;
	}
	// Three hundred years are as good as for ever, and do not overflow.
	deadline = now + min((u64)timeout, S64_MAX / NSEC_PER_JIFFY) * NSEC_PER_JIFFY;
	if (!schedule_until(deadline))
		return 0;
	return (long)DIV_ROUND_UP(deadline - min(clock_ns(), deadline), NSEC_PER_JIFFY);
}

long schedule_timeout_interruptible(long timeout)
{
	set_current_state(TASK_INTERRUPTIBLE);
	return schedule_timeout(timeout);
}

long schedule_timeout_uninterruptible(long timeout)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	return schedule_timeout(timeout);
}

long schedule_timeout_killable(long timeout)
{
	set_current_state(TASK_KILLABLE);
	return schedule_timeout(timeout);
}

long schedule_timeout_idle(long timeout)
{
	set_current_state(TASK_IDLE);
	return schedule_timeout(timeout);
}

int schedule_hrtimeout(ktime_t *expires, enum hrtimer_mode mode)
{
	ktime_t time, deadline;

	if (!expires) {
		schedule();
		return -EINTR;
	}
	time = max(*expires, (ktime_t)0);
	deadline = mode & HRTIMER_MODE_REL ? ktime_add_safe(ktime_get(), time) : time;
	return schedule_until((u64)deadline) ? -EINTR : 0;
}

/* Inline: who may not sleep called what calls this. */
static __always_inline void sleep_until(u64 deadline)
{
	might_sleep_at("msleep", NULL, _RET_IP_);
	do {
		set_current_state(TASK_UNINTERRUPTIBLE);
	} while (schedule_until(deadline));
}

void msleep(unsigned int ms)
{
	sleep_until(clock_ns() + ms * NSEC_PER_MSEC);
}

void ssleep(unsigned int s)
{
	sleep_until(clock_ns() + s * NSEC_PER_SEC);
}

void usleep_range(unsigned long min_us, unsigned long max_us)
{
	sleep_until(clock_ns() + min_us * NSEC_PER_USEC);
}

unsigned long msleep_interruptible(unsigned int ms)
{
	u64 deadline = clock_ns() + ms * NSEC_PER_MSEC;

	might_sleep_here();
	do {
		set_current_state(TASK_INTERRUPTIBLE);
	} while (schedule_until(deadline) && !signal_pending(current));
	return DIV_ROUND_UP(deadline - min(clock_ns(), deadline), NSEC_PER_MSEC);
}

void ndelay(unsigned long ns)
{
	clock_delay_ns(ns);
}

void udelay(unsigned long us)
{
	clock_delay_ns(us * NSEC_PER_USEC);
}

void mdelay(unsigned long ms)
{
	clock_delay_ns(ms * NSEC_PER_MSEC);
}

/* How long this CPU's thread has been refused, without a pause of a second. */
static u64 refused_for(void)
{
	static u64 since[NR_CPUS], last[NR_CPUS]; /* [c] */
	u32 cpu = raw_smp_processor_id();
	u64 now = clock_ns();

	if (now - last[cpu] > NSEC_PER_SEC)
		since[cpu] = now;
	last[cpu] = now;
	return now - since[cpu];
}

/*
 * The CPU may not be given away here: whoever else ran would find a lock held by its own CPU, or what it guards half
 * done. So it is not: the thread stays awake, and its wait becomes one that looks again and again. What does not come so
 * in a long time needs this CPU, or never comes.
 */
bool sched_refuse_in_atomic(void)
{
	misuse(NULL, "scheduling while atomic: preempt count %#x, interrupts %s, %s",
	       preempt_count() - PREEMPT_OFFSET, irqs_disabled() ? "off" : "on", preempt_context());
	if (refused_for() > REFUSED_MAX)
		panic("thread %d \"%s\" has waited for %llu s where it must not sleep: what it waits for "
		      "does not come, or needs this CPU",
		      current->pid, current->comm, REFUSED_MAX / NSEC_PER_SEC);
	__set_current_state(TASK_RUNNING);
	cpu_relax();
	return false;
}
