/* lock_order.c: two locks in two orders: reported before anything hangs.
 * SPDX-License-Identifier: MIT
 *
 * What to learn: a deadlock needs two threads that meet at the wrong moment. The mistake that makes it
 * possible needs nobody: it is in the order of the locks, and can be seen whenever both orders were used,
 * by whomever, at whatever times.
 *
 *	thread 1                thread 2
 *	lock(checking)
 *	                        lock(savings)
 *	lock(savings): waits
 *	                        lock(checking): waits, both for ever
 *
 * Here thread 1 moves money from one account to the other, and has ended before thread 2 begins to move some
 * back. They never wait for each other, and the sum is right. Still the order is wrong, and the validator says
 * so, with the place at which it learnt the other order. A thousand runs of this program would end well;
 * the run in which thread 2 begins a little earlier would not.
 * Then the same is done right: both locks always in the order of their addresses.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "demo.h"

struct account {
	struct mutex lock;
	long money;
};

static struct account checking, savings;

/* Wrong: whoever moves money the other way takes the locks in the other order. */
static void move_carelessly(struct account *from, struct account *to, long amount)
{
	mutex_lock(&from->lock);
	mutex_lock(&to->lock);
	from->money -= amount;
	to->money += amount;
	mutex_unlock(&to->lock);
	mutex_unlock(&from->lock);
}

/* Right: the order is that of the addresses, whoever gives and whoever takes. */
static void move_in_order(struct account *from, struct account *to, long amount)
{
	struct account *first = from < to ? from : to;
	struct account *second = from < to ? to : from;

	mutex_lock(&first->lock);
	mutex_lock_nested(&second->lock, SINGLE_DEPTH_NESTING);
	from->money -= amount;
	to->money += amount;
	mutex_unlock(&second->lock);
	mutex_unlock(&first->lock);
}

static int first_mover(void *unused)
{
	move_carelessly(&checking, &savings, 30);
	demo_wait_for_stop();
	return 0;
}

static void move_back(void *unused)
{
	move_carelessly(&savings, &checking, 10);
}

static void move_both_ways(void *unused)
{
	move_in_order(&checking, &savings, 5);
	move_in_order(&savings, &checking, 5);
}

static int __init lock_order_init(void)
{
	struct task_struct *mover;
	unsigned int reports;

	mutex_init(&checking.lock);
	mutex_init(&savings.lock);
	checking.money = 100;
	savings.money = 0;
	mover = kthread_run(first_mover, NULL, "mover");
	if (IS_ERR(mover))
		return PTR_ERR(mover);
	demo_check(demo_wait(READ_ONCE(savings.money) == 30 && demo_asleep(mover)));
	demo_stop(&mover, 1);
	pr_info("thread 1 has taken checking, then savings, and has ended. Nobody waits for anything.");
	pr_info("now savings, then checking:");
	reports = demo_reports(move_back, "possible circular locking dependency detected");
	demo_check(reports == DEMO_VALIDATOR);
	demo_check(checking.money == 80 && savings.money == 20);
	pr_info("reported %u time; all the same, the sum is %ld: this time nothing hung.", reports,
		checking.money + savings.money);
	demo_check(demo_reports(move_back, "") == 0);
	pr_info("the same again: nothing new is said.");

	// Other locks: of these two it is still remembered in which order they were taken.
	mutex_init(&checking.lock);
	mutex_init(&savings.lock);
	demo_check(demo_reports(move_both_ways, "") == 0);
	pr_info("both ways in the order of addresses: nothing to report.");
	return 0;
}

static void __exit lock_order_exit(void)
{
}

module_init(lock_order_init);
module_exit(lock_order_exit);

DEMO("a wrong order of locks is reported though nothing hangs", 2);
MODULE_LICENSE("Dual MIT/GPL");
