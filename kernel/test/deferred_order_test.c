/* deferred_order_test.c: waiting for a timer's function, a work or a queue with a lock held that is taken there.
 * SPDX-License-Identifier: MIT
 *
 * Each scene first lets the function run, so that the validator learns what it takes, and then waits for it
 * where it runs no more: nothing hangs, and the order is reported all the same.
 */
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/test/deferred_test.h"
#include "kernel/workqueue.h"

#define CIRCLE                  "possible circular locking dependency detected"
#define WAITED(for_what, where) CIRCLE ": \"" for_what "\" is waited for at " where "+"
#define FAR_AWAY                (3600UL * HZ)

#define ONLY_CHECKED                                                                               \
	do {                                                                                       \
		if (!CONFIG_CHECKED)                                                               \
			SKIP("the fast profile has no validator");                                 \
	} while (0)

/* ---- Timers ---- */

struct timer_scene {
	spinlock_t *lock;
	struct timer_list timer;
	bool has_run; /* [a] */
	int (*wait)(struct timer_list *timer);
};

static void timer_takes(struct timer_list *timer)
{
	struct timer_scene *scene = container_of(timer, struct timer_scene, timer);

	spin_lock(scene->lock);
	spin_unlock(scene->lock);
	WRITE_ONCE(scene->has_run, true);
}

static void wait_under_lock(void *arg)
{
	struct timer_scene *scene = arg;

	spin_lock_bh(scene->lock);
	scene->wait(&scene->timer);
	spin_unlock_bh(scene->lock);
}

static void run_timer(struct timer_scene *scene)
{
	WRITE_ONCE(scene->has_run, false);
	mod_timer(&scene->timer, jiffies);
	EXPECT(WAIT_UNTIL(READ_ONCE(scene->has_run)));
	timer_delete_sync(&scene->timer);
}

static int delete_only(struct timer_list *timer)
{
	return timer_delete(timer);
}

static int delete_sync(struct timer_list *timer)
{
	return timer_delete_sync(timer);
}

static int shutdown_sync(struct timer_list *timer)
{
	return timer_shutdown_sync(timer);
}

TEST(timer_sync_under_its_lock)
{
	static DEFINE_SPINLOCK(deleted);
	static DEFINE_SPINLOCK(shut_down);
	struct timer_scene scene = { .lock = &deleted, .wait = delete_only };

	ONLY_CHECKED;
	timer_setup(&scene.timer, timer_takes, 0);
	run_timer(&scene);
	EXPECT_EQ(test_warnings(wait_under_lock, &scene, ""), 0);
	scene.wait = delete_sync;
	EXPECT_EQ(test_warnings(wait_under_lock, &scene,
				WAITED("timer timer_takes", "delete_sync")),
		  1);
	// Once is enough.
	EXPECT_EQ(test_warnings(wait_under_lock, &scene, ""), 0);

	// Other timers, set up in another line, and another lock.
	timer_setup(&scene.timer, timer_takes, 0);
	scene.lock = &shut_down;
	scene.wait = shutdown_sync;
	run_timer(&scene);
	EXPECT_EQ(test_warnings(wait_under_lock, &scene,
				WAITED("timer timer_takes", "shutdown_sync")),
		  1);
}

static DEFINE_SPINLOCK(static_lock);
static bool static_has_run; /* [a] */

static void static_takes(struct timer_list *timer)
{
	spin_lock(&static_lock);
	spin_unlock(&static_lock);
	WRITE_ONCE(static_has_run, true);
}

static DEFINE_TIMER(static_timer, static_takes);

static void static_wait(void *unused)
{
	spin_lock_bh(&static_lock);
	timer_delete_sync(&static_timer);
	spin_unlock_bh(&static_lock);
}

TEST(timer_sync_of_static_timer)
{
	ONLY_CHECKED;
	mod_timer(&static_timer, jiffies);
	EXPECT(WAIT_UNTIL(READ_ONCE(static_has_run)));
	EXPECT_EQ(test_warnings(static_wait, NULL, WAITED("timer static_takes", "static_wait")), 1);
}

/* ---- Works ---- */

struct work_scene {
	struct mutex *lock;
	struct work_struct work;
	struct workqueue_struct *wq;
	struct work_struct *waited; /* by wait_for_work() */
	bool (*wait)(struct work_struct *work);
};

static void work_takes(struct work_struct *work)
{
	struct work_scene *scene = container_of(work, struct work_scene, work);

	mutex_lock(scene->lock);
	mutex_unlock(scene->lock);
}

static void takes_nothing(struct work_struct *work)
{
}

static void wait_for_work(void *arg)
{
	struct work_scene *scene = arg;

	mutex_lock(scene->lock);
	scene->wait(scene->waited);
	mutex_unlock(scene->lock);
}

static void flush_queue(void *arg)
{
	struct work_scene *scene = arg;

	mutex_lock(scene->lock);
	flush_workqueue(scene->wq);
	mutex_unlock(scene->lock);
}

static void run_work(struct work_scene *scene)
{
	scene->waited = &scene->work;
	queue_work(scene->wq, &scene->work);
	flush_work(&scene->work);
}

TEST(work_sync_under_its_lock)
{
	static DEFINE_MUTEX(flushed);
	static DEFINE_MUTEX(cancelled);
	struct work_scene scene = { .lock = &flushed, .wq = system_wq, .wait = cancel_work };

	ONLY_CHECKED;
	INIT_WORK_ONSTACK(&scene.work, work_takes);
	run_work(&scene);
	EXPECT_EQ(test_warnings(wait_for_work, &scene, ""), 0);
	scene.wait = flush_work;
	EXPECT_EQ(test_warnings(wait_for_work, &scene, WAITED("work work_takes", "wait_for_work")),
		  1);
	EXPECT_EQ(test_warnings(wait_for_work, &scene, ""), 0);

	INIT_WORK_ONSTACK(&scene.work, work_takes);
	scene.lock = &cancelled;
	scene.wait = cancel_work_sync;
	run_work(&scene);
	EXPECT_EQ(test_warnings(wait_for_work, &scene, WAITED("work work_takes", "wait_for_work")),
		  1);
}

/* A work completes what is waited for with a lock that another work of the same queue takes: a worker of its own runs that. */
static DECLARE_COMPLETION(worked);

static void work_completes(struct work_struct *work)
{
	complete(&worked);
}

static void wait_for_completing_work(void *arg)
{
	struct work_scene *scene = arg;

	mutex_lock(scene->lock);
	queue_work(scene->wq, scene->waited);
	wait_for_completion(&worked);
	mutex_unlock(scene->lock);
}

TEST(work_completes_beside_another)
{
	static DEFINE_MUTEX(lock);
	struct work_scene scene = { .lock = &lock, .wq = system_wq };
	struct work_struct completes;

	INIT_WORK_ONSTACK(&scene.work, work_takes);
	INIT_WORK_ONSTACK(&completes, work_completes);
	run_work(&scene);
	scene.waited = &completes;
	EXPECT_EQ(test_warnings(wait_for_completing_work, &scene, ""), 0);
	EXPECT_EQ(test_warnings(wait_for_completing_work, &scene, ""), 0);
	flush_work(&completes);
}

/* Who completes it under the lock, and waits for it there, waits for nobody; that must be said. */
static void complete_and_wait(void *arg)
{
	struct completion *done = arg;
	static DEFINE_MUTEX(lock);

	mutex_lock(&lock);
	complete(done);
	wait_for_completion(done);
	mutex_unlock(&lock);
}

TEST(completion_left_out_of_the_order)
{
	DECLARE_COMPLETION_ONSTACK(told);
	DECLARE_COMPLETION_ONSTACK(left_out);

	ONLY_CHECKED;
	EXPECT_EQ(test_warnings(complete_and_wait, &told, CIRCLE), 1);
	lockdep_set_novalidate_class(&left_out);
	EXPECT_EQ(test_warnings(complete_and_wait, &left_out, ""), 0);
}

TEST(workqueue_flush_under_a_works_lock)
{
	static DEFINE_MUTEX(lock);
	struct work_scene scene = { .lock = &lock };

	ONLY_CHECKED;
	scene.wq = alloc_workqueue("order", 0, 0);
	REQUIRE(scene.wq);
	INIT_WORK_ONSTACK(&scene.work, work_takes);
	run_work(&scene);
	EXPECT_EQ(test_warnings(flush_queue, &scene, WAITED("order", "flush_queue")), 1);
	destroy_workqueue(scene.wq);
}

static struct task_struct *waiter; /* the thread of the test */

static void waits_for_waiter(struct work_struct *work)
{
	EXPECT(WAIT_UNTIL((READ_ONCE(waiter->__state) & TASK_NORMAL) &&
			  READ_ONCE(waiter->on_rq) == ON_RQ_NO));
}

/* A work is flushed that takes no lock; but its queue runs one at a time, and one that is before it may take the lock. */
TEST(work_flush_in_ordered_queue)
{
	static DEFINE_MUTEX(lock);
	struct work_scene scene = { .lock = &lock, .wait = flush_work };
	struct work_struct other, holds_up;

	ONLY_CHECKED;
	scene.wq = alloc_ordered_workqueue("ordered", 0);
	REQUIRE(scene.wq);
	waiter = current;
	INIT_WORK_ONSTACK(&scene.work, work_takes);
	INIT_WORK_ONSTACK(&other, takes_nothing);
	INIT_WORK_ONSTACK(&holds_up, waits_for_waiter);
	run_work(&scene);
	scene.waited = &other;
	// It is not queued: there is none before it.
	EXPECT_EQ(test_warnings(wait_for_work, &scene, ""), 0);
	queue_work(scene.wq, &holds_up);
	queue_work(scene.wq, &other);
	EXPECT_EQ(test_warnings(wait_for_work, &scene, WAITED("ordered", "wait_for_work")), 1);
	destroy_workqueue(scene.wq);
}

/* What is not wrong: the lock is another, or not held, or only tried for. */
static void work_tries(struct work_struct *work)
{
	struct work_scene *scene = container_of(work, struct work_scene, work);

	if (mutex_trylock(scene->lock))
		mutex_unlock(scene->lock);
}

TEST(work_sync_where_it_is_right)
{
	static DEFINE_MUTEX(lock);
	static DEFINE_MUTEX(another);
	struct work_scene scene = { .lock = &lock, .wq = system_wq, .wait = cancel_work_sync };

	INIT_WORK_ONSTACK(&scene.work, work_tries);
	run_work(&scene);
	EXPECT_EQ(test_warnings(wait_for_work, &scene, ""), 0);
	INIT_WORK_ONSTACK(&scene.work, work_takes);
	run_work(&scene);
	mutex_lock(&another);
	flush_work(&scene.work);
	cancel_work_sync(&scene.work);
	flush_workqueue(system_wq);
	mutex_unlock(&another);
}
