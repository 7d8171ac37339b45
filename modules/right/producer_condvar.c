/* producer_condvar.c: a consumer that was woken looks again.
 * SPDX-License-Identifier: MIT
 *
 * The loop holds whatever woke it: another that was quicker, a signal, nothing at all. (Lampson and Redell, "Experience with
 * processes and monitors in Mesa", CACM 1980.)
 * log: 0 items were taken from an empty buffer
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/wait.h>

#define CONSUMERS 2

static DEFINE_MUTEX(lock);
static DECLARE_WAIT_QUEUE_HEAD(not_empty);
static int items, waiting, taken_from_empty; /* under lock */
static int consumers;                        /* that were started */
static DECLARE_COMPLETION(done);

/* A condition variable: give the lock back and sleep, in one step as it were; and have the lock again. */
static void wait_on(struct wait_queue_head *condition)
{
	DEFINE_WAIT(wait);

	waiting++;
	prepare_to_wait(condition, &wait, TASK_UNINTERRUPTIBLE);
	mutex_unlock(&lock);
	schedule();
	finish_wait(condition, &wait);
	mutex_lock(&lock);
	waiting--;
}

static int consumer(void *unused)
{
	mutex_lock(&lock);
	while (!items)
		wait_on(&not_empty);
	taken_from_empty += items-- <= 0;
	mutex_unlock(&lock);
	kthread_complete_and_exit(&done, 0);
}

static void produce(void)
{
	mutex_lock(&lock);
	items++;
	wake_up_all(&not_empty);
	mutex_unlock(&lock);
}

static bool all_wait(void)
{
	bool all;

	mutex_lock(&lock);
	all = waiting == consumers;
	mutex_unlock(&lock);
	return all;
}

static int __init producer_condvar_init(void)
{
	for (int i = 0; i < CONSUMERS; i++)
		consumers += !IS_ERR(kthread_run(consumer, NULL, "consumer/%d", i));
	while (!all_wait())
		msleep(1);
	for (int i = 0; i < consumers; i++) { // One for each; who has come too early comes again.
		produce();
		wait_for_completion(&done);
		msleep(50);
	}
	pr_info("producer_condvar: %d items were taken from an empty buffer\n", taken_from_empty);
	WARN_ON(taken_from_empty != 0);
	return 0;
}

static void __exit producer_condvar_exit(void)
{
}

module_init(producer_condvar_init);
module_exit(producer_condvar_exit);
MODULE_LICENSE("Dual MIT/GPL");
