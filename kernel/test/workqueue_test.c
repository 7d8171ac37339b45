/* workqueue_test.c: works run once for each time they are queued, in threads, where and when they should.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/workqueue.h"

#include "kernel/core/slab.h"
#include "kernel/test/deferred_test.h"

#define FAR_AWAY (3600UL * HZ)

/* A work that notes how it ran. */
struct job {
	struct work_struct work;
	unsigned int runs;
	u32 cpu;
	bool hold;            /* it sleeps while this is set */
	unsigned int free;    /* all the same, its first runs end */
	bool inside;          /* its function runs */
	unsigned int requeue; /* it queues itself so many times, */
	bool slow;            /* and takes its time */
	struct workqueue_struct *wq;
	unsigned int place; /* among those that count in `places` */
};

static atomic_t places;

static void job_runs(struct work_struct *work)
{
	struct job *job = container_of(work, struct job, work);

	EXPECT(in_task());
	EXPECT_CONTEXT(false, 0);
	EXPECT(current_work() == work);
	WRITE_ONCE(job->inside, true);
	job->cpu = raw_smp_processor_id();
	job->place = (unsigned int)atomic_inc_return(&places);
	EXPECT(WAIT_UNTIL(!READ_ONCE(job->hold) || job->runs < READ_ONCE(job->free)));
	if (job->requeue) {
		job->requeue--;
		if (job->slow)
			usleep_range(200, 300);
		queue_work(job->wq, work);
	}
	WRITE_ONCE(job->inside, false);
	WRITE_ONCE(job->runs, READ_ONCE(job->runs) + 1);
}

static void job_init(struct job *job, struct workqueue_struct *wq)
{
	*job = (struct job){ .wq = wq };
	INIT_WORK(&job->work, job_runs);
}

static DECLARE_WORK(declared, job_runs);

TEST(work_runs_once)
{
	struct job job;

	job_init(&job, system_wq);
	EXPECT(!work_pending(&job.work) && !work_busy(&job.work) && !work_pending(&declared));
	EXPECT(!flush_work(&job.work) && !cancel_work(&job.work) && !cancel_work_sync(&job.work));
	EXPECT(!current_work());
	for (unsigned int round = 1; round <= 5; round++) {
		EXPECT(round % 2 ? schedule_work(&job.work) :
				   queue_work(system_unbound_wq, &job.work));
		flush_work(&job.work);
		EXPECT_EQ(job.runs, round);
		EXPECT(!work_busy(&job.work));
	}
}

static void queue_job(void *arg)
{
	struct job *job = arg;

	EXPECT(queue_work(job->wq, &job->work));
}

static int from_interrupt(void *unused)
{
	struct job job;

	job_init(&job, system_highpri_wq);
	preempt_disable();
	interrupt_here(queue_job, &job);
	preempt_enable();
	flush_work(&job.work);
	EXPECT_EQ(job.runs, 1);
	EXPECT_EQ(job.cpu, raw_smp_processor_id());
	return 1;
}

TEST(work_from_interrupt)
{
	EXPECT_EQ(test_run_on_cpus(from_interrupt, NULL), num_online_cpus());
}

TEST(work_on_cpu)
{
	struct job job;
	u32 cpu;

	for_each_online_cpu(cpu) {
		job_init(&job, system_wq);
		EXPECT(schedule_work_on(cpu, &job.work));
		flush_work(&job.work);
		EXPECT_EQ(job.runs, 1);
		EXPECT_EQ(job.cpu, cpu);
	}
}

static int flushes(void *arg)
{
	struct job *job = arg;

	EXPECT(flush_work(&job->work));
	return (int)READ_ONCE(job->runs);
}

/* Queued while it runs, it is pending, and no other worker begins it; flushed, both runs are waited for. */
TEST(work_queued_while_it_runs)
{
	struct job job, other;
	struct actor actor;

	job_init(&job, system_wq);
	job_init(&other, system_wq);
	job.hold = true;
	EXPECT(schedule_work_on(test_cpu(1), &job.work));
	EXPECT(WAIT_UNTIL(READ_ONCE(job.inside)));
	EXPECT_EQ(work_busy(&job.work), WORK_BUSY_RUNNING);
	EXPECT(schedule_work_on(test_cpu(0), &job.work)); // It goes where it runs.
	EXPECT(!schedule_work(&job.work));
	EXPECT(schedule_work_on(test_cpu(1), &other.work)); // A work that sleeps holds up no other.
	flush_work(&other.work);
	EXPECT_EQ(other.runs, 1);
	EXPECT_EQ(work_busy(&job.work), WORK_BUSY_RUNNING | WORK_BUSY_PENDING);
	EXPECT(!READ_ONCE(job.runs));
	if (actor_start(&actor, flushes, &job, ANY_CPU)) {
		EXPECT(actor_sleeps(&actor));
		WRITE_ONCE(job.free, 1);
		EXPECT(WAIT_UNTIL(READ_ONCE(job.runs) == 1 && READ_ONCE(job.inside)));
		msleep(2);
		EXPECT(!READ_ONCE(actor.ended));
		WRITE_ONCE(job.hold, false);
		EXPECT_EQ(actor_join(&actor), 2);
	}
	WRITE_ONCE(job.hold, false);
	flush_work(&job.work);
}

static int cancels(void *arg)
{
	struct job *job = arg;

	EXPECT(!cancel_work_sync(&job->work));
	return (int)READ_ONCE(job->runs);
}

/* While it runs it is queued in another queue, on another CPU, and taken back: that it runs is not forgotten. */
TEST(work_in_two_queues)
{
	struct workqueue_struct *wq = create_workqueue("other");
	struct actor flusher, canceller;
	struct job job, busy;

	REQUIRE(wq);
	job_init(&job, system_wq);
	job_init(&busy, wq);
	job.hold = busy.hold = true;
	EXPECT(schedule_work_on(test_cpu(1), &job.work));
	EXPECT(queue_work_on(test_cpu(0), wq, &busy.work));
	EXPECT(WAIT_UNTIL(READ_ONCE(job.inside) && READ_ONCE(busy.inside)));
	EXPECT(queue_work_on(test_cpu(0), wq, &job.work) && cancel_work(&job.work));
	if (EXPECT(actor_start(&flusher, flushes, &job, ANY_CPU))) {
		EXPECT(actor_sleeps(&flusher));
		if (EXPECT(actor_start(&canceller, cancels, &job, ANY_CPU)))
			EXPECT(actor_sleeps(&canceller));
		WRITE_ONCE(job.hold, false);
		EXPECT_EQ(actor_join(&flusher), 1);
		EXPECT_EQ(actor_join(&canceller), 1);
	}
	WRITE_ONCE(busy.hold, false);
	destroy_workqueue(wq);
}

/* ---- How many at once, and in what order ---- */

#define JOBS 8

static unsigned int count_inside(struct job *jobs)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < JOBS; i++)
		n += READ_ONCE(jobs[i].inside);
	return n;
}

static void expect_at_once(unsigned int flags, int max_active)
{
	struct workqueue_struct *wq = alloc_workqueue("few/%d", flags, max_active, max_active);
	struct job *jobs = kcalloc(JOBS, sizeof(*jobs), GFP_KERNEL);
	u32 cpu = test_cpu(1);

	if (EXPECT(wq && jobs)) {
		for (unsigned int i = 0; i < JOBS; i++) {
			job_init(&jobs[i], wq);
			jobs[i].hold = true;
			queue_work_on(cpu, wq, &jobs[i].work);
		}
		EXPECT(WAIT_UNTIL(count_inside(jobs) == (unsigned int)max_active));
		msleep(4);
		EXPECT_EQ(count_inside(jobs), max_active);
		for (unsigned int i = 0; i < JOBS; i++)
			WRITE_ONCE(jobs[i].hold, false);
		flush_workqueue(wq);
		for (unsigned int i = 0; i < JOBS; i++)
			EXPECT_EQ(jobs[i].runs, 1);
		destroy_workqueue(wq);
	}
	kfree(jobs);
}

TEST(workqueue_max_active)
{
	expect_at_once(0, 3);
	expect_at_once(WQ_UNBOUND, 5);
	expect_at_once(WQ_HIGHPRI, 1);
}

/* One after the other in the order queued, though each sleeps, and whichever CPU queued it. */
TEST(workqueue_ordered)
{
	struct workqueue_struct *wq = alloc_ordered_workqueue("ordered", WQ_MEM_RECLAIM);
	struct job *jobs = kcalloc(JOBS, sizeof(*jobs), GFP_KERNEL);

	if (EXPECT(wq && jobs)) {
		atomic_set(&places, 0);
		for (unsigned int i = 0; i < JOBS; i++) {
			job_init(&jobs[i], wq);
			jobs[i].hold = true;
			EXPECT(queue_work_on(test_cpu(i), wq, &jobs[i].work));
		}
		for (unsigned int i = 0; i < JOBS; i++) {
			EXPECT(WAIT_UNTIL(READ_ONCE(jobs[i].inside)));
			EXPECT_EQ(count_inside(jobs), 1);
			WRITE_ONCE(jobs[i].hold, false);
		}
		destroy_workqueue(wq); // The last ones run before.
		for (unsigned int i = 0; i < JOBS; i++)
			EXPECT(jobs[i].runs == 1 && jobs[i].place == i + 1);
	}
	kfree(jobs);
}

/* flush_workqueue() waits for what is there, not for what that queues; drain_workqueue() for all. */
TEST(workqueue_flush_and_drain)
{
	struct workqueue_struct *wq = create_workqueue("drained");
	struct job job, endless;

	REQUIRE(wq);
	job_init(&job, wq);
	job_init(&endless, wq);
	endless.requeue = ~0U;
	EXPECT(queue_work(wq, &endless.work) && queue_work(wq, &job.work));
	flush_workqueue(wq);
	EXPECT(READ_ONCE(job.runs) == 1 && READ_ONCE(endless.runs) >= 1);
	EXPECT(work_busy(&endless.work));
	cancel_work_sync(&endless.work);
	EXPECT(!work_busy(&endless.work));
	job.requeue = 20;
	job.slow = true;
	EXPECT(queue_work(wq, &job.work));
	drain_workqueue(wq);
	EXPECT_EQ(READ_ONCE(job.runs), 22);
	EXPECT(queue_work(wq, &job.work));
	destroy_workqueue(wq);
	EXPECT_EQ(job.runs, 23);
}

/* ---- Delayed works ---- */

struct delayed_job {
	struct delayed_work dwork;
	unsigned int runs;
	unsigned long due;
	bool early;
};

static void delayed_job_runs(struct work_struct *work)
{
	struct delayed_job *job = container_of(to_delayed_work(work), struct delayed_job, dwork);

	if (time_before(jiffies, READ_ONCE(job->due)))
		job->early = true;
	WRITE_ONCE(job->runs, READ_ONCE(job->runs) + 1);
}

static DECLARE_DELAYED_WORK(declared_delayed, delayed_job_runs);

TEST(delayed_work_comes_later)
{
	struct delayed_job job = { .runs = 0 };

	INIT_DELAYED_WORK(&job.dwork, delayed_job_runs);
	EXPECT(!delayed_work_pending(&declared_delayed) && !cancel_delayed_work(&declared_delayed));
	for (unsigned int delay = 0; delay < 4; delay++) {
		WRITE_ONCE(job.due, jiffies + delay);
		EXPECT(schedule_delayed_work(&job.dwork, delay));
		EXPECT(WAIT_UNTIL(READ_ONCE(job.runs) == delay + 1));
	}
	EXPECT(!job.early);
	cancel_delayed_work_sync(&job.dwork);
}

TEST(delayed_work_moved_and_cancelled)
{
	struct delayed_job job = { .runs = 0 };

	INIT_DELAYED_WORK(&job.dwork, delayed_job_runs);
	EXPECT(queue_delayed_work(system_wq, &job.dwork, FAR_AWAY));
	EXPECT(!queue_delayed_work(system_wq, &job.dwork, 0));
	EXPECT(delayed_work_pending(&job.dwork));
	EXPECT(cancel_delayed_work(&job.dwork));
	EXPECT(!cancel_delayed_work_sync(&job.dwork));
	EXPECT(schedule_delayed_work_on(test_cpu(1), &job.dwork, FAR_AWAY));
	EXPECT(cancel_delayed_work_sync(&job.dwork));
	EXPECT(!delayed_work_pending(&job.dwork) && !timer_pending(&job.dwork.timer));
	EXPECT(!mod_delayed_work(system_wq, &job.dwork, FAR_AWAY));
	EXPECT(mod_delayed_work(system_wq, &job.dwork, FAR_AWAY + 1));
	EXPECT_EQ(READ_ONCE(job.runs), 0);
	EXPECT(mod_delayed_work(system_unbound_wq, &job.dwork, 1));
	EXPECT(WAIT_UNTIL(READ_ONCE(job.runs) == 1));
	EXPECT(queue_delayed_work(system_wq, &job.dwork, FAR_AWAY));
	EXPECT(flush_delayed_work(&job.dwork));
	EXPECT_EQ(READ_ONCE(job.runs), 2);
	EXPECT(!flush_delayed_work(&job.dwork));
}

/* ---- Taking back ---- */

/* While its only worker is busy, it can be taken back; disabled, it is refused. */
TEST(work_cancelled_and_disabled)
{
	struct workqueue_struct *wq = create_singlethread_workqueue("single");
	struct job busy, job;

	REQUIRE(wq);
	job_init(&busy, wq);
	job_init(&job, wq);
	busy.hold = true;
	EXPECT(queue_work(wq, &busy.work));
	EXPECT(WAIT_UNTIL(READ_ONCE(busy.inside)));
	EXPECT(queue_work(wq, &job.work) && work_pending(&job.work));
	EXPECT(cancel_work(&job.work) && !work_pending(&job.work));
	EXPECT(queue_work(wq, &job.work) && cancel_work_sync(&job.work));
	EXPECT(queue_work(wq, &job.work) && disable_work_sync(&job.work) &&
	       !disable_work(&job.work));
	EXPECT(!queue_work(wq, &job.work) && !enable_work(&job.work));
	EXPECT(!queue_work(wq, &job.work) && enable_work(&job.work));
	WRITE_ONCE(busy.hold, false);
	flush_workqueue(wq);
	EXPECT_EQ(job.runs, 0);
	EXPECT(queue_work(wq, &job.work));
	destroy_workqueue(wq);
	EXPECT(job.runs == 1 && busy.runs == 1);
}

static void queue_uninitialized(void *unused)
{
	struct work_struct work = { .func = NULL };

	schedule_work(&work);
}

static void flush_in_atomic(void *arg)
{
	flush_work(arg);
}

TEST(work_misuse)
{
	struct job job;

	job_init(&job, system_wq);
	EXPECT(test_panics(queue_uninitialized, NULL, "INIT_WORK() it"));
	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not check who may sleep");
	EXPECT(test_panics(flush_in_atomic, &job.work, "may sleep"));
}
