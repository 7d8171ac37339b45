/* kthread_worker_test.c: works run once for each time they are queued, in order, in their worker's thread.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/kthread_worker.h"

#include "kernel/core/slab.h"
#include "kernel/test/deferred_test.h"
#include "lib/string.h"

#define FAR_AWAY (3600UL * HZ)

/* A work that notes how it ran. */
struct job {
	struct kthread_delayed_work dwork;
	struct kthread_worker *worker;
	unsigned int runs;
	unsigned int place;   /* among all that ran */
	unsigned int requeue; /* it queues itself so many times */
	bool hold;            /* it sleeps while this is set */
	bool inside;          /* its function runs */
	bool refused;         /* it could not queue itself */
	u32 cpu;
};

static atomic_t places;

static void job_runs(struct kthread_work *work)
{
	struct job *job = container_of(work, struct job, dwork.work);

	EXPECT_CONTEXT(false, 0);
	EXPECT(current == READ_ONCE(job->worker->task));
	EXPECT(READ_ONCE(current->__state) == TASK_RUNNING);
	WRITE_ONCE(job->inside, true);
	job->cpu = raw_smp_processor_id();
	job->place = (unsigned int)atomic_inc_return(&places);
	EXPECT(WAIT_UNTIL(!READ_ONCE(job->hold)));
	if (job->requeue) {
		job->requeue--;
		job->refused = !kthread_queue_work(job->worker, work);
	}
	WRITE_ONCE(job->inside, false);
	WRITE_ONCE(job->runs, READ_ONCE(job->runs) + 1);
}

static struct kthread_work *work_of(struct job *job)
{
	return &job->dwork.work;
}

static void job_init(struct job *job, struct kthread_worker *worker)
{
	*job = (struct job){ .worker = worker };
	kthread_init_delayed_work(&job->dwork, job_runs);
}

static bool queue(struct job *job)
{
	return kthread_queue_work(job->worker, work_of(job));
}

/* Queue @job, and see it in its function, which it does not leave before release(). */
static void hold(struct job *job)
{
	job->hold = true;
	EXPECT(queue(job));
	EXPECT(WAIT_UNTIL(READ_ONCE(job->inside)));
}

static void release(struct job *job)
{
	WRITE_ONCE(job->hold, false);
}

static struct kthread_worker *make(void)
{
	struct kthread_worker *worker = kthread_create_worker(KTW_FREEZABLE, "worker/%d", 7);

	return EXPECT(!IS_ERR(worker)) ? worker : NULL;
}

/* ---- Queued and run ---- */

TEST(kthread_work_runs_once)
{
	struct kthread_worker *worker = make();
	struct job job;

	REQUIRE(worker);
	EXPECT(!strcmp(worker->task->comm, "worker/7"));
	job_init(&job, worker);
	kthread_flush_work(work_of(&job)); // It was never queued: there is nothing to wait for.
	EXPECT(!kthread_cancel_work_sync(work_of(&job)));
	for (unsigned int round = 1; round <= 20; round++) {
		EXPECT(queue(&job));
		kthread_flush_work(work_of(&job));
		EXPECT_EQ(READ_ONCE(job.runs), round);
	}
	EXPECT(!kthread_cancel_work_sync(work_of(&job)));
	kthread_destroy_worker(worker);
}

static void queue_in_interrupt(void *job)
{
	EXPECT(queue(job));
}

TEST(kthread_worker_on_cpu)
{
	u32 cpu;

	for_each_online_cpu(cpu) {
		struct kthread_worker *worker = kthread_create_worker_on_cpu((int)cpu, 0, "on");
		struct job job;

		REQUIRE(!IS_ERR(worker));
		job_init(&job, worker);
		preempt_disable();
		interrupt_here(queue_in_interrupt, &job);
		preempt_enable();
		kthread_flush_worker(worker);
		EXPECT(job.runs == 1 && job.cpu == cpu);
		kthread_destroy_worker(worker);
	}
}

#define JOBS 6

/* In the order queued; destroying the worker lets all of them run. */
TEST(kthread_worker_in_order)
{
	struct kthread_worker *worker = make();
	struct job jobs[JOBS], first;

	REQUIRE(worker);
	job_init(&first, worker);
	hold(&first);
	atomic_set(&places, 0);
	for (unsigned int i = 0; i < JOBS; i++) {
		job_init(&jobs[i], worker);
		EXPECT(queue(&jobs[i]) && !queue(&jobs[i]));
	}
	release(&first);
	kthread_flush_work(work_of(&jobs[1]));
	EXPECT(READ_ONCE(jobs[0].runs) == 1 && READ_ONCE(jobs[1].runs) == 1);
	kthread_destroy_worker(worker);
	for (unsigned int i = 0; i < JOBS; i++)
		EXPECT(jobs[i].runs == 1 && jobs[i].place == i + 1);
}

/* Queued while it runs, it runs once more; flush waits for that, and not for what it queues then. */
TEST(kthread_work_queued_while_it_runs)
{
	struct kthread_worker *worker = make();
	struct job job, endless;

	REQUIRE(worker);
	job_init(&job, worker);
	job_init(&endless, worker);
	hold(&job);
	EXPECT(queue(&job) && !queue(&job));
	release(&job);
	kthread_flush_work(work_of(&job));
	EXPECT_EQ(READ_ONCE(job.runs), 2);
	endless.requeue = ~0U;
	EXPECT(queue(&endless) && queue(&job));
	kthread_flush_worker(worker);
	EXPECT(READ_ONCE(job.runs) == 3 && READ_ONCE(endless.runs) >= 1);
	kthread_flush_work(work_of(&endless));
	kthread_cancel_work_sync(work_of(&endless));
	EXPECT(!READ_ONCE(endless.inside));
	kthread_destroy_worker(worker);
}

static int flushes(void *job)
{
	kthread_flush_work(work_of(job));
	return (int)READ_ONCE(((struct job *)job)->runs);
}

/* A work that is not pending any more, but runs, is waited for. */
TEST(kthread_flush_waits_for_a_run)
{
	struct kthread_worker *worker = make();
	struct actor actor;
	struct job job;

	REQUIRE(worker);
	job_init(&job, worker);
	hold(&job);
	if (actor_start(&actor, flushes, &job, ANY_CPU)) {
		actor_sleeps(&actor);
		release(&job);
		EXPECT_EQ(actor_join(&actor), 1);
	}
	kthread_destroy_worker(worker);
}

/* ---- Taken back ---- */

static int cancels(void *job)
{
	return kthread_cancel_delayed_work_sync(&((struct job *)job)->dwork);
}

TEST(kthread_work_cancelled)
{
	struct kthread_worker *worker = make();
	struct job busy, job;
	struct actor actor;

	REQUIRE(worker);
	job_init(&busy, worker);
	job_init(&job, worker);
	hold(&busy);
	EXPECT(queue(&job) && kthread_cancel_work_sync(work_of(&job)));
	EXPECT(queue(&job) && kthread_cancel_work_sync(work_of(&job)));
	busy.requeue = 1;
	EXPECT(queue(&busy));
	if (actor_start(&actor, cancels, &busy, ANY_CPU)) {
		actor_sleeps(&actor); // It waits for the function, and nobody can queue the work.
		EXPECT(!queue(&busy) && !kthread_queue_delayed_work(worker, &busy.dwork, 1));
		EXPECT(kthread_mod_delayed_work(worker, &busy.dwork, 0));
		release(&busy);
		EXPECT_EQ(actor_join(&actor), 1);
	}
	kthread_flush_worker(worker);
	EXPECT(busy.runs == 1 && busy.refused);
	EXPECT_EQ(job.runs, 0);
	EXPECT(queue(&job) && queue(&busy));
	kthread_destroy_worker(worker);
	EXPECT(job.runs == 1 && busy.runs == 2);
}

/* ---- Delayed ---- */

TEST(kthread_delayed_work)
{
	struct kthread_worker *worker = make();
	struct job job;

	REQUIRE(worker);
	job_init(&job, worker);
	for (unsigned long delay = 0; delay < 4; delay++) {
		unsigned long due = jiffies + delay;

		EXPECT(kthread_queue_delayed_work(worker, &job.dwork, delay));
		EXPECT(WAIT_UNTIL(READ_ONCE(job.runs) == delay + 1));
		EXPECT(time_after_eq(jiffies, due));
	}
	EXPECT(kthread_queue_delayed_work(worker, &job.dwork, FAR_AWAY));
	EXPECT(!kthread_queue_delayed_work(worker, &job.dwork, 0) && !queue(&job));
	kthread_flush_work(work_of(&job)); // Its time has not come: not waited for.
	kthread_flush_worker(worker);
	EXPECT(kthread_cancel_delayed_work_sync(&job.dwork));
	EXPECT(!kthread_cancel_delayed_work_sync(&job.dwork));
	EXPECT(!timer_pending(&job.dwork.timer));
	EXPECT(!kthread_mod_delayed_work(worker, &job.dwork, FAR_AWAY));
	EXPECT(kthread_mod_delayed_work(worker, &job.dwork, FAR_AWAY + 1));
	EXPECT_EQ(READ_ONCE(job.runs), 4);
	EXPECT(kthread_mod_delayed_work(worker, &job.dwork, 0));
	EXPECT(WAIT_UNTIL(READ_ONCE(job.runs) == 5));
	EXPECT(!kthread_mod_delayed_work(worker, &job.dwork, 1));
	EXPECT(WAIT_UNTIL(READ_ONCE(job.runs) == 6));
	kthread_destroy_worker(worker);
}

/* ---- A worker of one's own ---- */

static struct kthread_worker own;
static DEFINE_KTHREAD_WORKER(declared_worker);
static DEFINE_KTHREAD_WORK(declared_work, job_runs);
static DEFINE_KTHREAD_DELAYED_WORK(declared_delayed, job_runs);

/* What is queued before the thread begins runs then; what is queued after its end waits for another. */
TEST(kthread_worker_begins_and_ends)
{
	struct task_struct *task;
	struct job job;

	EXPECT(list_empty(&declared_worker.work_list) && list_empty(&declared_work.node));
	EXPECT(list_empty(&declared_delayed.work.node));
	kthread_init_worker(&own);
	job_init(&job, &own);
	for (unsigned int round = 1; round <= 3; round++) {
		EXPECT(queue(&job) && !queue(&job));
		task = kthread_run(kthread_worker_fn, &own, "own");
		REQUIRE(!IS_ERR(task));
		EXPECT(WAIT_UNTIL(READ_ONCE(job.runs) == round));
		EXPECT_EQ(kthread_stop(task), 0);
		EXPECT(!own.task && !own.current_work);
	}
}

/* ---- Misuse ---- */

static void destroys(void *worker)
{
	kthread_destroy_worker(worker);
}

TEST(kthread_worker_destroyed_too_early)
{
	struct kthread_worker *worker = make();
	struct job job;

	REQUIRE(worker);
	job_init(&job, worker);
	EXPECT(kthread_queue_delayed_work(worker, &job.dwork, FAR_AWAY));
	EXPECT_EQ(test_warnings(destroys, worker, "is destroyed while works are queued"), 1);
	timer_delete_sync(&job.dwork.timer);
}

static void queues_elsewhere(void *job)
{
	queue(job);
}

static void queues_uninitialized(void *worker)
{
	struct kthread_work work = { .func = NULL };

	kthread_queue_work(worker, &work);
}

TEST(kthread_work_misuse)
{
	struct kthread_worker *worker = make(), *other = make();
	struct job job;

	REQUIRE(worker && other);
	job_init(&job, worker);
	EXPECT(queue(&job));
	kthread_flush_work(work_of(&job));
	job.worker = other;
	EXPECT_EQ(test_warnings(queues_elsewhere, &job, "belongs to another worker"), 1);
	kthread_destroy_worker(other);
	kthread_destroy_worker(worker);
	kthread_init_worker(&own);
	EXPECT(test_panics(queues_uninitialized, &own, "kthread_init_work() it"));
}
