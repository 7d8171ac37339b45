/* demo.h: what the demos share: saying what they check, and starting and stopping their threads.
 * SPDX-License-Identifier: MIT
 *
 * A demo is a module of real Linux too: all were built, loaded and run on 6.1 (see Kbuild). Where
 * Interlock has what Linux has not, the difference is here, under the last heading, and the demo
 * says what it then leaves out.
 */
#pragma once

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#ifdef __INTERLOCK__
#include "kernel/watchdog.h"
#endif

/* DEMO("what it checks", threads) - once in the file: the demo's row in the table of results. */
/* demo_check(condition) - it must hold, or the demo has failed and the log says where. Returns it. */
#ifdef __INTERLOCK__
#define DEMO(what, n) MODULE_ENTRY(.checks = (what), .threads = (n))
#define demo_check(condition)                                                                      \
	module_check(KBUILD_MODNAME, !!(condition), #condition, __FILE__, __LINE__)
#else
#define DEMO(what, n) MODULE_DESCRIPTION(what)
#define demo_check(condition)                                                                      \
	({                                                                                         \
		bool __held = !!(condition);                                                       \
		WARN(!__held, KBUILD_MODNAME ": CHECK FAILED: %s\n", #condition);                  \
		__held;                                                                            \
	})
#endif

/*
 * demo_wait - sleep until @condition holds; demo_spin - the same without giving up the CPU.
 * They give up after a time in which it must have come true on the slowest machine, so that a broken
 * lock ends in a failed check and not in silence. Return whether it holds.
 */
#define DEMO_PATIENCE        (20UL * HZ)
#define demo_wait(condition) __demo_until(condition, msleep(1))
#define demo_spin(condition) __demo_until(condition, cpu_relax())
#define __demo_until(condition, pause)                                                             \
	({                                                                                         \
		unsigned long __begin = jiffies;                                                   \
		bool __holds;                                                                      \
		while (!(__holds = (condition)) && time_before(jiffies, __begin + DEMO_PATIENCE))  \
			pause;                                                                     \
		__holds;                                                                           \
	})

/* demo_asleep - whether @task sleeps: it said so, and has left its CPU. Any context. */
static inline bool demo_asleep(const struct task_struct *task)
{
	return (READ_ONCE(task->__state) & TASK_NORMAL) && !READ_ONCE(task->on_rq);
}

/*
 * demo_create - make @n threads that will run @fn(their number), named "@name/0" and so on. They do not
 * run yet, so each can be bound first. All, or none and an error.
 * demo_spread - bind the first of them to the first CPU, and so on; there are at least @n CPUs.
 * demo_wake - let them run.
 * demo_stop - end them. They have done their work and wait in demo_wait_for_stop().
 */
static inline int demo_create(struct task_struct **threads, unsigned int n, int (*fn)(void *data),
			      const char *name)
{
	for (unsigned int i = 0; i < n; i++) {
		threads[i] = kthread_create(fn, (void *)(unsigned long)i, "%s/%u", name, i);
		if (IS_ERR(threads[i])) {
			int error = PTR_ERR(threads[i]);

			while (i--)
				kthread_stop(threads[i]);
			return error;
		}
	}
	return 0;
}

static inline void demo_spread(struct task_struct **threads, unsigned int n)
{
	unsigned int cpu, i = 0;

	for_each_online_cpu(cpu) {
		if (i < n)
			kthread_bind(threads[i++], cpu);
	}
}

static inline void demo_wake(struct task_struct **threads, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		wake_up_process(threads[i]);
}

static inline void demo_stop(struct task_struct **threads, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		kthread_stop(threads[i]);
}

/*
 * demo_wait_for_stop - sleep until kthread_stop(). A thread that is going to be stopped must not end
 * before: its task_struct would go with it, and kthread_stop() would look at freed memory.
 */
static inline void demo_wait_for_stop(void)
{
	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
}

static inline void demo_wait_for(struct completion *event, unsigned int times)
{
	while (times--)
		wait_for_completion(event);
}

/* ---- What Interlock has and Linux has not, or has otherwise ---- */

#ifdef __INTERLOCK__
/* The checked profile counts how each mutex was taken. */
#define DEMO_MUTEX_COUNTS CONFIG_CHECKED

/* The ticket that the next thread will draw. */
#define DEMO_TICKETS_SHOWN SPIN_HAS_WORD
static inline u16 demo_next_ticket(const spinlock_t *lock)
{
	return READ_ONCE(((const struct ticket_lock *)&lock->word)->next);
}

/* The checked profile validates locks. demo_reports - run @fn; returns how many reports it led to that contain
 * @text. They are shown, and are no failure. */
#define DEMO_VALIDATOR CONFIG_CHECKED
static inline unsigned int demo_reports(void (*fn)(void *unused), const char *text)
{
	return warn_expect(fn, NULL, text);
}

/* It looks, besides, for threads that wait for one another. demo_reports_anywhere - as demo_reports(), of reports by
 * anybody. demo_wait_for_report - sleep, in @fn, until there is one; returns whether there is. */
#define DEMO_WATCHDOG CONFIG_CHECKED
static inline unsigned int demo_reports_anywhere(void (*fn)(void *unused), const char *text)
{
	return warn_expect_anywhere(fn, NULL, text);
}

static inline bool demo_wait_for_report(void)
{
	bool there = demo_wait(warn_expected() || !DEMO_WATCHDOG);

	watchdog_pause(true); // It has printed all of it.
	watchdog_pause(false);
	return there;
}

/* An emulator may run the CPUs in turn; the boot has found out. */
static inline bool demo_in_parallel(void)
{
	return cpus_run_in_parallel();
}
#else
/* Linux does not count. */
#define DEMO_MUTEX_COUNTS  0
struct mutex_stats {
	unsigned long fast, spun, slept, handed;
};
static inline struct mutex_stats mutex_get_stats(const struct mutex *lock)
{
	return (struct mutex_stats){ 0 };
}

/* Linux's spinlock on x86 is a queue since 4.2: the order is the same, and there is no number to see. */
#define DEMO_TICKETS_SHOWN 0
static inline u16 demo_next_ticket(const spinlock_t *lock)
{
	return 0;
}

/* Linux, if it validates at all, stops after its first report, and does not count. */
#define DEMO_VALIDATOR     0
static inline unsigned int demo_reports(void (*fn)(void *unused), const char *text)
{
	fn(NULL);
	return 0;
}

/* Linux has no such watchdog. */
#define DEMO_WATCHDOG      0
static inline unsigned int demo_reports_anywhere(void (*fn)(void *unused), const char *text)
{
	fn(NULL);
	return 0;
}

static inline bool demo_wait_for_report(void)
{
	return true;
}

/* Linux does not say. */
static inline bool demo_in_parallel(void)
{
	return true;
}
#endif
