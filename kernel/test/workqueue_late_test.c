/* workqueue_late_test.c: a delayed work's timer function that is late: it spins on CPU 1 before it looks at the work.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/deferred_test.h"
#include "kernel/workqueue.h"

struct late {
	struct delayed_work dwork;
	unsigned int runs, runs_expected;
	bool hold, inside;
};

static void late_runs(struct work_struct *work)
{
	struct late *late = container_of(to_delayed_work(work), struct late, dwork);

	WRITE_ONCE(late->runs, late->runs + 1);
}

static void fires_late(struct timer_list *timer)
{
	struct late *late = container_of(timer, struct late, dwork.timer);

	WRITE_ONCE(late->inside, true);
	EXPECT(SPIN_UNTIL(!READ_ONCE(late->hold)));
	delayed_work_timer_fn(timer);
	WRITE_ONCE(late->inside, false);
}

static int starts_late(void *arg)
{
	schedule_delayed_work(&((struct late *)arg)->dwork, 1);
	return 0;
}

static int cancels_late(void *arg)
{
	struct late *late = arg;

	EXPECT(cancel_delayed_work_sync(&late->dwork));
	EXPECT(!READ_ONCE(late->inside));
	return 0;
}

static void starts_anew(struct late *late)
{
	EXPECT(mod_delayed_work(system_wq, &late->dwork, 3600UL * HZ));
	WRITE_ONCE(late->hold, false);
	EXPECT(WAIT_UNTIL(!READ_ONCE(late->inside)));
	flush_scheduled_work(); // Had it been queued, it would have run.
	EXPECT(delayed_work_pending(&late->dwork) && timer_pending(&late->dwork.timer));
	EXPECT(cancel_delayed_work_sync(&late->dwork));
}

static void cancels_meanwhile(struct late *late)
{
	struct actor canceller;

	if (actor_start(&canceller, cancels_late, late, test_cpu(0))) {
		EXPECT(WAIT_UNTIL(!delayed_work_pending(&late->dwork)));
		msleep(2);
		EXPECT(!READ_ONCE(canceller.ended) && READ_ONCE(late->inside));
		WRITE_ONCE(late->hold, false);
		actor_join(&canceller);
	}
}

/* Nothing is queued past the timer function, which looks at the work when it may have run and freed itself. */
static void starts_now(struct late *late)
{
	EXPECT(mod_delayed_work(system_wq, &late->dwork, 0));
	flush_scheduled_work();
	EXPECT(READ_ONCE(late->runs) == 0 && READ_ONCE(late->inside));
	WRITE_ONCE(late->hold, false);
	EXPECT(WAIT_UNTIL(READ_ONCE(late->runs) == 1));
}

static int flushes_late(void *arg)
{
	struct late *late = arg;

	flush_delayed_work(&late->dwork);
	EXPECT(!READ_ONCE(late->inside));
	EXPECT_EQ(late->runs, 1);
	return 0;
}

static int just_cancels_late(void *arg)
{
	struct late *late = arg;

	// The timer function has queued it: it is taken back, or it has begun already.
	WRITE_ONCE(late->runs_expected, cancel_delayed_work(&late->dwork) ? 0 : 1);
	EXPECT(!READ_ONCE(late->inside));
	return 0;
}

/* Whoever waits for the work, or takes it back, waits for the timer function. */
static void waits_for_timer(struct late *late, int (*fn)(void *late))
{
	struct actor actor;

	if (actor_start(&actor, fn, late, test_cpu(0))) {
		msleep(2);
		EXPECT(!READ_ONCE(actor.ended) && READ_ONCE(late->inside));
		EXPECT_EQ(READ_ONCE(late->runs), 0);
		WRITE_ONCE(late->hold, false);
		actor_join(&actor);
	}
}

static void flushes_meanwhile(struct late *late)
{
	waits_for_timer(late, flushes_late);
}

static void just_cancels_meanwhile(struct late *late)
{
	waits_for_timer(late, just_cancels_late);
}

static void with_late_timer(void (*meanwhile)(struct late *late), unsigned int runs)
{
	struct cpumask before = test_leave_cpu();
	struct late late = { .hold = true, .runs_expected = runs };
	struct actor starter;

	INIT_DELAYED_WORK(&late.dwork, late_runs);
	late.dwork.timer.function = fires_late;
	if (actor_start(&starter, starts_late, &late, test_cpu(1))) {
		EXPECT(WAIT_UNTIL(READ_ONCE(late.inside)));
		meanwhile(&late);
		WRITE_ONCE(late.hold, false);
		actor_join(&starter);
	}
	cancel_delayed_work_sync(&late.dwork);
	EXPECT_EQ(late.runs, late.runs_expected);
	test_return(&before);
}

/* The old firing does not queue what was started anew; and cancelling waits for it. */
TEST(delayed_work_timer_is_late)
{
	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	with_late_timer(starts_anew, 0);
	with_late_timer(cancels_meanwhile, 0);
}

TEST(delayed_work_waits_for_late_timer)
{
	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	with_late_timer(starts_now, 1);
	with_late_timer(flushes_meanwhile, 1);
	with_late_timer(just_cancels_meanwhile, 0);
}
