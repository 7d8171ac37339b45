/* interruptible.c: threads that wait for a semaphore and for a mutex, and are interrupted.
 * SPDX-License-Identifier: MIT
 *
 * What to learn: down() and mutex_lock() wait for as long as it takes; a thread that may have to
 * be stopped (a program that the user ends with Ctrl-C) had better wait with the _interruptible forms.
 * They return -EINTR when a signal comes first. Then the lock is not held: whoever forgets to look at
 * the result works unprotected, and later releases what it does not have. That is why these functions
 * are marked __must_check.
 *
 * A waiter that gives up must also leave no trace: no place in the wait list, no unit lost or found.
 * That is looked at afterwards, when both locks are used as if nothing had happened.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/semaphore.h>

#include "demo.h"

static struct semaphore sem;
static DEFINE_MUTEX(mutex);

static int take_semaphore(void)
{
	return down_interruptible(&sem);
}

static void give_semaphore(void)
{
	up(&sem);
}

static int take_mutex(void)
{
	return mutex_lock_interruptible(&mutex);
}

static void give_mutex(void)
{
	mutex_unlock(&mutex);
}

static struct waiter {
	const char *call;
	int (*take)(void);
	void (*give)(void);
	struct task_struct *thread;
	bool at_lock;      /* it goes for the lock now */
	int first, second; /* what the call returned */
} waiters[] = {
	{ .call = "down_interruptible()", .take = take_semaphore, .give = give_semaphore },
	{ .call = "mutex_lock_interruptible()", .take = take_mutex, .give = give_mutex },
};
#define WAITERS ((int)ARRAY_SIZE(waiters))

static struct task_struct *owner;
static DECLARE_COMPLETION(interrupted);
static DECLARE_COMPLETION(locks_are_free);
static DECLARE_COMPLETION(finished);

static int run_waiter(void *data)
{
	struct waiter *waiter = data;

	// A kernel thread ignores every signal that it does not ask for.
	allow_signal(SIGINT);
	WRITE_ONCE(waiter->at_lock, true);
	waiter->first = waiter->take();
	if (!waiter->first)
		waiter->give();
	flush_signals(current);
	complete(&interrupted);

	wait_for_completion(&locks_are_free);
	waiter->second = waiter->take();
	if (!waiter->second)
		waiter->give();
	complete(&finished);
	demo_wait_for_stop();
	return 0;
}

static void interrupt_waiters(void)
{
	for (int i = 0; i < WAITERS; i++) {
		struct waiter *waiter = &waiters[i];

		demo_check(demo_wait(READ_ONCE(waiter->at_lock) && demo_asleep(waiter->thread)));
		pr_info("%s sleeps in %s; it is sent SIGINT.\n", waiter->thread->comm,
			waiter->call);
		send_sig(SIGINT, waiter->thread, 0);
	}
	for (int i = 0; i < WAITERS; i++)
		demo_check(wait_for_completion_timeout(&interrupted, DEMO_PATIENCE));
	for (int i = 0; i < WAITERS; i++) {
		pr_info("%s returned %d (-EINTR is %d).\n", waiters[i].call, waiters[i].first,
			-EINTR);
		demo_check(waiters[i].first == -EINTR);
	}
}

/* Have the semaphore's only unit and the mutex; interrupt those who want them; then give them back. */
static int run_owner(void *unused)
{
	down(&sem);
	mutex_lock(&mutex);
	for (int i = 0; i < WAITERS; i++)
		wake_up_process(waiters[i].thread);
	interrupt_waiters();
	mutex_unlock(&mutex);
	up(&sem);
	complete_all(&locks_are_free);
	complete(&finished);
	demo_wait_for_stop();
	return 0;
}

static void stop_waiters(int n)
{
	for (int i = 0; i < n; i++)
		kthread_stop(waiters[i].thread);
}

static int __init interruptible_init(void)
{
	sema_init(&sem, 1);
	for (int i = 0; i < WAITERS; i++) {
		waiters[i].thread = kthread_create(run_waiter, &waiters[i], "waiter/%d", i);
		if (IS_ERR(waiters[i].thread)) {
			stop_waiters(i);
			return PTR_ERR(waiters[i].thread);
		}
	}
	pr_info("a thread has a semaphore's only unit and a mutex; two others sleep for them.\n");
	pr_info("a signal ends their wait: they must come back with -EINTR, and without the lock.\n");
	owner = kthread_run(run_owner, NULL, "owner");
	if (IS_ERR(owner)) {
		stop_waiters(WAITERS);
		return PTR_ERR(owner);
	}
	return 0;
}

static void __exit interruptible_exit(void)
{
	demo_wait_for(&finished, 1 + WAITERS);
	kthread_stop(owner);
	stop_waiters(WAITERS);

	pr_info("the owner gave both back; the two tried again and were returned %d and %d.\n",
		waiters[0].second, waiters[1].second);
	demo_check(waiters[0].second == 0 && waiters[1].second == 0);
	demo_check(!mutex_is_locked(&mutex));
	demo_check(down_trylock(&sem) == 0);
	demo_check(down_trylock(&sem) != 0);
	pr_info("the mutex is free, the semaphore has one unit: the broken waits left no trace.\n");
}

module_init(interruptible_init);
module_exit(interruptible_exit);
DEMO("a signal ends a wait: -EINTR, no lock taken, no trace left", 1 + WAITERS);
MODULE_LICENSE("Dual MIT/GPL");
