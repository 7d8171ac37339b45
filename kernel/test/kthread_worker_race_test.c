/* kthread_worker_race_test.c: many who queue, take back, modify, wait for, and free the same works.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/slab.h"
#include "kernel/kthread_worker.h"
#include "kernel/test/deferred_test.h"
#include "kernel/test/sched_test.h"

/* One work that all CPUs queue: it never runs twice at once, and runs after each time. */
struct common {
	struct kthread_work work;
	struct kthread_worker *worker;
	struct alone alone;
	struct effort effort;
};

static void common_runs(struct kthread_work *work)
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
	kthread_queue_work(common->worker, &common->work);
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
		if (i % 8 == 1) {
			int asked = atomic_read(&common->alone.asked);

			kthread_flush_work(&common->work);
			EXPECT(READ_ONCE(common->alone.served) - asked >= 0);
		}
		if (i % 4 == 2)
			usleep_range(50, 100);
	}
	return 1;
}

TEST(kthread_work_alone_and_never_lost)
{
	struct common common = { .effort = effort_of(60, 64, num_online_cpus()) };

	common.worker = kthread_create_worker(0, "alone");
	REQUIRE(!IS_ERR(common.worker));
	kthread_init_work(&common.work, common_runs);
	EXPECT_EQ(test_run_on_cpus(asks, &common), num_online_cpus());
	alone_expect_served(&common.alone);
	kthread_destroy_worker(common.worker);
}

/* ---- Works that free themselves ---- */

struct gone {
	struct kthread_delayed_work dwork;
	atomic_t *left;
};

struct goners {
	struct kthread_worker *worker;
	atomic_t left;
	struct effort effort;
};

static void frees_itself(struct kthread_work *work)
{
	struct gone *gone = container_of(work, struct gone, dwork.work);
	atomic_t *left = gone->left;

	kfree(gone);
	atomic_dec(left);
}

/* Some are queued by their timer. */
static int queues_gone(void *arg)
{
	struct goners *goners = arg;

	for (unsigned int i = 0; effort_goes_on(&goners->effort, i); i++) {
		struct gone *gone = kmalloc(sizeof(*gone), GFP_KERNEL);

		if (!EXPECT(gone))
			return 0;
		kthread_init_delayed_work(&gone->dwork, frees_itself);
		gone->left = &goners->left;
		atomic_inc(&goners->left);
		if (i % 2)
			EXPECT(kthread_queue_work(goners->worker, &gone->dwork.work));
		else
			EXPECT(kthread_queue_delayed_work(goners->worker, &gone->dwork, i % 3));
	}
	return 1;
}

TEST(kthread_work_may_free_itself)
{
	struct goners goners = { .effort = effort_of(40, 64, num_online_cpus()) };

	goners.worker = kthread_create_worker(0, "goners");
	REQUIRE(!IS_ERR(goners.worker));
	EXPECT_EQ(test_run_on_cpus(queues_gone, &goners), num_online_cpus());
	EXPECT(WAIT_UNTIL(!atomic_read(&goners.left)));
	kthread_destroy_worker(goners.worker);
}

/* ---- Delayed works, modified and cancelled while their timer fires ---- */

struct again {
	struct kthread_delayed_work dwork;
	struct kthread_worker *worker;
	unsigned int runs;
	bool inside;
};

static void starts_again(struct kthread_work *work)
{
	struct again *again = container_of(work, struct again, dwork.work);

	WRITE_ONCE(again->inside, true);
	WRITE_ONCE(again->runs, again->runs + 1);
	kthread_queue_delayed_work(again->worker, &again->dwork, again->runs % 4 ? 1 : 0);
	if (again->runs % 4 == 3)
		usleep_range(50, 100);
	WRITE_ONCE(again->inside, false);
}

struct cancellers {
	struct kthread_worker *worker;
	struct effort effort;
};

static void stir(struct again *again, unsigned int i)
{
	if (i % 4 == 0)
		EXPECT(WAIT_UNTIL(READ_ONCE(again->runs) > 2));
	if (i % 4 == 1)
		kthread_mod_delayed_work(again->worker, &again->dwork, i % 8 == 1);
	if (i % 4 == 2)
		usleep_range(500, 1500);
}

static int cancels_and_frees(void *arg)
{
	struct cancellers *all = arg;

	for (unsigned int i = 0; effort_goes_on(&all->effort, i); i++) {
		struct again *again = kzalloc(sizeof(*again), GFP_KERNEL);

		if (!EXPECT(again))
			return 0;
		again->worker = all->worker;
		kthread_init_delayed_work(&again->dwork, starts_again);
		EXPECT(kthread_queue_delayed_work(all->worker, &again->dwork, i % 3));
		stir(again, i);
		kthread_cancel_delayed_work_sync(&again->dwork);
		EXPECT(!READ_ONCE(again->inside) && list_empty(&again->dwork.work.node));
		EXPECT(!timer_pending(&again->dwork.timer));
		kfree(again);
	}
	return 1;
}

TEST(kthread_delayed_work_cancel_and_free)
{
	struct cancellers all = { .effort = effort_of(60, 16, num_online_cpus()) };

	all.worker = kthread_create_worker(0, "cancelled");
	REQUIRE(!IS_ERR(all.worker));
	EXPECT_EQ(test_run_on_cpus(cancels_and_frees, &all), num_online_cpus());
	kthread_destroy_worker(all.worker);
}

/* What is queued is counted by what the calls return, and runs as often. */
struct counted {
	struct kthread_delayed_work dwork;
	struct kthread_worker *worker;
	struct effort effort;
	atomic_t queued;
	atomic_t taken_back;
	unsigned int runs; /* the worker's */
};

static void counted_runs(struct kthread_work *work)
{
	struct counted *counted = container_of(work, struct counted, dwork.work);

	WRITE_ONCE(counted->runs, counted->runs + 1);
}

static int counts(void *arg)
{
	struct counted *counted = arg;
	struct rand_state rand;

	rand_seed(&rand, (u64)current->pid);
	for (unsigned int i = 0; effort_goes_on(&counted->effort, i); i++) {
		unsigned long delay = rand_below(&rand, 3);

		switch (rand_below(&rand, 4)) {
		case 0:
			if (kthread_cancel_delayed_work_sync(&counted->dwork))
				atomic_inc(&counted->taken_back);
			break;
		case 1:
			if (kthread_queue_delayed_work(counted->worker, &counted->dwork, delay))
				atomic_inc(&counted->queued);
			break;
		default:
			if (!kthread_mod_delayed_work(counted->worker, &counted->dwork, delay))
				atomic_inc(&counted->queued);
		}
		if (i % 4 == 0)
			usleep_range(100, 1500);
	}
	return 1;
}

TEST(kthread_delayed_work_counted)
{
	struct counted counted = { .effort = effort_of(200, 64, num_online_cpus()) };

	counted.worker = kthread_create_worker(0, "counted");
	REQUIRE(!IS_ERR(counted.worker));
	kthread_init_delayed_work(&counted.dwork, counted_runs);
	EXPECT_EQ(test_run_on_cpus(counts, &counted), num_online_cpus());
	if (kthread_cancel_delayed_work_sync(&counted.dwork))
		atomic_inc(&counted.taken_back);
	EXPECT_EQ(atomic_read(&counted.queued),
		  (int)counted.runs + atomic_read(&counted.taken_back));
	kthread_destroy_worker(counted.worker);
}

/* ---- A timer function that is late: it spins on CPU 1 before it looks at the work ---------------------- */

struct late {
	struct kthread_delayed_work dwork;
	struct kthread_worker *worker;
	unsigned int runs;
	bool hold, inside;
};

static void late_runs(struct kthread_work *work)
{
	struct late *late = container_of(work, struct late, dwork.work);

	WRITE_ONCE(late->runs, late->runs + 1);
}

static void fires_late(struct timer_list *timer)
{
	struct late *late = container_of(timer, struct late, dwork.timer);

	WRITE_ONCE(late->inside, true);
	EXPECT(SPIN_UNTIL(!READ_ONCE(late->hold)));
	kthread_delayed_work_timer_fn(timer);
	WRITE_ONCE(late->inside, false);
}

static int starts_late(void *arg)
{
	struct late *late = arg;

	EXPECT(kthread_queue_delayed_work(late->worker, &late->dwork, 1));
	return 0;
}

static int cancels_late(void *arg)
{
	struct late *late = arg;

	EXPECT(kthread_cancel_delayed_work_sync(&late->dwork));
	EXPECT(!READ_ONCE(late->inside)); // Who cancels may free the work now.
	return 0;
}

static void cancel_meanwhile(void *arg)
{
	struct late *late = arg;
	struct actor starter, canceller = { .task = NULL };

	REQUIRE(actor_start(&starter, starts_late, late, test_cpu(1)));
	EXPECT(WAIT_UNTIL(READ_ONCE(late->inside))); // Perhaps on top of the starter.
	if (actor_start(&canceller, cancels_late, late, test_cpu(0))) {
		EXPECT(WAIT_UNTIL(READ_ONCE(late->dwork.work.canceling)));
		msleep(2);
		EXPECT(!READ_ONCE(canceller.ended) && READ_ONCE(late->inside));
	}
	WRITE_ONCE(late->hold, false);
	actor_join(&canceller);
	actor_join(&starter);
}

TEST(kthread_delayed_work_cancel_waits_for_its_timer)
{
	struct late late = { .hold = true };

	if (num_online_cpus() < 2)
		SKIP("the only CPU would spin");
	late.worker = kthread_create_worker_on_cpu((int)test_cpu(0), 0, "late");
	REQUIRE(!IS_ERR(late.worker));
	kthread_init_delayed_work(&late.dwork, late_runs);
	late.dwork.timer.function = fires_late;
	run_at(test_cpu(0), DEFAULT_PRIO, cancel_meanwhile, &late);
	EXPECT_EQ(late.runs, 0);
	kthread_destroy_worker(late.worker);
}
