/* ticket_order.c: a spinlock serves in the order of arrival, and can be shared with an interrupt.
 * SPDX-License-Identifier: MIT
 *
 * What to learn, first: whoever wants a ticket lock draws a number and waits until it is called.
 *
 *      lock word:   owner = 7, next = 8        held, nobody waits
 *                   owner = 7, next = 10       8 and 9 wait, and will be served in this order
 *
 * The holder here lets the others come one at a time, each on a CPU of its own since whoever spins
 * keeps its CPU, and looks at `next` to see that the newcomer has drawn its number.
 *
 * Second: data that an interrupt handler touches needs spin_lock_irqsave(). With spin_lock() alone,
 * the handler may interrupt the holder on the holder's own CPU, and spin there for a lock that cannot
 * be released until it returns: for ever. With only interrupts off, other CPUs walk in.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "demo.h"

#define MAX_WAITERS 3
#define TICKS       20

static struct task_struct *threads[1 + MAX_WAITERS]; /* the holder, and who waits for it */
static unsigned int waiters;
static DECLARE_COMPLETION(finished);

/* ---- In the order of arrival ---- */

static DEFINE_SPINLOCK(line);
static unsigned int served, served_as[MAX_WAITERS]; /* protected by line */
static u16 ticket[MAX_WAITERS];                     /* that each one drew */
static struct completion may_come[MAX_WAITERS];
static DECLARE_COMPLETION(all_served);

static void wait_in_line(unsigned int who)
{
	wait_for_completion(&may_come[who]);
	spin_lock(&line);
	served_as[who] = ++served;
	spin_unlock(&line);
	complete(&all_served);
}

/* Wait until ticket @number has been drawn; where there is none to see, for 10 ms. Caller holds line. */
static bool wait_for_draw(u16 number)
{
	if (DEMO_TICKETS_SHOWN)
		return demo_spin(demo_next_ticket(&line) != number);
	mdelay(10);
	return true;
}

static void hold_the_line(void)
{
	bool all_came = true;

	if (!waiters) {
		pr_info("with one CPU nobody can wait for a spinlock: the holder keeps the CPU until it\n");
		pr_info("releases. There is no order to see; try SMP=4.\n");
		return;
	}
	spin_lock(&line);
	for (unsigned int i = 0; i < waiters; i++) {
		ticket[i] = demo_next_ticket(&line);
		complete(&may_come[i]);
		all_came = all_came && wait_for_draw(ticket[i]);
	}
	spin_unlock(&line);
	demo_wait_for(&all_served, waiters);

	if (!DEMO_TICKETS_SHOWN) {
		pr_info("all were served; but this kernel shows no tickets, so nobody saw who came when.\n");
		return;
	}
	demo_check(all_came);
	for (unsigned int i = 0; i < waiters; i++) {
		pr_info("waiter %u came as number %u, drew ticket %u, and was served as number %u.\n",
			i, i + 1, ticket[i], served_as[i]);
		demo_check(served_as[i] == i + 1);
	}
}

/* ---- Shared with an interrupt ---- */

static DEFINE_SPINLOCK(pair_lock);
static unsigned long left, right;  /* protected by pair_lock, from the interrupt too */
static unsigned long torn;         /* the same: times they were unequal */
static unsigned long by_interrupt; /* the same: times the interrupt was here */
static bool enough;
static struct hrtimer timer;
static unsigned long by_neighbour;
static DECLARE_COMPLETION(sharing_begins);
static DECLARE_COMPLETION(neighbour_done);

/* Add 1 to both words; between them is the moment in which nobody may look. Caller holds pair_lock. */
static void update_pair(void)
{
	if (left != right)
		torn++;
	left++;
	udelay(20);
	right++;
}

static enum hrtimer_restart tick(struct hrtimer *t)
{
	unsigned long flags;

	spin_lock_irqsave(&pair_lock, flags);
	update_pair();
	if (++by_interrupt == TICKS)
		WRITE_ONCE(enough, true);
	spin_unlock_irqrestore(&pair_lock, flags);
	hrtimer_forward_now(t, ms_to_ktime(1));
	return READ_ONCE(enough) ? HRTIMER_NORESTART : HRTIMER_RESTART;
}

static bool update_and_look(unsigned long *updates)
{
	unsigned long flags;

	spin_lock_irqsave(&pair_lock, flags);
	update_pair();
	spin_unlock_irqrestore(&pair_lock, flags);
	(*updates)++;
	return READ_ONCE(enough);
}

static void be_the_neighbour(void)
{
	wait_for_completion(&sharing_begins);
	demo_spin(update_and_look(&by_neighbour));
	complete(&neighbour_done);
}

/* Update the pair against a timer of this very CPU, and against a neighbour on another one. */
static void share_with_interrupt(void)
{
	unsigned long by_us = 0;

	complete(&sharing_begins);
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	timer.function = tick;
	hrtimer_start(&timer, ms_to_ktime(1), HRTIMER_MODE_REL_PINNED_HARD);
	demo_check(demo_spin(update_and_look(&by_us)));
	hrtimer_cancel(&timer);
	if (waiters)
		wait_for_completion(&neighbour_done);

	pr_info("the pair was updated %lu times by the holder, %lu times from another CPU, and %lu\n",
		by_us, by_neighbour, by_interrupt);
	pr_info("times by the interrupt: now it is %lu and %lu; it was seen unequal %lu times.\n",
		left, right, torn);
	demo_check(torn == 0 && left == right);
	demo_check(left == by_us + by_neighbour + by_interrupt);
}

/* ---- The threads ---- */

static int run_thread(void *number)
{
	unsigned long n = (unsigned long)number;

	if (n == 0) {
		hold_the_line();
		share_with_interrupt();
	} else {
		wait_in_line(n - 1);
	}
	if (n == 1)
		be_the_neighbour();
	complete(&finished);
	demo_wait_for_stop();
	return 0;
}

static int __init ticket_order_init(void)
{
	int error;

	waiters = min_t(unsigned int, MAX_WAITERS, num_online_cpus() - 1);
	for (unsigned int i = 0; i < MAX_WAITERS; i++)
		init_completion(&may_come[i]);
	error = demo_create(threads, 1 + waiters, run_thread, "ticket");
	if (error)
		return error;
	demo_spread(threads, 1 + waiters);
	pr_info("a holder lets others come for its spinlock, one after another (%u), then releases it.\n",
		waiters);
	pr_info("each draws a ticket and spins on a CPU of its own; they are served in that order.\n");
	pr_info("then a timer interrupt shares a lock with threads; each adds 1 to a pair of words.\n");
	demo_wake(threads, 1 + waiters);
	return 0;
}

static void __exit ticket_order_exit(void)
{
	demo_wait_for(&finished, 1 + waiters);
	demo_stop(threads, 1 + waiters);
}

module_init(ticket_order_init);
module_exit(ticket_order_exit);
DEMO("spinlock: first come first served; shared with an interrupt", 1 + MAX_WAITERS);
MODULE_LICENSE("Dual MIT/GPL");
