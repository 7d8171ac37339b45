/* priority_inversion.c: the most important thread waits for one that has nothing to do with it.
 * SPDX-License-Identifier: MIT
 *
 * Three threads, one CPU. Low has the lock; high asks for it, and waits: that is right. Then middle comes, which needs no lock.
 *
 *      low      [has the lock.                                          .]
 *      middle                     [works, works, works, works, works]
 *      high             waits .............................................
 *
 * Middle keeps low from its CPU, and so high from its lock, as long as it pleases.
 * Look for: how much middle did while high waited. The right one has a rt_mutex: low has the priority of high as long as high waits.
 * diagnosis: found: middle_did > 0
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>

#define UNITS 40 /* of middle's work */

static DEFINE_MUTEX(lock);
static DECLARE_COMPLETION(low_has_lock);
static DECLARE_COMPLETION(high_waits);
static DECLARE_COMPLETION(done);
static bool asks;      /* high does, and has not got it */
static int middle_did; /* units, while high waited */

static int low(void *unused)
{
	mutex_lock(&lock);
	complete(&low_has_lock);
	while (!READ_ONCE(asks)) // High comes in between, on this CPU, and waits.
		msleep(1);
	complete(&high_waits);
	for (int i = 0; i < 10; i++) { // Middle has something to do from now on, and so have we.
		udelay(20);
		cond_resched();
	}
	mutex_unlock(&lock);
	kthread_complete_and_exit(&done, 0);
}

static int middle(void *unused)
{
	wait_for_completion(&high_waits);
	for (int i = 0; i < UNITS; i++) {
		udelay(20);
		middle_did += READ_ONCE(asks);
	}
	kthread_complete_and_exit(&done, 0);
}

static int high(void *unused)
{
	wait_for_completion(&low_has_lock);
	WRITE_ONCE(asks, true);
	mutex_lock(&lock);
	WRITE_ONCE(asks, false);
	mutex_unlock(&lock);
	kthread_complete_and_exit(&done, 0);
}

static struct task_struct *create(int (*fn)(void *unused), const char *name)
{
	struct task_struct *task = kthread_create(fn, NULL, "%s", name);

	if (!IS_ERR(task))
		kthread_bind(task, cpumask_first(cpu_online_mask));
	return task;
}

static int __init priority_inversion_init(void)
{
	struct task_struct *threads[] = { create(low, "low"), create(middle, "middle"),
					  create(high, "high") };
	int error = 0;

	for (int i = 0; i < ARRAY_SIZE(threads); i++)
		error = error ?: PTR_ERR_OR_ZERO(threads[i]);
	for (int i = 0; error && i < ARRAY_SIZE(threads); i++) {
		if (!IS_ERR(threads[i]))
			kthread_stop(threads[i]);
	}
	if (error)
		return error;
	sched_set_normal(threads[0], 0);
	sched_set_fifo_low(threads[1]);
	sched_set_fifo(threads[2]);
	for (int i = 0; i < ARRAY_SIZE(threads); i++)
		wake_up_process(threads[i]);
	for (int i = 0; i < ARRAY_SIZE(threads); i++)
		wait_for_completion(&done);
	pr_info("priority_inversion: middle did %d of %d while high waited\n", middle_did, UNITS);
	WARN_ON(middle_did > 0);
	return 0;
}

static void __exit priority_inversion_exit(void)
{
}

module_init(priority_inversion_init);
module_exit(priority_inversion_exit);
MODULE_LICENSE("Dual MIT/GPL");
