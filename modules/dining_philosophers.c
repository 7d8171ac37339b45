/* dining_philosophers.c: five philosophers, five forks: the circle that closes, and two ways out of it.
 * SPDX-License-Identifier: MIT
 *
 * What to learn: who eats needs the forks on both sides. If each takes the left one first, and all do so at
 * the same time, each waits for the one that its neighbour has: for ever. Four things must come together
 * for that (Coffman, Elphick and Shoshani, "System deadlocks", Computing Surveys 1971): forks are
 * exclusive, who waits for one keeps the other, nobody takes one away, and the waiting goes in a circle.
 * Whoever takes away one of the four has no deadlock:
 *   - no circle: all forks have numbers, and everybody takes the lower one first;
 *   - nobody waits with a fork in hand: a waiter (a monitor) gives out both at once, or none.
 * The wrong way is shown too. The philosophers wait so that a signal can end it: the one that is
 * interrupted puts its fork down, which is taking it away, and the circle is open.
 * (Dijkstra, EWD 310, 1971; Hoare, "Communicating sequential processes", CACM 1978.)
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "demo.h"

#define SEATS 5
#define MEALS 40 /* of each, in each right way */

static struct mutex
	forks[SEATS]; /* fork i is to the left of philosopher i, fork i + 1 to the right */
static bool eats[SEATS];
static atomic_t clashes = ATOMIC_INIT(0); /* times that two neighbours ate at once */
static atomic_t meals = ATOMIC_INIT(0);

static struct task_struct *philosophers[SEATS];
static struct completion turn[SEATS]; /* of each its own: a quick one takes no other's */
static DECLARE_COMPLETION(finished);

static int left_of(int seat)
{
	return (seat + SEATS - 1) % SEATS;
}

static int right_of(int seat)
{
	return (seat + 1) % SEATS;
}

static void eat(int seat)
{
	WRITE_ONCE(eats[seat], true);
	if (READ_ONCE(eats[left_of(seat)]) || READ_ONCE(eats[right_of(seat)]))
		atomic_inc(&clashes);
	cond_resched(); // Now and then another sits down meanwhile.
	if (READ_ONCE(eats[left_of(seat)]) || READ_ONCE(eats[right_of(seat)]))
		atomic_inc(&clashes);
	atomic_inc(&meals);
	WRITE_ONCE(eats[seat], false);
}

/* ---- Wrong: everybody takes the left fork first ---- */

static atomic_t have_left = ATOMIC_INIT(0);
static atomic_t interrupted = ATOMIC_INIT(0);
static bool reaches[SEATS]; /* it goes for the right fork */

/* Returns -EINTR, with no fork, if a signal ended the wait for the right one. */
static int dine_left_first(int seat)
{
	int error;

	mutex_lock(&forks[seat]);
	// All have one before anybody takes another: this is the unlucky moment, made certain.
	atomic_inc(&have_left);
	demo_check(demo_wait(atomic_read(&have_left) >= SEATS));
	WRITE_ONCE(reaches[seat], true);
	// "Nested" says that this is in an order, which is a lie: else the validator would object
	// before it happens.
	error = mutex_lock_interruptible_nested(&forks[right_of(seat)], SINGLE_DEPTH_NESTING);
	if (!error) {
		eat(seat);
		mutex_unlock(&forks[right_of(seat)]);
	}
	mutex_unlock(&forks[seat]);
	return error;
}

/* Whether all of them sleep with one fork in hand, each for the one of its neighbour: the circle. */
static bool circle_is_closed(void)
{
	for (int i = 0; i < SEATS; i++) {
		if (!READ_ONCE(reaches[i]) || !demo_asleep(philosophers[i]) ||
		    !mutex_is_locked(&forks[i]))
			return false;
	}
	return true;
}

static void show_deadlock(void)
{
	demo_check(demo_wait(circle_is_closed()));
	pr_info("left fork first: each of the %d has one fork and sleeps for its neighbour's.\n",
		SEATS);
	demo_check(atomic_read(&meals) == 0);
	send_sig(SIGINT, philosophers[0], 0);
	demo_wait_for(&finished, SEATS);
	pr_info("a signal made one put its fork down: the other %d ate, one after another.\n",
		atomic_read(&meals));
	demo_check(atomic_read(&meals) == SEATS - 1 && atomic_read(&interrupted) == 1);
}

/* ---- Right: the lower fork first ---- */

static void dine_in_order(int seat)
{
	int low = min(seat, right_of(seat));
	int high = max(seat, right_of(seat));

	mutex_lock(&forks[low]);
	mutex_lock_nested(&forks[high], SINGLE_DEPTH_NESTING);
	eat(seat);
	mutex_unlock(&forks[high]);
	mutex_unlock(&forks[low]);
}

/* ---- Right: a waiter who gives out both forks or none ---- */

static DEFINE_MUTEX(waiter);
static bool served[SEATS]; /* protected by waiter: it has both forks */
static bool hungry[SEATS]; /* the same: it waits */
static wait_queue_head_t at_seat[SEATS];

/* Give @seat both forks, if it wants them and they are there. Caller holds waiter. */
static void serve(int seat)
{
	if (!hungry[seat] || served[left_of(seat)] || served[right_of(seat)])
		return;
	hungry[seat] = false;
	WRITE_ONCE(served[seat], true);
	wake_up(&at_seat[seat]);
}

static void dine_with_waiter(int seat)
{
	mutex_lock(&waiter);
	hungry[seat] = true;
	serve(seat);
	mutex_unlock(&waiter);
	wait_event(at_seat[seat], READ_ONCE(served[seat]));
	eat(seat);
	mutex_lock(&waiter);
	WRITE_ONCE(served[seat], false);
	serve(left_of(seat));
	serve(right_of(seat));
	mutex_unlock(&waiter);
}

static void show_right_way(const char *way)
{
	atomic_set(&meals, 0);
	for (int i = 0; i < SEATS; i++)
		complete(&turn[i]);
	demo_wait_for(&finished, SEATS);
	pr_info("%s: all %d ate %d times; meals in all: %d.\n", way, SEATS, MEALS,
		atomic_read(&meals));
	demo_check(atomic_read(&meals) == SEATS * MEALS);
}

/* ---- The threads ---- */

static int philosophize(void *number)
{
	int seat = (int)(long)number;

	allow_signal(SIGINT);
	if (dine_left_first(seat) == -EINTR)
		atomic_inc(&interrupted);
	flush_signals(current);
	complete(&finished);

	wait_for_completion(&turn[seat]);
	for (int i = 0; i < MEALS; i++)
		dine_in_order(seat);
	complete(&finished);

	wait_for_completion(&turn[seat]);
	for (int i = 0; i < MEALS; i++)
		dine_with_waiter(seat);
	complete(&finished);
	demo_wait_for_stop();
	return 0;
}

static int __init dining_philosophers_init(void)
{
	int error;

	for (int i = 0; i < SEATS; i++) {
		mutex_init(&forks[i]);
		init_waitqueue_head(&at_seat[i]);
		init_completion(&turn[i]);
	}
	error = demo_create(philosophers, SEATS, philosophize, "philosopher");
	if (error)
		return error;
	demo_wake(philosophers, SEATS);
	return 0;
}

static void __exit dining_philosophers_exit(void)
{
	show_deadlock();
	show_right_way("lower fork first");
	show_right_way("with a waiter   ");
	demo_stop(philosophers, SEATS);
	pr_info("two neighbours ate at once: %d times.\n", atomic_read(&clashes));
	demo_check(atomic_read(&clashes) == 0);
	for (int i = 0; i < SEATS; i++)
		demo_check(!mutex_is_locked(&forks[i]) && !served[i] && !hungry[i]);
}

module_init(dining_philosophers_init);
module_exit(dining_philosophers_exit);
DEMO("the circle closes; two ways in which it cannot", SEATS);
MODULE_LICENSE("Dual MIT/GPL");
