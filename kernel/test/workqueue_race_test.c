/* workqueue_race_test.c: many who queue, take back, wait for, and free the same works.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/slab.h"
#include "kernel/test/deferred_test.h"
#include "kernel/workqueue_pool.h"

/* One work that all CPUs queue: it never runs twice at once, and runs after each time. */
struct common {
	struct work_struct work;
	struct alone alone;
	struct effort effort;
	struct workqueue_struct *wq;
};

static void common_runs(struct work_struct *work)
{
	struct common *common = container_of(work, struct common, work);

	alone_enter(&common->alone);
	if (common->alone.runs % 8 == 0)
		usleep_range(50, 100);
	alone_leave(&common->alone);
}

static void ask(void *arg)
{
	struct common *common = arg;

	alone_ask(&common->alone);
	queue_work(common->wq, &common->work);
}

static int asks(void *arg)
{
	struct common *common = arg;

	for (unsigned int i = 0; effort_goes_on(&common->effort, i); i++) {
		preempt_disable();
		if (i % 8 == 0)
			interrupt_here(ask, common);
		else
			ask(common);
		preempt_enable();
		if (i % 16 == 1) {
			int asked = atomic_read(&common->alone.asked);

			flush_work(&common->work);
			EXPECT(READ_ONCE(common->alone.served) - asked >= 0);
		}
		if (i % 4 == 2)
			usleep_range(50, 100);
	}
	return 1;
}

static void expect_alone(unsigned int flags)
{
	struct common common = { .effort = effort_of(30, 64, num_online_cpus()) };

	common.wq = alloc_workqueue("alone", flags, 0);
	REQUIRE(common.wq);
	INIT_WORK(&common.work, common_runs);
	EXPECT_EQ(test_run_on_cpus(asks, &common), num_online_cpus());
	alone_expect_served(&common.alone);
	destroy_workqueue(common.wq);
}

TEST(work_alone_and_never_lost)
{
	expect_alone(0);
	expect_alone(WQ_UNBOUND);
}

/* Who waits for the lock of its home, and finds it moved when he has it, goes after it. */
struct moved {
	struct work_struct work;
	bool go, about;
};

static void moved_does_nothing(struct work_struct *work)
{
}

static int queues_moved(void *arg)
{
	struct moved *moved = arg;

	SPIN_UNTIL(READ_ONCE(moved->go));
	WRITE_ONCE(moved->about, true);
	EXPECT(schedule_work_on(test_cpu(0), &moved->work));
	return 0;
}

TEST(work_moves_before_it_is_locked)
{
	struct work_base *home = work_base_of(test_cpu(0));
	struct moved moved = { .go = false };
	struct cpumask before;
	struct actor actor;

	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	before = test_leave_cpu();
	INIT_WORK(&moved.work, moved_does_nothing);
	if (actor_start(&actor, queues_moved, &moved, test_cpu(1))) {
		spin_lock_irq(&home->lock);
		WRITE_ONCE(moved.go, true);
		EXPECT(SPIN_UNTIL(READ_ONCE(moved.about)));
		clock_delay_ns(NSEC_PER_MSEC); // It waits for the lock by now.
		WRITE_ONCE(moved.work.home, test_cpu(1));
		spin_unlock_irq(&home->lock);
		actor_join(&actor);
	}
	flush_work(&moved.work);
	EXPECT_EQ(moved.work.home, home->cpu);
	test_return(&before);
}

/* A work may free itself: after its function nobody touches it. */
struct gone {
	struct work_struct work;
	atomic_t *left;
};

struct goners {
	atomic_t left;
	struct effort effort;
};

static void frees_itself(struct work_struct *work)
{
	struct gone *gone = container_of(work, struct gone, work);
	atomic_t *left = gone->left;

	kfree(gone);
	atomic_dec(left);
}

static int queues_gone(void *arg)
{
	struct goners *goners = arg;

	for (unsigned int i = 0; effort_goes_on(&goners->effort, i); i++) {
		struct gone *gone = kmalloc(sizeof(*gone), GFP_KERNEL);

		if (!EXPECT(gone))
			return 0;
		INIT_WORK(&gone->work, frees_itself);
		gone->left = &goners->left;
		atomic_inc(&goners->left);
		EXPECT(queue_work(i % 2 ? system_wq : system_unbound_wq, &gone->work));
	}
	return 1;
}

TEST(work_may_free_itself)
{
	struct goners goners = { .effort = effort_of(20, 64, num_online_cpus()) };

	EXPECT_EQ(test_run_on_cpus(queues_gone, &goners), num_online_cpus());
	flush_scheduled_work();
	flush_workqueue(system_unbound_wq);
	EXPECT(WAIT_UNTIL(!atomic_read(&goners.left)));
}

/* A delayed work that starts itself anew, taken back for good and freed while its timer fires. */
struct again {
	struct delayed_work dwork;
	unsigned int runs;
	bool inside;
};

static void starts_again(struct work_struct *work)
{
	struct again *again = container_of(to_delayed_work(work), struct again, dwork);

	WRITE_ONCE(again->inside, true);
	WRITE_ONCE(again->runs, again->runs + 1);
	schedule_delayed_work(&again->dwork, again->runs % 4 ? 1 : 0);
	if (again->runs % 4 == 3)
		usleep_range(50, 100);
	WRITE_ONCE(again->inside, false);
}

static int cancels_and_frees(void *arg)
{
	struct effort *effort = arg;

	for (unsigned int i = 0; effort_goes_on(effort, i); i++) {
		struct again *again = kzalloc(sizeof(*again), GFP_KERNEL);

		if (!EXPECT(again))
			return 0;
		INIT_DELAYED_WORK(&again->dwork, starts_again);
		schedule_delayed_work_on(test_cpu(raw_smp_processor_id() + i), &again->dwork,
					 i % 3);
		if (i % 4 == 0)
			EXPECT(WAIT_UNTIL(READ_ONCE(again->runs) > 2));
		if (i % 4 == 1)
			mod_delayed_work(system_wq, &again->dwork, 1);
		if (i % 4 == 2)
			usleep_range(500, 1500);
		cancel_delayed_work_sync(&again->dwork);
		EXPECT(!READ_ONCE(again->inside));
		EXPECT(!work_busy(&again->dwork.work) && !timer_pending(&again->dwork.timer));
		kfree(again);
	}
	return 1;
}

TEST(delayed_work_cancel_and_free)
{
	struct effort effort = effort_of(40, 16, num_online_cpus());

	EXPECT_EQ(test_run_on_cpus(cancels_and_frees, &effort), num_online_cpus());
}

/* ---- A worker that leaves ---- */

static void counts(struct work_struct *work)
{
	struct gone *gone = container_of(work, struct gone, work);

	atomic_inc(gone->left);
}

/*
 * The worker of this CPU is idle for too long while it cannot have the CPU: it is about to leave when it is
 * woken for a work.
 */
static int queues_for_leaving(void *arg)
{
	struct workqueue_struct *wq = arg;
	atomic_t runs = ATOMIC_INIT(0);
	struct gone gone = { .left = &runs };

	INIT_WORK(&gone.work, counts);
	for (int round = 1; round <= 3; round++) {
		queue_work(wq, &gone.work);
		flush_work(&gone.work);
		msleep(2);
		preempt_disable();
		clock_delay_ns(25 * NSEC_PER_MSEC);
		queue_work(wq, &gone.work);
		preempt_enable();
		EXPECT(WAIT_UNTIL(atomic_read(&runs) == 2 * round));
	}
	cancel_work_sync(&gone.work);
	return 1;
}

TEST(work_queued_as_worker_leaves)
{
	struct workqueue_struct *wq = alloc_workqueue("leaving", 0, 1);

	REQUIRE(wq);
	EXPECT_EQ(test_run_on_cpus(queues_for_leaving, wq), num_online_cpus());
	destroy_workqueue(wq);
}

/* Queues that come and go, with works in them. */
static int makes_and_destroys(void *arg)
{
	atomic_t *left = arg;

	for (unsigned int i = 0; i < 4; i++) {
		struct workqueue_struct *wq = alloc_workqueue("brief", i % 2 ? WQ_UNBOUND : 0, 2);
		struct gone *gone;

		if (!EXPECT(wq))
			return 0;
		for (unsigned int k = 0; k < i; k++) {
			gone = kmalloc(sizeof(*gone), GFP_KERNEL);
			if (!EXPECT(gone))
				break;
			INIT_WORK(&gone->work, frees_itself);
			gone->left = left;
			atomic_inc(left);
			queue_work_on(test_cpu(k), wq, &gone->work);
		}
		destroy_workqueue(wq);
	}
	return 1;
}

TEST(workqueue_comes_and_goes)
{
	atomic_t left = ATOMIC_INIT(0);

	EXPECT_EQ(test_run_threads(2, makes_and_destroys, &left), 2);
	EXPECT_EQ(atomic_read(&left), 0);
}
