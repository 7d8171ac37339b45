/* mutex_demo.c: two threads compete for one mutex.
 * SPDX-License-Identifier: MIT
 *
 * What to learn: how a mutex is used, from its initialization to its end, and the life of a kernel
 * thread around it. T1 takes it with mutex_lock(), which waits for as long as it takes; T2 with
 * mutex_lock_interruptible(), which a signal can end: then the mutex is not held, and the code
 * must do without. Both sleep while they hold it. That is allowed, and what a mutex is for: the other
 * waits without using a CPU. (Under a spinlock nobody may sleep.)
 *
 * The counter is read, and written 5 ms later. Without the mutex the other thread would read the same
 * value meanwhile, and an update would be lost each time.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "demo.h"

#define ROUNDS  3
#define WORK_MS 5

static struct mutex lock;
static int counter;  /* protected by lock */
static bool is_held; /* protected by lock */

static struct task_struct *thread1, *thread2;
static DECLARE_COMPLETION(finished);

/* What only one thread may do at a time. Sleeps. Caller holds lock. */
static void critical_section(const char *name)
{
	int seen = counter;

	demo_check(!is_held);
	is_held = true;
	pr_info("%s: acquired mutex, counter=%d\n", name, seen);
	msleep(WORK_MS);
	counter = seen + 1;
	pr_info("%s: releasing mutex, counter=%d\n", name, counter);
	is_held = false;
}

static int run_thread1(void *unused)
{
	for (int round = 0; round < ROUNDS; round++) {
		pr_info("T1: waiting for mutex\n");
		mutex_lock(&lock);
		critical_section("T1");
		mutex_unlock(&lock);
		msleep(1);
	}
	complete(&finished);
	demo_wait_for_stop();
	return ROUNDS;
}

static int run_thread2(void *unused)
{
	int taken = 0;

	for (int round = 0; round < ROUNDS; round++) {
		pr_info("T2: waiting for mutex (interruptible)\n");
		if (mutex_lock_interruptible(&lock)) {
			pr_info("T2: interrupted, goes on without the mutex\n");
			continue;
		}
		critical_section("T2");
		mutex_unlock(&lock);
		taken++;
		msleep(1);
	}
	complete(&finished);
	demo_wait_for_stop();
	return taken;
}

static int __init mutex_demo_init(void)
{
	pr_info("two threads add 1 to a counter, %d times each, and sleep between reading and writing it.\n",
		ROUNDS);
	pr_info("a mutex makes that safe: each \"acquired\" must come after the other's \"releasing\".\n");
	mutex_init(&lock);
	thread1 = kthread_run(run_thread1, NULL, "mutex_demo/T1");
	if (IS_ERR(thread1))
		return PTR_ERR(thread1);
	thread2 = kthread_run(run_thread2, NULL, "mutex_demo/T2");
	if (IS_ERR(thread2)) {
		kthread_stop(thread1);
		return PTR_ERR(thread2);
	}
	return 0;
}

static void __exit mutex_demo_exit(void)
{
	int taken1, taken2;

	wait_for_completion(&finished);
	wait_for_completion(&finished);
	taken1 = kthread_stop(thread1);
	taken2 = kthread_stop(thread2);
	pr_info("T1 took the mutex %d times, T2 %d times; the counter is %d.\n", taken1, taken2,
		counter);
	demo_check(taken1 == ROUNDS && taken2 == ROUNDS);
	if (demo_check(counter == taken1 + taken2))
		pr_info("no update was lost.\n");
	demo_check(!mutex_is_locked(&lock));
	mutex_destroy(&lock);
	pr_info("both threads are stopped, the mutex is destroyed.\n");
}

module_init(mutex_demo_init);
module_exit(mutex_demo_exit);
DEMO("two threads, one mutex: they never overlap, no count is lost", 2);
MODULE_LICENSE("Dual MIT/GPL");
