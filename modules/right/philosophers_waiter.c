/* philosophers_waiter.c: a waiter lets four of the five sit down.
 * SPDX-License-Identifier: MIT
 *
 * Four who have a fork each leave one: somebody has two. The wrong one, whose forks are taken as here, is philosophers.c.
 * log: philosophers_waiter: 20 of 20 meals
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/semaphore.h>

#define SEATS    5
#define MEALS    4 /* of each */
#define PATIENCE (20 * HZ)

static struct semaphore forks[SEATS]; /* fork i lies to the left of seat i */
static struct semaphore waiter;
static DECLARE_COMPLETION(open);
static DECLARE_COMPLETION(done);
static unsigned int seated; /* threads that were started */
static atomic_t meals;

static void dine(int seat)
{
	struct semaphore *first = &forks[seat], *second = &forks[(seat + 1) % SEATS];

	down(&waiter);
	down(first);
	msleep(20);
	down(second);
	atomic_inc(&meals);
	up(second);
	up(first);
	up(&waiter);
}

static int philosopher(void *seat)
{
	wait_for_completion(&open);
	for (int i = 0; i < MEALS; i++)
		dine((unsigned long)seat);
	kthread_complete_and_exit(&done, 0);
}

static int __init philosophers_waiter_init(void)
{
	sema_init(&waiter, SEATS - 1);
	for (int i = 0; i < SEATS; i++)
		sema_init(&forks[i], 1);
	for (unsigned long i = 0; i < SEATS; i++)
		seated += !IS_ERR(kthread_run(philosopher, (void *)i, "seat/%lu", i));
	complete_all(&open);
	return 0;
}

static void __exit philosophers_waiter_exit(void)
{
	unsigned int gone = 0;

	while (gone < seated && wait_for_completion_timeout(&done, PATIENCE))
		gone++;
	pr_info("philosophers_waiter: %d of %u meals\n", atomic_read(&meals), seated * MEALS);
	WARN_ON(gone < seated);
	while (gone < seated) { // A fork more opens the circle.
		up(&forks[0]);
		while (gone < seated && wait_for_completion_timeout(&done, HZ / 2))
			gone++;
	}
}

module_init(philosophers_waiter_init);
module_exit(philosophers_waiter_exit);
MODULE_LICENSE("Dual MIT/GPL");
