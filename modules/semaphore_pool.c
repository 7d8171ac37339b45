/* semaphore_pool.c: eight threads share three resources; a semaphore counts the free ones.
 * SPDX-License-Identifier: MIT
 *
 * What to learn: a semaphore is a number of units. down() takes one, and sleeps while there is none;
 * up() gives one back, and wakes who waits. With as many units as there are resources, whoever comes
 * out of down() knows that one is free. Which one the semaphore does not know: that is in a list,
 * and the list needs a lock of its own, held only as long as it takes to look.
 *
 * Counting wrongly can go two ways: more inside than there are resources, and fewer than there could
 * be. To show that three do get in, the first ones keep what they have until all three are in use.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/semaphore.h>
#include <linux/spinlock.h>

#include "demo.h"

#define USERS    8
#define PRINTERS 3
#define ROUNDS   2

static struct semaphore free_printers;
static DEFINE_SPINLOCK(pool_lock);
static bool in_use[PRINTERS]; /* protected by pool_lock */
static int nr_in_use, most;   /* the same */
static int jobs;              /* the same */

static struct task_struct *users[USERS];
static DECLARE_COMPLETION(all_in_use);
static DECLARE_COMPLETION(finished);

/* Choose a free printer; -1 if there is none, which the semaphore rules out. */
static int printer_get(int *now_in_use)
{
	int printer = -1;

	spin_lock(&pool_lock);
	for (int i = 0; i < PRINTERS && printer < 0; i++) {
		if (!in_use[i])
			printer = i;
	}
	if (printer >= 0)
		in_use[printer] = true;
	*now_in_use = ++nr_in_use;
	most = max(most, nr_in_use);
	jobs++;
	spin_unlock(&pool_lock);
	return printer;
}

static void printer_put(int printer)
{
	spin_lock(&pool_lock);
	if (printer >= 0)
		in_use[printer] = false;
	nr_in_use--;
	spin_unlock(&pool_lock);
}

static void print_one(unsigned long user, int round)
{
	int now_in_use, printer;

	down(&free_printers);
	printer = printer_get(&now_in_use);
	demo_check(printer >= 0 && now_in_use <= PRINTERS);
	if (round == 0)
		pr_info("user %lu has printer %d: %d of %d in use\n", user, printer, now_in_use,
			PRINTERS);
	// When all are in use, or will never be: then the check of `most` fails.
	if (now_in_use == PRINTERS || !wait_for_completion_timeout(&all_in_use, DEMO_PATIENCE))
		complete_all(&all_in_use);
	msleep(2);
	printer_put(printer);
	up(&free_printers);
}

static int run_user(void *number)
{
	for (int round = 0; round < ROUNDS; round++)
		print_one((unsigned long)number, round);
	complete(&finished);
	demo_wait_for_stop();
	return 0;
}

static int __init semaphore_pool_init(void)
{
	int error;

	sema_init(&free_printers, PRINTERS);
	error = demo_create(users, USERS, run_user, "user");
	if (error)
		return error;
	pr_info("%d users share %d printers, and each prints %d jobs. A semaphore lets as many in as\n",
		USERS, PRINTERS, ROUNDS);
	pr_info("there are printers, and the others sleep. The first job of each:\n");
	demo_wake(users, USERS);
	return 0;
}

static void __exit semaphore_pool_exit(void)
{
	demo_wait_for(&finished, USERS);
	demo_stop(users, USERS);
	pr_info("%d jobs were printed; the most printers in use at a time: %d.\n", jobs, most);
	demo_check(jobs == USERS * ROUNDS);
	demo_check(most == PRINTERS);

	// Every unit came back: three can be taken at once, and no fourth.
	for (int i = 0; i < PRINTERS; i++)
		demo_check(down_trylock(&free_printers) == 0);
	demo_check(down_trylock(&free_printers) != 0);
	pr_info("afterwards exactly %d units are free again.\n", PRINTERS);
}

module_init(semaphore_pool_init);
module_exit(semaphore_pool_exit);
DEMO("eight threads, three units: three get in, never a fourth", USERS);
MODULE_LICENSE("Dual MIT/GPL");
