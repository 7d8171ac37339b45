/* lost_update.c: four threads count with one counter: unprotected, atomically, under two locks.
 * SPDX-License-Identifier: MIT
 *
 * What to learn: `i++` on shared memory is three steps, and another thread can come between them.
 *
 *      thread A                      thread B
 *      load i (7)
 *                                    load i (7)
 *      store i (8)
 *                                    store i (8)         two were counted, and i went up by one
 *
 * It happens when two CPUs meet between a load and its store, or when a thread loses its only CPU
 * there. How often depends on the machine and on luck: a run that loses nothing does not show that
 * the program is right. The three ways that follow are right however the threads meet: an atomic
 * instruction leaves no gap, and a lock lets only one thread into it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "demo.h"

#define THREADS 4

static long plain, under_spinlock, under_mutex;
static atomic_t atomic = ATOMIC_INIT(0);
static DEFINE_SPINLOCK(spinlock);
static DEFINE_MUTEX(mutex);

/*
 * The one deliberate race in this tree. READ_ONCE and WRITE_ONCE make the load and the store real:
 * without them the compiler could add all the thread's increments at once and hide the race.
 */
static void count_plainly(void)
{
	WRITE_ONCE(plain, READ_ONCE(plain) + 1);
}

static void count_atomically(void)
{
	atomic_inc(&atomic);
}

/* i++ again, but slow: whoever the lock does not keep out comes between. Caller holds the lock. */
static void count_slowly(long *counter)
{
	long seen = *counter;

	udelay(100);
	*counter = seen + 1;
}

static void count_under_spinlock(void)
{
	spin_lock(&spinlock);
	count_slowly(&under_spinlock);
	spin_unlock(&spinlock);
}

static void count_under_mutex(void)
{
	mutex_lock(&mutex);
	count_slowly(&under_mutex);
	mutex_unlock(&mutex);
}

static const struct {
	void (*count)(void);
	long times; /* by each thread */
} ways[] = {
	{ count_plainly, 200000 },
	{ count_atomically, 200000 },
	{ count_under_spinlock, 25 }, /* fewer, since it is slow and one at a time */
	{ count_under_mutex, 25 },
};

static struct task_struct *threads[THREADS];
static DECLARE_COMPLETION(finished);
static atomic_t arrived = ATOMIC_INIT(0);

/* Wait until all four are here, so that they begin together. */
static void meet(int nth)
{
	atomic_inc(&arrived);
	while (atomic_read(&arrived) < nth * THREADS)
		yield();
}

static int adder(void *unused)
{
	for (unsigned int way = 0; way < ARRAY_SIZE(ways); way++) {
		meet(way + 1);
		for (long i = 0; i < ways[way].times; i++)
			ways[way].count();
	}
	complete(&finished);
	demo_wait_for_stop();
	return 0;
}

static int __init lost_update_init(void)
{
	int error = demo_create(threads, THREADS, adder, "adder");

	if (error)
		return error;
	pr_info("%d threads add 1 to a counter, %ld times each, all at the same time.\n", THREADS,
		ways[0].times);
	pr_info("a plain i++ is load, add, store: what two threads do at the same time can get lost.\n");
	pr_info("an atomic instruction, or a lock around the i++, leaves no room for that.\n");
	demo_wake(threads, THREADS);
	return 0;
}

static void report_plain(void)
{
	long expected = THREADS * ways[0].times;

	pr_info("plain i++:      %7ld of %7ld\n", plain, expected);
	if (plain < expected)
		pr_info("  %ld were lost: threads loaded the same value, and stored the same sum.\n",
			expected - plain);
	else
		pr_info("  none was lost this time: no thread came between another's load and store.\n");
	// Nothing better can be promised. (As little as 2 is possible: find the schedule!)
	demo_check(plain >= 2 && plain <= expected);
}

static void __exit lost_update_exit(void)
{
	demo_wait_for(&finished, THREADS);
	demo_stop(threads, THREADS);

	report_plain();
	pr_info("atomic_inc():   %7d of %7ld\n", atomic_read(&atomic), THREADS * ways[1].times);
	demo_check(atomic_read(&atomic) == THREADS * ways[1].times);
	pr_info("spinlock:       %7ld of %7ld\n", under_spinlock, THREADS * ways[2].times);
	demo_check(under_spinlock == THREADS * ways[2].times);
	pr_info("mutex:          %7ld of %7ld\n", under_mutex, THREADS * ways[3].times);
	demo_check(under_mutex == THREADS * ways[3].times);
	pr_info("the first is right by luck at best; the others whatever happens.\n");
}

module_init(lost_update_init);
module_exit(lost_update_exit);
DEMO("i++ loses updates; an atomic, a spinlock, a mutex lose none", THREADS);
MODULE_LICENSE("Dual MIT/GPL");
