/* hrtimer_test.c: a timer that goes on: on its grid, while its function says so, and not after a cancel.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/hrtimer.h"

#include "kernel/core/panic.h"
#include "kernel/core/slab.h"
#include "kernel/core/softirq.h"
#include "kernel/test/deferred_test.h"

#define MS ((ktime_t)NSEC_PER_MSEC)

struct beat {
	struct hrtimer timer;
	unsigned int beats; /* calls so far */
	unsigned int last;  /* the call that is the last; 0: none is */
	u64 intervals;      /* what hrtimer_forward_now() returned, summed */
	ktime_t interval;
	bool early;
	bool hold, inside;
};

/* Its states as its own function sees them, whoever else starts or stops it: nobody does here. */
static void look_from_inside(struct hrtimer *timer)
{
	EXPECT(hrtimer_active(timer) && hrtimer_callback_running(timer) &&
	       !hrtimer_is_queued(timer));
	EXPECT_EQ(hrtimer_try_to_cancel(timer), -1);
}

static enum hrtimer_restart beat(struct hrtimer *timer)
{
	struct beat *beat = container_of(timer, struct beat, timer);

	EXPECT_EQ(in_hardirq() && irqs_disabled(), !timer->ktimer.soft);
	EXPECT_EQ(in_serving_softirq() && !irqs_disabled(), timer->ktimer.soft);
	WRITE_ONCE(beat->inside, true);
	if (ktime_before(hrtimer_cb_get_time(timer), hrtimer_get_expires(timer)))
		beat->early = true;
	look_from_inside(timer);
	WRITE_ONCE(beat->beats, beat->beats + 1);
	EXPECT(SPIN_UNTIL(!READ_ONCE(beat->hold)));
	if (beat->beats != beat->last)
		beat->intervals += hrtimer_forward_now(timer, beat->interval);
	WRITE_ONCE(beat->inside, false);
	return beat->beats == beat->last ? HRTIMER_NORESTART : HRTIMER_RESTART;
}

static void beat_init(struct beat *b, unsigned int last, enum hrtimer_mode soft)
{
	*b = (struct beat){ .last = last, .interval = MS / 4 };
	hrtimer_setup(&b->timer, beat, CLOCK_MONOTONIC, soft);
}

static enum hrtimer_mode softness(const struct beat *b)
{
	return b->timer.ktimer.soft ? HRTIMER_MODE_SOFT : 0;
}

/* It stops by itself after its last beat. Each beat is on the grid of start + n intervals, none early. */
static int goes_on(void *soft)
{
	struct beat b;
	ktime_t start = ktime_get() + MS;

	beat_init(&b, 6, soft ? HRTIMER_MODE_SOFT : 0);
	EXPECT(!hrtimer_active(&b.timer));
	hrtimer_start(&b.timer, start, HRTIMER_MODE_ABS | softness(&b));
	EXPECT(WAIT_UNTIL(!hrtimer_active(&b.timer)));
	EXPECT_EQ(b.beats, 6);
	EXPECT(!b.early && b.intervals >= 5);
	EXPECT_EQ(b.timer._softexpires, start + (s64)b.intervals * b.interval);
	EXPECT(hrtimer_get_remaining(&b.timer) < 0);
	EXPECT_EQ(hrtimer_cancel(&b.timer), 0);
	hrtimer_restart(&b.timer); // Long past: at once. It beats on, for its last beat is over.
	EXPECT(WAIT_UNTIL(READ_ONCE(b.beats) >= 8));
	hrtimer_cancel(&b.timer);
	EXPECT(!hrtimer_active(&b.timer));
	return 1;
}

TEST(hrtimer_goes_on)
{
	EXPECT_EQ(test_run_on_cpus(goes_on, NULL), num_online_cpus());
}

TEST(hrtimer_soft_goes_on)
{
	EXPECT_EQ(test_run_on_cpus(goes_on, (void *)1), num_online_cpus());
}

/* While softirqs are off a soft one that is due waits, still queued, and a hard one does not. */
static int soft_waits(void *unused)
{
	struct beat soft, hard;

	beat_init(&soft, 1, HRTIMER_MODE_SOFT);
	beat_init(&hard, 1, 0);
	for (unsigned int round = 1; round <= 5; round++) {
		soft.beats = hard.beats = 0;
		local_bh_disable();
		hrtimer_start(&soft.timer, 0, HRTIMER_MODE_REL_SOFT);
		EXPECT(SPIN_UNTIL(local_softirq_pending() & 1U << HRTIMER_SOFTIRQ));
		hrtimer_start(&hard.timer, 0, HRTIMER_MODE_REL);
		EXPECT(SPIN_UNTIL(READ_ONCE(hard.beats) == 1));
		EXPECT(READ_ONCE(soft.beats) == 0 && hrtimer_is_queued(&soft.timer));
		if (round % 2)
			EXPECT_EQ(hrtimer_cancel(&soft.timer), 1);
		local_bh_enable();
		EXPECT_EQ(READ_ONCE(soft.beats), !(round % 2));
		EXPECT(!hrtimer_active(&soft.timer));
	}
	return 1;
}

TEST(hrtimer_soft_waits_for_softirqs)
{
	EXPECT_EQ(test_run_on_cpus(soft_waits, NULL), num_online_cpus());
}

TEST(hrtimer_states)
{
	struct beat b;

	beat_init(&b, 1, 0);
	hrtimer_start_range_ns(&b.timer, 3600 * 1000 * MS, 1000, HRTIMER_MODE_REL);
	EXPECT(hrtimer_is_queued(&b.timer) && hrtimer_active(&b.timer));
	EXPECT(!hrtimer_callback_running(&b.timer));
	EXPECT(hrtimer_get_remaining(&b.timer) > 0);
	EXPECT_EQ(hrtimer_try_to_cancel(&b.timer), 1);
	EXPECT_EQ(hrtimer_try_to_cancel(&b.timer), 0);
	hrtimer_start(&b.timer, 3600 * 1000 * MS, HRTIMER_MODE_REL);
	EXPECT_EQ(hrtimer_cancel(&b.timer), 1);
	EXPECT(!hrtimer_active(&b.timer));
	EXPECT_EQ(b.beats, 0);
	hrtimer_start(&b.timer, 3600 * 1000 * MS, HRTIMER_MODE_REL);
	hrtimer_start(&b.timer, 0, HRTIMER_MODE_REL); // It moves.
	EXPECT(WAIT_UNTIL(!hrtimer_active(&b.timer)));
	EXPECT_EQ(b.beats, 1);
}

static void forward_queued(void *timer)
{
	EXPECT_EQ(hrtimer_forward(timer, KTIME_MAX, 10), 0);
}

/* It would no longer be where its time belongs. */
TEST(hrtimer_forward_while_queued)
{
	struct beat b;
	ktime_t expires;

	beat_init(&b, 1, 0);
	hrtimer_start(&b.timer, 3600 * 1000 * MS, HRTIMER_MODE_REL);
	expires = hrtimer_get_expires(&b.timer);
	EXPECT_EQ(warn_expect(forward_queued, &b.timer, "hrtimer_is_queued"), 1);
	EXPECT_EQ(hrtimer_get_expires(&b.timer), expires);
	EXPECT_EQ(hrtimer_cancel(&b.timer), 1);
}

TEST(hrtimer_forward)
{
	struct hrtimer timer;

	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	hrtimer_set_expires(&timer, 100);
	EXPECT_EQ(hrtimer_forward(&timer, 99, 10), 0);
	EXPECT_EQ(hrtimer_get_expires(&timer), 100);
	EXPECT_EQ(hrtimer_forward(&timer, 100, 10), 1);
	EXPECT_EQ(hrtimer_get_expires(&timer), 110);
	EXPECT_EQ(hrtimer_forward(&timer, 145, 10), 4);
	EXPECT_EQ(hrtimer_get_expires(&timer), 150);
	hrtimer_add_expires_ns(&timer, 7);
	EXPECT_EQ(hrtimer_get_expires(&timer), 157);
	EXPECT_EQ(hrtimer_forward(&timer, 160, 0), 4); // As by one nanosecond.
	EXPECT_EQ(hrtimer_get_expires(&timer), 161);
}

static void init_of_no_clock(void *timer)
{
	hrtimer_init(timer, 99, HRTIMER_MODE_REL);
}

/* Whatever clock a timer is of, its function is called at that clock's time, and not before. */
TEST(hrtimer_clocks)
{
	static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME,
					    CLOCK_TAI };

	for (unsigned int i = 0; i < ARRAY_SIZE(clocks); i++) {
		struct beat b = { .last = 1 };
		ktime_t due;

		hrtimer_setup(&b.timer, beat, clocks[i], HRTIMER_MODE_ABS);
		EXPECT_EQ(b.timer.base->clockid, clocks[i]);
		due = b.timer.base->get_time() + MS;
		hrtimer_start(&b.timer, due, HRTIMER_MODE_ABS);
		EXPECT_EQ(b.timer._softexpires, due);
		EXPECT(SPIN_UNTIL(READ_ONCE(b.beats) == 1));
		EXPECT(!b.early && b.timer.base->get_time() >= due);
		hrtimer_cancel(&b.timer);
	}
}

TEST(hrtimer_of_no_clock)
{
	struct hrtimer timer;

	EXPECT_EQ(warn_expect(init_of_no_clock, &timer, "a hrtimer of clock 99"), 1);
	EXPECT_EQ(timer.base->clockid, CLOCK_MONOTONIC);
}

/* Cancelled while its function, which wants to go on, spins on another CPU. */
static int starts(void *arg)
{
	struct beat *b = arg;

	hrtimer_start(&b->timer, 0, HRTIMER_MODE_REL | softness(b));
	return 0;
}

static int cancels(void *arg)
{
	struct beat *b = arg;

	hrtimer_cancel(&b->timer);
	EXPECT(!READ_ONCE(b->inside));
	EXPECT(!hrtimer_active(&b->timer));
	return 0;
}

static void expect_cancel_waits(enum hrtimer_mode soft)
{
	struct cpumask before = test_leave_cpu();
	struct actor starter, canceller;
	struct beat b;

	beat_init(&b, 0, soft);
	b.hold = true;
	if (!actor_start(&starter, starts, &b, test_cpu(1)))
		b.hold = false;
	EXPECT(WAIT_UNTIL(READ_ONCE(b.inside)));
	EXPECT(hrtimer_callback_running(&b.timer));
	EXPECT_EQ(hrtimer_try_to_cancel(&b.timer), -1);
	if (actor_start(&canceller, cancels, &b, test_cpu(0))) {
		msleep(2);
		EXPECT(!READ_ONCE(canceller.ended) && READ_ONCE(b.inside));
		WRITE_ONCE(b.hold, false);
		actor_join(&canceller);
	}
	WRITE_ONCE(b.hold, false);
	actor_join(&starter);
	EXPECT_EQ(hrtimer_cancel(&b.timer), 0);
	test_return(&before);
}

TEST(hrtimer_cancel_waits)
{
	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	expect_cancel_waits(0);
	expect_cancel_waits(HRTIMER_MODE_SOFT);
}

/* After hrtimer_cancel() the memory may go, however fast it beats. */
static int cancels_and_frees(void *arg)
{
	struct effort *effort = arg;

	for (unsigned int i = 0; effort_goes_on(effort, i); i++) {
		struct beat *b = kmalloc(sizeof(*b), GFP_KERNEL);

		if (!EXPECT(b))
			return 0;
		beat_init(b, 0, i / 4 % 2 ? HRTIMER_MODE_SOFT : 0);
		b->interval = 20000;
		starts(b);
		if (i % 2)
			EXPECT(WAIT_UNTIL(READ_ONCE(b->beats) > i % 4));
		cancels(b);
		kfree(b);
	}
	return 1;
}

TEST(hrtimer_cancel_and_free)
{
	struct effort effort = effort_of(50, 40, num_online_cpus());

	EXPECT_EQ(test_run_threads(num_online_cpus(), cancels_and_frees, &effort),
		  num_online_cpus());
}
