/* scene.c: a module for the tests of gdb's commands: locks that are held, waited for, and deadlocked.
 * SPDX-License-Identifier: MIT
 *
 * Each scene ends in the call of an empty function, where the test stops the machine:
 *   scene_held()      one thread holds a mutex and a spinlock, two wait for the mutex, in order; a third for
 *                     the readers of a rwsem; a fourth for a semaphore's unit
 *   scene_handler()   a timer's handler has interrupted a thread
 *   scene_preempted() a thread waits for its CPU, which an interrupt has given to a better one
 *   scene_deadlock()  two threads wait for each other's mutex, a third for one of theirs
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/semaphore.h>
#include <linux/spinlock.h>

#define THREADS 8

static DEFINE_MUTEX(scene_mutex);
static DEFINE_SPINLOCK(scene_spinlock);
static DECLARE_RWSEM(scene_rwsem);
static DEFINE_SEMAPHORE(scene_units, 1);
static DEFINE_MUTEX(scene_left);
static DEFINE_MUTEX(scene_right);
static DECLARE_COMPLETION(scene_may_end);
static struct task_struct *threads[THREADS];
static atomic_t scene_steps;
static bool interrupted, is_at_work;
static int scenes_wanted; /* the test counts it up when it is done with the one before */

/* Where the test stops. */
noinline void scene_held(void);
noinline void scene_handler(void);
noinline void scene_preempted(void);
noinline void scene_deadlock(void);

noinline void scene_held(void)
{
	barrier();
}

noinline void scene_handler(void)
{
	barrier();
}

noinline void scene_preempted(void)
{
	barrier();
}

noinline void scene_deadlock(void)
{
	barrier();
}

static void wait_for_step(int step)
{
	while (atomic_read(&scene_steps) < step)
		msleep(1);
}

/* A scene that is over before the test waits for it would never come. */
static void wait_until_wanted(int scene)
{
	while (READ_ONCE(scenes_wanted) < scene)
		msleep(1);
}

static struct task_struct *start(int (*fn)(void *), const char *name)
{
	static int n;

	threads[n] = kthread_run(fn, NULL, name);
	return threads[n++];
}

static void wait_for_sleep(struct task_struct *task)
{
	while (READ_ONCE(task->__state) != TASK_UNINTERRUPTIBLE || READ_ONCE(task->on_cpu))
		msleep(1);
}

static void start_sleeper(int (*fn)(void *), const char *name)
{
	wait_for_sleep(start(fn, name));
}

/* ---- Locks that are held and waited for ---- */

static int hold(void *unused)
{
	mutex_lock(&scene_mutex);
	down_read(&scene_rwsem);
	down(&scene_units);
	atomic_inc(&scene_steps);
	wait_for_step(2);
	spin_lock(&scene_spinlock);
	scene_held();
	spin_unlock(&scene_spinlock);
	up(&scene_units);
	up_read(&scene_rwsem);
	mutex_unlock(&scene_mutex);
	return 0;
}

static int want_mutex(void *unused)
{
	mutex_lock(&scene_mutex);
	mutex_unlock(&scene_mutex);
	return 0;
}

static int want_to_write(void *unused)
{
	down_write(&scene_rwsem);
	up_write(&scene_rwsem);
	return 0;
}

static int want_unit(void *unused)
{
	down(&scene_units);
	up(&scene_units);
	return 0;
}

/* The second waiter is the older thread: the order is that of the queue. */
static void play_held(void)
{
	struct task_struct *second;

	start(hold, "holder");
	wait_for_step(1);
	second = kthread_create(want_mutex, NULL, "waiter/2");
	start_sleeper(want_mutex, "waiter/1");
	wake_up_process(second);
	wait_for_sleep(second);
	start_sleeper(want_to_write, "writer");
	start_sleeper(want_unit, "taker");
	atomic_inc(&scene_steps);
}

/* ---- A handler on top of a thread ---- */

static enum hrtimer_restart rings(struct hrtimer *timer)
{
	scene_handler();
	WRITE_ONCE(interrupted, true);
	return HRTIMER_NORESTART;
}

/* The timer is started here, for under load it is over before that returns. */
static noinline void work_until_interrupted(struct hrtimer *timer)
{
	hrtimer_start(timer, ms_to_ktime(20), HRTIMER_MODE_REL);
	while (!READ_ONCE(interrupted))
		cpu_relax();
}

static void play_handler(void)
{
	static struct hrtimer timer;

	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer.function = rings;
	preempt_disable();
	work_until_interrupted(&timer);
	preempt_enable();
}

/* ---- A thread that was preempted ---- */

static noinline void work_until_preempted(void)
{
	WRITE_ONCE(is_at_work, true);
	while (atomic_read(&scene_steps) < 3)
		cpu_relax();
}

static int be_preempted(void *unused)
{
	work_until_preempted();
	return 0;
}

/* Each sleep ends by a timer, whose interrupt takes this CPU from the other thread; the last one, at its work. */
static int preempt(void *unused)
{
	do
		msleep(20);
	while (!READ_ONCE(is_at_work));
	scene_preempted();
	atomic_inc(&scene_steps);
	return 0;
}

static void play_preempted(void)
{
	struct task_struct *better = kthread_create(preempt, NULL, "better");
	struct task_struct *worse = kthread_create(be_preempted, NULL, "worse");

	kthread_bind(better, 0);
	kthread_bind(worse, 0);
	sched_set_fifo(better);
	wake_up_process(better);
	wake_up_process(worse);
	// Another CPU is busy meanwhile, if there is one.
	while (num_online_cpus() > 1 && atomic_read(&scene_steps) < 3)
		cpu_relax();
	wait_for_step(3);
}

/* ---- A deadlock ---- */

static int left_first(void *unused)
{
	mutex_lock(&scene_left);
	atomic_inc(&scene_steps);
	wait_for_step(5);
	mutex_lock(&scene_right);
	return 0;
}

static int right_first(void *unused)
{
	mutex_lock(&scene_right);
	atomic_inc(&scene_steps);
	wait_for_step(5);
	mutex_lock(&scene_left);
	return 0;
}

static int want_left(void *unused)
{
	mutex_lock(&scene_left);
	return 0;
}

static void play_deadlock(void)
{
	struct task_struct *left = start(left_first, "left");
	struct task_struct *right = start(right_first, "right");

	wait_for_step(5);
	while (!READ_ONCE(left->blocked_on) || !READ_ONCE(right->blocked_on))
		msleep(1);
	start_sleeper(want_left, "behind");
	scene_deadlock();
}

static int __init scene_init(void)
{
	lockdep_set_novalidate_class(&scene_left);
	lockdep_set_novalidate_class(&scene_right);
	play_held();
	wait_until_wanted(2);
	play_handler();
	wait_until_wanted(3);
	play_preempted();
	play_deadlock();
	wait_for_completion(&scene_may_end);
	return 0;
}

static void __exit scene_exit(void)
{
}

module_init(scene_init);
module_exit(scene_exit);
MODULE_LICENSE("Dual MIT/GPL");
