/* mutex_paths.c: one mutex, taken by each of its three paths; and the order of those who sleep for it.
 * SPDX-License-Identifier: MIT
 *
 * What to learn: mutex_lock() does one of three things.
 *   free:                            one instruction, and it is ours;
 *   held by a thread that runs:      spin. It will release soon, and two switches cost more;
 *   held by a thread that does not:  join the wait list and sleep.
 * Which one it was shows in the thread's own count of voluntary context switches: a thread that
 * sleeps makes one, a thread that spins makes none. Whoever sleeps is served in order of arrival.
 *
 * The keeper makes each case happen: it holds the mutex, running or sleeping, until it has seen the
 * others where it wants them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/osq_lock.h>
#include <linux/sched.h>

#include "demo.h"

#define FREE_ROUNDS 1000
#define SPIN_TRIES  1000
#define SLEEPERS    4

static DEFINE_MUTEX(lock);
static bool keeper_holds; /* protected by lock */
static struct task_struct *keeper, *rival, *sleepers[SLEEPERS];
static DECLARE_COMPLETION(finished);

/* Take and release the mutex; return how often this thread gave up its CPU to get it. */
static unsigned long switches_to_take(void (*when_held)(int who), int who)
{
	unsigned long before = READ_ONCE(current->nvcsw);
	unsigned long after;

	mutex_lock(&lock);
	after = READ_ONCE(current->nvcsw);
	demo_check(!keeper_holds);
	if (when_held)
		when_held(who);
	mutex_unlock(&lock);
	return after - before;
}

static void keeper_lock(void)
{
	mutex_lock(&lock);
	keeper_holds = true;
}

static void keeper_unlock(void)
{
	keeper_holds = false;
	mutex_unlock(&lock);
}

/* ---- Free: the fast path ---- */

static void show_fast(void)
{
	unsigned long switches = 0;

	for (int i = 0; i < FREE_ROUNDS; i++)
		switches += switches_to_take(NULL, 0);
	pr_info("free:     taken %d times by one thread; switches: %lu.\n", FREE_ROUNDS, switches);
	demo_check(switches == 0);
	if (DEMO_MUTEX_COUNTS)
		demo_check(mutex_get_stats(&lock).fast == FREE_ROUNDS);
}

/* ---- Held by a running thread: the spinning path ---- */

static DECLARE_COMPLETION(rival_comes);
static DECLARE_COMPLETION(rival_done);
static unsigned long rival_switches;
static bool rival_needed = true;

static int run_rival(void *unused)
{
	for (;;) {
		wait_for_completion(&rival_comes);
		if (!READ_ONCE(rival_needed))
			break;
		WRITE_ONCE(rival_switches, switches_to_take(NULL, 0));
		complete(&rival_done);
	}
	complete(&finished);
	demo_wait_for_stop();
	return 0;
}

/*
 * Hold the mutex, running, until the rival spins for it; then release. If one of us loses its CPU
 * meanwhile the rival goes to sleep instead. Returns whether it spun.
 */
static bool try_to_see_spinning(void)
{
	keeper_lock();
	complete(&rival_comes);
	demo_spin(osq_is_locked(&lock.osq) || demo_asleep(rival));
	keeper_unlock();
	wait_for_completion(&rival_done);
	return READ_ONCE(rival_switches) == 0;
}

static void show_spinning(void)
{
	int tries = 1;

	if (num_online_cpus() < 2) {
		pr_info("running:  with one CPU no owner runs while another thread wants the mutex: no one\n");
		pr_info("          spins, ever. Try SMP=2.\n");
		return;
	}
	if (!demo_in_parallel()) {
		pr_info("running:  these CPUs run in turn, so no owner runs while another looks: no one spins.\n");
		return;
	}
	while (!try_to_see_spinning() && tries < SPIN_TRIES)
		tries++;
	pr_info("running:  the rival came while the owner ran, and spun; switches: %lu (try %d).\n",
		READ_ONCE(rival_switches), tries);
	demo_check(READ_ONCE(rival_switches) == 0);
	if (DEMO_MUTEX_COUNTS)
		demo_check(mutex_get_stats(&lock).spun >= 1);
}

/* ---- Held by a sleeping thread: the sleeping path ---- */

static bool at_lock[SLEEPERS];
static int order[SLEEPERS], served; /* protected by lock */
static unsigned long sleeper_switches[SLEEPERS];
static DECLARE_COMPLETION(sleeper_done);

static void note_order(int who)
{
	order[served++] = who;
}

static int run_sleeper(void *number)
{
	unsigned long who = (unsigned long)number;

	WRITE_ONCE(at_lock[who], true);
	sleeper_switches[who] = switches_to_take(note_order, who);
	complete(&sleeper_done);
	complete(&finished);
	demo_wait_for_stop();
	return 0;
}

static void show_sleeping(void)
{
	unsigned long before = mutex_get_stats(&lock).slept;

	keeper_lock();
	for (int i = 0; i < SLEEPERS; i++) {
		wake_up_process(sleepers[i]);
		// It says that it goes for the mutex, and then it sleeps: so it is in the list.
		demo_check(demo_wait(READ_ONCE(at_lock[i]) && demo_asleep(sleepers[i])));
	}
	keeper_unlock();
	demo_wait_for(&sleeper_done, SLEEPERS);

	for (int i = 0; i < SLEEPERS; i++) {
		pr_info("sleeping: sleeper/%d came as number %d, got it as number %d; switches: %lu.\n",
			order[i], order[i] + 1, i + 1, sleeper_switches[order[i]]);
		demo_check(order[i] == i && sleeper_switches[i] >= 1);
	}
	if (DEMO_MUTEX_COUNTS)
		demo_check(mutex_get_stats(&lock).slept == before + SLEEPERS);
}

static int run_keeper(void *unused)
{
	show_fast();
	show_spinning();
	WRITE_ONCE(rival_needed, false);
	complete(&rival_comes);
	show_sleeping();
	complete(&finished);
	demo_wait_for_stop();
	return 0;
}

static int __init mutex_paths_init(void)
{
	int error = demo_create(&keeper, 1, run_keeper, "keeper");

	if (error)
		return error;
	error = demo_create(&rival, 1, run_rival, "rival");
	if (error)
		goto stop_keeper;
	error = demo_create(sleepers, SLEEPERS, run_sleeper, "sleeper");
	if (error)
		goto stop_rival;
	pr_info("a mutex is taken while it is free, while its owner runs, and while its owner sleeps.\n");
	pr_info("context switches tell how: who spins for it makes none, who sleeps for it makes one.\n");
	demo_wake(&keeper, 1);
	demo_wake(&rival, 1);
	return 0;

stop_rival:
	demo_stop(&rival, 1);
stop_keeper:
	demo_stop(&keeper, 1);
	return error;
}

static void __exit mutex_paths_exit(void)
{
	struct mutex_stats stats;

	demo_wait_for(&finished, 2 + SLEEPERS);
	demo_stop(&keeper, 1);
	demo_stop(&rival, 1);
	demo_stop(sleepers, SLEEPERS);
	stats = mutex_get_stats(&lock);
	if (DEMO_MUTEX_COUNTS)
		pr_info("the mutex itself counted %lu fast, %lu spun, %lu slept, %lu handed over.\n",
			stats.fast, stats.spun, stats.slept, stats.handed);
	else
		pr_info("(the mutex itself counts its paths only in Interlock's checked profile.)\n");
}

module_init(mutex_paths_init);
module_exit(mutex_paths_exit);
DEMO("a mutex's fast, spinning and sleeping path; sleepers in order", 2 + SLEEPERS);
MODULE_LICENSE("Dual MIT/GPL");
