/* mars_pathfinder.c: a thread of high priority waits for one that holds no lock at all; and the cure.
 * SPDX-License-Identifier: MIT
 *
 * What to learn: priority inversion. In 1997 it reset a spacecraft on Mars, again and again. Three threads,
 * one CPU:
 *   low     collects weather data, and holds the lock of the information bus for a moment;
 *   middle  communicates: much work, no lock;
 *   high    distributes the bus's data, and needs its lock. A watchdog resets all if it comes too late.
 * High waits for low: that is right, low holds the lock. But middle keeps low off the CPU, so high waits
 * for middle too, which is wrong: for as much work as middle happens to have.
 *
 * With a struct mutex that happens. A struct rt_mutex lends low the priority of high for as long as high
 * waits: low goes on before middle, releases, and high has the bus with nothing of middle's in between.
 *
 * Nothing here is measured in time. Who runs is decided by priority alone, and what counts is how many
 * units of middle's work came between high's request and its getting the lock.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rtmutex.h>
#include <linux/sched.h>

#include "demo.h"

#define MIDDLE_UNITS   40 /* of work, whenever middle runs */
#define DEADLINE_UNITS 5  /* the watchdog waits for high as long as that */
#define LOW_UNITS      3  /* of work under the lock, after high has asked for it */
#define UNIT_US        20

enum { LOW, MIDDLE, HIGH, THREADS };

static DEFINE_MUTEX(plain_bus);
static DEFINE_RT_MUTEX(lending_bus);

static struct task_struct *threads[THREADS];
static DECLARE_COMPLETION(go_low);
static DECLARE_COMPLETION(go_middle);
static DECLARE_COMPLETION(go_high);
static DECLARE_COMPLETION(done);

static bool inheritance; /* which of the two locks the bus has; set while all threads wait */
static bool high_asks;   /* from high's request until it has the bus */
static int middle_units; /* of this mission, while high asks */
static bool reset;       /* the watchdog has declared the miss */
static int low_units;
static bool high_had_bus;

static void bus_lock(void)
{
	if (inheritance)
		rt_mutex_lock(&lending_bus);
	else
		mutex_lock(&plain_bus);
}

static void bus_unlock(void)
{
	if (inheritance)
		rt_mutex_unlock(&lending_bus);
	else
		mutex_unlock(&plain_bus);
}

/* Work that does not sleep. A better thread may come in between. */
static void work_one_unit(void)
{
	udelay(UNIT_US);
	cond_resched();
}

static void run_low(void)
{
	bus_lock();
	complete(&go_high);
	// High asks, and waits for us; only then does middle have something to do.
	demo_check(demo_wait(READ_ONCE(high_asks) && demo_asleep(threads[HIGH])));
	complete(&go_middle);
	for (int i = 0; i < LOW_UNITS; i++) {
		work_one_unit();
		WRITE_ONCE(low_units, low_units + 1);
	}
	bus_unlock();
}

static void run_middle(void)
{
	for (int i = 0; i < MIDDLE_UNITS; i++) {
		work_one_unit();
		if (!READ_ONCE(high_asks))
			continue;
		WRITE_ONCE(middle_units, middle_units + 1);
		if (middle_units >= DEADLINE_UNITS)
			WRITE_ONCE(reset, true);
	}
}

static void run_high(void)
{
	WRITE_ONCE(high_asks, true);
	bus_lock();
	WRITE_ONCE(high_asks, false);
	// Low has finished what it holds the lock for: that is not cut short.
	demo_check(READ_ONCE(low_units) == LOW_UNITS);
	high_had_bus = true;
	bus_unlock();
}

static int run_thread(void *number)
{
	static struct completion *const go[THREADS] = { &go_low, &go_middle, &go_high };
	static void (*const run[THREADS])(void) = { run_low, run_middle, run_high };
	unsigned long who = (unsigned long)number;

	for (int mission = 0; mission < 2; mission++) {
		wait_for_completion(go[who]);
		run[who]();
		complete(&done);
	}
	demo_wait_for_stop();
	return 0;
}

static void fly(bool with_inheritance)
{
	inheritance = with_inheritance;
	middle_units = 0;
	low_units = 0;
	reset = false;
	high_had_bus = false;
	complete(&go_low);
	demo_wait_for(&done, THREADS);
	demo_check(high_had_bus);
	pr_info("%s: middle did %d of its %d units while high waited for the bus%s.\n",
		with_inheritance ? "rt_mutex" : "mutex   ", middle_units, MIDDLE_UNITS,
		reset ? ": the watchdog resets the spacecraft" : ", which is in time");
}

static int __init mars_pathfinder_init(void)
{
	unsigned int cpu, last = 0;
	int error = demo_create(threads, THREADS, run_thread, "pathfinder");

	if (error)
		return error;
	for_each_online_cpu(cpu)
		last = cpu;
	for (int i = 0; i < THREADS; i++)
		kthread_bind(threads[i], last);
	sched_set_normal(threads[LOW], 0);
	sched_set_fifo_low(threads[MIDDLE]);
	sched_set_fifo(threads[HIGH]);
	pr_info("low holds the bus, high waits for it, middle works without it; all on one CPU.\n");
	pr_info("after %d units of middle's work without high, a watchdog resets the spacecraft.\n",
		DEADLINE_UNITS);
	demo_wake(threads, THREADS);
	return 0;
}

static void __exit mars_pathfinder_exit(void)
{
	fly(false);
	demo_check(middle_units == MIDDLE_UNITS && reset);
	fly(true);
	demo_check(middle_units == 0 && !reset);
	demo_stop(threads, THREADS);
	pr_info("the same threads and the same work: only what the lock lends is different.\n");
}

module_init(mars_pathfinder_init);
module_exit(mars_pathfinder_exit);
DEMO("priority inversion misses the deadline, inheritance keeps it", THREADS);
MODULE_LICENSE("Dual MIT/GPL");
