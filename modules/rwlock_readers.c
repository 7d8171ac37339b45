/* rwlock_readers.c: readers read together, a writer writes alone, and may wait for very long.
 * SPDX-License-Identifier: MIT
 *
 * What to learn: a reader-writer lock lets in any number of readers, or one writer. This one prefers
 * readers: one who finds others inside joins them, although a writer waits. So a stream of readers
 * that never breaks off keeps the writer out for ever. Two readers make such a stream here, a relay:
 * each stays inside until the other has come in again, and the lock is never free.
 *
 *      reader 0    [=======]   [=======]   [=======]   [==
 *      reader 1        [=======]   [=======]   [=======]
 *      writer            waits  waits  waits  waits  waits ...
 *
 * Whoever is inside keeps its CPU, and so does a writer that spins for the lock: the relay takes two
 * CPUs, and a writer that starves meanwhile a third one.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "demo.h"

#define READERS 2
#define THREADS (READERS + 1) /* the last one writes */
#define PASSES  50            /* how many readers pass the writer before they let it in */
#define WRITES  200
#define READS   1000 /* by each reader */

static DEFINE_RWLOCK(lock);
static unsigned long left, right; /* the writer changes both under lock: equal for every reader */

static struct task_struct *threads[THREADS];
static DECLARE_COMPLETION(two_are_inside);
static DECLARE_COMPLETION(relay_over);
static DECLARE_COMPLETION(writer_was_in);
static DECLARE_COMPLETION(finished);
static bool with_relay, with_starving; /* set once: are there CPUs enough? */

static atomic_t inside = ATOMIC_INIT(0);   /* readers that are inside now */
static atomic_t entries = ATOMIC_INIT(0);  /* times that a reader went in */
static atomic_t overlaps = ATOMIC_INIT(0); /* times that it found another one there */
static atomic_t clashes = ATOMIC_INIT(0);  /* times that a reader and the writer met */
static int last_entry = PASSES;            /* with this entry the relay is over */
static bool enough;                        /* it is over */

/* ---- Readers ---- */

/* Go in as a reader; returns which entry it is. */
static int reader_enter(void)
{
	read_lock(&lock);
	if (atomic_inc_return(&inside) > 1 && atomic_inc_return(&overlaps) == 1)
		complete(&two_are_inside);
	if (READ_ONCE(left) != READ_ONCE(right))
		atomic_inc(&clashes);
	return atomic_inc_return(&entries);
}

static void reader_leave(void)
{
	atomic_dec(&inside);
	read_unlock(&lock);
}

/* Stay inside until the other one has come in, again and again. */
static void run_relay(void)
{
	while (!READ_ONCE(enough)) {
		int mine = reader_enter();

		if (mine >= READ_ONCE(last_entry))
			WRITE_ONCE(enough, true);
		if (with_relay && !demo_spin(atomic_read(&entries) != mine || READ_ONCE(enough)))
			WRITE_ONCE(enough, true);
		reader_leave();
	}
}

static void read_freely(void)
{
	for (int i = 0; i < READS; i++) {
		reader_enter();
		reader_leave();
		cond_resched();
	}
}

/* ---- The writer ---- */

/* Write, alone. Caller holds lock for writing. */
static void write_both(void)
{
	left++;
	udelay(10);
	if (atomic_read(&inside))
		atomic_inc(&clashes);
	right++;
}

/* Come while the relay runs, and count who goes in before us. */
static void starve(void)
{
	int before, passed;

	if (!demo_check(wait_for_completion_timeout(&two_are_inside, 2 * DEMO_PATIENCE)))
		return;
	if (!demo_check(!write_trylock(&lock)))
		write_unlock(&lock);
	before = atomic_read(&entries);
	WRITE_ONCE(last_entry, before + PASSES);
	write_lock(&lock);
	passed = atomic_read(&entries) - before;
	write_both();
	write_unlock(&lock);
	pr_info("the writer came, found readers inside, and waited while %d more went in.\n",
		passed);
	pr_info("they could have gone on for ever; they stopped, and it got in.\n");
	demo_check(passed >= PASSES);
}

static void write_freely(void)
{
	for (int i = 0; i < WRITES; i++) {
		write_lock(&lock);
		write_both();
		write_unlock(&lock);
		cond_resched();
	}
}

/* ---- The threads ---- */

static int run_thread(void *number)
{
	if ((unsigned long)number < READERS) {
		run_relay();
		complete(&relay_over);
		wait_for_completion(&writer_was_in);
		read_freely();
	} else {
		if (with_starving)
			starve();
		demo_wait_for(&relay_over, READERS);
		complete_all(&writer_was_in);
		write_freely();
	}
	complete(&finished);
	demo_wait_for_stop();
	return 0;
}

static int __init rwlock_readers_init(void)
{
	int error = demo_create(threads, THREADS, run_thread, "rwlock");

	if (error)
		return error;
	with_relay = num_online_cpus() > 1;
	with_starving = num_online_cpus() > READERS && DEMO_READERS_PASS;
	if (with_starving)
		last_entry = INT_MAX; // The writer will say.
	demo_spread(threads, min_t(unsigned int, THREADS, num_online_cpus()));
	pr_info("two readers run a relay: each stays inside until the other has come in again.\n");
	pr_info("so the lock is never free, and a writer waits for as long as they like.\n");
	demo_wake(threads, THREADS);
	return 0;
}

static void __exit rwlock_readers_exit(void)
{
	demo_wait_for(&finished, THREADS);
	demo_stop(threads, THREADS);

	if (with_relay) {
		pr_info("a reader found the other one inside %d times: they do read together.\n",
			atomic_read(&overlaps));
		demo_check(atomic_read(&overlaps) > 0);
	} else {
		pr_info("with one CPU no two readers meet inside: who is inside keeps the CPU. Try SMP=4.\n");
	}
	if (!DEMO_READERS_PASS)
		pr_info("no writer starved: in this kernel a reader waits behind a waiting writer.\n");
	else if (!with_starving)
		pr_info("no writer starved: that takes two CPUs that read, and one that waits. Try SMP=4.\n");
	pr_info("then all went in as they liked. In all %d readings and %lu writings; both at once: %d.\n",
		atomic_read(&entries), left, atomic_read(&clashes));
	demo_check(atomic_read(&clashes) == 0);
	demo_check(left == right && left == WRITES + (with_starving ? 1 : 0));
}

module_init(rwlock_readers_init);
module_exit(rwlock_readers_exit);
DEMO("readers together, a writer alone; readers starve a writer", THREADS);
MODULE_LICENSE("Dual MIT/GPL");
