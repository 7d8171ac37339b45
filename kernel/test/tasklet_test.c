/* tasklet_test.c: a tasklet runs after each scheduling, on one CPU at a time, and not when it may not.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/tasklet.h"

#include "kernel/core/slab.h"
#include "kernel/core/softirq.h"
#include "kernel/test/deferred_test.h"

struct counted {
	struct tasklet_struct tasklet;
	unsigned long runs;
	bool again;  /* it schedules itself */
	bool hold;   /* it spins while this is set */
	bool inside; /* its function runs */
};

static void counts(struct tasklet_struct *t)
{
	struct counted *counted = from_tasklet(counted, t, tasklet);

	WRITE_ONCE(counted->inside, true);
	WRITE_ONCE(counted->runs, READ_ONCE(counted->runs) + 1);
	EXPECT(SPIN_UNTIL(!READ_ONCE(counted->hold)));
	if (READ_ONCE(counted->again))
		tasklet_schedule(t);
	WRITE_ONCE(counted->inside, false);
}

/* Scheduled often before it begins, it runs once. */
TEST(tasklet_runs_once)
{
	struct counted counted = { .runs = 0 };

	tasklet_setup(&counted.tasklet, counts);
	local_bh_disable();
	for (int i = 0; i < 10; i++) {
		tasklet_schedule(&counted.tasklet);
		tasklet_hi_schedule(&counted.tasklet);
	}
	EXPECT_EQ(counted.runs, 0);
	local_bh_enable();
	tasklet_kill(&counted.tasklet);
	EXPECT_EQ(counted.runs, 1);
	EXPECT_EQ(counted.tasklet.state, 0);
}

static unsigned long old_form_got;

static void old_form(unsigned long data)
{
	WRITE_ONCE(old_form_got, data);
}

static DECLARE_TASKLET_OLD(declared_old, old_form);
static unsigned long declared_runs;

static void declared_fn(struct tasklet_struct *t)
{
	WRITE_ONCE(declared_runs, READ_ONCE(declared_runs) + 1);
}

static DECLARE_TASKLET(declared, declared_fn);
static DECLARE_TASKLET_DISABLED(declared_disabled, declared_fn);

TEST(tasklet_old_and_declared)
{
	struct tasklet_struct t;

	tasklet_init(&t, old_form, 42);
	tasklet_hi_schedule(&t);
	tasklet_kill(&t);
	EXPECT_EQ(READ_ONCE(old_form_got), 42);
	tasklet_schedule(&declared_old);
	tasklet_kill(&declared_old);
	EXPECT_EQ(READ_ONCE(old_form_got), 0);
	declared_runs = 0;
	tasklet_schedule(&declared);
	tasklet_kill(&declared);
	EXPECT_EQ(READ_ONCE(declared_runs), 1);
	tasklet_schedule(&declared_disabled);
	EXPECT(WAIT_UNTIL(test_bit(TASKLET_STATE_PARKED, &declared_disabled.state)));
	EXPECT_EQ(READ_ONCE(declared_runs), 1);
	tasklet_enable(&declared_disabled);
	tasklet_kill(&declared_disabled);
	EXPECT_EQ(READ_ONCE(declared_runs), 2);
	tasklet_disable(&declared_disabled);
}

/* One tasklet, scheduled from all CPUs at the same time, from threads and from interrupts. */
struct common {
	struct tasklet_struct tasklet;
	struct alone alone;
	struct effort effort;
};

static void common_runs(struct tasklet_struct *t)
{
	struct common *common = from_tasklet(common, t, tasklet);

	alone_enter(&common->alone);
	for (unsigned int i = READ_ONCE(common->alone.runs) % 64; i; i--)
		cpu_relax();
	alone_leave(&common->alone);
}

static void ask(void *arg)
{
	struct common *common = arg;

	alone_ask(&common->alone);
	tasklet_schedule(&common->tasklet);
}

static int asks(void *arg)
{
	struct common *common = arg;

	for (unsigned int i = 0; effort_goes_on(&common->effort, i); i++) {
		preempt_disable();
		if (i % 4 == 0)
			interrupt_here(ask, common);
		else
			ask(common);
		preempt_enable();
		if (i % 16 == 1) {
			tasklet_disable(&common->tasklet);
			EXPECT_EQ(atomic_read(&common->alone.inside), 0);
			tasklet_enable(&common->tasklet);
		}
	}
	return 1;
}

TEST(tasklet_alone_and_never_lost)
{
	struct common common = { .effort = effort_of(100, 200, num_online_cpus()) };

	tasklet_setup(&common.tasklet, common_runs);
	EXPECT_EQ(test_run_on_cpus(asks, &common), num_online_cpus());
	alone_expect_served(&common.alone);
	tasklet_kill(&common.tasklet);
	EXPECT_EQ(common.tasklet.state, 0);
}

static unsigned long served_by_all(void)
{
	unsigned long sum = 0;
	u32 cpu;

	for_each_online_cpu(cpu)
		sum += softirq_served(TASKLET_SOFTIRQ, cpu);
	return sum;
}

/* Disabled, it does not run, and its softirq does not spin for it; enabled as often, it runs. */
TEST(tasklet_disabled)
{
	struct counted counted = { .runs = 0 };
	unsigned long served;

	tasklet_setup(&counted.tasklet, counts);
	tasklet_disable(&counted.tasklet);
	tasklet_disable_nosync(&counted.tasklet);
	tasklet_schedule(&counted.tasklet);
	EXPECT(WAIT_UNTIL(test_bit(TASKLET_STATE_PARKED, &counted.tasklet.state)));
	served = served_by_all();
	msleep(3);
	tasklet_enable(&counted.tasklet);
	msleep(3);
	EXPECT_EQ(served_by_all(), served);
	EXPECT_EQ(READ_ONCE(counted.runs), 0);
	tasklet_enable(&counted.tasklet);
	EXPECT(WAIT_UNTIL(READ_ONCE(counted.runs) == 1));
	tasklet_kill(&counted.tasklet);
	EXPECT_EQ(counted.tasklet.state, 0);
}

/* ---- Waiting for a run that goes on: it spins on CPU 1, its waiter sleeps on CPU 0. ---- */

static int disables(void *arg)
{
	struct counted *counted = arg;

	tasklet_disable(&counted->tasklet);
	EXPECT(!READ_ONCE(counted->inside));
	tasklet_enable(&counted->tasklet);
	return 0;
}

static int kills(void *arg)
{
	struct counted *counted = arg;

	tasklet_kill(&counted->tasklet);
	EXPECT(!READ_ONCE(counted->inside));
	EXPECT_EQ(counted->tasklet.state, 0);
	return 0;
}

static int schedules(void *arg)
{
	tasklet_schedule(&((struct counted *)arg)->tasklet);
	return 0;
}

static void expect_waits(int (*waits)(void *arg), bool again)
{
	struct cpumask before = test_leave_cpu();
	struct counted counted = { .hold = true, .again = again };
	struct actor scheduler, waiter;

	tasklet_setup(&counted.tasklet, counts);
	if (actor_start(&scheduler, schedules, &counted, test_cpu(1))) {
		EXPECT(WAIT_UNTIL(READ_ONCE(counted.inside)));
		if (actor_start(&waiter, waits, &counted, test_cpu(0)))
			EXPECT(actor_sleeps(&waiter));
		EXPECT(READ_ONCE(counted.inside));
		WRITE_ONCE(counted.hold, false);
		actor_join(&waiter);
		actor_join(&scheduler);
	}
	WRITE_ONCE(counted.again, false);
	tasklet_kill(&counted.tasklet);
	EXPECT(READ_ONCE(counted.runs) >= 1);
	test_return(&before);
}

TEST(tasklet_disable_waits)
{
	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	expect_waits(disables, false);
	expect_waits(disables, true);
}

TEST(tasklet_kill_waits)
{
	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	expect_waits(kills, false);
	expect_waits(kills, true);
}

/* Killed while it schedules itself, it runs no more. */
TEST(tasklet_kill_stops_storm)
{
	struct counted counted = { .again = true };
	unsigned long runs;

	tasklet_setup(&counted.tasklet, counts);
	for (unsigned int round = 0; round < 10; round++) {
		runs = READ_ONCE(counted.runs);
		tasklet_schedule(&counted.tasklet);
		EXPECT(WAIT_UNTIL(READ_ONCE(counted.runs) > runs));
		tasklet_kill(&counted.tasklet);
		runs = READ_ONCE(counted.runs);
		EXPECT_EQ(READ_ONCE(counted.tasklet.state), 0);
		usleep_range(200, 300);
		EXPECT_EQ(READ_ONCE(counted.runs), runs);
	}
}

/* After tasklet_kill() the memory may go: nobody touches it any more. */
static int kills_and_frees(void *arg)
{
	struct effort *effort = arg;

	for (unsigned int i = 0; effort_goes_on(effort, i); i++) {
		struct counted *counted = kzalloc(sizeof(*counted), GFP_KERNEL);

		if (!EXPECT(counted))
			return 0;
		tasklet_setup(&counted->tasklet, counts);
		counted->again = i % 2;
		schedules(counted);
		if (i % 3 == 0)
			disables(counted);
		tasklet_kill(&counted->tasklet);
		EXPECT(counted->runs >= 1);
		kfree(counted);
	}
	return 1;
}

TEST(tasklet_kill_and_free)
{
	struct effort effort = effort_of(50, 40, 2 * num_online_cpus());

	EXPECT_EQ(test_run_threads(2 * num_online_cpus(), kills_and_frees, &effort),
		  2 * num_online_cpus());
}

static void enable_once_more(void *arg)
{
	tasklet_enable(arg);
}

static void kill_in_atomic(void *arg)
{
	tasklet_kill(arg);
}

TEST(tasklet_misuse)
{
	struct tasklet_struct t;

	tasklet_init(&t, old_form, 0);
	EXPECT(test_panics(enable_once_more, &t, "which is not disabled"));
	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not check who may sleep");
	EXPECT(test_panics(kill_in_atomic, &t, "may sleep"));
}
