/* torn_read.c: words that belong together, read while they are written: without, and with a seqlock.
 * SPDX-License-Identifier: MIT
 *
 * What to learn: a writer moves money between four accounts; the sum is always the same, but between
 * its two steps it is not. Who reads the four words without more may read some before and some after,
 * and sees a sum that never was: a torn read. Each word by itself is right, so nothing looks wrong.
 *
 *      writer                    wrong reader           right reader
 *                                                       s = read_seqbegin()
 *                                reads a, b             reads a, b
 *      a = a - 5
 *      c = c + 5
 *                                reads c, d             reads c, d
 *                                the sum is 5 too much  read_seqretry(s): yes, again
 *
 * The seqlock does not keep the writer out, and the reader writes nothing that others see: it only finds
 * out afterwards, and reads again. Meanwhile it must not act on what it read; above all it follows no pointer.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/seqlock.h>

#include "demo.h"

#define READERS  2
#define THREADS  (READERS + 1) /* the last one writes */
#define ACCOUNTS 4
#define MONEY    1000L     /* in each account, at first */
#define WHILE    (HZ / 10) /* each reader reads so long in each way, and at least once */

static DEFINE_SEQLOCK(lock);
static long account[ACCOUNTS] = { MONEY, MONEY, MONEY, MONEY }; /* written under lock */
static unsigned long moves;                                     /* the writer's */

static struct task_struct *threads[THREADS];
static DECLARE_COMPLETION(writer_began);
static DECLARE_COMPLETION(finished);
static atomic_t readers_left = ATOMIC_INIT(READERS);
static atomic_t reads[2], torn[2]; /* without the seqlock, and with it */
static atomic_t retries;
static bool alone; /* set once: on one CPU threads must take turns for anything to happen */

/* ---- The readers ---- */

/* The sum, read word by word. In the middle, if @pause, the writer of the same CPU has its turn. */
static long sum_up(bool pause)
{
	long sum = 0;

	for (unsigned int i = 0; i < ACCOUNTS; i++) {
		sum += READ_ONCE(account[i]);
		if (i == ACCOUNTS / 2 - 1 && pause)
			yield();
		cpu_relax();
	}
	return sum;
}

static long sum_up_safely(void)
{
	bool pause = alone;
	unsigned int seq;
	long sum;

	for (;; pause = false) { // A writer that always has its turn would starve us.
		seq = read_seqbegin(&lock);
		sum = sum_up(pause);
		if (!read_seqretry(&lock, seq))
			return sum;
		atomic_inc(&retries);
	}
}

static void read_often(bool safely)
{
	unsigned long begin = jiffies;

	do {
		if ((safely ? sum_up_safely() : sum_up(alone)) != ACCOUNTS * MONEY)
			atomic_inc(&torn[safely]);
		atomic_inc(&reads[safely]);
		cond_resched();
	} while (time_before(jiffies, begin + WHILE));
}

/* ---- The writer ---- */

static void move_money(void)
{
	unsigned int from = moves % ACCOUNTS, to = (moves + 2) % ACCOUNTS;

	write_seqlock(&lock);
	WRITE_ONCE(account[from], account[from] - 5);
	udelay(1);
	WRITE_ONCE(account[to], account[to] + 5);
	write_sequnlock(&lock);
	moves++;
}

static void move_until_all_have_read(void)
{
	while (atomic_read(&readers_left)) {
		move_money();
		udelay(2);
		if (alone)
			yield();
		cond_resched();
	}
}

/* ---- The threads ---- */

static int run_thread(void *number)
{
	if ((unsigned long)number < READERS) {
		wait_for_completion(&writer_began);
		read_often(false);
		read_often(true);
		atomic_dec(&readers_left);
	} else {
		complete_all(&writer_began);
		move_until_all_have_read();
	}
	complete(&finished);
	demo_wait_for_stop();
	return 0;
}

static int __init torn_read_init(void)
{
	int error = demo_create(threads, THREADS, run_thread, "torn");

	if (error)
		return error;
	alone = num_online_cpus() == 1;
	demo_spread(threads, min_t(unsigned int, THREADS, num_online_cpus()));
	pr_info("a writer moves money between %d accounts; %d readers add them up all the time.\n",
		ACCOUNTS, READERS);
	demo_wake(threads, THREADS);
	return 0;
}

static void __exit torn_read_exit(void)
{
	demo_wait_for(&finished, THREADS);
	demo_stop(threads, THREADS);

	pr_info("wrong: without a lock %d of %d sums were of no moment at all.\n",
		atomic_read(&torn[false]), atomic_read(&reads[false]));
	if (!atomic_read(&torn[false]))
		pr_info("none was torn this time: do the CPUs really run in parallel here?\n");
	pr_info("right: with the seqlock %d of %d; %d times a reader found out, and read again.\n",
		atomic_read(&torn[true]), atomic_read(&reads[true]), atomic_read(&retries));
	pr_info("the writer moved money %lu times, and waited for no reader.\n", moves);
	demo_check(atomic_read(&torn[true]) == 0);
	demo_check(atomic_read(&reads[true]) >= READERS);
	demo_check(sum_up(false) == ACCOUNTS * MONEY);
	demo_check(read_seqbegin(&lock) == 2 * (unsigned int)moves);
}

module_init(torn_read_init);
module_exit(torn_read_exit);
DEMO("seqlock: torn reads without, none accepted with it", THREADS);
MODULE_LICENSE("Dual MIT/GPL");
