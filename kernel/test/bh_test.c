/* bh_test.c: sections that keep softirqs off this CPU, and spinlocks that do.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/base/bh.h"

#include "kernel/locking/spin/spinlock.h"
#include "kernel/tasklet.h"
#include "kernel/test/deferred_test.h"

/* A tasklet of one CPU that counts its runs. */
struct runner {
	struct tasklet_struct tasklet;
	unsigned long runs;
};

static void runner_runs(struct tasklet_struct *t)
{
	struct runner *runner = from_tasklet(runner, t, tasklet);

	EXPECT(in_serving_softirq() && in_softirq() && in_interrupt() && !in_task() &&
	       !in_hardirq());
	EXPECT(!irqs_disabled());
	WRITE_ONCE(runner->runs, READ_ONCE(runner->runs) + 1);
}

static void runner_schedule(void *arg)
{
	tasklet_schedule(&((struct runner *)arg)->tasklet);
}

TEST(bh_counts)
{
	local_bh_disable();
	EXPECT_CONTEXT(false, SOFTIRQ_DISABLE_OFFSET);
	EXPECT(in_softirq() && in_interrupt() && !in_serving_softirq() && in_task());
	EXPECT_EQ(in_softirq(), SOFTIRQ_DISABLE_OFFSET); // The bits themselves, as on Linux.
	local_bh_disable();
	EXPECT_CONTEXT(false, 2 * SOFTIRQ_DISABLE_OFFSET);
	local_bh_enable();
	EXPECT(in_softirq());
	local_bh_enable();
	EXPECT_CONTEXT(false, 0);
	EXPECT(!in_softirq() && !in_interrupt() && in_task());
}

/* In the section the interrupt's softirq waits; it has run when the outermost enable returns. */
static int excludes(void *unused)
{
	struct runner runner = { .runs = 0 };
	unsigned long round;

	tasklet_setup(&runner.tasklet, runner_runs);
	for (round = 0; round < 20; round++) {
		local_bh_disable();
		interrupt_here(runner_schedule, &runner);
		EXPECT_EQ(READ_ONCE(runner.runs), round);
		local_bh_disable();
		local_bh_enable();
		EXPECT_EQ(READ_ONCE(runner.runs), round);
		local_bh_enable();
		EXPECT_EQ(READ_ONCE(runner.runs), round + 1);
	}
	tasklet_kill(&runner.tasklet);
	return 1;
}

TEST(bh_section_excludes_softirqs)
{
	EXPECT_EQ(test_run_on_cpus(excludes, NULL), num_online_cpus());
}

/* A spinlock that threads and softirqs of all CPUs take. */
struct shared {
	spinlock_t lock;
	struct guarded data;
	struct effort effort;
	atomic_t updates;
};

struct taker {
	struct tasklet_struct tasklet;
	struct shared *shared;
};

static void taker_runs(struct tasklet_struct *t)
{
	struct taker *taker = from_tasklet(taker, t, tasklet);

	spin_lock(&taker->shared->lock);
	guarded_update(&taker->shared->data);
	spin_unlock(&taker->shared->lock);
	atomic_inc(&taker->shared->updates);
}

static void taker_schedule(void *arg)
{
	tasklet_schedule(&((struct taker *)arg)->tasklet);
}

static int takes_bh(void *arg)
{
	struct shared *shared = arg;
	struct taker taker = { .shared = shared };

	tasklet_setup(&taker.tasklet, taker_runs);
	for (unsigned int i = 0; effort_goes_on(&shared->effort, i); i++) {
		if (i % 3 == 0)
			tasklet_schedule(&taker.tasklet);
		if (i % 2) {
			spin_lock_bh(&shared->lock);
		} else if (!spin_trylock_bh(&shared->lock)) {
			EXPECT_CONTEXT(false, 0);
			continue;
		}
		if (i % 4 == 1)
			interrupt_here(taker_schedule, &taker);
		guarded_update(&shared->data);
		spin_unlock_bh(&shared->lock);
		atomic_inc(&shared->updates);
	}
	tasklet_kill(&taker.tasklet);
	return 1;
}

TEST(spin_bh_excludes)
{
	struct shared shared = { .effort = effort_of(60, 40, num_online_cpus()) };

	spin_lock_init(&shared.lock);
	EXPECT_EQ(test_run_on_cpus(takes_bh, &shared), num_online_cpus());
	guarded_expect(&shared.data, (unsigned long)atomic_read(&shared.updates));
	EXPECT(!spin_is_locked(&shared.lock));
	EXPECT_CONTEXT(false, 0);
}

/* What is pending runs in spin_unlock_bh(), when the lock is free and the count is that of a softirq. */
static void finds_free(struct tasklet_struct *t)
{
	struct taker *taker = from_tasklet(taker, t, tasklet);

	EXPECT(!spin_is_locked(&taker->shared->lock));
	EXPECT_EQ(softirq_count(), SOFTIRQ_OFFSET);
	taker_runs(t);
}

static int unlocks_first(void *unused)
{
	struct shared shared = { .data = { .words = { 0 } } };
	struct taker taker = { .shared = &shared };

	spin_lock_init(&shared.lock);
	tasklet_setup(&taker.tasklet, finds_free);
	spin_lock_bh(&shared.lock);
	EXPECT_CONTEXT(false, SOFTIRQ_LOCK_OFFSET);
	tasklet_schedule(&taker.tasklet);
	spin_unlock_bh(&shared.lock);
	EXPECT_EQ(atomic_read(&shared.updates), 1);
	EXPECT_CONTEXT(false, 0);
	spin_lock_bh(&shared.lock);
	EXPECT(!SPIN_HAS_WORD || !spin_trylock_bh(&shared.lock));
	EXPECT_CONTEXT(false, SOFTIRQ_LOCK_OFFSET);
	spin_unlock_bh(&shared.lock);
	tasklet_kill(&taker.tasklet);
	return 1;
}

TEST(spin_bh_releases_before_softirqs)
{
	EXPECT_EQ(test_run_on_cpus(unlocks_first, NULL), num_online_cpus());
}

/* A thread of high priority, bound to the CPU of the test, and a tasklet that wakes it. */
struct sleeper_of_tasklet {
	struct tasklet_struct tasklet;
	struct actor actor;
	bool woken, ran;
};

static int sleeps_until_woken(void *arg)
{
	struct sleeper_of_tasklet *sleeper = arg;

	set_current_state(TASK_UNINTERRUPTIBLE);
	while (!READ_ONCE(sleeper->woken)) {
		schedule();
		set_current_state(TASK_UNINTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	WRITE_ONCE(sleeper->ran, true);
	return 0;
}

static void wakes(struct tasklet_struct *t)
{
	struct sleeper_of_tasklet *sleeper = from_tasklet(sleeper, t, tasklet);

	WRITE_ONCE(sleeper->woken, true);
	wake_up_process(sleeper->actor.task);
}

static int preempts(void *unused)
{
	struct sleeper_of_tasklet sleeper = { .woken = false };

	tasklet_setup(&sleeper.tasklet, wakes);
	if (!actor_start(&sleeper.actor, sleeps_until_woken, &sleeper, smp_processor_id()))
		return 0;
	sched_set_fifo(sleeper.actor.task);
	if (actor_sleeps(&sleeper.actor)) {
		local_bh_disable();
		tasklet_schedule(&sleeper.tasklet);
		EXPECT(!READ_ONCE(sleeper.woken));
		local_bh_enable();
		EXPECT(READ_ONCE(sleeper.ran));
	}
	actor_join(&sleeper.actor);
	tasklet_kill(&sleeper.tasklet);
	return 1;
}

TEST(bh_enable_preempts)
{
	EXPECT_EQ(test_run_on_cpus(preempts, NULL), num_online_cpus());
}

/* ---- Misuse ---- */

static void enable_once_more(void *unused)
{
	local_bh_enable();
}

static void enable_with_irqs_off(void *unused)
{
	local_bh_disable();
	local_irq_disable();
	local_bh_enable();
}

static void sleep_in_section(void *unused)
{
	local_bh_disable();
	msleep(1);
}

static void schedule_in_section(void *unused)
{
	local_bh_disable();
	schedule();
}

static void disable(void *unused)
{
	local_bh_disable();
}

static void disable_in_handler(void *unused)
{
	EXPECT(test_panics(disable, NULL, "in an interrupt handler"));
}

TEST(bh_misuse)
{
	EXPECT(test_panics(schedule_in_section, NULL, "in a thread that has softirqs off"));
	if (!CONFIG_CHECKED)
		SKIP("the fast profile checks no more than schedule()");
	EXPECT(test_panics(enable_once_more, NULL, "where nobody has turned them off"));
	EXPECT(test_panics(enable_with_irqs_off, NULL, "with interrupts off"));
	EXPECT(test_panics(sleep_in_section, NULL, "in a thread that has softirqs off"));
	preempt_disable();
	interrupt_here(disable_in_handler, NULL);
	preempt_enable();
	EXPECT_CONTEXT(false, 0);
}
