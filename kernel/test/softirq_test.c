/* softirq_test.c: where softirqs run: after interrupts, in ksoftirqd, never nested, never for ever.
 * SPDX-License-Identifier: MIT
 *
 * Tasklets are what gives a softirq something to do here.
 */
#include "kernel/core/softirq.h"

#include "kernel/tasklet.h"
#include "kernel/test/deferred_test.h"
#include "lib/string.h"

struct counted {
	struct tasklet_struct tasklet;
	unsigned long runs;
	unsigned long place;     /* of its last run among those of this CPU */
	unsigned long in_daemon; /* of its runs, those in the thread ksoftirqd */
};

static DEFINE_PER_CPU(unsigned long, places);

static bool is_daemon(const struct task_struct *task)
{
	return !strncmp(task->comm, "ksoftirqd/", strlen("ksoftirqd/"));
}

static void counts(struct tasklet_struct *t)
{
	struct counted *counted = from_tasklet(counted, t, tasklet);

	this_cpu_inc(places);
	counted->place = this_cpu_read(places);
	counted->in_daemon += is_daemon(current);
	WRITE_ONCE(counted->runs, READ_ONCE(counted->runs) + 1);
}

static void schedule_normal(void *arg)
{
	tasklet_schedule(&((struct counted *)arg)->tasklet);
}

static void schedule_high(void *arg)
{
	tasklet_hi_schedule(&((struct counted *)arg)->tasklet);
}

/* A thread that cannot be preempted sees it done when it runs on: nobody else could have done it. */
static int runs_at_end(void *unused)
{
	struct counted counted = { .runs = 0 };

	tasklet_setup(&counted.tasklet, counts);
	for (unsigned long round = 1; round <= 20; round++) {
		preempt_disable();
		interrupt_here(schedule_normal, &counted);
		EXPECT_EQ(READ_ONCE(counted.runs), round);
		preempt_enable();
	}
	tasklet_kill(&counted.tasklet);
	return 1;
}

TEST(softirq_at_end_of_interrupt)
{
	EXPECT_EQ(test_run_on_cpus(runs_at_end, NULL), num_online_cpus());
}

/* Raised by a thread, it is served by ksoftirqd, but for the few where an interrupt comes before that. */
static int raised_by_thread(void *unused)
{
	struct counted counted = { .runs = 0 };
	unsigned long before = softirq_served(TASKLET_SOFTIRQ, smp_processor_id());

	tasklet_setup(&counted.tasklet, counts);
	for (unsigned long round = 1; round <= 30; round++) {
		tasklet_schedule(&counted.tasklet);
		EXPECT(YIELD_UNTIL(READ_ONCE(counted.runs) == round));
	}
	EXPECT(counted.in_daemon > 0);
	EXPECT(softirq_served(TASKLET_SOFTIRQ, smp_processor_id()) >= before + 30);
	tasklet_kill(&counted.tasklet);
	return 1;
}

TEST(softirq_raised_by_thread)
{
	EXPECT_EQ(test_run_on_cpus(raised_by_thread, NULL), num_online_cpus());
}

/* While one runs, an interrupt raises another: it waits for the first to end. */
struct outer {
	struct tasklet_struct tasklet;
	struct counted inner;
	unsigned long runs;
};

static void is_interrupted(struct tasklet_struct *t)
{
	struct outer *outer = from_tasklet(outer, t, tasklet);
	unsigned long before = READ_ONCE(outer->inner.runs);

	interrupt_here(schedule_high, &outer->inner);
	EXPECT_EQ(READ_ONCE(outer->inner.runs), before);
	WRITE_ONCE(outer->runs, READ_ONCE(outer->runs) + 1);
}

static int does_not_nest(void *unused)
{
	struct outer outer = { .runs = 0 };

	tasklet_setup(&outer.tasklet, is_interrupted);
	tasklet_setup(&outer.inner.tasklet, counts);
	for (unsigned long round = 1; round <= 10; round++) {
		tasklet_schedule(&outer.tasklet);
		EXPECT(WAIT_UNTIL(READ_ONCE(outer.runs) == round &&
				  READ_ONCE(outer.inner.runs) == round));
	}
	tasklet_kill(&outer.tasklet);
	tasklet_kill(&outer.inner.tasklet);
	return 1;
}

TEST(softirq_does_not_nest)
{
	EXPECT_EQ(test_run_on_cpus(does_not_nest, NULL), num_online_cpus());
}

static int high_first(void *unused)
{
	struct counted normal = { .runs = 0 }, high = { .runs = 0 };

	tasklet_setup(&normal.tasklet, counts);
	tasklet_setup(&high.tasklet, counts);
	local_bh_disable();
	tasklet_schedule(&normal.tasklet);
	tasklet_hi_schedule(&high.tasklet);
	local_bh_enable();
	EXPECT(normal.runs == 1 && high.runs == 1);
	EXPECT(high.place < normal.place);
	return 1;
}

TEST(softirq_order)
{
	EXPECT_EQ(test_run_on_cpus(high_first, NULL), num_online_cpus());
}

/* ---- Storms ---- */

struct storm {
	struct tasklet_struct tasklet;
	unsigned long runs;
	unsigned long in_daemon; /* of these, in the thread ksoftirqd */
	bool over;
};

static void storms(struct tasklet_struct *t)
{
	struct storm *storm = from_tasklet(storm, t, tasklet);

	WRITE_ONCE(storm->runs, READ_ONCE(storm->runs) + 1);
	if (is_daemon(current))
		WRITE_ONCE(storm->in_daemon, READ_ONCE(storm->in_daemon) + 1);
	if (!READ_ONCE(storm->over))
		tasklet_schedule(t);
}

/* A thread of the same CPU and the storm take turns, and the daemon has its part in that. */
static int storm_and_thread(void *unused)
{
	struct storm storm = { .runs = 0 };

	tasklet_setup(&storm.tasklet, storms);
	tasklet_schedule(&storm.tasklet);
	for (unsigned int turn = 0; turn < 4; turn++) {
		unsigned long before = READ_ONCE(storm.in_daemon);

		EXPECT(YIELD_UNTIL(READ_ONCE(storm.in_daemon) > before));
	}
	WRITE_ONCE(storm.over, true);
	tasklet_kill(&storm.tasklet);
	return 1;
}

TEST(softirq_storm_lets_threads_run)
{
	EXPECT_EQ(test_run_on_cpus(storm_and_thread, NULL), num_online_cpus());
}

/* One local_bh_enable(), or one interrupt that comes meanwhile, serves so many rounds and no more. */
static int rounds_are_bounded(void *unused)
{
	struct storm storm = { .runs = 0 };
	unsigned long interrupts, runs;

	tasklet_setup(&storm.tasklet, storms);
	preempt_disable();
	interrupts = this_cpu_read(cpu_local.nr_irqs);
	local_bh_disable();
	tasklet_schedule(&storm.tasklet);
	local_bh_enable();
	local_irq_disable();
	interrupts = this_cpu_read(cpu_local.nr_irqs) - interrupts;
	runs = storm.runs;
	local_irq_enable();
	EXPECT(runs >= 1 && runs <= SOFTIRQ_ROUNDS * (1 + interrupts));
	WRITE_ONCE(storm.over, true);
	preempt_enable();
	tasklet_kill(&storm.tasklet);
	return 1;
}

TEST(softirq_rounds_are_bounded)
{
	EXPECT_EQ(test_run_on_cpus(rounds_are_bounded, NULL), num_online_cpus());
}
