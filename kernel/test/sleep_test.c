/* sleep_test.c: sleeping and waiting for a length of time: never shorter, and no longer than a wake-up.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/jiffies.h"
#include "kernel/core/panic.h"
#include "kernel/sched/hrtimeout.h"
#include "kernel/test/lock_test.h"

/* The time that a call of @fn(@n) takes. */
static u64 time_of(void (*fn)(unsigned long n), unsigned long n)
{
	u64 start = clock_ns();

	fn(n);
	EXPECT_EQ(READ_ONCE(current->__state), TASK_RUNNING);
	return clock_ns() - start;
}

static void by_msleep(unsigned long ns)
{
	msleep((unsigned int)(ns / NSEC_PER_MSEC));
}

static void by_usleep(unsigned long ns)
{
	usleep_range(ns / NSEC_PER_USEC, ns / NSEC_PER_USEC + 10);
}

static void by_timeout(unsigned long ns)
{
	EXPECT_EQ(schedule_timeout_uninterruptible((long)(ns / NSEC_PER_JIFFY)), 0);
}

static void by_timeout_interruptible(unsigned long ns)
{
	EXPECT_EQ(schedule_timeout_interruptible((long)(ns / NSEC_PER_JIFFY)), 0);
}

static void by_msleep_interruptible(unsigned long ns)
{
	EXPECT_EQ(msleep_interruptible((unsigned int)(ns / NSEC_PER_MSEC)), 0);
}

static void by_hrtimeout(unsigned long ns)
{
	ktime_t time = (ktime_t)ns;

	set_current_state(TASK_UNINTERRUPTIBLE);
	EXPECT_EQ(schedule_hrtimeout(&time, HRTIMER_MODE_REL), 0);
}

static void by_hrtimeout_absolute(unsigned long ns)
{
	ktime_t time = ktime_get() + (ktime_t)ns;

	set_current_state(TASK_UNINTERRUPTIBLE);
	EXPECT_EQ(schedule_hrtimeout_range(&time, 1000, HRTIMER_MODE_ABS), 0);
}

static void by_delay(unsigned long ns)
{
	ndelay(ns / 4);
	udelay(ns / 4 / NSEC_PER_USEC);
	mdelay(ns / 2 / NSEC_PER_MSEC);
}

TEST(sleep_lasts_long_enough)
{
	static void (*const ways[])(unsigned long ns) = {
		by_msleep,
		by_usleep,
		by_timeout,
		by_timeout_interruptible,
		by_msleep_interruptible,
		by_delay,
		by_hrtimeout,
		by_hrtimeout_absolute,
	};

	for (u32 way = 0; way < ARRAY_SIZE(ways); way++) {
		for (u64 ms = 0; ms <= 16; ms += 4)
			EXPECT(time_of(ways[way], ms * NSEC_PER_MSEC) >= ms * NSEC_PER_MSEC);
	}
	for (u64 us = 0; us < 500; us += 100)
		EXPECT(time_of(by_usleep, us * NSEC_PER_USEC) >= us * NSEC_PER_USEC);
}

static int sleep_on_cpu(void *unused)
{
	int early = 0;

	for (u32 i = 0; i < 20; i++)
		early += time_of(by_usleep, 300 * NSEC_PER_USEC) < 300 * NSEC_PER_USEC;
	return early;
}

TEST(sleep_lasts_long_enough_on_all_cpus)
{
	EXPECT_EQ(test_run_on_cpus(sleep_on_cpu, NULL), 0);
}

/* ---- Wake-ups before the time --------------------------------------------------------------------- */

struct alarm_clock {
	struct task_struct *sleeper;
	u32 woken; /* [a] sleeps that it ended */
	bool stop; /* [a] */
};

static int wake_often(void *arg)
{
	struct alarm_clock *alarm = arg;

	while (!READ_ONCE(alarm->stop)) {
		if (wake_up_process(alarm->sleeper))
			WRITE_ONCE(alarm->woken, alarm->woken + 1);
		usleep_range(50, 50);
	}
	return 0;
}

/* Sleep so long again and again, until several of the sleeps were disturbed. */
static void sleep_disturbed(struct alarm_clock *alarm, void (*fn)(unsigned long ns), u64 ns)
{
	u32 before = READ_ONCE(alarm->woken);

	EXPECT(SPIN_UNTIL((EXPECT(time_of(fn, ns) >= ns), READ_ONCE(alarm->woken) - before > 20)));
}

/* What promises a time keeps it though others wake the sleeper; schedule_timeout() tells what is left. */
TEST(sleep_survives_early_wakeups)
{
	struct alarm_clock alarm = { .sleeper = current };
	struct actor actor;

	REQUIRE(actor_start(&actor, wake_often, &alarm, ANY_CPU));
	sleep_disturbed(&alarm, by_msleep, 4 * NSEC_PER_MSEC);
	sleep_disturbed(&alarm, by_usleep, 2 * NSEC_PER_MSEC);
	sleep_disturbed(&alarm, by_msleep_interruptible, 4 * NSEC_PER_MSEC);
	for (u32 i = 0; i < 20; i++) {
		long left = schedule_timeout_uninterruptible(100000 * HZ);

		EXPECT(left > 0 && left <= 100000 * HZ);
	}
	for (u32 i = 0; i < 20; i++) {
		ktime_t time = KTIME_MAX - (ktime_t)(i % 2);

		set_current_state(TASK_UNINTERRUPTIBLE);
		EXPECT_EQ(schedule_hrtimeout(i % 4 ? &time : NULL,
					     i & 2 ? HRTIMER_MODE_REL : HRTIMER_MODE_ABS),
			  -EINTR);
	}
	WRITE_ONCE(alarm.stop, true);
	actor_join(&actor);
}

/* The longest times do not overflow into short ones. */
TEST(sleep_longest_timeouts)
{
	static const long timeouts[] = { MAX_SCHEDULE_TIMEOUT, MAX_SCHEDULE_TIMEOUT - 1,
					 MAX_SCHEDULE_TIMEOUT / 1000 };
	struct alarm_clock alarm = { .sleeper = current };
	struct actor actor;

	REQUIRE(actor_start(&actor, wake_often, &alarm, ANY_CPU));
	for (u32 i = 0; i < 3 * ARRAY_SIZE(timeouts); i++) {
		long timeout = timeouts[i % ARRAY_SIZE(timeouts)];
		long left = schedule_timeout_uninterruptible(timeout);

		EXPECT(timeout == MAX_SCHEDULE_TIMEOUT ? left == timeout : left > 1000000L * HZ);
	}
	WRITE_ONCE(alarm.stop, true);
	actor_join(&actor);
}

static void sleep_less_than_nothing(void *left)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	*(long *)left = schedule_timeout(-1);
	EXPECT_EQ(get_current_state(), TASK_RUNNING);
}

/* What a caller has computed wrongly is told, and does not put it to sleep. */
TEST(sleep_of_less_than_no_time)
{
	long left = -1;

	EXPECT_EQ(warn_expect(sleep_less_than_nothing, &left, "schedule_timeout"), 1);
	EXPECT_EQ(left, 0);
}

/* A sleep that is over before the thread came to sleep: the timer finds it awake. */
TEST(sleep_of_no_time)
{
	for (u32 i = 0; i < 500; i++) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		EXPECT(!schedule_until(i % 2 ? 0 : clock_ns()));
		by_hrtimeout(i % 2 ? 0 : -1000UL);
		by_hrtimeout_absolute(
			0); // This moment; taken for a length of time it is all that went by.
		usleep_range(0, 0);
	}
}
