/* deferred_work.c: one event, handed down from an interrupt to a thread, step by step.
 * SPDX-License-Identifier: MIT
 *
 * What to learn: who may do what where. A handler has interrupts off, so it does the least and leaves
 * the rest to something that runs later with more rights:
 *
 *      hrtimer        in a handler     interrupts off    may not sleep    schedules a tasklet
 *      tasklet        in a softirq     interrupts on     may not sleep    starts a timer
 *      timer_list     in a softirq     interrupts on     may not sleep    queues a work
 *      work           in a thread      interrupts on     may sleep        queues a delayed work
 *      delayed work   in a thread      interrupts on     may sleep        the end
 *
 * What an event leaves behind is data that two of these share. The handler and the threads share theirs
 * by spin_lock_irqsave(); softirqs and threads by spin_lock_bh(), which lets interrupts come; two works
 * by a mutex. Taking one of them apart is the other half: each kind has its own way to say "no more, and
 * wait for what runs".
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "demo.h"

#define EVENTS 5

static struct hrtimer source;
static struct tasklet_struct tasklet;
static struct timer_list timer;
static struct work_struct work;
static struct delayed_work last;
static struct workqueue_struct *queue;
static DECLARE_COMPLETION(one_is_done);

static DEFINE_SPINLOCK(seen_lock); /* taken in softirqs: threads take it with _bh */
static int in_softirqs;            /* protected by seen_lock */
static DEFINE_MUTEX(done_mutex);   /* taken in threads only */
static int in_threads;             /* protected by done_mutex */
static int in_handlers;            /* one event at a time; read when all is over */

/* Step 1. Interrupts are off: the shortest function of the five. */
static enum hrtimer_restart step_hrtimer(struct hrtimer *unused)
{
	demo_check(in_hardirq() && !in_task());
	demo_check(irqs_disabled());
	in_handlers++;
	tasklet_schedule(&tasklet);
	return HRTIMER_NORESTART;
}

static void count_softirq(void)
{
	spin_lock(&seen_lock); // No other softirq of this CPU comes between, and threads use _bh.
	in_softirqs++;
	spin_unlock(&seen_lock);
}

/* Step 2. As soon as the interrupt is over, on its CPU, on top of whatever it interrupted. */
static void step_tasklet(struct tasklet_struct *unused)
{
	demo_check(!in_hardirq() && in_serving_softirq() && !in_task());
	demo_check(!irqs_disabled());
	count_softirq();
	mod_timer(&timer, jiffies + 1);
}

/* Step 3. The same context, at a given time. */
static void step_timer(struct timer_list *unused)
{
	demo_check(!in_hardirq() && in_serving_softirq() && !in_task());
	demo_check(!irqs_disabled());
	count_softirq();
	demo_check(queue_work(queue, &work));
}

static void count_thread(void)
{
	mutex_lock(&done_mutex);
	in_threads++;
	msleep(1); // With the mutex held: this is a thread.
	mutex_unlock(&done_mutex);
}

/* Step 4. A thread of the queue: everything is allowed. */
static void step_work(struct work_struct *unused)
{
	demo_check(in_task() && !in_interrupt());
	demo_check(!irqs_disabled());
	count_thread();
	demo_check(queue_delayed_work(queue, &last, 1));
}

/* Step 5. */
static void step_last(struct work_struct *step)
{
	demo_check(in_task() && to_delayed_work(step) == &last);
	count_thread();
	complete(&one_is_done);
}

/* While softirqs are off here, the two steps that run in them cannot come to this CPU. */
static void look(int event)
{
	int seen, again;

	spin_lock_bh(&seen_lock);
	seen = in_softirqs;
	udelay(100);
	again = in_softirqs;
	spin_unlock_bh(&seen_lock);
	demo_check(seen == again);
	demo_check(seen >= 2 * event && seen <= 2 * (event + 1));
}

static int __init deferred_work_init(void)
{
	queue = alloc_ordered_workqueue("deferred_work", 0);
	if (!queue)
		return -ENOMEM;
	hrtimer_init(&source, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	source.function = step_hrtimer;
	tasklet_setup(&tasklet, step_tasklet);
	timer_setup(&timer, step_timer, 0);
	INIT_WORK(&work, step_work);
	INIT_DELAYED_WORK(&last, step_last);
	pr_info("%d events, each from an hrtimer through a tasklet, a timer and a work to a delayed work.\n",
		EVENTS);
	return 0;
}

static void __exit deferred_work_exit(void)
{
	bool all = true;

	for (int event = 0; event < EVENTS && all; event++) {
		hrtimer_start(&source, ms_to_ktime(1), HRTIMER_MODE_REL);
		look(event);
		all = demo_check(wait_for_completion_timeout(&one_is_done, DEMO_PATIENCE));
	}
	// From the source downwards: what is stopped can start nothing below it any more.
	hrtimer_cancel(&source);
	tasklet_kill(&tasklet);
	del_timer_sync(&timer);
	cancel_work_sync(&work);
	cancel_delayed_work_sync(&last);
	destroy_workqueue(queue);
	pr_info("handlers ran %d times, softirqs %d, threads %d.\n", in_handlers, in_softirqs,
		in_threads);
	demo_check(in_handlers == EVENTS);
	demo_check(in_softirqs == 2 * EVENTS);
	if (demo_check(in_threads == 2 * EVENTS))
		pr_info("no step was lost, none came twice, and each ran in its own context.\n");
}

module_init(deferred_work_init);
module_exit(deferred_work_exit);
DEMO("one event handed from handler to thread: none is lost", 1);
MODULE_LICENSE("Dual MIT/GPL");
