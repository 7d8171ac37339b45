/* deadlock_graph.c: three threads in a circle: who waits for whom, found while it happens.
 * SPDX-License-Identifier: MIT
 *
 * What to learn: a deadlock is a circle in the graph of who waits for whom. Nothing in it moves any more, so it
 * can be read off like a photograph: each thread waits for a lock, each lock has an owner.
 *
 *	the baker  has the flour   and waits for the oven
 *	the cook   has the oven    and waits for the cellar, to be alone in it
 *	the grocer is in the cellar and waits for the flour
 *
 * Two of the locks are mutexes, the third, the cellar, is a rw_semaphore, which the grocer only reads. The validator
 * would report the order of these locks before anything waits (lock_order.c shows that); here it is told not
 * to look, to see what is left when it has not.
 * A watchdog looks at all threads, once a second. What it finds at two looks without a move in between is a fact.
 * It says who is in the circle, and where each of them stands.
 * All three waits are killable. One signal breaks the circle: who is killed gives back what he has, and the two
 * others go on.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>

#include "demo.h"

#define THREADS 3

static struct mutex flour, oven;
static struct rw_semaphore cellar;
static atomic_t have_one; /* threads that have their first lock */
static atomic_t have_both;
static atomic_t gave_up;

/* All have one; only then each wants the next one's. */
static void wait_for_the_others(void)
{
	atomic_inc(&have_one);
	demo_check(demo_wait(atomic_read(&have_one) == THREADS));
}

/* The end of each: whether it got the second lock, too. */
static void note(const char *who, const char *lock, int error)
{
	atomic_inc(error ? &gave_up : &have_both);
	if (error)
		pr_info("%s was killed, and gives back what he has", who);
	else
		pr_info("%s has the %s, too", who, lock);
}

static void bake(void)
{
	int error;

	mutex_lock(&flour);
	wait_for_the_others();
	error = mutex_lock_killable(&oven);
	note("the baker", "oven", error);
	if (!error)
		mutex_unlock(&oven);
	mutex_unlock(&flour);
}

static void cook(void)
{
	int error;

	mutex_lock(&oven);
	wait_for_the_others();
	error = down_write_killable(&cellar);
	note("the cook", "cellar", error);
	if (!error)
		up_write(&cellar);
	mutex_unlock(&oven);
}

static void sell(void)
{
	int error;

	down_read(&cellar);
	wait_for_the_others();
	error = mutex_lock_killable(&flour);
	note("the grocer", "flour", error);
	if (!error)
		mutex_unlock(&flour);
	up_read(&cellar);
}

static int work(void *number)
{
	static void (*const trades[THREADS])(void) = { bake, cook, sell };

	allow_signal(SIGKILL);
	trades[(unsigned long)number]();
	flush_signals(current);
	demo_wait_for_stop();
	return 0;
}

static void __init open_shop(void)
{
	mutex_init(&flour);
	mutex_init(&oven);
	init_rwsem(&cellar);
	lockdep_set_novalidate_class(&flour);
	lockdep_set_novalidate_class(&oven);
	lockdep_set_novalidate_class(&cellar);
	atomic_set(&have_one, 0);
	atomic_set(&have_both, 0);
	atomic_set(&gave_up, 0);
}

static struct task_struct *threads[THREADS];

/* Whether all three sleep, each with one lock and without the other. */
static bool all_asleep(void)
{
	bool asleep = atomic_read(&have_one) == THREADS;

	for (int i = 0; i < THREADS; i++)
		asleep = asleep && demo_asleep(threads[i]);
	return asleep;
}

static void run_into_it(void *unused)
{
	demo_wake(threads, THREADS);
	demo_check(demo_wait(all_asleep()));
	pr_info("each has one lock and waits for the next one's. The watchdog has not been told:");
	demo_check(demo_wait_for_report());
	demo_check(atomic_read(&have_both) == 0);
}

static int __init deadlock_graph_init(void)
{
	unsigned int reports;
	int error;

	open_shop();
	error = demo_create(threads, THREADS, work, "trade");
	if (error)
		return error;
	reports = demo_reports_anywhere(run_into_it, "waits for");
	demo_check(reports == DEMO_WATCHDOG);
	pr_info("reported %u time. The first of the three is killed:", reports);
	send_sig(SIGKILL, threads[0], 0);
	demo_check(demo_wait(atomic_read(&gave_up) + atomic_read(&have_both) == THREADS));
	demo_check(atomic_read(&gave_up) == 1 && atomic_read(&have_both) == 2);
	demo_stop(threads, THREADS);
	return 0;
}

static void __exit deadlock_graph_exit(void)
{
}

module_init(deadlock_graph_init);
module_exit(deadlock_graph_exit);

DEMO("three threads wait in a circle: the watchdog says who for whom", THREADS);
MODULE_LICENSE("Dual MIT/GPL");
